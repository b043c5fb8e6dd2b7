/* What every write of the registry ends with: the new version, the event, the answer and the
 * notification, all in the statement that changes the record.
 *
 *     "WITH put AS (INSERT INTO region ... RETURNING 1" REGISTRY_TAIL("'{}'")
 *
 * Parameters $1 .. $12 are the tail's, the statement's own begin with $13.  `kinds` is an SQL array
 * of the names in table registry_kind that servers have to read again.
 * REGISTRY_TAIL stores the "unchanged" answer when nothing was put; REGISTRY_TAIL_GUARDED stores
 * nothing then: somebody else was faster, and the caller looks again.
 */
#ifndef STORE_REGISTRY_TAIL_H
#define STORE_REGISTRY_TAIL_H

#include "domain/event.h"
#include "store/binder.h"
#include "store/trail_sql.h"

enum { REGISTRY_TAIL_PARAMS = 12 };

#define REGISTRY_TAIL_VERSION(kinds) \
	"), ver AS (" \
	" UPDATE registry_state SET version = version + 1 WHERE EXISTS (SELECT FROM put)" \
	" RETURNING version" \
	"), bump AS (" \
	" UPDATE registry_kind k SET version = ver.version FROM ver WHERE k.name = ANY (" kinds ")" \
	"), trail AS (" \
	" INSERT INTO event (bucket, at, event_id, kind, institution_code, region, leaf, leaf_hash)" \
	" SELECT $1::int4, $2::timestamptz, $3::bytea, $4::int2, $5::text, $6::text, $7::bytea," \
	"  $8::bytea FROM ver" TRAIL_QUEUED \
	"), answer AS (" \
	" INSERT INTO idempotency (bucket, institution_code, key, request_mac, reply, at, replays," \
	"  event_id, leaf_hash)" \
	" SELECT $1, $5, $9::bytea, $10::bytea," \
	"  CASE WHEN EXISTS (SELECT FROM put) THEN $11::bytea ELSE $12::bytea END, $2, 0," \
	"  (SELECT t.event_id FROM trail t), (SELECT t.leaf_hash FROM trail t)"
#define REGISTRY_TAIL_END \
	") SELECT EXISTS (SELECT FROM put)," \
	" (SELECT count(*) FROM ver, LATERAL pg_notify('registry', ver.version::text))"

#define REGISTRY_TAIL(kinds) REGISTRY_TAIL_VERSION(kinds) REGISTRY_TAIL_END
#define REGISTRY_TAIL_GUARDED(kinds) \
	REGISTRY_TAIL_VERSION(kinds) " WHERE EXISTS (SELECT FROM put)" REGISTRY_TAIL_END

/* Everything it points to must outlive the unit. */
struct registry_write {
	const struct event *event;
	const uint8_t *idempotency_key;
	const uint8_t *request_mac;
	struct slice reply, reply_unchanged;
};

/* The first twelve parameters. */
void registry_tail_bind(struct binder *b, const struct registry_write *w);
/* Whether the statement put anything. */
bool registry_tail_changed(const struct pg_unit *unit, unsigned query);

#endif
