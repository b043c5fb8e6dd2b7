/* Codes/QueryCodes: a page of the version in effect at a moment; all pages are the export.
 *
 *     START --> PAGE_WAIT --> done
 *
 * Read from the database, not the snapshot: any moment of the past can be asked for, and a whole
 * table passes without a worker's time.  A page names the version it is of, and the pages after it
 * are of that one, whatever is published meanwhile.
 */
#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "domain/moment.h"
#include "service/codes/code_message.h"
#include "service/services.h"

enum { QUERY_START, QUERY_PAGE_WAIT, QUERY_STATES };

static enum status_reason query_read(struct request *req, struct code_filter *f)
{
	const Rxcirc__V1__QueryCodesRequest *m;
	struct want w = {.req = req};
	enum status_reason status = request_unpack(req, &rxcirc__v1__query_codes_request__descriptor,
		&m);

	if (status != STATUS_OK)
		return status;
	want_code_kind(&w, "kind", m->kind);
	if (!moment_is_sound(m->at_ms))
		want_fault(&w, "at_ms", "is not a moment", "时间无效");
	if (m->version_id < 0)
		want_fault(&w, "version_id", "must not be negative", "不得为负");
	want_short(&w, "prefix", m->prefix, CODE_MAX);
	want_short(&w, "part", m->part, CODE_NAME_MAX);
	if (m->page_size > CODES_PAGE_MAX)
		want_fault(&w, "page_size", "at most 250", "至多 250");
	*f = (struct code_filter){
		.kind = (enum code_kind)m->kind,
		.at_ms = m->at_ms == 0 ? req->received_at_ms : m->at_ms,
		.version_id = m->version_id,
		.after = "",
		.prefix = m->prefix,
		.part = m->part,
		.limit = m->page_size == 0 ? CODES_PAGE_MAX : (int32_t)m->page_size,
	};
	if (m->page_token[0] != '\0' && !code_token_read(m->page_token, &f->version_id, &f->after))
		want_fault(&w, "page_token", "is not from an earlier answer",
			"不是先前应答中的分页标记");
	return want_status_asking(&w);
}

static op_verdict query_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct code_filter *f = req->service_state;
	enum status_reason status = query_read(req, f);
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	r = store_codes_query(request_unit(req, NULL), &req->arena, f);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(QUERY_PAGE_WAIT);
}

static int query_fill(struct request *req, const struct code_filter *f,
	Rxcirc__V1__QueryCodesResponse *m)
{
	int rows = pg_rows(&req->unit, 0);
	struct code_version_name version;
	struct code code;

	if (!store_codes_query_version(&req->unit, 0, &version))
		return 0;
	m->version_id = version.id;
	m->effective_from_ms = version.effective_from_ms;
	m->label = arena_text(&req->arena, slice_of_text(version.label));
	m->codes = arena_array(&req->arena, (size_t)rows, sizeof(*m->codes));
	if (m->label == NULL || m->codes == NULL)
		return ERR_MEMORY;
	while (m->n_codes < (size_t)rows &&
		store_codes_query_row(&req->unit, 0, (int)m->n_codes, &code)) {
		m->codes[m->n_codes] = code_message(req, &code);
		if (m->codes[m->n_codes++] == NULL)
			return ERR_MEMORY;
	}
	if (m->n_codes < (size_t)f->limit)
		return 0;
	m->next_page_token = code_token_make(req, version.id, code.code);
	return m->next_page_token == NULL ? ERR_MEMORY : 0;
}

static op_verdict query_paged(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	Rxcirc__V1__QueryCodesResponse m = RXCIRC__V1__QUERY_CODES_RESPONSE__INIT;
	int r = req->unit.status;

	if (r == 0)
		r = query_fill(req, req->service_state, &m);
	return r < 0 ? request_fail(req, r) : request_reply(req, &m.base);
}

static const struct op_state query_states[QUERY_STATES] = {
	[QUERY_START] = {"start", query_start, OP_TO(QUERY_PAGE_WAIT)},
	[QUERY_PAGE_WAIT] = {"page-wait", query_paged, 0},
};

void query_codes_start(struct request *req)
{
	if (request_state(req, sizeof(struct code_filter)) == NULL)
		request_end_early(req, STATUS_BUSY);
	else
		request_run(req, query_states, QUERY_STATES);
}
