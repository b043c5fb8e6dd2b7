/* When each call is meant to be sent.
 *
 * Open loop: call i at start + i / rate, whatever the server does.  A call that could not be sent
 * in time is sent late but its latency counts from the intended moment; otherwise a stalled server
 * would be asked less and look better than it is (coordinated omission).
 */
#ifndef TEST_BENCH_SCHEDULE_H
#define TEST_BENCH_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

struct schedule {
	int64_t start_ns;
	double per_s; /* more than 0 */
};

/* The intended moment of call `i`. */
int64_t schedule_at_ns(const struct schedule *s, size_t i);
/* How many calls are meant to have been sent at `now_ns`. */
size_t schedule_due(const struct schedule *s, int64_t now_ns);

#endif
