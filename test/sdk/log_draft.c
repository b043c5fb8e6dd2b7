#include "test/sdk/log_draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/checkpoint.h"
#include "proto/frame.h"
#include "proto/sealed.h"
#include "proto/tlog_proof.h"

static void must(bool condition)
{
	if (!condition)
		abort();
}

static ProtobufCBinaryData data_of(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

/* ---- keys ---- */

static void signer_make(struct draft_signer *s, const char *name, enum note_key_type type)
{
	uint8_t public_key[32];

	must(crypto_sign_keypair(public_key, s->secret) == 0 &&
		note_key_make(&s->key, name, type, public_key));
}

static void policy_make(struct log_draft *log)
{
	char keys[1 + DRAFT_WITNESSES][NOTE_KEY_TEXT_MAX];

	note_key_format(keys[0], &log->log.key);
	for (unsigned i = 0; i < DRAFT_WITNESSES; i++)
		note_key_format(keys[i + 1], &log->witnesses[i].key);
	(void)snprintf(log->policy, sizeof(log->policy),
		"log %s\nwitness w0 %s\nwitness w1 %s\ngroup both all w0 w1\nquorum both\n", keys[0],
		keys[1], keys[2]);
}

void log_draft_init(struct log_draft *log, const char *origin)
{
	*log = (struct log_draft){.count = 0};
	must(sodium_init() >= 0);
	signer_make(&log->log, origin, NOTE_ED25519);
	for (unsigned i = 0; i < DRAFT_WITNESSES; i++) {
		char name[40];

		(void)snprintf(name, sizeof(name), "witness.test/%u", i);
		signer_make(&log->witnesses[i], name, NOTE_COSIGNATURE);
	}
	policy_make(log);
}

void log_draft_clear(struct log_draft *log)
{
	for (size_t i = 0; i < log->count; i++)
		free(log->leaves[i].bytes);
	free(log->leaves);
	*log = (struct log_draft){.count = 0};
}

/* ---- leaves ---- */

size_t log_draft_add(struct log_draft *log, const Rxcirc__V1__EventLeaf *leaf)
{
	struct draft_leaf made = {.len = rxcirc__v1__event_leaf__get_packed_size(leaf)};
	struct draft_leaf *grown;

	/* Packed first: it may point into the list that is about to move. */
	made.bytes = malloc(made.len);
	must(made.bytes != NULL);
	rxcirc__v1__event_leaf__pack(leaf, made.bytes);
	merkle_leaf_hash(&made.hash, slice_of(made.bytes, made.len));
	if ((log->count & (log->count - 1)) == 0) { /* a power of two is full */
		grown = realloc(log->leaves, (log->count ? 2 * log->count : 1) * sizeof(*grown));
		must(grown != NULL);
		log->leaves = grown;
	}
	log->leaves[log->count] = made;
	return log->count++;
}

size_t log_draft_fill(struct log_draft *log, unsigned number)
{
	Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;
	uint8_t id[16] = {0xf1};

	memcpy(id + 1, &number, sizeof(number));
	leaf.format = 1;
	leaf.event_id = data_of(id, sizeof(id));
	leaf.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_LISTED;
	leaf.at_ms = PLAN_RECEIVED_AT_MS + number;
	leaf.institution_code = plan_text("C14010000001");
	return log_draft_add(log, &leaf);
}

/* ---- the tree ---- */

static int subtree(void *arg, unsigned level, uint64_t index, struct merkle_hash *ret)
{
	const struct log_draft *log = arg;
	struct merkle_hash right;

	if (level == 0) {
		*ret = log->leaves[index].hash;
		return 0;
	}
	must(subtree(arg, level - 1, 2 * index, ret) == 0 &&
		subtree(arg, level - 1, 2 * index + 1, &right) == 0);
	merkle_node_hash(ret, ret, &right);
	return 0;
}

static void *tree_of(const struct log_draft *log)
{
	return (void *)(uintptr_t)log;
}

void log_draft_root(const struct log_draft *log, uint64_t size, struct merkle_hash *ret)
{
	must(merkle_root_make(size, subtree, tree_of(log), ret) == 0);
}

void log_draft_proof(const struct log_draft *log, uint64_t index, uint64_t size,
	struct merkle_proof *ret)
{
	must(merkle_inclusion_make(index, size, subtree, tree_of(log), ret) == 0);
}

static void line_add(struct wire *w, const struct draft_signer *s, struct slice text,
	uint64_t time_s)
{
	char line[NOTE_LINE_MAX];
	size_t len = note_sign(line, text, &s->key, s->secret, time_s);

	must(len > 0);
	wire_put(w, line, len);
}

void log_draft_checkpoint(const struct log_draft *log, uint64_t size, unsigned witnesses,
	struct wire *ret)
{
	struct checkpoint c = {.size = size};
	char text[CHECKPOINT_TEXT_MAX];
	size_t len;

	memcpy(c.origin, log->log.key.name, sizeof(c.origin));
	log_draft_root(log, size, &c.root);
	len = checkpoint_format(text, &c);
	wire_put(ret, text, len);
	wire_put(ret, "\n", 1);
	line_add(ret, &log->log, slice_of(text, len), 0);
	for (unsigned i = 0; i < witnesses; i++)
		line_add(ret, &log->witnesses[i], slice_of(text, len), 1772416800 + size + i);
}

void log_draft_tlog_proof(const struct log_draft *log, uint64_t index, uint64_t size,
	unsigned witnesses, struct wire *ret)
{
	struct tlog_proof proof = {.index = index};
	char *text = malloc(TLOG_PROOF_MAX);
	struct wire note = {0};
	size_t len;

	log_draft_checkpoint(log, size, witnesses, &note);
	log_draft_proof(log, index, size, &proof.proof);
	proof.extra = slice_of(log->leaves[index].bytes, log->leaves[index].len);
	proof.note = slice_of(note.bytes, note.len);
	must(text != NULL);
	len = tlog_proof_format(text, TLOG_PROOF_MAX, &proof);
	must(len > 0);
	wire_put(ret, text, len);
	wire_clear(&note);
	free(text);
}

/* ---- a prescription ---- */

static void document_seal(struct draft_story *story, uint64_t seq, Rxcirc__V1__DocumentKind kind,
	const ProtobufCMessage *message)
{
	struct draft_document *d = &story->documents[story->count++];
	struct seal_place place = {story->rx_id, seq, (uint16_t)kind};
	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *plain = malloc(len), nonce[SEALED_NONCE_LEN];

	must(plain != NULL && story->count <= DRAFT_DOCUMENTS_MAX);
	protobuf_c_message_pack(message, plain);
	*d = (struct draft_document){seq, kind, malloc(sealed_len(len)), sealed_len(len)};
	must(d->sealed != NULL);
	randombytes_buf(nonce, sizeof(nonce));
	sealed_make(d->sealed, nonce, story->key, &place, slice_of(plain, len));
	free(plain);
}

/* The next numbered event, with the document sealed last. */
static void story_event(struct draft_story *story, struct log_draft *log,
	Rxcirc__V1__EventKind kind, int64_t at_ms, ProtobufCBinaryData key_id)
{
	const struct draft_document *d = &story->documents[story->count - 1];
	Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;
	uint8_t id[16] = {0xe1}, sha[32];

	id[1] = (uint8_t)(story->events + 1);
	crypto_hash_sha256(sha, d->sealed, d->sealed_len);
	leaf.format = 1;
	leaf.event_id = data_of(id, sizeof(id));
	leaf.kind = kind;
	leaf.rx_id = data_of(story->rx_id, sizeof(story->rx_id));
	leaf.rx_seq = story->events + 1;
	if (story->events > 0)
		leaf.previous_leaf =
			data_of(log->leaves[story->indexes[story->events - 1]].hash.bytes, 32);
	leaf.at_ms = at_ms;
	leaf.institution_code = plan_text(PLAN_PHARMACY);
	leaf.key_id = key_id;
	leaf.ciphertext_sha256 = data_of(sha, sizeof(sha));
	story->indexes[story->events++] = log_draft_add(log, &leaf);
	log_draft_fill(log, (unsigned)story->events + 100);
}

static int64_t signed_at(const Rxcirc__V1__SignedDocument *doc)
{
	int64_t at_ms = 0;
	void *m;

	if (doc->kind == RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW) {
		m = rxcirc__v1__pharmacy_review__unpack(NULL, doc->body.len, doc->body.data);
		at_ms = ((Rxcirc__V1__PharmacyReview *)m)->reviewed_at_ms;
	} else if (doc->kind == RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD) {
		m = rxcirc__v1__dispense_record__unpack(NULL, doc->body.len, doc->body.data);
		at_ms = ((Rxcirc__V1__DispenseRecord *)m)->dispensed_at_ms;
	} else {
		m = rxcirc__v1__return_record__unpack(NULL, doc->body.len, doc->body.data);
		at_ms = ((Rxcirc__V1__ReturnRecord *)m)->returned_at_ms;
	}
	protobuf_c_message_free_unpacked(m, NULL);
	return at_ms;
}

void draft_story_init(struct draft_story *story, struct log_draft *log, const struct plan *plan,
	const Rxcirc__V1__PrescriptionBundle *bundle)
{
	Rxcirc__V1__StoredUpload upload = RXCIRC__V1__STORED_UPLOAD__INIT;

	*story = (struct draft_story){.count = 0};
	memcpy(story->rx_id, plan->rx_id, sizeof(story->rx_id));
	randombytes_buf(story->key, sizeof(story->key));
	upload.prescription = bundle->prescription;
	upload.hospital_review = bundle->hospital_review;
	document_seal(story, 1, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION, &upload.base);
	story_event(story, log, RXCIRC__V1__EVENT_KIND__EVENT_KIND_UPLOADED, PLAN_RECEIVED_AT_MS,
		bundle->prescription->key_id);
	for (size_t i = 0; i < bundle->n_later; i++) {
		const Rxcirc__V1__SignedDocument *doc = bundle->later[i];

		document_seal(story, story->events + 1, doc->kind, &doc->base);
		story_event(story, log, RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVIEW_PASSED,
			signed_at(doc) + 1000, doc->key_id);
	}
}

void draft_story_clear(struct draft_story *story)
{
	for (size_t i = 0; i < story->count; i++)
		free(story->documents[i].sealed);
	*story = (struct draft_story){.count = 0};
}

/* ---- exports ---- */

static ProtobufCBinaryData *hashes_of(const struct merkle_hash *hashes, size_t count)
{
	ProtobufCBinaryData *list = calloc(count + 1, sizeof(*list));
	uint8_t *bytes = malloc(count * 32 + 1);

	must(list != NULL && bytes != NULL);
	for (size_t i = 0; i < count; i++) {
		memcpy(bytes + 32 * i, hashes[i].bytes, 32);
		list[i] = data_of(bytes + 32 * i, 32);
	}
	if (count == 0)
		free(bytes);
	return list;
}

static void hashes_free(ProtobufCBinaryData *list, size_t count)
{
	if (count > 0)
		free(list[0].data);
	free(list);
}

static uint64_t size_of(const struct export_plan *plan)
{
	return plan->size ? plan->size : plan->log->count;
}

static void head_make(const struct export_plan *plan, struct wire *note,
	Rxcirc__V1__ExportHead *head)
{
	rxcirc__v1__export_head__init(head);
	log_draft_checkpoint(plan->log, size_of(plan), plan->witnesses, note);
	head->checkpoint = data_of(note->bytes, note->len);
	head->office = plan_text("A14000000001");
	head->purpose = plan_text("test");
	head->consistency = calloc(plan->known_count + 1, sizeof(*head->consistency));
	must(head->consistency != NULL);
	for (size_t i = 0; i < plan->known_count; i++) {
		Rxcirc__V1__ExportConsistency *c = malloc(sizeof(*c));
		struct merkle_proof proof = {.count = 0};

		must(c != NULL);
		rxcirc__v1__export_consistency__init(c);
		c->old_size = plan->known_sizes[i];
		if (c->old_size <= size_of(plan))
			must(merkle_consistency_make(c->old_size, size_of(plan), subtree,
				tree_of(plan->log), &proof) == 0);
		c->n_hashes = proof.count;
		c->hashes = hashes_of(proof.hashes, proof.count);
		head->consistency[head->n_consistency++] = c;
	}
}

static void head_free(Rxcirc__V1__ExportHead *head)
{
	for (size_t i = 0; i < head->n_consistency; i++) {
		hashes_free(head->consistency[i]->hashes, head->consistency[i]->n_hashes);
		free(head->consistency[i]);
	}
	free(head->consistency);
}

static void run_make(const struct export_plan *plan, Rxcirc__V1__ExportRun *run)
{
	struct merkle_run side;

	rxcirc__v1__export_run__init(run);
	run->from_index = plan->from;
	run->until_index = plan->until;
	must(merkle_run_make(0, plan->from, subtree, tree_of(plan->log), &side) == 0);
	run->n_left = side.count;
	run->left = hashes_of(side.nodes, side.count);
	must(merkle_run_make(plan->until, size_of(plan), subtree, tree_of(plan->log), &side) == 0);
	run->n_right = side.count;
	run->right = hashes_of(side.nodes, side.count);
}

static Rxcirc__V1__ExportedEvent *event_make(const struct export_plan *plan, uint64_t index)
{
	Rxcirc__V1__ExportedEvent *event = malloc(sizeof(*event));
	const struct draft_leaf *leaf = &plan->log->leaves[index];
	struct merkle_proof proof = {.count = 0};

	must(event != NULL);
	rxcirc__v1__exported_event__init(event);
	event->index = index;
	if (index >= plan->withheld_from && index < plan->withheld_until)
		event->leaf_hash = data_of(leaf->hash.bytes, 32);
	else
		event->leaf = data_of(leaf->bytes, leaf->len);
	if (plan->until == 0)
		log_draft_proof(plan->log, index, size_of(plan), &proof);
	event->n_proof = proof.count;
	event->proof = hashes_of(proof.hashes, proof.count);
	return event;
}

/* A page as it is made: the documents come with their events. */
static void page_add(const struct export_plan *plan, Rxcirc__V1__ExportTrailResponse *page,
	uint64_t index)
{
	const struct draft_story *story = plan->story;

	page->events[page->n_events++] = event_make(plan, index);
	for (size_t i = 0; story && i < story->events; i++) {
		const struct draft_document *d = &story->documents[i];
		Rxcirc__V1__ExportedDocument *m;

		if (story->indexes[i] != index)
			continue;
		m = malloc(sizeof(*m));
		must(m != NULL);
		rxcirc__v1__exported_document__init(m);
		m->rx_id = data_of(story->rx_id, 16);
		m->seq = d->seq;
		m->kind = d->kind;
		m->sealed = data_of(d->sealed, d->sealed_len);
		if (!plan->destroyed)
			m->key = data_of(story->key, 32);
		page->documents[page->n_documents++] = m;
	}
}

static void page_put(const struct export_plan *plan, size_t page_no,
	Rxcirc__V1__ExportTrailResponse *page, struct wire *ret)
{
	uint8_t *bytes;
	size_t len;

	if (plan->spoil)
		plan->spoil(page_no, page);
	len = rxcirc__v1__export_trail_response__get_packed_size(page);
	bytes = malloc(len + 1);
	must(bytes != NULL);
	rxcirc__v1__export_trail_response__pack(page, bytes);
	wire_put_frame(ret, bytes, len);
	free(bytes);
	for (size_t i = 0; i < page->n_events; i++) {
		hashes_free(page->events[i]->proof, page->events[i]->n_proof);
		free(page->events[i]);
	}
	for (size_t i = 0; i < page->n_documents; i++)
		free(page->documents[i]);
	page->n_events = page->n_documents = 0;
}

static void pages_put(const struct export_plan *plan, Rxcirc__V1__ExportTrailResponse *page,
	struct wire *ret)
{
	size_t count = plan->until ? (size_t)(plan->until - plan->from) : plan->indexes_count;
	size_t per_page = plan->page_events ? plan->page_events : count + 1;

	page->events = calloc(count + 1, sizeof(*page->events));
	page->documents = calloc(count + 1, sizeof(*page->documents));
	must(page->events != NULL && page->documents != NULL);
	for (size_t i = 0; i < count || i == 0; i += per_page) {
		size_t until = i + per_page < count ? i + per_page : count;

		for (size_t k = i; k < until; k++)
			page_add(plan, page, plan->until ? plan->from + k : plan->indexes[k]);
		if (plan->statements && i == 0) {
			page->keys = plan->statements->key_statements;
			page->n_keys = plan->statements->n_key_statements;
		}
		page->next_page_token = until < count ? data_of("more", 4) : data_of(NULL, 0);
		page_put(plan, i / per_page, page, ret);
		page->n_keys = 0;
		page->head = NULL;
		page->run = NULL;
	}
	free(page->events);
	free(page->documents);
}

void export_draft(const struct export_plan *plan, struct wire *ret)
{
	Rxcirc__V1__ExportTrailResponse page = RXCIRC__V1__EXPORT_TRAIL_RESPONSE__INIT;
	Rxcirc__V1__ExportHead head;
	Rxcirc__V1__ExportRun run;
	struct wire note = {0};

	head_make(plan, &note, &head);
	page.head = &head;
	if (plan->until) {
		run_make(plan, &run);
		page.run = &run;
	}
	wire_put(ret, RXC_EXPORT_FIRST_LINE, strlen(RXC_EXPORT_FIRST_LINE));
	pages_put(plan, &page, ret);
	if (plan->until) {
		hashes_free(run.left, run.n_left);
		hashes_free(run.right, run.n_right);
	}
	head_free(&head);
	wire_clear(&note);
}
