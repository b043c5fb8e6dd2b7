/* Latencies in log-linear slots, as HdrHistogram keeps them: below 256 us every microsecond has its
 * slot, above that every power of two has 128, so a value read back is at most 0.8 % too high.
 *
 * Recording costs a few instructions and no memory.
 * Threads: none of its own.
 */
#ifndef TEST_BENCH_HISTOGRAM_H
#define TEST_BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_SUB_BITS = 7,
	HISTOGRAM_VALUE_BITS = 32, /* larger values (more than an hour in us) count as the largest */
	HISTOGRAM_SLOTS = (HISTOGRAM_VALUE_BITS - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS,
};

struct histogram {
	uint64_t slots[HISTOGRAM_SLOTS];
	uint64_t count;
	uint64_t max; /* exact */
};

void histogram_clear(struct histogram *h);
void histogram_record(struct histogram *h, uint64_t value);
/* The value that `share` (0 .. 1) of the recorded ones do not exceed; 0 when there are none. */
uint64_t histogram_at(const struct histogram *h, double share);

#endif
