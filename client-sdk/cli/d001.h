/* A prescription in the national D001 layout, read into the platform's documents.
 *
 * Reading collects every departure from the layout as a finding (rule ids "D001-..."); a record
 * with findings of severity refuse must not be signed.  What the regulations say is not judged
 * here but by the platform.  Numbers are exact decimals in text or JSON integers; JSON reals are
 * refused because they passed through floating point somewhere.
 *
 * Ownership: the record owns the parsed JSON, and its messages point into it, until d001_clear().
 * The record must not be moved: its messages point at each other.
 */
#ifndef CLI_D001_H
#define CLI_D001_H

#include <rxcirc/v1/document.pb-c.h>

#include "client-sdk/cli/digest.h"
#include "client-sdk/cli/findings.h"

enum {
	D001_FILE_MAX = 256 * 1024, /* bytes, after placeholders are expanded */
	D001_LINES_MAX = 64,
	D001_DIAGNOSES_MAX = 20,
	D001_TEXT_BYTES_MAX = 4000, /* the platform's limit on any text */
	D001_VALID_DAYS_MAX = 365,
	D001_FILLS_MAX = 12,
	D001_PROBLEM_MAX = 240,
};

struct d001_line {
	Rxcirc__V1__DrugLine line;
};

struct d001_diagnosis {
	Rxcirc__V1__Diagnosis diagnosis;
	char *symptom_code, *symptom_name; /* TCM syndrome; the disease's stand in tcm_code */
};

struct d001_record {
	json_t *root;
	Rxcirc__V1__Prescription rx; /* what is signed first */
	Rxcirc__V1__HospitalReview review; /* without the digest of the signed prescription */
	Rxcirc__V1__Patient patient;
	Rxcirc__V1__Guardian guardian;
	Rxcirc__V1__Physician physician;
	Rxcirc__V1__HerbalUse herbal;
	Rxcirc__V1__LongPrescription long_basis;
	Rxcirc__V1__RepeatRule repeat;
	Rxcirc__V1__FollowUp follow_up;
	struct d001_line lines[D001_LINES_MAX];
	Rxcirc__V1__DrugLine *line_pointers[D001_LINES_MAX];
	struct d001_diagnosis diagnoses[D001_DIAGNOSES_MAX];
	Rxcirc__V1__Diagnosis *diagnosis_pointers[D001_DIAGNOSES_MAX];
	uint8_t source_sha256[DIGEST_LEN];
	uint8_t follow_up_sha256[DIGEST_LEN];
	char birth_date[11];

	/* national facts that only serve to check the others */
	char *certificate_kind; /* mdtrtCertType */
	char *main_diagnosis;   /* maindiagCode */
	char *settlement_kind;  /* hiFeesetlType */
	char *given_birth_date; /* extras.birthDate, for papers that carry none */
	int64_t drug_count_e4;  /* rxDrugCnt; this and the next -1 until read */
	int64_t valid_days;     /* valiDays */
	int64_t valid_until_ms; /* valiEndTime */
	protobuf_c_boolean repeats; /* reptFlag */
	bool has_review;
};

/* `text` is the whole file after placeholders were expanded.  0 and a record (look at the
 * findings), or -1 with one English sentence when it is not JSON or memory is short. */
int d001_read(const char *text, size_t len, struct d001_record *ret, struct findings *findings,
	char problem[D001_PROBLEM_MAX]) __attribute__((warn_unused_result));
void d001_clear(struct d001_record *record);
/* The facts against each other; called by d001_read(). */
void d001_check(struct d001_record *record, struct findings *findings);

#endif
