#include "test/support/calendar.h"

#include "test/support/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int32_t calendar_day(const char *text)
{
	int32_t day = 0;

	if (!date_read(text, &day))
		fail_msg("\"%s\" is no date", text);
	return day;
}

int64_t calendar_at(const char *text, int64_t ms)
{
	return date_day_begins(calendar_day(text)) + ms;
}

static void read_line(char *line, struct workday_exception *ret)
{
	const char *last = strrchr(line, ',');

	assert_non_null(last);
	ret->works = last[1] == '2';
	line[DATE_LEN] = '\0';
	ret->day = calendar_day(line);
}

const struct workday_calendar *calendar_real(void)
{
	static struct workday_exception days[CALENDAR_DAYS_MAX];
	static struct workday_calendar calendar = {days, 0};
	char path[512], line[256];
	FILE *f;

	if (calendar.count > 0)
		return &calendar;
	snprintf(path, sizeof(path), "%s/deploy/province/calendar.csv", getenv("RXCIRC_TEST_SOURCE"));
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f)); /* the header */
	while (fgets(line, sizeof(line), f) != NULL) {
		assert_true(calendar.count < CALENDAR_DAYS_MAX);
		read_line(line, &days[calendar.count++]);
	}
	fclose(f);
	return &calendar;
}
