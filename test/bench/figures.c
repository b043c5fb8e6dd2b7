#include "test/bench/figures.h"

#include <stdio.h>

void figures_usage(const struct usage *u, size_t operations)
{
	double per_op = operations > 0 ? 1.0 / (double)operations : 0;
	double seconds = (double)u->ns * 1e-9;
	double per_s = seconds > 0 ? 1 / seconds : 0;
	int64_t ours_us = u->server_us + u->postgres_us + u->own_us;
	/* The kernel's counters are not all of one moment: a little less than nothing is nothing. */
	int64_t foreign_us = u->machine_us > ours_us ? u->machine_us - ours_us : 0;

	printf("\"seconds\": %.4f, \"per_s\": %.2f, ", seconds, (double)operations * per_s);
	printf("\"server_cpu_us_per_op\": %.2f, \"postgres_cpu_us_per_op\": %.2f,"
		" \"client_cpu_us_per_op\": %.2f, ", (double)u->server_us * per_op,
		(double)u->postgres_us * per_op, (double)u->own_us * per_op);
	printf("\"busy_cores\": %.3f, \"client_cores\": %.3f, \"foreign_cores\": %.3f",
		(double)ours_us * 1e-6 * per_s, (double)u->own_us * 1e-6 * per_s,
		(double)foreign_us * 1e-6 * per_s);
}

void figures_latency(const char *prefix, const struct histogram *us)
{
	static const struct {
		const char *name;
		double share;
	} rows[] = {{"p50_ms", 0.5}, {"p99_ms", 0.99}, {"p999_ms", 0.999}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		printf("\"%s%s\": %.3f, ", prefix, rows[i].name,
			(double)histogram_at(us, rows[i].share) * 1e-3);
	printf("\"%smax_ms\": %.3f", prefix, (double)us->max * 1e-3);
}
