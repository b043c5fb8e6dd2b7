/* Moments that callers name: ms since 1970 UTC within the years that calendars and tables have. */
#ifndef DOMAIN_MOMENT_H
#define DOMAIN_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

static const int64_t MOMENT_MS_MAX = 253402300799999; /* the last of the year 9999 */

static inline bool moment_is_sound(int64_t at_ms)
{
	return at_ms >= 0 && at_ms <= MOMENT_MS_MAX;
}

#endif
