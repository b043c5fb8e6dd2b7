/* Codes/ListCodeVersions: the versions of a kind, newest first.
 *
 *     START --> LIST_WAIT --> done
 *
 * What is not published is the officers' work under way, nobody else's business.
 */
#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "service/codes/code_message.h"
#include "service/services.h"
#include "store/code_version.h"

enum { LIST_START, LIST_WAIT, LIST_STATES };

static op_verdict list_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	const Rxcirc__V1__ListCodeVersionsRequest *m;
	struct want w = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__list_code_versions_request__descriptor, &m);
	bool is_officer = req->caller.role == CALLER_PROVINCE_OFFICER ||
		req->caller.role == CALLER_CITY_OFFICER;
	int r;

	if (status == STATUS_OK) {
		want_code_kind(&w, "kind", m->kind);
		status = want_status_asking(&w);
	}
	if (status != STATUS_OK)
		return request_refuse(req, status);
	r = store_code_versions(request_unit(req, NULL), &req->arena, (enum code_kind)m->kind,
		req->received_at_ms, is_officer, CODE_VERSIONS_MAX);
	if (r < 0)
		return request_fail(req, r);
	request_submit_read(req);
	return op_wait(LIST_WAIT);
}

static Rxcirc__V1__CodeVersion *version_message(struct request *req, int row)
{
	Rxcirc__V1__CodeVersion *m = arena_alloc(&req->arena, sizeof(*m));
	struct code_version_row v;

	if (m == NULL)
		return NULL;
	store_code_versions_row(&req->unit, 0, row, &v);
	rxcirc__v1__code_version__init(m);
	m->version_id = v.id;
	m->label = arena_text(&req->arena, slice_of_text(v.label));
	m->source = arena_text(&req->arena, slice_of_text(v.source));
	m->state = (Rxcirc__V1__CodeVersionState)v.state;
	m->rows = (uint32_t)v.rows;
	m->effective_from_ms = v.effective_from_ms;
	m->published_at_ms = v.published_at_ms;
	m->added = (uint32_t)v.added;
	m->changed = (uint32_t)v.changed;
	m->removed = (uint32_t)v.removed;
	m->in_effect = v.in_effect;
	return m->label == NULL || m->source == NULL ? NULL : m;
}

static op_verdict list_read(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	Rxcirc__V1__ListCodeVersionsResponse m = RXCIRC__V1__LIST_CODE_VERSIONS_RESPONSE__INIT;
	int rows;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	rows = pg_rows(&req->unit, 0);
	m.versions = arena_array(&req->arena, (size_t)rows + 1, sizeof(*m.versions));
	if (m.versions == NULL)
		return request_fail(req, ERR_MEMORY);
	for (int row = 0; row < rows; row++) {
		m.versions[m.n_versions] = version_message(req, row);
		if (m.versions[m.n_versions++] == NULL)
			return request_fail(req, ERR_MEMORY);
	}
	return request_reply(req, &m.base);
}

static const struct op_state list_states[LIST_STATES] = {
	[LIST_START] = {"start", list_start, OP_TO(LIST_WAIT)},
	[LIST_WAIT] = {"list-wait", list_read, 0},
};

void list_code_versions_start(struct request *req)
{
	request_run(req, list_states, LIST_STATES);
}
