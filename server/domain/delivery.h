/* The life of one order to deliver: which step may follow which.
 *
 *     ordered -> collected -> under way (again and again) -> signed
 *        |           +------------+-----> failed -> returned to the pharmacy
 *        +-> cancelled
 *
 * The last step is the state.  A fill may be ordered anew when its last order failed (returned or
 * not) or was cancelled; signed is the end.
 * The numbers are stored and stand in delivery.proto; they never change.  Pure.  Threads: any.
 */
#ifndef DOMAIN_DELIVERY_H
#define DOMAIN_DELIVERY_H

#include <stdbool.h>

enum delivery_event {
	DELIVERY_ORDERED = 1,
	DELIVERY_COLLECTED,
	DELIVERY_UNDER_WAY,
	DELIVERY_SIGNED,
	DELIVERY_FAILED,
	DELIVERY_RETURNED,
	DELIVERY_CANCELLED,
	DELIVERY_EVENTS, /* one more than the last */
};

#define DELIVERY_BIT(event) (1u << (event))

/* The steps, as a set of DELIVERY_BIT()s, that this one may follow; ORDERED: those of the order
 * before it, when there is one. */
unsigned delivery_follows(enum delivery_event event);
/* Ended, and not handed over. */
bool delivery_is_lost(enum delivery_event event);
/* Stable word: "under-way". */
const char *delivery_word(enum delivery_event event);

#endif
