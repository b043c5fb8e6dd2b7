#include "base/metrics.h"

const uint64_t metric_bounds[METRIC_BUCKETS] = {
	100, 200, 500,
	1000, 2000, 5000,
	10000, 20000, 50000,
	100000, 200000, 500000,
	1000000, 2000000, 5000000,
	10000000,
};

void metric_observe(struct metric_histogram *h, uint64_t value)
{
	unsigned i = 0;

	while (i < METRIC_BUCKETS && value > metric_bounds[i])
		i++;
	atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum, value, memory_order_relaxed);
}
