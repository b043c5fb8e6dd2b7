/* Who runs again, with whom, and how often.
 *
 * A batch that is undone had at most one culprit: the unit whose statement PostgreSQL refused.  It
 * goes back alone, to get its own answer.  The others go back together, in front of everybody, for
 * most often that was all; but each time a unit is spoilt it travels in half the company, so that
 * bad units need not be many to be found, and the work a flood of them makes is bounded: after
 * seven times a unit is alone.  The same halving finds who broke a deferred constraint, where the
 * error comes at COMMIT and nobody can be blamed, and, in larger steps, who takes the connection
 * with it.
 *
 * A unit that was alone gets its answer, unless it may pass later: a conflict rests a moment, drawn
 * by lot; an outdated plan or a lost connection needs another connection.  PG_UNIT_TRIES ends that.
 *
 * In a read lane the units before the culprit have been read whole; they are done.
 */
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "db/pg_error.h"
#include "db/pg_lane.h"
#include "proto/limits.h"

enum {
	PG_REST_MS = 20,          /* after the first conflict at most; grows with each */
	PG_SETTLE_LOST_SHARE = 8, /* of its company a unit keeps one part when a connection is lost */
};

static_assert(PG_BATCH_UNITS < 8 * 8 * 8 && PG_SETTLE_LOST_SHARE == 8 && PG_UNIT_TRIES > 3,
	"whose neighbour takes the connection with it is rid of it before it is given up");

static const char sqlstate_connection_failure[] = "08006";
static const char sqlstate_in_failed_transaction[] = "25P02"; /* COMMIT was answered ROLLBACK */

static void pg_settle_forget(struct pg_unit *unit)
{
	unsigned i;

	for (i = 0; i < unit->count; i++) {
		PQclear(unit->queries[i].result);
		unit->queries[i].result = NULL;
	}
}

static void pg_settle_all(struct pg_lane *lane, const struct pg_batch *b, unsigned from,
	unsigned to, int status)
{
	unsigned i;

	for (i = from; i < to; i++) {
		if (status != 0)
			pg_settle_forget(b->units[i]);
		pg_lane_finish(lane, b->units[i], status);
	}
}

static void pg_settle_log(const struct pg_batch *b, const struct pg_unit *unit, int status)
{
	const char *statement = "COMMIT";

	if (status != ERR_DB_REFUSED && status != ERR_DB_CHECK)
		return;
	if (b->is_failed && b->culprit_query < unit->count && b->culprit < b->count &&
		b->units[b->culprit] == unit)
		statement = unit->queries[b->culprit_query].statement->name;
	/* Not the message: it may quote a value. */
	log_error("the database refused \"%s\": SQLSTATE %s, constraint \"%s\"", statement,
		unit->sqlstate, b->constraint);
}

/* Nobody else was in it, so what happened is the unit's own fate. */
static void pg_settle_alone(struct pg_lane *lane, const struct pg_batch *b, struct pg_unit *unit,
	const char *sqlstate)
{
	enum pg_fault fault = pg_error_fault(sqlstate);
	int status = pg_error_status(sqlstate);

	pg_settle_forget(unit);
	memcpy(unit->sqlstate, sqlstate, sizeof(unit->sqlstate));
	unit->status = status; /* the answer if its deadline comes before another try */
	unit->company = 1;
	unit->tries++;
	if (fault == PG_FAULT_OWN || unit->tries >= PG_UNIT_TRIES) {
		pg_settle_log(b, unit, status);
		pg_lane_finish(lane, unit, status);
	} else if (fault == PG_FAULT_CONFLICT) {
		pg_lane_rest(lane, unit, 1 + arc4random_uniform(PG_REST_MS * unit->tries));
	} else {
		pg_lane_requeue(lane, unit);
	}
}

/* Returns whether it runs again. */
static bool pg_settle_neighbour(struct pg_lane *lane, struct pg_unit *unit, bool is_blamed,
	enum pg_fault fault)
{
	pg_settle_forget(unit);
	if (fault == PG_FAULT_AWAY) {
		unit->status = ERR_DB_AWAY;
		if (++unit->tries >= PG_UNIT_TRIES) {
			pg_lane_finish(lane, unit, ERR_DB_AWAY);
			return false;
		}
		unit->company /= PG_SETTLE_LOST_SHARE;
	} else {
		unit->company = is_blamed ? 1 : unit->company / 2;
	}
	if (unit->company == 0)
		unit->company = 1;
	return true;
}

static void pg_settle_together(struct pg_lane *lane, const struct pg_batch *b, unsigned from,
	const char *sqlstate)
{
	enum pg_fault fault = pg_error_fault(sqlstate);
	struct pg_unit *again[PG_BATCH_UNITS];
	unsigned i, count = 0;

	if (fault != PG_FAULT_AWAY)
		metric_add(&lane->metrics.reruns, 1);
	for (i = from; i < b->count; i++)
		if (pg_settle_neighbour(lane, b->units[i], b->is_failed && i == b->culprit, fault))
			again[count++] = b->units[i];
	/* Each is put in front of those before: last the ones that go together, in their order. */
	for (i = count; i-- > 0;)
		if (again[i]->company == 1)
			pg_lane_requeue(lane, again[i]);
	for (i = count; i-- > 0;)
		if (again[i]->company > 1)
			pg_lane_requeue(lane, again[i]);
}

static void pg_settle_undone(struct pg_lane *lane, const struct pg_batch *b)
{
	const char *sqlstate = sqlstate_connection_failure;
	unsigned from = 0;

	if (b->is_failed)
		sqlstate = b->sqlstate;
	else if (pg_batch_is_over(b))
		sqlstate = sqlstate_in_failed_transaction;
	if (!b->is_write)
		from = b->is_failed ? b->culprit : b->unit;
	pg_settle_all(lane, b, 0, from, 0);
	if (b->count - from == 1)
		pg_settle_alone(lane, b, b->units[from], sqlstate);
	else if (b->count > from)
		pg_settle_together(lane, b, from, sqlstate);
}

void pg_settle(struct pg_lane *lane, const struct pg_batch *b)
{
	switch (pg_batch_verdict(b)) {
	case PG_VERDICT_DONE:
		pg_settle_all(lane, b, 0, b->count, 0);
		break;
	case PG_VERDICT_UNKNOWN:
		metric_add(&lane->metrics.unknown, b->count);
		pg_settle_all(lane, b, 0, b->count, ERR_OUTCOME_UNKNOWN);
		break;
	case PG_VERDICT_UNDONE:
		pg_settle_undone(lane, b);
		break;
	default:
		ensure_never("a verdict that is none");
	}
}
