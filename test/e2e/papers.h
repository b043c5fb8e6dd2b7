/* Real documents for end-to-end tests, signed with the sample province's own keys.
 *
 * Ownership: what is made here is freed with the generated free_unpacked functions.
 */
#ifndef TEST_E2E_PAPERS_H
#define TEST_E2E_PAPERS_H

#include <rxcirc/rxcirc.h>

#define HOSPITAL "H14010500321"
#define PHARMACY_A "P14010500417"
#define PHARMACY_B "P14010600582"

struct papers {
	rxc_key *physician, *hospital_pharmacist, *pharmacist_a, *pharmacist_b, *voucher;
};

/* Loads the keys of a province folder; stops the program when one is missing. */
void papers_open(struct papers *p, const char *province);
void papers_close(struct papers *p);
int64_t papers_now_ms(void);
/* Path of an institution's client.conf; free() it. */
char *papers_client_conf(const char *province, const char *institution);

enum { PAPERS_LINES_MAX = 3 };

/* What to prescribe: the first `line_count` of three drugs, perhaps several times. */
struct papers_order {
	const char *number, *voucher_id;
	unsigned line_count;
	int64_t quantity_e4[PAPERS_LINES_MAX];
	unsigned fills_max, interval_days;
};

/* The drug of a line, 1 .. PAPERS_LINES_MAX. */
const char *papers_drug(unsigned line_no);
Rxcirc__V1__UploadPrescriptionRequest *papers_upload_order(const struct papers *p,
	const struct papers_order *order);
/* One amlodipine prescription for the owner of `voucher_id`, doubly signed. */
Rxcirc__V1__UploadPrescriptionRequest *papers_upload(const struct papers *p, const char *number,
	const char *voucher_id);
/* A pull with a fresh code of that person. */
Rxcirc__V1__PullPrescriptionsRequest *papers_pull(const struct papers *p, const char *voucher_id);
/* The review by `pharmacy`'s pharmacist of what was pulled. */
Rxcirc__V1__SubmitReviewRequest *papers_review(const struct papers *p, const char *pharmacy,
	const Rxcirc__V1__PrescriptionBundle *bundle, uint64_t fencing_token);
/* Handing everything over; `review` is the accepted request above. */
Rxcirc__V1__DispensePrescriptionRequest *papers_dispense(const struct papers *p,
	const char *pharmacy, const Rxcirc__V1__PrescriptionBundle *bundle,
	const Rxcirc__V1__SubmitReviewRequest *review, uint64_t fencing_token);
/* That the patient has paid for it in the store; `ret` borrows what it says. */
void papers_settlement(const Rxcirc__V1__PrescriptionBundle *bundle, const char *settlement_id,
	Rxcirc__V1__ReportSettlementRequest *ret);

#endif
