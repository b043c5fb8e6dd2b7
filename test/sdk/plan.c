#include "test/sdk/plan.h"

#include <stdlib.h>
#include <string.h>

#define KIND(name) RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_##name
#define ROLE(name) RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_##name

static const struct {
	const char *code;
	const char *institution;
	Rxcirc__V1__PractitionerRole role;
} persons[PLAN_PERSONS] = {
	[PLAN_PHYSICIAN] = {"D140105000011", PLAN_HOSPITAL, ROLE(PHYSICIAN)},
	[PLAN_HOSPITAL_PHARMACIST] = {"HY140105000022", PLAN_HOSPITAL, ROLE(HOSPITAL_PHARMACIST)},
	[PLAN_PHARMACIST] = {"HY140100000033", PLAN_PHARMACY, ROLE(PHARMACY_PHARMACIST)},
	[PLAN_OTHER_PHARMACIST] = {"HY140100000044", PLAN_PHARMACY_2, ROLE(PHARMACY_PHARMACIST)},
};

static void must(int r)
{
	if (r < 0)
		abort();
}

char *plan_text(const char *text)
{
	return (char *)(uintptr_t)text;
}

static ProtobufCBinaryData data_of(uint8_t *bytes, size_t len)
{
	return (ProtobufCBinaryData){.len = len, .data = bytes};
}

Rxcirc__V1__KeyStatement *plan_state_again(struct plan *plan, enum plan_person_index person)
{
	struct plan_statement *s;

	if (plan->statements_count == PLAN_STATEMENTS_MAX)
		abort();
	s = &plan->statements[plan->statements_count++];
	rxcirc__v1__key_statement__init(&s->message);
	s->message.public_key = data_of(plan->public_keys[person], RXC_PUBLIC_KEY_LEN);
	s->message.algorithm = plan_text("ed25519");
	s->message.practitioner_code = plan_text(persons[person].code);
	s->message.role = persons[person].role;
	s->message.institution_code = plan_text(persons[person].institution);
	s->message.not_before_ms = PLAN_RECEIVED_AT_MS - 300 * PLAN_DAY_MS;
	s->message.not_after_ms = PLAN_RECEIVED_AT_MS + 300 * PLAN_DAY_MS;
	s->message.stated_at_ms = PLAN_RECEIVED_AT_MS - 300 * PLAN_DAY_MS;
	s->signer = plan->authority;
	return &s->message;
}

static void hospital_side_init(struct plan *plan)
{
	plan->prescription.hospital_code = plan_text(PLAN_HOSPITAL);
	plan->prescription.hospital_rx_no = plan_text("RX20260302001");
	plan->prescription.issued_at_ms = PLAN_RECEIVED_AT_MS - 120000;
	plan->prescription.validity_days = 3;
	plan->line.drug_code = plan_text(PLAN_DRUG);
	plan->line.quantity_e4 = 30000;
	plan->lines = &plan->line;
	plan->prescription.lines = &plan->lines;
	plan->prescription.n_lines = 1;
	plan->patient.voucher_id = plan_text(PLAN_VOUCHER_ID);
	plan->prescription.patient = &plan->patient;
	plan->physician.code = plan_text(persons[PLAN_PHYSICIAN].code);
	plan->prescription.physician = &plan->physician;

	plan->hospital_review.hospital_code = plan_text(PLAN_HOSPITAL);
	plan->hospital_review.pharmacist_code = plan_text(persons[PLAN_HOSPITAL_PHARMACIST].code);
	plan->hospital_review.result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED;
	plan->hospital_review.reviewed_at_ms = PLAN_RECEIVED_AT_MS - 60000;

	plan->revocation.rx_id = data_of(plan->rx_id, sizeof(plan->rx_id));
	plan->revocation.hospital_code = plan_text(PLAN_HOSPITAL);
	plan->revocation.practitioner_code = plan_text(persons[PLAN_PHYSICIAN].code);
	plan->revocation.reason = plan_text("wrong dose");
	plan->revocation.revoked_at_ms = PLAN_RECEIVED_AT_MS + 3600000;
}

static void pharmacy_side_init(struct plan *plan)
{
	plan->rejection.rx_id = data_of(plan->rx_id, sizeof(plan->rx_id));
	plan->rejection.pharmacy_code = plan_text(PLAN_PHARMACY_2);
	plan->rejection.pharmacist_code = plan_text(persons[PLAN_OTHER_PHARMACIST].code);
	plan->rejection.result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_REJECTED;
	plan->rejection.reason = plan_text("out of stock");
	plan->rejection.reviewed_at_ms = PLAN_RECEIVED_AT_MS + 1800000;

	plan->review.rx_id = data_of(plan->rx_id, sizeof(plan->rx_id));
	plan->review.pharmacy_code = plan_text(PLAN_PHARMACY);
	plan->review.pharmacist_code = plan_text(persons[PLAN_PHARMACIST].code);
	plan->review.result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED;
	plan->review.reviewed_at_ms = PLAN_RECEIVED_AT_MS + 7200000;

	plan->dispense.rx_id = data_of(plan->rx_id, sizeof(plan->rx_id));
	plan->dispense.pharmacy_code = plan_text(PLAN_PHARMACY);
	plan->dispense.pharmacist_code = plan_text(persons[PLAN_PHARMACIST].code);
	plan->dispense.fill_no = 1;
	plan->dispense.dispensed_at_ms = PLAN_RECEIVED_AT_MS + 7260000;
	plan->handed.line_no = 1;
	plan->handed.drug_code = plan_text(PLAN_DRUG);
	plan->handed.quantity_e4 = 20000;
	plan->handed_lines = &plan->handed;
	plan->dispense.lines = &plan->handed_lines;
	plan->dispense.n_lines = 1;
	plan->dispense_names = PLAN_REVIEW;
}

static void return_init(struct plan *plan)
{
	plan->back.rx_id = data_of(plan->rx_id, sizeof(plan->rx_id));
	plan->back.pharmacy_code = plan_text(PLAN_PHARMACY);
	plan->back.pharmacist_code = plan_text(persons[PLAN_PHARMACIST].code);
	plan->back.fill_no = 1;
	plan->back.return_no = 1;
	plan->back.kind = RXCIRC__V1__RETURN_KIND__RETURN_KIND_RETURN;
	plan->back.reason = RXCIRC__V1__RETURN_REASON__RETURN_REASON_QUALITY;
	plan->back.returned_at_ms = PLAN_RECEIVED_AT_MS + PLAN_DAY_MS;
	plan->returned.line_no = 1;
	plan->returned.drug_code = plan_text(PLAN_DRUG);
	plan->returned.quantity_e4 = 10000;
	plan->returned_lines = &plan->returned;
	plan->back.lines = &plan->returned_lines;
	plan->back.n_lines = 1;
}

static void messages_init(struct plan *plan)
{
	rxcirc__v1__prescription_state__init(&plan->state);
	rxcirc__v1__prescription__init(&plan->prescription);
	rxcirc__v1__patient__init(&plan->patient);
	rxcirc__v1__physician__init(&plan->physician);
	rxcirc__v1__hospital_review__init(&plan->hospital_review);
	rxcirc__v1__pharmacy_review__init(&plan->rejection);
	rxcirc__v1__pharmacy_review__init(&plan->review);
	rxcirc__v1__dispense_record__init(&plan->dispense);
	rxcirc__v1__return_record__init(&plan->back);
	rxcirc__v1__drug_line__init(&plan->line);
	rxcirc__v1__dispensed_line__init(&plan->handed);
	rxcirc__v1__returned_line__init(&plan->returned);
	rxcirc__v1__revocation__init(&plan->revocation);
}

void plan_init(struct plan *plan)
{
	uint8_t authority[RXC_PUBLIC_KEY_LEN];

	*plan = (struct plan){0};
	messages_init(plan);
	must(rxc_key_generate(&plan->authority, NULL));
	must(rxc_key_generate(&plan->stranger, NULL));
	rxc_key_public(plan->authority, authority);
	plan->trust = rxc_trust_new();
	must(plan->trust ? 0 : -1);
	must(rxc_trust_add_authority(plan->trust, authority, NULL));
	for (unsigned i = 0; i < PLAN_PERSONS; i++) {
		must(rxc_key_generate(&plan->keys[i], NULL));
		rxc_key_public(plan->keys[i], plan->public_keys[i]);
		plan_state_again(plan, i);
	}
	memcpy(plan->rx_id, "0123456789abcdef", sizeof(plan->rx_id));
	plan->state.rx_id = data_of(plan->rx_id, sizeof(plan->rx_id));
	plan->state.validity = RXCIRC__V1__VALIDITY__VALIDITY_VALID;
	plan->state.received_at_ms = PLAN_RECEIVED_AT_MS;
	hospital_side_init(plan);
	pharmacy_side_init(plan);
	return_init(plan);
	plan->prescription_key = plan->revocation_key = plan->keys[PLAN_PHYSICIAN];
	plan->hospital_review_key = plan->keys[PLAN_HOSPITAL_PHARMACIST];
	plan->rejection_key = plan->keys[PLAN_OTHER_PHARMACIST];
	plan->review_key = plan->dispense_key = plan->return_key = plan->keys[PLAN_PHARMACIST];
	plan->later[0] = PLAN_REJECTION;
	plan->later[1] = PLAN_REVIEW;
	plan->later[2] = PLAN_DISPENSE;
	plan->later[3] = PLAN_RETURN;
	plan->later_count = 4;
}

void plan_clear(struct plan *plan)
{
	for (size_t i = 0; i < PLAN_PERSONS; i++)
		rxc_key_free(plan->keys[i]);
	rxc_key_free(plan->authority);
	rxc_key_free(plan->stranger);
	rxc_trust_free(plan->trust);
}

static Rxcirc__V1__SignedDocument *signed_of(struct plan *plan, const rxc_key *key,
	Rxcirc__V1__DocumentKind kind, ProtobufCMessage *message)
{
	Rxcirc__V1__SignedDocument *doc;

	if (plan->before_sign)
		plan->before_sign(plan, kind, message);
	must(rxc_sign_message(key, kind, message, &doc, NULL));
	return doc;
}

/* A digest that lives as long as the building takes. */
struct named {
	Rxcirc__V1__DocumentDigest digest;
	uint8_t document_sha256[32];
	uint8_t signature_sha256[32];
};

static Rxcirc__V1__DocumentDigest *name_of(struct named *named,
	const Rxcirc__V1__SignedDocument *doc)
{
	rxcirc__v1__document_digest__init(&named->digest);
	rxc_document_digest(doc, named->document_sha256, named->signature_sha256);
	named->digest.document_sha256 = data_of(named->document_sha256, 32);
	named->digest.signature_sha256 = data_of(named->signature_sha256, 32);
	return &named->digest;
}

/* The first document of a kind, or any other when it is not there. */
static const Rxcirc__V1__SignedDocument *first_of(const struct plan *plan, enum plan_later which,
	Rxcirc__V1__SignedDocument **later, size_t count, Rxcirc__V1__SignedDocument *otherwise)
{
	for (size_t i = 0; i < count; i++)
		if (plan->later[i] == which)
			return later[i];
	return otherwise;
}

static void build_later(struct plan *plan, Rxcirc__V1__PrescriptionBundle *bundle,
	struct named *rx, struct named *hospital_review)
{
	struct named earlier;

	for (size_t i = 0; i < plan->later_count; i++) {
		switch (plan->later[i]) {
		case PLAN_REJECTION:
			plan->rejection.prescription = &rx->digest;
			plan->rejection.hospital_review = &hospital_review->digest;
			bundle->later[i] = signed_of(plan, plan->rejection_key,
				KIND(PHARMACY_REVIEW), &plan->rejection.base);
			break;
		case PLAN_REVIEW:
			plan->review.prescription = &rx->digest;
			plan->review.hospital_review = &hospital_review->digest;
			bundle->later[i] = signed_of(plan, plan->review_key, KIND(PHARMACY_REVIEW),
				&plan->review.base);
			break;
		case PLAN_DISPENSE:
			plan->dispense.pharmacy_review = name_of(&earlier, first_of(plan,
				plan->dispense_names, bundle->later, i, bundle->prescription));
			bundle->later[i] = signed_of(plan, plan->dispense_key,
				KIND(DISPENSE_RECORD), &plan->dispense.base);
			break;
		case PLAN_RETURN:
			plan->back.dispense_record = name_of(&earlier, first_of(plan, PLAN_DISPENSE,
				bundle->later, i, bundle->prescription));
			bundle->later[i] = signed_of(plan, plan->return_key, KIND(RETURN_RECORD),
				&plan->back.base);
			break;
		case PLAN_REVOCATION:
			plan->revocation.prescription = &rx->digest;
			bundle->later[i] = signed_of(plan, plan->revocation_key, KIND(REVOCATION),
				&plan->revocation.base);
			break;
		}
		bundle->n_later++;
	}
}

static Rxcirc__V1__PrescriptionState *state_copy(const Rxcirc__V1__PrescriptionState *state)
{
	uint8_t bytes[512];
	size_t len = rxcirc__v1__prescription_state__get_packed_size(state);

	must(len <= sizeof(bytes) ? 0 : -1);
	rxcirc__v1__prescription_state__pack(state, bytes);
	return rxcirc__v1__prescription_state__unpack(NULL, len, bytes);
}

Rxcirc__V1__PrescriptionBundle *plan_build(struct plan *plan)
{
	Rxcirc__V1__PrescriptionBundle *bundle = malloc(sizeof(*bundle));
	struct named rx;
	struct named hospital_review;

	must(bundle ? 0 : -1);
	rxcirc__v1__prescription_bundle__init(bundle);
	bundle->state = state_copy(&plan->state);
	bundle->prescription = signed_of(plan, plan->prescription_key, KIND(PRESCRIPTION),
		&plan->prescription.base);
	plan->hospital_review.prescription = name_of(&rx, bundle->prescription);
	bundle->hospital_review = signed_of(plan, plan->hospital_review_key, KIND(HOSPITAL_REVIEW),
		&plan->hospital_review.base);
	name_of(&hospital_review, bundle->hospital_review);
	bundle->later = calloc(PLAN_LATER_MAX, sizeof(*bundle->later));
	bundle->key_statements = calloc(PLAN_STATEMENTS_MAX, sizeof(*bundle->key_statements));
	must(bundle->state && bundle->later && bundle->key_statements ? 0 : -1);
	build_later(plan, bundle, &rx, &hospital_review);
	for (size_t i = 0; i < plan->statements_count; i++)
		bundle->key_statements[bundle->n_key_statements++] = signed_of(plan,
			plan->statements[i].signer, KIND(KEY_STATEMENT),
			&plan->statements[i].message.base);
	return bundle;
}
