/* The documents of an export: what the trail says they are, opened, and verified together as in a
 * bundle, with the keys in force when the platform received them. */
#include <stdlib.h>
#include <string.h>

#include "client-sdk/src/pb.h"
#include "client-sdk/src/trail_check.h"
#include "client-sdk/src/verify.h"
#include "proto/sealed.h"

#define KIND(name) RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_##name

struct opened_document {
	struct opened_document *next;
	struct document_place place;
	uint8_t sealed_sha256[SHA256_LEN];
	Rxcirc__V1__DocumentKind kind;
	ProtobufCMessage *upload;          /* a StoredUpload, or NULL */
	Rxcirc__V1__SignedDocument *later; /* or NULL; both NULL: destroyed, or not opened */
	bool is_destroyed;
};

static void file_clear(struct document_file *file)
{
	struct opened_document *doc = file->first;

	while (doc) {
		struct opened_document *next = doc->next;

		pb_free(doc->upload);
		pb_free(doc->later);
		free(doc);
		doc = next;
	}
}

void trail_documents_clear(struct documents *d)
{
	struct document_file *file;
	size_t at = 0;

	while ((file = map_next(&d->files, &at)))
		file_clear(file);
	map_clear(&d->files);
	map_clear(&d->facts);
	signers_clear(&d->signers);
}

/* ---- what the trail says ---- */

int trail_documents_fact(rxc_trail_check *c, const Rxcirc__V1__EventLeaf *leaf,
	struct rxc_error *err)
{
	struct documents *d = &c->documents;
	size_t max = d->seen > 0 ? FACTS_MAX : FACTS_EARLY_MAX;
	struct document_fact *fact;
	struct document_place place;
	bool is_new;

	if (d->seen == 0 && d->facts_are_lost)
		return 0;
	if (d->facts.count >= max) {
		/* So many events and no document: none will come, and remembering costs memory. */
		map_clear(&d->facts);
		map_init(&d->facts, sizeof(struct document_place), sizeof(struct document_fact), FACTS_MAX);
		d->facts_are_lost = true;
		return 0;
	}
	memcpy(place.rx_id, leaf->rx_id.data, RX_ID_LEN);
	place.seq = leaf->rx_seq;
	fact = map_put(&d->facts, &place, &is_new);
	if (!fact)
		return error_set_memory(err);
	if (!is_new)
		return 0;
	fact->at_ms = leaf->at_ms;
	memcpy(fact->sealed_sha256, leaf->ciphertext_sha256.data, SHA256_LEN);
	if (leaf->key_id.len == KEY_ID_LEN)
		memcpy(fact->key_id, leaf->key_id.data, KEY_ID_LEN);
	return 0;
}

/* ---- opening ---- */

static void tell_of_place(rxc_trail_check *c, int verdict, const char *kind,
	const struct document_place *place, const char *text)
{
	finding_tell(&c->desk, &(struct rxc_finding){.verdict = verdict, .kind = kind,
		.rx_id = place->rx_id, .seq = place->seq}, "the document of change %llu: %s",
		(unsigned long long)place->seq, text);
}

static void tell_document_failed(rxc_trail_check *c, const char *kind,
	const struct document_place *place, const char *text)
{
	tell_of_place(c, RXC_FINDING_FAILED, kind, place, text);
}

/* The plain text as what it must be.  0 also when it is not; then nothing is opened. */
static int plain_read(rxc_trail_check *c, struct opened_document *doc, struct slice plain,
	struct rxc_error *err)
{
	bool is_upload = doc->kind == KIND(PRESCRIPTION);
	ProtobufCMessage *message;
	int r = pb_unpack(is_upload ? &rxcirc__v1__stored_upload__descriptor :
		&rxcirc__v1__signed_document__descriptor, plain, &message);

	if (r == RXC_ERR_MEMORY)
		return error_set_memory(err);
	if (r == 0 && is_upload)
		doc->upload = message;
	else if (r == 0)
		doc->later = (Rxcirc__V1__SignedDocument *)message;
	if (r < 0 || is_upload != (doc->place.seq == 1) ||
		(doc->later && doc->later->kind != doc->kind)) {
		tell_document_failed(c, "document-malformed", &doc->place,
			"what was sealed is not what belongs there");
		pb_free(doc->upload);
		pb_free(doc->later);
		doc->upload = NULL;
		doc->later = NULL;
	}
	return 0;
}

static int document_open(rxc_trail_check *c, struct opened_document *doc,
	const Rxcirc__V1__ExportedDocument *given, struct rxc_error *err)
{
	const struct seal_place place = {doc->place.rx_id, doc->place.seq, (uint16_t)doc->kind};
	uint8_t *plain;
	size_t len;
	int r = 0;

	doc->is_destroyed = given->key.len == 0;
	if (doc->is_destroyed)
		return 0;
	plain = malloc(given->sealed.len + 1);
	if (!plain)
		return error_set_memory(err);
	if (given->key.len != SEALED_KEY_LEN || !sealed_open(plain, &len, given->key.data, &place,
			pb_slice(given->sealed)))
		tell_document_failed(c, "document-unopened", &doc->place,
			"it does not open under the key that came with it");
	else
		r = plain_read(c, doc, slice_of(plain, len), err);
	free(plain);
	return r;
}

/* In its prescription's file, by number.  Takes it over. */
static int document_keep(rxc_trail_check *c, struct opened_document *doc, struct rxc_error *err)
{
	bool is_new;
	struct document_file *file = map_put(&c->documents.files, doc->place.rx_id, &is_new);
	struct opened_document **at;

	if (!file)
		return error_set_memory(err);
	for (at = &file->first; *at && (*at)->place.seq < doc->place.seq; at = &(*at)->next)
		;
	doc->next = *at;
	*at = doc;
	return 0;
}

static int document_take(rxc_trail_check *c, const Rxcirc__V1__ExportedDocument *given,
	struct rxc_error *err)
{
	struct document_file lone = {.first = NULL};
	struct opened_document *doc;

	doc = calloc(1, sizeof(*doc));
	if (!doc)
		return error_set_memory(err);
	memcpy(doc->place.rx_id, given->rx_id.data, RX_ID_LEN);
	doc->place.seq = given->seq;
	doc->kind = given->kind;
	hasher_sha256(c->hasher, pb_slice(given->sealed), doc->sealed_sha256);
	if (document_open(c, doc, given, err) == 0 && document_keep(c, doc, err) == 0)
		return 0;
	lone.first = doc;
	file_clear(&lone);
	return err->code;
}

static bool document_has_room(rxc_trail_check *c, const Rxcirc__V1__ExportedDocument *given)
{
	struct documents *d = &c->documents;

	if (given->sealed.len <= DOCUMENTS_BYTES_MAX - d->bytes) {
		d->bytes += given->sealed.len;
		return true;
	}
	if (!d->is_full)
		finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_FAILED,
			.kind = "documents-too-many", .count = d->seen},
			"there are more documents than can be verified together; export fewer at a time");
	d->is_full = true;
	return false;
}

int trail_documents_take(rxc_trail_check *c, const Rxcirc__V1__ExportTrailResponse *page,
	struct rxc_error *err)
{
	for (size_t i = 0; c->has_trust && i < page->n_keys; i++) {
		if (signers_add(&c->documents.signers, &c->trust, page->keys[i],
				(size_t)++c->documents.statements, err) == 0)
			continue;
		if (err->code == RXC_ERR_MEMORY)
			return err->code;
		struct rxc_finding f = {.verdict = RXC_FINDING_FAILED, .kind = "statement-refused"};

		memcpy(f.reason, err->reason, sizeof(f.reason));
		finding_tell(&c->desk, &f, "%s", err->message);
		error_clear(err);
	}
	for (size_t i = 0; i < page->n_documents; i++) {
		const Rxcirc__V1__ExportedDocument *given = page->documents[i];

		c->documents.seen++;
		if (given->rx_id.len != RX_ID_LEN || given->seq == 0)
			finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_FAILED,
				.kind = "document-malformed"}, "a document does not say whose it is");
		else if (document_has_room(c, given) && document_take(c, given, err) < 0)
			return err->code;
	}
	return 0;
}

/* ---- the end: each prescription's file ---- */

/* Is the stored document the one the trail names?  When it was received, or 0: not known. */
static bool document_is_the_trails(rxc_trail_check *c, const struct opened_document *doc,
	int64_t *ret_at_ms)
{
	const struct document_fact *fact = map_find(&c->documents.facts, &doc->place);
	const Rxcirc__V1__StoredUpload *upload = (const void *)doc->upload;
	const Rxcirc__V1__SignedDocument *signed_by = upload ? upload->prescription : doc->later;

	*ret_at_ms = 0;
	if (!fact) {
		tell_of_place(c, c->documents.facts_are_lost ? RXC_FINDING_FAILED : RXC_FINDING_TOLD,
			"document-unproven", &doc->place,
			"its event is not in this export, which therefore does not prove it");
		return true;
	}
	*ret_at_ms = fact->at_ms;
	if (memcmp(fact->sealed_sha256, doc->sealed_sha256, SHA256_LEN) != 0) {
		tell_document_failed(c, "document-altered", &doc->place,
			"its stored bytes are not those the trail names");
		return false;
	}
	if (signed_by &&
		!slice_equal(pb_slice(signed_by->key_id), slice_of(fact->key_id, KEY_ID_LEN))) {
		tell_document_failed(c, "document-altered", &doc->place,
			"it is signed with another key than the trail says");
		return false;
	}
	return true;
}

/* When the upload's event is not here, the reviewer's word; his signature is verified later. */
static int64_t reviewed_at(const Rxcirc__V1__StoredUpload *upload)
{
	ProtobufCMessage *message;
	int64_t at_ms;

	if (!upload->hospital_review || pb_unpack(&rxcirc__v1__hospital_review__descriptor,
			pb_slice(upload->hospital_review->body), &message) < 0)
		return 0;
	at_ms = ((const Rxcirc__V1__HospitalReview *)message)->reviewed_at_ms;
	pb_free(message);
	return at_ms;
}

/* A file as it is being put together. */
struct file_bundle {
	Rxcirc__V1__PrescriptionBundle bundle;
	Rxcirc__V1__PrescriptionState state;
	Rxcirc__V1__SignedDocument *later[LATER_DOCUMENTS_MAX];
	int64_t later_at_ms[LATER_DOCUMENTS_MAX];
	unsigned whole, destroyed, spoiled;
};

static void bundle_add(struct file_bundle *b, const struct opened_document *doc, int64_t at_ms)
{
	Rxcirc__V1__StoredUpload *upload = (Rxcirc__V1__StoredUpload *)doc->upload;

	b->whole++;
	if (upload) {
		b->bundle.prescription = upload->prescription;
		b->bundle.hospital_review = upload->hospital_review;
		b->state.received_at_ms = at_ms ? at_ms : reviewed_at(upload);
	} else if (b->bundle.n_later < LATER_DOCUMENTS_MAX) {
		b->later_at_ms[b->bundle.n_later] = at_ms;
		b->later[b->bundle.n_later++] = doc->later;
	} else {
		b->spoiled++;
	}
}

static void bundle_fill(rxc_trail_check *c, struct document_file *file, struct file_bundle *b)
{
	rxcirc__v1__prescription_bundle__init(&b->bundle);
	rxcirc__v1__prescription_state__init(&b->state);
	b->bundle.state = &b->state;
	b->bundle.later = b->later;
	b->state.rx_id = (ProtobufCBinaryData){RX_ID_LEN, file->rx_id};
	for (const struct opened_document *doc = file->first; doc; doc = doc->next) {
		int64_t at_ms;

		if (!document_is_the_trails(c, doc, &at_ms)) {
			b->spoiled++;
		} else if (doc->is_destroyed) {
			b->destroyed++;
			tell_of_place(c, RXC_FINDING_TOLD, "document-destroyed", &doc->place,
				"its content is destroyed; that it was there, and when, still holds");
		} else if (!doc->upload && !doc->later) {
			b->spoiled++; /* told when it was opened */
		} else {
			bundle_add(b, doc, at_ms);
		}
	}
}

static int file_verify(rxc_trail_check *c, struct document_file *file, struct rxc_error *err)
{
	struct file_bundle b = {.whole = 0};
	struct rxc_finding f = {.verdict = RXC_FINDING_FAILED, .kind = "document-unverified",
		.rx_id = file->rx_id};

	bundle_fill(c, file, &b);
	c->documents.destroyed += b.destroyed;
	if (b.whole == 0 || b.spoiled > 0 || !c->has_trust)
		return 0;
	if (b.destroyed > 0) {
		finding_tell(&c->desk, &f,
			"of some documents the key was left out, although it opens the others");
		return 0;
	}
	if (verify_file(&c->documents.signers, &b.bundle, b.later_at_ms, err) == 0) {
		c->documents.verified += b.whole;
		return 0;
	}
	if (err->code == RXC_ERR_MEMORY)
		return err->code;
	memcpy(f.reason, err->reason, sizeof(f.reason));
	finding_tell(&c->desk, &f, "%s", err->message);
	error_clear(err);
	return 0;
}

int trail_documents_end(rxc_trail_check *c, struct rxc_error *err)
{
	struct documents *d = &c->documents;
	struct document_file *file;
	size_t at = 0;

	if (d->seen > 0 && !c->has_trust)
		finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_FAILED,
			.kind = "documents-unchecked", .count = d->seen},
			"no registry authority was given: nobody says whose keys sign documents");
	while ((file = map_next(&d->files, &at)))
		if (file_verify(c, file, err) < 0)
			return err->code;
	if (d->verified > 0)
		finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_HOLDS,
			.kind = "documents-verified", .count = d->verified},
			"%llu documents are the ones the trail names, every signature is right and they belong "
			"together", (unsigned long long)d->verified);
	return 0;
}
