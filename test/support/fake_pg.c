#include <stdio.h>
#include <stdlib.h>

#include "base/ensure.h"
#include "base/err.h"
#include "test/support/fake_script.h"

struct pg_lane {
	struct list link;
	char name[64];
	bool is_closing;
	void (*closed)(void *arg);
	void *closed_arg;
	struct pg_lane_metrics metrics;
	struct list pending;
};

struct pg_listen {
	struct list link;
	char channel[64];
	void (*notified)(void *arg);
	void *arg;
};

static struct {
	struct list lanes, listens;
	bool is_ready, is_down;
	const char *held;
	struct loop *loop;
	struct loop_task task;
	uint64_t order;
} fake;

static void fake_start(void)
{
	if (fake.is_ready)
		return;
	list_init(&fake.lanes);
	list_init(&fake.listens);
	fake.is_ready = true;
}

/* Ending units. */

static bool fake_is_held(const struct pg_unit *unit)
{
	unsigned i;

	for (i = 0; fake.held != NULL && i < unit->count; i++)
		if (strcmp(unit->queries[i].statement->name, fake.held) == 0)
			return true;
	return false;
}

static void fake_end(struct pg_unit *unit, bool is_closing)
{
	unsigned i;

	list_remove(&unit->link);
	unit->status = is_closing ? ERR_DB_AWAY : 0;
	for (i = 0; i < unit->count && unit->status == 0; i++) {
		struct fake_answer *a = fake_take(unit->queries[i].statement->name);

		unit->queries[i].result = a;
		unit->status = a->status;
		memcpy(unit->sqlstate, a->sqlstate, sizeof(unit->sqlstate));
	}
	for (i = 0; i < unit->count && unit->status != 0; i++) {
		fake_answer_unref(unit->queries[i].result);
		unit->queries[i].result = NULL;
	}
	unit->done(unit);
}

/* The unit that was submitted first, of all lanes. */
static struct pg_unit *fake_oldest(struct pg_lane **ret_lane)
{
	struct pg_unit *oldest = NULL;
	struct list *l, *link;

	fake_start();
	for (l = fake.lanes.next; l != &fake.lanes; l = l->next) {
		struct pg_lane *lane = container_of(l, struct pg_lane, link);

		for (link = lane->pending.next; link != &lane->pending; link = link->next) {
			struct pg_unit *unit = container_of(link, struct pg_unit, link);

			if ((lane->is_closing || !fake_is_held(unit)) &&
				(oldest == NULL || unit->order < oldest->order)) {
				oldest = unit;
				*ret_lane = lane;
			}
		}
	}
	return oldest;
}

static struct pg_lane *fake_closing(void)
{
	struct list *l;

	for (l = fake.lanes.next; l != &fake.lanes; l = l->next) {
		struct pg_lane *lane = container_of(l, struct pg_lane, link);

		if (lane->is_closing)
			return lane;
	}
	return NULL;
}

bool fake_pg_step(void)
{
	struct pg_lane *lane = NULL;
	struct pg_unit *unit = fake_oldest(&lane);

	if (unit != NULL) {
		fake_end(unit, lane->is_closing);
		return true;
	}
	lane = fake_closing();
	if (lane == NULL)
		return false;
	list_remove(&lane->link);
	lane->closed(lane->closed_arg);
	free(lane);
	return true;
}

void fake_pg_run(void)
{
	while (fake_pg_step())
		;
}

void fake_pg_hold(const char *statement)
{
	fake.held = statement;
}

unsigned fake_pg_pending(void)
{
	struct list *l, *link;
	unsigned count = 0;

	fake_start();
	for (l = fake.lanes.next; l != &fake.lanes; l = l->next) {
		struct pg_lane *lane = container_of(l, struct pg_lane, link);

		for (link = lane->pending.next; link != &lane->pending; link = link->next)
			count++;
	}
	return count;
}

static void fake_on_turn(struct loop_task *task)
{
	(void)task;
	fake_pg_run();
}

void fake_pg_attach(struct loop *loop)
{
	loop_defer_cancel(&fake.task);
	fake.task.run = fake_on_turn;
	fake.loop = loop;
}

static void fake_kick(void)
{
	if (fake.loop != NULL)
		loop_defer(fake.loop, &fake.task);
}

void fake_pg_set_up(bool is_up)
{
	fake.is_down = !is_up;
}

void fake_pg_reset(void)
{
	ensure(fake_pg_pending() == 0);
	fake_script_reset();
	fake.held = NULL;
	fake.is_down = false;
}

/* Db/pg.h. */

void pg_unit_init(struct pg_unit *unit, void (*done)(struct pg_unit *unit))
{
	memset(unit, 0, sizeof(*unit));
	unit->done = done;
	list_init(&unit->link);
}

void pg_unit_add(struct pg_unit *unit, const struct pg_statement *statement,
	struct pg_param *params)
{
	ensure(unit->count < PG_UNIT_QUERIES && statement->params <= PG_PARAMS_MAX);
	ensure(statement->params == 0 || params != NULL);
	unit->queries[unit->count++] = (struct pg_query){.statement = statement, .params = params};
}

void pg_unit_clear(struct pg_unit *unit)
{
	unsigned i;

	for (i = 0; i < unit->count; i++) {
		fake_answer_unref(unit->queries[i].result);
		unit->queries[i].result = NULL;
	}
	unit->count = 0;
}

int pg_lane_open(struct pg_lane **ret_lane, struct loop *loop,
	const struct pg_lane_options *options)
{
	struct pg_lane *lane = fake_zalloc(sizeof(*lane));

	(void)loop;
	fake_start();
	(void)snprintf(lane->name, sizeof(lane->name), "%s", options->name);
	list_init(&lane->pending);
	list_append(&fake.lanes, &lane->link);
	*ret_lane = lane;
	return 0;
}

void pg_lane_close(struct pg_lane *lane, void (*closed)(void *arg), void *arg)
{
	ensure(!lane->is_closing);
	lane->is_closing = true;
	lane->closed = closed;
	lane->closed_arg = arg;
	fake_kick();
}

void pg_submit(struct pg_lane *lane, struct pg_unit *unit)
{
	unsigned i;

	ensure(unit->count > 0 && list_is_empty(&unit->link));
	for (i = 0; i < unit->count; i++)
		ensure(unit->queries[i].result == NULL);
	unit->status = 0;
	unit->sqlstate[0] = '\0';
	unit->order = fake.order++;
	fake_record(lane->name, unit);
	list_append(&lane->pending, &unit->link);
	fake_kick();
}

bool pg_lane_is_up(const struct pg_lane *lane)
{
	(void)lane;
	return !fake.is_down;
}

size_t pg_lane_waiting(const struct pg_lane *lane)
{
	const struct list *link;
	size_t count = 0;

	for (link = lane->pending.next; link != &lane->pending; link = link->next)
		count++;
	return count;
}

const struct pg_lane_metrics *pg_lane_metrics(const struct pg_lane *lane)
{
	return &lane->metrics;
}

/* Db/pg_value.h: what the real one reads from a PGresult. */

static const struct fake_answer *fake_result(const struct pg_unit *u, unsigned query)
{
	ensure(query < u->count && u->queries[query].result != NULL);
	return u->queries[query].result;
}

static const struct fake_cell *fake_cell_at(const struct pg_unit *u, unsigned query, int row,
	int column)
{
	const struct fake_answer *a = fake_result(u, query);

	ensure(row >= 0 && (unsigned)row < a->rows && column >= 0 && (unsigned)column < a->columns);
	return &a->cells[(unsigned)row * a->columns + (unsigned)column];
}

int pg_rows(const struct pg_unit *u, unsigned query)
{
	return (int)fake_result(u, query)->rows;
}

int64_t pg_affected(const struct pg_unit *u, unsigned query)
{
	return fake_result(u, query)->affected;
}

bool pg_is_null(const struct pg_unit *u, unsigned query, int row, int column)
{
	return fake_cell_at(u, query, row, column)->kind == FAKE_KIND_NULL;
}

static int64_t fake_column(const struct pg_unit *u, unsigned query, int row, int column,
	enum fake_kind kind)
{
	const struct fake_cell *cell = fake_cell_at(u, query, row, column);

	ensure(cell->kind == kind);
	return cell->number;
}

int16_t pg_i16(const struct pg_unit *u, unsigned query, int row, int column)
{
	return (int16_t)fake_column(u, query, row, column, FAKE_KIND_I16);
}

int32_t pg_i32(const struct pg_unit *u, unsigned query, int row, int column)
{
	return (int32_t)fake_column(u, query, row, column, FAKE_KIND_I32);
}

int64_t pg_i64(const struct pg_unit *u, unsigned query, int row, int column)
{
	const struct fake_cell *cell = fake_cell_at(u, query, row, column);

	if (cell->kind == FAKE_KIND_TIME) /* pg_time() asks so */
		return (cell->number - fake_epoch_ms) * 1000;
	return fake_column(u, query, row, column, FAKE_KIND_I64);
}

bool pg_bool(const struct pg_unit *u, unsigned query, int row, int column)
{
	return fake_column(u, query, row, column, FAKE_KIND_BOOL) != 0;
}

struct slice pg_bytes(const struct pg_unit *u, unsigned query, int row, int column)
{
	const struct fake_cell *cell = fake_cell_at(u, query, row, column);

	ensure(cell->kind == FAKE_KIND_BYTES || cell->kind == FAKE_KIND_TEXT);
	return cell->bytes;
}

const char *pg_text(const struct pg_unit *u, unsigned query, int row, int column)
{
	const struct fake_cell *cell = fake_cell_at(u, query, row, column);

	ensure(cell->kind == FAKE_KIND_TEXT);
	return (const char *)cell->bytes.data;
}

/* Db/pg_listen.h. */

int pg_listen_open(struct pg_listen **ret, struct loop *loop, const char *conninfo,
	const char *channel, void (*notified)(void *arg), void *arg)
{
	struct pg_listen *l = fake_zalloc(sizeof(*l));

	(void)loop;
	(void)conninfo;
	fake_start();
	(void)snprintf(l->channel, sizeof(l->channel), "%s", channel);
	l->notified = notified;
	l->arg = arg;
	list_append(&fake.listens, &l->link);
	*ret = l;
	return 0;
}

void pg_listen_close(struct pg_listen *l)
{
	if (l == NULL)
		return;
	list_remove(&l->link);
	free(l);
}

bool pg_listen_is_up(const struct pg_listen *l)
{
	(void)l;
	return !fake.is_down;
}

void fake_pg_notify(const char *channel)
{
	struct list *link, *after;

	fake_start();
	for (link = fake.listens.next; link != &fake.listens; link = after) {
		struct pg_listen *l = container_of(link, struct pg_listen, link);

		after = link->next;
		if (strcmp(l->channel, channel) == 0)
			l->notified(l->arg);
	}
}
