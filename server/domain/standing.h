/* May an institution do business at this moment, and if not, why.
 *
 * Asked at every call, so what takes effect at a later time does so by itself, also for sessions
 * that are open.  The reason named is the nearest to the caller: its own status, its own
 * agreement, then its host's or its chain's.
 */
#ifndef DOMAIN_STANDING_H
#define DOMAIN_STANDING_H

#include "domain/agreement.h"
#include "domain/registry.h"

enum standing {
	STANDING_GOOD,
	STANDING_NOT_ACTIVE,
	STANDING_AGREEMENT_MISSING,      /* none, none signed by both, or its term has not begun */
	STANDING_AGREEMENT_SUSPENDED,
	STANDING_AGREEMENT_ENDED,        /* terminated or expired */
	STANDING_HOST_NOT_ACTIVE,
	STANDING_HOST_AGREEMENT_MISSING,
	STANDING_HOST_AGREEMENT_SUSPENDED,
	STANDING_HOST_AGREEMENT_ENDED,
	STANDING_CHAIN_NOT_ACTIVE,
};

struct standing_facts {
	const struct institution *self;
	const struct institution *host;         /* internet hospitals; NULL = not registered */
	const struct institution *chain;        /* stores of a chain; else NULL */
	const struct agreement *agreement;      /* the better ones of those it has, or NULL */
	const struct agreement *host_agreement;
};

/* The kind of agreement an institution of this kind needs to do business; 0 = none. */
enum agreement_kind standing_needs(enum institution_kind kind);
enum standing standing_of(const struct standing_facts *f, int64_t at_ms);

#endif
