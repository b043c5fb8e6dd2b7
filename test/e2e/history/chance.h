/* Repeatable chance: the same seed, the same numbers (xorshift64*). */
#ifndef TEST_E2E_HISTORY_CHANCE_H
#define TEST_E2E_HISTORY_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
	uint64_t state;
};

static inline struct chance chance_new(uint64_t seed, uint64_t number)
{
	uint64_t x = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15) ^
		(number + 1) * UINT64_C(0xD1B54A32D192ED03);

	return (struct chance){x == 0 ? 1 : x};
}

static inline unsigned chance_below(struct chance *c, unsigned limit)
{
	c->state ^= c->state >> 12;
	c->state ^= c->state << 25;
	c->state ^= c->state >> 27;
	return (unsigned)((c->state * UINT64_C(2685821657736338717) >> 33) % limit);
}

static inline bool chance_is(struct chance *c, unsigned percent)
{
	return chance_below(c, 100) < percent;
}

#endif
