#include "domain/delivery.h"

#include "base/ensure.h"

#define LOST \
	(DELIVERY_BIT(DELIVERY_FAILED) | DELIVERY_BIT(DELIVERY_RETURNED) | \
		DELIVERY_BIT(DELIVERY_CANCELLED))

static const struct {
	const char *word;
	unsigned follows;
} table[DELIVERY_EVENTS] = {
	[DELIVERY_ORDERED] = {"ordered", LOST},
	[DELIVERY_COLLECTED] = {"collected", DELIVERY_BIT(DELIVERY_ORDERED)},
	[DELIVERY_UNDER_WAY] = {"under-way",
		DELIVERY_BIT(DELIVERY_COLLECTED) | DELIVERY_BIT(DELIVERY_UNDER_WAY)},
	[DELIVERY_SIGNED] = {"signed", DELIVERY_BIT(DELIVERY_UNDER_WAY)},
	[DELIVERY_FAILED] = {"failed",
		DELIVERY_BIT(DELIVERY_COLLECTED) | DELIVERY_BIT(DELIVERY_UNDER_WAY)},
	[DELIVERY_RETURNED] = {"returned", DELIVERY_BIT(DELIVERY_FAILED)},
	[DELIVERY_CANCELLED] = {"cancelled", DELIVERY_BIT(DELIVERY_ORDERED)},
};

unsigned delivery_follows(enum delivery_event event)
{
	ensure(event >= DELIVERY_ORDERED && event < DELIVERY_EVENTS);
	return table[event].follows;
}

bool delivery_is_lost(enum delivery_event event)
{
	return (LOST & DELIVERY_BIT(event)) != 0;
}

const char *delivery_word(enum delivery_event event)
{
	ensure(event >= DELIVERY_ORDERED && event < DELIVERY_EVENTS);
	return table[event].word;
}
