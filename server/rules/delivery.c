#include "rules/delivery.h"

#include <string.h>

#include "rules/region.h"

enum { PREFECTURE_DIGITS = 4 };

bool delivery_stays_inside(const char *from, const char *pooling_region, const char *to)
{
	if (pooling_region[0] != '\0')
		return region_is_listed(pooling_region, to);
	/* Nobody's region is nowhere: an unknown one must not match another unknown one. */
	return strlen(from) >= PREFECTURE_DIGITS && strncmp(from, to, PREFECTURE_DIGITS) == 0;
}
