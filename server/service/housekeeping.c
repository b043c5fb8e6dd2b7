/* One round is one unit: its statements are committed together. */
#include "service/housekeeping.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "db/pg_value.h"
#include "store/housekeeping.h"
#include "store/log.h"

enum { QUERY_QUEUED };
enum {
	MONTHS_AHEAD = 6,
	NONCE_KEPT_MS = 2 * 24 * 3600 * 1000, /* a code lives minutes; two days cover any clock */
	ROUND_TIMEOUT_MS = 60 * 1000,
	RETRY_MS = 10 * 1000,
};

struct housekeeper {
	struct pg_lane *lane;
	int64_t interval_ms;
	struct loop_timer timer;
	struct pg_unit unit;
	struct arena arena;
	bool closing;
};

static void round_done(struct pg_unit *unit)
{
	struct housekeeper *h = container_of(unit, struct housekeeper, unit);
	int r = unit->status;

	if (r == 0 && pg_i64(unit, QUERY_QUEUED, 0, 0) > 0)
		log_warn("%lld events had no place in the log's queue: a server of an older version is"
			" running", (long long)pg_i64(unit, QUERY_QUEUED, 0, 0));
	pg_unit_clear(unit);
	arena_reset(&h->arena);
	if (h->closing)
		return;
	if (r < 0)
		log_warn("could not do the housekeeping: %s, retrying", err_text(r));
	loop_timer_set(&h->timer, r < 0 ? RETRY_MS : h->interval_ms);
}

static void round_start(struct loop_timer *timer)
{
	struct housekeeper *h = container_of(timer, struct housekeeper, timer);
	int64_t now_ms = clock_wall_ms();
	int r;

	pg_unit_init(&h->unit, round_done);
	h->unit.deadline_mono_ms = clock_mono_ms() + ROUND_TIMEOUT_MS;
	r = store_events_queue(&h->unit, &h->arena);
	if (r == 0)
		r = store_event_months(&h->unit, &h->arena, now_ms, MONTHS_AHEAD);
	if (r == 0)
		r = store_log_parts(&h->unit, &h->arena);
	if (r == 0)
		r = store_nonces_expire(&h->unit, &h->arena, now_ms - NONCE_KEPT_MS);
	if (r < 0) {
		loop_timer_set(&h->timer, RETRY_MS);
		return;
	}
	pg_submit(h->lane, &h->unit);
}

int housekeeper_open(struct housekeeper **ret, struct loop *loop, struct pg_lane *lane,
	int64_t interval_ms)
{
	struct housekeeper *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return ERR_MEMORY;
	if (loop_timer_open(&h->timer, loop, round_start) < 0) {
		free(h);
		return ERR_MEMORY;
	}
	h->lane = lane;
	h->interval_ms = interval_ms;
	arena_init(&h->arena);
	pg_unit_init(&h->unit, round_done);
	loop_timer_set(&h->timer, 0);
	*ret = h;
	return 0;
}

void housekeeper_close(struct housekeeper *h)
{
	h->closing = true;
	loop_timer_close(&h->timer);
}

void housekeeper_free(struct housekeeper *h)
{
	pg_unit_clear(&h->unit);
	arena_reset(&h->arena);
	free(h);
}
