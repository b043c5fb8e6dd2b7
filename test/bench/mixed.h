/* The whole workflow as one open loop: prescriptions begin by the clock, and each goes its way.
 *
 *     check -> upload -> pull -> claim -> review -> dispense -> settle -> query
 *
 * The latency of the first step counts from the moment the clock meant, that of each later one from
 * the moment the answer before it came: what a step needs to be signed, and any waiting for a line
 * that can take it, is inside.
 *
 * Ownership: everything in the options is borrowed until mixed_run() returns.  Threads: one.
 */
#ifndef TEST_BENCH_MIXED_H
#define TEST_BENCH_MIXED_H

#include "test/bench/histogram.h"
#include "test/bench/window.h"
#include "test/bench/work.h"

enum { MIXED_COUNT_MAX = 100 * 1000, MIXED_ERRORS_SHOWN = 5 };

enum mixed_step {
	MIXED_CHECK, MIXED_UPLOAD, MIXED_PULL, MIXED_CLAIM, MIXED_REVIEW, MIXED_DISPENSE,
	MIXED_SETTLE, MIXED_QUERY, MIXED_STEPS
};

struct mixed_options {
	struct work *work;
	size_t count; /* of prescriptions, at most MIXED_COUNT_MAX */
	double per_s; /* prescriptions begun per second */
	struct window_options window;
};

struct mixed_result {
	size_t begun, finished, errors;   /* prescriptions; of the calls only `errors` */
	size_t answered_inside;           /* calls answered OK inside the window */
	struct usage usage;               /* inside it, too */
	struct histogram us, step_us[MIXED_STEPS]; /* of calls meant to be sent inside it */
};

struct mixed;

/* Signs what does not depend on answers: prescriptions, hospital reviews, vouchers. */
struct mixed *mixed_prepare(const struct mixed_options *options);
/* Begins prescriptions until the window closes or all have begun; returns when all have ended. */
void mixed_run(struct mixed *mixed, struct mixed_result *ret);
void mixed_free(struct mixed *mixed);
const char *mixed_step_name(enum mixed_step step);

#endif
