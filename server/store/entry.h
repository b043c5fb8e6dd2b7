/* What every entry that is written once has in common: answer, event and entry in one statement.
 *
 *     ENTRY("condition")      $1 .. $12; nothing is written unless the condition holds
 *                             (ENTRY_ABOUT: the event is one prescription's, found with its trail;
 *                             ENTRY_TOLD: and an institution is told of it)
 *     ", put AS (INSERT INTO ... SELECT ... FROM key)"
 *     ENTRY_END               row: the key was new; the condition holds
 *
 * `key` has one row when the idempotency key was new.  A key that was answered before always fits:
 * whatever became of the entry since, the same call gets its answer again.
 */
#ifndef STORE_ENTRY_H
#define STORE_ENTRY_H

#include "domain/event.h"
#include "store/binder.h"
#include "store/trail_sql.h"

enum { ENTRY_PARAMS = 12 };

#define ENTRY_ANSWERED \
	"EXISTS (SELECT FROM idempotency i WHERE i.bucket = $1::int4" \
	" AND i.institution_code = $3::text AND i.key = $4::bytea)"
#define ENTRY(condition) ENTRY_ABOUT(condition, "NULL::bytea", "$12::bytea")
/* The same about one prescription; both further arguments are SQL expressions. */
#define ENTRY_ABOUT(condition, rx_id, person_key) \
	ENTRY_TOLD(condition, rx_id, person_key, "NULL::text")
/* The same, and an institution is told (service/told.h says who): an SQL expression, e.g. one of
 * the statement's own parameters, or NULL. */
#define ENTRY_TOLD(condition, rx_id, person_key, told) \
	"WITH fits AS (SELECT 1 WHERE " ENTRY_ANSWERED " OR (" condition ")" \
	ENTRY_TRAIL(rx_id, person_key, told)
/* The same, judged by a number that also says why not: `fit` when it fits.  ENTRY_END_JUDGED adds
 * it to the row. */
#define ENTRY_JUDGED(word, fit, rx_id, person_key) \
	ENTRY_JUDGED_TOLD(word, fit, rx_id, person_key, "NULL::text")
#define ENTRY_JUDGED_TOLD(word, fit, rx_id, person_key, told) \
	"WITH judged AS (SELECT (" word ")::int2 AS word), fits AS (SELECT 1 FROM judged j" \
	" WHERE j.word = " fit " OR " ENTRY_ANSWERED ENTRY_TRAIL(rx_id, person_key, told)
#define ENTRY_TRAIL(rx_id, person_key, told) \
	"), key AS (" \
	" INSERT INTO idempotency (bucket, institution_code, key, request_mac, reply, at, replays," \
	"  event_id, leaf_hash)" \
	" SELECT $1::int4, $3::text, $4::bytea, $5::bytea, $6::bytea, $2::timestamptz, 0, $7::bytea," \
	"  $11::bytea FROM fits" \
	" ON CONFLICT DO NOTHING RETURNING 1" \
	"), trail AS (" \
	" INSERT INTO event (bucket, at, event_id, kind, rx_id, person_key, institution_code," \
	"  region, leaf, leaf_hash, told_code)" \
	" SELECT $1, $2, $7, $8::int2, " rx_id ", " person_key ", $3, $9::text," \
	"  $10::bytea, $11, " told \
	" FROM key" TRAIL_QUEUED ")"
#define ENTRY_END " SELECT EXISTS (SELECT FROM key), EXISTS (SELECT FROM fits)"
#define ENTRY_END_JUDGED ENTRY_END ", (SELECT j.word FROM judged j)"

/* Everything it points to must outlive the unit. */
struct entry_write {
	const struct event *event;
	const uint8_t *idempotency_key; /* IDEMPOTENCY_KEY_LEN */
	const uint8_t *request_mac;     /* 32 bytes */
	struct slice reply;
};

/* The first twelve parameters. */
void entry_bind(struct binder *b, const struct entry_write *w);
/* What became of it. */
void entry_read(const struct pg_unit *unit, bool *ret_key_is_new, bool *ret_fits);

#endif
