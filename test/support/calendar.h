/* The real calendar of 2025 and 2026: deploy/province/calendar.csv below RXCIRC_TEST_SOURCE. */
#ifndef TEST_SUPPORT_CALENDAR_H
#define TEST_SUPPORT_CALENDAR_H

#include "domain/workday.h"

enum { CALENDAR_DAYS_MAX = 400 };

/* Read once; static. */
const struct workday_calendar *calendar_real(void);
/* "yyyy-MM-dd" as a day. */
int32_t calendar_day(const char *text);
/* A moment: the day, and ms after China's midnight. */
int64_t calendar_at(const char *text, int64_t ms);

#endif
