/* A pharmacy serves the person who shows an e-voucher code: pull, claim, review, dispense.
 *
 *     pull_and_dispense CLIENT.CONF PHARMACY PHARMACIST PHARMACIST.KEY VOUCHER_CODE
 *
 * Dispenses the first prescription that came, whole.  Every pull was verified by the library before
 * this program sees it: who prescribed, who reviewed, and that nothing was changed since.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rxcirc/rxcirc.h>

#define PHARMACY_REVIEW RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW
#define DISPENSE_RECORD RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD

enum { LINES_MAX = 64 };

struct pharmacy {
	char *code;
	char *pharmacist;
	rxc_key *key;
	rxc_client *client;
};

static char channel[] = "store";
static char lot_no[] = "LOT20260101";
static char expiry_date[] = "2027-12-31";

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int failed(const char *what, rxc_error *error)
{
	fprintf(stderr, "%s: %s %s\n", what, rxc_error_reason(error), rxc_error_message(error));
	rxc_error_free(error);
	return -1;
}

/* Names an earlier document; `bytes` holds the two digests and outlives `digest`. */
static void digest_fill(Rxcirc__V1__DocumentDigest *digest, uint8_t bytes[64],
	const Rxcirc__V1__SignedDocument *document)
{
	rxcirc__v1__document_digest__init(digest);
	rxc_document_digest(document, bytes, bytes + 32);
	digest->document_sha256 = (ProtobufCBinaryData){32, bytes};
	digest->signature_sha256 = (ProtobufCBinaryData){32, bytes + 32};
}

static int claim(const struct pharmacy *p, const Rxcirc__V1__PrescriptionBundle *bundle,
	uint64_t *ret_token)
{
	Rxcirc__V1__ClaimPrescriptionRequest request =
		RXCIRC__V1__CLAIM_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__ClaimPrescriptionResponse *reply;
	rxc_error *error = NULL;

	request.rx_id = bundle->state->rx_id;
	request.pull_grant = bundle->pull_grant;
	if (rxc_pharmacy_claim(p->client, &request, NULL, &reply, &error) < 0)
		return failed("claim", error);
	*ret_token = reply->fencing_token;
	rxcirc__v1__claim_prescription_response__free_unpacked(reply, NULL);
	return 0;
}

/* Sign the review, submit it, and keep it: the dispense record names it. */
static int review(const struct pharmacy *p, const Rxcirc__V1__PrescriptionBundle *bundle,
	uint64_t token, Rxcirc__V1__SignedDocument **ret_review)
{
	Rxcirc__V1__PharmacyReview message = RXCIRC__V1__PHARMACY_REVIEW__INIT;
	Rxcirc__V1__SubmitReviewRequest request = RXCIRC__V1__SUBMIT_REVIEW_REQUEST__INIT;
	Rxcirc__V1__SubmitReviewResponse *reply;
	Rxcirc__V1__DocumentDigest prescription;
	Rxcirc__V1__DocumentDigest hospital_review;
	uint8_t prescription_bytes[64];
	uint8_t review_bytes[64];
	rxc_error *error = NULL;

	digest_fill(&prescription, prescription_bytes, bundle->prescription);
	digest_fill(&hospital_review, review_bytes, bundle->hospital_review);
	message.rx_id = bundle->state->rx_id;
	message.prescription = &prescription;
	message.hospital_review = &hospital_review;
	message.pharmacy_code = p->code;
	message.pharmacist_code = p->pharmacist;
	message.result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED;
	message.reviewed_at_ms = now_ms();
	message.duration_s = 30;
	if (rxc_sign_message(p->key, PHARMACY_REVIEW, &message.base, ret_review, &error) < 0)
		return failed("signing the review", error);
	request.rx_id = bundle->state->rx_id;
	request.fencing_token = token;
	request.review = *ret_review;
	if (rxc_pharmacy_review(p->client, &request, NULL, &reply, &error) < 0)
		return failed("review", error);
	rxcirc__v1__submit_review_response__free_unpacked(reply, NULL);
	return 0;
}

/* Everything still owed of each line. */
static size_t lines_fill(Rxcirc__V1__DispensedLine *lines, Rxcirc__V1__DispensedLine **pointers,
	const Rxcirc__V1__PrescriptionState *state)
{
	size_t count = 0;

	for (size_t i = 0; i < state->n_lines && count < LINES_MAX; i++) {
		const Rxcirc__V1__LineState *owed = state->lines[i];

		if (owed->prescribed_e4 <= owed->dispensed_e4)
			continue;
		rxcirc__v1__dispensed_line__init(&lines[count]);
		lines[count].line_no = owed->line_no;
		lines[count].drug_code = owed->drug_code;
		lines[count].quantity_e4 = owed->prescribed_e4 - owed->dispensed_e4;
		lines[count].lot_no = lot_no;
		lines[count].expiry_date = expiry_date;
		pointers[count] = &lines[count];
		count++;
	}
	return count;
}

static int dispense(const struct pharmacy *p, const Rxcirc__V1__PrescriptionBundle *bundle,
	uint64_t token, const Rxcirc__V1__SignedDocument *review_document)
{
	Rxcirc__V1__DispenseRecord record = RXCIRC__V1__DISPENSE_RECORD__INIT;
	Rxcirc__V1__DispensePrescriptionRequest request =
		RXCIRC__V1__DISPENSE_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__DispensePrescriptionResponse *reply;
	Rxcirc__V1__DispensedLine lines[LINES_MAX];
	Rxcirc__V1__DispensedLine *pointers[LINES_MAX];
	Rxcirc__V1__DocumentDigest digest;
	uint8_t digest_bytes[64];
	rxc_error *error = NULL;
	int r;

	digest_fill(&digest, digest_bytes, review_document);
	record.rx_id = bundle->state->rx_id;
	record.pharmacy_review = &digest;
	record.pharmacy_code = p->code;
	record.pharmacist_code = p->pharmacist;
	record.fill_no = bundle->state->fills_done + 1;
	record.n_lines = lines_fill(lines, pointers, bundle->state);
	record.lines = pointers;
	record.dispensed_at_ms = now_ms();
	record.channel = channel;
	request.rx_id = bundle->state->rx_id;
	request.fencing_token = token;
	if (rxc_sign_message(p->key, DISPENSE_RECORD, &record.base, &request.dispense_record,
		&error) < 0)
		return failed("signing the dispense record", error);
	r = rxc_pharmacy_dispense(p->client, &request, NULL, &reply, &error);
	rxcirc__v1__signed_document__free_unpacked(request.dispense_record, NULL);
	if (r < 0)
		return failed("dispense", error);
	printf("dispensed %s, fill %u\n", bundle->state->rx_code, reply->fill_no);
	rxcirc__v1__dispense_prescription_response__free_unpacked(reply, NULL);
	return 0;
}

static int serve(const struct pharmacy *p, char *voucher_code)
{
	Rxcirc__V1__PullPrescriptionsRequest request = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;
	Rxcirc__V1__PullPrescriptionsResponse *pulled;
	Rxcirc__V1__SignedDocument *review_document = NULL;
	rxc_error *error = NULL;
	uint64_t token = 0;
	int r = -1;

	request.voucher_code = voucher_code;
	if (rxc_pharmacy_pull(p->client, &request, NULL, &pulled, &error) < 0)
		return failed("pull", error);
	if (pulled->n_prescriptions == 0)
		fprintf(stderr, "this person has no open prescription\n");
	else if (claim(p, pulled->prescriptions[0], &token) == 0 &&
		review(p, pulled->prescriptions[0], token, &review_document) == 0)
		r = dispense(p, pulled->prescriptions[0], token, review_document);
	if (review_document)
		rxcirc__v1__signed_document__free_unpacked(review_document, NULL);
	rxcirc__v1__pull_prescriptions_response__free_unpacked(pulled, NULL);
	return r;
}

int main(int argc, char **argv)
{
	struct pharmacy p = {0};
	rxc_options *options = rxc_options_new();
	rxc_error *error = NULL;
	int r = -1;

	if (argc != 6 || !options) {
		fprintf(stderr, "usage: pull_and_dispense CLIENT.CONF PHARMACY PHARMACIST "
			"PHARMACIST.KEY VOUCHER_CODE\n");
		rxc_options_free(options);
		return 2;
	}
	p.code = argv[2];
	p.pharmacist = argv[3];
	if (rxc_key_load(argv[4], &p.key, &error) < 0 ||
		rxc_options_load(options, argv[1], &error) < 0 ||
		rxc_client_new(options, &p.client, &error) < 0)
		failed("settings", error);
	else
		r = serve(&p, argv[5]);
	rxc_client_free(p.client);
	rxc_key_free(p.key);
	rxc_options_free(options);
	return r < 0 ? 1 : 0;
}
