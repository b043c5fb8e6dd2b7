/* Hospital/UploadPrescription: accept a doubly signed prescription.  nat: D003 rxFileUpld.
 *
 *   START --> STORE_WAIT --> done                       (new: the usual case, one round trip)
 *    ^  |         |
 *    |  +-> done  +--> EARLIER_WAIT --> SAME_WAIT --> done   (same number or same key as before)
 *    |  |(refused)|     ^    |
 *    |  +---------|-----+    |     (too late for a first upload: was it answered before?)
 *    +------------+----------+     (outcome unknown or a race: at most UPLOAD_TRIES_MAX times)
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "db/pg_value.h"
#include "proto/rxid.h"
#include "rxcirc/v1/hospital.pb-c.h"
#include "service/bundle.h"
#include "service/decision.h"
#include "service/facts.h"
#include "service/lateness.h"
#include "service/leaf.h"
#include "service/services.h"
#include "service/state_reply.h"
#include "service/prescription/upload_read.h"
#include "store/prescription.h"

enum { UPLOAD_START, UPLOAD_STORE_WAIT, UPLOAD_EARLIER_WAIT, UPLOAD_SAME_WAIT, UPLOAD_STATES };
enum { UPLOAD_TRIES_MAX = 8, DAY_MS = 24 * 3600 * 1000, QUERY_ROW = 0, QUERY_REPLY = 1 };

struct upload {
	unsigned tries;
	bool unknown;                /* a write was sent whose outcome nobody has told yet */
	enum status_reason refusal;  /* of time (service/paper.h); told when not answered before */
	struct upload_papers papers;
	struct upload_facts facts;
	struct prescription rx;
	struct prescription_line lines[RX_LINES_MAX];
	size_t line_count;
	struct data_key key;
	struct slice sealed;
	uint8_t serial_mac[DIGEST_LEN], number_mac[DIGEST_LEN];
	struct event event;
	uint8_t request_mac[32];
	struct slice reply;
};

static struct upload *upload_of(struct request *req)
{
	return req->service_state;
}

static void wipe_key(void *key)
{
	data_key_wipe(key);
}

static int upload_make_reply(struct request *req, const struct prescription *rx,
	const struct prescription_line *lines, size_t count, struct slice *ret)
{
	Rxcirc__V1__UploadPrescriptionResponse m = RXCIRC__V1__UPLOAD_PRESCRIPTION_RESPONSE__INIT;

	m.state = state_reply(req, rx, lines, count);
	m.flags = req->findings;
	m.n_flags = req->findings_count;
	*ret = m.state == NULL ? slice_of(NULL, 0) : pbmsg_pack(&m, &req->arena);
	return ret->data == NULL ? ERR_MEMORY : 0;
}

/* Once nobody knows whether a write happened, "nothing happened" must not be said any more. */
static op_verdict upload_fail(struct request *req, int err)
{
	return request_fail(req, upload_of(req)->unknown ? ERR_OUTCOME_UNKNOWN : err);
}

static void upload_make_id(struct request *req, struct prescription *rx,
	const Rxcirc__V1__Prescription *doc)
{
	digest_person(rx->person_key, req->shop->keys, doc->patient->voucher_id);
	digest_rx_id(rx->rx_id, req->shop->keys, rx->person_key, doc->issued_at_ms,
		doc->hospital_code, doc->hospital_rx_no);
}

/* The row as it will stand. */
static void upload_make_row(struct request *req, struct upload *u)
{
	const Rxcirc__V1__Prescription *doc = u->papers.prescription.body;
	struct prescription *rx = &u->rx;

	upload_make_id(req, rx, doc);
	memcpy(rx->hospital_code, req->caller.code, sizeof(rx->hospital_code));
	/* The request's own digest is the upload's: the same number with other content is a
	 * conflict. */
	memcpy(rx->upload_mac, u->request_mac, sizeof(rx->upload_mac));
	rx->issued_at_ms = doc->issued_at_ms;
	rx->valid_until_ms = doc->issued_at_ms + (int64_t)doc->validity_days * DAY_MS;
	rx->received_at_ms = req->received_at_ms;
	rx->validity = VALIDITY_VALID;
	rx->review = REVIEW_HOSPITAL_PASSED;
	rx->use = USE_UNUSED;
	rx->held_until_ms = req->received_at_ms;
	rx->held_from_ms = req->received_at_ms;
	rx->round = 1;
	rx->next_from_ms = req->received_at_ms;
	rx->fills_max = (int16_t)(doc->repeat == NULL ? 1 : doc->repeat->fills_max);
	rx->interval_days = (int16_t)(doc->repeat == NULL ? 0 : doc->repeat->interval_days_min);
	rx->version = 1;
	u->line_count = doc->n_lines;
	for (size_t i = 0; i < doc->n_lines; i++)
		u->lines[i] = (struct prescription_line){(int16_t)(i + 1), doc->lines[i]->drug_code,
			doc->lines[i]->quantity_e4, 0, 0};
}

/* Both documents as they came, and what they were judged by, in one sealed file. */
static int upload_seal(struct request *req, struct upload *u)
{
	Rxcirc__V1__StoredUpload file = RXCIRC__V1__STORED_UPLOAD__INIT;
	struct slice plain;

	file.decision = decision_make(req, &u->facts);
	if (file.decision == NULL)
		return ERR_MEMORY;
	file.prescription = (Rxcirc__V1__SignedDocument *)(uintptr_t)u->papers.prescription.doc;
	file.hospital_review = (Rxcirc__V1__SignedDocument *)(uintptr_t)u->papers.hospital_review.doc;
	plain = pbmsg_pack(&file, &req->arena);
	if (plain.data == NULL || arena_on_reset(&req->arena, wipe_key, &u->key) < 0)
		return ERR_MEMORY;
	data_key_new(&u->key, req->shop->keys, u->rx.rx_id);
	u->sealed = bundle_seal(req, &u->key, u->rx.rx_id, 1,
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION, plain);
	return u->sealed.data == NULL ? ERR_MEMORY : 0;
}

static int upload_make(struct request *req, struct upload *u)
{
	const struct life life = {VALIDITY_VALID, REVIEW_HOSPITAL_PASSED, USE_UNUSED, HOLD_FREE};
	struct leaf leaf = {
		.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_UPLOADED,
		.rx = &u->rx,
		.after = &life,
		.signer = u->papers.prescription.key,
	};
	int r;

	upload_make_row(req, u);
	r = upload_seal(req, u);
	leaf.sealed = u->sealed;
	if (r == 0)
		r = leaf_make(req, &leaf, &u->event);
	if (r < 0)
		return r;
	memcpy(u->rx.head_leaf, u->event.leaf_hash, SHA256_LEN);
	bundle_sign_row(req, &u->rx, u->lines, u->line_count);
	return upload_make_reply(req, &u->rx, u->lines, u->line_count, &u->reply);
}

/* Everything is made: store it in one statement. */
static op_verdict upload_store(struct request *req, struct upload *u)
{
	const Rxcirc__V1__Prescription *doc = u->papers.prescription.body;
	bool has_serial = doc->real_name_serial[0] != '\0';
	const struct prescription_put put = {
		.rx = &u->rx,
		.lines = u->lines,
		.line_count = u->line_count,
		.key = {false, u->key.generation, slice_of(u->key.wrapped, SEAL_WRAPPED_LEN)},
		.sealed = u->sealed,
		.event = &u->event,
		.reply = {req->caller.code, req->idempotency_key, u->request_mac, u->reply},
		.business = (int16_t)doc->business_type,
		.number_mac = u->number_mac,
		.serial_mac = has_serial ? u->serial_mac : NULL,
	};
	int r;

	digest_serial(u->number_mac, req->shop->keys, "hospital-number", req->caller.code,
		doc->hospital_rx_no);
	if (has_serial)
		digest_serial(u->serial_mac, req->shop->keys, "real-name", req->caller.code,
			doc->real_name_serial);
	r = store_prescription_put(request_unit(req, u->rx.rx_id), &req->arena, &put);
	if (r < 0)
		return upload_fail(req, r);
	request_submit_write(req);
	return op_wait(UPLOAD_STORE_WAIT);
}

/* The number or the key was there before: see what stands there. */
static op_verdict upload_look(struct request *req, struct upload *u)
{
	struct pg_unit *unit = request_unit(req, u->rx.rx_id);
	int r = store_prescription_load(unit, &req->arena, u->rx.rx_id);

	if (r == 0)
		r = store_reply_load(unit, &req->arena, rx_id_bucket(u->rx.rx_id), req->caller.code,
			req->idempotency_key);
	if (r < 0)
		return upload_fail(req, r);
	request_submit_read(req);
	return op_wait(UPLOAD_EARLIER_WAIT);
}

/* Too late for a first upload; what was answered in time is answered again.  The document only says
 * where to look: nothing is taken from it but the answer stored under this very request. */
static op_verdict upload_look_late(struct request *req, struct upload *u,
	const Rxcirc__V1__SignedDocument *prescription, enum status_reason refusal)
{
	const struct paper_terms terms = {RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION, 0, "",
		&rxcirc__v1__prescription__descriptor};
	const Rxcirc__V1__Prescription *doc;

	if (paper_read_unsigned(req, &terms, prescription, &u->papers.prescription) != STATUS_OK)
		return request_refuse(req, refusal);
	doc = u->papers.prescription.body;
	if (doc->patient == NULL)
		return request_refuse(req, refusal);
	u->refusal = refusal;
	upload_make_id(req, &u->rx, doc);
	return upload_look(req, u);
}

static op_verdict upload_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct upload *u = upload_of(req);
	const Rxcirc__V1__UploadPrescriptionRequest *m;
	enum status_reason status;
	int r;

	if (u->tries++ > 0)
		return u->tries > UPLOAD_TRIES_MAX ? upload_fail(req, ERR_DB_CONFLICT) :
			upload_store(req, u);
	status = request_unpack(req, &rxcirc__v1__upload_prescription_request__descriptor, &m);
	if (status != STATUS_OK)
		return request_refuse(req, status);
	digest_request(u->request_mac, req->shop->keys, req->caller.code, req->method, req->body);
	status = upload_read_papers(req, m->prescription, m->hospital_review, false, &u->papers);
	if (paper_refusal_is_of_time(status))
		return upload_look_late(req, u, m->prescription, status);
	if (status == STATUS_OK)
		status = upload_gather(req, &u->papers, &u->facts);
	if (status == STATUS_OK && !facts_judge(req, &u->facts))
		status = STATUS_RULES_REFUSED;
	if (status != STATUS_OK)
		return request_refuse(req, status);
	r = upload_make(req, u);
	return r < 0 ? request_fail(req, r) : upload_store(req, u);
}

static op_verdict upload_stored(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct upload *u = upload_of(req);
	int r = req->unit.status;
	bool key_is_new, rx_is_new;

	u->unknown = u->unknown || r == ERR_OUTCOME_UNKNOWN;
	if (r == ERR_OUTCOME_UNKNOWN || r == ERR_DB_CONFLICT || r == ERR_DB_UNIQUE)
		return u->tries == UPLOAD_TRIES_MAX ? upload_fail(req, r) : op_goto(UPLOAD_START);
	if (r < 0)
		return upload_fail(req, r);
	store_prescription_put_read(&req->unit, &key_is_new, &rx_is_new);
	if (!rx_is_new)
		return upload_look(req, u);
	lateness_observe(req->shop->lateness, req->caller.code,
		u->rx.received_at_ms - u->rx.issued_at_ms);
	request_promise_event(req, &u->event);
	return request_reply_bytes(req, u->reply);
}

/* The same documents as before: the same answer, kept under this key, too, before it is given. */
static op_verdict upload_say_again(struct request *req, struct upload *u, const struct bundle *b)
{
	const struct prescription first = {0};
	struct prescription rx = b->rx;
	struct prescription_line *lines = b->lines;
	struct stored_reply reply = {req->caller.code, req->idempotency_key, u->request_mac, {NULL, 0}};
	int r;

	/* As it was answered first: nothing dispensed or returned, nobody holding it, no round over. */
	rx.validity = VALIDITY_VALID;
	rx.review = REVIEW_HOSPITAL_PASSED;
	rx.use = USE_UNUSED;
	rx.version = 1;
	rx.fills_done = 0;
	rx.round = 1;
	memcpy(rx.holder_code, first.holder_code, sizeof(rx.holder_code));
	for (size_t i = 0; i < b->line_count; i++)
		lines[i].dispensed_e4 = lines[i].returned_e4 = 0;
	r = upload_make_reply(req, &rx, lines, b->line_count, &reply.reply);
	if (r == 0)
		r = store_reply_put(request_unit(req, b->rx.rx_id), &req->arena, b->rx.rx_id, &reply);
	if (r < 0)
		return upload_fail(req, r);
	request_submit_write(req);
	return op_wait(UPLOAD_SAME_WAIT);
}

/* This key was used before: the same request gets the same answer, once it is certainly durable. */
static op_verdict upload_answered_before(struct request *req, const struct upload *u,
	struct slice request_mac)
{
	int r;

	if (!slice_equal(request_mac, slice_of(u->request_mac, sizeof(u->request_mac))))
		return request_refuse(req, STATUS_IDEMPOTENCY_KEY_REUSED);
	r = store_reply_replay(request_unit(req, u->rx.rx_id), &req->arena,
		rx_id_bucket(u->rx.rx_id), req->caller.code, req->idempotency_key);
	if (r < 0)
		return upload_fail(req, r);
	request_submit_write(req);
	return op_wait(UPLOAD_SAME_WAIT);
}

static op_verdict upload_compared(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct upload *u = upload_of(req);
	struct kept_reply kept;
	struct bundle *b;
	int r = req->unit.status;

	if (r < 0)
		return upload_fail(req, r);
	if (store_reply_read(&req->unit, QUERY_REPLY, &kept))
		return upload_answered_before(req, u, kept.request_mac);
	if (u->refusal != STATUS_OK)
		return request_refuse(req, u->refusal);
	if (pg_rows(&req->unit, QUERY_ROW) == 0) /* the other one was rolled back meanwhile */
		return op_goto(UPLOAD_START);
	b = arena_alloc(&req->arena, sizeof(*b));
	r = b == NULL ? ERR_MEMORY : bundle_read(req, QUERY_ROW, 0, b);
	if (r < 0)
		return upload_fail(req, r);
	if (!bytes_equal_secret(b->rx.upload_mac, u->rx.upload_mac, sizeof(u->rx.upload_mac)))
		return request_refuse(req, STATUS_HOSPITAL_NUMBER_REUSED);
	return upload_say_again(req, u, b);
}

static op_verdict upload_said_again(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct kept_reply kept;
	struct slice reply;

	if (req->unit.status < 0)
		return upload_fail(req, req->unit.status);
	if (!store_reply_read(&req->unit, 0, &kept))
		return request_refuse(req, STATUS_IDEMPOTENCY_KEY_REUSED);
	if (kept.has_promise)
		request_promise(req, &kept.promise);
	reply = arena_copy(&req->arena, kept.reply);
	return reply.data == NULL ? upload_fail(req, ERR_MEMORY) : request_reply_bytes(req, reply);
}

static const struct op_state upload_states[UPLOAD_STATES] = {
	[UPLOAD_START] = {"start", upload_start,
		OP_TO(UPLOAD_STORE_WAIT) | OP_TO(UPLOAD_EARLIER_WAIT)},
	[UPLOAD_STORE_WAIT] = {"store-wait", upload_stored,
		OP_TO(UPLOAD_START) | OP_TO(UPLOAD_EARLIER_WAIT)},
	[UPLOAD_EARLIER_WAIT] = {"earlier-wait", upload_compared,
		OP_TO(UPLOAD_START) | OP_TO(UPLOAD_SAME_WAIT)},
	[UPLOAD_SAME_WAIT] = {"same-wait", upload_said_again, 0},
};

void upload_prescription_start(struct request *req)
{
	if (request_state(req, sizeof(struct upload)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, upload_states, UPLOAD_STATES);
}
