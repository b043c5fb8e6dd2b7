/* The load generator has no way on when something it needs is missing: say what, and end. */
#ifndef TEST_BENCH_STOP_H
#define TEST_BENCH_STOP_H

#include <stdio.h>
#include <stdlib.h>

#include <rxcirc/rxcirc.h>

static inline void stop_unless(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "load: %s\n", what);
	exit(1);
}

static inline void stop_on(int r, const rxc_error *error, const char *what)
{
	if (r == 0)
		return;
	fprintf(stderr, "load: %s: %s\n", what, error == NULL ? "failed" : rxc_error_message(error));
	exit(1);
}

#endif
