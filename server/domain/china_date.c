/* The proleptic Gregorian calendar, counted from 1 March so that leap days come last. */
#include "domain/china_date.h"

#include <stddef.h>

enum { ERA_DAYS = 146097, ERA_YEARS = 400, ERA_BEFORE_1970 = 719468 };
enum { YEAR_FIRST = 1970, YEAR_LAST = 9999, WEEKDAY_OF_1970 = 3 /* a Thursday, from Monday 0 */ };

int32_t date_day_of(int64_t at_ms)
{
	return (int32_t)((at_ms + DATE_CHINA_AHEAD_MS) / DATE_DAY_MS);
}

int64_t date_day_begins(int32_t day)
{
	return (int64_t)day * DATE_DAY_MS - DATE_CHINA_AHEAD_MS;
}

int64_t date_day_ends(int32_t day)
{
	return date_day_begins(day + 1) - 1;
}

struct china_date date_of_day(int32_t day)
{
	int32_t since = day + ERA_BEFORE_1970;
	int32_t era = since / ERA_DAYS, of_era = since % ERA_DAYS;
	int32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int32_t month = (5 * of_year + 2) / 153; /* 0 is March */
	struct china_date date = {
		.year = era * ERA_YEARS + year + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = of_year - (153 * month + 2) / 5 + 1,
	};

	return date;
}

int32_t date_to_day(struct china_date date)
{
	int32_t year = date.year - (date.month <= 2), era = year / ERA_YEARS;
	int32_t of_era = year - era * ERA_YEARS;
	int32_t of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;

	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - ERA_BEFORE_1970;
}

int date_days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

struct china_date date_add_months(struct china_date date, int months)
{
	int since = date.year * 12 + date.month - 1 + months;
	struct china_date then = {.year = since / 12, .month = since % 12 + 1, .day = date.day};
	int last = date_days_in_month(then.year, then.month);

	if (then.day > last)
		then.day = last;
	return then;
}

int date_weekday(int32_t day)
{
	return (day + WEEKDAY_OF_1970) % 7 + 1;
}

/* The number that `count` digits say, or -1. */
static int number(const char *text, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

bool date_read(const char *text, int32_t *ret_day)
{
	struct china_date date;
	size_t len = 0;

	while (len <= DATE_LEN && text[len] != '\0')
		len++;
	if (len != DATE_LEN || text[4] != '-' || text[7] != '-')
		return false;
	date = (struct china_date){number(text, 4), number(text + 5, 2), number(text + 8, 2)};
	if (date.year < YEAR_FIRST || date.year > YEAR_LAST || date.month < 1 || date.month > 12)
		return false;
	if (date.day < 1 || date.day > date_days_in_month(date.year, date.month))
		return false;
	*ret_day = date_to_day(date);
	return true;
}

/* Write `value` so that its last digit stands at `last`. */
static void put_digits(char *last, int value, int count)
{
	for (; count > 0; count--, value /= 10)
		*last-- = (char)('0' + value % 10);
}

void date_write(int32_t day, char text[DATE_LEN + 1])
{
	struct china_date date = date_of_day(day);

	put_digits(text + 3, date.year, 4);
	text[4] = '-';
	put_digits(text + 6, date.month, 2);
	text[7] = '-';
	put_digits(text + 9, date.day, 2);
	text[DATE_LEN] = '\0';
}
