/* The deadlines of an application: pure arithmetic over its dates.
 *
 * A deadline is the last ms at which an act is in time; ONBOARDING_NO_DUE when it does not run
 * (not begun, paused, over).  Times are ms since 1970 UTC, 0 = has not happened.
 */
#ifndef RULES_ONBOARDING_CLOCK_H
#define RULES_ONBOARDING_CLOCK_H

#include "domain/application.h"
#include "domain/workday.h"

enum { ONBOARDING_NO_DUE = 0, QUARTERS = 4 };

struct onboarding_dates {
	enum application_state state;
	bool combined;           /* the host's designation is asked for in the same case */
	int64_t submitted_ms;    /* = accepted */
	int64_t agreement_ms;    /* combined: the host's agreement was signed */
	int64_t noticed_ms;      /* the supplement notice */
	int64_t supplemented_ms; /* and its answer */
	unsigned notice_days;       /* working days for the notice */
	unsigned assessment_months; /* calendar months for the assessment */
};

/* The supplement notice may be given until then (TJ2-7b); WORKDAY_NONE when the calendar does not
 * know. */
int64_t onboarding_notice_due(const struct onboarding_dates *d, const struct workday_calendar *c);
/* The assessment must be done until then (TJ2-8b): months from acceptance, in a combined case from
 * the signing of the host's agreement, and the days of supplementing do not count (TJ2-8c). */
int64_t onboarding_assessment_due(const struct onboarding_dates *d);
/* Review, inclusion and publication until then (JIN15-3.8b): the end of the month after the one in
 * which the application came, which is the second of the quarter for windows in its first. */
int64_t onboarding_window_due(const struct onboarding_dates *d);
/* The earliest of what runs: what overdue lists look for. */
int64_t onboarding_next_due(const struct onboarding_dates *d);

/* Whether applications are taken in the month of a moment; `months` is a set of "1" .. "12". */
bool onboarding_window_open(const char *months, int64_t at_ms);
/* The quarters (bit 0 = the first) without any such month (JIN15-3.8a). */
unsigned onboarding_quarters_closed(const char *months);

#endif
