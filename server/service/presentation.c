/* From the code's text to what its owner may show. */
#include "service/presentation.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "db/pg_value.h"
#include "registry/registry.h"
#include "rules/region.h"
#include "rules/identity.h"
#include "service/bundle.h"
#include "service/leaf.h"
#include "store/event.h"
#include "store/prescription.h"

enum { SHOW_START, SHOW_READ_WAIT, SHOW_USE_WAIT, SHOW_REFUSED_WAIT, SHOW_STATES };
enum { QUERY_ROWS, QUERY_DOCUMENTS };
/* What an answer's envelope and lists add at most. */
enum { REPLY_MARGIN = 8 * 1024, VOUCHER_REPEAT_MS = VOUCHER_REPEAT_S_MAX * 1000 };

struct presentation {
	const struct presentation_kind *kind;
	struct shown shown;
	struct voucher voucher;
	uint8_t person_key[PERSON_KEY_LEN];
	uint8_t nonce[DIGEST_LEN];    /* its first VOUCHER_NONCE_LEN bytes are used up */
	enum identity_mode mode;
	bool genuine;                 /* the person in it can be believed */
	bool late;                    /* expired: only who used it in time may ask again */
	enum status_reason refusal;
	struct event accepted, refused;
	struct slice disclosed[PULL_PRESCRIPTIONS_MAX];
	Rxcirc__V1__PrescriptionBundle *bundles[PULL_PRESCRIPTIONS_MAX];
	size_t count;
	bool more;
	struct slice reply;
};
static_assert((int)VOUCHER_NONCE_LEN <= (int)DIGEST_LEN, "a digest is long enough for a nonce");

static struct presentation *presentation_of(struct request *req)
{
	return req->service_state;
}

static enum status_reason voucher_status(enum voucher_result r)
{
	switch (r) {
	case VOUCHER_OK:
		return STATUS_OK;
	case VOUCHER_MALFORMED:
		return STATUS_VOUCHER_MALFORMED;
	case VOUCHER_FORGED:
		return STATUS_VOUCHER_FORGED;
	case VOUCHER_EXPIRED:
	case VOUCHER_NOT_YET:
		return STATUS_VOUCHER_EXPIRED;
	}
	return STATUS_INTERNAL;
}

/* An e-voucher code: everything that needs no database. */
static enum status_reason presentation_check_code(struct request *req, struct presentation *p)
{
	struct slice code = slice_of_text(p->shown.code);
	const struct voucher_key *key;
	enum voucher_result r;

	r = voucher_parse(&p->voucher, code);
	if (r != VOUCHER_OK)
		return voucher_status(r);
	key = registry_voucher_key(req->registry, p->voucher.key_id);
	if (key == NULL || key->revoked || p->voucher.issued_at_ms < key->not_before_ms ||
		p->voucher.issued_at_ms >= key->not_after_ms)
		return STATUS_VOUCHER_FORGED;
	r = voucher_verify(code, key->public_key);
	if (r != VOUCHER_OK)
		return voucher_status(r);
	p->genuine = true;
	digest_person(p->person_key, req->shop->keys, p->voucher.id);
	memcpy(p->nonce, p->voucher.nonce, VOUCHER_NONCE_LEN);
	if (p->voucher.purpose != p->kind->purpose)
		return STATUS_VOUCHER_PURPOSE;
	r = voucher_check_time(&p->voucher, req->received_at_ms, VOUCHER_SKEW_MS);
	p->late = r == VOUCHER_EXPIRED && voucher_check_time(&p->voucher, req->received_at_ms,
		VOUCHER_REPEAT_MS) == VOUCHER_OK;
	return p->late ? STATUS_OK : voucher_status(r);
}

/* A terminal's check.  What is incomplete shows nobody; the rest names a person and is recorded. */
static enum status_reason presentation_check_identity(struct request *req, struct presentation *p)
{
	const Rxcirc__V1__IdentityPresentation *m = p->shown.identity;
	const struct identity_check check = {(int)m->mode, m->serial, m->operator_code, m->device,
		m->voucher_id, m->checked_at_ms};
	const char *modes = registry_text(req->registry, PARAM_IDENTITY_MODES, req->caller.region,
		req->received_at_ms);
	const char *field;
	enum identity_verdict v = identity_judge(&check, modes, req->received_at_ms, &field);

	if (v == IDENTITY_INCOMPLETE) {
		request_find_field(req, field, "is missing or not of its form (NH123-4.3)",
			"缺失或格式不符（NH123-4.3）");
		return STATUS_FIELD_INVALID;
	}
	p->mode = (enum identity_mode)m->mode;
	if (v == IDENTITY_OFF)
		return STATUS_IDENTITY_MODE_OFF;
	p->genuine = true;
	digest_person(p->person_key, req->shop->keys, m->voucher_id);
	digest_serial(p->nonce, req->shop->keys, identity_mode_word(p->mode), "", m->serial);
	p->late = v == IDENTITY_LATE;
	return v == IDENTITY_STALE ? STATUS_IDENTITY_CHECK_STALE : STATUS_OK;
}

static enum status_reason presentation_check(struct request *req, struct presentation *p)
{
	enum status_reason status = p->shown.identity == NULL ? presentation_check_code(req, p) :
		presentation_check_identity(req, p);

	if (status == STATUS_OK && registry_person_block(req->registry, p->person_key, BLOCK_ALL,
			req->received_at_ms) != NULL)
		return STATUS_PERSON_BLOCKED;
	return status;
}

/* Why this presentation is refused if it was not used in time by this very call. */
static enum status_reason presentation_other_refusal(const struct presentation *p)
{
	if (p->shown.identity != NULL)
		return p->late ? STATUS_IDENTITY_CHECK_STALE : STATUS_IDENTITY_CHECK_REPLAYED;
	return p->late ? STATUS_VOUCHER_EXPIRED : STATUS_VOUCHER_REPLAYED;
}

/* What every event of a presentation says. */
static struct leaf presentation_leaf(const struct presentation *p, Rxcirc__V1__EventKind kind)
{
	const Rxcirc__V1__IdentityPresentation *m = p->shown.identity;

	return (struct leaf){
		.kind = kind,
		.person_key = p->genuine ? p->person_key : NULL,
		.identity = p->mode,
		.identity_device = m == NULL ? NULL : m->device,
		.identity_operator = m == NULL ? NULL : m->operator_code,
	};
}

/* Record a failed presentation, then refuse. */
static op_verdict presentation_refuse(struct request *req, struct presentation *p)
{
	struct leaf leaf = presentation_leaf(p,
		RXCIRC__V1__EVENT_KIND__EVENT_KIND_PRESENTATION_REFUSED);
	int r;

	leaf.reason = status_row_of(p->refusal)->reason;
	r = leaf_make(req, &leaf, &p->accepted);
	if (r == 0)
		r = store_event_put(request_unit(req, NULL), &req->arena, &p->accepted);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(SHOW_REFUSED_WAIT);
}

static op_verdict presentation_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct presentation *p = presentation_of(req);
	const struct prescription_search search = {p->person_key, p->kind->open_only,
		req->received_at_ms, PULL_PRESCRIPTIONS_MAX + 1};
	struct pg_unit *unit;
	int r;

	p->refusal = p->kind->shown(req, &p->shown);
	if (p->refusal == STATUS_OK)
		p->refusal = presentation_check(req, p);
	if (p->refusal == STATUS_BODY_MALFORMED || p->refusal == STATUS_FIELD_INVALID ||
		p->refusal == STATUS_BUSY) /* nothing was presented */
		return request_refuse(req, p->refusal);
	if (p->refusal != STATUS_OK)
		return presentation_refuse(req, p);
	unit = request_unit(req, p->person_key);
	r = store_prescriptions_search(unit, &req->arena, &search);
	if (r == 0)
		r = store_documents_search(unit, &req->arena, &search);
	if (r < 0)
		return request_fail(req, r);
	request_submit_read(req);
	return op_wait(SHOW_READ_WAIT);
}

static int add_grant(struct request *req, const struct bundle *b, Rxcirc__V1__PrescriptionBundle *m)
{
	uint8_t *grant = arena_alloc(&req->arena, PULL_GRANT_LEN);

	if (grant == NULL)
		return ERR_MEMORY;
	pull_grant_make(grant, req->shop->keys, b->rx.rx_id, req->caller.code,
		req->received_at_ms + req->shop->pull_grant_ms);
	m->pull_grant = (ProtobufCBinaryData){PULL_GRANT_LEN, grant};
	return 0;
}

/* Whether the prescriptions of its hospital's region count in the caller's. */
static bool is_recognised(const struct request *req, const struct prescription *rx)
{
	const struct registry *r = req->registry;
	const struct institution *hospital = registry_institution(r, rx->hospital_code);
	const char *there = hospital == NULL ? "" : hospital->region, *here = req->caller.region;
	int64_t at_ms = req->received_at_ms;

	return region_is_recognised(there, registry_text(r, PARAM_RECOGNISED_REGIONS, there, at_ms),
		here, registry_text(r, PARAM_RECOGNISED_REGIONS, here, at_ms));
}

/* Open one prescription; ERR_NOT_FOUND when it has nothing to show here: shredded, or of a region
 * that is not recognised where it would be filled (SX15-6.5). */
static int open_one(struct request *req, struct presentation *p, int row,
	Rxcirc__V1__PrescriptionBundle **ret)
{
	struct bundle *b = arena_alloc(&req->arena, sizeof(*b));
	int r;

	if (b == NULL)
		return ERR_MEMORY;
	r = bundle_read(req, QUERY_ROWS, row, b);
	if (r == 0 && (b->shredded || (p->kind->with_grant && !is_recognised(req, &b->rx))))
		return ERR_NOT_FOUND;
	if (r == 0)
		r = bundle_open_documents(req, QUERY_DOCUMENTS, b);
	if (r < 0)
		return r;
	*ret = bundle_message(req, b);
	if (*ret == NULL)
		return ERR_MEMORY;
	p->disclosed[p->count] = slice_of((*ret)->state->rx_id.data, RX_ID_LEN);
	return p->kind->with_grant ? add_grant(req, b, *ret) : 0;
}

/* As many as one answer holds; the person is told that there are more. */
static int open_all(struct request *req, struct presentation *p)
{
	size_t bytes = REPLY_MARGIN;

	for (int row = 0; row < pg_rows(&req->unit, QUERY_ROWS); row++) {
		Rxcirc__V1__PrescriptionBundle *m;
		int r;

		p->more = p->count == PULL_PRESCRIPTIONS_MAX;
		if (p->more)
			return 0;
		r = open_one(req, p, row, &m);
		if (r == ERR_NOT_FOUND)
			continue;
		if (r < 0)
			return r;
		bytes += rxcirc__v1__prescription_bundle__get_packed_size(m) + 8;
		p->more = bytes > FRAME_BODY_MAX && p->count > 0;
		if (p->more)
			return 0;
		p->bundles[p->count++] = m;
	}
	return 0;
}

static int make_events(struct request *req, struct presentation *p)
{
	struct leaf accepted = presentation_leaf(p, p->kind->event);
	struct leaf refused = presentation_leaf(p,
		RXCIRC__V1__EVENT_KIND__EVENT_KIND_PRESENTATION_REFUSED);
	int r;

	accepted.disclosed = p->disclosed;
	accepted.disclosed_count = p->count;
	refused.reason = status_row_of(presentation_other_refusal(p))->reason;
	r = leaf_make(req, &accepted, &p->accepted);
	return r < 0 ? r : leaf_make(req, &refused, &p->refused);
}

char *self_pay_reason(const struct presented *what)
{
	return (char *)(uintptr_t)(what->self_pay == NULL ? "" : what->self_pay->reason);
}

static struct slice presentation_answer(struct request *req, const struct presentation *p)
{
	const struct presented what = {
		.bundles = (Rxcirc__V1__PrescriptionBundle **)(uintptr_t)p->bundles,
		.count = p->count,
		.more = p->more,
		.self_pay = registry_person_block(req->registry, p->person_key, BLOCK_SETTLEMENT,
			req->received_at_ms),
	};

	return p->kind->reply(req, &what);
}

static op_verdict presentation_read(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct presentation *p = presentation_of(req);
	struct voucher_use use = {p->person_key, p->nonce, req->idempotency_key, !p->late,
		&p->accepted, &p->refused};
	int r = req->unit.status;

	if (r == 0)
		r = open_all(req, p);
	if (r < 0)
		return request_fail(req, r);
	p->reply = presentation_answer(req, p);
	r = p->reply.data == NULL ? ERR_MEMORY : make_events(req, p);
	if (r == 0)
		r = store_voucher_use(request_unit(req, p->person_key), &req->arena, &use);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(SHOW_USE_WAIT);
}

static op_verdict presentation_used(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct presentation *p = presentation_of(req);

	/* Unknown: the caller repeats with the same key and is recognized as the one who used it. */
	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	if (!store_voucher_used(&req->unit))
		return request_refuse(req, presentation_other_refusal(p));
	return request_reply_bytes(req, p->reply);
}

static op_verdict presentation_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	return request_refuse(req, presentation_of(req)->refusal);
}

static const struct op_state presentation_states[SHOW_STATES] = {
	[SHOW_START] = {"start", presentation_start, OP_TO(SHOW_READ_WAIT) | OP_TO(SHOW_REFUSED_WAIT)},
	[SHOW_READ_WAIT] = {"read-wait", presentation_read, OP_TO(SHOW_USE_WAIT)},
	[SHOW_USE_WAIT] = {"use-wait", presentation_used, 0},
	[SHOW_REFUSED_WAIT] = {"refused-wait", presentation_recorded, 0},
};

void presentation_run(struct request *req, const struct presentation_kind *kind)
{
	struct presentation *p = request_state(req, sizeof(*p));

	if (p == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	p->kind = kind;
	p->mode = IDENTITY_VOUCHER;
	request_run(req, presentation_states, SHOW_STATES);
}
