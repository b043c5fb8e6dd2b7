/* The review of settlements: steps about their lines, and what the automatic review looks at
 * (TJ2-17b, TJ2-17c, SX15-8.4). */
#ifndef STORE_SETTLEMENT_REVIEW_H
#define STORE_SETTLEMENT_REVIEW_H

#include "domain/settlement_step.h"
#include "store/settlement.h"

extern const struct pg_statement settlement_decide_sql, settlements_review_sql;

struct stored_step {
	struct settlement_key key;
	int16_t line_no; /* 0 = the whole settlement */
	enum settlement_step step;
	const char *rule; /* refusals; else "", and the next three 0 */
	int16_t ground, action;
	int64_t amount_fen;
	const char *note, *officer;
	const char *scope;      /* officers: first digits of their regions; "" = all */
	const char *payee_code; /* payees: whose settlements; "" = an officer */
};

enum decide_misfit {
	DECIDE_NO_SETTLEMENT, /* no standing one of this id, or another's */
	DECIDE_OUT_OF_SCOPE,
	DECIDE_NO_LINE,
	DECIDE_SAME_OFFICER,  /* who refused does not decide about the appeal */
	DECIDE_TOO_MUCH,      /* more than the line, or than the fund paid */
	DECIDE_WRONG_STATE,   /* see store_decide_state() */
};

MUST_CHECK int store_settlement_decide(struct pg_unit *unit, struct arena *arena,
	const struct stored_step *step, const struct entry_write *w);
enum decide_misfit store_decide_misfit(const struct pg_unit *unit);
/* How the line stands. */
enum settlement_step store_decide_state(const struct pg_unit *unit);

/* A place in the order of prescriptions, fills and settlements. */
struct settlement_place {
	struct slice rx_id; /* empty = before all */
	int16_t fill_no, settlement_no;
};

struct review_query {
	int64_t from_ms, until_ms;
	const char *payee_code; /* "" = every one */
	const char *scope;      /* first digits of the regions; "" = all */
	struct settlement_place after;
	int32_t limit;
};

enum { REVIEW_LINES_MAX = 64 };

struct reviewed_settlement {
	struct settlement_place place;
	const char *settlement_id, *payee_code, *reporter_code, *region, *service_code;
	enum fee_kind kind;
	int64_t settled_at_ms;
	bool internet, cross_region, online;
	int64_t total_fen, pooled_fund_fen, personal_account_fen;
	int64_t refused_fen;
	bool paid;
	struct slice person_key;
	bool remains;            /* of its fill something is still with the patient */
	int64_t dispensed_at_ms; /* 0 = no fill */
	int64_t net_fen;         /* of the fill without what was returned */
	size_t untraced_count;   /* lines of the fill handed over without any trace code */
	struct slice untraced[REVIEW_LINES_MAX]; /* their drugs */
	bool authenticated;      /* its real-name check was reported and passed */
	size_t lines;            /* of the fill */
	struct slice drugs[REVIEW_LINES_MAX];
	int64_t prices_e6[REVIEW_LINES_MAX];
};

MUST_CHECK int store_settlements_review(struct pg_unit *unit, struct arena *arena,
	const struct review_query *query);
/* Borrowed until the unit is cleared. */
void store_reviewed_read(const struct pg_unit *unit, int row, struct reviewed_settlement *ret);

#endif
