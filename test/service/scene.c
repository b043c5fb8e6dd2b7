/* The way through a prescription's life. */
#include "test/service/scene.h"

#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"

void scene_as(int person)
{
	const char *place = stage.province.people[person].practice.institution_code;

	stage_as(person == PHARMACIST || person == OTHER_PHARMACIST ? CALLER_PHARMACY :
		CALLER_HOSPITAL, place, HOME_REGION);
}

static const struct key_pair *pair_of(int person)
{
	return &stage.province.people[person].pair;
}

static void play(const struct method *method, const void *message, const char *statement,
	struct ledger *l)
{
	enum status_reason status;

	stage_clear();
	ledger_answer_load(l);
	ledger_answer_written(statement, true);
	status = stage_call(method, message);
	if (status != STATUS_OK)
		fail_msg("%s: %s", method->name, status_row_of(status)->reason);
	ledger_take_change(l);
	stage_clear();
}

void scene_upload(struct ledger *l, const struct rx_paper *paper)
{
	static const struct fake_cell is_new[] = {FAKE_BOOL(true), FAKE_BOOL(true)};
	struct rx_paper *own = papers_alloc(sizeof(*own));
	Rxcirc__V1__UploadPrescriptionRequest *m;
	enum status_reason status;

	rx_paper_init(own, &stage.province);
	m = upload_of(paper == NULL ? own : paper, &stage.province);
	scene_as(PHYSICIAN);
	stage_clear();
	fake_pg_answer("prescription_put", 2, is_new, 1);
	status = stage_call(&upload_method, m);
	if (status != STATUS_OK)
		fail_msg("upload: %s", status_row_of(status)->reason);
	ledger_take_put(l);
	l->prescription = m->prescription;
	l->hospital_review = m->hospital_review;
	stage_clear();
}

Rxcirc__V1__ClaimPrescriptionRequest *claim_of(const struct ledger *l, int by)
{
	Rxcirc__V1__ClaimPrescriptionRequest *m = papers_alloc(sizeof(*m));
	uint8_t *grant = papers_alloc(PULL_GRANT_LEN);

	rxcirc__v1__claim_prescription_request__init(m);
	pull_grant_make(grant, stage.keys, l->rx_id,
		stage.province.people[by].practice.institution_code, stage.now_ms + GRANT_MS);
	m->rx_id = paper_bytes(l->rx_id, RX_ID_LEN);
	m->pull_grant = paper_bytes(grant, PULL_GRANT_LEN);
	return m;
}

Rxcirc__V1__ReleaseClaimRequest *release_of(const struct ledger *l)
{
	Rxcirc__V1__ReleaseClaimRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__release_claim_request__init(m);
	m->rx_id = paper_bytes(l->rx_id, RX_ID_LEN);
	m->fencing_token = (uint64_t)l->token;
	return m;
}

Rxcirc__V1__SubmitReviewRequest *submit_of(const struct ledger *l, const void *review, int by)
{
	Rxcirc__V1__SubmitReviewRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__submit_review_request__init(m);
	m->rx_id = paper_bytes(l->rx_id, RX_ID_LEN);
	m->fencing_token = (uint64_t)l->token;
	m->review = paper_sign(review, pair_of(by));
	return m;
}

Rxcirc__V1__DispensePrescriptionRequest *dispense_of(const struct ledger *l, const void *record,
	int by)
{
	Rxcirc__V1__DispensePrescriptionRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__dispense_prescription_request__init(m);
	m->rx_id = paper_bytes(l->rx_id, RX_ID_LEN);
	m->fencing_token = (uint64_t)l->token;
	m->dispense_record = paper_sign(record, pair_of(by));
	return m;
}

Rxcirc__V1__ReturnDispensedRequest *return_of(const struct ledger *l, const void *record, int by)
{
	Rxcirc__V1__ReturnDispensedRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__return_dispensed_request__init(m);
	m->rx_id = paper_bytes(l->rx_id, RX_ID_LEN);
	m->return_record = paper_sign(record, pair_of(by));
	return m;
}

void scene_return(struct ledger *l, int by, const Rxcirc__V1__ReturnRecord *record)
{
	scene_as(by);
	play(&return_method, return_of(l, record, by), "fill_return", l);
}

Rxcirc__V1__RevokePrescriptionRequest *revoke_of(const struct ledger *l, const void *revocation)
{
	Rxcirc__V1__RevokePrescriptionRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__revoke_prescription_request__init(m);
	m->rx_id = paper_bytes(l->rx_id, RX_ID_LEN);
	m->revocation = paper_sign(revocation, pair_of(PHYSICIAN));
	return m;
}

void scene_claim(struct ledger *l, int by)
{
	scene_as(by);
	play(&claim_method, claim_of(l, by), "rx_change", l);
}

void scene_review(struct ledger *l, int by, bool passes)
{
	Rxcirc__V1__PharmacyReview *review = pharmacy_review_of(l->prescription, l->hospital_review,
		l->rx_id, &stage.province, by);
	Rxcirc__V1__SubmitReviewRequest *m;

	if (!passes) {
		review->result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_REJECTED;
		review->reason = paper_text("用法用量不适宜");
	}
	review->reviewed_at_ms = stage.now_ms;
	m = submit_of(l, review, by);
	scene_as(by);
	play(&review_method, m, "rx_change", l);
	l->pharmacy_review = m->review;
}

void scene_dispense(struct ledger *l, int by, const Rxcirc__V1__DispenseRecord *record)
{
	Rxcirc__V1__DispensePrescriptionRequest *m;

	if (record == NULL)
		record = dispense_record_of(l->pharmacy_review, l->rx_id, &stage.province, by);
	m = dispense_of(l, record, by);
	scene_as(by);
	play(&dispense_method, m, "fill_put", l);
	l->dispense_record = m->dispense_record;
}

void scene_revoke(struct ledger *l)
{
	scene_as(PHYSICIAN);
	play(&revoke_method, revoke_of(l, revocation_of(l->prescription, l->rx_id, &stage.province)),
		"rx_change", l);
}

void act_prepare(enum act act, struct ledger *l)
{
	scene_upload(l, NULL);
	if (act != ACT_CLAIM && act != ACT_REVOKE)
		scene_claim(l, PHARMACIST);
	if (act == ACT_DISPENSE)
		scene_review(l, PHARMACIST, true);
	scene_as(act == ACT_REVOKE ? PHYSICIAN : PHARMACIST);
}

const void *act_message(enum act act, const struct ledger *l)
{
	switch (act) {
	case ACT_CLAIM:
		return claim_of(l, PHARMACIST);
	case ACT_RELEASE:
		return release_of(l);
	case ACT_REVIEW:
		return submit_of(l, pharmacy_review_of(l->prescription, l->hospital_review, l->rx_id,
			&stage.province, PHARMACIST), PHARMACIST);
	case ACT_DISPENSE:
		return dispense_of(l, dispense_record_of(l->pharmacy_review, l->rx_id, &stage.province,
			PHARMACIST), PHARMACIST);
	case ACT_REVOKE:
		return revoke_of(l, revocation_of(l->prescription, l->rx_id, &stage.province));
	case ACTS:
		break;
	}
	ensure_never("an act there is not");
}

const struct method *act_method(enum act act)
{
	static const struct method *const methods[ACTS] = {&claim_method, &release_method,
		&review_method, &dispense_method, &revoke_method};

	return methods[act];
}

const char *act_statement(enum act act)
{
	return act == ACT_DISPENSE ? "fill_put" : "rx_change";
}
