/* Pharmacy/DownloadPrescription: the content of one that a list showed without it (JIN15-1.3b).
 *
 *   START --> LOAD_WAIT --> USE_WAIT --> done
 *     |
 *     +--> REFUSED_WAIT --> done        (a grant that does not serve is an event, too)
 *
 * The grant is used up, once everywhere, in the same commit as the event; the same caller may
 * repeat the call with the same idempotency key, as with every presentation.
 */
#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "db/pg_value.h"
#include "registry/registry.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/bundle.h"
#include "service/disclosure.h"
#include "service/leaf.h"
#include "service/services.h"
#include "store/event.h"
#include "store/prescription.h"

enum {
	DOWNLOAD_START,
	DOWNLOAD_LOAD_WAIT,
	DOWNLOAD_USE_WAIT,
	DOWNLOAD_REFUSED_WAIT,
	DOWNLOAD_STATES,
};
enum { QUERY_ROW, QUERY_DOCUMENTS, REPEAT_MS = VOUCHER_REPEAT_S_MAX * 1000 };

struct download {
	const Rxcirc__V1__DownloadPrescriptionRequest *message;
	uint8_t nonce[VOUCHER_NONCE_LEN];
	bool is_loaded; /* whose it is, is known */
	bool late; /* ended: only the call that used it in time may ask again */
	enum status_reason refusal;
	struct bundle loaded;
	struct slice disclosed;
	struct event accepted, refused;
	struct slice reply;
};

static enum status_reason download_check(struct request *req, struct download *d)
{
	const Rxcirc__V1__DownloadPrescriptionRequest *m = d->message;
	int64_t until_ms;

	if (!download_grant_open(pbmsg_bytes(m->download_grant), req->shop->keys, m->rx_id.data,
			req->caller.code, d->nonce, &until_ms))
		return STATUS_DOWNLOAD_GRANT_INVALID;
	d->late = req->received_at_ms >= until_ms;
	return req->received_at_ms < until_ms + REPEAT_MS ? STATUS_OK : STATUS_DOWNLOAD_GRANT_INVALID;
}

static struct leaf download_refusal(const struct download *d, enum status_reason refusal)
{
	return (struct leaf){
		.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_PRESENTATION_REFUSED,
		.person_key = d->is_loaded ? d->loaded.rx.person_key : NULL,
		.reason = status_row_of(refusal)->reason,
	};
}

static op_verdict download_refuse(struct request *req, struct download *d,
	enum status_reason refusal)
{
	const struct leaf leaf = download_refusal(d, refusal);
	int r = leaf_make(req, &leaf, &d->refused);

	d->refusal = refusal;
	if (r == 0)
		r = store_event_put(request_unit(req, NULL), &req->arena, &d->refused);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(DOWNLOAD_REFUSED_WAIT);
}

static op_verdict download_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct download *d = req->service_state;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__download_prescription_request__descriptor, &d->message);
	struct pg_unit *unit;
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	if (d->message->rx_id.len != RX_ID_LEN) {
		request_find_field(req, "rx_id", "must be 16 bytes", "必须为 16 字节");
		return request_refuse(req, STATUS_FIELD_INVALID);
	}
	status = download_check(req, d);
	if (status != STATUS_OK)
		return download_refuse(req, d, status);
	unit = request_unit(req, d->message->rx_id.data);
	r = store_prescription_load(unit, &req->arena, d->message->rx_id.data);
	if (r == 0)
		r = store_documents_load(unit, &req->arena, d->message->rx_id.data);
	if (r < 0)
		return request_fail(req, r);
	request_submit_read(req);
	return op_wait(DOWNLOAD_LOAD_WAIT);
}

static enum status_reason download_other_refusal(const struct download *d)
{
	return d->late ? STATUS_DOWNLOAD_GRANT_INVALID : STATUS_DOWNLOAD_GRANT_USED;
}

static int download_make(struct request *req, struct download *d)
{
	Rxcirc__V1__DownloadPrescriptionResponse m =
		RXCIRC__V1__DOWNLOAD_PRESCRIPTION_RESPONSE__INIT;
	struct leaf refused = download_refusal(d, download_other_refusal(d));
	struct leaf accepted = {
		.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_DOWNLOADED,
		.person_key = d->loaded.rx.person_key,
		.disclosed = &d->disclosed,
		.disclosed_count = 1,
	};
	int r;

	d->disclosed = slice_of(d->loaded.rx.rx_id, RX_ID_LEN);
	m.prescription = bundle_message(req, &d->loaded);
	if (m.prescription == NULL ||
		disclose_pull_grant(req, d->loaded.rx.rx_id, m.prescription) < 0)
		return ERR_MEMORY;
	d->reply = pbmsg_pack(&m, &req->arena);
	if (d->reply.data == NULL)
		return ERR_MEMORY;
	r = leaf_make(req, &accepted, &d->accepted);
	return r < 0 ? r : leaf_make(req, &refused, &d->refused);
}

/* Everything is made before anything is used up. */
static op_verdict download_use(struct request *req, struct download *d)
{
	const struct voucher_use use = {d->loaded.rx.person_key, d->nonce, req->idempotency_key,
		!d->late, &d->accepted, &d->refused};
	int r = bundle_open_documents(req, QUERY_DOCUMENTS, &d->loaded);

	if (r == 0)
		r = download_make(req, d);
	if (r == 0)
		r = store_voucher_use(request_unit(req, d->loaded.rx.person_key), &req->arena, &use);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(DOWNLOAD_USE_WAIT);
}

static op_verdict download_loaded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct download *d = req->service_state;
	int r = req->unit.status;

	if (r < 0)
		return request_fail(req, r);
	if (pg_rows(&req->unit, QUERY_ROW) == 0)
		return request_refuse(req, STATUS_PRESCRIPTION_NOT_FOUND);
	r = bundle_read(req, QUERY_ROW, 0, &d->loaded);
	if (r < 0)
		return request_fail(req, r);
	d->is_loaded = true;
	if (d->loaded.shredded)
		return request_refuse(req, STATUS_PRESCRIPTION_NOT_FOUND);
	if (registry_person_block(req->registry, d->loaded.rx.person_key, BLOCK_ALL,
			req->received_at_ms) != NULL)
		return download_refuse(req, d, STATUS_PERSON_BLOCKED);
	return download_use(req, d);
}

static op_verdict download_used(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct download *d = req->service_state;

	/* Unknown: the caller repeats with the same key and is recognized as the one who used it. */
	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	if (!store_voucher_used(&req->unit))
		return request_refuse(req, download_other_refusal(d));
	request_promise_event(req, &d->accepted);
	return request_reply_bytes(req, d->reply);
}

static op_verdict download_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct download *d = req->service_state;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	return request_refuse(req, d->refusal);
}

static const struct op_state download_states[DOWNLOAD_STATES] = {
	[DOWNLOAD_START] = {"start", download_start,
		OP_TO(DOWNLOAD_LOAD_WAIT) | OP_TO(DOWNLOAD_REFUSED_WAIT)},
	[DOWNLOAD_LOAD_WAIT] = {"load-wait", download_loaded,
		OP_TO(DOWNLOAD_USE_WAIT) | OP_TO(DOWNLOAD_REFUSED_WAIT)},
	[DOWNLOAD_USE_WAIT] = {"use-wait", download_used, 0},
	[DOWNLOAD_REFUSED_WAIT] = {"refused-wait", download_recorded, 0},
};

void download_prescription_start(struct request *req)
{
	if (request_state(req, sizeof(struct download)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, download_states, DOWNLOAD_STATES);
}
