/* Send calls of one method and measure how they are answered.
 *
 * Closed loop (per_s = 0): `in_flight` calls are always under way; tells the throughput.
 * Open loop (per_s > 0): calls are sent by the clock; tells the latency at that rate (schedule.h).
 *
 * What is measured is inside the window (window.h), which also closes when the last call was sent.
 * The stage ends when every call that was sent has its answer.
 *
 * Ownership: everything in the options is borrowed until stage_run() returns.  Threads: one.
 */
#ifndef TEST_BENCH_STAGE_H
#define TEST_BENCH_STAGE_H

#include "test/bench/histogram.h"
#include "test/bench/lines.h"
#include "test/bench/window.h"

enum { STAGE_CALLS_MAX = 400 * 1000, STAGE_ERRORS_SHOWN = 5 };

struct stage_options {
	struct event_base *base;
	struct lines *lines;
	const char *method;
	ProtobufCMessage *const *requests;
	size_t count; /* at most STAGE_CALLS_MAX */
	unsigned in_flight;
	double per_s;
	struct window_options window;
	bool may_refuse; /* BUSY with a time to wait is counted apart and is no error */
	/* May be NULL.  The reply is the receiver's. */
	void (*on_reply)(void *user, size_t i, ProtobufCMessage *reply);
	void *user;
};

struct stage_result {
	size_t sent, answered, errors, refused;
	size_t sent_inside, answered_inside; /* the window; answered OK */
	struct usage usage;                  /* the same */
	/* Latencies of the calls sent inside the window: answered OK, and refused. */
	struct histogram us, refused_us;
};

/* Stops the program when calls stay without an answer, or every connection is lost. */
void stage_run(const struct stage_options *options, struct stage_result *ret);

#endif
