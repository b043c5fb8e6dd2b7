/* Regions as lists and pairs: whom a hospital serves, whose prescriptions count where.
 *
 * A region covers what lies in it: 140000 the province, 140100 the prefecture, 140105 itself; "*"
 * covers everything.
 */
#ifndef RULES_REGION_H
#define RULES_REGION_H

#include <stdbool.h>

/* Whether `region` lies in one of the regions of a list parted by one space.  "" lies in "*"
 * only. */
bool region_is_listed(const char *list, const char *region);
/* Both told, and in different prefectures. */
bool region_is_foreign(const char *a, const char *b);
/* Both recognise each other; inside one prefecture there is nothing to recognise. */
bool region_is_recognised(const char *a, const char *list_of_a, const char *b,
	const char *list_of_b);

#endif
