/* What a prescription's eight calls ask and what their answers bring; mixed.c sends them.
 *
 * Ownership: a course owns what it points to; a request is the course's and lives until the next
 * one is made.  Threads: one.
 */
#ifndef TEST_BENCH_MIXED_STEPS_H
#define TEST_BENCH_MIXED_STEPS_H

#include "test/bench/mixed.h"

/* One prescription: what was signed for it before, and what it has learned. */
struct course {
	char number[WORK_NAME_MAX]; /* the hospital's */
	Rxcirc__V1__UploadPrescriptionRequest *upload;
	Rxcirc__V1__PullPrescriptionsRequest *pull;
	Rxcirc__V1__PullPrescriptionsResponse *pulled;
	uint64_t token; /* of the claim */
	Rxcirc__V1__SubmitReviewRequest *review;
	Rxcirc__V1__DispensePrescriptionRequest *dispense;
	union { /* requests without a document of their own borrow all they say from those above */
		Rxcirc__V1__CheckPrescriptionRequest check;
		Rxcirc__V1__ClaimPrescriptionRequest claim;
		Rxcirc__V1__ReportSettlementRequest settle;
		Rxcirc__V1__GetPrescriptionRequest query;
	} light;
};

struct mixed_step_row {
	const char *name, *method;
	bool by_hospital; /* else by the pharmacy */
	ProtobufCMessage *(*request)(const struct work *w, struct course *c);
	void (*take)(struct course *c, ProtobufCMessage *reply); /* the reply becomes its own */
};

extern const struct mixed_step_row mixed_steps[MIXED_STEPS];

/* Of prescription `i` of a run. */
void course_prepare(const struct work *w, size_t i, struct course *ret);
void course_clear(struct course *c); /* may be called twice */

#endif
