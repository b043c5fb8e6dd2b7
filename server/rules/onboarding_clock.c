#include "rules/onboarding_clock.h"

#include <stdio.h>

#include "domain/parameter.h"

int64_t onboarding_notice_due(const struct onboarding_dates *d, const struct workday_calendar *c)
{
	return workday_add(c, d->submitted_ms, d->notice_days);
}

/* Whole days between two moments, of which only those from `start` on count. */
static int32_t days_paused(int64_t start_ms, int64_t from_ms, int64_t until_ms)
{
	int32_t from = date_day_of(from_ms < start_ms ? start_ms : from_ms);
	int32_t until = date_day_of(until_ms);

	return until > from ? until - from : 0;
}

int64_t onboarding_assessment_due(const struct onboarding_dates *d)
{
	int64_t start = d->combined ? d->agreement_ms : d->submitted_ms;
	struct china_date last;
	int32_t day;

	if (start == 0 || d->state == APPLICATION_SUPPLEMENTING)
		return ONBOARDING_NO_DUE;
	if (d->state != APPLICATION_ACCEPTED && d->state != APPLICATION_CHECKED &&
		d->state != APPLICATION_VERIFIED)
		return ONBOARDING_NO_DUE;
	last = date_add_months(date_of_day(date_day_of(start)), (int)d->assessment_months);
	day = date_to_day(last);
	if (d->noticed_ms != 0 && d->supplemented_ms != 0)
		day += days_paused(start, d->noticed_ms, d->supplemented_ms);
	return date_day_ends(day);
}

int64_t onboarding_window_due(const struct onboarding_dates *d)
{
	struct china_date last = date_of_day(date_day_of(d->submitted_ms));

	if (application_is_over(d->state))
		return ONBOARDING_NO_DUE;
	last.day = 1;
	last = date_add_months(last, 1);
	last.day = date_days_in_month(last.year, last.month);
	return date_day_ends(date_to_day(last));
}

int64_t onboarding_next_due(const struct onboarding_dates *d)
{
	int64_t assessment = onboarding_assessment_due(d), window = onboarding_window_due(d);

	if (assessment == ONBOARDING_NO_DUE)
		return window;
	return window == ONBOARDING_NO_DUE || assessment < window ? assessment : window;
}

static bool month_open(const char *months, int month)
{
	char word[3];

	snprintf(word, sizeof(word), "%u", (unsigned)month % 100);
	return parameter_has_word(months, word);
}

bool onboarding_window_open(const char *months, int64_t at_ms)
{
	return month_open(months, date_of_day(date_day_of(at_ms)).month);
}

unsigned onboarding_quarters_closed(const char *months)
{
	unsigned closed = 0;

	for (int quarter = 0; quarter < QUARTERS; quarter++) {
		int first = quarter * 3 + 1;

		if (!month_open(months, first) && !month_open(months, first + 1) &&
			!month_open(months, first + 2))
			closed |= 1u << quarter;
	}
	return closed;
}
