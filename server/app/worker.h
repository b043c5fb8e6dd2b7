/* A worker: one thread with its own loop, database lanes, sessions and connections.
 *
 * Life:  start -> (takes connections and registries) -> drain -> stop
 *
 *     drain  new calls are refused, running ones finish; ends when none runs or the time is over
 *     stop   lanes and connections are closed, the thread ends
 *
 * Ownership: keys, tls, gate, both admissions, freshness and trail are shared and outlive it.
 * Threads: every function here is for the threads that own it (main, steward); none blocks but
 * worker_drained() and worker_stop().
 */
#ifndef APP_WORKER_H
#define APP_WORKER_H

#include "app/settings.h"
#include "net/conn_set.h"

struct keyring;
struct trail;
struct lateness;
struct worker;

struct worker_options {
	unsigned index;
	const struct settings *settings; /* read while starting only */
	const struct keyring *keys;
	struct tls *tls;
	struct gate *gate;
	struct admission *admission, *polls;
	const struct freshness *freshness;
	struct trail *trail;
	const char *trail_origin;
};

enum worker_lane { WORKER_LANE_READ, WORKER_LANE_WRITE, WORKER_LANE_SLOW, WORKER_LANES };
extern const char *const worker_lane_names[WORKER_LANES];

/* 0, or an error with one sentence in `problem`. */
MUST_CHECK int worker_start(struct worker **ret, const struct worker_options *options,
	char problem[CONFIG_PROBLEM_MAX]);
/* A new connection; fd and pass become the worker's. */
void worker_take_connection(struct worker *w, int fd, const struct gate_pass *pass);
/* A new registry; takes over the reference. */
void worker_take_registry(struct worker *w, struct registry *registry);
/* Begin to drain, for at most so long. */
void worker_drain(struct worker *w, int64_t drain_ms);
/* Wait for its end; false when calls are still running: then the worker must not be stopped but be
 * left to the end of the process. */
MUST_CHECK bool worker_drained(struct worker *w);
/* After it has drained, or before it has taken anything: end the thread, free everything. */
void worker_stop(struct worker *w);

/* The numbers, any thread, until worker_stop(). */
const struct reception_metrics *worker_reception_metrics(const struct worker *w);
const struct conn_metrics *worker_conn_metrics(const struct worker *w);
const struct lateness *worker_lateness(const struct worker *w);
const struct pg_lane_metrics *worker_lane_metrics(const struct worker *w, enum worker_lane lane);

#endif
