#include "app/trail_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "http/http.h"
#include "store/statements.h"
#include "trail/trail.h"

enum {
	TRAIL_STATEMENT_MS = 30 * 1000,
	TRAIL_BATCH_MS = 45 * 1000,
};

struct trail_thread {
	const struct settings *settings;
	char *policy_text;
	struct policy policy;
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
	free(t->policy_text);
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

/* ---- the policy ---------------------------------------------------------------------------- */

static int policy_read(const char *path, char **ret, size_t *ret_len)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(POLICY_BYTES_MAX + 2);
	size_t len = 0;
	int r = ERR_SYSTEM;

	if (file != NULL && text != NULL) {
		len = fread(text, 1, POLICY_BYTES_MAX + 1, file);
		r = ferror(file) != 0 ? ERR_SYSTEM : 0;
	}
	if (file != NULL)
		(void)fclose(file); /* only read */
	if (r < 0) {
		free(text);
		return r;
	}
	text[len] = '\0';
	*ret = text;
	*ret_len = len;
	return 0;
}

static int thread_load_policy(struct trail_thread *t, char problem[CONFIG_PROBLEM_MAX])
{
	const char *path = t->settings->trail_policy;
	char why[POLICY_PROBLEM_MAX] = "";
	size_t len;

	if (policy_read(path, &t->policy_text, &len) < 0) {
		snprintf(problem, CONFIG_PROBLEM_MAX, "could not read trail_policy \"%s\": %s", path,
			strerror(errno));
		return ERR_CONFIG;
	}
	if (len > POLICY_BYTES_MAX || !policy_parse(&t->policy, slice_of(t->policy_text, len), why)) {
		snprintf(problem, CONFIG_PROBLEM_MAX, "trail_policy \"%.100s\": %s", path,
			why[0] != '\0' ? why : "is larger than 65536 bytes");
		return ERR_CONFIG;
	}
	if (t->policy.logs_count != 1) {
		snprintf(problem, CONFIG_PROBLEM_MAX,
			"trail_policy \"%.100s\" must name exactly one log: this server's", path);
		return ERR_CONFIG;
	}
	return 0;
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

static int thread_arrange(struct trail_thread *t, char problem[CONFIG_PROBLEM_MAX])
{
	const struct settings *s = t->settings;
	struct trail_options options = {
		.directory = s->trail_directory,
		.signer = s->trail_signer,
		.policy = &t->policy,
		.interval_ms = s->trail_interval_ms,
		.witness_ms = s->trail_witness_ms,
		.hold = strcmp(s->trail_without_quorum, "hold") == 0,
	};
	int r = thread_load_policy(t, problem);

	if (r < 0)
		return r;
	snprintf(problem, CONFIG_PROBLEM_MAX, "could not start the trail's thread");
	t->loop = loop_new();
	if (t->loop == NULL)
		return ERR_MEMORY;
	r = thread_open_lane(t, &t->read, PG_LANE_READ);
	if (r == 0)
		r = thread_open_lane(t, &t->write, PG_LANE_WRITE);
	options.loop = t->loop;
	options.read = t->read;
	options.write = t->write;
	return r < 0 ? r : trail_open(&t->trail, &options, problem);
}
static_assert((int)TRAIL_PROBLEM_MAX <= (int)CONFIG_PROBLEM_MAX, "every problem fits");

int trail_thread_start(struct trail_thread **ret, const struct settings *settings,
	char problem[CONFIG_PROBLEM_MAX])
{
	struct trail_thread *t = calloc(1, sizeof(*t));
	int r = ERR_MEMORY;

	snprintf(problem, CONFIG_PROBLEM_MAX, "could not start the trail's thread: out of memory");
	if (t == NULL)
		return ERR_MEMORY;
	t->settings = settings;
	r = http_process_start();
	if (r == 0)
		r = thread_arrange(t, problem);
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

const struct policy *trail_thread_policy(const struct trail_thread *t)
{
	return &t->policy;
}

const char *trail_thread_policy_text(const struct trail_thread *t)
{
	return t->policy_text;
}
