/* Documents with sensible contents, and their signatures. */
#include "test/service/papers.h"

#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "proto/document.h"

struct block {
	struct block *next;
	_Alignas(16) uint8_t bytes[];
};
static struct block *blocks;

void *papers_alloc(size_t size)
{
	struct block *b = calloc(1, sizeof(*b) + size);

	ensure(b != NULL);
	b->next = blocks;
	blocks = b;
	return b->bytes;
}

void papers_free(void)
{
	for (struct block *b = blocks, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	blocks = NULL;
}

char *paper_text(const char *text)
{
	return (char *)(uintptr_t)text;
}

ProtobufCBinaryData paper_bytes(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

static void line_init(Rxcirc__V1__DrugLine *l, const struct code *drug, int64_t quantity_e4,
	int64_t price_e6)
{
	rxcirc__v1__drug_line__init(l);
	l->drug_code = paper_text(drug->code);
	l->generic_name = paper_text(drug->name);
	l->kind = (Rxcirc__V1__DrugKind)drug->class_no;
	l->dosage_form = paper_text("片剂");
	l->specification = paper_text("5mg*7片");
	l->dose_e4 = 50000;
	l->dose_unit = paper_text("mg");
	l->frequency_code = paper_text("11");
	l->frequency_name = paper_text("每日一次");
	l->days_e4 = 70000;
	l->quantity_e4 = quantity_e4;
	l->quantity_unit = paper_text("盒");
	l->unit_price_e6 = price_e6;
	l->amount_fen = price_e6 * quantity_e4 / 100000000;
	l->reimbursement = paper_text("1");
}

static void patient_init(Rxcirc__V1__Patient *p)
{
	rxcirc__v1__patient__init(p);
	p->voucher_id = paper_text(PERSON);
	p->person_no = paper_text("14010000000000000000071236");
	p->name = paper_text("王建国");
	p->id_kind = paper_text("01");
	p->id_number = paper_text("140105196203151239");
	p->sex = RXCIRC__V1__SEX__SEX_MALE;
	p->birth_date = paper_text("1962-03-15");
	p->insured_region = paper_text("140100");
	p->insurance_type = paper_text("310");
}

static void people_init(struct rx_paper *p, const struct province *in)
{
	const struct practitioner *physician = &in->people[PHYSICIAN].practitioner;

	patient_init(&p->patient);
	rxcirc__v1__guardian__init(&p->guardian);
	p->guardian.name = paper_text("王芳");
	p->guardian.id_kind = paper_text("01");
	p->guardian.id_number = paper_text("140105199003151239");
	p->guardian.relation = paper_text("母亲");
	p->guardian.confirmed = true;
	rxcirc__v1__physician__init(&p->physician);
	p->physician.code = paper_text(physician->code);
	p->physician.name = paper_text(physician->name);
	p->physician.title_code = paper_text("232");
	p->physician.department_code = paper_text(DEPARTMENT);
	p->physician.department_name = paper_text("心血管内科");
}

static void evidence_init(struct rx_paper *p)
{
	memset(p->evidence, 0x5d, sizeof(p->evidence));
	rxcirc__v1__follow_up__init(&p->follow_up);
	p->follow_up.hospital_code = paper_text(HOST);
	p->follow_up.visited_at_ms = noon_ms - INT64_C(30) * DAY_MS;
	p->follow_up.diagnosis_code = paper_text("I10.x00x002");
	p->follow_up.document_kind = paper_text("outpatient-record");
	p->follow_up.document_sha256 = paper_bytes(p->evidence, sizeof(p->evidence));
	rxcirc__v1__long_prescription__init(&p->long_basis);
	rxcirc__v1__repeat_rule__init(&p->repeat);
}

static void lists_init(struct rx_paper *p, const struct province *in)
{
	line_init(&p->lines[0], &in->drugs[AMLODIPINE], 40000, 12500000);
	line_init(&p->lines[1], &in->drugs[XINKESHU], 50000, 26800000);
	for (int i = 0; i < PAPER_DIAGNOSES; i++) {
		rxcirc__v1__diagnosis__init(&p->diagnoses[i]);
		p->diagnoses[i].type = 1;
		p->diagnoses[i].main = i == 0;
		p->diagnoses[i].code = paper_text(in->diagnoses[i % DIAGNOSES].code);
		p->diagnoses[i].name = paper_text(in->diagnoses[i % DIAGNOSES].name);
		p->diagnosis_list[i] = &p->diagnoses[i];
	}
	for (int i = 0; i < PAPER_LINES; i++)
		p->line_list[i] = &p->lines[i];
}

void rx_paper_init(struct rx_paper *p, const struct province *in)
{
	Rxcirc__V1__Prescription *m = &p->m;

	memset(p, 0, sizeof(*p));
	rxcirc__v1__prescription__init(m);
	people_init(p, in);
	evidence_init(p);
	lists_init(p, in);
	m->hospital_code = paper_text(HOSPITAL);
	m->hospital_rx_no = paper_text("TYIH-2026-0529-000481");
	m->business_type = RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET;
	m->category = RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_WESTERN;
	m->attribute = RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_OUTPATIENT_POOLING;
	m->medical_type = paper_text("11");
	m->encounter_id = paper_text("140100G20260529000481");
	m->outpatient_no = paper_text("OP20260529000481");
	m->real_name_serial = paper_text("AUTH20260529084500017");
	m->voucher_token = paper_text("140000ec3d5a9b7c1e8f40220611");
	m->patient = &p->patient;
	m->physician = &p->physician;
	m->n_diagnoses = 1;
	m->diagnoses = p->diagnosis_list;
	m->n_lines = 2;
	m->lines = p->line_list;
	m->issued_at_ms = noon_ms - 2 * MINUTE_MS;
	m->validity_days = 3;
	m->follow_up = &p->follow_up;
	m->treatment_region = paper_text("140100");
}

void rx_paper_lines(struct rx_paper *p, size_t count)
{
	ensure(count <= PAPER_LINES);
	for (size_t i = 1; i < count; i++)
		p->lines[i] = p->lines[0];
	p->m.n_lines = count;
}

Rxcirc__V1__DocumentDigest *paper_name(const paper_doc *doc)
{
	Rxcirc__V1__DocumentDigest *d = papers_alloc(sizeof(*d));
	uint8_t *hashes = papers_alloc((size_t)2 * SHA256_LEN);

	rxcirc__v1__document_digest__init(d);
	document_digest(doc, hashes, hashes + SHA256_LEN);
	d->document_sha256 = paper_bytes(hashes, SHA256_LEN);
	d->signature_sha256 = paper_bytes(hashes + SHA256_LEN, SHA256_LEN);
	return d;
}

Rxcirc__V1__HospitalReview *hospital_review_of(const paper_doc *prescription,
	const struct province *in)
{
	Rxcirc__V1__HospitalReview *m = papers_alloc(sizeof(*m));
	const struct practitioner *who = &in->people[HOSPITAL_PHARMACIST].practitioner;

	rxcirc__v1__hospital_review__init(m);
	m->prescription = paper_name(prescription);
	m->hospital_code = paper_text(HOSPITAL);
	m->pharmacist_code = paper_text(who->code);
	m->pharmacist_name = paper_text(who->name);
	m->licence_no = paper_text("1401202300126");
	m->result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED;
	m->reviewed_at_ms = noon_ms - MINUTE_MS;
	return m;
}

Rxcirc__V1__Revocation *revocation_of(const paper_doc *prescription, const uint8_t *rx_id,
	const struct province *in)
{
	Rxcirc__V1__Revocation *m = papers_alloc(sizeof(*m));

	rxcirc__v1__revocation__init(m);
	m->rx_id = paper_bytes(rx_id, RX_ID_LEN);
	m->prescription = paper_name(prescription);
	m->hospital_code = paper_text(HOSPITAL);
	m->practitioner_code = paper_text(in->people[PHYSICIAN].practitioner.code);
	m->reason = paper_text("患者过敏");
	m->revoked_at_ms = noon_ms;
	return m;
}

Rxcirc__V1__PharmacyReview *pharmacy_review_of(const paper_doc *prescription,
	const paper_doc *hospital_review, const uint8_t *rx_id, const struct province *in, int by)
{
	Rxcirc__V1__PharmacyReview *m = papers_alloc(sizeof(*m));

	rxcirc__v1__pharmacy_review__init(m);
	m->rx_id = paper_bytes(rx_id, RX_ID_LEN);
	m->prescription = paper_name(prescription);
	m->hospital_review = paper_name(hospital_review);
	m->pharmacy_code = paper_text(in->people[by].practice.institution_code);
	m->pharmacist_code = paper_text(in->people[by].practitioner.code);
	m->pharmacist_name = paper_text(in->people[by].practitioner.name);
	m->result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED;
	m->reviewed_at_ms = noon_ms;
	m->duration_s = 45;
	return m;
}

static Rxcirc__V1__DispensedLine *dispensed_line(uint32_t no, const struct code *drug,
	int64_t quantity_e4, int64_t price_e6)
{
	Rxcirc__V1__DispensedLine *l = papers_alloc(sizeof(*l));

	rxcirc__v1__dispensed_line__init(l);
	l->line_no = no;
	l->drug_code = paper_text(drug->code);
	l->quantity_e4 = quantity_e4;
	l->unit_price_e6 = price_e6;
	l->amount_fen = price_e6 * quantity_e4 / 100000000;
	l->lot_no = paper_text("20260101");
	l->expiry_date = paper_text("2028-01-01");
	return l;
}

Rxcirc__V1__DispenseRecord *dispense_record_of(const paper_doc *pharmacy_review,
	const uint8_t *rx_id, const struct province *in, int by)
{
	Rxcirc__V1__DispenseRecord *m = papers_alloc(sizeof(*m));

	rxcirc__v1__dispense_record__init(m);
	m->rx_id = paper_bytes(rx_id, RX_ID_LEN);
	m->pharmacy_review = paper_name(pharmacy_review);
	m->pharmacy_code = paper_text(in->people[by].practice.institution_code);
	m->pharmacist_code = paper_text(in->people[by].practitioner.code);
	m->fill_no = 1;
	m->lines = papers_alloc(PAPER_LINES * sizeof(*m->lines));
	m->lines[0] = dispensed_line(1, &in->drugs[AMLODIPINE], 40000, 12500000);
	m->lines[1] = dispensed_line(2, &in->drugs[XINKESHU], 50000, 26800000);
	m->n_lines = 2;
	m->total_fen = m->lines[0]->amount_fen + m->lines[1]->amount_fen;
	m->dispensed_at_ms = noon_ms;
	m->channel = paper_text("store");
	return m;
}

Rxcirc__V1__ReturnRecord *return_record_of(const paper_doc *dispense_record,
	const Rxcirc__V1__DispenseRecord *handed)
{
	Rxcirc__V1__ReturnRecord *m = papers_alloc(sizeof(*m));

	rxcirc__v1__return_record__init(m);
	m->rx_id = handed->rx_id;
	m->dispense_record = paper_name(dispense_record);
	m->pharmacy_code = handed->pharmacy_code;
	m->pharmacist_code = handed->pharmacist_code;
	m->fill_no = handed->fill_no;
	m->return_no = 1;
	m->kind = RXCIRC__V1__RETURN_KIND__RETURN_KIND_RETURN;
	m->reason = RXCIRC__V1__RETURN_REASON__RETURN_REASON_QUALITY;
	m->lines = papers_alloc(PAPER_LINES * sizeof(*m->lines));
	for (size_t i = 0; i < handed->n_lines; i++) {
		Rxcirc__V1__ReturnedLine *line = papers_alloc(sizeof(*line));

		rxcirc__v1__returned_line__init(line);
		line->line_no = handed->lines[i]->line_no;
		line->drug_code = handed->lines[i]->drug_code;
		line->quantity_e4 = handed->lines[i]->quantity_e4;
		line->amount_fen = handed->lines[i]->amount_fen;
		line->trace_codes = handed->lines[i]->trace_codes;
		line->n_trace_codes = handed->lines[i]->n_trace_codes;
		m->lines[m->n_lines++] = line;
	}
	m->total_fen = handed->total_fen;
	m->returned_at_ms = handed->dispensed_at_ms;
	return m;
}

static Rxcirc__V1__DocumentKind kind_of(const ProtobufCMessageDescriptor *type)
{
	static const struct {
		const ProtobufCMessageDescriptor *type;
		Rxcirc__V1__DocumentKind kind;
	} kinds[] = {
		{&rxcirc__v1__prescription__descriptor,
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION},
		{&rxcirc__v1__hospital_review__descriptor,
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_HOSPITAL_REVIEW},
		{&rxcirc__v1__pharmacy_review__descriptor,
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW},
		{&rxcirc__v1__dispense_record__descriptor,
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD},
		{&rxcirc__v1__return_record__descriptor,
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_RETURN_RECORD},
		{&rxcirc__v1__revocation__descriptor, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_REVOCATION},
		{&rxcirc__v1__key_statement__descriptor,
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT},
	};

	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].type == type)
			return kinds[i].kind;
	ensure_never("a message that is no document");
}

paper_doc *paper_sign(const void *message, const struct key_pair *key)
{
	const ProtobufCMessage *m = message;
	size_t len = protobuf_c_message_get_packed_size(m);
	paper_doc *doc = papers_alloc(sizeof(*doc));
	uint8_t *bytes = papers_alloc(len + SIGNATURE_LEN + KEY_ID_LEN);

	rxcirc__v1__signed_document__init(doc);
	doc->kind = kind_of(m->descriptor);
	ensure(protobuf_c_message_pack(m, bytes) == len);
	ensure(dsse_sign(bytes + len, dsse_type_of(doc->kind), slice_of(bytes, len), key->secret) == 0);
	memcpy(bytes + len + SIGNATURE_LEN, key->id, KEY_ID_LEN);
	doc->body = paper_bytes(bytes, len);
	doc->signature = paper_bytes(bytes + len, SIGNATURE_LEN);
	doc->key_id = paper_bytes(bytes + len + SIGNATURE_LEN, KEY_ID_LEN);
	return doc;
}

Rxcirc__V1__UploadPrescriptionRequest *upload_of(const struct rx_paper *p,
	const struct province *in)
{
	Rxcirc__V1__UploadPrescriptionRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__upload_prescription_request__init(m);
	m->prescription = paper_sign(&p->m, &in->people[PHYSICIAN].pair);
	m->hospital_review = paper_sign(hospital_review_of(m->prescription, in),
		&in->people[HOSPITAL_PHARMACIST].pair);
	return m;
}
