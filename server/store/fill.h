/* Hand-overs in PostgreSQL: the fill, its lines and trace codes, one statement with the change. */
#ifndef STORE_FILL_H
#define STORE_FILL_H

#include "rules/fill.h"
#include "store/rx_change.h"
#include "store/trace_code.h"

struct stored_fill {
	const char *pharmacist_code;
	const char *channel;             /* "store" or "online" */
	const struct fill_line *lines;   /* 1 .. RX_LINES_MAX */
	size_t line_count;
	int64_t total_fen;
	const struct trace_mark *codes;  /* 0 .. TRACE_RECORD_MAX, each once */
	size_t code_count;
};

extern const struct pg_statement fill_put_sql;
extern const struct pg_statement fill_put_traced_sql;

/* ERR_DB_CHECK when it runs: a code was sold meanwhile. */
MUST_CHECK int store_fill_put(struct pg_unit *unit, struct arena *arena,
	const struct rx_change *change, const struct stored_fill *fill);

#endif
