/* Every signed document that arrives, and every way its signature may not count.
 *
 * The same cases for the five kinds: whoever adds a kind that forgets a check fails here.
 */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "proto/dsse.h"

enum kind { PRESCRIPTION, HOSPITAL_REVIEW, PHARMACY_REVIEW, DISPENSE_RECORD, REVOCATION, KINDS };

static const struct {
	const char *name;
	int person;
} kinds[KINDS] = {
	[PRESCRIPTION] = {"prescription", PHYSICIAN},
	[HOSPITAL_REVIEW] = {"hospital review", HOSPITAL_PHARMACIST},
	[PHARMACY_REVIEW] = {"pharmacy review", PHARMACIST},
	[DISPENSE_RECORD] = {"dispense record", PHARMACIST},
	[REVOCATION] = {"revocation", PHYSICIAN},
};

/* What a test changes. */
static struct {
	int64_t signed_at_ms;
	const char *signer_code;      /* as the document says; NULL = the right one */
	void (*spoil)(paper_doc *doc); /* after signing; NULL = leave it */
	const struct key_pair *pair;  /* signs; NULL = the right one */
} with;

static struct ledger l;
static struct rx_paper paper;

static const char *signer_of(enum kind kind)
{
	return with.signer_code != NULL ? with.signer_code :
		stage.province.people[kinds[kind].person].practitioner.code;
}

static paper_doc *sign(enum kind kind, const void *message)
{
	const struct key_pair *pair = with.pair != NULL ? with.pair :
		&stage.province.people[kinds[kind].person].pair;
	paper_doc *doc = paper_sign(message, pair);

	if (with.spoil != NULL)
		with.spoil(doc);
	return doc;
}

/* A document that is not the one under test. */
static paper_doc *sign_rightly(enum kind kind, const void *message)
{
	return paper_sign(message, &stage.province.people[kinds[kind].person].pair);
}

static enum status_reason send_upload(enum kind kind)
{
	static const struct fake_cell is_new[] = {FAKE_BOOL(true), FAKE_BOOL(true)};
	Rxcirc__V1__UploadPrescriptionRequest *m = papers_alloc(sizeof(*m));
	Rxcirc__V1__HospitalReview *review;

	rxcirc__v1__upload_prescription_request__init(m);
	rx_paper_init(&paper, &stage.province);
	/* the other document as late or early as it may be: first issued, then reviewed */
	paper.m.issued_at_ms = kind == PRESCRIPTION ? with.signed_at_ms :
		stage.now_ms - SIGNED_AT_SKEW_MS_MAX;
	if (kind == PRESCRIPTION)
		paper.physician.code = paper_text(signer_of(kind));
	m->prescription = kind == PRESCRIPTION ? sign(kind, &paper.m) :
		sign_rightly(PRESCRIPTION, &paper.m);
	review = hospital_review_of(m->prescription, &stage.province);
	review->reviewed_at_ms = kind == HOSPITAL_REVIEW ? with.signed_at_ms :
		stage.now_ms + SIGNED_AT_SKEW_MS_MAX;
	if (kind == HOSPITAL_REVIEW)
		review->pharmacist_code = paper_text(signer_of(kind));
	m->hospital_review = kind == HOSPITAL_REVIEW ? sign(kind, review) :
		sign_rightly(HOSPITAL_REVIEW, review);
	fake_pg_answer("prescription_put", 2, is_new, 1);
	ledger_answer_nothing(); /* when it is too late: nothing was answered before */
	scene_as(PHYSICIAN);
	return stage_call(&upload_method, m);
}

static enum status_reason send_change(enum kind kind)
{
	Rxcirc__V1__PharmacyReview *review;
	Rxcirc__V1__DispenseRecord *record;
	Rxcirc__V1__Revocation *revocation;
	enum act act = kind == PHARMACY_REVIEW ? ACT_REVIEW : kind == DISPENSE_RECORD ? ACT_DISPENSE :
		ACT_REVOKE;
	void *m = (void *)(uintptr_t)act_message(act, &l);

	if (act == ACT_REVIEW) {
		review = pharmacy_review_of(l.prescription, l.hospital_review, l.rx_id, &stage.province,
			PHARMACIST);
		review->reviewed_at_ms = with.signed_at_ms;
		review->pharmacist_code = paper_text(signer_of(kind));
		((Rxcirc__V1__SubmitReviewRequest *)m)->review = sign(kind, review);
	} else if (act == ACT_DISPENSE) {
		record = dispense_record_of(l.pharmacy_review, l.rx_id, &stage.province, PHARMACIST);
		record->dispensed_at_ms = with.signed_at_ms;
		record->pharmacist_code = paper_text(signer_of(kind));
		((Rxcirc__V1__DispensePrescriptionRequest *)m)->dispense_record = sign(kind, record);
	} else {
		revocation = revocation_of(l.prescription, l.rx_id, &stage.province);
		revocation->revoked_at_ms = with.signed_at_ms;
		revocation->practitioner_code = paper_text(signer_of(kind));
		((Rxcirc__V1__RevokePrescriptionRequest *)m)->revocation = sign(kind, revocation);
	}
	ledger_answer_load(&l);
	ledger_answer_written(act_statement(act), true);
	return stage_call(act_method(act), m);
}

static void prepare(enum kind kind)
{
	memset(&with, 0, sizeof(with));
	with.signed_at_ms = stage.now_ms;
	if (kind == PHARMACY_REVIEW)
		act_prepare(ACT_REVIEW, &l);
	else if (kind == DISPENSE_RECORD)
		act_prepare(ACT_DISPENSE, &l);
	else if (kind == REVOCATION)
		act_prepare(ACT_REVOKE, &l);
}

static void expect(enum kind kind, enum status_reason expected)
{
	enum status_reason status;

	stage_clear();
	status = kind <= HOSPITAL_REVIEW ? send_upload(kind) : send_change(kind);
	if (status != expected)
		fail_msg("%s: %s instead of %s", kinds[kind].name, status_row_of(status)->reason,
			status_row_of(expected)->reason);
	if (status != STATUS_OK)
		for (unsigned i = 0; i < fake_pg_sent_count(); i++)
			assert_string_equal(fake_pg_sent(i)->lane, "read"); /* nothing was written */
}

/* Each kind begins anew, with an untouched province. */
#define FOR_EACH_KIND(kind) \
	for (enum kind kind = 0; kind < KINDS; \
		kind++, (void)stage_strike(state), (void)stage_set(state))

static struct person *signer(enum kind kind)
{
	return &stage.province.people[kinds[kind].person];
}

static void the_right_signature_counts(void **state)
{
	FOR_EACH_KIND(kind) {
		prepare(kind);
		expect(kind, STATUS_OK);
	}
}

static void a_key_that_is_not_registered(void **state)
{
	FOR_EACH_KIND(kind) {
		prepare(kind);
		signer(kind)->key_is_absent = true;
		stage_rebuild();
		expect(kind, STATUS_KEY_UNKNOWN);
	}
}

static void a_key_begins_and_ends_to_the_millisecond(void **state)
{
	FOR_EACH_KIND(kind) {
		struct practitioner_key *key = &signer(kind)->key, kept;

		prepare(kind);
		kept = *key;
		key->not_before_ms = stage.now_ms;
		stage_rebuild();
		expect(kind, STATUS_OK);
		key->not_before_ms = stage.now_ms + 1;
		stage_rebuild();
		expect(kind, STATUS_KEY_NOT_VALID);
		*key = kept;
		key->not_after_ms = stage.now_ms + 1;
		stage_rebuild();
		expect(kind, STATUS_OK);
		key->not_after_ms = stage.now_ms;
		stage_rebuild();
		expect(kind, STATUS_KEY_NOT_VALID);
	}
}

static void a_key_is_revoked_from_the_millisecond_on(void **state)
{
	FOR_EACH_KIND(kind) {
		prepare(kind);
		signer(kind)->key.revoked_from_ms = stage.now_ms + 1;
		stage_rebuild();
		expect(kind, STATUS_OK);
		signer(kind)->key.revoked_from_ms = stage.now_ms;
		stage_rebuild();
		expect(kind, STATUS_KEY_NOT_VALID);
		signer(kind)->key.revoked_from_ms = 1;
		stage_rebuild();
		expect(kind, STATUS_KEY_NOT_VALID);
	}
}

static void a_key_of_another_role(void **state)
{
	FOR_EACH_KIND(kind) {
		prepare(kind);
		signer(kind)->key.role = kinds[kind].person == PHARMACIST ? ROLE_HOSPITAL_PHARMACIST :
			ROLE_PHARMACY_PHARMACIST;
		stage_rebuild();
		expect(kind, STATUS_KEY_FOREIGN);
	}
}

static void a_key_of_another_institution(void **state)
{
	FOR_EACH_KIND(kind) {
		prepare(kind);
		signer(kind)->key.institution_code = kinds[kind].person == PHARMACIST ? OTHER_PHARMACY :
			OTHER_HOSPITAL;
		stage_rebuild();
		expect(kind, STATUS_KEY_FOREIGN);
	}
}

static void a_key_of_another_person(void **state)
{
	FOR_EACH_KIND(kind) {
		prepare(kind);
		with.signer_code = "D140105009999";
		expect(kind, STATUS_KEY_FOREIGN);
		with.signer_code = "";
		expect(kind, STATUS_KEY_FOREIGN);
	}
}

/* The document says who signed and which key; another key made the signature. */
static const struct key_pair *claimed;

static void claim_other_key(paper_doc *doc)
{
	memcpy(doc->key_id.data, claimed->id, KEY_ID_LEN);
}

static void a_signature_by_another_key(void **state)
{
	struct key_pair thief;

	key_pair_make(&thief, "thief");
	FOR_EACH_KIND(kind) {
		prepare(kind);
		with.pair = &thief;
		claimed = &signer(kind)->pair;
		with.spoil = claim_other_key;
		expect(kind, STATUS_SIGNATURE_INVALID);
		with.spoil = NULL;
		expect(kind, STATUS_KEY_UNKNOWN);
	}
}

static void change_first_byte(paper_doc *doc) { doc->body.data[0] ^= 1; }
static void change_last_byte(paper_doc *doc) { doc->body.data[doc->body.len - 1] ^= 0x80; }
static void cut_last_byte(paper_doc *doc) { doc->body.len--; }
static void change_r(paper_doc *doc) { doc->signature.data[0] ^= 1; }
static void change_s(paper_doc *doc) { doc->signature.data[63] ^= 1; }
static void zero_signature(paper_doc *doc) { memset(doc->signature.data, 0, SIGNATURE_LEN); }

static void a_signature_over_other_bytes(void **state)
{
	static void (*const spoils[])(paper_doc *doc) = {change_first_byte, change_last_byte,
		cut_last_byte, change_r, change_s, zero_signature};

	FOR_EACH_KIND(kind) {
		prepare(kind);
		for (unsigned i = 0; i < ARRAY_LEN(spoils); i++) {
			with.spoil = spoils[i];
			expect(kind, STATUS_SIGNATURE_INVALID);
		}
	}
}

static const char *other_type;
static const struct key_pair *other_signer;

static void sign_as_other_type(paper_doc *doc)
{
	ensure(dsse_sign(doc->signature.data, other_type, slice_of(doc->body.data, doc->body.len),
		other_signer->secret) == 0);
}

static void a_signature_made_for_another_purpose(void **state)
{
	FOR_EACH_KIND(kind) {
		prepare(kind);
		other_signer = &signer(kind)->pair;
		with.spoil = sign_as_other_type;
		for (int as = 1; as <= 6; as++) {
			other_type = dsse_type_of((Rxcirc__V1__DocumentKind)as);
			expect(kind, as == (int)kind + 1 ? STATUS_OK : STATUS_SIGNATURE_INVALID);
		}
		other_type = DSSE_TYPE_VOUCHER;
		expect(kind, STATUS_SIGNATURE_INVALID);
		other_type = DSSE_TYPE_KEY_POSSESSION;
		expect(kind, STATUS_SIGNATURE_INVALID);
	}
}

static void no_body(paper_doc *doc) { doc->body.len = 0; }
static void short_key_id(paper_doc *doc) { doc->key_id.len--; }
static void no_key_id(paper_doc *doc) { doc->key_id.len = 0; }
static void short_signature(paper_doc *doc) { doc->signature.len--; }
static void no_signature(paper_doc *doc) { doc->signature.len = 0; }
static void kind_unspecified(paper_doc *doc) { doc->kind = 0; }
static void kind_of_a_statement(paper_doc *doc)
{
	doc->kind = RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT;
}
static void huge_body(paper_doc *doc)
{
	doc->body = paper_bytes(papers_alloc(DOCUMENT_BODY_MAX + 1), DOCUMENT_BODY_MAX + 1);
}

static void a_document_of_another_form(void **state)
{
	static void (*const spoils[])(paper_doc *doc) = {no_body, short_key_id, no_key_id,
		short_signature, no_signature, kind_unspecified, kind_of_a_statement, huge_body};

	FOR_EACH_KIND(kind) {
		prepare(kind);
		for (unsigned i = 0; i < ARRAY_LEN(spoils); i++) {
			with.spoil = spoils[i];
			expect(kind, STATUS_DOCUMENT_MALFORMED);
		}
	}
}

/* Rightly signed, but the bytes are no such document. */
static void sign_rubbish(paper_doc *doc)
{
	static const uint8_t rubbish[] = {0x0a, 0x7f, 'x'};

	memcpy(doc->body.data, rubbish, sizeof(rubbish));
	doc->body.len = sizeof(rubbish);
	ensure(dsse_sign(doc->signature.data, dsse_type_of(doc->kind),
		slice_of(doc->body.data, doc->body.len), other_signer->secret) == 0);
}

static void signed_bytes_that_are_no_document(void **state)
{
	FOR_EACH_KIND(kind) {
		prepare(kind);
		other_signer = &signer(kind)->pair;
		with.spoil = sign_rubbish;
		expect(kind, STATUS_DOCUMENT_MALFORMED);
	}
}

static void signing_time_may_differ_by_five_minutes_and_not_a_millisecond_more(void **state)
{
	FOR_EACH_KIND(kind) {
		prepare(kind);
		with.signed_at_ms = stage.now_ms - SIGNED_AT_SKEW_MS_MAX;
		expect(kind, STATUS_OK);
		with.signed_at_ms = stage.now_ms + SIGNED_AT_SKEW_MS_MAX;
		expect(kind, STATUS_OK);
		with.signed_at_ms = stage.now_ms - SIGNED_AT_SKEW_MS_MAX - 1;
		expect(kind, STATUS_SIGNED_AT_SKEWED);
		with.signed_at_ms = stage.now_ms + SIGNED_AT_SKEW_MS_MAX + 1;
		expect(kind, STATUS_SIGNED_AT_SKEWED);
		with.signed_at_ms = 0;
		expect(kind, STATUS_SIGNED_AT_SKEWED);
		with.signed_at_ms = INT64_MAX;
		expect(kind, STATUS_SIGNED_AT_SKEWED);
		with.signed_at_ms = INT64_MIN;
		expect(kind, STATUS_SIGNED_AT_SKEWED);
	}
}

/* At upload the rules say so, with everything else they find; later the key does not count. */
static enum status_reason inactive(enum kind kind)
{
	return kind <= HOSPITAL_REVIEW ? STATUS_RULES_REFUSED : STATUS_KEY_NOT_VALID;
}

static void a_signer_who_is_suspended_or_left(void **state)
{
	FOR_EACH_KIND(kind) {
		prepare(kind);
		signer(kind)->practitioner.suspended = true;
		stage_rebuild();
		expect(kind, inactive(kind));
		signer(kind)->practitioner.suspended = false;
		signer(kind)->practice.ended = true;
		stage_rebuild();
		expect(kind, inactive(kind));
		signer(kind)->practice.ended = false;
		signer(kind)->practice_is_absent = true;
		stage_rebuild();
		expect(kind, inactive(kind));
		signer(kind)->practice_is_absent = false;
		signer(kind)->is_absent = true;
		stage_rebuild();
		expect(kind, inactive(kind));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(the_right_signature_counts),
		STAGED(a_key_that_is_not_registered),
		STAGED(a_key_begins_and_ends_to_the_millisecond),
		STAGED(a_key_is_revoked_from_the_millisecond_on),
		STAGED_PROVES(a_key_of_another_role, "C31"),
		STAGED(a_key_of_another_institution),
		STAGED_PROVES(a_key_of_another_person, "C31"),
		STAGED_PROVES(a_signature_by_another_key, "C31"),
		STAGED_PROVES(a_signature_over_other_bytes, "C31"),
		STAGED(a_signature_made_for_another_purpose),
		STAGED(a_document_of_another_form),
		STAGED(signed_bytes_that_are_no_document),
		STAGED(signing_time_may_differ_by_five_minutes_and_not_a_millisecond_more),
		STAGED(a_signer_who_is_suspended_or_left),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("signature", tests, stage_open, stage_close);
}
