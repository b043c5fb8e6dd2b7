/* A lane is a queue and a few connections, and one deferred task that does everything:
 *
 *     pg_submit() --> waiting --> batch on a connection --> finished --> done()
 *                        ^              |
 *                        +-- resting <--+  (after a conflict, or straight back)
 *
 * pg_submit() only queues and arms the task, so whatever is submitted in one turn of the loop
 * travels in one batch, and done() can never run inside it.  The task sends first and calls done()
 * after, so that PostgreSQL works while the callbacks do; what they submit is sent at its end.
 *
 * Deadlines count in the queue only.  One timer watches for the earliest; it looks through the
 * whole queue when it fires, at most every PG_LANE_SCAN_MS, and a batch skips who is late.
 */
#include "db/pg_lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"

enum { PG_LANE_SCAN_MS = 5, PG_LOCK_TIMEOUT_MS = 2000 };

static void pg_lane_on_turn(struct loop_task *task);

void pg_lane_kick(struct pg_lane *lane)
{
	loop_defer(lane->loop, &lane->turn);
}

static void pg_lane_count(struct pg_lane *lane, int change)
{
	lane->waiting_count += change;
	metric_set(&lane->metrics.queue_units, lane->waiting_count);
}

static void pg_lane_wake_at(struct pg_lane *lane, int64_t at_ms)
{
	int64_t now_ms;

	if (at_ms >= lane->wake_ms)
		return;
	now_ms = clock_mono_ms();
	if (at_ms < now_ms + PG_LANE_SCAN_MS)
		at_ms = now_ms + PG_LANE_SCAN_MS;
	if (at_ms >= lane->wake_ms)
		return;
	lane->wake_ms = at_ms;
	loop_timer_set(&lane->timer, at_ms - now_ms);
}

void pg_lane_finish(struct pg_lane *lane, struct pg_unit *unit, int status)
{
	unit->status = status;
	if (status == 0)
		unit->sqlstate[0] = '\0';
	list_append(&lane->finished, &unit->link);
	pg_lane_kick(lane);
}

/* It could have run again, but will not: what stopped it last is the answer. */
static void pg_lane_give_up(struct pg_lane *lane, struct pg_unit *unit, int otherwise)
{
	pg_lane_finish(lane, unit, unit->status != 0 ? unit->status : otherwise);
}

void pg_lane_requeue(struct pg_lane *lane, struct pg_unit *unit)
{
	if (lane->is_closing) {
		pg_lane_give_up(lane, unit, ERR_DB_AWAY);
		return;
	}
	list_append(lane->waiting.next, &unit->link); /* behind nobody: before the first */
	pg_lane_count(lane, 1);
	if (unit->deadline_mono_ms != 0)
		pg_lane_wake_at(lane, unit->deadline_mono_ms);
	pg_lane_kick(lane);
}

void pg_lane_rest(struct pg_lane *lane, struct pg_unit *unit, int64_t ms)
{
	if (lane->is_closing) {
		pg_lane_give_up(lane, unit, ERR_DB_AWAY);
		return;
	}
	unit->rest_until_ms = clock_mono_ms() + ms;
	list_append(&lane->resting, &unit->link);
	pg_lane_count(lane, 1);
	pg_lane_wake_at(lane, unit->rest_until_ms);
	if (unit->deadline_mono_ms != 0)
		pg_lane_wake_at(lane, unit->deadline_mono_ms);
}

static size_t pg_lane_unit_bytes(const struct pg_unit *unit)
{
	size_t bytes = 0;
	unsigned i;
	int j;

	for (i = 0; i < unit->count; i++)
		for (j = 0; j < unit->queries[i].statement->params; j++)
			if (!unit->queries[i].params[j].is_null)
				bytes += unit->queries[i].params[j].value.len;
	return bytes;
}

void pg_submit(struct pg_lane *lane, struct pg_unit *unit)
{
	unsigned i;

	ensure(unit->count > 0 && unit->done != NULL && list_is_empty(&unit->link));
	for (i = 0; i < unit->count; i++)
		ensure(unit->queries[i].result == NULL);
	unit->status = 0;
	unit->sqlstate[0] = '\0';
	unit->order = lane->order++;
	unit->bytes = pg_lane_unit_bytes(unit);
	unit->tries = 0;
	unit->company = PG_BATCH_UNITS;
	if (lane->is_closing) {
		pg_lane_finish(lane, unit, ERR_DB_AWAY);
		return;
	}
	if (lane->waiting_count >= PG_QUEUE_UNITS) {
		pg_lane_finish(lane, unit, ERR_FULL);
		return;
	}
	list_append(&lane->waiting, &unit->link);
	pg_lane_count(lane, 1);
	if (unit->deadline_mono_ms != 0)
		pg_lane_wake_at(lane, unit->deadline_mono_ms);
	pg_lane_kick(lane);
}

static bool pg_lane_is_late(const struct pg_unit *unit, int64_t now_ms)
{
	return unit->deadline_mono_ms != 0 && unit->deadline_mono_ms <= now_ms;
}

static void pg_lane_expire(struct pg_lane *lane, struct pg_unit *unit)
{
	list_remove(&unit->link);
	pg_lane_count(lane, -1);
	pg_lane_give_up(lane, unit, lane->up > 0 ? ERR_TIMEOUT : ERR_DB_AWAY);
}

static int pg_lane_by_key(const void *left, const void *right)
{
	const struct pg_unit *a = *(struct pg_unit *const *)left;
	const struct pg_unit *b = *(struct pg_unit *const *)right;
	int r = memcmp(a->row_key, b->row_key, sizeof(a->row_key));

	if (r != 0)
		return r;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* May the unit travel with those before it?  Whoever is spoilt again and again wants less company.
 * On one PostgreSQL units of all rows go together; a sharded one would ask here for one bucket. */
static bool pg_lane_may_join(const struct pg_batch *b, const struct pg_unit *unit, unsigned company)
{
	return b->count == 0 || (b->count < company && b->bytes + unit->bytes <= PG_BATCH_BYTES);
}

/* Fill the batch of an idle connection from the front of the queue. */
static void pg_lane_fill(struct pg_lane *lane, struct pg_batch *b)
{
	int64_t now_ms = clock_mono_ms();
	unsigned company = PG_BATCH_UNITS;

	pg_batch_init(b, lane->options.kind == PG_LANE_WRITE);
	while (b->count < company && !list_is_empty(&lane->waiting)) {
		struct pg_unit *unit = container_of(lane->waiting.next, struct pg_unit, link);

		if (pg_lane_is_late(unit, now_ms)) {
			pg_lane_expire(lane, unit);
			continue;
		}
		if (unit->company < company)
			company = unit->company;
		if (!pg_lane_may_join(b, unit, company))
			break;
		list_remove(&unit->link);
		pg_lane_count(lane, -1);
		pg_batch_add(b, unit);
	}
	/* Two batches take their row locks in the same order, so neither waits for the other's. */
	if (b->is_write)
		qsort(b->units, b->count, sizeof(b->units[0]), pg_lane_by_key);
}

static void pg_lane_dispatch(struct pg_lane *lane)
{
	unsigned i;

	for (i = 0; i < lane->options.connections; i++) {
		struct pg_conn *c = &lane->conns[i];

		if (c->state != PG_CONN_IDLE || lane->is_closing)
			continue;
		pg_lane_fill(lane, &c->batch);
		if (c->batch.count == 0)
			return;
		pg_conn_send(c);
	}
}

static void pg_lane_deliver(struct pg_lane *lane)
{
	struct list now, *link;

	/* Only those that are there now: a callback whose submit is refused must not keep us here. */
	list_init(&now);
	while ((link = list_pop(&lane->finished)) != NULL)
		list_append(&now, link);
	while ((link = list_pop(&now)) != NULL) {
		struct pg_unit *unit = container_of(link, struct pg_unit, link);

		unit->done(unit);
	}
}

static void pg_lane_free(struct pg_lane *lane)
{
	loop_defer_cancel(&lane->turn);
	loop_timer_close(&lane->timer);
	pg_login_clear(&lane->login);
	free(lane->conns);
	free(lane->name);
	free(lane);
}

static void pg_lane_release(struct loop_grave *grave)
{
	pg_lane_free(container_of(grave, struct pg_lane, grave));
}

/* Close what has nothing in flight any more; when that is all of it, the lane is over. */
static void pg_lane_closing(struct pg_lane *lane)
{
	bool is_busy = false;
	unsigned i;

	for (i = 0; i < lane->options.connections; i++) {
		if (pg_conn_is_busy(&lane->conns[i]))
			is_busy = true;
		else
			pg_conn_close(&lane->conns[i]);
	}
	if (is_busy || !list_is_empty(&lane->finished) || lane->closed == NULL)
		return;
	loop_timer_close(&lane->timer);
	loop_defer_cancel(&lane->turn);
	lane->grave.release = pg_lane_release;
	loop_bury(lane->loop, &lane->grave);
	lane->closed(lane->closed_arg);
	lane->closed = NULL;
}

static void pg_lane_on_turn(struct loop_task *task)
{
	struct pg_lane *lane = container_of(task, struct pg_lane, turn);

	pg_lane_dispatch(lane);
	pg_lane_deliver(lane);
	pg_lane_dispatch(lane);
	if (lane->is_closing)
		pg_lane_closing(lane);
}

/* Look through one list: end who is late, note who will be next. */
static void pg_lane_scan(struct pg_lane *lane, struct list *list, int64_t now_ms, int64_t *next_ms)
{
	struct list *link, *after;

	for (link = list->next; link != list; link = after) {
		struct pg_unit *unit = container_of(link, struct pg_unit, link);

		after = link->next;
		if (pg_lane_is_late(unit, now_ms)) {
			pg_lane_expire(lane, unit);
			continue;
		}
		if (unit->deadline_mono_ms != 0 && unit->deadline_mono_ms < *next_ms)
			*next_ms = unit->deadline_mono_ms;
		if (list != &lane->resting)
			continue;
		if (unit->rest_until_ms <= now_ms) {
			list_remove(link);
			list_append(&lane->waiting, link);
			pg_lane_kick(lane);
		} else if (unit->rest_until_ms < *next_ms) {
			*next_ms = unit->rest_until_ms;
		}
	}
}

static void pg_lane_on_timer(struct loop_timer *timer)
{
	struct pg_lane *lane = container_of(timer, struct pg_lane, timer);
	int64_t now_ms = clock_mono_ms(), next_ms = INT64_MAX;
	unsigned i;

	lane->wake_ms = INT64_MAX;
	if (lane->is_closing) {
		for (i = 0; i < lane->options.connections; i++)
			pg_conn_close(&lane->conns[i]);
		pg_lane_kick(lane);
		return;
	}
	pg_lane_scan(lane, &lane->resting, now_ms, &next_ms);
	pg_lane_scan(lane, &lane->waiting, now_ms, &next_ms);
	if (next_ms != INT64_MAX)
		pg_lane_wake_at(lane, next_ms);
}

static bool pg_lane_options_are_good(const struct pg_lane_options *o)
{
	size_t count = 0;

	if (o->connections < 1 || o->connections > PG_LANE_CONNECTIONS)
		return false;
	if (o->statement_timeout_ms < 1 || o->statement_timeout_ms > INT32_MAX)
		return false;
	if (o->batch_timeout_ms < 1 || o->batch_timeout_ms > INT32_MAX)
		return false;
	for (; o->statements[count] != NULL; count++)
		if (count == PG_STATEMENTS_MAX || o->statements[count]->params > PG_PARAMS_MAX)
			return false;
	return true;
}

static int pg_lane_login(struct pg_lane *lane, const char *conninfo)
{
	const struct pg_lane_options *o = &lane->options;
	char settings[PG_LOGIN_OPTIONS_MAX];
	int len;

	/* A session that waits in the middle of a transaction has lost its client. */
	len = snprintf(settings, sizeof(settings),
		"-c synchronous_commit=on -c statement_timeout=%lld -c lock_timeout=%d"
		" -c idle_in_transaction_session_timeout=%lld -c default_transaction_read_only=%s"
		" -c default_transaction_isolation=read\\ committed -c timezone=UTC"
		" -c standard_conforming_strings=on",
		(long long)o->statement_timeout_ms, PG_LOCK_TIMEOUT_MS,
		(long long)o->batch_timeout_ms, o->kind == PG_LANE_READ ? "on" : "off");
	ensure(len > 0 && (size_t)len < sizeof(settings));
	return pg_login_init(&lane->login, conninfo, lane->name, settings);
}

static int pg_lane_start(struct pg_lane *lane, const char *conninfo)
{
	unsigned i;
	int r;

	lane->conns = calloc(lane->options.connections, sizeof(*lane->conns));
	lane->name = strdup(lane->options.name);
	if (lane->conns == NULL || lane->name == NULL)
		return ERR_MEMORY;
	lane->options.name = lane->name;
	r = pg_lane_login(lane, conninfo);
	if (r != 0)
		return r;
	r = loop_timer_open(&lane->timer, lane->loop, pg_lane_on_timer);
	for (i = 0; r == 0 && i < lane->options.connections; i++)
		r = pg_conn_open(&lane->conns[i], lane, i);
	if (r == 0)
		return 0;
	while (i-- > 0)
		pg_conn_close(&lane->conns[i]);
	return r;
}

int pg_lane_open(struct pg_lane **ret_lane, struct loop *loop,
	const struct pg_lane_options *options)
{
	struct pg_lane *lane;
	int r;

	if (!pg_lane_options_are_good(options))
		return ERR_CONFIG;
	lane = calloc(1, sizeof(*lane));
	if (lane == NULL)
		return ERR_MEMORY;
	lane->loop = loop;
	lane->options = *options;
	lane->options.conninfo = NULL;
	lane->turn.run = pg_lane_on_turn;
	lane->wake_ms = INT64_MAX;
	list_init(&lane->waiting);
	list_init(&lane->resting);
	list_init(&lane->finished);
	r = pg_lane_start(lane, options->conninfo);
	if (r != 0) {
		pg_lane_free(lane);
		return r;
	}
	*ret_lane = lane;
	return 0;
}

static void pg_lane_end_all(struct pg_lane *lane, struct list *list)
{
	struct list *link;

	while ((link = list_pop(list)) != NULL) {
		pg_lane_count(lane, -1);
		pg_lane_give_up(lane, container_of(link, struct pg_unit, link), ERR_DB_AWAY);
	}
}

void pg_lane_close(struct pg_lane *lane, void (*closed)(void *arg), void *arg)
{
	ensure(!lane->is_closing && closed != NULL);
	lane->is_closing = true;
	lane->closed = closed;
	lane->closed_arg = arg;
	pg_lane_end_all(lane, &lane->waiting);
	pg_lane_end_all(lane, &lane->resting);
	loop_timer_set(&lane->timer, PG_LANE_CLOSE_MS);
	pg_lane_kick(lane);
}

bool pg_lane_is_up(const struct pg_lane *lane)
{
	return lane->up > 0;
}

size_t pg_lane_waiting(const struct pg_lane *lane)
{
	return lane->waiting_count;
}

const struct pg_lane_metrics *pg_lane_metrics(const struct pg_lane *lane)
{
	return &lane->metrics;
}
