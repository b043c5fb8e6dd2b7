/* Pharmacy/PutStock: what the institution has and what it costs (JIN15-2.2).
 *
 *     START --> STORE_WAIT --> done        (rows)
 *       +-----> ASK_WAIT ----> done        (where does my inventory stand?)
 *
 * Like a batch of codes it leaves no event and no stored answer: it is about nobody, and the same
 * page again puts the same rows, because of two words about a drug the newer one counts.  So an
 * unknown outcome is simply tried again by the caller.
 */
#include <stdlib.h>
#include <string.h>

#include "codec/pbmsg.h"
#include "domain/moment.h"
#include "registry/registry.h"
#include "rxcirc/v1/stock.pb-c.h"
#include "service/services.h"
#include "store/stock.h"

enum { PUT_START, PUT_STORE_WAIT, PUT_ASK_WAIT, PUT_STATES };

struct put {
	const Rxcirc__V1__PutStockRequest *message;
	struct stock_page page;
	Rxcirc__V1__PutStockResponse reply;
	bool exhausted; /* the arena is */
};

static bool is_known(const struct request *req, const char *drug_code)
{
	const struct code *c = registry_code(req->registry, CODE_DRUG, drug_code,
		req->received_at_ms);

	return c != NULL && (c->flags & CODE_WITHDRAWN) == 0;
}

/* "rows[7].unit" */
static void fault(struct request *req, struct put *p, size_t index, const char *member,
	const char *english, const char *chinese)
{
	const char *field = arena_printf(&req->arena, "rows[%zu].%s", index, member);

	p->exhausted = p->exhausted || field == NULL;
	request_find_field(req, field == NULL ? member : field, english, chinese);
}

static bool is_moment(const struct request *req, int64_t at_ms)
{
	return at_ms > 0 && moment_is_sound(at_ms) &&
		at_ms <= req->received_at_ms + SIGNED_AT_SKEW_MS_MAX;
}

static void check_row(struct request *req, struct put *p, size_t i)
{
	const Rxcirc__V1__StockRow *row = p->message->rows[i];

	if (row->drug_code[0] == '\0' || strlen(row->drug_code) > CODE_MAX)
		fault(req, p, i, "drug_code", "1 to 50 characters", "须为 1 至 50 个字符");
	if (row->quantity_e4 < 0 || row->quantity_e4 > STOCK_QUANTITY_E4_MAX)
		fault(req, p, i, "quantity_e4", "0 to 100000000000", "须为 0 至 100000000000");
	if (row->unit[0] == '\0' || strlen(row->unit) > STOCK_UNIT_MAX)
		fault(req, p, i, "unit", "1 to 30 bytes", "须为 1 至 30 字节");
	if (row->price_e6 < 0 || row->price_e6 > STOCK_PRICE_E6_MAX)
		fault(req, p, i, "price_e6", "0 to 1000000000000", "须为 0 至 1000000000000");
	if (row->as_of_ms == 0 ? p->message->feed_no == 0 : !is_moment(req, row->as_of_ms))
		fault(req, p, i, "as_of_ms", "is missing or in the future", "缺失或晚于当前时间");
}

static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct stock_row *)a)->drug_code,
		((const struct stock_row *)b)->drug_code);
}

/* The rows of drugs that are known, in the order of their codes; the others are named back. */
static void take_rows(struct request *req, struct put *p)
{
	const Rxcirc__V1__PutStockRequest *m = p->message;
	struct stock_row *rows = arena_array(&req->arena, m->n_rows + 1, sizeof(*rows));

	p->reply.unknown = arena_array(&req->arena, m->n_rows + 1, sizeof(*p->reply.unknown));
	p->exhausted = p->exhausted || rows == NULL || p->reply.unknown == NULL;
	if (p->exhausted)
		return;
	p->page.newest_ms = m->feed_no == 0 ? 0 : m->as_of_ms;
	for (size_t i = 0; i < m->n_rows; i++) {
		const Rxcirc__V1__StockRow *row = m->rows[i];
		int64_t as_of_ms = row->as_of_ms == 0 ? m->as_of_ms : row->as_of_ms;

		if (as_of_ms > p->page.newest_ms)
			p->page.newest_ms = as_of_ms;
		if (is_known(req, row->drug_code))
			rows[p->page.count++] = (struct stock_row){row->drug_code, row->unit,
				row->quantity_e4, row->price_e6, as_of_ms};
		else
			p->reply.unknown[p->reply.n_unknown++] = row->drug_code;
	}
	qsort(rows, p->page.count, sizeof(*rows), compare_rows);
	for (size_t i = 1; i < p->page.count; i++)
		if (compare_rows(&rows[i - 1], &rows[i]) == 0)
			request_find_field(req, "rows[].drug_code", "stands twice on this page",
				"同一页内药品编码重复");
	p->page.rows = rows;
}

static bool only_asks(const Rxcirc__V1__PutStockRequest *m)
{
	return m->feed_no > 0 && m->page == 0;
}

static void check_feed(struct request *req, const Rxcirc__V1__PutStockRequest *m)
{
	if (m->feed_no < 0)
		request_find_field(req, "feed_no", "must not be negative", "不得为负");
	if (m->feed_no == 0 && (m->pages != 0 || m->page != 0 || m->as_of_ms != 0))
		request_find_field(req, "feed_no", "is missing: pages are of a whole inventory",
			"缺失：分页仅用于全量库存");
	if (m->feed_no > 0 && !is_moment(req, m->as_of_ms))
		request_find_field(req, "as_of_ms", "is missing or in the future", "缺失或晚于当前时间");
	if (m->feed_no > 0 && (m->pages < 1 || m->pages > STOCK_PAGES_MAX))
		request_find_field(req, "pages", "1 to 400", "须为 1 至 400");
	if (m->feed_no > 0 && m->page > m->pages)
		request_find_field(req, "page", "at most pages", "不得大于总页数");
	if (only_asks(m) ? m->n_rows != 0 : m->n_rows < 1 || m->n_rows > STOCK_ROWS_MAX)
		request_find_field(req, "rows", "1 to 500 drugs a page, none when only asking",
			"每页须为 1 至 500 个药品，仅查询时为空");
}

static enum status_reason put_read(struct request *req, struct put *p)
{
	enum status_reason status = request_unpack(req, &rxcirc__v1__put_stock_request__descriptor,
		&p->message);
	const Rxcirc__V1__PutStockRequest *m = p->message;
	size_t before = req->findings_count;

	if (status != STATUS_OK)
		return status;
	rxcirc__v1__put_stock_response__init(&p->reply);
	check_feed(req, m);
	for (size_t i = 0; i < m->n_rows && req->findings_count < FINDINGS_MAX; i++)
		check_row(req, p, i);
	p->page = (struct stock_page){.pharmacy_code = req->caller.code,
		.received_at_ms = req->received_at_ms, .feed_no = m->feed_no};
	if (req->findings_count == before)
		take_rows(req, p);
	if (p->exhausted)
		return STATUS_BUSY;
	if (req->findings_count != before)
		return STATUS_FIELD_INVALID;
	p->page.pages = (int16_t)m->pages;
	p->page.page = (int16_t)m->page;
	p->page.as_of_ms = m->as_of_ms;
	return STATUS_OK;
}

static op_verdict put_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct put *p = req->service_state;
	enum status_reason status = put_read(req, p);
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	if (only_asks(p->message)) {
		r = store_stock_feed(request_unit(req, NULL), &req->arena, req->caller.code);
		if (r < 0)
			return request_fail(req, r);
		request_submit_read(req);
		return op_wait(PUT_ASK_WAIT);
	}
	r = store_stock_put(request_unit(req, NULL), &req->arena, &p->page);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(PUT_STORE_WAIT);
}

/* What the caller's inventory needs next: 1 when the one that stands is another. */
static uint32_t next_page(const struct put *p, const struct stock_feed_state *feed)
{
	if (feed->feed_no != p->page.feed_no || feed->pages != p->page.pages)
		return 1;
	return feed->pages_taken == feed->pages ? 0 : (uint32_t)feed->pages_taken + 1;
}

static op_verdict put_refuse(struct request *req, const struct put *p,
	const struct stock_feed_state *feed)
{
	const char *english;

	if (feed->feed_no > p->page.feed_no) {
		request_find_field(req, "feed_no", "a newer inventory has begun", "已有更新的全量库存");
		return request_refuse(req, STATUS_FIELD_INVALID);
	}
	if (feed->feed_no == p->page.feed_no && feed->pages != p->page.pages) {
		request_find_field(req, "pages", "this inventory was begun with another number of pages",
			"与该全量库存首页的总页数不一致");
		return request_refuse(req, STATUS_FIELD_INVALID);
	}
	english = arena_printf(&req->arena, "page %u comes next", next_page(p, feed));
	request_find_field(req, "page", english == NULL ? "is not the next" : english,
		"不是应上传的下一页");
	return request_refuse(req, STATUS_FIELD_INVALID);
}

static op_verdict put_stored(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct put *p = req->service_state;
	struct stock_feed_state feed;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	if (!store_stock_put_read(&req->unit, 0, &feed))
		return put_refuse(req, p, &feed);
	if (p->page.page < p->page.pages)
		p->reply.next_page = (uint32_t)p->page.page + 1;
	return request_reply(req, &p->reply.base);
}

static op_verdict put_asked(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct put *p = req->service_state;
	struct stock_feed_state feed;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	store_stock_feed_read(&req->unit, 0, &feed);
	if (feed.feed_no > p->page.feed_no)
		return put_refuse(req, p, &feed);
	p->reply.next_page = next_page(p, &feed);
	return request_reply(req, &p->reply.base);
}

static const struct op_state put_states[PUT_STATES] = {
	[PUT_START] = {"start", put_start, OP_TO(PUT_STORE_WAIT) | OP_TO(PUT_ASK_WAIT)},
	[PUT_STORE_WAIT] = {"store-wait", put_stored, 0},
	[PUT_ASK_WAIT] = {"ask-wait", put_asked, 0},
};

void put_stock_start(struct request *req)
{
	if (request_state(req, sizeof(struct put)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, put_states, PUT_STATES);
}
