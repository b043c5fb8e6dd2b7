/* One question after the other; the first true reason is told. */
#include "domain/standing.h"

enum agreement_kind standing_needs(enum institution_kind kind)
{
	if (kind == INSTITUTION_INTERNET_HOSPITAL)
		return AGREEMENT_SUPPLEMENTARY;
	if (kind == INSTITUTION_HOSPITAL || kind == INSTITUTION_PHARMACY)
		return AGREEMENT_DESIGNATION;
	return (enum agreement_kind)0;
}

static enum standing of_agreement(const struct agreement *a, int64_t at_ms)
{
	static const enum standing told[AGREEMENT_STATES] = {
		[AGREEMENT_DRAFT] = STANDING_AGREEMENT_MISSING,
		[AGREEMENT_SIGNED_BY_ONE] = STANDING_AGREEMENT_MISSING,
		[AGREEMENT_CONCLUDED] = STANDING_AGREEMENT_MISSING,
		[AGREEMENT_IN_FORCE] = STANDING_GOOD,
		[AGREEMENT_SUSPENDED] = STANDING_AGREEMENT_SUSPENDED,
		[AGREEMENT_TERMINATED] = STANDING_AGREEMENT_ENDED,
		[AGREEMENT_EXPIRED] = STANDING_AGREEMENT_ENDED,
	};

	return a == NULL ? STANDING_AGREEMENT_MISSING : told[agreement_state_at(a, at_ms)];
}

static enum standing of_host(const struct standing_facts *f, int64_t at_ms)
{
	static const enum standing told[] = {
		[STANDING_GOOD] = STANDING_GOOD,
		[STANDING_AGREEMENT_MISSING] = STANDING_HOST_AGREEMENT_MISSING,
		[STANDING_AGREEMENT_SUSPENDED] = STANDING_HOST_AGREEMENT_SUSPENDED,
		[STANDING_AGREEMENT_ENDED] = STANDING_HOST_AGREEMENT_ENDED,
	};

	if (f->host == NULL || f->host->status != INSTITUTION_ACTIVE)
		return STANDING_HOST_NOT_ACTIVE;
	return told[of_agreement(f->host_agreement, at_ms)];
}

enum standing standing_of(const struct standing_facts *f, int64_t at_ms)
{
	enum standing own = STANDING_GOOD;

	if (f->self->status != INSTITUTION_ACTIVE)
		return STANDING_NOT_ACTIVE;
	if (standing_needs(f->self->kind) != 0)
		own = of_agreement(f->agreement, at_ms);
	if (own != STANDING_GOOD)
		return own;
	if (f->self->kind == INSTITUTION_INTERNET_HOSPITAL)
		own = of_host(f, at_ms);
	if (own == STANDING_GOOD && f->chain != NULL && f->chain->status != INSTITUTION_ACTIVE)
		return STANDING_CHAIN_NOT_ACTIVE;
	return own;
}
