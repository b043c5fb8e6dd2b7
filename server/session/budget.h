/* What a caller who asks too often is told, and how it is counted. */
#ifndef SESSION_BUDGET_H
#define SESSION_BUDGET_H

#include "session/reception.h"

/* The one finding that names the budget, as a list of one; constant. */
Rxcirc__V1__Finding **budget_finding(enum budget budget);
/* The place of a role among the counters, and the words of the page. */
unsigned budget_class(enum caller_role role);
const char *budget_class_word(unsigned class);
const char *budget_word(enum budget budget);

#endif
