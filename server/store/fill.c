#include "store/fill.h"

#include "base/ensure.h"
#include "base/err.h"

/* $30 .. $37 */
#define FILL_PARTS \
	", owed AS (" \
	" UPDATE prescription_line l SET dispensed_e4 = l.dispensed_e4 + f.quantity" \
	" FROM rx, unnest($33::int2[], $35::int8[]) AS f (line_no, quantity)" \
	" WHERE l.bucket = $1 AND l.rx_id = $2 AND l.line_no = f.line_no" \
	"), filled AS (" \
	" INSERT INTO fill (bucket, rx_id, fill_no, pharmacy_code, pharmacist_code, dispensed_at," \
	"  seq, total_fen, round, channel)" \
	" SELECT $1, $2, $26, $19, $30::text, $17, $3 + 1, $31::int8, $27, $32::text FROM rx" \
	"), filled_line AS (" \
	" INSERT INTO fill_line (bucket, rx_id, fill_no, line_no, drug_code, quantity_e4," \
	"  unit_price_e6, amount_fen)" \
	" SELECT $1, $2, $26, f.line_no, f.drug_code, f.quantity, f.price, f.amount FROM rx," \
	"  unnest($33, $34::text[], $35, $36::int8[], $37::int8[])" \
	"   AS f (line_no, drug_code, quantity, price, amount)" \
	")"

/* $38 .. $41: in ascending order, so that two hand-overs wait for each other in one direction only.
 * A code that was sold meanwhile breaks trace_code_once_ck, and nothing of it happens. */
#define TRACE_PARTS \
	", mark AS (" \
	" SELECT m.bucket::int4 AS bucket, m.code, m.line_no, m.mode" \
	" FROM unnest($38::int8[], $39::text[], $40::int2[], $41::int2[])" \
	"  AS m (bucket, code, line_no, mode)" \
	"), sold AS (" \
	" INSERT INTO trace_code AS c (bucket, code, whole_sales, split_sales, flagged_sales)" \
	" SELECT m.bucket, m.code, (m.mode = 1)::int4, (m.mode = 2)::int4, (m.mode = 3)::int4" \
	" FROM rx, mark m ORDER BY m.bucket, m.code" \
	" ON CONFLICT (bucket, code) DO UPDATE SET" \
	"  whole_sales = c.whole_sales + EXCLUDED.whole_sales," \
	"  split_sales = c.split_sales + EXCLUDED.split_sales," \
	"  flagged_sales = c.flagged_sales + EXCLUDED.flagged_sales" \
	"), sale AS (" \
	" INSERT INTO trace_sale (bucket, code, rx_id, fill_no, line_no, mode, pharmacy_code, region," \
	"  sold_at)" \
	" SELECT m.bucket, m.code, $2, $26, m.line_no, m.mode, $19, $21, $17 FROM rx, mark m" \
	")"

enum { FILL_PARAMS = RX_CHANGE_PARAMS + 8, TRACED_PARAMS = FILL_PARAMS + 4 };

const struct pg_statement fill_put_sql = {"fill_put",
	RX_CHANGE_ROW FILL_PARTS RX_CHANGE_TOLD("$38"), FILL_PARAMS + 1};
const struct pg_statement fill_put_traced_sql = {"fill_put_traced",
	RX_CHANGE_ROW FILL_PARTS TRACE_PARTS RX_CHANGE_TOLD("$42"), TRACED_PARAMS + 1};

static int bind_fill(struct binder *b, struct arena *arena, const struct stored_fill *f)
{
	int16_t numbers[RX_LINES_MAX];
	struct slice codes[RX_LINES_MAX];
	int64_t quantities[RX_LINES_MAX], prices[RX_LINES_MAX], amounts[RX_LINES_MAX];
	size_t n = f->line_count, bytes = 0, cap;
	struct writer w;
	uint8_t *room;

	ensure(n >= 1 && n <= RX_LINES_MAX);
	for (size_t i = 0; i < n; i++) {
		numbers[i] = (int16_t)f->lines[i].line_no;
		codes[i] = slice_of_text(f->lines[i].drug_code);
		quantities[i] = f->lines[i].quantity_e4;
		prices[i] = f->lines[i].unit_price_e6;
		amounts[i] = f->lines[i].amount_fen;
		bytes += codes[i].len;
	}
	cap = pg_array_room(n, bytes) + 4 * pg_array_room(n, 8 * n);
	room = arena_alloc(arena, cap);
	if (room == NULL)
		return ERR_MEMORY;
	writer_init(&w, room, cap);
	pg_param_text(binder_next(b), f->pharmacist_code);
	pg_param_i64(binder_next(b), f->total_fen);
	pg_param_text(binder_next(b), f->channel);
	pg_param_array_i16(binder_next(b), &w, numbers, n);
	pg_param_array_text(binder_next(b), &w, codes, n);
	pg_param_array_i64(binder_next(b), &w, quantities, n);
	pg_param_array_i64(binder_next(b), &w, prices, n);
	pg_param_array_i64(binder_next(b), &w, amounts, n);
	return 0;
}

int store_fill_put(struct pg_unit *unit, struct arena *arena, const struct rx_change *change,
	const struct stored_fill *fill)
{
	bool traced = fill->code_count > 0;
	struct binder b;

	if (!binder_open(&b, arena, traced ? &fill_put_traced_sql : &fill_put_sql))
		return ERR_MEMORY;
	rx_change_bind(&b, change);
	if (bind_fill(&b, arena, fill) < 0 ||
		(traced && trace_marks_bind(&b, arena, fill->codes, fill->code_count) < 0))
		return ERR_MEMORY;
	rx_change_bind_told(&b, change);
	binder_close(&b, unit);
	return 0;
}
