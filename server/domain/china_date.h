/* Dates of China's calendar (UTC+8, no summer time) and moments in ms since 1970 UTC.
 *
 * A day is the count of days since 1970-01-01.  Years 1970 to 9999, as moments (domain/moment.h).
 * Pure.  Threads: any.
 */
#ifndef DOMAIN_CHINA_DATE_H
#define DOMAIN_CHINA_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/bytes.h"

enum { DATE_LEN = 10 };  /* yyyy-MM-dd */
enum { DATE_DAY_MS = 86400000, DATE_CHINA_AHEAD_MS = 28800000 };

struct china_date {
	int year, month, day; /* month and day from 1 */
};

/* The day on which a moment falls. */
int32_t date_day_of(int64_t at_ms);
/* The first ms of a day, and its last. */
int64_t date_day_begins(int32_t day);
int64_t date_day_ends(int32_t day);

struct china_date date_of_day(int32_t day);
int32_t date_to_day(struct china_date date);
int date_days_in_month(int year, int month);

/* The same day so many months later, or that month's last day when it has no such day. */
struct china_date date_add_months(struct china_date date, int months);

/* Monday is 1, Sunday 7. */
int date_weekday(int32_t day);

/* "yyyy-MM-dd" of a day that exists; false and *ret_day untouched otherwise. */
MUST_CHECK bool date_read(const char *text, int32_t *ret_day);
void date_write(int32_t day, char text[DATE_LEN + 1]);

#endif
