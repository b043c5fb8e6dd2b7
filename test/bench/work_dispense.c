/* Prescriptions brought to the point where they may be handed over, in four stages:
 *
 *     uploaded --> pulled --> claimed --> reviewed --> (measured: dispensed)
 */
#include <stdlib.h>
#include <string.h>

#include "test/bench/stage.h"
#include "test/bench/stop.h"
#include "test/bench/work.h"

struct course {
	Rxcirc__V1__PullPrescriptionsResponse *pulled;
	uint64_t token;
};

static const Rxcirc__V1__PrescriptionBundle *bundle_of(const struct course *c)
{
	return c->pulled->prescriptions[0];
}

static void stage_all(struct work *w, const struct supply *supply,
	void (*on_reply)(void *user, size_t i, ProtobufCMessage *reply), struct course *courses)
{
	struct stage_options options = {.base = w->base, .lines = supply->lines,
		.method = supply->method, .requests = supply->requests, .count = supply->count,
		.in_flight = w->in_flight, .on_reply = on_reply, .user = courses};
	struct stage_result *result = malloc(sizeof(*result));

	stop_unless(result != NULL, "memory");
	stage_run(&options, result);
	stop_unless(result->errors == 0, "could not prepare");
	free(result);
}

static void on_pulled(void *user, size_t i, ProtobufCMessage *reply)
{
	struct course *courses = user;

	courses[i].pulled = (Rxcirc__V1__PullPrescriptionsResponse *)(void *)reply;
	stop_unless(courses[i].pulled->n_prescriptions == 1, "a person has not one prescription");
}

static void on_claimed(void *user, size_t i, ProtobufCMessage *reply)
{
	struct course *courses = user;

	courses[i].token = ((Rxcirc__V1__ClaimPrescriptionResponse *)(void *)reply)->fencing_token;
	protobuf_c_message_free_unpacked(reply, NULL);
}

static void make_pulled(struct work *w, struct course *courses, size_t count)
{
	struct supply supply;

	upload_prepare(w, count, &supply);
	stage_all(w, &supply, NULL, NULL);
	supply_clear(&supply);
	w->persons = count;
	pull_prepare(w, count, &supply);
	stage_all(w, &supply, on_pulled, courses);
	supply_clear(&supply);
}

static ProtobufCBinaryData copy(ProtobufCBinaryData from)
{
	uint8_t *bytes = malloc(from.len);

	stop_unless(bytes != NULL, "memory");
	memcpy(bytes, from.data, from.len);
	return (ProtobufCBinaryData){from.len, bytes};
}

static ProtobufCMessage *claim_of(const struct course *c)
{
	Rxcirc__V1__ClaimPrescriptionRequest *m = malloc(sizeof(*m));

	stop_unless(m != NULL, "memory");
	rxcirc__v1__claim_prescription_request__init(m);
	m->rx_id = copy(bundle_of(c)->state->rx_id);
	m->pull_grant = copy(bundle_of(c)->pull_grant);
	return &m->base;
}

/* The same supply, with other requests in it. */
static void make_claimed(struct work *w, struct course *courses, struct supply *supply)
{
	supply->method = "rxcirc.v1.Pharmacy/ClaimPrescription";
	for (size_t i = 0; i < supply->count; i++)
		supply->requests[i] = claim_of(&courses[i]);
	stage_all(w, supply, on_claimed, courses);
	for (size_t i = 0; i < supply->count; i++)
		protobuf_c_message_free_unpacked(supply->requests[i], NULL);
}

static void make_reviewed(struct work *w, struct course *courses, struct supply *supply)
{
	supply->method = "rxcirc.v1.Pharmacy/SubmitReview";
	for (size_t i = 0; i < supply->count; i++)
		supply->requests[i] = &papers_review(&w->papers, PHARMACY_A, bundle_of(&courses[i]),
			courses[i].token)->base;
	stage_all(w, supply, NULL, NULL);
}

/* Each review request gives way to the dispense request that names its document. */
static void make_records(struct work *w, struct course *courses, struct supply *supply)
{
	supply->method = "rxcirc.v1.Pharmacy/DispensePrescription";
	for (size_t i = 0; i < supply->count; i++) {
		Rxcirc__V1__SubmitReviewRequest *review = (void *)supply->requests[i];

		supply->requests[i] = &papers_dispense(&w->papers, PHARMACY_A,
			bundle_of(&courses[i]), review, courses[i].token)->base;
		protobuf_c_message_free_unpacked(&review->base, NULL);
		protobuf_c_message_free_unpacked(&courses[i].pulled->base, NULL);
	}
}

void dispense_prepare(struct work *w, size_t count, struct supply *ret)
{
	struct course *courses = calloc(count, sizeof(*courses));

	stop_unless(courses != NULL, "memory");
	*ret = (struct supply){.lines = w->pharmacy, .count = count};
	ret->requests = calloc(count, sizeof(*ret->requests));
	stop_unless(ret->requests != NULL, "memory");
	make_pulled(w, courses, count);
	make_claimed(w, courses, ret);
	make_reviewed(w, courses, ret);
	make_records(w, courses, ret);
	free(courses);
}
