/* Numbers about the running server, kept per worker and added up when asked.
 *
 * Counters and histograms are written by one thread and read by the side door's: relaxed atomics,
 * no locks.  Histogram bounds are fixed, in microseconds.
 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { METRIC_BUCKETS = 16 };

struct metric_counter {
	_Atomic uint64_t value;
};

struct metric_histogram {
	_Atomic uint64_t buckets[METRIC_BUCKETS + 1]; /* the last one is +Inf */
	_Atomic uint64_t sum;
};

static inline void metric_add(struct metric_counter *c, uint64_t n)
{
	atomic_fetch_add_explicit(&c->value, n, memory_order_relaxed);
}
static inline void metric_set(struct metric_counter *c, uint64_t n)
{
	atomic_store_explicit(&c->value, n, memory_order_relaxed);
}
static inline uint64_t metric_value(const struct metric_counter *c)
{
	return atomic_load_explicit(&c->value, memory_order_relaxed);
}

/* Upper bounds of the buckets: 100 us .. 10 s for durations; sizes use the same numbers. */
extern const uint64_t metric_bounds[METRIC_BUCKETS];
void metric_observe(struct metric_histogram *h, uint64_t value);

#endif
