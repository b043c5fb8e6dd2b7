/* What does not go together: hand-overs, settlements, returns, receipts. */
#ifndef STORE_SETTLEMENT_GAP_H
#define STORE_SETTLEMENT_GAP_H

#include "base/arena.h"
#include "db/pg_value.h"
#include "proto/limits.h"

extern const struct pg_statement settlement_gaps_sql, settlement_gap_counts_sql;

/* The numbers are those of SettlementGap. */
enum settlement_gap {
	GAP_FILL_UNSETTLED = 1,
	GAP_WITHOUT_FILL,
	GAP_NOT_REVERSED,
	GAP_WITHOUT_RECEIPT,
	GAPS_END,
};

struct gap_query {
	int64_t from_ms, until_ms;
	const char *institution_code; /* handed over, reported or is paid; "" = every one */
	const char *scope;            /* first digits of their regions; "" = all */
	int16_t gap;                  /* 0 = all */
	int16_t after_gap;            /* the last of the page before; 0 = from the beginning */
	struct slice after_rx_id;
	int16_t after_fill;
	int32_t limit;
};

struct gap_row {
	int16_t gap;
	struct slice rx_id;
	int16_t fill_no;
	const char *institution_code, *settlement_id;
	int64_t at_ms, fill_fen, settled_fen;
};

MUST_CHECK int store_settlement_gaps(struct pg_unit *unit, struct arena *arena,
	const struct gap_query *query);
/* Borrowed until the unit is cleared. */
void store_gap_read(const struct pg_unit *u, unsigned q, int row, struct gap_row *ret);

MUST_CHECK int store_gap_counts(struct pg_unit *unit, struct arena *arena,
	const struct gap_query *query);
/* By gap; those of which there is none stay 0. */
void store_gap_counts_read(const struct pg_unit *u, unsigned q, int64_t counts[GAPS_END]);

#endif
