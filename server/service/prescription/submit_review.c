/* Pharmacy/SubmitReview: the pharmacy's own pharmacist passes or rejects (JIN15-4.6).
 *
 * The review names the prescription and the hospital's review with their signatures, and must be
 * another person's at another institution than the hospital's.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "proto/document.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/change.h"
#include "service/services.h"
#include "service/state_reply.h"

enum { REVIEW_DURATION_S_MAX = 24 * 60 * 60 };

static enum status_reason review_check_body(struct request *req, struct change *c)
{
	const Rxcirc__V1__PharmacyReview *review = c->paper.body;

	if (!slice_equal(pbmsg_bytes(review->rx_id), slice_of(c->rx_id, RX_ID_LEN)))
		return STATUS_DOCUMENT_CHAIN_BROKEN;
	if (strcmp(review->pharmacy_code, req->caller.code) != 0)
		return STATUS_KEY_FOREIGN;
	if (review->duration_s > REVIEW_DURATION_S_MAX) {
		request_find_field(req, "review.duration_s", "at most 86400 seconds", "至多 86400 秒");
		return STATUS_FIELD_INVALID;
	}
	if (review->result == RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_REJECTED) {
		if (review->reason[0] != '\0')
			return STATUS_OK;
		request_find_field(req, "review.reason", "a rejection needs a reason (C4)",
			"审核不通过须说明理由（C4）");
		return STATUS_FIELD_INVALID;
	}
	if (review->result != RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED) {
		request_find_field(req, "review.result", "must be PASSED or REJECTED", "须为通过或不通过");
		return STATUS_FIELD_INVALID;
	}
	return STATUS_OK;
}

static enum status_reason review_read(struct request *req, struct change *c)
{
	const struct paper_terms terms = {
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW, paper_filler_roles(req),
		req->caller.code, &rxcirc__v1__pharmacy_review__descriptor};
	const Rxcirc__V1__SubmitReviewRequest *m;
	const Rxcirc__V1__PharmacyReview *review;
	enum status_reason status;

	status = change_unpack(req, c, &rxcirc__v1__submit_review_request__descriptor);
	if (status != STATUS_OK)
		return status;
	m = c->message;
	status = change_take_rx_id(req, c, m->rx_id);
	if (status == STATUS_OK)
		status = paper_read(req, &terms, m->review, &c->paper);
	if (status != STATUS_OK)
		return status;
	review = c->paper.body;
	status = review_check_body(req, c);
	if (status != STATUS_OK)
		return status;
	return paper_check_signer(req, &c->paper, review->pharmacist_code, review->reviewed_at_ms);
}

static enum status_reason review_check_chain(struct request *req, struct change *c)
{
	const Rxcirc__V1__PharmacyReview *review = c->paper.body;
	const Rxcirc__V1__HospitalReview *earlier;
	int r;

	if (!document_is_named_by(c->loaded.prescription, review->prescription) ||
		!document_is_named_by(c->loaded.hospital_review, review->hospital_review))
		return STATUS_DOCUMENT_CHAIN_BROKEN;
	r = pbmsg_open(&earlier, &rxcirc__v1__hospital_review__descriptor, &req->arena,
		pbmsg_bytes(c->loaded.hospital_review->body));
	if (r < 0)
		return r == ERR_MEMORY ? STATUS_BUSY : STATUS_DATA_DAMAGED;
	/* Never the same person.  Another institution too, unless the person chose the issuing
	 * hospital's own pharmacy (NT33-N2.3). */
	if (strcmp(earlier->pharmacist_code, review->pharmacist_code) == 0 ||
		(strcmp(earlier->hospital_code, review->pharmacy_code) == 0 &&
			req->caller.role != CALLER_HOSPITAL))
		return STATUS_REVIEW_SAME_PERSON;
	return STATUS_OK;
}

static enum status_reason review_decide(struct request *req, struct change *c)
{
	const Rxcirc__V1__SubmitReviewRequest *m = c->message;
	const Rxcirc__V1__PharmacyReview *review = c->paper.body;
	bool passed = review->result == RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED;
	enum status_reason status;

	status = change_apply_held(req, c, passed ? LIFE_REVIEW_PASS : LIFE_REVIEW_REJECT,
		m->fencing_token);
	if (status == STATUS_REVIEW_MISSING) {
		request_find_field(req, "review", "this claim was already reviewed",
			"本次占用已提交过审核");
		return STATUS_FIELD_INVALID;
	}
	if (status != STATUS_OK)
		return status;
	c->event = passed ? RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVIEW_PASSED :
		RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVIEW_REJECTED;
	return review_check_chain(req, c);
}

static const ProtobufCMessage *review_reply(struct request *req, struct change *c)
{
	Rxcirc__V1__SubmitReviewResponse *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__submit_review_response__init(m);
	m->state = state_reply(req, &c->loaded.rx, c->loaded.lines, c->loaded.line_count);
	return m->state == NULL ? NULL : &m->base;
}

static const struct change_kind review_kind = {review_read, review_decide, review_reply};

void submit_review_start(struct request *req)
{
	change_run(req, &review_kind);
}
