/* Partitions ahead of time, and nonces that can never be replayed again because their code
 * expired. */
#include "store/housekeeping.h"

#include "base/err.h"
#include "store/binder.h"

const struct pg_statement event_months_sql = {"event_months",
	"SELECT ensure_event_months($1::timestamptz, $2::int4)", 2};
const struct pg_statement nonces_expire_sql = {"nonces_expire",
	"DELETE FROM voucher_nonce WHERE used_at < $1::timestamptz", 1};
const struct pg_statement events_queue_sql = {"events_queue",
	"SELECT queue_unlogged_events()", 0};

int store_event_months(struct pg_unit *unit, struct arena *arena, int64_t now_ms, int32_t months)
{
	struct binder b;

	if (!binder_open(&b, arena, &event_months_sql))
		return ERR_MEMORY;
	pg_param_time(binder_next(&b), now_ms);
	pg_param_i32(binder_next(&b), months);
	binder_close(&b, unit);
	return 0;
}

int store_nonces_expire(struct pg_unit *unit, struct arena *arena, int64_t before_ms)
{
	struct binder b;

	if (!binder_open(&b, arena, &nonces_expire_sql))
		return ERR_MEMORY;
	pg_param_time(binder_next(&b), before_ms);
	binder_close(&b, unit);
	return 0;
}

int store_events_queue(struct pg_unit *unit, struct arena *arena)
{
	struct binder b;

	if (!binder_open(&b, arena, &events_queue_sql))
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}
