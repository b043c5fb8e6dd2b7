/* The clock and the timers of the load generator, in nanoseconds. */
#ifndef TEST_BENCH_TIMER_H
#define TEST_BENCH_TIMER_H

#include <event2/event.h>
#include <stdint.h>
#include <time.h>

#include "test/bench/stop.h"

enum { NS_PER_US = 1000, NS_PER_S = 1000 * 1000 * 1000 };

static inline int64_t timer_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* Let it ring so long from now; what is due already rings in the next turn. */
static inline void timer_set(struct event *event, int64_t ns)
{
	struct timeval tv;

	if (ns < 0)
		ns = 0;
	tv = (struct timeval){ns / NS_PER_S, ns % NS_PER_S / NS_PER_US};
	stop_unless(event_add(event, &tv) == 0, "a timer");
}

#endif
