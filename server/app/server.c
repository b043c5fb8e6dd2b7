/* What runs where:
 *
 *     main thread      listener, signals, status
 *     N workers        connections, sessions, services, database lanes
 *     steward          registry, periodic work
 *     trail            places in the log, checkpoints
 *     side door        /healthz /readyz /metrics, the public lists, the trail
 *
 * The database may be away at any time, also at the start: the server then listens and refuses,
 * says so at /readyz, and goes on by itself when the database is back.
 */
#include "app/server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/metrics_page.h"
#include "app/notify.h"
#include "app/public_pages.h"
#include "app/registry_holder.h"
#include "app/trail_pages.h"
#include "app/trail_policy.h"
#include "app/trail_thread.h"
#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/process.h"
#include "crypto/keyring.h"
#include "http/http.h"
#include "net/side_door.h"

enum { SERVER_STATUS_MS = 500, SERVER_DESCRIPTORS_SPARE = 64, WORKER_DESCRIPTORS = 8 };

struct server {
	struct settings *settings;
	const struct settings_sources *sources;
	struct loop *loop;
	struct keyring *keys;
	struct tls *tls;
	struct trail_policy policy;
	struct gate *gate;
	struct admission *admission, *polls;
	struct freshness freshness;
	struct side_door *door;
	struct registry_holder holder;
	struct worker **workers;
	unsigned workers_count, workers_next;
	struct trail_thread *trail;
	struct steward *steward;
	struct listener *listener;
	int signal_fd;
	struct loop_watch signals;
	struct loop_timer status_timer;
	char status[SIDE_DOOR_REASON_MAX];

	/* What the side door's thread looks at; the workers may be read while serving is true. */
	pthread_mutex_t lock;
	bool serving;
	bool draining;
	bool unfinished;
};

/* ---- readiness ----------------------------------------------------------------------------- */

static bool server_lanes_are_up(const struct server *s, char reason[SIDE_DOOR_REASON_MAX])
{
	for (unsigned i = 0; i < s->workers_count; i++) {
		for (unsigned lane = 0; lane < WORKER_LANES; lane++) {
			const struct pg_lane_metrics *m =
				worker_lane_metrics(s->workers[i], (enum worker_lane)lane);

			if (metric_value(&m->connections_up) > 0)
				continue;
			snprintf(reason, SIDE_DOOR_REASON_MAX,
				"the database could not be reached (lane %s of worker %u)",
				worker_lane_names[lane], i);
			return false;
		}
	}
	return true;
}

/* With the lock held. */
static bool server_is_ready(const struct server *s, char reason[SIDE_DOOR_REASON_MAX])
{
	if (s->draining)
		snprintf(reason, SIDE_DOOR_REASON_MAX, "draining");
	else if (!s->serving)
		snprintf(reason, SIDE_DOOR_REASON_MAX, "starting");
	else if (!server_lanes_are_up(s, reason))
		return false;
	else if (!freshness_holds(&s->freshness, s->settings->registry_stale_ms))
		snprintf(reason, SIDE_DOOR_REASON_MAX,
			"the registry could not be confirmed for more than %lld ms",
			(long long)s->settings->registry_stale_ms);
	else
		return true;
	return false;
}

static bool server_on_ready(char reason[SIDE_DOOR_REASON_MAX], void *arg)
{
	struct server *s = arg;
	bool ready;

	ensure(pthread_mutex_lock(&s->lock) == 0);
	ready = server_is_ready(s, reason);
	ensure(pthread_mutex_unlock(&s->lock) == 0);
	return ready;
}

static void server_on_metrics(struct page *page, void *arg)
{
	struct server *s = arg;
	char reason[SIDE_DOOR_REASON_MAX];
	struct metrics_sources sources = {.gate = s->gate, .freshness = &s->freshness};

	ensure(pthread_mutex_lock(&s->lock) == 0);
	sources.ready = server_is_ready(s, reason);
	if (s->trail != NULL)
		sources.trail = trail_thread_trail(s->trail);
	sources.policy = &s->policy.policy;
	if (s->serving) {
		sources.workers = s->workers;
		sources.workers_count = s->workers_count;
		sources.steward = s->steward;
		sources.listener = s->listener;
	}
	metrics_page_write(page, &sources);
	ensure(pthread_mutex_unlock(&s->lock) == 0);
}

/* A registry nobody confirms may show as open what was suspended: then there is no list. */
static bool server_on_page(const char *path, const char *query, struct side_door_page *page,
	void *arg)
{
	struct server *s = arg;
	struct registry *registry = NULL;
	int64_t stale_ms;
	bool known;

	if (trail_pages_answer(s->settings->trail_directory, s->policy.text, path, page))
		return true;
	ensure(pthread_mutex_lock(&s->lock) == 0);
	stale_ms = s->settings->registry_stale_ms;
	ensure(pthread_mutex_unlock(&s->lock) == 0);
	if (freshness_holds(&s->freshness, stale_ms))
		registry = registry_holder_take(&s->holder);
	known = public_pages_answer(path, query, registry, clock_wall_ms(), page);
	registry_unref(registry);
	return known;
}

static void server_set(struct server *s, bool *flag, bool value)
{
	ensure(pthread_mutex_lock(&s->lock) == 0);
	*flag = value;
	ensure(pthread_mutex_unlock(&s->lock) == 0);
}

/* Say it once when it changes. */
static void server_on_status(struct loop_timer *timer)
{
	struct server *s = container_of(timer, struct server, status_timer);
	char reason[SIDE_DOOR_REASON_MAX] = "ready";
	bool ready = server_on_ready(reason, s);

	loop_timer_set(&s->status_timer, SERVER_STATUS_MS);
	if (strcmp(reason, s->status) == 0)
		return;
	memcpy(s->status, reason, sizeof(s->status));
	if (ready)
		log_info("ready");
	else
		log_warn("not ready: %s", reason);
	notify_status(reason);
}

/* ---- signals ------------------------------------------------------------------------------- */

static void server_reload(struct server *s)
{
	char problem[CONFIG_PROBLEM_MAX] = "";
	struct settings fresh, *now = s->settings;

	log_info("reading the settings again");
	notify_reloading();
	if (settings_load(&fresh, s->sources, problem) < 0) {
		log_error("could not take over new settings: %s; the old ones stay", problem);
	} else {
		ensure(pthread_mutex_lock(&s->lock) == 0);
		settings_take(now, &fresh);
		ensure(pthread_mutex_unlock(&s->lock) == 0);
		settings_clear(&fresh);
		log_set_level(settings_log_level(now));
		admission_set(s->admission, now->budget_calls_per_s, now->budget_burst_calls);
		admission_set_daily(s->polls, now->poll_per_day, now->poll_burst);
		gate_set(s->gate, now->connections_max, now->connections_per_address_max);
		listener_set_rate(s->listener, now->handshakes_per_s_max);
		if (tls_reload(s->tls, now->tls_certificate, now->tls_key, problem) < 0)
			log_error("%s; the old certificate stays", problem);
	}
	notify_ready();
}

static void server_on_signal(struct loop_watch *watch, int what)
{
	struct server *s = container_of(watch, struct server, signals);
	struct signalfd_siginfo info;

	(void)what;
	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			server_reload(s);
			continue;
		}
		log_info("stopping: no new calls, running ones have %lld s",
			(long long)s->settings->drain_s);
		loop_stop(s->loop);
	}
}

/* ---- parts --------------------------------------------------------------------------------- */

static int server_start_secrets(struct server *s, char problem[CONFIG_PROBLEM_MAX])
{
	return keyring_load(&s->keys, s->settings->key_file, problem);
}

static void server_stop_secrets(struct server *s)
{
	keyring_free(s->keys);
}

static int server_start_tls(struct server *s, char problem[CONFIG_PROBLEM_MAX])
{
	return tls_new(&s->tls, s->settings->tls_certificate, s->settings->tls_key, problem);
}

static void server_stop_tls(struct server *s)
{
	tls_free(s->tls);
}

static int server_start_policy(struct server *s, char problem[CONFIG_PROBLEM_MAX])
{
	return trail_policy_load(&s->policy, s->settings->trail_policy, problem);
}

static void server_stop_policy(struct server *s)
{
	trail_policy_clear(&s->policy);
}

static void server_stop_limits(struct server *s)
{
	admission_free(s->admission);
	admission_free(s->polls);
	gate_free(s->gate);
}

static int server_start_limits(struct server *s, char problem[CONFIG_PROBLEM_MAX])
{
	const struct settings *now = s->settings;

	s->gate = gate_new(now->connections_max, now->connections_per_address_max);
	s->admission = admission_new(now->budget_calls_per_s, now->budget_burst_calls);
	s->polls = admission_new_daily(now->poll_per_day, now->poll_burst);
	if (s->gate != NULL && s->admission != NULL && s->polls != NULL)
		return 0;
	server_stop_limits(s);
	snprintf(problem, CONFIG_PROBLEM_MAX, "could not set the limits: out of memory");
	return ERR_MEMORY;
}

static int server_start_door(struct server *s, char problem[CONFIG_PROBLEM_MAX])
{
	struct side_door_options options = {
		.address = s->settings->http_address,
		.port = (uint16_t)s->settings->http_port,
		.ready = server_on_ready,
		.metrics = server_on_metrics,
		.pages = server_on_page,
		.arg = s,
	};
	int r = side_door_start(&s->door, &options, problem);

	if (r == 0)
		log_info("side door listening address=%s port=%u", options.address,
			side_door_port(s->door));
	return r;
}

static void server_stop_door(struct server *s)
{
	side_door_stop(s->door);
}

static int server_start_trail(struct server *s, char problem[CONFIG_PROBLEM_MAX])
{
	struct trail_thread *trail;
	int r = trail_thread_start(&trail, s->settings, &s->policy.policy, problem);

	if (r < 0)
		return r;
	ensure(pthread_mutex_lock(&s->lock) == 0);
	s->trail = trail;
	ensure(pthread_mutex_unlock(&s->lock) == 0);
	return 0;
}

static void server_stop_trail(struct server *s)
{
	struct trail_thread *trail = s->trail;

	ensure(pthread_mutex_lock(&s->lock) == 0);
	s->trail = NULL;
	ensure(pthread_mutex_unlock(&s->lock) == 0);
	trail_thread_stop(trail);
}

/* The calls first, so that what can be answered is; then what carried them. */
static void server_stop_workers(struct server *s)
{
	for (unsigned i = 0; i < s->workers_count; i++)
		worker_drain(s->workers[i], s->settings->drain_s * 1000);
	for (unsigned i = 0; i < s->workers_count; i++)
		if (!worker_drained(s->workers[i]))
			s->unfinished = true;
	server_set(s, &s->serving, false);
	if (s->unfinished)
		return; /* their lanes cannot be closed under them; the end of the process does it */
	for (unsigned i = 0; i < s->workers_count; i++)
		worker_stop(s->workers[i]);
	free(s->workers);
}

static unsigned server_workers_wanted(const struct settings *s)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (s->workers > 0)
		return (unsigned)s->workers;
	return processors < 1 ? 1 : (unsigned)processors;
}

/* What institutions, the database and the rest of the server will hold open. */
static int64_t server_descriptors(const struct settings *s)
{
	int64_t of_worker = s->db_write_connections + s->db_read_connections + WORKER_DESCRIPTORS;

	return s->connections_max + server_workers_wanted(s) * of_worker + SERVER_DESCRIPTORS_SPARE;
}

static int server_start_workers(struct server *s, char problem[CONFIG_PROBLEM_MAX])
{
	unsigned count = server_workers_wanted(s->settings);
	struct worker_options options = {
		.settings = s->settings,
		.keys = s->keys,
		.tls = s->tls,
		.gate = s->gate,
		.admission = s->admission,
		.polls = s->polls,
		.freshness = &s->freshness,
		.trail = trail_thread_trail(s->trail),
		.trail_origin = s->policy.policy.logs[0].key.name,
	};
	int r = 0;

	s->workers = calloc(count, sizeof(struct worker *));
	if (s->workers == NULL) {
		snprintf(problem, CONFIG_PROBLEM_MAX, "could not start workers: out of memory");
		return ERR_MEMORY;
	}
	for (options.index = 0; r == 0 && options.index < count; options.index++) {
		r = worker_start(&s->workers[options.index], &options, problem);
		if (r == 0)
			s->workers_count++;
	}
	if (r < 0) {
		server_stop_workers(s);
		return r;
	}
	server_set(s, &s->serving, true);
	return 0;
}

static int server_start_steward(struct server *s, char problem[CONFIG_PROBLEM_MAX])
{
	struct steward_options options = {
		.settings = s->settings,
		.workers = s->workers,
		.workers_count = s->workers_count,
		.freshness = &s->freshness,
		.holder = &s->holder,
	};
	struct steward *steward;
	int r = steward_start(&steward, &options, problem);

	if (r < 0)
		return r;
	ensure(pthread_mutex_lock(&s->lock) == 0);
	s->steward = steward;
	ensure(pthread_mutex_unlock(&s->lock) == 0);
	return 0;
}

static void server_stop_steward(struct server *s)
{
	struct steward *steward = s->steward;

	ensure(pthread_mutex_lock(&s->lock) == 0);
	s->steward = NULL;
	ensure(pthread_mutex_unlock(&s->lock) == 0);
	steward_stop(steward);
}

static void server_on_accepted(int fd, const struct gate_pass *pass, void *arg)
{
	struct server *s = arg;

	worker_take_connection(s->workers[s->workers_next], fd, pass);
	s->workers_next = (s->workers_next + 1) % s->workers_count;
}

static int server_start_listener(struct server *s, char problem[CONFIG_PROBLEM_MAX])
{
	struct listener_options options = {
		.address = s->settings->listen_address,
		.port = (uint16_t)s->settings->listen_port,
		.handshakes_per_s_max = s->settings->handshakes_per_s_max,
		.gate = s->gate,
		.accepted = server_on_accepted,
		.arg = s,
	};
	struct listener *listener;
	int r = listener_open(&listener, s->loop, &options, problem);

	if (r < 0)
		return r;
	ensure(pthread_mutex_lock(&s->lock) == 0);
	s->listener = listener;
	ensure(pthread_mutex_unlock(&s->lock) == 0);
	log_info("listening address=%s port=%u workers=%u", options.address,
		listener_port(listener), s->workers_count);
	return 0;
}

static void server_stop_listener(struct server *s)
{
	struct listener *listener = s->listener;

	ensure(pthread_mutex_lock(&s->lock) == 0);
	s->listener = NULL;
	ensure(pthread_mutex_unlock(&s->lock) == 0);
	listener_close(listener);
}

static void server_stop_signals(struct server *s)
{
	loop_timer_close(&s->status_timer);
	loop_watch_close(&s->signals);
	if (s->signal_fd >= 0)
		(void)close(s->signal_fd); /* nothing is lost with it */
}

static int server_start_signals(struct server *s, char problem[CONFIG_PROBLEM_MAX])
{
	s->signal_fd = process_signal_fd();
	if (s->signal_fd < 0 ||
		loop_watch_open(&s->signals, s->loop, s->signal_fd, server_on_signal) < 0 ||
		loop_timer_open(&s->status_timer, s->loop, server_on_status) < 0) {
		snprintf(problem, CONFIG_PROBLEM_MAX, "could not wait for signals: %s",
			strerror(errno));
		server_stop_signals(s);
		return ERR_SYSTEM;
	}
	loop_watch_want(&s->signals, LOOP_READ);
	loop_timer_set(&s->status_timer, 0);
	notify_ready();
	return 0;
}

/* In this order they start, in reverse they stop. */
static const struct {
	const char *name;
	int (*start)(struct server *s, char problem[CONFIG_PROBLEM_MAX]);
	void (*stop)(struct server *s);
} server_parts[] = {
	{"secrets", server_start_secrets, server_stop_secrets},
	{"tls", server_start_tls, server_stop_tls},
	{"policy", server_start_policy, server_stop_policy},
	{"limits", server_start_limits, server_stop_limits},
	{"side door", server_start_door, server_stop_door},
	{"trail", server_start_trail, server_stop_trail},
	{"workers", server_start_workers, server_stop_workers},
	{"steward", server_start_steward, server_stop_steward},
	{"listener", server_start_listener, server_stop_listener},
	{"signals", server_start_signals, server_stop_signals},
};

static_assert((int)KEYRING_PROBLEM_MAX <= (int)CONFIG_PROBLEM_MAX &&
	(int)TLS_PROBLEM_MAX <= (int)CONFIG_PROBLEM_MAX &&
	(int)SIDE_DOOR_PROBLEM_MAX <= (int)CONFIG_PROBLEM_MAX &&
	(int)LISTENER_PROBLEM_MAX <= (int)CONFIG_PROBLEM_MAX, "every problem fits");

/* ---- run ----------------------------------------------------------------------------------- */

static enum exit_code server_run_parts(struct server *s)
{
	char problem[CONFIG_PROBLEM_MAX] = "";
	unsigned started = 0;
	int r = 0;

	while (started < ARRAY_LEN(server_parts)) {
		r = server_parts[started].start(s, problem);
		if (r < 0)
			break;
		started++;
	}
	if (r < 0)
		log_error("%s", problem);
	else
		loop_run(s->loop);
	server_set(s, &s->draining, true);
	notify_stopping();
	while (started > 0 && !s->unfinished) {
		log_debug("stopping %s", server_parts[started - 1].name);
		server_parts[--started].stop(s);
	}
	if (r < 0)
		return EXIT_START;
	return s->unfinished ? EXIT_UNFINISHED : EXIT_DONE;
}

enum exit_code server_run(struct settings *settings, const struct settings_sources *sources)
{
	struct server *s = calloc(1, sizeof(*s));
	enum exit_code code;

	if (s == NULL || http_process_start() < 0 || (s->loop = loop_new()) == NULL) {
		log_error("could not start: out of memory");
		free(s);
		return EXIT_START;
	}
	s->settings = settings;
	s->sources = sources;
	s->signal_fd = -1;
	s->freshness.at_mono_ms = FRESHNESS_NEVER;
	ensure(pthread_mutex_init(&s->lock, NULL) == 0);
	registry_holder_init(&s->holder);
	process_keep_memory();
	process_raise_descriptors(server_descriptors(settings));
	if (settings->insecure_durability)
		log_warn("insecure_durability is on: acknowledged prescriptions may be lost in a crash."
			 "  Never use this outside of tests.");
	code = server_run_parts(s);
	log_info("stopped");
	if (code == EXIT_UNFINISHED)
		return code; /* threads still use what would be freed here */
	loop_free(s->loop);
	registry_holder_clear(&s->holder);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
	return code;
}
