/* Numbers about the running server, kept per worker and added up when asked.
 *
 * Counters and histograms are written by one thread and read by the side door's: relaxed atomics,
 * no locks.  Histogram bounds are fixed: a scale of times and one of sizes.
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

/* Upper bounds of the buckets; `unit` times a value is one of what the page prints. */
struct metric_scale {
	double unit;
	uint64_t bounds[METRIC_BUCKETS];
};
extern const struct metric_scale metric_time; /* values in us: 100 us .. 10 s, printed in s */
extern const struct metric_scale metric_size; /* values are numbers: 1, 2, 4 .. 32768 */
extern const struct metric_scale metric_late; /* values in ms: 1 s .. 300 s, printed in s */

/* A histogram keeps to one scale. */
void metric_observe(struct metric_histogram *h, const struct metric_scale *scale, uint64_t value);

#endif
