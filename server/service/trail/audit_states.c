/* Agency/AuditStates: prescriptions as their rows stand, for whoever folds the log.
 *
 *   START --> RECORD_WAIT --> PAGE_WAIT --> done
 *     |                          ^
 *     +--------------------------+        (every page but the first)
 *
 * A row whose MAC is not right is told as it stands: that it is so is what is asked.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "rxcirc/v1/trail.pb-c.h"
#include "service/bundle.h"
#include "service/services.h"
#include "service/trail/audit_record.h"
#include "service/trail/paging.h"
#include "service/trail/trail_filter.h"
#include "store/audit.h"
#include "store/prescription.h"

enum { AUDIT_START, AUDIT_RECORD_WAIT, AUDIT_PAGE_WAIT, AUDIT_STATES_NR };
enum { REPLY_BYTES_MAX = FRAME_BODY_MAX - 4096 };

struct audit_states {
	const Rxcirc__V1__AuditStatesRequest *message;
	struct audit_page page;
	struct slice bound;
	struct event event;
	Rxcirc__V1__AuditStatesResponse reply;
};

/* ---- what is asked ------------------------------------------------------------------------- */

static enum status_reason take_ids(struct request *req, struct audit_states *a)
{
	const Rxcirc__V1__AuditStatesRequest *m = a->message;
	struct slice *ids = arena_array(&req->arena, m->n_rx_ids + 1, sizeof(*ids));

	if (ids == NULL)
		return STATUS_BUSY;
	if (m->n_rx_ids > AUDIT_RX_IDS_MAX)
		return trail_field(req, "rx_ids", "at most 256", "至多 256 个");
	for (size_t i = 0; i < m->n_rx_ids; i++) {
		if (m->rx_ids[i].len != RX_ID_LEN)
			return trail_field(req, "rx_ids", "must be 16 bytes each", "每个必须为 16 字节");
		ids[i] = pbmsg_bytes(m->rx_ids[i]);
	}
	a->page.rx_ids = ids;
	a->page.count = m->n_rx_ids;
	a->page.limit = AUDIT_STATES_MAX;
	return STATUS_OK;
}

static enum status_reason take_token(struct request *req, struct audit_states *a)
{
	Rxcirc__V1__AuditStatesRequest same = *a->message;
	struct slice place;
	enum status_reason status;

	same.page_token = (ProtobufCBinaryData){0, NULL};
	same.purpose = (char *)(uintptr_t)"";
	if (paging_bound(req, &same.base, &a->bound) < 0)
		return STATUS_BUSY;
	if (a->message->page_token.len == 0)
		return trail_purpose_check(req, a->message->purpose);
	status = paging_place(req, a->bound, a->message->page_token, &place);
	if (status != STATUS_OK)
		return status;
	ensure(place.len == RX_ID_LEN); /* the platform's own token */
	a->page.after_rx_id = place.data;
	return STATUS_OK;
}

/* ---- what the tables say ------------------------------------------------------------------- */

static int state_word(struct request *req, const struct prescription *rx,
	Rxcirc__V1__AuditedState *m)
{
	m->state = arena_alloc(&req->arena, sizeof(*m->state));
	if (m->state == NULL)
		return ERR_MEMORY;
	rxcirc__v1__state_word__init(m->state);
	m->state->validity = (uint32_t)rx->validity;
	m->state->review = (uint32_t)rx->review;
	m->state->use = (uint32_t)rx->use;
	m->state->held = rx->holder_code[0] != '\0';
	return 0;
}

static int kept(struct request *req, const void *data, size_t len, ProtobufCBinaryData *ret)
{
	struct slice copy = arena_copy(&req->arena, slice_of(data, len));

	*ret = (ProtobufCBinaryData){copy.len, (uint8_t *)(uintptr_t)copy.data};
	return copy.len == len ? 0 : ERR_MEMORY;
}

static int document_add(struct request *req, Rxcirc__V1__AuditedState *m, int64_t seq,
	int64_t kind, struct slice sha256)
{
	Rxcirc__V1__AuditedDocument *d = arena_alloc(&req->arena, sizeof(*d));

	if (d == NULL)
		return ERR_MEMORY;
	rxcirc__v1__audited_document__init(d);
	d->seq = (uint64_t)seq;
	d->kind = (Rxcirc__V1__DocumentKind)kind;
	m->documents[m->n_documents++] = d;
	return kept(req, sha256.data, sha256.len, &d->sealed_sha256);
}

static int documents_fill(struct request *req, int row, Rxcirc__V1__AuditedState *m)
{
	struct audit_documents documents;
	struct slice sha256;
	int64_t seq, kind;
	int r = 0;

	store_audit_documents(&req->unit, 0, row, &documents);
	if (documents.is_empty)
		return 0;
	m->documents = arena_array(&req->arena, documents.seqs.left + 1, sizeof(*m->documents));
	if (m->documents == NULL)
		return ERR_MEMORY;
	while (r == 0 && store_audit_document_next(&documents, &seq, &kind, &sha256))
		r = document_add(req, m, seq, kind, sha256);
	return r;
}

static int state_fill(struct request *req, int row, Rxcirc__V1__AuditedState **ret)
{
	struct prescription *rx = arena_alloc(&req->arena, sizeof(*rx));
	Rxcirc__V1__AuditedState *m = arena_alloc(&req->arena, sizeof(*m));
	struct prescription_line *lines;
	struct stored_data_key key;
	size_t count;
	int r;

	if (rx == NULL || m == NULL)
		return ERR_MEMORY;
	r = store_prescription_read(&req->unit, 0, row, &req->arena, rx, &lines, &count, &key);
	if (r < 0)
		return r;
	rxcirc__v1__audited_state__init(m);
	m->rx_id = (ProtobufCBinaryData){RX_ID_LEN, rx->rx_id};
	m->version = (uint64_t)rx->version;
	m->head_leaf = (ProtobufCBinaryData){SHA256_LEN, rx->head_leaf};
	m->holder_code = rx->holder_code;
	m->row_is_sealed = bundle_row_is_sealed(req, rx, lines, count);
	m->has_key = !key.shredded;
	r = state_word(req, rx, m);
	if (r == 0)
		r = documents_fill(req, row, m);
	*ret = m;
	return r;
}

static int page_fill(struct request *req, struct audit_states *a)
{
	int rows = pg_rows(&req->unit, 0);
	bool more = rows == a->page.limit;
	const Rxcirc__V1__AuditedState *last;
	size_t bytes = 0;

	a->reply.states = arena_array(&req->arena, (size_t)rows + 1, sizeof(*a->reply.states));
	if (a->reply.states == NULL)
		return ERR_MEMORY;
	for (int row = 0; row < rows; row++) {
		Rxcirc__V1__AuditedState *m = NULL;
		int r = state_fill(req, row, &m);

		if (r < 0)
			return r;
		bytes += protobuf_c_message_get_packed_size(&m->base) + 8;
		if (bytes > REPLY_BYTES_MAX && row > 0) {
			more = true;
			break;
		}
		a->reply.states[a->reply.n_states++] = m;
	}
	if (!more)
		return 0;
	last = a->reply.states[a->reply.n_states - 1];
	return paging_token(req, a->bound, pbmsg_bytes(last->rx_id), &a->reply.next_page_token);
}

/* ---- the steps ----------------------------------------------------------------------------- */

static op_verdict audit_ask(struct request *req, struct audit_states *a)
{
	int r = store_audit_states(request_unit(req, NULL), &req->arena, &a->page);

	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(AUDIT_PAGE_WAIT);
}

static op_verdict audit_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct audit_states *a = req->service_state;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__audit_states_request__descriptor, &a->message);

	if (status == STATUS_OK)
		status = take_ids(req, a);
	if (status == STATUS_OK)
		status = take_token(req, a);
	if (status != STATUS_OK)
		return request_refuse(req, status);
	if (a->page.after_rx_id != NULL)
		return audit_ask(req, a);
	if (audit_record(req, "audit/states", a->message->purpose, &a->event) < 0)
		return request_fail(req, ERR_MEMORY);
	request_submit_write(req);
	return op_wait(AUDIT_RECORD_WAIT);
}

static op_verdict audit_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);

	return req->unit.status < 0 ? request_fail(req, req->unit.status) :
		audit_ask(req, req->service_state);
}

static op_verdict audit_paged(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct audit_states *a = req->service_state;
	int r = req->unit.status;

	if (r == 0)
		r = page_fill(req, a);
	return r < 0 ? request_fail(req, r) : request_reply(req, &a->reply.base);
}

static const struct op_state audit_states_table[AUDIT_STATES_NR] = {
	[AUDIT_START] = {"start", audit_start, OP_TO(AUDIT_RECORD_WAIT) | OP_TO(AUDIT_PAGE_WAIT)},
	[AUDIT_RECORD_WAIT] = {"record-wait", audit_recorded, OP_TO(AUDIT_PAGE_WAIT)},
	[AUDIT_PAGE_WAIT] = {"page-wait", audit_paged, 0},
};

void audit_states_start(struct request *req)
{
	struct audit_states *a = request_state(req, sizeof(*a));

	if (a == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	rxcirc__v1__audit_states_response__init(&a->reply);
	request_run(req, audit_states_table, AUDIT_STATES_NR);
}
