/* Whereto a hand-over may be brought (JIN15-2.5). */
#ifndef RULES_DELIVERY_H
#define RULES_DELIVERY_H

#include <stdbool.h>

/* Whether region `to` lies in the pooling region of an institution in region `from`: in the list of
 * regions (parameter pooling-region) that form it, or, where that says nothing, in the same
 * prefecture.  Pure. */
bool delivery_stays_inside(const char *from, const char *pooling_region, const char *to);

#endif
