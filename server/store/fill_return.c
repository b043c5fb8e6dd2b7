#include "store/fill_return.h"

#include "base/ensure.h"
#include "base/err.h"

/* $30 .. $42.  A reversal takes the quantity out of what was handed over, a return notes it. */
const struct pg_statement fill_return_sql = {"fill_return",
	RX_CHANGE_ROW
	", back AS ("
	" SELECT b.line_no, b.quantity, b.amount FROM rx, unnest($36::int2[], $37::int8[], $38::int8[])"
	"  AS b (line_no, quantity, amount)"
	"), owed AS ("
	" UPDATE prescription_line l SET"
	"  dispensed_e4 = l.dispensed_e4 - CASE WHEN $32::int2 = 2 THEN b.quantity ELSE 0 END,"
	"  returned_e4 = l.returned_e4 + CASE WHEN $32 = 1 THEN b.quantity ELSE 0 END"
	" FROM back b WHERE l.bucket = $1 AND l.rx_id = $2 AND l.line_no = b.line_no"
	"), handed AS ("
	" UPDATE fill_line l SET returned_e4 = l.returned_e4 + b.quantity FROM back b"
	" WHERE l.bucket = $1 AND l.rx_id = $2 AND l.fill_no = $31::int2 AND l.line_no = b.line_no"
	"), returned AS ("
	" INSERT INTO fill_return (bucket, rx_id, return_no, fill_no, seq, kind, reason, pharmacy_code,"
	"  pharmacist_code, returned_at, total_fen)"
	" SELECT $1, $2, $30::int2, $31, $3 + 1, $32, $33::int2, $19, $34::text, $17, $35::int8 FROM rx"
	"), returned_line AS ("
	" INSERT INTO fill_return_line (bucket, rx_id, return_no, line_no, quantity_e4, amount_fen)"
	" SELECT $1, $2, $30, b.line_no, b.quantity, b.amount FROM back b"
	"), mark AS ("
	" SELECT m.bucket::int4 AS bucket, m.code, m.line_no FROM rx,"
	"  unnest($39::int8[], $40::text[], $41::int2[], $42::int2[])"
	"   AS m (bucket, code, line_no, mode)"
	"), came AS ("
	" UPDATE trace_sale s SET returned_at = $17 FROM mark m WHERE s.bucket = m.bucket"
	"  AND s.code = m.code AND s.rx_id = $2 AND s.fill_no = $31 AND s.line_no = m.line_no"
	"  AND s.returned_at IS NULL RETURNING s.bucket, s.code, s.mode"
	"), freed AS ("
	" UPDATE trace_code c SET whole_sales = c.whole_sales - (s.mode = 1)::int4,"
	"  split_sales = c.split_sales - (s.mode = 2)::int4,"
	"  flagged_sales = c.flagged_sales - (s.mode = 3)::int4"
	" FROM came s WHERE c.bucket = s.bucket AND c.code = s.code"
	")" RX_CHANGE_TOLD("$43"), RX_CHANGE_PARAMS + 14};

static int bind_lines(struct binder *b, struct arena *arena, const struct stored_return *back)
{
	int16_t numbers[RX_LINES_MAX];
	int64_t quantities[RX_LINES_MAX], amounts[RX_LINES_MAX];
	size_t n = back->line_count, cap = 3 * pg_array_room(n, 8 * n);
	uint8_t *room = arena_alloc(arena, cap);
	struct writer w;

	ensure(n >= 1 && n <= RX_LINES_MAX);
	if (room == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		numbers[i] = (int16_t)back->lines[i].line_no;
		quantities[i] = back->lines[i].quantity_e4;
		amounts[i] = back->lines[i].amount_fen;
	}
	writer_init(&w, room, cap);
	pg_param_array_i16(binder_next(b), &w, numbers, n);
	pg_param_array_i64(binder_next(b), &w, quantities, n);
	pg_param_array_i64(binder_next(b), &w, amounts, n);
	return 0;
}

int store_fill_return(struct pg_unit *unit, struct arena *arena, const struct rx_change *change,
	const struct stored_return *back)
{
	struct binder b;

	if (!binder_open(&b, arena, &fill_return_sql))
		return ERR_MEMORY;
	rx_change_bind(&b, change);
	pg_param_i16(binder_next(&b), back->return_no);
	pg_param_i16(binder_next(&b), back->fill_no);
	pg_param_i16(binder_next(&b), back->kind);
	pg_param_i16(binder_next(&b), back->reason);
	pg_param_text(binder_next(&b), back->pharmacist_code);
	pg_param_i64(binder_next(&b), back->total_fen);
	if (bind_lines(&b, arena, back) < 0 ||
		trace_marks_bind(&b, arena, back->codes, back->code_count) < 0)
		return ERR_MEMORY;
	rx_change_bind_told(&b, change);
	binder_close(&b, unit);
	return 0;
}
