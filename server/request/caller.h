/* Who is calling, as the registry says at the request's start, and how far an officer sees. */
#ifndef REQUEST_CALLER_H
#define REQUEST_CALLER_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/limits.h"
#include "proto/status.h"

/* What a caller may be; methods are opened to a set of these. */
enum caller_role {
	CALLER_HOSPITAL = 1 << 0,
	CALLER_PHARMACY = 1 << 1,
	CALLER_CHANNEL = 1 << 2,
	CALLER_CITY_OFFICER = 1 << 3,
	CALLER_PROVINCE_OFFICER = 1 << 4,
	CALLER_APPLICANT = 1 << 5, /* an institution that may not do business just now */
};

enum { INSTITUTION_CODE_MAX = 12, REGION_CODE_LEN = 6, OFFICER_NAME_MAX = 150 };

struct caller {
	enum caller_role role;
	char code[INSTITUTION_CODE_MAX + 1];  /* institution or office */
	char region[REGION_CODE_LEN + 1];     /* of the institution; an officer's scope */
	uint8_t spki[SHA256_LEN];
	unsigned duties;                      /* officers: DUTY_BIT()s; else 0 */
	char officer[OFFICER_NAME_MAX + 1];   /* officers: name; else "" */
	enum status_reason closed;            /* applicants: why business is closed to them */
};

bool caller_is_officer(const struct caller *c);
/* A city officer sees its prefecture, the first four digits of a region code (GB/T 2260).  Nobody
 * else is bound by region: what an institution sees, its request kind says. */
bool caller_covers(const struct caller *c, const char *region);
/* The same as a prefix of region codes, for queries: "" = every region. */
const char *caller_scope(const struct caller *c, char ret[REGION_CODE_LEN + 1]);

#endif
