/* pharmacy stock: what a CSV file says is in stock, page by page; stopped and started again it goes
 * on where it was, and the same file again does nothing (JIN15-2.2). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/table.h"

enum { PAGE_ROWS = 500, PAGES_MAX = 400, QUANTITY_DIGITS = 12, QUANTITY_SCALE = 4,
	CODE_LENGTH_MAX = 50, UNIT_LENGTH_MAX = 10, NUMBER_LENGTH_MAX = 20 };

struct stock_line {
	char *drug_code, *quantity, *unit;
	int64_t price_e6;
};

static const struct column columns[] = {
	{"drug_code", COLUMN_TEXT, true, CODE_LENGTH_MAX, offsetof(struct stock_line, drug_code),
		NULL},
	{"quantity", COLUMN_TEXT, true, NUMBER_LENGTH_MAX, offsetof(struct stock_line, quantity),
		NULL},
	{"unit", COLUMN_TEXT, true, UNIT_LENGTH_MAX, offsetof(struct stock_line, unit), NULL},
	{"price", COLUMN_PRICE, true, NUMBER_LENGTH_MAX, offsetof(struct stock_line, price_e6), NULL},
};
static void line_init(void *row)
{
	memset(row, 0, sizeof(struct stock_line));
}

static const struct table_form form = {"stock", columns, sizeof(columns) / sizeof(columns[0]),
	sizeof(struct stock_line), line_init, NULL};

struct stock_file {
	struct table table;
	Rxcirc__V1__StockRow *rows, **list;
	int64_t as_of_ms;
	bool some; /* not a whole inventory */
	uint32_t pages;
	json_t *unknown;
};

/* The file's own time stands for the inventory's: the same file is the same inventory. */
static int as_of_read(const char *path, const char *as_of, int64_t *ret_ms)
{
	struct stat st;

	if (as_of)
		return china_time_parse_loose(as_of, ret_ms) == 0 ? 0 :
			fail(EXIT_USAGE, "--as-of must be \"yyyy-MM-dd HH:mm:ss\" or milliseconds",
				"--as-of 须为 “yyyy-MM-dd HH:mm:ss” 或毫秒数");
	if (stat(path, &st) < 0)
		return fail_file(path, -errno);
	*ret_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	return 0;
}

static int rows_make(struct stock_file *f)
{
	f->rows = calloc(f->table.count + 1, sizeof(*f->rows));
	f->list = calloc(f->table.count + 1, sizeof(*f->list));
	if (!f->rows || !f->list)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	for (size_t i = 0; i < f->table.count; i++) {
		const struct stock_line *line = table_row(&f->table, i);
		Rxcirc__V1__StockRow *row = &f->rows[i];

		rxcirc__v1__stock_row__init(row);
		if (decimal_parse(line->quantity, QUANTITY_DIGITS, QUANTITY_SCALE, QUANTITY_SCALE,
			&row->quantity_e4) != DECIMAL_OK)
			return fail(EXIT_LOCAL_FILE, "row %zu: quantity must be a number like 12.5",
				"第 %zu 行：数量须为数字，如 12.5", i + 1);
		row->drug_code = line->drug_code;
		row->unit = line->unit;
		row->price_e6 = line->price_e6;
		row->as_of_ms = f->some ? f->as_of_ms : 0;
		f->list[i] = row;
	}
	f->pages = (uint32_t)((f->table.count + PAGE_ROWS - 1) / PAGE_ROWS);
	if (f->pages >= 1 && f->pages <= PAGES_MAX)
		return 0;
	return fail(EXIT_LOCAL_FILE, "a file has 1 to %d drugs", "文件须含 1 至 %d 个药品",
		PAGE_ROWS * PAGES_MAX);
}

/* One page, or 0: where does this inventory stand? */
static int page_send(struct stock_file *f, rxc_client *client, uint32_t page, uint32_t *ret_next)
{
	Rxcirc__V1__PutStockRequest request = RXCIRC__V1__PUT_STOCK_REQUEST__INIT;
	size_t first = page == 0 ? 0 : (size_t)(page - 1) * PAGE_ROWS;
	Rxcirc__V1__PutStockResponse *reply;
	rxc_error *error = NULL;

	if (!f->some) {
		request.feed_no = f->as_of_ms;
		request.as_of_ms = f->as_of_ms;
		request.pages = f->pages;
		request.page = page;
	}
	if (page > 0) {
		request.rows = f->list + first;
		request.n_rows = f->table.count - first < PAGE_ROWS ? f->table.count - first : PAGE_ROWS;
	}
	if (rxc_pharmacy_put_stock(client, &request, NULL, &reply, &error) < 0)
		return report_call(error, true);
	for (size_t i = 0; i < reply->n_unknown; i++)
		json_array_append_new(f->unknown, json_string(reply->unknown[i]));
	*ret_next = f->some ? (page < f->pages ? page + 1 : 0) : reply->next_page;
	rxcirc__v1__put_stock_response__free_unpacked(reply, NULL);
	return 0;
}

static void progress(const struct stock_file *f, uint32_t page)
{
	size_t sent = (size_t)page * PAGE_ROWS < f->table.count ? (size_t)page * PAGE_ROWS :
		f->table.count;

	if (isatty(STDERR_FILENO))
		note("\r%zu/%zu drugs%s", "\r药品 %zu/%zu%s", sent, f->table.count,
			sent == f->table.count ? "\n" : "");
	else
		note("%zu/%zu drugs\n", "药品 %zu/%zu\n", sent, f->table.count);
}

static int stock_send(struct stock_file *f, const struct institution *who)
{
	uint32_t next = 1, sent = 0;
	int r = 0;

	f->unknown = json_array();
	if (!f->some)
		r = page_send(f, who->client, 0, &next);
	if (r == 0 && next > 1)
		note("going on with page %u of %u\n", "从第 %u 页继续，共 %u 页\n", next, f->pages);
	while (r == 0 && next != 0) {
		uint32_t page = next;

		r = page_send(f, who->client, page, &next);
		sent += r == 0;
		if (r == 0)
			progress(f, page);
	}
	if (r != 0) {
		json_decref(f->unknown);
		return r;
	}
	if (sent == 0)
		say("this inventory is there already\n", "该库存已上报，无需重复\n");
	else
		say("%zu drugs told; %zu left out, no code table knows them\n",
			"已上报药品 %zu 个；编码库中没有、未收 %zu 个\n", f->table.count,
			json_array_size(f->unknown));
	return answer(json_pack("{s:b, s:i, s:I, s:I, s:I, s:o}", "ok", 1, "exit", EXIT_OK, "drugs",
		(json_int_t)f->table.count, "pages", (json_int_t)f->pages, "pages_sent", (json_int_t)sent,
		"unknown", f->unknown));
}

int pharmacy_stock_run(int argc, char **argv)
{
	const char *as = NULL, *as_of = NULL;
	struct stock_file f = {.rows = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &as}, {"as-of", ARG_TEXT, &as_of}, {"some", ARG_FLAG, &f.some}};
	struct institution who;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, 3, 1, 1);

	if (r == 0)
		r = as_of_read(rest.positional[0], as_of, &f.as_of_ms);
	if (r == 0)
		r = table_load_file(&f.table, &form, rest.positional[0]);
	if (r != 0)
		return r;
	r = rows_make(&f);
	if (r == 0)
		r = institution_open(&who, as);
	if (r == 0) {
		r = stock_send(&f, &who);
		institution_close(&who);
	}
	free(f.rows);
	free(f.list);
	table_clear(&f.table);
	return r;
}
