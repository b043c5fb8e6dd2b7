/* How something may be paid: kind of fee, parts, insurance, price, what an online payment must
 * name, and who is paid.  No rule knows whether the visit was online (SX15-4.1, NT33-J1.2) or who
 * owns the hospital (NT33-N1.2). */
#ifndef RULES_SETTLEMENT_H
#define RULES_SETTLEMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Fen; nat: N16,2.  Four of them fit 64 bits. */
#define SETTLEMENT_FEN_MAX INT64_C(9999999999999999)

/* The numbers are those of FeeKind and of the table. */
enum fee_kind {
	FEE_CONSULTATION = 1,
	FEE_HOSPITAL_DRUGS,
	FEE_RETAIL_DRUGS,
	FEE_THIRD_PARTY_DRUGS,
};

struct settlement {
	int64_t total_fen;
	int64_t pooled_fund_fen, personal_account_fen, cash_fen;
	int64_t delivery_fee_fen; /* beside the total */
	bool online;              /* where it was paid */
	const char *insurance_type, *real_name_serial, *payment_order_no; /* "" = none */
	enum fee_kind kind;
	uint32_t fill_no;         /* 0 = no hand-over */
	bool by_hospital;         /* else a pharmacy reports it */
	bool by_issuer;           /* the hospital that issued the prescription reports it */
	bool is_supplier;         /* the hospital designated the reporter to supply drugs */
	const char *service_code; /* of a consultation; "" = none */
	int64_t price_max_fen;    /* ordinary price of a consultation; -1 = nobody set one */
};

struct settlement_rule {
	const char *id, *field, *source, *english, *chinese;
	bool (*broken)(const struct settlement *s);
};

/* The broken rules, one after the other: the first one behind `previous` (NULL = from the
 * beginning), NULL when there is no further.  Pure. */
const struct settlement_rule *settlement_broken_next(const struct settlement *s,
	const struct settlement_rule *previous);

/* Whom the agency pays: a retail pharmacy itself, otherwise the host of the hospital (JIN15-1.2c,
 * SX15-7.1, SX15-7.2).  Pure. */
const char *settlement_payee(enum fee_kind kind, const char *reporter, const char *host);

/* The lowest price that anybody set, of the region's, the code table's and the hospital's own
 * (0 = none), or -1 when neither of the first two is there.  Fen.  Pure. */
int64_t settlement_price_max(int64_t region_fen, int64_t table_fen, int64_t own_fen);

#endif
