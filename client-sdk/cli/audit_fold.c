/* The fold: leaf by leaf into what the tables must say. */
#include "client-sdk/cli/audit_fold.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/say.h"

#define KIND(name) RXCIRC__V1__EVENT_KIND__EVENT_KIND_##name
#define DOCUMENT(name) RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_##name
#define VALIDITY(name) RXCIRC__V1__VALIDITY__VALIDITY_##name
#define USE(name) RXCIRC__V1__USE_STATE__USE_STATE_##name
#define REVIEW(name) RXCIRC__V1__REVIEW_STATE__REVIEW_STATE_##name

enum { STATES_MAX = 1 << 28, RECORDS_MAX = 1 << 24, DOCUMENTS_MAX = 4096 };

void audit_fold_init(struct audit_fold *f, uint64_t from, discrepancy_fn on_discrepancy,
	void *user)
{
	*f = (struct audit_fold){.from = from, .size = from, .sealed_from = UINT64_MAX,
		.on_discrepancy = on_discrepancy, .user = user};
	map_init(&f->states, RX_ID_LEN, sizeof(struct audit_state), STATES_MAX);
	map_init(&f->records, SHA256_LEN, sizeof(struct audit_record), RECORDS_MAX);
}

static void aside_drop(struct audit_fold *f, struct audit_state *s)
{
	if (!s->aside)
		return;
	rxcirc__v1__audited_state__free_unpacked(s->aside, NULL);
	s->aside = NULL;
	f->aside--;
}

void audit_fold_clear(struct audit_fold *f)
{
	struct audit_state *s;
	size_t at = 0;

	while ((s = map_next(&f->states, &at))) {
		aside_drop(f, s);
		free(s->documents);
	}
	map_clear(&f->states);
	audit_records_clear(f);
}

void audit_tell(struct audit_fold *f, const struct discrepancy *d)
{
	f->discrepancies++;
	if (f->on_discrepancy)
		f->on_discrepancy(d, f->user);
}

/* ---- chains ---- */

static void chain_tell(struct audit_fold *f, const struct audit_state *s,
	const Rxcirc__V1__EventLeaf *leaf, const char *expected, const char *found)
{
	struct discrepancy d = {.kind = "chain-broken", .has_index = true, .index = f->size,
		.rx_id = s->rx_id, .seq = leaf->rx_seq, .subject = ""};

	(void)snprintf(d.expected, sizeof(d.expected), "%s", expected);
	(void)snprintf(d.found, sizeof(d.found), "%s", found);
	audit_tell(f, &d);
}

/* What a word of the state before an event may be, after `was`: expiry and the end of a lease are
 * computed from time, and so is the next round of a repeat prescription. */
static bool word_follows(const struct audit_word *was, const Rxcirc__V1__StateWord *before)
{
	bool round_began = was->use == USE(DISPENSED) && before->use == USE(UNUSED) &&
		before->review == REVIEW(HOSPITAL_PASSED);

	if (before->validity != was->validity &&
		!(was->validity == VALIDITY(VALID) && before->validity == VALIDITY(EXPIRED)))
		return false;
	if (before->held && !was->held)
		return false;
	return round_began || (before->use == was->use && before->review == was->review);
}

static void chain_check(struct audit_fold *f, const struct audit_state *s,
	const Rxcirc__V1__EventLeaf *leaf)
{
	char expected[80], found[80];

	if (s->is_spoiled)
		return;
	if (leaf->rx_seq != s->version + 1 && (s->version > 0 || f->from == 0)) {
		(void)snprintf(expected, sizeof(expected), "change %llu",
			(unsigned long long)s->version + 1);
		(void)snprintf(found, sizeof(found), "change %llu", (unsigned long long)leaf->rx_seq);
		chain_tell(f, s, leaf, expected, found);
	} else if (s->version > 0 && (leaf->previous_leaf.len != SHA256_LEN ||
		memcmp(leaf->previous_leaf.data, s->head.bytes, SHA256_LEN) != 0)) {
		hex_format(s->head.bytes, 8, expected);
		hex_format(leaf->previous_leaf.data, leaf->previous_leaf.len < 8 ?
			leaf->previous_leaf.len : 8, found);
		chain_tell(f, s, leaf, expected, found);
	} else if (s->has_word && leaf->before && !word_follows(&s->word, leaf->before)) {
		chain_tell(f, s, leaf, "the state after the change before it", "another state");
	}
}

/* ---- a numbered event ---- */

/* Who holds it after this event. */
static void holder_take(struct audit_state *s, const Rxcirc__V1__EventLeaf *leaf)
{
	const char *code = NULL;

	switch ((int)leaf->kind) {
	case KIND(CLAIMED):
	case KIND(CLAIM_RENEWED):
	case KIND(REVIEW_PASSED):
	case KIND(DISPENSED):
		code = leaf->institution_code; /* the holder's own acts */
		break;
	case KIND(CLAIM_TRANSFERRED):
		code = strchr(leaf->subject, '/');
		code = code ? code + 1 : "";
		break;
	default:
		break;
	}
	if (!s->word.held)
		code = "";
	if (!code)
		return;
	s->holder_known = strlen(code) <= AUDIT_HOLDER_MAX;
	(void)snprintf(s->holder, sizeof(s->holder), "%s", code);
}

static uint32_t document_kind_of(Rxcirc__V1__EventKind kind)
{
	switch ((int)kind) {
	case KIND(UPLOADED):
		return DOCUMENT(PRESCRIPTION);
	case KIND(REVIEW_PASSED):
	case KIND(REVIEW_REJECTED):
		return DOCUMENT(PHARMACY_REVIEW);
	case KIND(DISPENSED):
		return DOCUMENT(DISPENSE_RECORD);
	case KIND(RETURNED):
		return DOCUMENT(RETURN_RECORD);
	case KIND(REVOKED):
		return DOCUMENT(REVOCATION);
	default:
		return DOCUMENT(UNSPECIFIED);
	}
}

static int document_take(struct audit_state *s, const Rxcirc__V1__EventLeaf *leaf)
{
	struct audit_document *grown = s->documents;
	uint32_t cap = s->documents_cap ? 2 * s->documents_cap : 2;

	if (leaf->ciphertext_sha256.len != SHA256_LEN || s->documents_count == DOCUMENTS_MAX)
		return 0;
	if (s->documents_count == s->documents_cap) {
		grown = realloc(s->documents, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->documents = grown;
		s->documents_cap = cap;
	}
	grown[s->documents_count] = (struct audit_document){.seq = leaf->rx_seq,
		.kind = document_kind_of(leaf->kind)};
	memcpy(grown[s->documents_count++].sha256, leaf->ciphertext_sha256.data, SHA256_LEN);
	return 0;
}

static struct audit_state *state_of(struct audit_fold *f, const uint8_t rx_id[RX_ID_LEN])
{
	bool is_new;

	return map_put(&f->states, rx_id, &is_new);
}

static int change_take(struct audit_fold *f, const Rxcirc__V1__EventLeaf *leaf,
	const struct merkle_hash *hash)
{
	struct audit_state *s = state_of(f, leaf->rx_id.data);

	if (!s || document_take(s, leaf) < 0)
		return -ENOMEM;
	chain_check(f, s, leaf);
	if (s->first_seq == 0) {
		s->first_seq = leaf->rx_seq;
		s->first_index = f->size;
	}
	s->version = leaf->rx_seq;
	s->head = *hash;
	if (leaf->after) {
		s->has_word = true;
		s->word = (struct audit_word){
			.validity = leaf->after->validity == VALIDITY(REVOKED) ? VALIDITY(REVOKED) :
				VALIDITY(VALID),
			.review = (uint8_t)leaf->after->review,
			.use = (uint8_t)leaf->after->use,
			.held = leaf->after->held,
		};
		holder_take(s, leaf);
	}
	if (s->aside && s->version >= s->aside->version) {
		audit_state_judge(f, s, s->aside);
		aside_drop(f, s);
	}
	return 0;
}

/* ---- any event ---- */

static int shred_take(struct audit_fold *f, const Rxcirc__V1__EventLeaf *leaf)
{
	for (size_t i = 0; i < leaf->n_disclosed + (leaf->rx_id.len == RX_ID_LEN); i++) {
		const ProtobufCBinaryData *id = i < leaf->n_disclosed ? &leaf->disclosed[i] :
			&leaf->rx_id;
		struct audit_state *s = id->len == RX_ID_LEN ? state_of(f, id->data) : NULL;

		if (!s && id->len == RX_ID_LEN)
			return -ENOMEM;
		if (!s)
			continue;
		s->shredded = true;
		f->aside -= s->key_is_gone;
		s->key_is_gone = false;
	}
	return 0;
}

static int leaf_take(struct audit_fold *f, const Rxcirc__V1__EventLeaf *leaf,
	const struct merkle_hash *hash)
{
	int r = 0;

	if (leaf->rx_seq > 0 && leaf->rx_id.len == RX_ID_LEN)
		r = change_take(f, leaf, hash);
	if (r == 0 && leaf->kind == KIND(DATA_KEY_SHREDDED))
		r = shred_take(f, leaf);
	if (r == 0 && leaf->kind == KIND(REGISTRY_CHANGED))
		r = audit_record_take(f, leaf);
	return r;
}

int audit_fold_leaf(struct audit_fold *f, struct slice bytes, const struct merkle_hash *hash)
{
	Rxcirc__V1__EventLeaf *leaf =
		rxcirc__v1__event_leaf__unpack(NULL, bytes.len, bytes.data);
	int r = 0;

	if (leaf) {
		if (leaf->format >= 2 && f->sealed_from == UINT64_MAX)
			f->sealed_from = f->size;
		r = leaf_take(f, leaf, hash);
		rxcirc__v1__event_leaf__free_unpacked(leaf, NULL);
	} else {
		struct discrepancy d = {.kind = "leaf-altered", .has_index = true, .index = f->size,
			.subject = "", .expected = "an event", .found = "bytes that are none"};

		audit_tell(f, &d); /* it stands in the signed tree like this */
	}
	if (r == 0)
		f->size++;
	return r;
}

int audit_fold_spoiled(struct audit_fold *f, struct slice bytes)
{
	Rxcirc__V1__EventLeaf *leaf =
		rxcirc__v1__event_leaf__unpack(NULL, bytes.len, bytes.data);
	struct audit_state *s = NULL;
	bool has_id = leaf && leaf->rx_id.len == RX_ID_LEN && leaf->rx_seq > 0;

	if (has_id)
		s = state_of(f, leaf->rx_id.data);
	if (s)
		s->is_spoiled = true;
	if (leaf)
		rxcirc__v1__event_leaf__free_unpacked(leaf, NULL);
	if (has_id && !s)
		return -ENOMEM;
	f->size++;
	return 0;
}
