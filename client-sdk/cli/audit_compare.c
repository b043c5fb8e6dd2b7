/* Rows of prescriptions and events held against what was folded. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/audit_fold.h"
#include "client-sdk/cli/say.h"
#include "client-sdk/cli/show.h"

/* ---- events ---- */

void audit_compare_event(struct audit_fold *f, uint64_t index, int64_t at_ms, int64_t detached_ms,
	const struct merkle_hash *logged, const uint8_t stored[SHA256_LEN])
{
	static const uint8_t none[SHA256_LEN];
	struct discrepancy d = {.has_index = true, .index = index, .subject = ""};
	bool is_missing = memcmp(stored, none, SHA256_LEN) == 0;

	if (memcmp(stored, logged->bytes, SHA256_LEN) == 0 || (is_missing && at_ms < detached_ms))
		return;
	d.kind = is_missing ? "event-missing" : "event-altered";
	hex_format(logged->bytes, SHA256_LEN, d.expected);
	if (is_missing)
		(void)snprintf(d.found, sizeof(d.found), "no such event in the tables");
	else
		hex_format(stored, SHA256_LEN, d.found);
	audit_tell(f, &d);
}

/* Events from before there was a log have no seal and stand at its beginning. */
void audit_compare_not_ours(struct audit_fold *f, uint64_t index)
{
	struct discrepancy d = {.kind = "event-forged", .has_index = true, .index = index,
		.subject = "", .expected = "an event the platform wrote",
		.found = "one that somebody else put into the tables"};

	if (index >= f->sealed_from)
		audit_tell(f, &d);
}

void audit_compare_unplaced(struct audit_fold *f, ProtobufCBinaryData event_id)
{
	struct discrepancy d = {.kind = "event-unplaced",
		.expected = "a place in the log within ten seconds", .found = "none"};
	char subject[sizeof("event/") + 2 * EVENT_ID_LEN] = "event/";

	hex_format(event_id.data, event_id.len < EVENT_ID_LEN ? event_id.len : EVENT_ID_LEN,
		subject + strlen(subject));
	d.subject = subject;
	audit_tell(f, &d);
}

/* ---- one difference after the other, in two texts ---- */

struct difference {
	struct discrepancy d;
	size_t expected_len, found_len;
	bool any;
};

static void text_add(char text[AUDIT_TEXT_MAX], size_t *len, const char *name, const char *value)
{
	int n = snprintf(text + *len, AUDIT_TEXT_MAX - *len, "%s%s %s", *len > 0 ? ", " : "", name,
		value);

	if (n > 0 && (size_t)n < AUDIT_TEXT_MAX - *len)
		*len += (size_t)n;
}

static void differ(struct difference *x, const char *name, const char *expected,
	const char *found)
{
	x->any = true;
	text_add(x->d.expected, &x->expected_len, name, expected);
	text_add(x->d.found, &x->found_len, name, found);
}

static void compare_number(struct difference *x, const char *name, uint64_t expected,
	uint64_t found)
{
	char e[24], g[24];

	if (expected == found)
		return;
	(void)snprintf(e, sizeof(e), "%" PRIu64, expected);
	(void)snprintf(g, sizeof(g), "%" PRIu64, found);
	differ(x, name, e, g);
}

static void compare_hash(struct difference *x, const char *name, const uint8_t *expected,
	ProtobufCBinaryData found)
{
	char e[2 * SHA256_LEN + 1], g[2 * SHA256_LEN + 1] = "";

	if (found.len == SHA256_LEN && memcmp(expected, found.data, SHA256_LEN) == 0)
		return;
	hex_format(expected, SHA256_LEN, e);
	hex_format(found.data, found.len < SHA256_LEN ? found.len : SHA256_LEN, g);
	differ(x, name, e, g);
}

/* ---- a state ---- */

static void compare_word(struct difference *x, const struct audit_state *s,
	const Rxcirc__V1__AuditedState *row)
{
	static const Rxcirc__V1__StateWord none = RXCIRC__V1__STATE_WORD__INIT;
	const Rxcirc__V1__StateWord *w = row->state ? row->state : &none;

	if (!s->has_word)
		return;
	if (w->validity != s->word.validity)
		differ(x, "validity", show_validity((Rxcirc__V1__Validity)s->word.validity, false),
			show_validity((Rxcirc__V1__Validity)w->validity, false));
	if (w->review != s->word.review)
		differ(x, "review", show_review((Rxcirc__V1__ReviewState)s->word.review, false),
			show_review((Rxcirc__V1__ReviewState)w->review, false));
	if (w->use != s->word.use)
		differ(x, "use", show_use((Rxcirc__V1__UseState)s->word.use, false),
			show_use((Rxcirc__V1__UseState)w->use, false));
	if ((bool)w->held != s->word.held)
		differ(x, "held", s->word.held ? "yes" : "no", w->held ? "yes" : "no");
	if (s->holder_known && strcmp(row->holder_code, s->holder) != 0)
		differ(x, "holder", s->holder[0] ? s->holder : "nobody",
			row->holder_code[0] ? row->holder_code : "nobody");
}

static void judge_row(struct audit_fold *f, const struct audit_state *s,
	const Rxcirc__V1__AuditedState *row)
{
	struct difference x = {.d = {.kind = "state-altered", .rx_id = s->rx_id, .seq = s->version,
		.subject = ""}};

	compare_number(&x, "version", s->version, row->version);
	compare_hash(&x, "head", s->head.bytes, row->head_leaf);
	compare_word(&x, s, row);
	if (!row->row_is_sealed)
		differ(&x, "seal", "right", "wrong");
	if (x.any)
		audit_tell(f, &x.d);
}

/* The prescription's key: there until the log says that it was destroyed.  It may be gone since the
 * log was published; whether it was before the part of the log that was read is not known. */
static void judge_key(struct audit_fold *f, struct audit_state *s,
	const Rxcirc__V1__AuditedState *row)
{
	if (s->shredded && row->has_key)
		audit_tell(f, &(struct discrepancy){.kind = "key-not-destroyed", .rx_id = s->rx_id,
			.subject = "", .expected = "destroyed", .found = "a key"});
	if (s->shredded || row->has_key || s->key_is_gone || f->from > 0)
		return;
	s->key_is_gone = true;
	f->aside++;
}

static const Rxcirc__V1__AuditedDocument *row_document(const Rxcirc__V1__AuditedState *row,
	uint64_t seq)
{
	for (size_t i = 0; i < row->n_documents; i++)
		if (row->documents[i]->seq == seq)
			return row->documents[i];
	return NULL;
}

static bool log_has_document(const struct audit_state *s, uint64_t seq)
{
	for (uint32_t i = 0; i < s->documents_count; i++)
		if (s->documents[i].seq == seq)
			return true;
	return false;
}

static void judge_document(struct audit_fold *f, const struct audit_state *s,
	const struct audit_document *doc, const Rxcirc__V1__AuditedDocument *found)
{
	struct difference x = {.d = {.kind = "document-altered", .rx_id = s->rx_id, .seq = doc->seq,
		.subject = ""}};

	if (!found) {
		x.d.kind = "document-missing";
		hex_format(doc->sha256, SHA256_LEN, x.d.expected);
		(void)snprintf(x.d.found, sizeof(x.d.found), "no document");
		audit_tell(f, &x.d);
		return;
	}
	compare_hash(&x, "sha256", doc->sha256, found->sealed_sha256);
	if (doc->kind != 0)
		compare_number(&x, "kind", doc->kind, (uint64_t)found->kind);
	if (x.any)
		audit_tell(f, &x.d);
}

static void judge_documents(struct audit_fold *f, const struct audit_state *s,
	const Rxcirc__V1__AuditedState *row)
{
	for (uint32_t i = 0; i < s->documents_count; i++)
		judge_document(f, s, &s->documents[i], row_document(row, s->documents[i].seq));
	for (size_t i = 0; i < row->n_documents; i++) {
		uint64_t seq = row->documents[i]->seq;
		struct discrepancy d = {.kind = "unlogged", .rx_id = s->rx_id, .seq = seq,
			.subject = "document", .expected = "no document", .found = "a document"};

		if (seq >= s->first_seq && !log_has_document(s, seq))
			audit_tell(f, &d);
	}
}

void audit_state_judge(struct audit_fold *f, struct audit_state *s,
	const Rxcirc__V1__AuditedState *row)
{
	s->was_compared = true;
	if (s->is_spoiled)
		return;
	judge_row(f, s, row);
	judge_key(f, s, row);
	judge_documents(f, s, row);
}

static Rxcirc__V1__AuditedState *row_copy(const Rxcirc__V1__AuditedState *row)
{
	size_t len = rxcirc__v1__audited_state__get_packed_size(row);
	uint8_t *bytes = malloc(len + 1);
	Rxcirc__V1__AuditedState *copy = NULL;

	if (bytes) {
		(void)rxcirc__v1__audited_state__pack(row, bytes);
		copy = rxcirc__v1__audited_state__unpack(NULL, len, bytes);
	}
	free(bytes);
	return copy;
}

int audit_compare_state(struct audit_fold *f, const Rxcirc__V1__AuditedState *row)
{
	struct audit_state *s;
	bool is_new;

	if (row->rx_id.len != RX_ID_LEN)
		return 0; /* no row of a prescription */
	s = map_put(&f->states, row->rx_id.data, &is_new);
	if (!s)
		return -ENOMEM;
	if (s->aside)
		return 0; /* one row is enough */
	if (row->version <= s->version || s->is_spoiled) {
		audit_state_judge(f, s, row);
		return 0;
	}
	s->aside = row_copy(row);
	if (!s->aside)
		return -ENOMEM;
	f->aside++;
	return 0;
}

/* ---- the end ---- */

/* The row is ahead of the log, and the log did not come to it. */
static void tell_unlogged(struct audit_fold *f, const struct audit_state *s)
{
	struct discrepancy d = {.kind = s->version == 0 && f->from == 0 ? "state-unknown" : "unlogged",
		.rx_id = s->rx_id, .seq = s->aside->version, .subject = ""};

	(void)snprintf(d.expected, sizeof(d.expected), "version %" PRIu64, s->version);
	(void)snprintf(d.found, sizeof(d.found), "version %" PRIu64, s->aside->version);
	audit_tell(f, &d);
}

void audit_compare_end(struct audit_fold *f, uint64_t states_size, uint64_t records_size)
{
	struct audit_state *s;
	size_t at = 0;

	while ((s = map_next(&f->states, &at))) {
		if (s->key_is_gone)
			audit_tell(f, &(struct discrepancy){.kind = "key-missing", .rx_id = s->rx_id,
				.subject = "", .expected = "a key", .found = "none"});
		if (s->aside)
			tell_unlogged(f, s);
		else if (s->version > 0 && !s->was_compared && !s->is_spoiled &&
			s->first_index < states_size)
			audit_tell(f, &(struct discrepancy){.kind = "state-missing", .rx_id = s->rx_id,
				.seq = s->version, .subject = "", .expected = "a row", .found = "none"});
	}
	audit_records_end(f, records_size);
}
