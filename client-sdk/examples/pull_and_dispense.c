/* A pharmacy serves the person who shows an e-voucher code: pull, claim, review, dispense.
 *
 *     pull_and_dispense CLIENT.CONF PHARMACY PHARMACIST PHARMACIST.KEY VOUCHER_CODE [return]
 *
 * Dispenses the first prescription that came, whole; with "return" the pharmacy finds the packs
 * damaged and takes all of it back.  Every pull was verified by the library before
 * this program sees it: who prescribed, who reviewed, and that nothing was changed since.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rxcirc/rxcirc.h>

#define PHARMACY_REVIEW RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW
#define DISPENSE_RECORD RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD
#define RETURN_RECORD RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_RETURN_RECORD

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

		if (owed->owed_e4 == 0)
			continue;
		rxcirc__v1__dispensed_line__init(&lines[count]);
		lines[count].line_no = owed->line_no;
		lines[count].drug_code = owed->drug_code;
		lines[count].quantity_e4 = owed->owed_e4;
		lines[count].lot_no = lot_no;
		lines[count].expiry_date = expiry_date;
		pointers[count] = &lines[count];
		count++;
	}
	return count;
}

/* Hand over, and keep the record: a return names it. */
static int dispense(const struct pharmacy *p, const Rxcirc__V1__PrescriptionBundle *bundle,
	uint64_t token, const Rxcirc__V1__SignedDocument *review_document,
	Rxcirc__V1__SignedDocument **ret_record)
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

	digest_fill(&digest, digest_bytes, review_document);
	record.rx_id = bundle->state->rx_id;
	record.pharmacy_review = &digest;
	record.pharmacy_code = p->code;
	record.pharmacist_code = p->pharmacist;
	record.fill_no = bundle->state->fills_done + 1;
	record.round = bundle->state->round;
	record.n_lines = lines_fill(lines, pointers, bundle->state);
	record.lines = pointers;
	record.dispensed_at_ms = now_ms();
	record.channel = channel;
	request.rx_id = bundle->state->rx_id;
	request.fencing_token = token;
	if (rxc_sign_message(p->key, DISPENSE_RECORD, &record.base, ret_record, &error) < 0)
		return failed("signing the dispense record", error);
	request.dispense_record = *ret_record;
	if (rxc_pharmacy_dispense(p->client, &request, NULL, &reply, &error) < 0)
		return failed("dispense", error);
	printf("dispensed %s, fill %u\n", bundle->state->rx_code, reply->fill_no);
	rxcirc__v1__dispense_prescription_response__free_unpacked(reply, NULL);
	return 0;
}

/* Every line of the record, with the amounts that were paid for it. */
static size_t returned_fill(Rxcirc__V1__ReturnedLine *lines,
	Rxcirc__V1__ReturnedLine **pointers, const Rxcirc__V1__DispenseRecord *record)
{
	size_t count = 0;

	for (; count < record->n_lines && count < LINES_MAX; count++) {
		const Rxcirc__V1__DispensedLine *line = record->lines[count];

		rxcirc__v1__returned_line__init(&lines[count]);
		lines[count].line_no = line->line_no;
		lines[count].drug_code = line->drug_code;
		lines[count].quantity_e4 = line->quantity_e4;
		lines[count].amount_fen = line->amount_fen;
		lines[count].n_trace_codes = line->n_trace_codes;
		lines[count].trace_codes = line->trace_codes;
		pointers[count] = &lines[count];
	}
	return count;
}

/* Sign the return and report it.  No claim is needed: only who handed over can take back. */
static int return_send(const struct pharmacy *p, const char *rx_code,
	const Rxcirc__V1__ReturnRecord *back)
{
	Rxcirc__V1__ReturnDispensedRequest request = RXCIRC__V1__RETURN_DISPENSED_REQUEST__INIT;
	Rxcirc__V1__ReturnDispensedResponse *reply;
	rxc_error *error = NULL;
	int r;

	request.rx_id = back->rx_id;
	if (rxc_sign_message(p->key, RETURN_RECORD, &back->base, &request.return_record, &error) < 0)
		return failed("signing the return record", error);
	r = rxc_pharmacy_return(p->client, &request, NULL, &reply, &error);
	rxcirc__v1__signed_document__free_unpacked(request.return_record, NULL);
	if (r < 0)
		return failed("return", error);
	printf("returned %s, return %u\n", rx_code, reply->return_no);
	rxcirc__v1__return_dispensed_response__free_unpacked(reply, NULL);
	return 0;
}

static int take_back(const struct pharmacy *p, const char *rx_code,
	const Rxcirc__V1__SignedDocument *record_document)
{
	Rxcirc__V1__DispenseRecord *record = rxcirc__v1__dispense_record__unpack(NULL,
		record_document->body.len, record_document->body.data);
	Rxcirc__V1__ReturnRecord back = RXCIRC__V1__RETURN_RECORD__INIT;
	Rxcirc__V1__ReturnedLine lines[LINES_MAX];
	Rxcirc__V1__ReturnedLine *pointers[LINES_MAX];
	Rxcirc__V1__DocumentDigest digest;
	uint8_t digest_bytes[64];
	int r;

	if (!record)
		return -1;
	digest_fill(&digest, digest_bytes, record_document);
	back.rx_id = record->rx_id;
	back.dispense_record = &digest;
	back.pharmacy_code = p->code;
	back.pharmacist_code = p->pharmacist;
	back.fill_no = record->fill_no;
	back.return_no = 1; /* nothing came back before */
	back.kind = RXCIRC__V1__RETURN_KIND__RETURN_KIND_RETURN;
	back.reason = RXCIRC__V1__RETURN_REASON__RETURN_REASON_QUALITY;
	back.n_lines = returned_fill(lines, pointers, record);
	back.lines = pointers;
	back.returned_at_ms = now_ms();
	back.total_fen = record->total_fen;
	r = return_send(p, rx_code, &back);
	rxcirc__v1__dispense_record__free_unpacked(record, NULL);
	return r;
}

static int fill(const struct pharmacy *p, const Rxcirc__V1__PrescriptionBundle *bundle,
	bool comes_back)
{
	Rxcirc__V1__SignedDocument *review_document = NULL;
	Rxcirc__V1__SignedDocument *record_document = NULL;
	uint64_t token = 0;
	int r = claim(p, bundle, &token);

	if (r == 0)
		r = review(p, bundle, token, &review_document);
	if (r == 0)
		r = dispense(p, bundle, token, review_document, &record_document);
	if (r == 0 && comes_back)
		r = take_back(p, bundle->state->rx_code, record_document);
	if (review_document)
		rxcirc__v1__signed_document__free_unpacked(review_document, NULL);
	if (record_document)
		rxcirc__v1__signed_document__free_unpacked(record_document, NULL);
	return r;
}

static int serve(const struct pharmacy *p, char *voucher_code, bool comes_back)
{
	Rxcirc__V1__PullPrescriptionsRequest request = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;
	Rxcirc__V1__PullPrescriptionsResponse *pulled;
	rxc_error *error = NULL;
	int r = -1;

	request.voucher_code = voucher_code;
	if (rxc_pharmacy_pull(p->client, &request, NULL, &pulled, &error) < 0)
		return failed("pull", error);
	if (pulled->n_prescriptions == 0)
		fprintf(stderr, "this person has no open prescription\n");
	else
		r = fill(p, pulled->prescriptions[0], comes_back);
	rxcirc__v1__pull_prescriptions_response__free_unpacked(pulled, NULL);
	return r;
}

int main(int argc, char **argv)
{
	struct pharmacy p = {0};
	rxc_options *options = rxc_options_new();
	rxc_error *error = NULL;
	bool comes_back = argc == 7 && strcmp(argv[6], "return") == 0;
	int r = -1;

	if ((argc != 6 && !comes_back) || !options) {
		fprintf(stderr, "usage: pull_and_dispense CLIENT.CONF PHARMACY PHARMACIST "
			"PHARMACIST.KEY VOUCHER_CODE [return]\n");
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
		r = serve(&p, argv[5], comes_back);
	rxc_client_free(p.client);
	rxc_key_free(p.key);
	rxc_options_free(options);
	return r < 0 ? 1 : 0;
}
