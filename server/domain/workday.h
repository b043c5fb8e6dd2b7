/* Working days in China: weekends are free and other days are not, except on the days the State
 * Council names every autumn for the next year: holidays, and weekends worked in exchange (调休).
 *
 * A year of which the calendar holds no day is not known: what would need it is not computed, never
 * guessed.  Pure.  Threads: any.
 */
#ifndef DOMAIN_WORKDAY_H
#define DOMAIN_WORKDAY_H

#include "domain/china_date.h"

struct workday_exception {
	int32_t day; /* since 1970-01-01 */
	bool works;  /* a weekend day that is worked; false: a holiday */
};

/* Borrowed; days strictly ascending. */
struct workday_calendar {
	const struct workday_exception *days;
	size_t count;
};

enum { WORKDAY_NONE = -1 };
/* No deadline reaches further: eight weeks of working days. */
enum { WORKDAY_ADD_MAX = 40 };

bool workday_knows_year(const struct workday_calendar *c, int year);
/* True when the day is worked; only of a year that is known. */
bool workday_is(const struct workday_calendar *c, int32_t day);
/* The last ms of the days-th working day after the day of `from_ms` (which itself does not count,
 * whether it is worked or not); WORKDAY_NONE when a year on the way is not known or `days` is above
 * WORKDAY_ADD_MAX.  Zero days: the end of that same day. */
int64_t workday_add(const struct workday_calendar *c, int64_t from_ms, unsigned days);

#endif
