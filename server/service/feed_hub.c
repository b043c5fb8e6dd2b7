#include "service/feed_hub.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "service/news.h"

struct feed_hub {
	struct pg_lane *lane;
	const struct keyring *keys;
	int64_t poll_ms;
	struct loop_timer timer;
	struct list ready, resting; /* resting: soonest first, because all rest equally long */
	bool asking, closing;
	struct pg_unit unit;
	struct arena question, page;
	struct feed_asker askers[FEED_ASKERS_MAX];
	struct feed_watcher *round[FEED_ASKERS_MAX]; /* NULL: left meanwhile */
	char codes[FEED_ASKERS_MAX][INSTITUTION_CODE_MAX + 1];
	size_t count;
};

static struct feed_watcher *watcher_of(struct list *link)
{
	return container_of(link, struct feed_watcher, link);
}

static void hub_arm(struct feed_hub *hub)
{
	int64_t ms = 0;

	if (hub->asking || hub->closing)
		return;
	if (list_is_empty(&hub->ready)) {
		if (list_is_empty(&hub->resting))
			return;
		ms = watcher_of(hub->resting.next)->due_mono_ms - clock_mono_ms();
	}
	loop_timer_set(&hub->timer, ms < 0 ? 0 : ms);
}

static void watcher_end(struct feed_watcher *w, enum status_reason reason)
{
	list_remove(&w->link);
	w->in_round = 0;
	w->ended(w, reason);
}

static void watcher_rest(struct feed_hub *hub, struct feed_watcher *w, int64_t now_ms)
{
	list_remove(&w->link);
	w->due_mono_ms = now_ms + hub->poll_ms;
	list_append(&hub->resting, &w->link);
}

static void hub_on_answer(struct pg_unit *unit);

/* ---- the question --------------------------------------------------------------------------- */

/* Whether it is asked for: not after its deadline, and not while its peer does not read. */
static bool watcher_is_asked_for(struct feed_hub *hub, struct feed_watcher *w, int64_t now_ms)
{
	if (now_ms >= w->req->deadline_mono_ms) {
		watcher_end(w, STATUS_OK);
		return false;
	}
	if (!w->req->is_clogged(w->req)) {
		w->clogged_mono_ms = 0;
		return true;
	}
	if (w->clogged_mono_ms == 0)
		w->clogged_mono_ms = now_ms;
	if (now_ms - w->clogged_mono_ms >= FEED_CLOGGED_MS)
		watcher_end(w, STATUS_READER_TOO_SLOW);
	else
		watcher_rest(hub, w, now_ms);
	return false;
}

static void round_fill(struct feed_hub *hub, int64_t now_ms)
{
	struct list *link;

	while (!list_is_empty(&hub->resting) &&
		watcher_of(hub->resting.next)->due_mono_ms <= now_ms)
		list_append(&hub->ready, list_pop(&hub->resting));
	hub->count = 0;
	while (hub->count < FEED_ASKERS_MAX && (link = list_pop(&hub->ready)) != NULL) {
		struct feed_watcher *w = watcher_of(link);
		char *code = hub->codes[hub->count];

		if (!watcher_is_asked_for(hub, w, now_ms))
			continue;
		memcpy(code, w->req->caller.code, sizeof(hub->codes[0]));
		hub->askers[hub->count] = (struct feed_asker){code, w->place};
		hub->round[hub->count] = w;
		w->in_round = ++hub->count;
	}
}

static void hub_on_timer(struct loop_timer *timer)
{
	struct feed_hub *hub = container_of(timer, struct feed_hub, timer);
	int64_t now_ms = clock_mono_ms();

	if (hub->asking || hub->closing)
		return;
	round_fill(hub, now_ms);
	if (hub->count == 0) {
		hub_arm(hub);
		return;
	}
	pg_unit_init(&hub->unit, hub->unit.done);
	hub->unit.deadline_mono_ms = now_ms + FEED_ROUND_MS;
	hub->asking = true;
	hub->unit.status = store_feed(&hub->unit, &hub->question, hub->askers, hub->count,
		FEED_PAGE_ROWS);
	if (hub->unit.status < 0)
		hub_on_answer(&hub->unit);
	else
		pg_submit(hub->lane, &hub->unit);
}

/* ---- the answer ----------------------------------------------------------------------------- */

/* A frame when there are news or it is time for one; the reason to end, or STATUS_OK. */
static enum status_reason watcher_tell(struct feed_hub *hub, struct feed_watcher *w,
	const struct news_page *page, int64_t now_ms)
{
	Rxcirc__V1__WatchPrescriptionsResponse m = RXCIRC__V1__WATCH_PRESCRIPTIONS_RESPONSE__INIT;
	struct slice bytes;

	if (page->count == 0 && now_ms - w->said_mono_ms < w->heartbeat_ms)
		return STATUS_OK;
	m.news = page->news;
	m.n_news = page->count;
	m.next_cursor = news_place_bytes(&hub->page, &w->place);
	bytes = m.next_cursor.data == NULL ? slice_of(NULL, 0) : pbmsg_pack(&m, &hub->page);
	if (bytes.data == NULL)
		return STATUS_BUSY;
	w->said_mono_ms = now_ms;
	return w->req->part(w->req, bytes);
}

static enum status_reason status_of(int err)
{
	switch (err) {
	case ERR_MEMORY:
	case ERR_FULL:
		return STATUS_BUSY;
	case ERR_DAMAGED:
		return STATUS_DATA_DAMAGED;
	case ERR_DB_AWAY:
	case ERR_TIMEOUT:
		return STATUS_DATABASE_AWAY;
	default:
		return STATUS_INTERNAL;
	}
}

static void watcher_answer(struct feed_hub *hub, struct feed_watcher *w, size_t asker, int *row)
{
	int64_t now_ms = clock_mono_ms();
	int first = *row;
	struct news_page page;
	enum status_reason reason;
	int r = news_collect(&hub->page, hub->keys, &hub->unit, asker, FEED_PAGE_BYTES, row,
		&w->place, &page);

	if (r == 0 && page.count == 0)
		news_place_rest(&w->place, clock_wall_ms() - FEED_ROUND_MS);
	reason = r < 0 ? status_of(r) : watcher_tell(hub, w, &page, now_ms);
	arena_reset(&hub->page);
	if (reason != STATUS_OK) {
		watcher_end(w, reason);
		return;
	}
	w->in_round = 0;
	if (page.is_cut || *row - first == FEED_PAGE_ROWS)
		list_append(&hub->ready, &w->link);
	else
		watcher_rest(hub, w, now_ms);
}

/* Rows of one who left are passed over. */
static void skip_rows(const struct feed_hub *hub, size_t asker, int *row)
{
	struct feed_row one;

	for (; *row < pg_rows(&hub->unit, 0); (*row)++) {
		store_feed_row(&hub->unit, *row, &one);
		if (one.asker != asker)
			return;
	}
}

static void hub_on_answer(struct pg_unit *unit)
{
	struct feed_hub *hub = container_of(unit, struct feed_hub, unit);
	int row = 0;

	if (unit->status < 0 && !hub->closing)
		log_warn("could not read the feed: %s", err_text(unit->status));
	for (size_t i = 0; i < hub->count; i++) {
		struct feed_watcher *w = hub->round[i];

		if (w != NULL && unit->status < 0)
			watcher_end(w, status_of(unit->status));
		else if (w != NULL)
			watcher_answer(hub, w, i, &row);
		else if (unit->status == 0)
			skip_rows(hub, i, &row);
	}
	pg_unit_clear(unit);
	arena_reset(&hub->question);
	hub->asking = false;
	hub->count = 0;
	hub_arm(hub);
}

/* ---- life ----------------------------------------------------------------------------------- */

int feed_hub_open(struct feed_hub **ret, struct loop *loop, struct pg_lane *lane,
	const struct keyring *keys, int64_t poll_ms)
{
	struct feed_hub *hub = calloc(1, sizeof(*hub));

	if (hub == NULL)
		return ERR_MEMORY;
	if (loop_timer_open(&hub->timer, loop, hub_on_timer) < 0) {
		free(hub);
		return ERR_MEMORY;
	}
	hub->lane = lane;
	hub->keys = keys;
	hub->poll_ms = poll_ms;
	list_init(&hub->ready);
	list_init(&hub->resting);
	arena_init(&hub->question);
	arena_init(&hub->page);
	pg_unit_init(&hub->unit, hub_on_answer);
	*ret = hub;
	return 0;
}

void feed_hub_close(struct feed_hub *hub)
{
	ensure(list_is_empty(&hub->ready) && list_is_empty(&hub->resting));
	hub->closing = true;
	loop_timer_close(&hub->timer);
}

void feed_hub_free(struct feed_hub *hub)
{
	if (hub == NULL)
		return;
	loop_timer_close(&hub->timer);
	arena_reset(&hub->question);
	arena_reset(&hub->page);
	free(hub);
}

void feed_hub_join(struct feed_hub *hub, struct feed_watcher *w)
{
	w->in_round = 0;
	w->clogged_mono_ms = 0;
	w->said_mono_ms = clock_mono_ms();
	list_append(&hub->ready, &w->link);
	hub_arm(hub);
}

void feed_hub_leave(struct feed_hub *hub, struct feed_watcher *w)
{
	if (w->in_round != 0)
		hub->round[w->in_round - 1] = NULL;
	w->in_round = 0;
	list_remove(&w->link);
}
