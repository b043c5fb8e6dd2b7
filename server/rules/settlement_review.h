/* The automatic review of a settlement that stands (TJ2-17b): one pure rule per question.  No rule
 * asks whether the visit was online (SX15-4.1, NT33-J1.2, TJ2-10b). */
#ifndef RULES_SETTLEMENT_REVIEW_H
#define RULES_SETTLEMENT_REVIEW_H

#include <stddef.h>

#include "rules/settlement.h"

struct review_facts {
	enum fee_kind kind;
	int64_t total_fen, pooled_fund_fen, personal_account_fen;
	int64_t settled_at_ms;
	bool paid_online;        /* where it was paid */
	bool authenticated;      /* its real-name check was reported and passed */
	bool blocked;            /* the insurance did not pay for this person then */
	bool remains;            /* of its fill something is still with the patient */
	int64_t dispensed_at_ms; /* 0 = there is no fill */
	int64_t net_fen;         /* of the fill without what was returned */
	int64_t untraced;        /* lines handed over without a trace code */
	int64_t overpriced;      /* lines above the catalogue's price of that day */
	int64_t price_max_fen;   /* consultation: the ordinary price of that day; -1 = none */
};

struct review_rule {
	const char *id, *field, *source, *english, *chinese;
	bool (*broken)(const struct review_facts *f);
};

/* As settlement_broken_next(). */
const struct review_rule *review_broken_next(const struct review_facts *f,
	const struct review_rule *previous);

/* Drawn for people to look at: so many of a thousand, by a keyed digest of the settlement, so that
 * everybody who asks sees the same sample and nobody can choose a number outside it. */
bool review_is_sampled(const uint8_t *digest, int64_t permille);

#endif
