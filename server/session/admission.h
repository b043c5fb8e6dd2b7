/* How often an institution may ask: one token bucket each, for the whole process.
 *
 * The workers share it; a call takes a lock for some tens of nanoseconds.  The table has a fixed
 * size: a bucket that has filled up again is forgotten, which loses nothing, and when the place an
 * institution may take is full of busy ones, the one nearest to full is forgotten in its favour.
 * Threads: any.
 */
#ifndef SESSION_ADMISSION_H
#define SESSION_ADMISSION_H

#include "proto/bytes.h"

enum {
	ADMISSION_SETS = 8192,
	ADMISSION_WAYS = 8,
	ADMISSION_CALLS_PER_S_MAX = 1000 * 1000,
	ADMISSION_BURST_MAX = 1000 * 1000,
	ADMISSION_CALLS_PER_DAY_MAX = 100 * 1000 * 1000,
};

struct admission;

/* NULL when memory is exhausted.  Both numbers are at least 1. */
struct admission *admission_new(int64_t calls_per_s, int64_t burst);
/* The same with a pace per day: after the burst one is granted each (day / calls_per_day), so
 * whoever asks too often is slowed to an even pace, not shut out. */
struct admission *admission_new_daily(int64_t calls_per_day, int64_t burst);
void admission_free(struct admission *a);
/* New numbers from now on. */
void admission_set(struct admission *a, int64_t calls_per_s, int64_t burst);
void admission_set_daily(struct admission *a, int64_t calls_per_day, int64_t burst);

/* Take one token of institution `code` at `now_us` (monotonic).  0 when there was one, else the
 * milliseconds (at least 1) until there is one; then nothing was taken. */
MUST_CHECK uint32_t admission_take(struct admission *a, const char *code, int64_t now_us);

#endif
