#include "store/stock.h"

#include "base/err.h"

/* A whole inventory's page is taken when it begins a newer one or goes on where this one stands.
 * With the last page everything that no page named and nobody told later is out of stock; the last
 * page's own drugs do not stand in the table as this inventory's yet, so they are named.  Rows are
 * put in the order of their key: two pages of one institution do not wait for each other. */
#define ITS_FEED " FROM stock_feed f WHERE f.pharmacy_code = $1::text"
#define NEWER(c) "CASE WHEN EXCLUDED.as_of >= o.as_of THEN EXCLUDED." c " ELSE o." c " END"
const struct pg_statement stock_put_sql = {"stock_put",
	"WITH ok AS (SELECT 1 WHERE $3::int8 = 0 OR coalesce("
	" (SELECT (f.feed_no < $3 AND $5::int2 = 1) OR (f.feed_no = $3 AND f.pages = $4::int2"
	"   AND $5 <= f.pages_taken + 1)" ITS_FEED "), $5 = 1)"
	"), feed AS ("
	" INSERT INTO stock_feed AS o (pharmacy_code, as_of, received_at, feed_no, pages, pages_taken,"
	"  complete_as_of)"
	" SELECT $1, $12::timestamptz, $2::timestamptz, $3, $4, $5,"
	"  CASE WHEN $3 > 0 AND $5 = $4 THEN $6::timestamptz END FROM ok"
	" ON CONFLICT (pharmacy_code) DO UPDATE SET as_of = greatest(o.as_of, EXCLUDED.as_of),"
	"  received_at = greatest(o.received_at, EXCLUDED.received_at),"
	"  feed_no = greatest(o.feed_no, EXCLUDED.feed_no),"
	"  pages = CASE WHEN EXCLUDED.feed_no > o.feed_no THEN EXCLUDED.pages ELSE o.pages END,"
	"  pages_taken = CASE WHEN EXCLUDED.feed_no > o.feed_no THEN EXCLUDED.pages_taken"
	"   WHEN EXCLUDED.feed_no = o.feed_no THEN greatest(o.pages_taken, EXCLUDED.pages_taken)"
	"   ELSE o.pages_taken END,"
	"  complete_as_of = greatest(o.complete_as_of, EXCLUDED.complete_as_of)"
	"), put AS ("
	" INSERT INTO stock AS o (pharmacy_code, drug_code, quantity_e4, unit, price_e6, as_of,"
	"  feed_no)"
	" SELECT $1, n.code, n.quantity, n.unit, n.price, n.at, $3 FROM ok,"
	"  unnest($7::text[], $8::int8[], $9::text[], $10::int8[], $11::timestamptz[])"
	"  AS n (code, quantity, unit, price, at) ORDER BY n.code"
	" ON CONFLICT (pharmacy_code, drug_code) DO UPDATE SET"
	"  quantity_e4 = " NEWER("quantity_e4") ", unit = " NEWER("unit") ","
	"  price_e6 = " NEWER("price_e6") ", as_of = greatest(o.as_of, EXCLUDED.as_of),"
	"  feed_no = greatest(o.feed_no, EXCLUDED.feed_no)"
	" WHERE EXCLUDED.feed_no > o.feed_no OR (EXCLUDED.as_of >= o.as_of"
	"  AND (EXCLUDED.quantity_e4, EXCLUDED.unit, EXCLUDED.price_e6, EXCLUDED.as_of)"
	"  IS DISTINCT FROM (o.quantity_e4, o.unit, o.price_e6, o.as_of))"
	"), gone AS ("
	" UPDATE stock s SET quantity_e4 = 0, as_of = $6, feed_no = $3 FROM ok"
	" WHERE $3 > 0 AND $5 = $4 AND s.pharmacy_code = $1 AND s.feed_no < $3 AND s.as_of <= $6"
	" AND s.quantity_e4 > 0 AND s.drug_code <> ALL ($7))"
	" SELECT EXISTS (SELECT FROM ok), coalesce((SELECT f.feed_no" ITS_FEED "), 0),"
	" coalesce((SELECT f.pages" ITS_FEED "), 0)::int2,"
	" coalesce((SELECT f.pages_taken" ITS_FEED "), 0)::int2", 12};

const struct pg_statement stock_feed_sql = {"stock_feed",
	"SELECT f.feed_no, f.pages, f.pages_taken" ITS_FEED, 1};

const struct pg_statement stock_feeds_sql = {"stock_feeds",
	"SELECT f.as_of, f.received_at, f.complete_as_of,"
	" (SELECT count(*) FROM stock s WHERE s.pharmacy_code = p.code AND s.quantity_e4 > 0)"
	" FROM unnest($1::text[]) WITH ORDINALITY AS p (code, place)"
	" LEFT JOIN stock_feed f ON f.pharmacy_code = p.code ORDER BY p.place", 1};

/* One look into the key per institution and drug.  Without OFFSET 0 the planner may turn the join
 * round and read whole inventories. */
const struct pg_statement stock_find_sql = {"stock_find",
	"SELECT (a.place - 1)::int4, a.found, a.total, coalesce(a.as_of, a.told) FROM ("
	" SELECT p.place, f.as_of AS told,"
	"  coalesce(bit_or(1::int8 << (w.n - 1)::int4) FILTER (WHERE s.quantity_e4 >= w.needed), 0)"
	"   AS found,"
	"  coalesce(sum(round(s.price_e6::numeric * w.quantity / 100000000))"
	"   FILTER (WHERE s.quantity_e4 >= w.needed), 0)::int8 AS total,"
	"  min(s.as_of) FILTER (WHERE s.quantity_e4 >= w.needed) AS as_of"
	" FROM unnest($1::text[]) WITH ORDINALITY AS p (code, place)"
	" JOIN stock_feed f ON f.pharmacy_code = p.code"
	" CROSS JOIN unnest($2::text[], $3::int8[], $4::int8[]) WITH ORDINALITY"
	"  AS w (drug, needed, quantity, n)"
	" LEFT JOIN LATERAL (SELECT t.quantity_e4, t.price_e6, t.as_of FROM stock t"
	"  WHERE t.pharmacy_code = p.code AND t.drug_code = w.drug OFFSET 0) s ON true"
	" GROUP BY p.place, f.as_of) a", 4};

/* ---- putting -------------------------------------------------------------------------------- */

/* Columns of the rows: each call turns one member of every row into an array parameter. */
struct columns {
	const struct stock_row *rows;
	size_t count;
	struct slice *texts;
	int64_t *numbers;
	struct writer out;
};

static int columns_open(struct columns *c, struct arena *arena, const struct stock_page *page)
{
	size_t bytes = 0, cap;
	uint8_t *out;

	*c = (struct columns){.rows = page->rows, .count = page->count};
	for (size_t i = 0; i < c->count; i++)
		bytes += slice_of_text(c->rows[i].drug_code).len + slice_of_text(c->rows[i].unit).len;
	cap = bytes + 2 * pg_array_room(c->count, 0) + 3 * pg_array_len_i64(c->count);
	out = arena_alloc(arena, cap);
	c->texts = arena_array(arena, c->count + 1, sizeof(*c->texts));
	c->numbers = arena_array(arena, c->count + 1, sizeof(*c->numbers));
	if (out == NULL || c->texts == NULL || c->numbers == NULL)
		return ERR_MEMORY;
	writer_init(&c->out, out, cap);
	return 0;
}

#define BIND(b, c, member, type, from, array) \
	do { \
		for (size_t i_ = 0; i_ < (c)->count; i_++) \
			(c)->array[i_] = from((c)->rows[i_].member); \
		pg_param_array_##type(binder_next(b), &(c)->out, (c)->array, (c)->count); \
	} while (0)

int store_stock_put(struct pg_unit *unit, struct arena *arena, const struct stock_page *page)
{
	struct columns c;
	struct binder b;

	if (!binder_open(&b, arena, &stock_put_sql) || columns_open(&c, arena, page) < 0)
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), page->pharmacy_code);
	pg_param_time(binder_next(&b), page->received_at_ms);
	pg_param_i64(binder_next(&b), page->feed_no);
	pg_param_i16(binder_next(&b), page->pages);
	pg_param_i16(binder_next(&b), page->page);
	pg_param_time(binder_next(&b), page->as_of_ms);
	BIND(&b, &c, drug_code, text, slice_of_text, texts);
	BIND(&b, &c, quantity_e4, i64, , numbers);
	BIND(&b, &c, unit, text, slice_of_text, texts);
	BIND(&b, &c, price_e6, i64, , numbers);
	BIND(&b, &c, as_of_ms, time, , numbers);
	pg_param_time(binder_next(&b), page->newest_ms);
	binder_close(&b, unit);
	return 0;
}

bool store_stock_put_read(const struct pg_unit *u, unsigned q, struct stock_feed_state *ret)
{
	*ret = (struct stock_feed_state){pg_i64(u, q, 0, 1), pg_i16(u, q, 0, 2), pg_i16(u, q, 0, 3)};
	return pg_bool(u, q, 0, 0);
}

int store_stock_feed(struct pg_unit *unit, struct arena *arena, const char *pharmacy_code)
{
	struct binder b;

	if (!binder_open(&b, arena, &stock_feed_sql))
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), pharmacy_code);
	binder_close(&b, unit);
	return 0;
}

void store_stock_feed_read(const struct pg_unit *u, unsigned q, struct stock_feed_state *ret)
{
	*ret = (struct stock_feed_state){.feed_no = 0};
	if (pg_rows(u, q) > 0)
		*ret = (struct stock_feed_state){pg_i64(u, q, 0, 0), pg_i16(u, q, 0, 1),
			pg_i16(u, q, 0, 2)};
}

/* ---- asking --------------------------------------------------------------------------------- */

int store_stock_feeds(struct pg_unit *unit, struct arena *arena, const struct slice *codes,
	size_t count)
{
	struct binder b;

	if (!binder_open(&b, arena, &stock_feeds_sql) || binder_texts(&b, arena, codes, count) < 0)
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}

static int64_t time_or_0(const struct pg_unit *u, unsigned q, int row, int column)
{
	return pg_is_null(u, q, row, column) ? 0 : pg_time(u, q, row, column);
}

void store_stock_feeds_read(const struct pg_unit *u, unsigned q, int row, struct stock_feed *ret)
{
	*ret = (struct stock_feed){time_or_0(u, q, row, 0), time_or_0(u, q, row, 1),
		time_or_0(u, q, row, 2), pg_i64(u, q, row, 3)};
}

int store_stock_find(struct pg_unit *unit, struct arena *arena, const struct stock_search *s)
{
	struct binder b;

	if (!binder_open(&b, arena, &stock_find_sql) ||
		binder_texts(&b, arena, s->codes, s->codes_count) < 0 ||
		binder_texts(&b, arena, s->drugs, s->wants) < 0 ||
		binder_i64s(&b, arena, s->needed_e4, s->wants) < 0 ||
		binder_i64s(&b, arena, s->quantity_e4, s->wants) < 0)
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}

void store_stock_find_read(const struct pg_unit *u, unsigned q, int row, struct stock_found *ret)
{
	*ret = (struct stock_found){pg_i32(u, q, row, 0), (uint64_t)pg_i64(u, q, row, 1),
		pg_i64(u, q, row, 2), pg_time(u, q, row, 3)};
}
