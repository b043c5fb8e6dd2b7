#include "test/bench/mixed_steps.h"

#include "test/bench/stop.h"

static const Rxcirc__V1__PrescriptionBundle *bundle_of(const struct course *c)
{
	return c->pulled->prescriptions[0];
}

static void take_nothing(struct course *c, ProtobufCMessage *reply)
{
	(void)c;
	protobuf_c_message_free_unpacked(reply, NULL);
}

/* The same documents are checked and then uploaded. */
static ProtobufCMessage *check_of(const struct work *w, struct course *c)
{
	Rxcirc__V1__CheckPrescriptionRequest *m = &c->light.check;

	(void)w;
	rxcirc__v1__check_prescription_request__init(m);
	m->prescription = c->upload->prescription;
	m->hospital_review = c->upload->hospital_review;
	return &m->base;
}

static void take_checked(struct course *c, ProtobufCMessage *reply)
{
	stop_unless(((Rxcirc__V1__CheckPrescriptionResponse *)(void *)reply)->acceptable,
		"a prescription was not found acceptable");
	take_nothing(c, reply);
}

static ProtobufCMessage *upload_of(const struct work *w, struct course *c)
{
	(void)w;
	return &c->upload->base;
}

static ProtobufCMessage *pull_of(const struct work *w, struct course *c)
{
	(void)w;
	return &c->pull->base;
}

static void take_pulled(struct course *c, ProtobufCMessage *reply)
{
	c->pulled = (Rxcirc__V1__PullPrescriptionsResponse *)(void *)reply;
	stop_unless(c->pulled->n_prescriptions == 1, "a person has not one prescription");
}

static ProtobufCMessage *claim_of(const struct work *w, struct course *c)
{
	Rxcirc__V1__ClaimPrescriptionRequest *m = &c->light.claim;

	(void)w;
	rxcirc__v1__claim_prescription_request__init(m);
	m->rx_id = bundle_of(c)->state->rx_id;
	m->pull_grant = bundle_of(c)->pull_grant;
	return &m->base;
}

static void take_claimed(struct course *c, ProtobufCMessage *reply)
{
	c->token = ((Rxcirc__V1__ClaimPrescriptionResponse *)(void *)reply)->fencing_token;
	take_nothing(c, reply);
}

static ProtobufCMessage *review_of(const struct work *w, struct course *c)
{
	c->review = papers_review(&w->papers, PHARMACY_A, bundle_of(c), c->token);
	return &c->review->base;
}

static ProtobufCMessage *dispense_of(const struct work *w, struct course *c)
{
	c->dispense = papers_dispense(&w->papers, PHARMACY_A, bundle_of(c), c->review, c->token);
	return &c->dispense->base;
}

static ProtobufCMessage *settle_of(const struct work *w, struct course *c)
{
	Rxcirc__V1__ReportSettlementRequest *m = &c->light.settle;

	(void)w;
	papers_settlement(bundle_of(c), c->number, m);
	return &m->base;
}

static ProtobufCMessage *query_of(const struct work *w, struct course *c)
{
	Rxcirc__V1__GetPrescriptionRequest *m = &c->light.query;

	(void)w;
	rxcirc__v1__get_prescription_request__init(m);
	m->rx_id = bundle_of(c)->state->rx_id;
	return &m->base;
}

static void take_queried(struct course *c, ProtobufCMessage *reply)
{
	const Rxcirc__V1__GetPrescriptionResponse *m = (void *)reply;

	stop_unless(m->prescription != NULL && m->prescription->state->use ==
		RXCIRC__V1__USE_STATE__USE_STATE_DISPENSED, "a prescription does not end dispensed");
	take_nothing(c, reply);
}

const struct mixed_step_row mixed_steps[MIXED_STEPS] = {
	[MIXED_CHECK] = {"check", "rxcirc.v1.Hospital/CheckPrescription", true, check_of,
		take_checked},
	[MIXED_UPLOAD] = {"upload", "rxcirc.v1.Hospital/UploadPrescription", true, upload_of,
		take_nothing},
	[MIXED_PULL] = {"pull", "rxcirc.v1.Pharmacy/PullPrescriptions", false, pull_of,
		take_pulled},
	[MIXED_CLAIM] = {"claim", "rxcirc.v1.Pharmacy/ClaimPrescription", false, claim_of,
		take_claimed},
	[MIXED_REVIEW] = {"review", "rxcirc.v1.Pharmacy/SubmitReview", false, review_of,
		take_nothing},
	[MIXED_DISPENSE] = {"dispense", "rxcirc.v1.Pharmacy/DispensePrescription", false, dispense_of,
		take_nothing},
	[MIXED_SETTLE] = {"settle", "rxcirc.v1.Pharmacy/ReportSettlement", false, settle_of,
		take_nothing},
	[MIXED_QUERY] = {"query", "rxcirc.v1.Hospital/GetPrescription", true, query_of,
		take_queried},
};

void course_prepare(const struct work *w, size_t i, struct course *ret)
{
	char person[WORK_NAME_MAX];

	*ret = (struct course){.token = 0};
	work_number(w, i, ret->number);
	work_person(w, i, person);
	ret->upload = papers_upload(&w->papers, ret->number, person);
	ret->pull = papers_pull(&w->papers, person);
}

void course_clear(struct course *c)
{
	void *all[] = {c->upload, c->pull, c->pulled, c->review, c->dispense};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		protobuf_c_message_free_unpacked(all[i], NULL);
	*c = (struct course){.token = 0};
}
