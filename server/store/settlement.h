/* How things were paid (TJ2-15a, SX15-4.3), and the receipts the patients got for it. */
#ifndef STORE_SETTLEMENT_H
#define STORE_SETTLEMENT_H

#include "base/arena.h"
#include "rules/settlement.h"
#include "store/entry.h"

extern const struct pg_statement settlement_put_sql, settlement_reverse_sql, receipt_put_sql;

struct stored_settlement {
	const uint8_t *rx_id; /* RX_ID_LEN */
	int16_t fill_no;
	const char *settlement_id;
	int64_t settled_at_ms;
	const struct settlement *parts;
	bool cross_region;
	const uint8_t *serial_mac; /* SHA256_LEN; NULL = no authentication named */
	const char *hospital_code; /* the prescription's, whose check the serial is of */
	const char *payee_code, *pay_channel, *payment_method;
};

/* Why a settlement does not fit; the numbers are those of the statement. */
enum settlement_misfit {
	SETTLEMENT_NO_FILL,     /* this caller has no such fill, or consultation */
	SETTLEMENT_TOTAL_WRONG, /* the fill's total, without what was returned, is another */
	SETTLEMENT_STANDS,      /* another settlement of this fill stands */
	SETTLEMENT_BLOCKED,     /* the insurance does not pay for this person now (SX15-8.9) */
};

/* 0 or ERR_MEMORY. */
MUST_CHECK int store_settlement_put(struct pg_unit *unit, struct arena *arena,
	const struct stored_settlement *settlement, const struct entry_write *w);
enum settlement_misfit store_settlement_misfit(const struct pg_unit *unit);

/* Which settlement, of whoever reported it. */
struct settlement_key {
	const uint8_t *rx_id; /* RX_ID_LEN */
	int16_t fill_no;
	const char *settlement_id;
};

struct stored_reversal {
	struct settlement_key key;
	const char *reversal_id, *operator, *note;
	int16_t reason;
	int64_t reversed_at_ms;
	int64_t total_fen, pooled_fund_fen, personal_account_fen, cash_fen, delivery_fee_fen;
};

enum reversal_misfit {
	REVERSAL_NO_SETTLEMENT, /* none of this id that this caller reported */
	REVERSAL_PARTS_DIFFER,  /* it was settled with other amounts */
	REVERSAL_STANDS,        /* it was reversed already, otherwise */
	REVERSAL_NOT_RETURNED,  /* nothing of the fill was returned */
};

MUST_CHECK int store_settlement_reverse(struct pg_unit *unit, struct arena *arena,
	const struct stored_reversal *reversal, const struct entry_write *w);
enum reversal_misfit store_reversal_misfit(const struct pg_unit *unit);

struct stored_receipt {
	struct settlement_key key;
	int16_t kind;
	const char *number;
	int64_t issued_at_ms;
};

enum receipt_misfit {
	RECEIPT_NO_SETTLEMENT, /* no standing one of this id that this caller reported */
	RECEIPT_STANDS,        /* another receipt of the kind */
};

MUST_CHECK int store_receipt_put(struct pg_unit *unit, struct arena *arena,
	const struct stored_receipt *receipt, const struct entry_write *w);
enum receipt_misfit store_receipt_misfit(const struct pg_unit *unit);

#endif
