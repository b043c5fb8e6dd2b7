#include "client-sdk/cli/china_time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client-sdk/cli/decimal.h"

#define CHINA_AHEAD_MS (8 * HOUR_MS)

enum { YEAR_MIN = 1900, YEAR_MAX = 2199, TIME_MS_DIGITS_MAX = 14 };

int64_t clock_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days from 1970-01-01 to the first of January of `year`. */
static int64_t days_before_year(int year)
{
	int64_t past = year - 1;
	int64_t since = past * 365 + past / 4 - past / 100 + past / 400;

	return since - 719162; /* the same sum for 1969 */
}

/* `count` digits at `text`, or -1. */
static int digits(const char *text, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

/* The day at the start of `text`, which holds at least 10 characters. */
static int day_parse(const char *text, int64_t *ret_days)
{
	int year = digits(text, 4);
	int month = digits(text + 5, 2);
	int day = digits(text + 8, 2);

	if (text[4] != '-' || text[7] != '-' || year < YEAR_MIN || year > YEAR_MAX)
		return -1;
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return -1;
	int64_t days = days_before_year(year) + day - 1;

	for (int m = 1; m < month; m++)
		days += days_in_month(year, m);
	*ret_days = days;
	return 0;
}

int china_date_parse(const char *text, int64_t *ret_ms)
{
	int64_t days;

	if (strlen(text) != CHINA_DATE_LEN || day_parse(text, &days) < 0)
		return -1;
	*ret_ms = days * DAY_MS - CHINA_AHEAD_MS;
	return 0;
}

int china_time_parse(const char *text, int64_t *ret_ms)
{
	int64_t days;

	if (strlen(text) != CHINA_TIME_LEN || day_parse(text, &days) < 0)
		return -1;
	int hour = digits(text + 11, 2);
	int minute = digits(text + 14, 2);
	int second = digits(text + 17, 2);

	if (text[10] != ' ' || text[13] != ':' || text[16] != ':')
		return -1;
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
		return -1;
	*ret_ms = days * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * INT64_C(1000) -
		CHINA_AHEAD_MS;
	return 0;
}

int china_time_parse_loose(const char *text, int64_t *ret_ms)
{
	size_t len = strlen(text);

	if (len == CHINA_TIME_LEN)
		return china_time_parse(text, ret_ms);
	if (len == CHINA_DATE_LEN && text[4] == '-')
		return china_date_parse(text, ret_ms);
	return decimal_parse(text, TIME_MS_DIGITS_MAX, 0, 0, ret_ms) == DECIMAL_OK ? 0 : -1;
}

void china_time_format(int64_t at_ms, char text[CHINA_TIME_LEN + 1])
{
	int64_t local = at_ms + CHINA_AHEAD_MS;
	int64_t days = local / DAY_MS - (local % DAY_MS < 0 ? 1 : 0);
	int64_t rest = local - days * DAY_MS;
	int year = YEAR_MIN;
	int month = 1;

	while (year < YEAR_MAX && days_before_year(year + 1) <= days)
		year++;
	days -= days_before_year(year);
	while (month < 12 && days >= days_in_month(year, month))
		days -= days_in_month(year, month++);
	(void)snprintf(text, CHINA_TIME_LEN + 1, "%04u-%02u-%02u %02u:%02u:%02u",
		(unsigned)year % 10000, (unsigned)month % 100, ((unsigned)days + 1) % 100,
		(unsigned)(rest / HOUR_MS) % 24, (unsigned)(rest / MINUTE_MS) % 60,
		(unsigned)(rest / 1000) % 60);
}
