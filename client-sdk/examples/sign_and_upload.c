/* A hospital signs a prescription twice, physician and pharmacist, and uploads it.
 *
 *     sign_and_upload CLIENT.CONF HOSPITAL DEPARTMENT PHYSICIAN PHYSICIAN.KEY \
 *         PHARMACIST PHARMACIST.KEY VOUCHER_ID PATIENT RX_NO \
 *         DRUG_CODE DRUG_NAME DIAGNOSIS_CODE DIAGNOSIS_NAME
 *
 * Prints the prescription's code, or what is wrong with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rxcirc/rxcirc.h>

#define PRESCRIPTION RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION
#define HOSPITAL_REVIEW RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_HOSPITAL_REVIEW
#define DAY_MS INT64_C(86400000)

struct arguments {
	const char *conf;
	char *hospital;
	char *department;
	char *physician;
	const char *physician_key;
	char *pharmacist;
	const char *pharmacist_key;
	char *voucher_id;
	char *patient;
	char *rx_no;
	char *drug_code;
	char *drug_name;
	char *diagnosis_code;
	char *diagnosis_name;
};

static char empty[] = "";
static char department_name[] = "心血管内科门诊";
static char serial[] = "RN20260101000000000001";
static char voucher_token[] = "140000ec3d5a9b7c1e8f40220611";
static char birth_date[] = "1975-04-12";
static char person_no[] = "140105000000000321";
static char id_kind[] = "01";
static char id_number[] = "140105197504120024";
static char physician_name[] = "李明华";
static char physician_title[] = "233";
static char pharmacist_name[] = "赵静";
static char reimbursement[] = "1";
static char insured_region[] = "140100";
static char insurance_type[] = "310";
static char medical_type[] = "11";
static char visit_record[] = "outpatient-record";
static char dosage_form[] = "片剂";
static char specification[] = "5mg*28片";
static char dose_unit[] = "片";
static char pack_unit[] = "盒";
static char route_code[] = "1";
static char route_name[] = "口服";
static char frequency_code[] = "11";
static char frequency_name[] = "每日一次";
static char opinion[] = "审核通过";

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Say what happened, in one line and then finding by finding. */
static int failed(const char *what, rxc_error *error)
{
	const Rxcirc__V1__Status *status = rxc_error_status(error);

	fprintf(stderr, "%s: %s %s\n", what, rxc_error_reason(error), rxc_error_message(error));
	for (size_t i = 0; status && i < status->n_findings; i++)
		fprintf(stderr, "  %s %s: %s\n", status->findings[i]->rule,
			status->findings[i]->field, status->findings[i]->message);
	rxc_error_free(error);
	return -1;
}

static int key_sign(const char *key_file, Rxcirc__V1__DocumentKind kind,
	const ProtobufCMessage *message, Rxcirc__V1__SignedDocument **ret_document)
{
	rxc_error *error = NULL;
	rxc_key *key;
	int r;

	if (rxc_key_load(key_file, &key, &error) < 0)
		return failed("signing key", error);
	r = rxc_sign_message(key, kind, message, ret_document, &error);
	rxc_key_free(key);
	return r < 0 ? failed("signing", error) : 0;
}

/* One line: 28 tablets, one a day, 7 days. */
static void line_fill(Rxcirc__V1__DrugLine *line, const struct arguments *a)
{
	rxcirc__v1__drug_line__init(line);
	line->drug_code = a->drug_code;
	line->kind = RXCIRC__V1__DRUG_KIND__DRUG_KIND_WESTERN;
	line->generic_name = a->drug_name;
	line->dosage_form = dosage_form;
	line->specification = specification;
	line->route_code = route_code;
	line->route_name = route_name;
	line->dose_e4 = 10000;
	line->dose_unit = dose_unit;
	line->frequency_code = frequency_code;
	line->frequency_name = frequency_name;
	line->days_e4 = 7 * 10000;
	line->quantity_e4 = 10000;
	line->quantity_unit = pack_unit;
	line->reimbursement = reimbursement;
}

static int prescription_sign(const struct arguments *a, Rxcirc__V1__SignedDocument **ret_document)
{
	Rxcirc__V1__Prescription rx = RXCIRC__V1__PRESCRIPTION__INIT;
	Rxcirc__V1__Patient patient = RXCIRC__V1__PATIENT__INIT;
	Rxcirc__V1__Physician physician = RXCIRC__V1__PHYSICIAN__INIT;
	Rxcirc__V1__Diagnosis diagnosis = RXCIRC__V1__DIAGNOSIS__INIT;
	Rxcirc__V1__FollowUp follow_up = RXCIRC__V1__FOLLOW_UP__INIT;
	Rxcirc__V1__DrugLine line;
	Rxcirc__V1__DrugLine *lines[] = {&line};
	Rxcirc__V1__Diagnosis *diagnoses[] = {&diagnosis};
	uint8_t record_sha256[32] = {0xfe, 0xed};

	line_fill(&line, a);
	patient.voucher_id = a->voucher_id;
	patient.name = a->patient;
	patient.person_no = person_no;
	patient.id_kind = id_kind;
	patient.id_number = id_number;
	patient.sex = RXCIRC__V1__SEX__SEX_FEMALE;
	patient.birth_date = birth_date;
	patient.insured_region = insured_region;
	patient.insurance_type = insurance_type;
	physician.code = a->physician;
	physician.name = physician_name;
	physician.title_code = physician_title;
	physician.department_code = a->department;
	physician.department_name = department_name;
	diagnosis.type = 1;
	diagnosis.main = true;
	diagnosis.code = a->diagnosis_code;
	diagnosis.name = a->diagnosis_name;
	follow_up.hospital_code = a->hospital;
	follow_up.visited_at_ms = now_ms() - 30 * DAY_MS;
	follow_up.diagnosis_code = a->diagnosis_code;
	follow_up.document_kind = visit_record;
	follow_up.document_sha256 = (ProtobufCBinaryData){sizeof(record_sha256), record_sha256};

	rx.hospital_code = a->hospital;
	rx.hospital_rx_no = a->rx_no;
	rx.business_type = RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET;
	rx.category = RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_WESTERN;
	rx.attribute =
		RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_OUTPATIENT_POOLING;
	rx.medical_type = medical_type;
	rx.encounter_id = a->rx_no;
	rx.outpatient_no = a->rx_no;
	rx.real_name_serial = serial;
	rx.voucher_token = voucher_token;
	rx.patient = &patient;
	rx.physician = &physician;
	rx.n_diagnoses = 1;
	rx.diagnoses = diagnoses;
	rx.n_lines = 1;
	rx.lines = lines;
	rx.issued_at_ms = now_ms();
	rx.visit_at_ms = rx.issued_at_ms;
	rx.validity_days = 3;
	rx.follow_up = &follow_up;
	rx.treatment_region = insured_region;
	rx.condition_note = empty;
	return key_sign(a->physician_key, PRESCRIPTION, &rx.base, ret_document);
}

/* The pharmacist's review names the prescription and the physician's signature. */
static int review_sign(const struct arguments *a, const Rxcirc__V1__SignedDocument *prescription,
	Rxcirc__V1__SignedDocument **ret_document)
{
	Rxcirc__V1__HospitalReview review = RXCIRC__V1__HOSPITAL_REVIEW__INIT;
	Rxcirc__V1__DocumentDigest digest = RXCIRC__V1__DOCUMENT_DIGEST__INIT;
	uint8_t document_sha256[32];
	uint8_t signature_sha256[32];

	rxc_document_digest(prescription, document_sha256, signature_sha256);
	digest.document_sha256 = (ProtobufCBinaryData){32, document_sha256};
	digest.signature_sha256 = (ProtobufCBinaryData){32, signature_sha256};
	review.prescription = &digest;
	review.hospital_code = a->hospital;
	review.pharmacist_code = a->pharmacist;
	review.pharmacist_name = pharmacist_name;
	review.result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED;
	review.opinion = opinion;
	review.reviewed_at_ms = now_ms();
	return key_sign(a->pharmacist_key, HOSPITAL_REVIEW, &review.base, ret_document);
}

static int upload(const char *conf, Rxcirc__V1__SignedDocument *prescription,
	Rxcirc__V1__SignedDocument *review)
{
	Rxcirc__V1__UploadPrescriptionRequest request =
		RXCIRC__V1__UPLOAD_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__UploadPrescriptionResponse *reply;
	rxc_options *options = rxc_options_new();
	rxc_client *client = NULL;
	rxc_error *error = NULL;
	int r = -1;

	request.prescription = prescription;
	request.hospital_review = review;
	if (!options)
		fprintf(stderr, "memory is exhausted\n");
	else if (rxc_options_load(options, conf, &error) < 0 ||
		rxc_client_new(options, &client, &error) < 0)
		failed("settings", error);
	/* No key of our own: the client makes one and keeps it over its repetitions. */
	else if (rxc_hospital_upload(client, &request, NULL, &reply, &error) < 0)
		failed("upload", error);
	else {
		printf("%s\n", reply->state ? reply->state->rx_code : "");
		rxcirc__v1__upload_prescription_response__free_unpacked(reply, NULL);
		r = 0;
	}
	rxc_client_free(client);
	rxc_options_free(options);
	return r;
}

int main(int argc, char **argv)
{
	Rxcirc__V1__SignedDocument *prescription = NULL;
	Rxcirc__V1__SignedDocument *review = NULL;
	struct arguments a;
	int r;

	if (argc != 15) {
		fprintf(stderr, "usage: sign_and_upload CLIENT.CONF HOSPITAL DEPARTMENT PHYSICIAN "
			"PHYSICIAN.KEY PHARMACIST PHARMACIST.KEY VOUCHER_ID PATIENT RX_NO "
			"DRUG_CODE DRUG_NAME DIAGNOSIS_CODE DIAGNOSIS_NAME\n");
		return 2;
	}
	a = (struct arguments){argv[1], argv[2], argv[3], argv[4], argv[5], argv[6], argv[7],
		argv[8], argv[9], argv[10], argv[11], argv[12], argv[13], argv[14]};
	r = prescription_sign(&a, &prescription);
	if (r == 0)
		r = review_sign(&a, prescription, &review);
	if (r == 0)
		r = upload(a.conf, prescription, review);
	if (review)
		rxcirc__v1__signed_document__free_unpacked(review, NULL);
	if (prescription)
		rxcirc__v1__signed_document__free_unpacked(prescription, NULL);
	return r < 0 ? 1 : 0;
}
