/* The documents of a prescription's life, to be changed by a test and then signed for real.
 *
 * Ownership: what is made here lives until papers_free(); messages point into their own struct, so
 * a struct is filled in place and not copied.
 */
#ifndef TEST_SERVICE_PAPERS_H
#define TEST_SERVICE_PAPERS_H

#include "rxcirc/v1/document.pb-c.h"
#include "rxcirc/v1/hospital.pb-c.h"
#include "test/service/province.h"

enum { PAPER_LINES = RX_LINES_MAX + 1, PAPER_DIAGNOSES = DIAGNOSES_MAX + 1 };

typedef Rxcirc__V1__SignedDocument paper_doc;

/* A prescription of two lines that breaks no rule: 4 x amlodipine, 5 x xinkeshu, 7 days each. */
struct rx_paper {
	Rxcirc__V1__Prescription m;
	Rxcirc__V1__Patient patient;
	Rxcirc__V1__Guardian guardian; /* not referred to at first */
	Rxcirc__V1__Physician physician;
	Rxcirc__V1__FollowUp follow_up;
	Rxcirc__V1__LongPrescription long_basis;
	Rxcirc__V1__RepeatRule repeat;
	Rxcirc__V1__DrugLine lines[PAPER_LINES], *line_list[PAPER_LINES];
	Rxcirc__V1__Diagnosis diagnoses[PAPER_DIAGNOSES], *diagnosis_list[PAPER_DIAGNOSES];
	uint8_t evidence[SHA256_LEN];
};
void rx_paper_init(struct rx_paper *p, const struct province *in);
/* So many lines, each like the first. */
void rx_paper_lines(struct rx_paper *p, size_t count);

Rxcirc__V1__HospitalReview *hospital_review_of(const paper_doc *prescription,
	const struct province *in);
Rxcirc__V1__Revocation *revocation_of(const paper_doc *prescription, const uint8_t *rx_id,
	const struct province *in);
/* `by` is PHARMACIST or OTHER_PHARMACIST; passed. */
Rxcirc__V1__PharmacyReview *pharmacy_review_of(const paper_doc *prescription,
	const paper_doc *hospital_review, const uint8_t *rx_id, const struct province *in, int by);
/* Everything of rx_paper_init(): two lines, 130.40 + ... see the .c; fill 1. */
Rxcirc__V1__DispenseRecord *dispense_record_of(const paper_doc *pharmacy_review,
	const uint8_t *rx_id, const struct province *in, int by);

/* Everything that record handed over comes back, for its quality. */
Rxcirc__V1__ReturnRecord *return_record_of(const paper_doc *dispense_record,
	const Rxcirc__V1__DispenseRecord *handed);

/* Sign with somebody's key; the kind follows from the message. */
paper_doc *paper_sign(const void *message, const struct key_pair *key);
/* A signed copy of the digest names. */
Rxcirc__V1__DocumentDigest *paper_name(const paper_doc *doc);
/* The two documents of an upload, signed by physician and hospital pharmacist. */
Rxcirc__V1__UploadPrescriptionRequest *upload_of(const struct rx_paper *p,
	const struct province *in);

void *papers_alloc(size_t size); /* zeroed */
void papers_free(void);
/* Fields of protobuf-c are not const. */
char *paper_text(const char *text);
ProtobufCBinaryData paper_bytes(const void *data, size_t len);

#endif
