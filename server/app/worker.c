#include "app/worker.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "service/feed_hub.h"
#include "service/lateness.h"
#include "session/receipt_desk.h"
#include "session/session.h"
#include "store/statements.h"

enum {
	WORKER_DRAIN_TICK_MS = 10,
	WORKER_STATEMENT_MS = 5 * 1000,
	WORKER_BATCH_MS = 15 * 1000,
	WORKER_SLOW_STATEMENT_MS = 30 * 1000,
	WORKER_SLOW_BATCH_MS = 45 * 1000,
};

const char *const worker_lane_names[WORKER_LANES] = {
	[WORKER_LANE_READ] = "read",
	[WORKER_LANE_WRITE] = "write",
	[WORKER_LANE_SLOW] = "slow",
};

struct worker {
	unsigned index;
	struct gate *gate;
	struct loop *loop;
	struct pg_lane *lanes[WORKER_LANES];
	unsigned lanes_open;
	struct workshop shop;
	struct lateness lateness;
	struct feed_hub *feed;
	struct receipt_desk *desk;
	struct reception *reception;
	struct conn_set conns;
	pthread_t thread;
	struct loop_timer drain_timer;
	struct loop_message drain_message, stop_message;
	int64_t drain_ms, drain_until_ms;
	sem_t drained;
	bool unfinished;
};

/* ---- messages from other threads ----------------------------------------------------------- */

struct worker_arrival {
	struct loop_message message;
	struct worker *worker;
	int fd;
	struct gate_pass pass;
};

static void worker_on_arrival(struct loop_message *message)
{
	struct worker_arrival *a = container_of(message, struct worker_arrival, message);
	int r = conn_open(&a->worker->conns, a->fd, &a->pass);

	if (r < 0)
		log_debug("a connection was not taken: %s", err_text(r));
	free(a);
}

void worker_take_connection(struct worker *w, int fd, const struct gate_pass *pass)
{
	struct worker_arrival *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		log_warn("could not take a connection: out of memory");
		(void)close(fd); /* nothing was said on it yet */
		gate_leave(w->gate, pass);
		return;
	}
	*a = (struct worker_arrival){{.receive = worker_on_arrival}, w, fd, *pass};
	loop_post(w->loop, &a->message);
}

struct worker_news {
	struct loop_message message;
	struct worker *worker;
	struct registry *registry;
};

static void worker_on_registry(struct loop_message *message)
{
	struct worker_news *n = container_of(message, struct worker_news, message);

	reception_set_registry(n->worker->reception, n->registry);
	free(n);
}

/* A worker that missed a registry would go on with revoked certificates; so a few bytes that cannot
 * be had end the process. */
void worker_take_registry(struct worker *w, struct registry *registry)
{
	struct worker_news *n = calloc(1, sizeof(*n));

	ensure(n != NULL);
	*n = (struct worker_news){{.receive = worker_on_registry}, w, registry};
	loop_post(w->loop, &n->message);
}

/* ---- the end ------------------------------------------------------------------------------- */

static void worker_on_drain_tick(struct loop_timer *timer)
{
	struct worker *w = container_of(timer, struct worker, drain_timer);
	bool idle = reception_is_idle(w->reception);

	if (!idle && clock_mono_ms() < w->drain_until_ms) {
		loop_timer_set(&w->drain_timer, WORKER_DRAIN_TICK_MS);
		return;
	}
	if (!idle)
		log_warn("worker %u has %llu calls that did not finish in time", w->index,
			(unsigned long long)metric_value(&w->reception->metrics.calls));
	w->unfinished = !idle;
	sem_post(&w->drained);
}

static void worker_on_drain(struct loop_message *message)
{
	struct worker *w = container_of(message, struct worker, drain_message);

	reception_drain(w->reception);
	w->drain_until_ms = clock_mono_ms() + w->drain_ms;
	loop_timer_set(&w->drain_timer, 0);
}

void worker_drain(struct worker *w, int64_t drain_ms)
{
	w->drain_ms = drain_ms;
	w->drain_message.receive = worker_on_drain;
	loop_post(w->loop, &w->drain_message);
}

bool worker_drained(struct worker *w)
{
	while (sem_wait(&w->drained) < 0)
		; /* a signal */
	return !w->unfinished;
}

static void worker_on_conns_closed(void *arg)
{
	struct worker *w = arg;

	loop_stop(w->loop);
}

static void worker_on_lane_closed(void *arg)
{
	struct worker *w = arg;

	ensure(w->lanes_open > 0);
	if (--w->lanes_open == 0)
		conn_set_close(&w->conns, worker_on_conns_closed, w);
}

static void worker_on_stop(struct loop_message *message)
{
	struct worker *w = container_of(message, struct worker, stop_message);

	ensure(reception_is_idle(w->reception));
	reception_drain(w->reception);
	feed_hub_close(w->feed);
	for (unsigned i = 0; i < WORKER_LANES; i++)
		pg_lane_close(w->lanes[i], worker_on_lane_closed, w);
}

/* What was made of a worker whose thread does not run. */
static void worker_free(struct worker *w)
{
	reception_free(w->reception);
	receipt_desk_free(w->desk);
	feed_hub_free(w->feed);
	loop_timer_close(&w->drain_timer);
	loop_free(w->loop);
	sem_destroy(&w->drained);
	free(w);
}

void worker_stop(struct worker *w)
{
	w->stop_message.receive = worker_on_stop;
	loop_post(w->loop, &w->stop_message);
	ensure(pthread_join(w->thread, NULL) == 0);
	worker_free(w);
}

/* ---- the beginning ------------------------------------------------------------------------- */

static void *worker_run(void *arg)
{
	struct worker *w = arg;

	loop_run(w->loop);
	return NULL;
}

static int worker_open_lanes(struct worker *w, const struct settings *s)
{
	struct pg_lane_options options[WORKER_LANES] = {
		[WORKER_LANE_READ] = {.kind = PG_LANE_READ,
			.connections = (unsigned)s->db_read_connections},
		[WORKER_LANE_WRITE] = {.kind = PG_LANE_WRITE,
			.connections = (unsigned)s->db_write_connections},
		[WORKER_LANE_SLOW] = {.kind = PG_LANE_READ, .connections = 1},
	};

	for (unsigned i = 0; i < WORKER_LANES; i++) {
		bool slow = i == WORKER_LANE_SLOW;
		int r;

		options[i].name = worker_lane_names[i];
		options[i].conninfo = s->database;
		options[i].statements = store_statements;
		options[i].statement_timeout_ms = slow ? WORKER_SLOW_STATEMENT_MS : WORKER_STATEMENT_MS;
		options[i].batch_timeout_ms = slow ? WORKER_SLOW_BATCH_MS : WORKER_BATCH_MS;
		options[i].guards = s->insecure_durability ? store_guards_insecure : store_guards;
		r = pg_lane_open(&w->lanes[i], w->loop, &options[i]);
		if (r < 0)
			return r;
		w->lanes_open++;
	}
	return 0;
}

static int worker_arrange(struct worker *w, const struct worker_options *o)
{
	const struct settings *s = o->settings;
	struct conn_options conn = conn_options_default;
	struct receipt_desk_options desk = {
		.keys = o->keys,
		.origin = o->trail_origin,
		.trail = o->trail,
		.ready = session_answer_call,
	};
	struct reception_options reception = {
		.shop = &w->shop,
		.admission = o->admission,
		.polls = o->polls,
		.freshness = o->freshness,
		.registry_stale_ms = s->registry_stale_ms,
		.calls_max = (unsigned)s->calls_in_flight_max,
		.streams_max = (unsigned)s->streams_max,
	};
	int r;

	w->loop = loop_new();
	if (w->loop == NULL || loop_timer_open(&w->drain_timer, w->loop, worker_on_drain_tick) < 0)
		return ERR_MEMORY;
	desk.loop = w->loop;
	r = receipt_desk_open(&w->desk, &desk);
	if (r < 0)
		return r;
	reception.loop = w->loop;
	reception.desk = w->desk;
	w->reception = reception_new(&reception);
	if (w->reception == NULL)
		return ERR_MEMORY;
	conn.handshake_ms = s->handshake_timeout_ms;
	conn.frame_ms = s->frame_timeout_ms;
	conn.idle_ms = s->idle_timeout_s * 1000;
	conn.write_ms = s->write_timeout_s * 1000;
	conn_set_init(&w->conns, w->loop, w->reception, o->tls, o->gate, &conn);
	r = worker_open_lanes(w, s);
	if (r == 0)
		r = feed_hub_open(&w->feed, w->loop, w->lanes[WORKER_LANE_READ], o->keys,
			s->feed_poll_ms);
	w->shop = (struct workshop){
		.read = w->lanes[WORKER_LANE_READ],
		.write = w->lanes[WORKER_LANE_WRITE],
		.slow = w->lanes[WORKER_LANE_SLOW],
		.keys = o->keys,
		.claim_lease_ms = s->claim_lease_s * 1000,
		.pull_grant_ms = s->pull_grant_s * 1000,
		.own_grant_ms = s->own_grant_s * 1000,
		.lateness = &w->lateness,
		.feed = w->feed,
		.loop = w->loop,
		.trail_directory = s->trail_directory,
	};
	ensure(settings_hex(s->registry_authority_key, w->shop.authority_key));
	return r;
}

static void worker_on_abandoned(void *arg)
{
	struct worker *w = arg;

	if (--w->lanes_open == 0)
		loop_stop(w->loop);
}

/* Lanes that were opened are closed in the loop, which runs here until they are. */
static void worker_abandon(struct worker *w)
{
	unsigned count = w->lanes_open;

	for (unsigned i = 0; i < count; i++)
		pg_lane_close(w->lanes[i], worker_on_abandoned, w);
	if (count > 0)
		loop_run(w->loop);
	worker_free(w);
}

int worker_start(struct worker **ret, const struct worker_options *options,
	char problem[CONFIG_PROBLEM_MAX])
{
	struct worker *w = calloc(1, sizeof(*w));
	int r = ERR_MEMORY;

	if (w != NULL) {
		w->index = options->index;
		w->gate = options->gate;
		ensure(sem_init(&w->drained, 0, 0) == 0);
		r = worker_arrange(w, options);
		if (r == 0 && pthread_create(&w->thread, NULL, worker_run, w) != 0)
			r = ERR_SYSTEM;
	}
	if (r < 0) {
		snprintf(problem, CONFIG_PROBLEM_MAX, "could not start worker %u: %s%s",
			options->index, err_text(r),
			r == ERR_CONFIG ? " (\"database\" is no libpq connection string?)" : "");
		if (w != NULL)
			worker_abandon(w);
		return r;
	}
	*ret = w;
	return 0;
}

const struct reception_metrics *worker_reception_metrics(const struct worker *w)
{
	return &w->reception->metrics;
}

const struct conn_metrics *worker_conn_metrics(const struct worker *w)
{
	return &w->conns.metrics;
}

const struct pg_lane_metrics *worker_lane_metrics(const struct worker *w, enum worker_lane lane)
{
	return pg_lane_metrics(w->lanes[lane]);
}

const struct lateness *worker_lateness(const struct worker *w)
{
	return &w->lateness;
}
