/* Pharmacy/ReconcileDeliveries and Agency/ReconcileDeliveries: payments and deliveries put side by
 * side (NT33-N5.2).
 *
 *   START --> READ_WAIT --> done
 *
 * An institution asks about itself, an officer about the own scope.  How long money or goods may be
 * under way is each region's own parameter, so the regions go along with their limits.
 */
#include <stdlib.h>
#include <string.h>

#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "domain/moment.h"
#include "registry/registry.h"
#include "rules/region.h"
#include "rxcirc/v1/delivery.pb-c.h"
#include "service/services.h"
#include "store/delivery_gap.h"

enum { RECONCILE_START, RECONCILE_READ_WAIT, RECONCILE_STATES };
enum { TOKEN_LEN = 8 + RX_ID_LEN + 2 + 1 };
static const int64_t DAY_MS = 24 * 3600 * INT64_C(1000);

struct reconcile {
	const Rxcirc__V1__ReconcileDeliveriesRequest *message;
	struct delivery_query query;
	size_t page_size;
};

static void fault(struct request *req, const char *field, const char *english,
	const char *chinese)
{
	request_find_field(req, field, english, chinese);
}

static bool in_scope(const struct request *req, const struct reconcile *c,
	const struct institution *i)
{
	if (!caller_is_officer(&req->caller))
		return strcmp(i->code, req->caller.code) == 0;
	return caller_covers(&req->caller, i->region) &&
		(c->message->region[0] == '\0' || region_is_listed(c->message->region, i->region));
}

/* A page's mark: the last row's time, prescription, fill and kind. */
static bool take_after(struct reconcile *c)
{
	struct slice token = pbmsg_bytes(c->message->after);
	struct delivery_gap *after = &c->query.after;
	struct reader r;

	*after = (struct delivery_gap){.rx_id = slice_of(NULL, 0)};
	if (token.len == 0)
		return true;
	reader_init(&r, token);
	after->at_ms = (int64_t)reader_u64(&r);
	after->rx_id = reader_slice(&r, RX_ID_LEN);
	after->fill_no = (int16_t)reader_u16(&r);
	after->kind = (enum delivery_gap_kind)reader_u8(&r);
	return reader_is_done(&r) && moment_is_sound(after->at_ms);
}

static void check_period(struct request *req, struct reconcile *c)
{
	const Rxcirc__V1__ReconcileDeliveriesRequest *m = c->message;

	c->query.from_ms = m->from_ms;
	c->query.until_ms = m->until_ms == 0 ? req->received_at_ms : m->until_ms;
	if (!moment_is_sound(m->from_ms) || !moment_is_sound(c->query.until_ms) ||
		c->query.until_ms <= m->from_ms ||
		c->query.until_ms - m->from_ms > DELIVERY_PERIOD_DAYS_MAX * DAY_MS)
		fault(req, "from_ms", "must lie before until_ms, at most 92 days",
			"起始时间须早于截止时间，且不超过 92 天");
}

static enum status_reason reconcile_check(struct request *req, struct reconcile *c)
{
	const Rxcirc__V1__ReconcileDeliveriesRequest *m = c->message;
	size_t before = req->findings_count;

	check_period(req, c);
	if (m->region[0] != '\0' && (strlen(m->region) != REGION_CODE_LEN ||
		strspn(m->region, "0123456789") != REGION_CODE_LEN))
		fault(req, "region", "must be 6 digits (GB/T 2260)", "须为 6 位行政区划代码（GB/T 2260）");
	if (m->page_size > DELIVERY_PAGE_MAX)
		fault(req, "page_size", "at most 200", "至多 200");
	if (!take_after(c))
		fault(req, "after", "is not from an earlier answer", "不是先前应答中的分页标记");
	if (req->findings_count != before)
		return STATUS_FIELD_INVALID;
	c->page_size = m->page_size == 0 ? DELIVERY_PAGE_MAX : m->page_size;
	c->query.limit = (int32_t)c->page_size + 1;
	c->query.pharmacy_code = caller_is_officer(&req->caller) ? m->pharmacy_code : req->caller.code;
	if (!caller_is_officer(&req->caller) && m->pharmacy_code[0] != '\0' &&
		strcmp(m->pharmacy_code, req->caller.code) != 0)
		return STATUS_SCOPE_NOT_ALLOWED;
	return STATUS_OK;
}

static int compare_regions(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The regions that institutions of the scope lie in, each once with its limit. */
static enum status_reason take_regions(struct request *req, struct reconcile *c)
{
	size_t count = registry_institutions(req->registry), seen = 0;
	const char **names = arena_array(&req->arena, count + 1, sizeof(*names));
	struct slice *regions = arena_array(&req->arena, count + 1, sizeof(*regions));
	int64_t *late_ms = arena_array(&req->arena, count + 1, sizeof(*late_ms));

	if (names == NULL || regions == NULL || late_ms == NULL)
		return STATUS_BUSY;
	for (size_t n = 0; n < count; n++) {
		const struct institution *i = registry_institution_at(req->registry, n);

		if (in_scope(req, c, i))
			names[seen++] = i->region;
	}
	qsort(names, seen, sizeof(*names), compare_regions);
	c->query.regions = regions;
	c->query.late_ms = late_ms;
	for (size_t n = 0; n < seen; n++) {
		size_t to = c->query.regions_count;

		if (n > 0 && strcmp(names[n - 1], names[n]) == 0)
			continue;
		regions[to] = slice_of_text(names[n]);
		late_ms[to] = req->received_at_ms - DAY_MS *
			registry_number(req->registry, PARAM_DELIVERY_DAYS_MAX, names[n], req->received_at_ms);
		c->query.regions_count++;
	}
	return STATUS_OK;
}

static op_verdict reconcile_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct reconcile *c = req->service_state;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__reconcile_deliveries_request__descriptor, &c->message);
	int r;

	if (status == STATUS_OK)
		status = reconcile_check(req, c);
	if (status == STATUS_OK)
		status = take_regions(req, c);
	if (status != STATUS_OK)
		return request_refuse(req, status);
	r = store_delivery_gaps(request_unit(req, NULL), &req->arena, &c->query);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(RECONCILE_READ_WAIT);
}

static ProtobufCBinaryData bytes_of(struct slice s)
{
	return (ProtobufCBinaryData){s.len, (uint8_t *)(uintptr_t)s.data};
}

static char *borrowed(const char *text)
{
	return (char *)(uintptr_t)text;
}

static void gap_fill(Rxcirc__V1__DeliveryGap *m, const struct delivery_gap *gap)
{
	rxcirc__v1__delivery_gap__init(m);
	m->kind = (Rxcirc__V1__DeliveryGapKind)gap->kind;
	m->rx_id = bytes_of(gap->rx_id);
	m->fill_no = (uint32_t)gap->fill_no;
	m->pharmacy_code = borrowed(gap->pharmacy_code);
	m->region = borrowed(gap->region);
	m->at_ms = gap->at_ms;
	m->delivery_no = borrowed(gap->delivery_no);
	m->event = (Rxcirc__V1__DeliveryEvent)gap->event;
	m->event_at_ms = gap->event_at_ms;
}

static int mark_page(struct request *req, const struct delivery_gap *last, ProtobufCBinaryData *ret)
{
	uint8_t *token = arena_alloc(&req->arena, TOKEN_LEN);
	struct writer w;

	if (token == NULL)
		return ERR_MEMORY;
	writer_init(&w, token, TOKEN_LEN);
	writer_u64(&w, (uint64_t)last->at_ms);
	writer_slice(&w, last->rx_id);
	writer_u16(&w, (uint16_t)last->fill_no);
	writer_u8(&w, (uint8_t)last->kind);
	ensure(!w.failed);
	*ret = bytes_of(writer_written(&w));
	return 0;
}

static op_verdict reconcile_told(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	const struct reconcile *c = req->service_state;
	Rxcirc__V1__ReconcileDeliveriesResponse m = RXCIRC__V1__RECONCILE_DELIVERIES_RESPONSE__INIT;
	struct delivery_gap gap;
	Rxcirc__V1__DeliveryGap *gaps;
	size_t rows;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	rows = (size_t)pg_rows(&req->unit, 0);
	gaps = arena_array(&req->arena, rows + 1, sizeof(*gaps));
	m.gaps = arena_array(&req->arena, rows + 1, sizeof(*m.gaps));
	if (gaps == NULL || m.gaps == NULL)
		return request_fail(req, ERR_MEMORY);
	for (; m.n_gaps < rows && m.n_gaps < c->page_size; m.n_gaps++) {
		store_delivery_gap_read(&req->unit, 0, (int)m.n_gaps, &gap);
		gap_fill(&gaps[m.n_gaps], &gap);
		m.gaps[m.n_gaps] = &gaps[m.n_gaps];
	}
	if (rows > c->page_size && mark_page(req, &gap, &m.next) < 0)
		return request_fail(req, ERR_MEMORY);
	return request_reply(req, &m.base);
}

static const struct op_state reconcile_states[RECONCILE_STATES] = {
	[RECONCILE_START] = {"start", reconcile_start, OP_TO(RECONCILE_READ_WAIT)},
	[RECONCILE_READ_WAIT] = {"read-wait", reconcile_told, 0},
};

void reconcile_deliveries_start(struct request *req)
{
	if (request_state(req, sizeof(struct reconcile)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, reconcile_states, RECONCILE_STATES);
}
