/* The change of one prescription: the guarded row and everything that must happen with it.
 *
 * A statement is put together of RX_CHANGE_ROW, what is special, and RX_CHANGE_END; the parts that
 * follow select from the part that decides (`rx`), so either all of it happens or nothing.  A
 * hand-over (store/fill.h) and a return (store/fill_return.h) add their own in the middle.
 */
#ifndef STORE_RX_CHANGE_H
#define STORE_RX_CHANGE_H

#include "store/binder.h"
#include "store/prescription.h"
#include "store/trail_sql.h"

/* A change of state, only if the version is still `rx->version - 1`. */
struct rx_change {
	const struct prescription *rx; /* as it will be */
	int16_t document_kind;         /* 0 = no document */
	struct slice sealed;
	const struct event *event;
	struct stored_reply reply;
};

extern const struct pg_statement rx_change_sql;

MUST_CHECK int store_rx_change(struct pg_unit *unit, struct arena *arena,
	const struct rx_change *change);
/* True when the change won, whichever statement made it; false when somebody else changed the row
 * before. */
bool store_rx_changed(const struct pg_unit *unit);

/* $1 .. $29: the guarded row, the document, the event and the reply of every change. */
enum { RX_CHANGE_PARAMS = 29 };
void rx_change_bind(struct binder *b, const struct rx_change *c);
void rx_change_bind_told(struct binder *b, const struct rx_change *c);

#define RX_CHANGE_ROW \
	"WITH rx AS (" \
	" UPDATE prescription SET validity = $4::int2, review = $5::int2, use = $6::int2," \
	"  holder_code = $7::text, held_until = $8::timestamptz, fencing_token = $9::int8," \
	"  version = $3::int8 + 1, head_leaf = $10::bytea, mac_generation = $11::int2," \
	"  row_mac = $12::bytea, fills_done = $26::int2, round = $27::int2," \
	"  next_from = $28::timestamptz, held_from = $29::timestamptz" \
	" WHERE bucket = $1::int4 AND rx_id = $2::bytea AND version = $3 RETURNING 1" \
	"), paper AS (" \
	" INSERT INTO document (bucket, rx_id, seq, kind, sealed)" \
	" SELECT $1, $2, $3 + 1, $13::int2, $14::bytea FROM rx WHERE $13 IS NOT NULL" \
	")"
#define RX_CHANGE_END RX_CHANGE_TOLD("NULL")
/* The same, and an institution is told: an SQL expression.  rx_change_bind_told() binds it as the
 * statement's last parameter. */
#define RX_CHANGE_TOLD(told) \
	", key AS (" \
	" INSERT INTO idempotency (bucket, institution_code, key, request_mac, reply, at, replays," \
	"  event_id, leaf_hash)" \
	" SELECT $1, $19, $23::bytea, $24::bytea, $25::bytea, $17, 0, $15, $10 FROM rx" \
	"), trail AS (" \
	" INSERT INTO event (bucket, at, event_id, kind, rx_id, rx_seq, person_key, institution_code," \
	"  practitioner_code, region, leaf, leaf_hash, told_code)" \
	" SELECT $1, $17::timestamptz, $15::bytea, $16::int2, $2, $3 + 1, $18::bytea, $19::text," \
	"  $20::text, $21::text, $22::bytea, $10, " told "::text FROM rx" TRAIL_QUEUED \
	") SELECT EXISTS (SELECT FROM rx)"

#endif
