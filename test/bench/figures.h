/* Figures as members of a JSON object, written to standard output. */
#ifndef TEST_BENCH_FIGURES_H
#define TEST_BENCH_FIGURES_H

#include <stddef.h>

#include "test/bench/histogram.h"
#include "test/bench/window.h"

/* "seconds", "per_s", the CPU time of all parties per operation, the processors in use. */
void figures_usage(const struct usage *u, size_t operations);
/* "p50_ms", "p99_ms", "p999_ms", "max_ms", each name behind `prefix`. */
void figures_latency(const char *prefix, const struct histogram *us);

#endif
