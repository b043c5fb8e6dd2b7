/* Settlements/ReconcileSettlements: hand-overs, settlements, returns and receipts that do not go
 * together (NT33-N5.2, SX15-3.2b).
 *
 *   START --> READ_WAIT --> done
 *
 * An institution asks about itself, an officer about one institution or the own scope.
 */
#include <string.h>

#include "rxcirc/v1/settlement.pb-c.h"
#include "service/services.h"
#include "service/settlement/settlement_desk.h"
#include "service/settlement/settlement_page.h"
#include "store/settlement_gap.h"

enum { RECONCILE_START, RECONCILE_READ_WAIT, RECONCILE_STATES };
enum { QUERY_ROWS, QUERY_COUNTS };

struct reconcile {
	struct gap_query query;
	int32_t page_size;
	char scope[REGION_CODE_LEN + 1];
};

static bool is_region(const char *text)
{
	size_t len = strlen(text);

	return (len == 0 || len == 2 || len == 4 || len == 6) && strspn(text, "0123456789") == len;
}

/* The narrower of what is asked and what the officer may see. */
static enum status_reason take_scope(struct request *req, struct reconcile *c,
	const Rxcirc__V1__ReconcileSettlementsRequest *m)
{
	size_t common;

	if (!caller_is_officer(&req->caller)) {
		if (m->institution_code[0] != '\0' && strcmp(m->institution_code, req->caller.code) != 0)
			return STATUS_SCOPE_NOT_ALLOWED;
		c->query.institution_code = req->caller.code;
		c->query.scope = "";
		return STATUS_OK;
	}
	caller_scope(&req->caller, c->scope);
	common = strlen(c->scope) < strlen(m->region) ? strlen(c->scope) : strlen(m->region);
	if (strncmp(c->scope, m->region, common) != 0)
		return STATUS_SCOPE_NOT_ALLOWED;
	c->query.institution_code = m->institution_code;
	c->query.scope = strlen(m->region) > strlen(c->scope) ? m->region : c->scope;
	return STATUS_OK;
}

static enum status_reason reconcile_read(struct request *req, struct reconcile *c)
{
	const Rxcirc__V1__ReconcileSettlementsRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__reconcile_settlements_request__descriptor, &m);
	size_t before = req->findings_count;
	struct page_mark after;

	if (status != STATUS_OK)
		return status;
	desk_check_period(req, m->from_ms, m->until_ms);
	if (m->gap < RXCIRC__V1__SETTLEMENT_GAP__SETTLEMENT_GAP_UNSPECIFIED ||
		m->gap > RXCIRC__V1__SETTLEMENT_GAP__SETTLEMENT_GAP_WITHOUT_RECEIPT)
		request_find_field(req, "gap", "is none of the gaps", "不是有效的核对项");
	if (!is_region(m->region))
		request_find_field(req, "region", "2, 4 or 6 digits", "须为 2、4 或 6 位数字");
	c->page_size = page_size_of(req, m->page_size);
	if (!page_mark_read(req, m->after, &after) || req->findings_count != before)
		return STATUS_FIELD_INVALID;
	c->query.from_ms = m->from_ms;
	c->query.until_ms = m->until_ms;
	c->query.gap = (int16_t)m->gap;
	c->query.after_gap = after.first;
	c->query.after_rx_id = after.rx_id;
	c->query.after_fill = after.fill_no;
	c->query.limit = c->page_size + 1;
	return take_scope(req, c, m);
}

static op_verdict reconcile_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct reconcile *c = req->service_state;
	enum status_reason status = reconcile_read(req, c);
	struct pg_unit *unit;
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	unit = request_unit(req, NULL);
	r = store_settlement_gaps(unit, &req->arena, &c->query);
	if (r == 0)
		r = store_gap_counts(unit, &req->arena, &c->query);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(RECONCILE_READ_WAIT);
}

static char *borrowed(const char *text)
{
	return (char *)(uintptr_t)text;
}

static void fill_row(Rxcirc__V1__GapRow *m, const struct gap_row *g)
{
	rxcirc__v1__gap_row__init(m);
	m->gap = (Rxcirc__V1__SettlementGap)g->gap;
	m->rx_id = (ProtobufCBinaryData){g->rx_id.len, (uint8_t *)(uintptr_t)g->rx_id.data};
	m->fill_no = (uint32_t)g->fill_no;
	m->institution_code = borrowed(g->institution_code);
	m->settlement_id = borrowed(g->settlement_id);
	m->at_ms = g->at_ms;
	m->fill_fen = g->fill_fen;
	m->settled_fen = g->settled_fen;
}

static int fill_rows(struct request *req, const struct reconcile *c,
	Rxcirc__V1__ReconcileSettlementsResponse *m)
{
	size_t rows = (size_t)pg_rows(&req->unit, QUERY_ROWS);
	Rxcirc__V1__GapRow *shown = arena_array(&req->arena, rows + 1, sizeof(*shown));
	struct gap_row g = {.gap = 0};

	m->rows = arena_array(&req->arena, rows + 1, sizeof(*m->rows));
	if (shown == NULL || m->rows == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < rows && i < (size_t)c->page_size; i++) {
		store_gap_read(&req->unit, QUERY_ROWS, (int)i, &g);
		fill_row(&shown[i], &g);
		m->rows[m->n_rows++] = &shown[i];
	}
	if (rows <= (size_t)c->page_size)
		return 0;
	m->next = page_mark_make(req, &(struct page_mark){g.gap, g.rx_id, g.fill_no, 0});
	return m->next.data == NULL ? ERR_MEMORY : 0;
}

static int fill_counts(struct request *req, Rxcirc__V1__ReconcileSettlementsResponse *m)
{
	Rxcirc__V1__GapCount *shown = arena_array(&req->arena, GAPS_END, sizeof(*shown));
	int64_t counts[GAPS_END] = {0};

	m->counts = arena_array(&req->arena, GAPS_END, sizeof(*m->counts));
	if (shown == NULL || m->counts == NULL)
		return ERR_MEMORY;
	store_gap_counts_read(&req->unit, QUERY_COUNTS, counts);
	for (unsigned gap = GAP_FILL_UNSETTLED; gap < GAPS_END; gap++) {
		rxcirc__v1__gap_count__init(&shown[gap]);
		shown[gap].gap = (Rxcirc__V1__SettlementGap)gap;
		shown[gap].count = (uint32_t)counts[gap];
		m->counts[m->n_counts++] = &shown[gap];
	}
	return 0;
}

static op_verdict reconcile_told(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	const struct reconcile *c = req->service_state;
	Rxcirc__V1__ReconcileSettlementsResponse m =
		RXCIRC__V1__RECONCILE_SETTLEMENTS_RESPONSE__INIT;
	int r = req->unit.status;

	if (r == 0)
		r = fill_rows(req, c, &m);
	if (r == 0)
		r = fill_counts(req, &m);
	return r < 0 ? request_fail(req, r) : request_reply(req, &m.base);
}

static const struct op_state reconcile_states[RECONCILE_STATES] = {
	[RECONCILE_START] = {"start", reconcile_start, OP_TO(RECONCILE_READ_WAIT)},
	[RECONCILE_READ_WAIT] = {"read-wait", reconcile_told, 0},
};

void reconcile_settlements_start(struct request *req)
{
	if (request_state(req, sizeof(struct reconcile)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, reconcile_states, RECONCILE_STATES);
}
