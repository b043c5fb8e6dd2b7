/* In which order places with stock are shown: what serves the person, and nobody preferred.
 *
 * Everything before part before nothing; the county asked for before others; what was told lately
 * before what is stale.  Among equals the order is that of a number made from the place's code and
 * the search's own seed, so it changes from search to search and stays the same over the pages of
 * one (JIN15-1.3c, NT33-N2.3).  Nothing else of a place counts.  Pure.
 */
#ifndef RULES_STOCK_H
#define RULES_STOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STOCK_QUANTITY_E4_MAX INT64_C(100000000000) /* ten million units */
#define STOCK_PRICE_E6_MAX INT64_C(1000000000000)   /* one million yuan */

/* nat: accept */
enum stock_accept { STOCK_NOTHING = -1, STOCK_PART = 0, STOCK_ALL = 1 };

struct stock_rank {
	enum stock_accept accept;
	bool near;  /* in the county asked for */
	bool stale;
	uint64_t spin;
	const char *code;
};

enum stock_accept stock_accept_of(uint64_t found, size_t wants);
uint64_t stock_spin(uint64_t seed, const char *code);
/* As qsort wants it: which of two stands before the other. */
int stock_rank_compare(const struct stock_rank *a, const struct stock_rank *b);

#endif
