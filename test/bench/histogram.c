#include "test/bench/histogram.h"

#include <string.h>

enum { SUBS = 1 << HISTOGRAM_SUB_BITS };

static uint64_t value_cap(uint64_t value)
{
	const uint64_t largest = (UINT64_C(1) << HISTOGRAM_VALUE_BITS) - 1;

	return value < largest ? value : largest;
}

static unsigned slot_of(uint64_t value)
{
	unsigned shift;

	if (value < 2 * SUBS)
		return (unsigned)value;
	shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
	return shift * SUBS + (unsigned)(value >> shift);
}

/* The largest value that falls into the slot. */
static uint64_t slot_top(unsigned slot)
{
	unsigned shift;

	if (slot < 2 * SUBS)
		return slot;
	shift = slot / SUBS - 1;
	return (((uint64_t)(slot % SUBS) + SUBS + 1) << shift) - 1;
}

void histogram_clear(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
}

void histogram_record(struct histogram *h, uint64_t value)
{
	value = value_cap(value);
	h->slots[slot_of(value)]++;
	h->count++;
	if (value > h->max)
		h->max = value;
}

uint64_t histogram_at(const struct histogram *h, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)h->count), seen = 0;

	if ((double)wanted < share * (double)h->count || wanted == 0)
		wanted++; /* rounded up: the rank, counted from one */
	for (unsigned i = 0; i < HISTOGRAM_SLOTS; i++) {
		seen += h->slots[i];
		if (seen >= wanted)
			return slot_top(i) < h->max ? slot_top(i) : h->max;
	}
	return h->max;
}
