/* Agency/ShowPrescription: one prescription's whole story, for a stated purpose; the read itself is
 * an event.
 *
 *   START --> FILE_WAIT --> REST_WAIT --> RECORD_WAIT --> done
 *
 * First the file and the money, and whether the officer may see them; then goods, ratings and what
 * hangs on the money; told only when the read was recorded.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "registry/registry.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "service/leaf.h"
#include "service/prescription/story.h"
#include "service/services.h"
#include "store/event.h"
#include "store/prescription.h"
#include "store/story.h"

enum { SHOW_START, SHOW_FILE_WAIT, SHOW_REST_WAIT, SHOW_RECORD_WAIT, SHOW_STATES };
enum { FILE_ROW, FILE_DOCUMENTS, FILE_EVENTS, FILE_PAYMENTS };
enum { REST_RECEIPTS, REST_STEPS, REST_LEGS, REST_RATINGS };
enum { REPLY_BYTES_MAX = FRAME_BODY_MAX - 4096 };

struct show {
	const Rxcirc__V1__ShowPrescriptionRequest *message;
	struct bundle loaded;
	struct event event;
	Rxcirc__V1__ShowPrescriptionResponse reply;
};

static enum status_reason show_read(struct request *req, struct show *s)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__show_prescription_request__descriptor, &s->message);

	if (status != STATUS_OK)
		return status;
	if (s->message->rx_id.len != RX_ID_LEN) {
		request_find_field(req, "rx_id", "must be 16 bytes", "必须为 16 字节");
		return STATUS_FIELD_INVALID;
	}
	if (s->message->purpose[0] == '\0' || strlen(s->message->purpose) > PURPOSE_MAX) {
		request_find_field(req, "purpose", "1 to 200 bytes: why the prescription is read",
			"须说明查询目的（1 至 200 字节）");
		return STATUS_FIELD_INVALID;
	}
	return STATUS_OK;
}

static op_verdict show_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct show *s = req->service_state;
	enum status_reason status = show_read(req, s);
	struct event_filter filter = {.region_prefix = "", .limit = STORY_EVENTS_MAX + 1,
		.from_ms = 0, .until_ms = req->received_at_ms + 1, .after_at_ms = -1};
	struct pg_unit *unit;
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	filter.rx_id = s->message->rx_id.data;
	unit = request_unit(req, s->message->rx_id.data);
	r = store_prescription_load(unit, &req->arena, filter.rx_id);
	if (r == 0)
		r = store_documents_load(unit, &req->arena, filter.rx_id);
	if (r == 0)
		r = store_trail(unit, &req->arena, &filter);
	if (r == 0)
		r = store_story(unit, &req->arena, &story_payments_sql, filter.rx_id);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(SHOW_FILE_WAIT);
}

static bool is_covered(const struct request *req, const char *code)
{
	const struct institution *i = registry_institution(req->registry, code);

	return caller_covers(&req->caller, i == NULL ? "" : i->region);
}

/* A city officer's prefecture has the issuing hospital or somebody who was paid or holds it. */
static bool show_is_in_scope(const struct request *req, const struct show *s)
{
	if (is_covered(req, s->loaded.rx.hospital_code) || is_covered(req, s->loaded.rx.holder_code))
		return true;
	for (size_t i = 0; i < s->reply.n_payments; i++)
		if (is_covered(req, s->reply.payments[i]->reporter_code))
			return true;
	return false;
}

static ProtobufCBinaryData kept_bytes(struct request *req, struct slice s)
{
	struct slice copy = arena_copy(&req->arena, s);

	return (ProtobufCBinaryData){copy.len, (uint8_t *)(uintptr_t)copy.data};
}

static int show_take_events(struct request *req, struct show *s)
{
	size_t rows = (size_t)pg_rows(&req->unit, FILE_EVENTS);

	s->reply.events = arena_array(&req->arena, rows + 1, sizeof(*s->reply.events));
	if (s->reply.events == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < rows && i < STORY_EVENTS_MAX; i++) {
		Rxcirc__V1__StoryEvent *e = arena_alloc(&req->arena, sizeof(*e));
		struct trail_row row;

		if (e == NULL)
			return ERR_MEMORY;
		store_trail_row(&req->unit, FILE_EVENTS, (int)i, &row);
		rxcirc__v1__story_event__init(e);
		e->leaf = kept_bytes(req, row.leaf);
		e->leaf_hash = kept_bytes(req, row.leaf_hash);
		if (e->leaf.data == NULL || e->leaf_hash.data == NULL)
			return ERR_MEMORY;
		s->reply.events[s->reply.n_events++] = e;
	}
	s->reply.more_events = rows > STORY_EVENTS_MAX;
	return 0;
}

static int show_take_file(struct request *req, struct show *s)
{
	int r = bundle_open_documents(req, FILE_DOCUMENTS, &s->loaded);

	if (r == 0)
		r = show_take_events(req, s);
	if (r < 0)
		return r;
	s->reply.prescription = bundle_message(req, &s->loaded);
	return s->reply.prescription == NULL ? ERR_MEMORY : 0;
}

static int show_ask_rest(struct request *req, struct show *s)
{
	static const struct pg_statement *const rest[] = {&story_receipts_sql, &story_steps_sql,
		&story_legs_sql, &story_ratings_sql};
	struct pg_unit *unit = request_unit(req, s->loaded.rx.rx_id);
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(rest) && r == 0; i++)
		r = store_story(unit, &req->arena, rest[i], s->loaded.rx.rx_id);
	return r;
}

static op_verdict show_filed(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct show *s = req->service_state;
	int r = req->unit.status;

	if (r < 0)
		return request_fail(req, r);
	if (pg_rows(&req->unit, FILE_ROW) == 0)
		return request_refuse(req, STATUS_PRESCRIPTION_NOT_FOUND);
	r = bundle_read(req, FILE_ROW, 0, &s->loaded);
	if (r == 0)
		r = story_take_payments(req, FILE_PAYMENTS, &s->reply);
	if (r < 0)
		return request_fail(req, r);
	if (!show_is_in_scope(req, s))
		return request_refuse(req, STATUS_SCOPE_NOT_ALLOWED);
	r = show_take_file(req, s);
	if (r == 0)
		r = show_ask_rest(req, s);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(SHOW_REST_WAIT);
}

/* A file of the largest size leaves no room for the rest: then its documents are left out. */
static void show_fit(struct show *s)
{
	Rxcirc__V1__PrescriptionBundle *b = s->reply.prescription;

	if (protobuf_c_message_get_packed_size(&s->reply.base) <= REPLY_BYTES_MAX)
		return;
	b->prescription = NULL;
	b->hospital_review = NULL;
	b->n_later = b->n_key_statements = 0;
	s->reply.documents_left_out = true;
}

static op_verdict show_rested(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct show *s = req->service_state;
	const struct leaf leaf = {
		.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ,
		.read_rx_id = s->loaded.rx.rx_id,
		.person_key = s->loaded.rx.person_key,
		.reason = s->message->purpose,
	};
	int r = req->unit.status;

	if (r == 0)
		r = story_take_receipts(req, REST_RECEIPTS, &s->reply);
	if (r == 0)
		r = story_take_steps(req, REST_STEPS, &s->reply);
	if (r == 0)
		r = story_take_legs(req, REST_LEGS, &s->reply);
	if (r == 0)
		r = story_take_ratings(req, REST_RATINGS, &s->reply);
	if (r == 0 && !s->loaded.shredded)
		r = story_find_gaps(req, &s->loaded, &s->reply);
	if (r == 0)
		r = leaf_make(req, &leaf, &s->event);
	if (r == 0)
		r = store_event_put(request_unit(req, s->loaded.rx.rx_id), &req->arena, &s->event);
	if (r < 0)
		return request_fail(req, r);
	show_fit(s);
	request_submit_write(req);
	return op_wait(SHOW_RECORD_WAIT);
}

static op_verdict show_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	const struct show *s = req->service_state;

	return req->unit.status < 0 ? request_fail(req, req->unit.status) :
		request_reply(req, &s->reply.base);
}

static const struct op_state show_states[SHOW_STATES] = {
	[SHOW_START] = {"start", show_start, OP_TO(SHOW_FILE_WAIT)},
	[SHOW_FILE_WAIT] = {"file-wait", show_filed, OP_TO(SHOW_REST_WAIT)},
	[SHOW_REST_WAIT] = {"rest-wait", show_rested, OP_TO(SHOW_RECORD_WAIT)},
	[SHOW_RECORD_WAIT] = {"record-wait", show_recorded, 0},
};

void show_prescription_start(struct request *req)
{
	struct show *s = request_state(req, sizeof(*s));

	if (s == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	rxcirc__v1__show_prescription_response__init(&s->reply);
	request_run(req, show_states, SHOW_STATES);
}
