/* One step per day; deadlines are days away, so nothing cleverer is needed. */
#include "domain/workday.h"

/* The place of the first exception not before `day`. */
static size_t place_of(const struct workday_calendar *c, int32_t day)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->days[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool workday_knows_year(const struct workday_calendar *c, int year)
{
	size_t at = place_of(c, date_to_day((struct china_date){year, 1, 1}));

	return at < c->count && c->days[at].day < date_to_day((struct china_date){year + 1, 1, 1});
}

bool workday_is(const struct workday_calendar *c, int32_t day)
{
	size_t at = place_of(c, day);

	if (at < c->count && c->days[at].day == day)
		return c->days[at].works;
	return date_weekday(day) <= 5;
}

int64_t workday_add(const struct workday_calendar *c, int64_t from_ms, unsigned days)
{
	int32_t day = date_day_of(from_ms);

	if (days > WORKDAY_ADD_MAX || !workday_knows_year(c, date_of_day(day).year))
		return WORKDAY_NONE;
	while (days > 0) {
		day++;
		if (!workday_knows_year(c, date_of_day(day).year))
			return WORKDAY_NONE;
		days -= workday_is(c, day);
	}
	return date_day_ends(day);
}
