#include "store/access.h"

#include "base/err.h"
#include "store/binder.h"

/* Of the bucket's few events, newest first, those about the person; an officer's read of one
 * prescription names only that. */
const struct pg_statement accesses_sql = {"accesses",
	"SELECT e.at, e.event_id, e.leaf, e.leaf_hash FROM event e"
	" WHERE e.bucket = $1::int4 AND (e.at, e.event_id) < ($3::timestamptz, $4::bytea)"
	" AND (e.person_key = $2::bytea OR (e.person_key IS NULL AND e.rx_id IN"
	"  (SELECT p.rx_id FROM prescription p WHERE p.bucket = $1 AND p.person_key = $2)))"
	" ORDER BY e.at DESC, e.event_id DESC LIMIT $5::int4", 5};

int store_accesses(struct pg_unit *unit, struct arena *arena, const struct access_page *page)
{
	struct binder b;

	if (!binder_open(&b, arena, &accesses_sql))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), page->person_key[0] << 8 | page->person_key[1]);
	pg_param_bytes(binder_next(&b), slice_of(page->person_key, PERSON_KEY_LEN));
	pg_param_time(binder_next(&b), page->before_ms);
	pg_param_bytes(binder_next(&b), slice_of(page->before_event_id, EVENT_ID_LEN));
	pg_param_i32(binder_next(&b), page->limit);
	binder_close(&b, unit);
	return 0;
}
