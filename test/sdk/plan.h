/* A small province and a prescription with its whole history, to be built whole or spoiled.
 *
 * plan_init() fills in a history that verifies: prescription, hospital review, a rejecting and a
 * passing pharmacy review, a dispense record of a part and a return of half of that, and the
 * statements about all keys.  A test changes
 * the plan, or sets `before_sign` to change a document in the last moment, then builds.
 * Ownership: plan_clear() frees everything, plan_build()'s bundle is freed with its own function.
 */
#ifndef TEST_SDK_PLAN_H
#define TEST_SDK_PLAN_H

#include <rxcirc/rxcirc.h>

#define PLAN_HOSPITAL "H14010500321"
#define PLAN_PHARMACY "P14010000001"
#define PLAN_PHARMACY_2 "P14010000002"
#define PLAN_VOUCHER_ID "1401050123456789"
#define PLAN_DAY_MS INT64_C(86400000)
#define PLAN_DRUG "XC09CAX089A001010102764"
/* When the platform received the prescription, 2026-03-02. */
#define PLAN_RECEIVED_AT_MS INT64_C(1772416800000)

enum plan_person_index {
	PLAN_PHYSICIAN,
	PLAN_HOSPITAL_PHARMACIST,
	PLAN_PHARMACIST,        /* of PLAN_PHARMACY; reviews, passes, dispenses */
	PLAN_OTHER_PHARMACIST,  /* of PLAN_PHARMACY_2; rejects */
	PLAN_PERSONS,
};

enum { PLAN_STATEMENTS_MAX = 80, PLAN_LATER_MAX = 80 };

enum plan_later { PLAN_REJECTION, PLAN_REVIEW, PLAN_DISPENSE, PLAN_RETURN, PLAN_REVOCATION };

struct plan_statement {
	Rxcirc__V1__KeyStatement message;
	const rxc_key *signer;
};

struct plan {
	rxc_key *authority;
	rxc_key *stranger; /* in nobody's registry */
	rxc_trust *trust;
	rxc_key *keys[PLAN_PERSONS];
	uint8_t public_keys[PLAN_PERSONS][RXC_PUBLIC_KEY_LEN];

	Rxcirc__V1__PrescriptionState state;
	Rxcirc__V1__Prescription prescription;
	Rxcirc__V1__Patient patient;
	Rxcirc__V1__Physician physician;
	Rxcirc__V1__HospitalReview hospital_review;
	Rxcirc__V1__PharmacyReview rejection;
	Rxcirc__V1__PharmacyReview review;
	Rxcirc__V1__DispenseRecord dispense;
	Rxcirc__V1__ReturnRecord back;
	/* The one line of the prescription, of the hand-over and of the return. */
	Rxcirc__V1__DrugLine line, *lines;
	Rxcirc__V1__DispensedLine handed, *handed_lines;
	Rxcirc__V1__ReturnedLine returned, *returned_lines;
	Rxcirc__V1__Revocation revocation;
	enum plan_later later[PLAN_LATER_MAX]; /* what the bundle holds, in this order */
	size_t later_count;
	enum plan_later dispense_names; /* the document the dispense record builds on */
	struct plan_statement statements[PLAN_STATEMENTS_MAX];
	size_t statements_count;

	/* Whose key signs; pointers into `keys` unless a test says otherwise. */
	const rxc_key *prescription_key;
	const rxc_key *hospital_review_key;
	const rxc_key *rejection_key;
	const rxc_key *review_key;
	const rxc_key *dispense_key;
	const rxc_key *return_key;
	const rxc_key *revocation_key;

	/* Called for each document, digests already filled in. */
	void (*before_sign)(struct plan *plan, Rxcirc__V1__DocumentKind kind,
		ProtobufCMessage *message);

	uint8_t rx_id[RXC_RX_ID_LEN];
};

void plan_init(struct plan *plan);
void plan_clear(struct plan *plan);
Rxcirc__V1__PrescriptionBundle *plan_build(struct plan *plan);
/* A statement like that of `person`, for changing; it comes after the others. */
Rxcirc__V1__KeyStatement *plan_state_again(struct plan *plan, enum plan_person_index person);
/* Text for a field that protobuf-c wants mutable; never written to. */
char *plan_text(const char *text);

#endif
