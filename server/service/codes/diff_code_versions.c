/* Codes/DiffCodeVersions: what one published version changes against another, a page of it.
 *
 *     START --> PAGE_WAIT --> done
 */
#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "service/codes/code_message.h"
#include "service/services.h"

enum { DIFF_START, DIFF_PAGE_WAIT, DIFF_STATES };

struct diff {
	int64_t from_id, to_id;
	const char *after;
	int32_t limit;
};

static enum status_reason diff_read(struct request *req, struct diff *d)
{
	const Rxcirc__V1__DiffCodeVersionsRequest *m;
	struct want w = {.req = req};
	int64_t token_id = 0;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__diff_code_versions_request__descriptor, &m);

	if (status != STATUS_OK)
		return status;
	if (m->from_version_id < 0)
		want_fault(&w, "from_version_id", "must not be negative", "不得为负");
	if (m->to_version_id <= 0)
		want_fault(&w, "to_version_id", "is missing", "缺少必填项");
	if (m->page_size > CODE_CHANGES_PAGE_MAX)
		want_fault(&w, "page_size", "at most 120", "至多 120");
	d->from_id = m->from_version_id;
	d->to_id = m->to_version_id;
	d->after = "";
	d->limit = m->page_size == 0 ? CODE_CHANGES_PAGE_MAX : (int32_t)m->page_size;
	if (m->page_token[0] != '\0' && (!code_token_read(m->page_token, &token_id, &d->after) ||
			token_id != d->to_id))
		want_fault(&w, "page_token", "is not from an earlier answer",
			"不是先前应答中的分页标记");
	return want_status_asking(&w);
}

static op_verdict diff_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct diff *d = req->service_state;
	enum status_reason status = diff_read(req, d);
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	r = store_codes_diff(request_unit(req, NULL), &req->arena, d->from_id, d->to_id, d->after,
		d->limit);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(DIFF_PAGE_WAIT);
}

static int diff_fill(struct request *req, const struct diff *d,
	Rxcirc__V1__DiffCodeVersionsResponse *m)
{
	int rows = pg_rows(&req->unit, 0);
	struct code_change change;

	m->changes = arena_array(&req->arena, (size_t)rows + 1, sizeof(*m->changes));
	if (m->changes == NULL)
		return ERR_MEMORY;
	for (int row = 0; row < rows; row++) {
		store_codes_diff_row(&req->unit, 0, row, &change);
		m->changes[m->n_changes] = code_change_message(req, &change);
		if (m->changes[m->n_changes++] == NULL)
			return ERR_MEMORY;
	}
	if (rows < d->limit)
		return 0;
	m->next_page_token = code_token_make(req, d->to_id,
		change.after.code != NULL ? change.after.code : change.before.code);
	return m->next_page_token == NULL ? ERR_MEMORY : 0;
}

static op_verdict diff_paged(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	Rxcirc__V1__DiffCodeVersionsResponse m = RXCIRC__V1__DIFF_CODE_VERSIONS_RESPONSE__INIT;
	int r = req->unit.status;

	if (r == 0)
		r = diff_fill(req, req->service_state, &m);
	return r < 0 ? request_fail(req, r) : request_reply(req, &m.base);
}

static const struct op_state diff_states[DIFF_STATES] = {
	[DIFF_START] = {"start", diff_start, OP_TO(DIFF_PAGE_WAIT)},
	[DIFF_PAGE_WAIT] = {"page-wait", diff_paged, 0},
};

void diff_code_versions_start(struct request *req)
{
	if (request_state(req, sizeof(struct diff)) == NULL)
		request_end_early(req, STATUS_BUSY);
	else
		request_run(req, diff_states, DIFF_STATES);
}
