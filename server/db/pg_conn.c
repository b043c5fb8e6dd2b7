#include "db/pg_conn.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "db/pg_lane.h"

static const char *const pg_conn_frame[] = {
	PG_STATEMENT_BEGIN,
	PG_STATEMENT_COMMIT,
	PG_STATEMENT_ROLLBACK,
};

static void pg_conn_set_state(struct pg_conn *c, enum pg_conn_state state)
{
	bool was_up = c->state >= PG_CONN_IDLE, is_up = state >= PG_CONN_IDLE;

	c->state = state;
	if (was_up != is_up) {
		c->lane->up += is_up ? 1 : -1u;
		ensure(c->lane->up <= c->lane->options.connections);
		metric_set(&c->lane->metrics.connections_up, c->lane->up);
	}
}

/* The connection is of no more use: settle what was on it, connect again. */
static void pg_conn_lost(struct pg_conn *c, const char *reason)
{
	char by_libpq[PG_LINK_REASON_MAX];

	ensure(c->state != PG_CONN_DOWN);
	if (reason == NULL) {
		pg_link_reason(&c->link, by_libpq);
		reason = by_libpq;
	}
	if (c->state >= PG_CONN_IDLE)
		metric_add(&c->lane->metrics.lost, 1);
	if (pg_conn_is_busy(c))
		pg_settle(c->lane, &c->batch);
	pg_conn_set_state(c, PG_CONN_DOWN);
	pg_link_drop(&c->link, reason);
	pg_lane_kick(c->lane);
}

static int pg_conn_prepare(struct pg_conn *c)
{
	const struct pg_lane_options *options = &c->lane->options;
	PGconn *pg = c->link.pg;
	size_t i;

	if (PQenterPipelineMode(pg) != 1)
		return ERR_DB_AWAY;
	for (i = 0; options->guards != NULL && options->guards[i] != NULL; i++)
		if (PQsendQueryParams(pg, options->guards[i], 0, NULL, NULL, NULL, NULL, 0) != 1)
			return ERR_DB_AWAY;
	for (i = 0; i < ARRAY_LEN(pg_conn_frame); i++)
		if (PQsendPrepare(pg, pg_conn_frame[i], pg_conn_frame[i], 0, NULL) != 1)
			return ERR_DB_AWAY;
	for (i = 0; options->statements[i] != NULL; i++)
		if (PQsendPrepare(pg, options->statements[i]->name, options->statements[i]->sql, 0,
			    NULL) != 1)
			return ERR_DB_AWAY;
	if (PQpipelineSync(pg) != 1)
		return ERR_DB_AWAY;
	return pg_link_flush(&c->link) < 0 ? ERR_DB_AWAY : 0;
}

static void pg_conn_on_up(struct pg_link *link)
{
	struct pg_conn *c = container_of(link, struct pg_conn, link);

	ensure(c->state == PG_CONN_DOWN);
	pg_conn_set_state(c, PG_CONN_PREPARING);
	c->answers = 0;
	c->is_answered = false;
	c->is_refused = false;
	pg_link_limit(link, PG_PREPARE_MS_MAX);
	if (pg_conn_prepare(c) != 0)
		pg_conn_lost(c, NULL);
}

/* What the answer that comes next was asked for. */
static const char *pg_conn_asked(const struct pg_conn *c, bool *ret_is_guard)
{
	const struct pg_lane_options *options = &c->lane->options;
	size_t i = c->answers, guards = 0;

	while (options->guards != NULL && options->guards[guards] != NULL)
		guards++;
	*ret_is_guard = i < guards;
	if (i < guards)
		return options->guards[i];
	i -= guards;
	if (i < ARRAY_LEN(pg_conn_frame))
		return pg_conn_frame[i];
	return options->statements[i - ARRAY_LEN(pg_conn_frame)]->name;
}

static void pg_conn_judge(struct pg_conn *c, const PGresult *result)
{
	bool is_guard;
	const char *asked = pg_conn_asked(c, &is_guard);
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_PIPELINE_ABORTED)
		return; /* the error before it is in the log */
	if (status == PGRES_FATAL_ERROR) {
		log_error("connection \"%s\" is refused: \"%s\" failed: %s", c->name, asked,
			PQresultErrorMessage(result));
		c->is_refused = true;
	} else if (is_guard && (status != PGRES_TUPLES_OK || PQntuples(result) != 1 ||
				       PQnfields(result) != 1 ||
				       strcmp(PQgetvalue(result, 0, 0), "t") != 0)) {
		log_error("connection \"%s\" is refused: \"%s\" is not true", c->name, asked);
		c->is_refused = true;
	}
}

/* Answers of PREPARING and ROLLING_BACK.  Returns 1 when the Sync was answered, else 0. */
static int pg_conn_receive(struct pg_conn *c)
{
	PGconn *pg = c->link.pg;
	PGresult *result;

	while (!PQisBusy(pg)) {
		result = PQgetResult(pg);
		if (result == NULL && !c->is_answered)
			return PQstatus(pg) == CONNECTION_BAD ? ERR_DB_AWAY : 0;
		if (result == NULL) {
			c->is_answered = false;
			c->answers++;
			continue;
		}
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			return 1;
		}
		c->is_answered = true;
		if (c->state == PG_CONN_PREPARING && PQstatus(pg) != CONNECTION_BAD)
			pg_conn_judge(c, result);
		PQclear(result);
	}
	return 0;
}

static void pg_conn_idle(struct pg_conn *c)
{
	pg_conn_set_state(c, PG_CONN_IDLE);
	pg_link_limit(&c->link, 0);
	pg_lane_kick(c->lane);
}

static void pg_conn_prepared(struct pg_conn *c)
{
	if (c->is_refused) {
		pg_conn_lost(c, "a guard or a statement failed");
		return;
	}
	pg_link_settled(&c->link);
	log_info("connection \"%s\" to the database is up", c->name);
	pg_conn_idle(c);
}

static void pg_conn_roll_back(struct pg_conn *c)
{
	PGconn *pg = c->link.pg;

	pg_conn_set_state(c, PG_CONN_ROLLING_BACK);
	c->answers = 0;
	c->is_answered = false;
	pg_link_limit(&c->link, c->lane->options.batch_timeout_ms);
	if (PQsendQueryPrepared(pg, PG_STATEMENT_ROLLBACK, 0, NULL, NULL, NULL, 0) != 1 ||
		PQpipelineSync(pg) != 1 || pg_link_flush(&c->link) < 0)
		pg_conn_lost(c, NULL);
}

/* The Sync of ROLLBACK was answered, or that of a batch: may the session be used again? */
static void pg_conn_go_on(struct pg_conn *c)
{
	if (PQtransactionStatus(c->link.pg) == PQTRANS_IDLE)
		pg_conn_idle(c);
	else if (c->state == PG_CONN_ROLLING_BACK)
		pg_conn_lost(c, "could not roll back");
	else
		pg_conn_roll_back(c);
}

static void pg_conn_batch_over(struct pg_conn *c)
{
	struct pg_batch *b = &c->batch;
	enum pg_fault fault = b->is_failed ? pg_error_fault(b->sqlstate) : PG_FAULT_OWN;

	metric_observe(&c->lane->metrics.batch_us, &metric_time,
		(uint64_t)(clock_mono_us() - b->sent_us));
	pg_settle(c->lane, b);
	pg_conn_set_state(c, PG_CONN_IDLE); /* what was on it is settled, whatever comes now */
	if (b->is_doubtful)
		pg_conn_lost(c, "waiting for synchronous replication was cancelled");
	else if (fault == PG_FAULT_STALE_PLAN)
		pg_conn_lost(c, "a prepared statement is outdated");
	else if (fault == PG_FAULT_AWAY)
		pg_conn_lost(c, "the server does not take writes any more");
	else
		pg_conn_go_on(c);
}

static void pg_conn_on_input(struct pg_link *link, bool alive)
{
	struct pg_conn *c = container_of(link, struct pg_conn, link);
	int r = 0;

	switch (c->state) {
	case PG_CONN_PREPARING:
		r = pg_conn_receive(c);
		if (r == 1)
			pg_conn_prepared(c);
		break;
	case PG_CONN_IDLE:
		(void)PQisBusy(link->pg); /* reads notices; nothing else can have come */
		break;
	case PG_CONN_SENDING:
	case PG_CONN_WAITING:
		r = pg_batch_receive(&c->batch, link->pg);
		if (r == 0 && pg_batch_is_over(&c->batch))
			pg_conn_batch_over(c);
		break;
	case PG_CONN_ROLLING_BACK:
		r = pg_conn_receive(c);
		if (r == 1)
			pg_conn_go_on(c);
		break;
	case PG_CONN_DOWN:
	default:
		ensure_never("input of a connection that is down");
	}
	if ((r < 0 || !alive) && c->state != PG_CONN_DOWN)
		pg_conn_lost(c, NULL);
}

/* Give what is queued to the kernel; when a held batch is gone, let its COMMIT follow. */
static int pg_conn_push(struct pg_conn *c)
{
	int r = pg_link_flush(&c->link);

	if (r == 0 && c->state == PG_CONN_SENDING) {
		r = pg_batch_send_end(&c->batch, c->link.pg);
		if (r != 0)
			return r;
		pg_conn_set_state(c, PG_CONN_WAITING);
		r = pg_link_flush(&c->link);
	}
	return r < 0 ? r : 0;
}

static void pg_conn_on_flushed(struct pg_link *link)
{
	struct pg_conn *c = container_of(link, struct pg_conn, link);

	if (pg_conn_push(c) != 0)
		pg_conn_lost(c, NULL);
}

static void pg_conn_on_late(struct pg_link *link)
{
	pg_conn_lost(container_of(link, struct pg_conn, link), "no answer in time");
}

static void pg_conn_on_notice(struct pg_link *link, const PGresult *notice)
{
	struct pg_conn *c = container_of(link, struct pg_conn, link);

	if (pg_conn_is_busy(c))
		pg_batch_notice(&c->batch, notice);
}

static const struct pg_link_user pg_conn_user = {
	.up = pg_conn_on_up,
	.input = pg_conn_on_input,
	.flushed = pg_conn_on_flushed,
	.late = pg_conn_on_late,
	.notice = pg_conn_on_notice,
};

int pg_conn_open(struct pg_conn *c, struct pg_lane *lane, unsigned index)
{
	memset(c, 0, sizeof(*c));
	c->lane = lane;
	c->state = PG_CONN_DOWN;
	(void)snprintf(c->name, sizeof(c->name), "%s %u", lane->name, index + 1); /* may be cut */
	return pg_link_open(&c->link, lane->loop, c->name, &lane->login, &pg_conn_user);
}

void pg_conn_close(struct pg_conn *c)
{
	if (pg_conn_is_busy(c))
		pg_settle(c->lane, &c->batch);
	pg_conn_set_state(c, PG_CONN_DOWN);
	pg_link_close(&c->link);
}

void pg_conn_send(struct pg_conn *c)
{
	struct pg_lane_metrics *metrics = &c->lane->metrics;
	int r;

	ensure(c->state == PG_CONN_IDLE && c->batch.count > 0);
	metric_add(&metrics->batches, 1);
	metric_add(&metrics->units, c->batch.count);
	metric_observe(&metrics->batch_units, &metric_size, c->batch.count);
	pg_link_limit(&c->link, c->lane->options.batch_timeout_ms);
	pg_conn_set_state(c, PG_CONN_WAITING);
	r = pg_batch_send(&c->batch, c->link.pg);
	if (r == 0 && pg_batch_is_held(&c->batch))
		pg_conn_set_state(c, PG_CONN_SENDING);
	if (r == 0)
		r = pg_conn_push(c);
	if (r != 0)
		pg_conn_lost(c, NULL);
}
