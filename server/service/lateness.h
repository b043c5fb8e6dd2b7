/* How late uploads come: time from signing to receipt, by hospital (TJ2-23a).
 *
 * Written by one worker, read by the side door's thread; a row is never taken away.  What more
 * than LATENESS_HOSPITALS_MAX hospitals have to tell is told together.
 */
#ifndef SERVICE_LATENESS_H
#define SERVICE_LATENESS_H

#include "base/metrics.h"
#include "request/request.h"

enum { LATENESS_HOSPITALS_MAX = 128 };
#define LATENESS_OTHERS "other"

struct lateness_row {
	char hospital[INSTITUTION_CODE_MAX + 1];
	struct metric_histogram ms;
};

struct lateness {
	_Atomic unsigned count; /* rows that are complete */
	struct lateness_row rows[LATENESS_HOSPITALS_MAX + 1]; /* the last one is the others' */
};

/* `l` may be NULL; a signing time in the future counts as not late. */
void lateness_observe(struct lateness *l, const char *hospital, int64_t late_ms);
/* Row by row; NULL after the last. */
const struct lateness_row *lateness_at(const struct lateness *l, unsigned index);
const struct lateness_row *lateness_find(const struct lateness *l, const char *hospital);

#endif
