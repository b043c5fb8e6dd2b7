/* Insured/FindStock and Hospital/FindStock: where the drugs are (JIN15-1.3c, NT33-N2.3).
 *
 *     START --> READ_WAIT --> done
 *
 * Every institution of the region that may do business at this moment stands in the answer,
 * whoever issued the prescription; in which order is rules/stock.h's matter alone.  The seed of a
 * search goes along in the page's mark, so that its pages are cut from one order.
 */
#include <stdlib.h>
#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "db/pg_value.h"
#include "registry/registry.h"
#include "rules/region.h"
#include "rxcirc/v1/stock.pb-c.h"
#include "service/services.h"
#include "store/stock.h"

enum { FIND_START, FIND_READ_WAIT, FIND_STATES };
enum { PREFECTURE_DIGITS = 4, MARK_LEN = 8 + 1 + 1 + 1 + 8 };
static const int64_t HOUR_MS = 3600 * INT64_C(1000);

/* One institution; the rank first, as that is what it is sorted by. */
struct offer {
	struct stock_rank rank;
	const struct institution *place;
	struct stock_found found;
	bool told; /* anything at all about its stock */
};

struct find {
	const Rxcirc__V1__FindStockRequest *message;
	struct stock_search search;
	struct offer *offers;
	size_t count, page_size;
	uint64_t seed;
	struct stock_rank after; /* code NULL: from the first */
};

static enum status_reason fault(struct request *req, const char *field, const char *english,
	const char *chinese)
{
	request_find_field(req, field, english, chinese);
	return STATUS_FIELD_INVALID;
}

/* ---- asking --------------------------------------------------------------------------------- */

static bool is_region(const char *text)
{
	return strlen(text) == REGION_CODE_LEN && strspn(text, "0123456789") == REGION_CODE_LEN;
}

/* A page's mark: the search's seed, then the last place's rank and code. */
static bool take_after(struct request *req, struct find *f)
{
	struct slice token = pbmsg_bytes(f->message->after);
	struct reader r;

	if (token.len == 0) {
		random_bytes(&f->seed, sizeof(f->seed));
		return true;
	}
	if (token.len <= MARK_LEN || token.len > MARK_LEN + INSTITUTION_CODE_MAX)
		return false;
	reader_init(&r, token);
	f->seed = reader_u64(&r);
	f->after.accept = (enum stock_accept)(reader_u8(&r) - 1);
	f->after.near = reader_u8(&r) == 1;
	f->after.stale = reader_u8(&r) == 1;
	f->after.spin = reader_u64(&r);
	f->after.code = arena_text(&req->arena, reader_slice(&r, r.left));
	return f->after.code != NULL;
}

static void check_wants(struct request *req, const Rxcirc__V1__FindStockRequest *m)
{
	if (m->n_wants < 1 || m->n_wants > RX_LINES_MAX) {
		request_find_field(req, "wants", "1 to 64 drugs", "须为 1 至 64 个药品");
		return;
	}
	for (size_t i = 0; i < m->n_wants; i++) {
		const Rxcirc__V1__StockWant *want = m->wants[i];

		if (want->drug_code[0] == '\0' || strlen(want->drug_code) > CODE_MAX)
			request_find_field(req, "wants[].drug_code", "1 to 50 characters",
				"须为 1 至 50 个字符");
		if (want->quantity_e4 < 1 || want->quantity_e4 > STOCK_QUANTITY_E4_MAX)
			request_find_field(req, "wants[].quantity_e4", "1 to 100000000000",
				"须为 1 至 100000000000");
	}
}

/* So much of the drug is needed for all wants that name it. */
static int64_t needed(const Rxcirc__V1__FindStockRequest *m, const char *drug_code)
{
	int64_t sum = 0;

	for (size_t i = 0; i < m->n_wants; i++)
		if (strcmp(m->wants[i]->drug_code, drug_code) == 0)
			sum += m->wants[i]->quantity_e4;
	return sum;
}

static enum status_reason take_wants(struct request *req, struct find *f)
{
	const Rxcirc__V1__FindStockRequest *m = f->message;
	struct slice *drugs = arena_array(&req->arena, m->n_wants, sizeof(*drugs));
	int64_t *needed_e4 = arena_array(&req->arena, m->n_wants, sizeof(*needed_e4));
	int64_t *quantity_e4 = arena_array(&req->arena, m->n_wants, sizeof(*quantity_e4));

	if (drugs == NULL || needed_e4 == NULL || quantity_e4 == NULL)
		return STATUS_BUSY;
	for (size_t i = 0; i < m->n_wants; i++) {
		drugs[i] = slice_of_text(m->wants[i]->drug_code);
		quantity_e4[i] = m->wants[i]->quantity_e4;
		needed_e4[i] = needed(m, m->wants[i]->drug_code);
	}
	f->search.drugs = drugs;
	f->search.needed_e4 = needed_e4;
	f->search.quantity_e4 = quantity_e4;
	f->search.wants = m->n_wants;
	return STATUS_OK;
}

static bool in_region(const struct find *f, const struct institution *i)
{
	const char *region = f->message->region;

	return region[0] == '\0' || (strncmp(region + 2, "0000", PREFECTURE_DIGITS) == 0 ?
		region_is_listed(region, i->region) :
		strncmp(region, i->region, PREFECTURE_DIGITS) == 0);
}

static bool may_dispense(const struct request *req, const struct institution *i)
{
	return (i->kind == INSTITUTION_PHARMACY || i->kind == INSTITUTION_HOSPITAL ||
		i->kind == INSTITUTION_INTERNET_HOSPITAL) &&
		registry_standing(req->registry, i, req->received_at_ms) == STANDING_GOOD;
}

static enum status_reason take_places(struct request *req, struct find *f)
{
	size_t count = registry_institutions(req->registry), most = STOCK_SEARCH_MAX + 1;
	struct slice *codes;

	most = count < most ? count : most;
	codes = arena_array(&req->arena, most + 1, sizeof(*codes));
	f->offers = arena_array(&req->arena, most + 1, sizeof(*f->offers));
	if (codes == NULL || f->offers == NULL)
		return STATUS_BUSY;
	for (size_t n = 0; n < count; n++) {
		const struct institution *i = registry_institution_at(req->registry, n);

		if (!in_region(f, i) || !may_dispense(req, i))
			continue;
		if (f->count == STOCK_SEARCH_MAX)
			return fault(req, "region", "holds too many pharmacies: name a prefecture or county",
				"范围内药店过多，请指定市或县（区）");
		codes[f->count] = slice_of_text(i->code);
		f->offers[f->count++] = (struct offer){.place = i, .rank = {.code = i->code,
			.near = strcmp(i->region, f->message->region) == 0,
			.stale = true, .accept = STOCK_NOTHING, .spin = stock_spin(f->seed, i->code)}};
	}
	f->search.codes = codes;
	f->search.codes_count = f->count;
	return STATUS_OK;
}

static enum status_reason find_read(struct request *req, struct find *f)
{
	enum status_reason status = request_unpack(req, &rxcirc__v1__find_stock_request__descriptor,
		&f->message);
	size_t before = req->findings_count;

	if (status != STATUS_OK)
		return status;
	check_wants(req, f->message);
	if (f->message->region[0] != '\0' && !is_region(f->message->region))
		request_find_field(req, "region", "must be 6 digits (GB/T 2260)",
			"须为 6 位行政区划代码（GB/T 2260）");
	if (f->message->page_size > STOCK_PLACES_PAGE_MAX)
		request_find_field(req, "page_size", "at most 50", "至多 50");
	if (!take_after(req, f))
		request_find_field(req, "after", "is not from an earlier answer",
			"不是先前应答中的分页标记");
	if (req->findings_count != before)
		return STATUS_FIELD_INVALID;
	f->page_size = f->message->page_size == 0 ? STOCK_PLACES_PAGE_MAX : f->message->page_size;
	status = take_wants(req, f);
	return status == STATUS_OK ? take_places(req, f) : status;
}

static op_verdict find_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct find *f = req->service_state;
	enum status_reason status = find_read(req, f);
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	r = store_stock_find(request_unit(req, NULL), &req->arena, &f->search);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(FIND_READ_WAIT);
}

/* ---- answering ------------------------------------------------------------------------------ */

static void take_found(struct request *req, struct find *f)
{
	for (int row = 0; row < pg_rows(&req->unit, 0); row++) {
		struct stock_found found;
		struct offer *o;
		int64_t hours;

		store_stock_find_read(&req->unit, 0, row, &found);
		ensure(found.place >= 0 && (size_t)found.place < f->count);
		o = &f->offers[found.place];
		hours = registry_number(req->registry, PARAM_STOCK_STALE_H, o->place->region,
			req->received_at_ms);
		o->told = true;
		o->found = found;
		o->rank.accept = stock_accept_of(found.found, f->search.wants);
		o->rank.stale = req->received_at_ms - found.as_of_ms > hours * HOUR_MS;
	}
}

/* A hospital that never told its stock has no pharmacy that takes part. */
static bool is_shown(const struct find *f, const struct offer *o)
{
	return (o->told || o->place->kind == INSTITUTION_PHARMACY) &&
		(f->after.code == NULL || stock_rank_compare(&f->after, &o->rank) < 0);
}

static int compare_offers(const void *a, const void *b)
{
	return stock_rank_compare(&((const struct offer *)a)->rank, &((const struct offer *)b)->rank);
}

static char *borrowed(const char *text)
{
	return (char *)(uintptr_t)text;
}

static int place_fill(struct request *req, const struct find *f, const struct offer *o,
	Rxcirc__V1__StockPlace *m)
{
	rxcirc__v1__stock_place__init(m);
	m->code = borrowed(o->place->code);
	m->name = borrowed(o->place->name);
	m->address = borrowed(o->place->address);
	m->region = borrowed(o->place->region);
	m->accept = (int32_t)o->rank.accept;
	m->total_fen = o->found.total_fen;
	m->as_of_ms = o->found.as_of_ms;
	m->stale = o->rank.stale;
	m->missing = arena_array(&req->arena, f->search.wants, sizeof(*m->missing));
	if (m->missing == NULL)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < f->search.wants; i++)
		if ((o->found.found >> i & 1) == 0)
			m->missing[m->n_missing++] = i + 1;
	return 0;
}

static int mark_page(struct request *req, const struct find *f, const struct stock_rank *last,
	ProtobufCBinaryData *ret)
{
	size_t len = MARK_LEN + strlen(last->code);
	uint8_t *token = arena_alloc(&req->arena, len);
	struct writer w;

	if (token == NULL)
		return ERR_MEMORY;
	writer_init(&w, token, len);
	writer_u64(&w, f->seed);
	writer_u8(&w, (uint8_t)(last->accept + 1));
	writer_u8(&w, last->near);
	writer_u8(&w, last->stale);
	writer_u64(&w, last->spin);
	writer_text(&w, last->code);
	ensure(!w.failed);
	*ret = (ProtobufCBinaryData){len, token};
	return 0;
}

static int find_fill(struct request *req, struct find *f, Rxcirc__V1__FindStockResponse *m)
{
	Rxcirc__V1__StockPlace *places = arena_array(&req->arena, f->page_size, sizeof(*places));
	const struct offer *last = NULL;

	m->places = arena_array(&req->arena, f->page_size, sizeof(*m->places));
	if (places == NULL || m->places == NULL)
		return ERR_MEMORY;
	qsort(f->offers, f->count, sizeof(*f->offers), compare_offers);
	for (size_t i = 0; i < f->count; i++) {
		if (!is_shown(f, &f->offers[i]))
			continue;
		if (m->n_places == f->page_size)
			return mark_page(req, f, &last->rank, &m->next);
		last = &f->offers[i];
		if (place_fill(req, f, last, &places[m->n_places]) < 0)
			return ERR_MEMORY;
		m->places[m->n_places] = &places[m->n_places];
		m->n_places++;
	}
	return 0;
}

static op_verdict find_told(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct find *f = req->service_state;
	Rxcirc__V1__FindStockResponse m = RXCIRC__V1__FIND_STOCK_RESPONSE__INIT;
	int r;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	take_found(req, f);
	r = find_fill(req, f, &m);
	return r < 0 ? request_fail(req, r) : request_reply(req, &m.base);
}

static const struct op_state find_states[FIND_STATES] = {
	[FIND_START] = {"start", find_start, OP_TO(FIND_READ_WAIT)},
	[FIND_READ_WAIT] = {"read-wait", find_told, 0},
};

void find_stock_start(struct request *req)
{
	if (request_state(req, sizeof(struct find)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, find_states, FIND_STATES);
}
