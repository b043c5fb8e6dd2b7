/* Times of the national layout: "yyyy-MM-dd HH:mm:ss", China time (UTC+8, no summer time).
 *
 * In between everything is milliseconds since 1970-01-01 UTC.  Years 1900 to 2199.
 */
#ifndef CLI_CHINA_TIME_H
#define CLI_CHINA_TIME_H

#include <stdint.h>

#include "client-sdk/cli/file.h"

enum { CHINA_TIME_LEN = 19, CHINA_DATE_LEN = 10 };

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

int64_t clock_now_ms(void);
/* Exactly the form above and a day that exists.  Returns 0 or -1. */
CLI_CHECK int china_time_parse(const char *text, int64_t *ret_ms);
/* "yyyy-MM-dd" at 00:00:00. */
CLI_CHECK int china_date_parse(const char *text, int64_t *ret_ms);
/* Either form, or milliseconds as digits; for the command line. */
CLI_CHECK int china_time_parse_loose(const char *text, int64_t *ret_ms);
void china_time_format(int64_t at_ms, char text[CHINA_TIME_LEN + 1]);

#endif
