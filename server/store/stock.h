/* What institutions have in stock, in PostgreSQL (JIN15-2.2).
 *
 * Functions that fill a unit return 0 or ERR_MEMORY.
 */
#ifndef STORE_STOCK_H
#define STORE_STOCK_H

#include "base/arena.h"
#include "rules/stock.h"
#include "store/binder.h"

extern const struct pg_statement stock_put_sql;
extern const struct pg_statement stock_feed_sql;
extern const struct pg_statement stock_feeds_sql;
extern const struct pg_statement stock_find_sql;

struct stock_row {
	const char *drug_code, *unit;
	int64_t quantity_e4, price_e6, as_of_ms;
};

/* Rows, or one page of a whole inventory. */
struct stock_page {
	const char *pharmacy_code;
	int64_t received_at_ms;
	int64_t feed_no; /* 0 = no inventory: pages, page and as_of_ms do not count */
	int16_t pages, page;
	int64_t as_of_ms, newest_ms; /* of the inventory; of the rows */
	const struct stock_row *rows;
	size_t count;
};
MUST_CHECK int store_stock_put(struct pg_unit *unit, struct arena *arena,
	const struct stock_page *page);

/* Where an institution's inventory stands; all 0 when it never told anything. */
struct stock_feed_state {
	int64_t feed_no;
	int16_t pages, pages_taken;
};
MUST_CHECK int store_stock_feed(struct pg_unit *unit, struct arena *arena,
	const char *pharmacy_code);
void store_stock_feed_read(const struct pg_unit *unit, unsigned query,
	struct stock_feed_state *ret);
/* True when the page was taken; else *ret is why not. */
bool store_stock_put_read(const struct pg_unit *unit, unsigned query,
	struct stock_feed_state *ret);

/* One row per institution asked, in the order asked. */
MUST_CHECK int store_stock_feeds(struct pg_unit *unit, struct arena *arena,
	const struct slice *codes, size_t count);
struct stock_feed {
	int64_t as_of_ms, received_at_ms, complete_as_of_ms; /* 0 = none */
	int64_t drugs;
};
void store_stock_feeds_read(const struct pg_unit *unit, unsigned query, int row,
	struct stock_feed *ret);

/* Which of the institutions have what is wanted: a row for each that told anything, in no order
 * that means anything. */
struct stock_search {
	const struct slice *codes; /* of institutions */
	size_t codes_count;
	const struct slice *drugs; /* wanted, at most RX_LINES_MAX */
	const int64_t *needed_e4;  /* so much must be there .. */
	const int64_t *quantity_e4; /* .. and so much is paid for */
	size_t wants;
};
MUST_CHECK int store_stock_find(struct pg_unit *unit, struct arena *arena,
	const struct stock_search *search);
struct stock_found {
	int32_t place;   /* index of the institution */
	uint64_t found;  /* a bit for each want that is there */
	int64_t total_fen;
	int64_t as_of_ms;
};
void store_stock_find_read(const struct pg_unit *unit, unsigned query, int row,
	struct stock_found *ret);

#endif
