/* Steps of a prescription's life that succeed, to come to the state a test begins with.
 *
 * Each plays the real service and keeps what it wrote in the ledger.
 */
#ifndef TEST_SERVICE_SCENE_H
#define TEST_SERVICE_SCENE_H

#include "rxcirc/v1/pharmacy.pb-c.h"
#include "test/service/ledger.h"

/* An upload of this paper, or of rx_paper_init()'s when NULL. */
void scene_upload(struct ledger *l, const struct rx_paper *paper);
/* A claim by PHARMACIST's or OTHER_PHARMACIST's pharmacy. */
void scene_claim(struct ledger *l, int by);
void scene_review(struct ledger *l, int by, bool passes);
/* All that is prescribed, or this record. */
void scene_dispense(struct ledger *l, int by, const Rxcirc__V1__DispenseRecord *record);
void scene_return(struct ledger *l, int by, const Rxcirc__V1__ReturnRecord *record);
void scene_revoke(struct ledger *l);

/* The caller becomes this person's institution. */
void scene_as(int person);

/* Requests as the right caller would send them. */
Rxcirc__V1__ClaimPrescriptionRequest *claim_of(const struct ledger *l, int by);
Rxcirc__V1__ReleaseClaimRequest *release_of(const struct ledger *l);
Rxcirc__V1__SubmitReviewRequest *submit_of(const struct ledger *l, const void *review, int by);
Rxcirc__V1__DispensePrescriptionRequest *dispense_of(const struct ledger *l, const void *record,
	int by);
Rxcirc__V1__ReturnDispensedRequest *return_of(const struct ledger *l, const void *record, int by);
Rxcirc__V1__RevokePrescriptionRequest *revoke_of(const struct ledger *l, const void *revocation);

/* The five changes of one prescription, for tests that hold for each of them. */
enum act { ACT_CLAIM, ACT_RELEASE, ACT_REVIEW, ACT_DISPENSE, ACT_REVOKE, ACTS };
/* Bring the ledger where the act succeeds; the caller is who may do it. */
void act_prepare(enum act act, struct ledger *l);
/* Its request, made anew: signed again, same content. */
const void *act_message(enum act act, const struct ledger *l);
const struct method *act_method(enum act act);
const char *act_statement(enum act act);

#endif
