/* Applications in which everything is right, for tests that make one thing wrong. */
#ifndef TEST_UNIT_RULES_ONBOARDING_CASE_H
#define TEST_UNIT_RULES_ONBOARDING_CASE_H

#include "rules/onboarding.h"

enum { CASE_FINDINGS_MAX = 32 };

/* Submitted on Monday 2026-04-13 at nine; acted upon an hour later. */
struct onboarding_case case_of_hospital(enum application_event event);
struct onboarding_case case_of_pharmacy(enum application_event event);

/* The findings are exactly these: "rule" or "rule:subject", separated by blanks; "" is none. */
void case_expect(const struct onboarding_case *c, const char *findings);

#endif
