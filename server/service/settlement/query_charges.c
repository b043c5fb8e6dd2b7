/* Settlements/QueryCharges: a month as declared and as its settlements say, what of it was refused
 * (TJ2-17a, SX15-8.4, SX15-8.6).
 *
 *   START --> READ_WAIT --> done
 */
#include <string.h>

#include "db/pg_value.h"
#include "registry/registry.h"
#include "service/services.h"
#include "service/settlement/charge_month.h"
#include "service/settlement/settlement_desk.h"
#include "store/charge.h"

enum { CHARGES_START, CHARGES_READ_WAIT, CHARGES_STATES };
enum { QUERY_LINES, QUERY_HEAD };

struct charges {
	struct charge_query query;
};

/* An institution asks about itself, which may be its host; an officer about the own scope. */
static enum status_reason take_payee(struct request *req, const char *asked,
	struct charge_query *query)
{
	const char *code = asked[0] == '\0' ? req->caller.code : asked;
	const struct institution *i = registry_institution(req->registry, code);

	query->payee_code = desk_host_of(req, code);
	if (!caller_is_officer(&req->caller))
		return strcmp(query->payee_code, desk_host_of(req, req->caller.code)) == 0 ? STATUS_OK :
			STATUS_SCOPE_NOT_ALLOWED;
	if (i == NULL || i->kind == INSTITUTION_AGENCY) {
		request_find_field(req, "institution_code", "is no institution that is paid",
			"不是可结算的机构");
		return STATUS_FIELD_INVALID;
	}
	return caller_covers(&req->caller, i->region) ? STATUS_OK : STATUS_SCOPE_NOT_ALLOWED;
}

static enum status_reason charges_read(struct request *req, struct charges *c)
{
	const Rxcirc__V1__QueryChargesRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__query_charges_request__descriptor, &m);

	if (status != STATUS_OK)
		return status;
	if (!charge_month_read(req, m->month, &c->query.month))
		return STATUS_FIELD_INVALID;
	charge_month_span(c->query.month, &c->query.from_ms, &c->query.until_ms);
	return take_payee(req, m->institution_code, &c->query);
}

static op_verdict charges_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct charges *c = req->service_state;
	enum status_reason status = charges_read(req, c);
	struct pg_unit *unit;
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	unit = request_unit(req, NULL);
	r = store_charge_lines(unit, &req->arena, &c->query);
	if (r == 0)
		r = store_charge_head(unit, &req->arena, &c->query);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(CHARGES_READ_WAIT);
}

struct shown {
	Rxcirc__V1__ChargeLine line;
	Rxcirc__V1__ChargeTotal declared, computed;
};

static int fill_lines(struct request *req, Rxcirc__V1__QueryChargesResponse *m)
{
	size_t rows = (size_t)pg_rows(&req->unit, QUERY_LINES);
	struct shown *shown = arena_array(&req->arena, rows + 1, sizeof(*shown));

	m->lines = arena_array(&req->arena, rows + 1, sizeof(*m->lines));
	if (shown == NULL || m->lines == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < rows; i++) {
		struct charge_total declared, computed;

		store_charge_line_read(&req->unit, QUERY_LINES, (int)i, &declared, &computed);
		rxcirc__v1__charge_line__init(&shown[i].line);
		charge_total_fill(&shown[i].declared, &declared);
		charge_total_fill(&shown[i].computed, &computed);
		shown[i].line.declared = &shown[i].declared;
		shown[i].line.computed = &shown[i].computed;
		shown[i].line.differs = charge_differs(&declared, &computed);
		m->differs = m->differs || shown[i].line.differs;
		m->lines[m->n_lines++] = &shown[i].line;
	}
	return 0;
}

static op_verdict charges_told(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	const struct charges *c = req->service_state;
	Rxcirc__V1__QueryChargesResponse m = RXCIRC__V1__QUERY_CHARGES_RESPONSE__INIT;
	struct charge_head head;
	int r = req->unit.status;

	if (r == 0)
		r = fill_lines(req, &m);
	if (r < 0)
		return request_fail(req, r);
	store_charge_head_read(&req->unit, QUERY_HEAD, &head);
	m.payee_code = (char *)(uintptr_t)c->query.payee_code;
	m.revision = (uint32_t)head.revision;
	m.declared_at_ms = head.declared_at_ms;
	m.differs = m.differs || head.revision == 0;
	m.refused_lines = (uint32_t)head.refused_lines;
	m.refused_fen = head.refused_fen;
	m.paid = (uint32_t)head.paid;
	return request_reply(req, &m.base);
}

static const struct op_state charges_states[CHARGES_STATES] = {
	[CHARGES_START] = {"start", charges_start, OP_TO(CHARGES_READ_WAIT)},
	[CHARGES_READ_WAIT] = {"read-wait", charges_told, 0},
};

void query_charges_start(struct request *req)
{
	if (request_state(req, sizeof(struct charges)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, charges_states, CHARGES_STATES);
}
