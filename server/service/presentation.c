/* From the code's text to what its owner may show. */
#include "service/presentation.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "db/pg_value.h"
#include "registry/registry.h"
#include "rules/identity.h"
#include "service/leaf.h"
#include "service/visit.h"
#include "store/event.h"
#include "store/prescription.h"

enum { SHOW_START, SHOW_READ_WAIT, SHOW_USE_WAIT, SHOW_REFUSED_WAIT, SHOW_STATES };
enum { VOUCHER_REPEAT_MS = VOUCHER_REPEAT_S_MAX * 1000 };

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
	struct disclosure disclosed;
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

static bool is_by_grant(const struct presentation *p)
{
	return p->shown.grant.len > 0;
}

static enum status_reason presentation_check(struct request *req, struct presentation *p)
{
	enum status_reason status;

	if (is_by_grant(p)) {
		status = visit_check(req, p->shown.grant, p->person_key);
		p->genuine = status != STATUS_OWN_GRANT_INVALID;
		return status;
	}
	status = p->shown.identity == NULL ? presentation_check_code(req, p) :
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
	struct prescription_search search = {.person_key = p->person_key,
		.now_ms = req->received_at_ms, .limit = PULL_PRESCRIPTIONS_MAX + 1};
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
	search.open_only = p->shown.open_only;
	search.is_paged = p->shown.is_paged;
	search.after_ms = p->shown.after_ms;
	memcpy(search.after_rx_id, p->shown.after_rx_id, RX_ID_LEN);
	unit = request_unit(req, p->person_key);
	r = store_prescriptions_search(unit, &req->arena, &search);
	if (r == 0)
		r = store_documents_search(unit, &req->arena, &search);
	if (r < 0)
		return request_fail(req, r);
	request_submit_read(req);
	return op_wait(SHOW_READ_WAIT);
}

static int make_events(struct request *req, struct presentation *p)
{
	struct leaf accepted = presentation_leaf(p, p->kind->event);
	struct leaf refused = presentation_leaf(p,
		RXCIRC__V1__EVENT_KIND__EVENT_KIND_PRESENTATION_REFUSED);
	int r;

	accepted.disclosed = p->disclosed.disclosed;
	accepted.disclosed_count = p->disclosed.count;
	if (p->disclosed.damaged_count > 0) /* the trail says that something was kept back */
		accepted.reason = status_row_of(STATUS_DATA_DAMAGED)->reason;
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
		.disclosed = &p->disclosed,
		.person_key = p->person_key,
		.by_grant = is_by_grant(p),
		.visit_from_ms = p->late ? p->voucher.issued_at_ms + (int64_t)p->voucher.life_s * 1000 :
			req->received_at_ms,
		.self_pay = registry_person_block(req->registry, p->person_key, BLOCK_SETTLEMENT,
			req->received_at_ms),
	};

	return p->kind->reply(req, &what);
}

/* Everything is made before anything is used up. */
static int presentation_make(struct request *req, struct presentation *p)
{
	struct disclosure *d = &p->disclosed;
	int r;

	d->form = p->shown.form;
	d->known = p->shown.known;
	d->known_count = p->shown.known_count;
	d->nonce = p->nonce;
	r = disclose(req, d);
	if (r < 0)
		return r;
	p->reply = presentation_answer(req, p);
	return p->reply.data == NULL ? ERR_MEMORY : make_events(req, p);
}

static op_verdict presentation_read(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct presentation *p = presentation_of(req);
	const struct voucher_use use = {p->person_key, p->nonce, req->idempotency_key, !p->late,
		&p->accepted, &p->refused};
	struct pg_unit *unit;
	int r = req->unit.status;

	if (r == 0)
		r = presentation_make(req, p);
	if (r < 0)
		return request_fail(req, r);
	unit = request_unit(req, p->person_key);
	r = is_by_grant(p) ? store_event_put(unit, &req->arena, &p->accepted) :
		store_voucher_use(unit, &req->arena, &use);
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
	if (!is_by_grant(p) && !store_voucher_used(&req->unit))
		return request_refuse(req, presentation_other_refusal(p));
	request_promise_event(req, &p->accepted);
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
