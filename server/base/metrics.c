/* The scales, and finding a value's place on one. */
#include "base/metrics.h"

const struct metric_scale metric_time = {1e6, {
	100, 200, 500,
	1000, 2000, 5000,
	10000, 20000, 50000,
	100000, 200000, 500000,
	1000000, 2000000, 5000000,
	10000000,
}};

const struct metric_scale metric_size = {1, {
	1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768,
}};

const struct metric_scale metric_late = {1e3, {
	1000, 2000, 5000, 10000, 20000, 30000, 45000, 60000, 90000, 120000, 150000, 180000, 210000,
	240000, 270000, 300000,
}};

void metric_observe(struct metric_histogram *h, const struct metric_scale *scale, uint64_t value)
{
	unsigned i = 0;

	while (i < METRIC_BUCKETS && value > scale->bounds[i])
		i++;
	atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum, value, memory_order_relaxed);
}
