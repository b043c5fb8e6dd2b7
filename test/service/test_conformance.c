/* The automated conformance run: what the platform finds in a client's own requests; and memory
 * that ends at any allocation of onboarding's calls. */
#include "test/service/dossier.h"

#include <string.h>

#include "base/ensure.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "proto/voucher.h"
#include "test/service/papers.h"

enum { ALLOCATIONS_MAX = 3000 };

static Rxcirc__V1__RecordConformanceRequest *run;

static void begin(bool pharmacy)
{
	dossier_open();
	if (pharmacy)
		stage_as(CALLER_PHARMACY, PHARMACY, HOME_REGION);
	assert_int_equal(dossier_submit(pharmacy ? dossier_pharmacy() : dossier_hospital()),
		STATUS_OK);
	/* the internet hospital's own, not yet opened connection */
	if (!pharmacy)
		stage_as(CALLER_APPLICANT, HOSPITAL, HOME_REGION);
	run = papers_alloc(sizeof(*run));
	rxcirc__v1__record_conformance_request__init(run);
	run->application_id = dossier.stored->id;
	run->steps = papers_alloc((CONFORMANCE_STEPS_MAX + 1) * sizeof(*run->steps));
}

static Rxcirc__V1__ConformanceStep *add(const char *method, const void *request,
	const struct key_pair *key)
{
	Rxcirc__V1__ConformanceStep *s = papers_alloc(sizeof(*s));
	size_t len = protobuf_c_message_get_packed_size(request);
	uint8_t *bytes = papers_alloc(len + 1);

	rxcirc__v1__conformance_step__init(s);
	s->method = paper_text(method);
	ensure(protobuf_c_message_pack(request, bytes) == len);
	s->request = paper_bytes(bytes, len);
	s->public_key = paper_bytes(key->public_key, PUBLIC_KEY_LEN);
	s->client_ms = 31;
	run->steps[run->n_steps++] = s;
	return s;
}

static enum status_reason conform(void)
{
	static const struct fake_cell yes[] = {FAKE_BOOL(true), FAKE_I64(1)};
	const struct fake_cell stored[] = {fake_bytes(dossier.body)};
	enum status_reason status;

	stage_clear();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("application_load", 1, stored, 1);
	fake_pg_answer("application_advance", 2, yes, 1);
	status = stage_call(&conform_method, run);
	if (status == STATUS_OK) {
		const struct fake_unit *u;
		struct slice body;
		uint8_t *copy;
		unsigned q;

		u = fake_pg_last("application_advance", &q);
		body = fake_value(u, q, 16);
		copy = papers_alloc(body.len);
		memcpy(copy, body.data, body.len);
		dossier.body = slice_of(copy, body.len);
		dossier.stored = stage_unpack(&rxcirc__v1__application__descriptor, dossier.body);
	}
	return status;
}

static const Rxcirc__V1__ConformanceResult *result_of(size_t index)
{
	const Rxcirc__V1__RecordConformanceResponse *reply =
		stage_reply(&rxcirc__v1__record_conformance_response__descriptor);

	assert_true(index < reply->n_results);
	return reply->results[index];
}

static void expect_finding(const char *words)
{
	const Rxcirc__V1__ConformanceResult *r;

	if (conform() != STATUS_OK)
		fail_msg("%s: %s", words, status_row_of(stage.req.status)->reason);
	r = result_of(0);
	assert_int_equal(r->passed, words[0] == '\0');
	if (words[0] != '\0' && strstr(r->finding, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", r->finding, words);
	run->n_steps = 0;
}

/* Documents of a test: made by people the registry does not know, signed with one test key. */
static Rxcirc__V1__UploadPrescriptionRequest *upload(const struct key_pair *key)
{
	Rxcirc__V1__UploadPrescriptionRequest *m = papers_alloc(sizeof(*m));
	struct rx_paper *paper = papers_alloc(sizeof(*paper));

	rxcirc__v1__upload_prescription_request__init(m);
	rx_paper_init(paper, &stage.province);
	m->prescription = paper_sign(&paper->m, key);
	m->hospital_review = paper_sign(hospital_review_of(m->prescription, &stage.province), key);
	return m;
}

static const char upload_name[] = "rxcirc.v1.Hospital/UploadPrescription";

static struct key_pair test_key, other_key;

static void an_upload_as_it_should_be_passes_and_both_words_are_kept(void **state)
{
	const Rxcirc__V1__ConformanceResult *r;

	(void)state;
	begin(false);
	(void)add(upload_name, upload(&test_key), &test_key);
	assert_int_equal(conform(), STATUS_OK);
	r = result_of(0);
	assert_true(r->passed);
	assert_string_equal(r->finding, "");
	assert_int_equal(r->client_ms, 31);
	assert_int_equal(r->seen_at_ms, stage.now_ms);
	assert_int_equal(dossier.stored->n_conformance, 1);
	assert_int_equal(dossier.stored->steps[1]->event, APPLICATION_CONFORM);
	assert_string_equal(dossier.stored->steps[1]->actor_code, HOSPITAL);
}

static void a_wrong_signature_is_found(void **state)
{
	Rxcirc__V1__UploadPrescriptionRequest *m;

	(void)state;
	begin(false);
	(void)add(upload_name, upload(&test_key), &other_key);
	expect_finding("signature");
	m = upload(&test_key);
	m->hospital_review = paper_sign(hospital_review_of(m->prescription, &stage.province),
		&other_key);
	(void)add(upload_name, m, &test_key);
	expect_finding("HospitalReview");
}

static void missing_fields_and_broken_chains_are_found(void **state)
{
	Rxcirc__V1__UploadPrescriptionRequest *m;
	struct rx_paper *paper = papers_alloc(sizeof(*paper));

	(void)state;
	begin(false);
	m = upload(&test_key);
	m->hospital_review = NULL;
	(void)add(upload_name, m, &test_key);
	expect_finding("HospitalReview");
	rx_paper_init(paper, &stage.province);
	paper->m.hospital_rx_no = paper_text("");
	m = upload(&test_key);
	m->prescription = paper_sign(&paper->m, &test_key);
	(void)add(upload_name, m, &test_key);
	expect_finding(": ");
	assert_int_equal(stage.req.findings_count, 0); /* they are the step's, not the call's */
	m = upload(&test_key);
	paper->m.hospital_rx_no = paper_text("ANOTHER");
	m->prescription = paper_sign(&paper->m, &test_key);
	(void)add(upload_name, m, &test_key);
	expect_finding("does not name");
}

static void bytes_that_are_no_request_are_found(void **state)
{
	(void)state;
	begin(false);
	add(upload_name, upload(&test_key), &test_key)->request = paper_bytes("\xff\xff", 2);
	expect_finding("not the method's request");
}

static void the_last_word_about_a_method_counts(void **state)
{
	(void)state;
	begin(false);
	(void)add(upload_name, upload(&test_key), &other_key);
	expect_finding("signature");
	(void)add(upload_name, upload(&test_key), &test_key);
	expect_finding("");
	assert_int_equal(dossier.stored->n_conformance, 1);
	(void)add(upload_name, upload(&test_key), &other_key);
	expect_finding("signature");
}

/* Every method a pharmacy needs, seen; then its systems can be verified. */
static void a_pharmacys_four_methods_pass(void **state)
{
	struct voucher voucher = {.purpose = VOUCHER_PURPOSE_PULL, .issued_at_ms = noon_ms,
		.life_s = 60,
		.id = PERSON};
	static const uint8_t rx_id[RX_ID_LEN] = {5};
	Rxcirc__V1__PullPrescriptionsRequest pull = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;
	Rxcirc__V1__ClaimPrescriptionRequest claim = RXCIRC__V1__CLAIM_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__SubmitReviewRequest review = RXCIRC__V1__SUBMIT_REVIEW_REQUEST__INIT;
	Rxcirc__V1__DispensePrescriptionRequest dispense =
		RXCIRC__V1__DISPENSE_PRESCRIPTION_REQUEST__INIT;
	const Rxcirc__V1__UploadPrescriptionRequest *papers;
	char code[VOUCHER_TEXT_MAX + 1];

	(void)state;
	begin(true);
	papers = upload(&test_key);
	memcpy(voucher.key_id, stage.province.voucher_pair.id, KEY_ID_LEN);
	ensure(voucher_issue(code, &voucher, stage.province.voucher_pair.secret) == 0);
	pull.voucher_code = code;
	claim.rx_id = review.rx_id = dispense.rx_id = paper_bytes(rx_id, sizeof(rx_id));
	claim.pull_grant = paper_bytes("grant", 5);
	review.fencing_token = dispense.fencing_token = 7;
	review.review = paper_sign(pharmacy_review_of(papers->prescription, papers->hospital_review,
		rx_id, &stage.province, PHARMACIST), &test_key);
	dispense.dispense_record = paper_sign(dispense_record_of(review.review, rx_id,
		&stage.province, PHARMACIST), &test_key);
	(void)add("rxcirc.v1.Pharmacy/PullPrescriptions", &pull, &test_key);
	(void)add("rxcirc.v1.Pharmacy/ClaimPrescription", &claim, &test_key);
	(void)add("rxcirc.v1.Pharmacy/SubmitReview", &review, &test_key);
	(void)add("rxcirc.v1.Pharmacy/DispensePrescription", &dispense, &test_key);
	assert_int_equal(conform(), STATUS_OK);
	for (size_t i = 0; i < 4; i++)
		if (!result_of(i)->passed)
			fail_msg("%s: %s", result_of(i)->method, result_of(i)->finding);
	run->n_steps = 0;
	pull.voucher_code = paper_text("RXV1.x");
	(void)add("rxcirc.v1.Pharmacy/PullPrescriptions", &pull, &test_key);
	expect_finding("voucher_code");
	claim.pull_grant.len = 0;
	(void)add("rxcirc.v1.Pharmacy/ClaimPrescription", &claim, &test_key);
	assert_int_equal(conform(), STATUS_OK);
	assert_false(result_of(1)->passed);
}

static void only_the_applicants_own_and_only_its_kind_of_methods(void **state)
{
	(void)state;
	begin(false);
	(void)add("rxcirc.v1.Pharmacy/ReleaseClaim", upload(&test_key), &test_key);
	assert_int_equal(conform(), STATUS_APPLICATION_REFUSED);
	stage_expect_found("method", "steps.method");
	run->n_steps = 0;
	(void)add(upload_name, upload(&test_key), &test_key);
	stage_as(CALLER_HOSPITAL, OTHER_HOSPITAL, HOME_REGION);
	assert_int_equal(conform(), STATUS_APPLICATION_NOT_FOUND);
	dossier_as_host();
	assert_int_equal(conform(), STATUS_OK);
}

static void a_run_after_the_verification_changes_nothing(void **state)
{
	(void)state;
	begin(false);
	dossier_to(APPLICATION_VERIFIED);
	(void)add(upload_name, upload(&test_key), &test_key);
	stage_as(CALLER_APPLICANT, HOSPITAL, HOME_REGION);
	assert_int_equal(conform(), STATUS_APPLICATION_REFUSED);
	stage_expect_found("state", "application_id");
}

static void so_many_steps_as_the_limit_and_no_more(void **state)
{
	(void)state;
	begin(false);
	assert_int_equal(conform(), STATUS_FIELD_INVALID);
	for (int i = 0; i < CONFORMANCE_STEPS_MAX; i++)
		(void)add(upload_name, upload(&test_key), &test_key);
	assert_int_equal(conform(), STATUS_OK);
	(void)add(upload_name, upload(&test_key), &test_key);
	assert_int_equal(conform(), STATUS_FIELD_INVALID);
	run->n_steps = 1;
	run->steps[0]->public_key.len = 31;
	assert_int_equal(conform(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "steps.public_key");
}

/* Memory ends at the n-th allocation, for every n: the call ends as BUSY or as it should. */
static void each_at_every_allocation(enum status_reason (*call)(const void *), const void *m)
{
	enum status_reason status = STATUS_BUSY;

	for (stage.fail_at = 1; stage.fail_at < ALLOCATIONS_MAX; stage.fail_at++) {
		status = call(m);
		if (!stage.has_failed)
			break;
		if (status != STATUS_BUSY && status != STATUS_OK)
			fail_msg("allocation %u: %s", stage.fail_at, status_row_of(status)->reason);
	}
	stage.fail_at = 0;
	assert_int_equal(status, STATUS_OK);
}

static enum status_reason call_submit(const void *m)
{
	return dossier_submit(m);
}

static enum status_reason call_act(const void *m)
{
	struct dossier before = dossier;
	enum status_reason status = dossier_act(m);

	dossier = before;
	return status;
}

static enum status_reason call_conform(const void *m)
{
	struct dossier before = dossier;
	enum status_reason status;

	(void)m;
	status = conform();
	dossier = before;
	return status;
}

static void memory_may_end_anywhere(void **state)
{
	(void)state;
	begin(true);
	stage_as(CALLER_PHARMACY, PHARMACY, HOME_REGION);
	each_at_every_allocation(call_submit, dossier_pharmacy());
	dossier_to(APPLICATION_FILED);
	dossier_as_province("钱处长");
	each_at_every_allocation(call_act, dossier_request(APPLICATION_ACTIVATE));
	begin(false);
	(void)add(upload_name, upload(&test_key), &test_key);
	each_at_every_allocation(call_conform, NULL);
}

static int open_with_keys(void **state)
{
	int r = stage_open(state);

	key_pair_make(&test_key, "a test key");
	key_pair_make(&other_key, "another test key");
	return r;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(an_upload_as_it_should_be_passes_and_both_words_are_kept,
			"JIN15-3.3 NT33-J2.1"),
		STAGED_PROVES(a_wrong_signature_is_found, "JIN15-3.3"),
		STAGED(missing_fields_and_broken_chains_are_found),
		STAGED(bytes_that_are_no_request_are_found),
		STAGED(the_last_word_about_a_method_counts),
		STAGED_PROVES(a_pharmacys_four_methods_pass, "JIN15-3.3"),
		STAGED(only_the_applicants_own_and_only_its_kind_of_methods),
		STAGED(a_run_after_the_verification_changes_nothing),
		STAGED(so_many_steps_as_the_limit_and_no_more),
		STAGED(memory_may_end_anywhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("conformance", tests, open_with_keys, stage_close);
}
