/* When is a commit a commit?
 *
 * A batch of a write lane travels as
 *
 *     BEGIN   unit unit unit ...   COMMIT   Sync
 *
 * and its answers come back in the same order.  None of them means what it says before the last:
 *
 *   an INSERT answered "INSERT 0 1"   may be rolled back by a statement behind it
 *   COMMIT answered without error     may carry the tag ROLLBACK: the transaction had failed
 *   COMMIT with the tag COMMIT        may not be on the standby: when the wait for it was
 *                                     cancelled, the only sign is a WARNING before the answer
 *   no answer at all                  says nothing, once COMMIT has left our hands
 *
 * So a unit is done when the tag is COMMIT, no warning came, and the Sync was answered.  It is
 * undone when PostgreSQL itself refused a statement before COMMIT (then the rest up to the Sync is
 * skipped), refused COMMIT with an ordinary error, or never got the COMMIT.  Everything else is
 * unknown.
 *
 * "Refused by PostgreSQL itself" is told by the SQLSTATE.  When a connection dies, libpq makes up
 * an error result for the statement it waits for; that has none, and proves nothing.  An error that
 * ends the session (57P01 and its like) in the place of COMMIT's answer proves nothing either.
 *
 * "Never got the COMMIT" can only be told as long as it was not handed to libpq, which sends when
 * it likes.  A small batch goes out in one piece and takes that risk for a few microseconds.  A
 * large one does not fit the socket's buffer and may hang for long, so its COMMIT is held back
 * until everything before it is in the kernel; if the connection dies until then, its units may
 * safely run again.
 *
 * Matching answers: each statement gives one result and then NULL; the Sync gives one result and no
 * NULL.  `slot`, `unit` and `query` say whose answer comes next.  After an error libpq gives a
 * result PGRES_PIPELINE_ABORTED for each statement up to the Sync, so the count stays right.
 */
#include "db/pg_batch.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"

void pg_batch_init(struct pg_batch *b, bool is_write)
{
	memset(b, 0, sizeof(*b));
	b->is_write = is_write;
	b->slot = is_write ? PG_SLOT_BEGIN : PG_SLOT_QUERY;
}

void pg_batch_add(struct pg_batch *b, struct pg_unit *unit)
{
	ensure(b->count < PG_BATCH_UNITS && unit->count > 0);
	b->units[b->count++] = unit;
	b->bytes += unit->bytes;
}

static int pg_batch_send_query(const struct pg_query *q, PGconn *pg)
{
	const char *values[PG_PARAMS_MAX];
	int lens[PG_PARAMS_MAX], formats[PG_PARAMS_MAX];
	int i, count = q->statement->params;

	ensure(count <= PG_PARAMS_MAX);
	for (i = 0; i < count; i++) {
		const struct pg_param *p = &q->params[i];

		/* To libpq a null pointer is an SQL NULL, so an empty value needs another one. */
		values[i] = p->is_null ? NULL : p->value.len == 0 ? "" : (const char *)p->value.data;
		lens[i] = (int)p->value.len;
		formats[i] = 1;
	}
	return PQsendQueryPrepared(pg, q->statement->name, count, values, lens, formats, 1) == 1
		? 0
		: ERR_DB_AWAY;
}

static int pg_batch_send_bare(const char *statement, PGconn *pg)
{
	return PQsendQueryPrepared(pg, statement, 0, NULL, NULL, NULL, 1) == 1 ? 0 : ERR_DB_AWAY;
}

int pg_batch_send_end(struct pg_batch *b, PGconn *pg)
{
	if (b->is_write) {
		ensure(!b->is_commit_sent);
		/* Before the call: whatever it returns, some of it may have gone. */
		b->is_commit_sent = true;
		if (pg_batch_send_bare(PG_STATEMENT_COMMIT, pg) != 0)
			return ERR_DB_AWAY;
	}
	return PQpipelineSync(pg) == 1 ? 0 : ERR_DB_AWAY;
}

bool pg_batch_is_held(const struct pg_batch *b)
{
	return b->is_write && !b->is_commit_sent;
}

int pg_batch_send(struct pg_batch *b, PGconn *pg)
{
	unsigned i, j;

	ensure(b->count > 0);
	b->sent_us = clock_mono_us();
	if (b->is_write && pg_batch_send_bare(PG_STATEMENT_BEGIN, pg) != 0)
		return ERR_DB_AWAY;
	for (i = 0; i < b->count; i++)
		for (j = 0; j < b->units[i]->count; j++)
			if (pg_batch_send_query(&b->units[i]->queries[j], pg) != 0)
				return ERR_DB_AWAY;
	if (b->is_write && b->bytes > PG_COMMIT_HOLD_BYTES)
		return 0;
	return pg_batch_send_end(b, pg);
}

static void pg_batch_refused(struct pg_batch *b, const PGresult *result, const char *sqlstate)
{
	const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);

	if (b->is_failed)
		return; /* the first error tells; there is none behind it, but for the session's end */
	b->is_failed = true;
	b->culprit = b->slot == PG_SLOT_QUERY ? b->unit : b->count;
	b->culprit_query = b->query;
	if (b->slot == PG_SLOT_COMMIT && b->count == 1)
		b->culprit = 0; /* a deferred constraint, and nobody else can have broken it */
	(void)snprintf(b->sqlstate, sizeof(b->sqlstate), "%s", sqlstate);
	/* A longer name cannot be: PostgreSQL cuts there, too. */
	(void)snprintf(b->constraint, sizeof(b->constraint), "%s",
		constraint != NULL ? constraint : "");
}

/* An error result.  Its owner frees it. */
static int pg_batch_take_error(struct pg_batch *b, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (sqlstate == NULL)
		return ERR_DB_AWAY;
	if (b->slot == PG_SLOT_SYNC)
		return ERR_DB_AWAY;
	if (b->slot == PG_SLOT_COMMIT && pg_error_fault(sqlstate) == PG_FAULT_AWAY)
		return ERR_DB_AWAY;
	pg_batch_refused(b, result, sqlstate);
	b->is_answered = true;
	return 0;
}

static void pg_batch_take_answer(struct pg_batch *b, PGresult *result)
{
	struct pg_query *q;

	b->is_answered = true;
	if (b->slot == PG_SLOT_QUERY) {
		q = &b->units[b->unit]->queries[b->query];
		PQclear(q->result); /* more than one result per statement is not ours to see */
		q->result = result;
		return;
	}
	if (b->slot == PG_SLOT_COMMIT)
		b->is_committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
	PQclear(result);
}

static int pg_batch_take(struct pg_batch *b, PGresult *result)
{
	int r = 0;

	switch (PQresultStatus(result)) {
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
	case PGRES_EMPTY_QUERY:
		if (b->slot == PG_SLOT_SYNC)
			break;
		pg_batch_take_answer(b, result);
		return 0;
	case PGRES_PIPELINE_SYNC:
		if (b->slot != PG_SLOT_SYNC)
			break;
		b->slot = PG_SLOT_END;
		PQclear(result);
		return 0;
	case PGRES_PIPELINE_ABORTED:
		if (!b->is_failed)
			break;
		b->is_answered = true;
		PQclear(result);
		return 0;
	case PGRES_FATAL_ERROR:
		r = pg_batch_take_error(b, result);
		PQclear(result);
		return r;
	case PGRES_COPY_OUT:
	case PGRES_COPY_IN:
	case PGRES_COPY_BOTH:
	case PGRES_BAD_RESPONSE:
	case PGRES_NONFATAL_ERROR:
	case PGRES_SINGLE_TUPLE:
	default:
		break;
	}
	/* An answer out of its place: nothing that follows could be matched. */
	PQclear(result);
	return ERR_DB_AWAY;
}

/* The NULL behind a statement's result: on to the next statement. */
static void pg_batch_advance(struct pg_batch *b)
{
	b->is_answered = false;
	switch (b->slot) {
	case PG_SLOT_BEGIN:
		b->slot = PG_SLOT_QUERY;
		break;
	case PG_SLOT_QUERY:
		if (++b->query < b->units[b->unit]->count)
			break;
		b->query = 0;
		/* After a failure the units behind it are skipped over, but were not read. */
		if (++b->unit == b->count)
			b->slot = b->is_write ? PG_SLOT_COMMIT : PG_SLOT_SYNC;
		break;
	case PG_SLOT_COMMIT:
		b->slot = PG_SLOT_SYNC;
		break;
	case PG_SLOT_SYNC:
	case PG_SLOT_END:
	default:
		ensure_never("an answer behind the Sync");
	}
}

int pg_batch_receive(struct pg_batch *b, PGconn *pg)
{
	PGresult *result;
	int r;

	while (!pg_batch_is_over(b) && !PQisBusy(pg)) {
		result = PQgetResult(pg);
		if (result == NULL && !b->is_answered)
			return PQstatus(pg) == CONNECTION_BAD ? ERR_DB_AWAY : 0;
		if (result == NULL) {
			pg_batch_advance(b);
			continue;
		}
		r = pg_batch_take(b, result);
		if (r != 0)
			return r;
	}
	return 0;
}

void pg_batch_notice(struct pg_batch *b, const PGresult *notice)
{
	const char *sqlstate = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
	const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (sqlstate == NULL || severity == NULL || strcmp(severity, "WARNING") != 0)
		return;
	/* Not by its text, which is translated: 01000 when the wait was cancelled, 57P01 when the
	 * session is ended in it.  Our statements raise no warnings, so a false alarm is no loss. */
	if (strcmp(sqlstate, "01000") == 0 || pg_error_fault(sqlstate) == PG_FAULT_AWAY)
		b->is_doubtful = true;
}

enum pg_verdict pg_batch_verdict(const struct pg_batch *b)
{
	bool is_synced = b->slot == PG_SLOT_END;

	if (!b->is_write)
		return is_synced && !b->is_failed ? PG_VERDICT_DONE : PG_VERDICT_UNDONE;
	if (b->is_failed || !b->is_commit_sent)
		return PG_VERDICT_UNDONE;
	if (!is_synced || b->is_doubtful)
		return PG_VERDICT_UNKNOWN;
	return b->is_committed ? PG_VERDICT_DONE : PG_VERDICT_UNDONE;
}
