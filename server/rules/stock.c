#include "rules/stock.h"

#include <string.h>

enum { WORD_BITS = 64 };

enum stock_accept stock_accept_of(uint64_t found, size_t wants)
{
	uint64_t all = wants >= WORD_BITS ? UINT64_MAX : (UINT64_C(1) << wants) - 1;

	if ((found & all) == all)
		return STOCK_ALL;
	return (found & all) == 0 ? STOCK_NOTHING : STOCK_PART;
}

/* FNV-1a over the code, begun with the seed, then splitmix64's finish: neighbouring codes must not
 * stay neighbours. */
uint64_t stock_spin(uint64_t seed, const char *code)
{
	uint64_t h = seed ^ UINT64_C(0xcbf29ce484222325);

	for (; *code != '\0'; code++)
		h = (h ^ (unsigned char)*code) * UINT64_C(0x100000001b3);
	h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
	return h ^ (h >> 31);
}

int stock_rank_compare(const struct stock_rank *a, const struct stock_rank *b)
{
	if (a->accept != b->accept)
		return a->accept > b->accept ? -1 : 1;
	if (a->near != b->near)
		return a->near ? -1 : 1;
	if (a->stale != b->stale)
		return a->stale ? 1 : -1;
	if (a->spin != b->spin)
		return a->spin < b->spin ? -1 : 1;
	return strcmp(a->code, b->code);
}
