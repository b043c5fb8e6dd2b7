/* A prescription that keeps every rule, to be spoilt in one place by each test. */
#ifndef TEST_RULES_CASE_H
#define TEST_RULES_CASE_H

#include "rules/upload.h"

enum { CASE_LINES = 16, CASE_FINDINGS = 64 };
/* Dated facts hold so long before and after the issue. */
static const int64_t CASE_SPAN_MS = INT64_C(365) * 24 * 3600 * 1000;
#define CASE_BENEFITS \
	"employee-pooling personal-account resident-pooling chronic-special dual-channel"

struct upload_case {
	struct upload_facts facts;
	struct institution hospital, host;
	struct practitioner physician, reviewer;
	struct practice physician_practice, reviewer_practice;
	struct code drugs[CASE_LINES];
	struct upload_line lines[CASE_LINES];
	struct code diagnosis_codes[2];
	struct upload_diagnosis diagnoses[2];
};

/* Midnight in China of that day, as ms since 1970. */
int64_t china_ms(int year, int month, int day);

/* An internet hospital's western prescription of one line for an adult: no findings. */
void case_init(struct upload_case *c);
/* So many lines of this kind, each with this supply. */
void case_lines(struct upload_case *c, size_t count, int kind, int64_t days_e4);

/* The findings are exactly these rule ids, in this order; NULL-terminated. */
void case_expect(const struct upload_case *c, const char *const *ids);
#define EXPECT(c, ...) case_expect((c), (const char *const[]){__VA_ARGS__, NULL})
#define EXPECT_NONE(c) case_expect((c), (const char *const[]){NULL})

#endif
