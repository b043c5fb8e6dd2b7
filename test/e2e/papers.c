/* The smallest prescription every rule accepts. */
#include "test/e2e/papers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DRUG "XC08CAA185A001010104211"
enum { QUANTITY_E4 = 10000, PRICE_E6 = 12500000, AMOUNT_FEN = 1250 };

static const struct {
	const char *code, *name, *specification;
} drugs[PAPERS_LINES_MAX] = {
	{DRUG, "苯磺酸氨氯地平片", "5mg*7片"},
	{"XC09AAP053A001010101532", "马来酸依那普利片", "10mg*16片"},
	{"XC09CAX089A001010102764", "缬沙坦片", "80mg*14片"},
};

const char *papers_drug(unsigned line_no)
{
	return drugs[line_no - 1].code;
}

static void check(int r, rxc_error *error, const char *what)
{
	if (r == 0)
		return;
	fprintf(stderr, "%s: %s\n", what, error == NULL ? "failed" : rxc_error_message(error));
	abort();
}

static rxc_key *load(const char *province, const char *name)
{
	rxc_error *error = NULL;
	rxc_key *key = NULL;
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", province, name);
	check(rxc_key_load(path, &key, &error), error, path);
	return key;
}

void papers_open(struct papers *p, const char *province)
{
	p->physician = load(province, "practitioners/D140105003217.key");
	p->hospital_pharmacist = load(province, "practitioners/HY140105000126.key");
	p->pharmacist_a = load(province, "practitioners/YS140105000052.key");
	p->pharmacist_b = load(province, "practitioners/YS140106000071.key");
	p->voucher = load(province, "voucher.key");
}

void papers_close(struct papers *p)
{
	rxc_key_free(p->physician);
	rxc_key_free(p->hospital_pharmacist);
	rxc_key_free(p->pharmacist_a);
	rxc_key_free(p->pharmacist_b);
	rxc_key_free(p->voucher);
}

int64_t papers_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

char *papers_client_conf(const char *province, const char *institution)
{
	char *path = NULL;

	if (asprintf(&path, "%s/institutions/%s/client.conf", province, institution) < 0)
		abort();
	return path;
}

static char *t(const char *text)
{
	return (char *)(uintptr_t)text;
}

static void fill_patient(Rxcirc__V1__Patient *m, const char *voucher_id)
{
	m->voucher_id = t(voucher_id);
	m->person_no = t("14010000000000000000071236");
	m->name = t("王建国");
	m->id_kind = t("01");
	m->id_number = t("140105196203151239");
	m->sex = RXCIRC__V1__SEX__SEX_MALE;
	m->birth_date = t("1962-03-15");
	m->insured_region = t("140100");
}

static void fill_line(Rxcirc__V1__DrugLine *m, unsigned at, int64_t quantity_e4)
{
	rxcirc__v1__drug_line__init(m);
	m->drug_code = t(drugs[at].code);
	m->kind = RXCIRC__V1__DRUG_KIND__DRUG_KIND_WESTERN;
	m->generic_name = t(drugs[at].name);
	m->dosage_form = t("片剂");
	m->specification = t(drugs[at].specification);
	m->route_code = t("1");
	m->route_name = t("口服");
	m->dose_e4 = 50000;
	m->dose_unit = t("mg");
	m->frequency_code = t("11");
	m->frequency_name = t("每日一次");
	m->days_e4 = 7 * 10000;
	m->quantity_e4 = quantity_e4;
	m->quantity_unit = t("盒");
	m->unit_price_e6 = PRICE_E6;
	m->amount_fen = AMOUNT_FEN;
	m->reimbursement = t("1");
}

static void fill_physician(Rxcirc__V1__Physician *m)
{
	m->code = t("D140105003217");
	m->name = t("李明华");
	m->title_code = t("232");
	m->department_code = t("A03.04");
	m->department_name = t("心血管内科");
}

static void fill_follow_up(Rxcirc__V1__FollowUp *m)
{
	static uint8_t digest[32] = {1};

	m->hospital_code = t("H14010500008");
	m->visited_at_ms = papers_now_ms() - (int64_t)28 * 24 * 3600 * 1000;
	m->diagnosis_code = t("I10.x00x002");
	m->document_kind = t("outpatient-record");
	m->document_sha256 = (ProtobufCBinaryData){sizeof(digest), digest};
}

static Rxcirc__V1__SignedDocument *sign_prescription(const struct papers *p,
	const struct papers_order *order)
{
	Rxcirc__V1__Prescription rx = RXCIRC__V1__PRESCRIPTION__INIT;
	Rxcirc__V1__Patient patient = RXCIRC__V1__PATIENT__INIT;
	Rxcirc__V1__Physician physician = RXCIRC__V1__PHYSICIAN__INIT;
	Rxcirc__V1__Diagnosis diagnosis = RXCIRC__V1__DIAGNOSIS__INIT, *diagnoses[] = {&diagnosis};
	Rxcirc__V1__DrugLine line[PAPERS_LINES_MAX], *lines[PAPERS_LINES_MAX];
	Rxcirc__V1__RepeatRule repeat = RXCIRC__V1__REPEAT_RULE__INIT;
	Rxcirc__V1__FollowUp follow_up = RXCIRC__V1__FOLLOW_UP__INIT;
	Rxcirc__V1__SignedDocument *doc = NULL;
	rxc_error *error = NULL;

	fill_patient(&patient, order->voucher_id);
	fill_physician(&physician);
	for (unsigned i = 0; i < order->line_count; i++) {
		fill_line(&line[i], i, order->quantity_e4[i]);
		lines[i] = &line[i];
	}
	repeat.fills_max = order->fills_max;
	repeat.interval_days_min = order->interval_days;
	fill_follow_up(&follow_up);
	diagnosis.type = 1;
	diagnosis.main = true;
	diagnosis.code = t("I10.x00x002");
	diagnosis.name = t("高血压病2级（高危）");
	rx.hospital_code = t(HOSPITAL);
	rx.hospital_rx_no = t(order->number);
	rx.business_type = RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET;
	rx.category = RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_WESTERN;
	rx.attribute =
		RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_OUTPATIENT_POOLING;
	rx.medical_type = t("11");
	rx.encounter_id = t("140100G20261122000481");
	rx.outpatient_no = t("OP20261122000481");
	rx.real_name_serial = t("AUTH20261122084500017");
	rx.voucher_token = t("140000ec3d5a9b7c1e8f40220611");
	rx.patient = &patient;
	rx.physician = &physician;
	rx.diagnoses = diagnoses;
	rx.n_diagnoses = 1;
	rx.lines = lines;
	rx.n_lines = order->line_count;
	rx.repeat = order->fills_max > 1 ? &repeat : NULL;
	rx.issued_at_ms = papers_now_ms();
	rx.validity_days = 3;
	rx.follow_up = &follow_up;
	check(rxc_sign_message(p->physician, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION,
			&rx.base, &doc, &error), error, "sign");
	return doc;
}

/* The two digests of a document, in room the caller gives. */
struct named {
	uint8_t document[32], signature[32];
	Rxcirc__V1__DocumentDigest message;
};

static Rxcirc__V1__DocumentDigest *name(struct named *n, const Rxcirc__V1__SignedDocument *doc)
{
	rxc_document_digest(doc, n->document, n->signature);
	rxcirc__v1__document_digest__init(&n->message);
	n->message.document_sha256 = (ProtobufCBinaryData){32, n->document};
	n->message.signature_sha256 = (ProtobufCBinaryData){32, n->signature};
	return &n->message;
}

static void *need(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

Rxcirc__V1__UploadPrescriptionRequest *papers_upload_order(const struct papers *p,
	const struct papers_order *order)
{
	Rxcirc__V1__UploadPrescriptionRequest *m = need(malloc(sizeof(*m)));
	Rxcirc__V1__HospitalReview review = RXCIRC__V1__HOSPITAL_REVIEW__INIT;
	rxc_error *error = NULL;
	struct named prescription;

	rxcirc__v1__upload_prescription_request__init(m);
	m->prescription = sign_prescription(p, order);
	review.prescription = name(&prescription, m->prescription);
	review.hospital_code = t(HOSPITAL);
	review.pharmacist_code = t("HY140105000126");
	review.pharmacist_name = t("赵静");
	review.result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED;
	review.reviewed_at_ms = papers_now_ms();
	check(rxc_sign_message(p->hospital_pharmacist,
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_HOSPITAL_REVIEW, &review.base,
			&m->hospital_review, &error), error, "sign");
	return m;
}

Rxcirc__V1__UploadPrescriptionRequest *papers_upload(const struct papers *p, const char *number,
	const char *voucher_id)
{
	const struct papers_order order = {.number = number, .voucher_id = voucher_id, .line_count = 1,
		.quantity_e4 = {QUANTITY_E4}, .fills_max = 1};

	return papers_upload_order(p, &order);
}

Rxcirc__V1__PullPrescriptionsRequest *papers_pull(const struct papers *p, const char *voucher_id)
{
	Rxcirc__V1__PullPrescriptionsRequest *m = need(malloc(sizeof(*m)));
	rxc_error *error = NULL;

	rxcirc__v1__pull_prescriptions_request__init(m);
	m->voucher_code = need(malloc(RXC_VOUCHER_TEXT_MAX + 1));
	check(rxc_voucher_issue(p->voucher, voucher_id, RXC_PURPOSE_PULL, papers_now_ms(), 300,
			m->voucher_code, &error), error, "voucher");
	return m;
}

static const rxc_key *pharmacist_key(const struct papers *p, const char *pharmacy)
{
	return strcmp(pharmacy, PHARMACY_A) == 0 ? p->pharmacist_a : p->pharmacist_b;
}

static char *pharmacist_code(const char *pharmacy)
{
	return t(strcmp(pharmacy, PHARMACY_A) == 0 ? "YS140105000052" : "YS140106000071");
}

static ProtobufCBinaryData copy_id(const Rxcirc__V1__PrescriptionBundle *bundle)
{
	uint8_t *id = need(malloc(RXC_RX_ID_LEN));

	memcpy(id, bundle->state->rx_id.data, RXC_RX_ID_LEN);
	return (ProtobufCBinaryData){RXC_RX_ID_LEN, id};
}

Rxcirc__V1__SubmitReviewRequest *papers_review(const struct papers *p, const char *pharmacy,
	const Rxcirc__V1__PrescriptionBundle *bundle, uint64_t fencing_token)
{
	Rxcirc__V1__SubmitReviewRequest *m = need(malloc(sizeof(*m)));
	Rxcirc__V1__PharmacyReview review = RXCIRC__V1__PHARMACY_REVIEW__INIT;
	struct named prescription, hospital_review;
	rxc_error *error = NULL;

	rxcirc__v1__submit_review_request__init(m);
	m->rx_id = copy_id(bundle);
	m->fencing_token = fencing_token;
	review.rx_id = bundle->state->rx_id;
	review.prescription = name(&prescription, bundle->prescription);
	review.hospital_review = name(&hospital_review, bundle->hospital_review);
	review.pharmacy_code = t(pharmacy);
	review.pharmacist_code = pharmacist_code(pharmacy);
	review.pharmacist_name = t("王晓梅");
	review.result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED;
	review.reviewed_at_ms = papers_now_ms();
	review.duration_s = 30;
	check(rxc_sign_message(pharmacist_key(p, pharmacy),
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW, &review.base, &m->review,
			&error), error, "sign");
	return m;
}

Rxcirc__V1__DispensePrescriptionRequest *papers_dispense(const struct papers *p,
	const char *pharmacy, const Rxcirc__V1__PrescriptionBundle *bundle,
	const Rxcirc__V1__SubmitReviewRequest *review, uint64_t fencing_token)
{
	Rxcirc__V1__DispensePrescriptionRequest *m = need(malloc(sizeof(*m)));
	Rxcirc__V1__DispenseRecord record = RXCIRC__V1__DISPENSE_RECORD__INIT;
	Rxcirc__V1__DispensedLine line = RXCIRC__V1__DISPENSED_LINE__INIT, *lines[] = {&line};
	struct named named;
	rxc_error *error = NULL;

	rxcirc__v1__dispense_prescription_request__init(m);
	m->rx_id = copy_id(bundle);
	m->fencing_token = fencing_token;
	line.line_no = 1;
	line.drug_code = t(DRUG);
	line.quantity_e4 = QUANTITY_E4;
	line.unit_price_e6 = PRICE_E6;
	line.amount_fen = AMOUNT_FEN;
	record.rx_id = bundle->state->rx_id;
	record.pharmacy_review = name(&named, review->review);
	record.pharmacy_code = t(pharmacy);
	record.pharmacist_code = pharmacist_code(pharmacy);
	record.fill_no = 1;
	record.lines = lines;
	record.n_lines = 1;
	record.dispensed_at_ms = papers_now_ms();
	record.channel = t("store");
	record.total_fen = AMOUNT_FEN;
	check(rxc_sign_message(pharmacist_key(p, pharmacy),
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD, &record.base,
			&m->dispense_record, &error), error, "sign");
	return m;
}

void papers_settlement(const Rxcirc__V1__PrescriptionBundle *bundle, const char *settlement_id,
	Rxcirc__V1__ReportSettlementRequest *ret)
{
	rxcirc__v1__report_settlement_request__init(ret);
	ret->rx_id = bundle->state->rx_id;
	ret->fill_no = 1;
	ret->settlement_id = t(settlement_id);
	ret->settled_at_ms = papers_now_ms();
	ret->total_fen = AMOUNT_FEN;
	ret->cash_fen = AMOUNT_FEN;
	ret->channel = t("store");
	ret->hospital_code = t(HOSPITAL);
}
