#include "request/caller.h"

#include <string.h>

enum { PREFECTURE_DIGITS = 4 };

bool caller_is_officer(const struct caller *c)
{
	return c->role == CALLER_CITY_OFFICER || c->role == CALLER_PROVINCE_OFFICER;
}

static size_t bound_digits(const struct caller *c)
{
	return c->role == CALLER_CITY_OFFICER ? PREFECTURE_DIGITS : 0;
}

bool caller_covers(const struct caller *c, const char *region)
{
	return strncmp(region, c->region, bound_digits(c)) == 0;
}

const char *caller_scope(const struct caller *c, char ret[REGION_CODE_LEN + 1])
{
	size_t digits = bound_digits(c);

	memcpy(ret, c->region, digits);
	ret[digits] = '\0';
	return ret;
}
