/* Agency/QueryRegistry: one page of the registry's records, from the snapshot.
 *
 *   START --> done                  (kinds that are about nobody's person)
 *     \-----> RECORD_WAIT --> done  (a person's blocks: the reading leaves its event first)
 *
 * A city officer sees the own prefecture.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "domain/moment.h"
#include "registry/registry.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "service/leaf.h"
#include "service/registry/registry_rows.h"
#include "service/services.h"
#include "service/want.h"
#include "store/event.h"

enum { REGISTRY_QUERY_START, REGISTRY_QUERY_RECORD_WAIT, REGISTRY_QUERY_STATES };
enum { TOKEN_LEN = 8, REPLY_BYTES_MAX = FRAME_BODY_MAX - 4096 };

struct registry_query {
	const Rxcirc__V1__QueryRegistryRequest *message;
	const struct registry_rows *rows;
	struct registry_asked asked;
	char scope[REGION_CODE_LEN + 1];
	uint8_t person_key[PERSON_KEY_LEN];
	size_t first, limit;
	struct event event;
};

static void check_token(struct want *w, struct registry_query *q)
{
	struct reader r;

	if (q->message->page_token.len == 0)
		return;
	reader_init(&r, pbmsg_bytes(q->message->page_token));
	q->first = (size_t)reader_u64(&r);
	if (!reader_is_done(&r) || q->first > registry_count(w->req->registry, q->rows->kind))
		want_fault(w, "page_token", "is not from an earlier answer", "不是先前应答中的分页标记");
}

static void check_filters(struct want *w, const Rxcirc__V1__QueryRegistryRequest *m)
{
	want_short(w, "code", m->code, ROW_HEX_LEN);
	want_short(w, "text", m->text, REGISTRY_TEXT_MAX);
	if (m->region[0] != '\0')
		want_region(w, "region", m->region);
	want_within(w, "item_kind", (int)m->item_kind, 0, ITEM_KINDS - 1);
	want_within(w, "missing", (int)m->missing, 0, ITEM_KINDS - 1);
	if (!moment_is_sound(m->at_ms))
		want_fault(w, "at_ms", "is not a moment", "时间无效");
	if (!moment_is_sound(m->expiring_before_ms))
		want_fault(w, "expiring_before_ms", "is not a moment", "时间无效");
	if (m->page_size > REGISTRY_PAGE_MAX)
		want_fault(w, "page_size", "at most 200", "至多 200");
}

/* A person's blocks are asked for by who has the voucher id and says why. */
static void check_person(struct want *w, struct registry_query *q)
{
	const Rxcirc__V1__QueryRegistryRequest *m = q->message;

	want_text(w, "voucher_id", m->voucher_id, VOUCHER_ID_MAX);
	want_text(w, "purpose", m->purpose, PURPOSE_MAX);
	digest_person(q->person_key, w->req->shop->keys, m->voucher_id);
	q->asked.person_key = q->person_key;
}

static enum status_reason query_read(struct request *req, struct registry_query *q)
{
	struct want want = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__query_registry_request__descriptor, &q->message);

	if (status != STATUS_OK)
		return status;
	q->rows = registry_rows_of(q->message->kind);
	if (q->rows == NULL) {
		request_find_field(req, "kind", "is not a kind of record", "不是登记事项的类别");
		return STATUS_FIELD_INVALID;
	}
	check_filters(&want, q->message);
	check_token(&want, q);
	if (q->rows->kind == REGISTRY_PERSON_BLOCK)
		check_person(&want, q);
	if (want.exhausted)
		return STATUS_BUSY;
	if (want.faults > 0)
		return STATUS_FIELD_INVALID;
	q->limit = q->message->page_size == 0 ? REGISTRY_PAGE_MAX : q->message->page_size;
	if (caller_scope(&req->caller, q->scope)[0] != '\0')
		memcpy(q->scope + strlen(q->scope), "00", 3); /* the prefecture's own code */
	q->asked.message = q->message;
	q->asked.scope = q->scope;
	q->asked.now_ms = req->received_at_ms;
	return STATUS_OK;
}

static int token_make(struct request *req, size_t next, ProtobufCBinaryData *ret)
{
	uint8_t *token = arena_alloc(&req->arena, TOKEN_LEN);
	struct writer w;

	if (token == NULL)
		return ERR_MEMORY;
	writer_init(&w, token, TOKEN_LEN);
	writer_u64(&w, next);
	*ret = (ProtobufCBinaryData){w.used, token};
	return 0;
}

/* The asker's own word for the person; the registry knows only a blind index. */
static void name_person(struct registry_query *q, Rxcirc__V1__RegistryRecord *record)
{
	if (q->rows->kind == REGISTRY_PERSON_BLOCK)
		record->person_block->voucher_id = q->message->voucher_id;
}

/* As many as one frame holds; a full page has a token to go on. */
static int query_fill(struct request *req, struct registry_query *q,
	Rxcirc__V1__QueryRegistryResponse *m)
{
	size_t count = registry_count(req->registry, q->rows->kind), bytes = 0, i;

	m->registry_version = registry_version(req->registry);
	m->records = arena_array(&req->arena, q->limit, sizeof(*m->records));
	if (m->records == NULL)
		return ERR_MEMORY;
	for (i = q->first; i < count; i++) {
		const void *record = registry_at(req->registry, q->rows->kind, i);
		Rxcirc__V1__RegistryRecord *shown;

		if (!registry_row_matches(req->registry, q->rows, record, &q->asked))
			continue;
		if (m->n_records == q->limit)
			return token_make(req, i, &m->next_page_token);
		shown = q->rows->show(&req->arena, record);
		if (shown == NULL)
			return ERR_MEMORY;
		name_person(q, shown);
		bytes += protobuf_c_message_get_packed_size(&shown->base) + 8;
		if (bytes > REPLY_BYTES_MAX)
			return token_make(req, i, &m->next_page_token);
		m->records[m->n_records++] = shown;
	}
	return 0;
}

static op_verdict query_answer(struct request *req)
{
	Rxcirc__V1__QueryRegistryResponse m = RXCIRC__V1__QUERY_REGISTRY_RESPONSE__INIT;
	int r = query_fill(req, req->service_state, &m);

	return r < 0 ? request_fail(req, r) : request_reply(req, &m.base);
}

static op_verdict query_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct registry_query *q = req->service_state;
	enum status_reason status = query_read(req, q);
	struct leaf leaf = {.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ};
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	if (q->rows->kind != REGISTRY_PERSON_BLOCK)
		return query_answer(req);
	leaf.person_key = q->person_key;
	leaf.reason = q->message->purpose;
	leaf.subject = "person-block";
	r = leaf_make(req, &leaf, &q->event);
	if (r == 0)
		r = store_event_put(request_unit(req, NULL), &req->arena, &q->event);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(REGISTRY_QUERY_RECORD_WAIT);
}

static op_verdict query_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);

	return req->unit.status < 0 ? request_fail(req, req->unit.status) : query_answer(req);
}

static const struct op_state query_states[REGISTRY_QUERY_STATES] = {
	[REGISTRY_QUERY_START] = {"start", query_start, OP_TO(REGISTRY_QUERY_RECORD_WAIT)},
	[REGISTRY_QUERY_RECORD_WAIT] = {"record-wait", query_recorded, 0},
};

void query_registry_start(struct request *req)
{
	if (request_state(req, sizeof(struct registry_query)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, query_states, REGISTRY_QUERY_STATES);
}
