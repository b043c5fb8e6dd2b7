#include "app/steward.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/registry_holder.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "db/pg_listen.h"
#include "service/housekeeping.h"
#include "service/registry/registry_load.h"
#include "store/statements.h"

enum {
	STEWARD_STATEMENT_MS = 30 * 1000,
	STEWARD_BATCH_MS = 45 * 1000,
	STEWARD_HOUSEKEEPING_MS = 10 * 60 * 1000,
};

struct steward {
	struct steward_options options;
	struct loop *loop;
	struct pg_lane *read, *write;
	unsigned lanes_open;
	struct pg_listen *listen;
	struct registry_loader *loader;
	struct housekeeper *housekeeper;
	struct metric_counter registries;
	struct loop_message stop;
	pthread_t thread;
};

/* ---- the registry -------------------------------------------------------------------------- */

static void steward_on_fresh(int64_t as_of_mono_ms, void *arg)
{
	struct steward *s = arg;

	atomic_store_explicit(&s->options.freshness->at_mono_ms, as_of_mono_ms, memory_order_relaxed);
}

static void steward_on_loaded(struct registry *registry, int64_t as_of_mono_ms, void *arg)
{
	struct steward *s = arg;

	for (unsigned i = 0; i < s->options.workers_count; i++)
		worker_take_registry(s->options.workers[i], registry_ref(registry));
	registry_holder_put(s->options.holder, registry);
	metric_add(&s->registries, 1);
	steward_on_fresh(as_of_mono_ms, s);
}

static void steward_on_notified(void *arg)
{
	struct steward *s = arg;

	registry_loader_hurry(s->loader);
}

/* ---- the end ------------------------------------------------------------------------------- */

static void steward_on_lane_closed(void *arg)
{
	struct steward *s = arg;

	ensure(s->lanes_open > 0);
	if (--s->lanes_open == 0)
		loop_stop(s->loop);
}

/* In the loop's thread, or before there is one. */
static void steward_close(struct steward *s)
{
	pg_listen_close(s->listen);
	if (s->loader != NULL)
		registry_loader_close(s->loader);
	if (s->housekeeper != NULL)
		housekeeper_close(s->housekeeper);
	if (s->read != NULL)
		pg_lane_close(s->read, steward_on_lane_closed, s);
	if (s->write != NULL)
		pg_lane_close(s->write, steward_on_lane_closed, s);
}

static void steward_free(struct steward *s)
{
	if (s->loader != NULL)
		registry_loader_free(s->loader);
	if (s->housekeeper != NULL)
		housekeeper_free(s->housekeeper);
	loop_free(s->loop);
	free(s);
}

static void steward_on_stop(struct loop_message *message)
{
	steward_close(container_of(message, struct steward, stop));
}

void steward_stop(struct steward *s)
{
	s->stop.receive = steward_on_stop;
	loop_post(s->loop, &s->stop);
	ensure(pthread_join(s->thread, NULL) == 0);
	steward_free(s);
}

/* ---- the beginning ------------------------------------------------------------------------- */

static void *steward_run(void *arg)
{
	struct steward *s = arg;

	loop_run(s->loop);
	return NULL;
}

static int steward_open_lane(struct steward *s, struct pg_lane **lane, enum pg_lane_kind kind,
	const char *name)
{
	const struct settings *settings = s->options.settings;
	struct pg_lane_options options = {
		.name = name,
		.kind = kind,
		.conninfo = settings->database,
		.statements = store_statements,
		.connections = 1,
		.statement_timeout_ms = STEWARD_STATEMENT_MS,
		.batch_timeout_ms = STEWARD_BATCH_MS,
		.guards = settings->insecure_durability ? store_guards_insecure : store_guards,
	};
	int r = pg_lane_open(lane, s->loop, &options);

	if (r == 0)
		s->lanes_open++;
	return r;
}

static int steward_open_loader(struct steward *s)
{
	const struct settings *settings = s->options.settings;
	struct registry_loader_options options = {
		.poll_ms = settings->registry_poll_ms,
		.founding_office = settings->founding_office,
		.loaded = steward_on_loaded,
		.fresh = steward_on_fresh,
		.arg = s,
	};

	ensure(settings_hex(settings->founding_officer_pin, options.founding_officer));
	ensure(settings_hex(settings->registry_authority_key, options.authority_key));
	return registry_loader_open(&s->loader, s->loop, s->read, &options);
}

static int steward_arrange(struct steward *s)
{
	int r;

	s->loop = loop_new();
	if (s->loop == NULL)
		return ERR_MEMORY;
	r = steward_open_lane(s, &s->read, PG_LANE_READ, "steward");
	if (r == 0)
		r = steward_open_lane(s, &s->write, PG_LANE_WRITE, "steward");
	if (r == 0)
		r = steward_open_loader(s);
	if (r == 0)
		r = housekeeper_open(&s->housekeeper, s->loop, s->write, STEWARD_HOUSEKEEPING_MS);
	if (r == 0)
		r = pg_listen_open(&s->listen, s->loop, s->options.settings->database, "registry",
			steward_on_notified, s);
	return r;
}

int steward_start(struct steward **ret, const struct steward_options *options,
	char problem[CONFIG_PROBLEM_MAX])
{
	struct steward *s = calloc(1, sizeof(*s));
	int r = ERR_MEMORY;

	if (s != NULL) {
		s->options = *options;
		r = steward_arrange(s);
		if (r == 0 && pthread_create(&s->thread, NULL, steward_run, s) != 0)
			r = ERR_SYSTEM;
	}
	if (r < 0) {
		snprintf(problem, CONFIG_PROBLEM_MAX, "could not start the steward: %s", err_text(r));
		if (s != NULL) {
			steward_close(s);
			if (s->lanes_open > 0)
				loop_run(s->loop);
			steward_free(s);
		}
		return r;
	}
	*ret = s;
	return 0;
}

uint64_t steward_registries(const struct steward *s)
{
	return metric_value(&s->registries);
}
