/* Prescriptions in PostgreSQL: stored once, found by id or person; store/rx_change.h changes them.
 *
 * Every function that fills a unit returns 0 or ERR_MEMORY; what the parameters point to must
 * outlive the unit.  Readers return pointers into the results, borrowed until the unit is
 * cleared.
 */
#ifndef STORE_PRESCRIPTION_H
#define STORE_PRESCRIPTION_H

#include "base/arena.h"
#include "db/pg.h"
#include "domain/event.h"
#include "domain/prescription.h"

/* The answer that will be given again to the same request. */
struct stored_reply {
	const char *institution_code;
	const uint8_t *key;         /* IDEMPOTENCY_KEY_LEN */
	const uint8_t *request_mac; /* 32 bytes */
	struct slice reply;
};

struct stored_document {
	int64_t seq;
	int16_t kind;
	struct slice sealed;
};

struct stored_data_key {
	bool shredded;
	uint16_t generation;
	struct slice wrapped;
};

/* A new prescription with its lines, key, documents, event and reply. */
struct prescription_put {
	const struct prescription *rx;
	const struct prescription_line *lines;
	size_t line_count;
	struct stored_data_key key;
	struct slice sealed;
	const struct event *event;
	struct stored_reply reply;
	/* what the hospital's day is reconciled by (store/day.h) */
	int16_t business;              /* BusinessType */
	const uint8_t *number_mac;     /* of the hospital's own number */
	const uint8_t *serial_mac;     /* of the real-name serial; NULL = there is none */
};
MUST_CHECK int store_prescription_put(struct pg_unit *unit, struct arena *arena,
	const struct prescription_put *put);
/* What became of it: *ret_key = the idempotency key was new, *ret_rx = the prescription was new. */
void store_prescription_put_read(const struct pg_unit *unit, bool *ret_key, bool *ret_rx);

/* Read one prescription by id, its documents, and this caller's stored reply. */
MUST_CHECK int store_prescription_load(struct pg_unit *unit, struct arena *arena,
	const uint8_t rx_id[RX_ID_LEN]);
MUST_CHECK int store_documents_load(struct pg_unit *unit, struct arena *arena,
	const uint8_t rx_id[RX_ID_LEN]);
MUST_CHECK int store_reply_load(struct pg_unit *unit, struct arena *arena, uint16_t bucket,
	const char *institution_code, const uint8_t key[IDEMPOTENCY_KEY_LEN]);
/* Read a person's prescriptions: rows, then their documents. */
struct prescription_search {
	const uint8_t *person_key;
	bool open_only;       /* valid, not expired at now_ms, something left to dispense */
	bool is_paged;        /* newest first, after the last one of a page; else oldest first */
	int64_t now_ms;
	int32_t limit;
	int64_t after_ms;     /* paged: the last one's issue time; MOMENT_MS_MAX = from the newest on */
	uint8_t after_rx_id[RX_ID_LEN];
};
MUST_CHECK int store_prescriptions_search(struct pg_unit *unit, struct arena *arena,
	const struct prescription_search *search);
MUST_CHECK int store_documents_search(struct pg_unit *unit, struct arena *arena,
	const struct prescription_search *search);

/* Read row `row` of query `query`.  Lines are copied into the arena.  0 or ERR_MEMORY. */
MUST_CHECK int store_prescription_read(const struct pg_unit *unit, unsigned query, int row,
	struct arena *arena, struct prescription *ret, struct prescription_line **ret_lines,
	size_t *ret_count, struct stored_data_key *ret_key);
/* Row `row` of a documents query; the search also tells whose it is. */
void store_document_read(const struct pg_unit *unit, unsigned query, int row,
	struct stored_document *ret, const uint8_t **ret_rx_id);

/* Say a stored reply again: counts the replay, which makes it durable before it is given. */
MUST_CHECK int store_reply_replay(struct pg_unit *unit, struct arena *arena, uint16_t bucket,
	const char *institution_code, const uint8_t key[IDEMPOTENCY_KEY_LEN]);
/* Keep this reply under a further key (the same upload came under two keys). */
MUST_CHECK int store_reply_put(struct pg_unit *unit, struct arena *arena,
	const uint8_t rx_id[RX_ID_LEN], const struct stored_reply *reply);

/* Row 0 of a reply query. */
struct kept_reply {
	struct slice request_mac, reply; /* borrowed until the unit is cleared */
	bool has_promise;                /* something was written, since there are receipts */
	struct promise promise;
};
bool store_reply_read(const struct pg_unit *unit, unsigned query, struct kept_reply *ret);

#endif
