/* Returns and reversals in PostgreSQL: what came back, one statement with the change. */
#ifndef STORE_FILL_RETURN_H
#define STORE_FILL_RETURN_H

#include "rules/return.h"
#include "store/rx_change.h"
#include "store/trace_code.h"

struct stored_return {
	int16_t return_no, fill_no;
	int16_t kind, reason;             /* ReturnKind, ReturnReason */
	const char *pharmacist_code;
	const struct return_line *lines;  /* 1 .. RX_LINES_MAX */
	size_t line_count;
	int64_t total_fen;
	const struct trace_mark *codes;   /* those that come back; their mode is the ledger's */
	size_t code_count;
};

extern const struct pg_statement fill_return_sql;

MUST_CHECK int store_fill_return(struct pg_unit *unit, struct arena *arena,
	const struct rx_change *change, const struct stored_return *back);

#endif
