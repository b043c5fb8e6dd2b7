/* Send calls of one method and measure how they are answered.
 *
 * Closed loop (per_s = 0): `in_flight` calls are always under way; tells the throughput.
 * Open loop (per_s > 0): calls are sent by the clock; tells the latency at that rate (schedule.h).
 *
 * The measured window opens after `warm_s`, so that neither an empty nor a filling pipeline is
 * counted, and closes after `seconds` more, or when the last call was sent: from then on the load
 * falls.  The stage ends when every call that was sent has its answer.
 *
 * Ownership: everything in the options is borrowed until stage_run() returns.  Threads: one.
 */
#ifndef TEST_BENCH_STAGE_H
#define TEST_BENCH_STAGE_H

#include "test/bench/histogram.h"
#include "test/bench/lines.h"

enum { STAGE_CALLS_MAX = 400 * 1000, STAGE_ERRORS_SHOWN = 5 };

struct stage_options {
	struct event_base *base;
	struct lines *lines;
	const char *method;
	ProtobufCMessage *const *requests;
	size_t count; /* at most STAGE_CALLS_MAX */
	unsigned in_flight;
	double per_s;
	double warm_s, seconds; /* 0 = until all are sent */
	/* Whose CPU time is told; 0 = nobody's. */
	pid_t server_pid, postgres_pid;
	/* May be NULL.  The reply is the receiver's. */
	void (*on_reply)(void *user, size_t i, ProtobufCMessage *reply);
	void *user;
};

struct stage_result {
	size_t sent, answered, errors;
	size_t answered_inside; /* the window */
	double seconds;         /* of the window */
	int64_t server_cpu_us, postgres_cpu_us, own_cpu_us, machine_cpu_us; /* inside the window */
	struct histogram us;    /* latencies of calls sent inside the window */
};

/* Stops the program when calls stay without an answer, or every connection is lost. */
void stage_run(const struct stage_options *options, struct stage_result *ret);

#endif
