/* Agency/QueryTrail: one page of the trail, for a stated purpose; the read itself is an event.
 *
 *   START --> RECORD_WAIT --> PAGE_WAIT --> done
 *
 * Recorded first: nobody reads the trail without leaving a trace, also when the page is then lost.
 * A city officer sees the events of institutions in the own region only.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "db/pg_value.h"
#include "domain/moment.h"
#include "registry/registry.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "service/leaf.h"
#include "service/services.h"
#include "store/event.h"

enum { TRAIL_START, TRAIL_RECORD_WAIT, TRAIL_PAGE_WAIT, TRAIL_STATES };
enum { TOKEN_LEN = 8 + EVENT_ID_LEN, REPLY_BYTES_MAX = FRAME_BODY_MAX - 4096 };

struct trail_query {
	const Rxcirc__V1__QueryTrailRequest *message;
	struct event_filter filter;
	uint8_t person_key[PERSON_KEY_LEN];
	char scope[REGION_CODE_LEN + 1];
	struct event event;
};

static enum status_reason field(struct request *req, const char *name, const char *english,
	const char *chinese)
{
	request_find_field(req, name, english, chinese);
	return STATUS_FIELD_INVALID;
}

static enum status_reason take_subject(struct request *req, struct trail_query *q)
{
	const Rxcirc__V1__QueryTrailRequest *m = q->message;
	unsigned given = (m->rx_id.len > 0) + (m->voucher_id[0] != '\0') +
		(m->institution_code[0] != '\0') + (m->practitioner_code[0] != '\0');

	if (given > 1)
		return field(req, "rx_id, voucher_id, institution_code, practitioner_code",
			"at most one of them", "至多指定其一");
	if (m->rx_id.len != 0 && m->rx_id.len != RX_ID_LEN)
		return field(req, "rx_id", "must be 16 bytes", "必须为 16 字节");
	if (strlen(m->voucher_id) > VOUCHER_ID_MAX)
		return field(req, "voucher_id", "at most 50 bytes", "至多 50 字节");
	if (m->rx_id.len != 0)
		q->filter.rx_id = m->rx_id.data;
	if (m->voucher_id[0] != '\0') {
		digest_person(q->person_key, req->shop->keys, m->voucher_id);
		q->filter.person_key = q->person_key;
	}
	if (m->institution_code[0] != '\0')
		q->filter.institution_code = m->institution_code;
	if (m->practitioner_code[0] != '\0')
		q->filter.practitioner_code = m->practitioner_code;
	return STATUS_OK;
}

static enum status_reason take_page(struct request *req, struct trail_query *q)
{
	const Rxcirc__V1__QueryTrailRequest *m = q->message;
	struct reader r;
	struct slice id;

	q->filter.from_ms = m->from_ms;
	q->filter.until_ms = m->until_ms == 0 ? req->received_at_ms + 1 : m->until_ms;
	if (!moment_is_sound(m->from_ms) || !moment_is_sound(q->filter.until_ms) ||
		q->filter.until_ms < m->from_ms)
		return field(req, "from_ms, until_ms", "not a range of time, or it ends before it begins",
			"时间范围无效");
	if (m->page_size > TRAIL_PAGE_MAX)
		return field(req, "page_size", "at most 200", "至多 200");
	q->filter.limit = m->page_size == 0 ? TRAIL_PAGE_MAX : (int32_t)m->page_size;
	if (m->page_token.len == 0) {
		q->filter.after_at_ms = m->from_ms - 1;
		return STATUS_OK;
	}
	reader_init(&r, pbmsg_bytes(m->page_token));
	q->filter.after_at_ms = (int64_t)reader_u64(&r);
	id = reader_slice(&r, EVENT_ID_LEN);
	if (!reader_is_done(&r) || !moment_is_sound(q->filter.after_at_ms))
		return field(req, "page_token", "is not from an earlier answer",
			"不是先前应答中的分页标记");
	memcpy(q->filter.after_event_id, id.data, EVENT_ID_LEN);
	return STATUS_OK;
}

/* A city officer's prefecture; asking for an institution outside it is told, not answered empty. */
static enum status_reason take_scope(struct request *req, struct trail_query *q)
{
	const struct institution *asked;

	q->filter.region_prefix = caller_scope(&req->caller, q->scope);
	if (q->filter.institution_code == NULL)
		return STATUS_OK;
	asked = registry_institution(req->registry, q->filter.institution_code);
	return caller_covers(&req->caller, asked == NULL ? "" : asked->region) ? STATUS_OK :
		STATUS_SCOPE_NOT_ALLOWED;
}

static enum status_reason trail_read(struct request *req, struct trail_query *q)
{
	enum status_reason status;

	status = request_unpack(req, &rxcirc__v1__query_trail_request__descriptor, &q->message);
	if (status != STATUS_OK)
		return status;
	if (q->message->purpose[0] == '\0' || strlen(q->message->purpose) > PURPOSE_MAX)
		return field(req, "purpose", "1 to 200 bytes: why the trail is read",
			"须说明查询目的（1 至 200 字节）");
	status = take_subject(req, q);
	if (status == STATUS_OK)
		status = take_page(req, q);
	return status == STATUS_OK ? take_scope(req, q) : status;
}

static op_verdict trail_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct trail_query *q = req->service_state;
	enum status_reason status = trail_read(req, q);
	struct leaf leaf = {.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ};
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	leaf.read_rx_id = q->filter.rx_id;
	leaf.person_key = q->filter.person_key;
	leaf.reason = q->message->purpose;
	r = leaf_make(req, &leaf, &q->event);
	if (r == 0)
		r = store_event_put(request_unit(req, NULL), &req->arena, &q->event);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(TRAIL_RECORD_WAIT);
}

static op_verdict trail_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct trail_query *q = req->service_state;
	int r = req->unit.status;

	if (r == 0)
		r = store_trail(request_unit(req, NULL), &req->arena, &q->filter);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(TRAIL_PAGE_WAIT);
}

static ProtobufCBinaryData bytes_of(struct slice s)
{
	return (ProtobufCBinaryData){s.len, (uint8_t *)(uintptr_t)s.data};
}

static int page_token(struct request *req, const struct trail_row *last, ProtobufCBinaryData *ret)
{
	uint8_t *token = arena_alloc(&req->arena, TOKEN_LEN);
	struct writer w;

	if (token == NULL)
		return ERR_MEMORY;
	writer_init(&w, token, TOKEN_LEN);
	writer_u64(&w, (uint64_t)last->at_ms);
	writer_slice(&w, last->event_id);
	*ret = (ProtobufCBinaryData){w.used, token};
	return 0;
}

/* As many rows as one frame holds; a full page or a cut one has a token to go on. */
static int trail_fill(struct request *req, struct trail_query *q,
	Rxcirc__V1__QueryTrailResponse *m)
{
	int rows = pg_rows(&req->unit, 0);
	Rxcirc__V1__TrailEvent *events = arena_array(&req->arena, (size_t)rows + 1, sizeof(*events));
	struct trail_row last = {0};
	size_t bytes = 0;

	m->events = arena_array(&req->arena, (size_t)rows + 1, sizeof(*m->events));
	if (events == NULL || m->events == NULL)
		return ERR_MEMORY;
	while (m->n_events < (size_t)rows) {
		Rxcirc__V1__TrailEvent *e = &events[m->n_events];
		struct trail_row row;

		store_trail_row(&req->unit, 0, (int)m->n_events, &row);
		bytes += row.leaf.len + SHA256_LEN + 16;
		if (bytes > REPLY_BYTES_MAX)
			break;
		last = row;
		rxcirc__v1__trail_event__init(e);
		e->leaf = bytes_of(row.leaf);
		e->leaf_hash = bytes_of(row.leaf_hash);
		m->events[m->n_events++] = e;
	}
	if (m->n_events == 0 || (m->n_events == (size_t)rows && rows < q->filter.limit))
		return 0;
	return page_token(req, &last, &m->next_page_token);
}

static op_verdict trail_paged(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	Rxcirc__V1__QueryTrailResponse m = RXCIRC__V1__QUERY_TRAIL_RESPONSE__INIT;
	int r = req->unit.status;

	if (r == 0)
		r = trail_fill(req, req->service_state, &m);
	return r < 0 ? request_fail(req, r) : request_reply(req, &m.base);
}

static const struct op_state trail_states[TRAIL_STATES] = {
	[TRAIL_START] = {"start", trail_start, OP_TO(TRAIL_RECORD_WAIT)},
	[TRAIL_RECORD_WAIT] = {"record-wait", trail_recorded, OP_TO(TRAIL_PAGE_WAIT)},
	[TRAIL_PAGE_WAIT] = {"page-wait", trail_paged, 0},
};

void query_trail_start(struct request *req)
{
	if (request_state(req, sizeof(struct trail_query)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, trail_states, TRAIL_STATES);
}
