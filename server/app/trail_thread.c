#include "app/trail_thread.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "store/statements.h"
#include "trail/trail.h"

enum {
	TRAIL_STATEMENT_MS = 30 * 1000,
	TRAIL_BATCH_MS = 45 * 1000,
};

struct trail_thread {
	const struct settings *settings;
	struct loop *loop;
	struct pg_lane *read, *write;
	unsigned lanes_open;
	struct trail *trail;
	struct loop_message stop;
	pthread_t thread;
};

/* ---- the end ------------------------------------------------------------------------------- */

static void on_lane_closed(void *arg)
{
	struct trail_thread *t = arg;

	ensure(t->lanes_open > 0);
	if (--t->lanes_open == 0)
		loop_stop(t->loop);
}

/* In the loop's thread, or before there is one. */
static void thread_close(struct trail_thread *t)
{
	if (t->trail != NULL)
		trail_close(t->trail);
	if (t->read != NULL)
		pg_lane_close(t->read, on_lane_closed, t);
	if (t->write != NULL)
		pg_lane_close(t->write, on_lane_closed, t);
}

static void thread_free(struct trail_thread *t)
{
	if (t->trail != NULL)
		trail_free(t->trail);
	loop_free(t->loop);
	free(t);
}

static void on_stop(struct loop_message *message)
{
	thread_close(container_of(message, struct trail_thread, stop));
}

void trail_thread_stop(struct trail_thread *t)
{
	t->stop.receive = on_stop;
	loop_post(t->loop, &t->stop);
	ensure(pthread_join(t->thread, NULL) == 0);
	thread_free(t);
}

/* ---- the beginning ------------------------------------------------------------------------- */

static void *thread_run(void *arg)
{
	struct trail_thread *t = arg;

	loop_run(t->loop);
	return NULL;
}

static int thread_open_lane(struct trail_thread *t, struct pg_lane **lane, enum pg_lane_kind kind)
{
	const struct settings *settings = t->settings;
	struct pg_lane_options options = {
		.name = "trail",
		.kind = kind,
		.conninfo = settings->database,
		.statements = store_statements,
		.connections = 1,
		.statement_timeout_ms = TRAIL_STATEMENT_MS,
		.batch_timeout_ms = TRAIL_BATCH_MS,
		.guards = settings->insecure_durability ? store_guards_insecure : store_guards,
	};
	int r = pg_lane_open(lane, t->loop, &options);

	if (r == 0)
		t->lanes_open++;
	return r;
}

static int thread_arrange(struct trail_thread *t, const struct policy *policy,
	char problem[CONFIG_PROBLEM_MAX])
{
	const struct settings *s = t->settings;
	struct trail_options options = {
		.directory = s->trail_directory,
		.signer = s->trail_signer,
		.policy = policy,
		.interval_ms = s->trail_interval_ms,
		.witness_ms = s->trail_witness_ms,
		.hold = strcmp(s->trail_without_quorum, "hold") == 0,
	};
	int r;

	snprintf(problem, CONFIG_PROBLEM_MAX, "could not start the trail's thread");
	t->loop = loop_new();
	if (t->loop == NULL)
		return ERR_MEMORY;
	r = thread_open_lane(t, &t->read, PG_LANE_READ);
	if (r == 0)
		r = thread_open_lane(t, &t->write, PG_LANE_WRITE);
	if (r == ERR_CONFIG)
		snprintf(problem, CONFIG_PROBLEM_MAX, "could not start the trail's thread:"
			" \"database\" is no libpq connection string");
	options.loop = t->loop;
	options.read = t->read;
	options.write = t->write;
	return r < 0 ? r : trail_open(&t->trail, &options, problem);
}
static_assert((int)TRAIL_PROBLEM_MAX <= (int)CONFIG_PROBLEM_MAX, "every problem fits");

int trail_thread_start(struct trail_thread **ret, const struct settings *settings,
	const struct policy *policy, char problem[CONFIG_PROBLEM_MAX])
{
	struct trail_thread *t = calloc(1, sizeof(*t));
	int r;

	snprintf(problem, CONFIG_PROBLEM_MAX, "could not start the trail's thread: out of memory");
	if (t == NULL)
		return ERR_MEMORY;
	t->settings = settings;
	r = thread_arrange(t, policy, problem);
	if (r == 0 && pthread_create(&t->thread, NULL, thread_run, t) != 0)
		r = ERR_SYSTEM;
	if (r < 0) {
		thread_close(t);
		if (t->lanes_open > 0)
			loop_run(t->loop);
		thread_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

struct trail *trail_thread_trail(const struct trail_thread *t)
{
	return t->trail;
}
