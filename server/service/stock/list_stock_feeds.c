/* Agency/ListStockFeeds: how old each pharmacy's word about its stock is (JIN15-2.2).
 *
 *     START --> READ_WAIT --> done
 *
 * The registry says which pharmacies there are, so one that never told anything stands in the list
 * as well.  With stale_only a page may hold fewer than it looked at.
 */
#include <string.h>

#include "db/pg_value.h"
#include "registry/registry.h"
#include "rules/region.h"
#include "rxcirc/v1/stock.pb-c.h"
#include "service/services.h"
#include "store/stock.h"

enum { FEEDS_START, FEEDS_READ_WAIT, FEEDS_STATES };
static const int64_t HOUR_MS = 3600 * INT64_C(1000);

struct feeds {
	const Rxcirc__V1__ListStockFeedsRequest *message;
	const struct institution **places;
	size_t count, page_size;
	bool more;
};

static bool is_asked(const struct request *req, const Rxcirc__V1__ListStockFeedsRequest *m,
	const struct institution *i)
{
	return i->kind == INSTITUTION_PHARMACY &&
		(i->status == INSTITUTION_ACTIVE || i->status == INSTITUTION_SUSPENDED) &&
		caller_covers(&req->caller, i->region) &&
		(m->region[0] == '\0' || region_is_listed(m->region, i->region)) &&
		strcmp(i->code, m->after) > 0;
}

/* The registry's order is that of the codes. */
static enum status_reason take_places(struct request *req, struct feeds *f)
{
	size_t count = registry_institutions(req->registry);

	f->places = arena_array(&req->arena, f->page_size, sizeof(const struct institution *));
	if (f->places == NULL)
		return STATUS_BUSY;
	for (size_t n = 0; n < count && !f->more; n++) {
		const struct institution *i = registry_institution_at(req->registry, n);

		if (!is_asked(req, f->message, i))
			continue;
		f->more = f->count == f->page_size;
		if (!f->more)
			f->places[f->count++] = i;
	}
	return STATUS_OK;
}

static enum status_reason feeds_read(struct request *req, struct feeds *f)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__list_stock_feeds_request__descriptor, &f->message);
	const Rxcirc__V1__ListStockFeedsRequest *m = f->message;
	size_t before = req->findings_count;

	if (status != STATUS_OK)
		return status;
	if (m->region[0] != '\0' && (strlen(m->region) != REGION_CODE_LEN ||
		strspn(m->region, "0123456789") != REGION_CODE_LEN))
		request_find_field(req, "region", "must be 6 digits (GB/T 2260)",
			"须为 6 位行政区划代码（GB/T 2260）");
	if (m->page_size > STOCK_FEEDS_PAGE_MAX)
		request_find_field(req, "page_size", "at most 100", "至多 100");
	if (strlen(m->after) > INSTITUTION_CODE_MAX)
		request_find_field(req, "after", "is not from an earlier answer",
			"不是先前应答中的分页标记");
	if (req->findings_count != before)
		return STATUS_FIELD_INVALID;
	f->page_size = m->page_size == 0 ? STOCK_FEEDS_PAGE_MAX : m->page_size;
	return take_places(req, f);
}

static op_verdict feeds_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct feeds *f = req->service_state;
	enum status_reason status = feeds_read(req, f);
	struct slice *codes;
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	codes = arena_array(&req->arena, f->count + 1, sizeof(*codes));
	if (codes == NULL)
		return request_fail(req, ERR_MEMORY);
	for (size_t i = 0; i < f->count; i++)
		codes[i] = slice_of_text(f->places[i]->code);
	r = store_stock_feeds(request_unit(req, NULL), &req->arena, codes, f->count);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(FEEDS_READ_WAIT);
}

static void feed_fill(const struct request *req, Rxcirc__V1__StockFeed *m,
	const struct institution *place, const struct stock_feed *feed)
{
	int64_t hours = registry_number(req->registry, PARAM_STOCK_STALE_H, place->region,
		req->received_at_ms);

	rxcirc__v1__stock_feed__init(m);
	m->pharmacy_code = (char *)(uintptr_t)place->code;
	m->region = (char *)(uintptr_t)place->region;
	m->as_of_ms = feed->as_of_ms;
	m->received_at_ms = feed->received_at_ms;
	m->complete_as_of_ms = feed->complete_as_of_ms;
	m->drugs = (uint32_t)feed->drugs;
	m->stale = feed->as_of_ms == 0 || req->received_at_ms - feed->as_of_ms > hours * HOUR_MS;
}

static op_verdict feeds_told(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	const struct feeds *f = req->service_state;
	Rxcirc__V1__ListStockFeedsResponse m = RXCIRC__V1__LIST_STOCK_FEEDS_RESPONSE__INIT;
	Rxcirc__V1__StockFeed *feeds;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	ensure((size_t)pg_rows(&req->unit, 0) == f->count);
	feeds = arena_array(&req->arena, f->count + 1, sizeof(*feeds));
	m.feeds = arena_array(&req->arena, f->count + 1, sizeof(*m.feeds));
	if (feeds == NULL || m.feeds == NULL)
		return request_fail(req, ERR_MEMORY);
	for (size_t i = 0; i < f->count; i++) {
		struct stock_feed feed;

		store_stock_feeds_read(&req->unit, 0, (int)i, &feed);
		feed_fill(req, &feeds[i], f->places[i], &feed);
		if (feeds[i].stale || !f->message->stale_only)
			m.feeds[m.n_feeds++] = &feeds[i];
	}
	if (f->more)
		m.next = (char *)(uintptr_t)f->places[f->count - 1]->code;
	return request_reply(req, &m.base);
}

static const struct op_state feeds_states[FEEDS_STATES] = {
	[FEEDS_START] = {"start", feeds_start, OP_TO(FEEDS_READ_WAIT)},
	[FEEDS_READ_WAIT] = {"read-wait", feeds_told, 0},
};

void list_stock_feeds_start(struct request *req)
{
	if (request_state(req, sizeof(struct feeds)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, feeds_states, FEEDS_STATES);
}
