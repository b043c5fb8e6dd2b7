/* Dry runs: every finding, nothing stored, signatures only where there are some. */
#include "test/service/scene.h"

#include <string.h>

#include "proto/rxid.h"

static struct rx_paper paper;
static Rxcirc__V1__CheckPrescriptionRequest *m;

static void begin(void)
{
	const Rxcirc__V1__UploadPrescriptionRequest *upload;

	rx_paper_init(&paper, &stage.province);
	upload = upload_of(&paper, &stage.province);
	m = papers_alloc(sizeof(*m));
	rxcirc__v1__check_prescription_request__init(m);
	m->prescription = upload->prescription;
	m->hospital_review = upload->hospital_review;
	scene_as(PHYSICIAN);
}

static void resign(void)
{
	m->prescription = paper_sign(&paper.m, &stage.province.people[PHYSICIAN].pair);
}

static void unsign(paper_doc *doc)
{
	doc->signature.len = 0;
	doc->key_id.len = 0;
}

static const Rxcirc__V1__CheckPrescriptionResponse *check(void)
{
	enum status_reason status = stage_call(&check_method, m);

	if (status != STATUS_OK)
		fail_msg("%s", status_row_of(status)->reason);
	stage_expect_nothing_sent();
	assert_int_equal(stage.req.findings_count, 0);
	return stage_reply(&rxcirc__v1__check_prescription_response__descriptor);
}

static void a_good_one_is_acceptable_and_has_its_id_already(void **state)
{
	const Rxcirc__V1__CheckPrescriptionResponse *reply;
	struct ledger l;
	char code[RX_CODE_LEN + 1];

	(void)state;
	begin();
	reply = check();
	assert_true(reply->acceptable);
	assert_int_equal(reply->n_findings, 0);
	scene_upload(&l, &paper);
	assert_memory_equal(reply->rx_id.data, l.rx_id, RX_ID_LEN);
	rx_code_format(code, l.rx_id);
	assert_string_equal(reply->rx_code, code);
}

static void findings_are_the_answer_not_a_refusal(void **state)
{
	const Rxcirc__V1__CheckPrescriptionResponse *reply;

	(void)state;
	begin();
	paper.m.first_visit = true;
	paper.m.real_name_serial = paper_text("");
	m->hospital_review = NULL;
	resign();
	reply = check();
	assert_false(reply->acceptable);
	assert_int_equal(reply->n_findings, 2);
	assert_string_equal(reply->findings[0]->rule, "RX-REAL-NAME");
	assert_string_equal(reply->findings[1]->rule, "RX-FIRST-VISIT");
	assert_int_equal(reply->findings[0]->severity, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE);
	assert_true(reply->findings[0]->message[0] != '\0');
	assert_true(reply->findings[0]->message_zh[0] != '\0');
	assert_int_equal(reply->rx_id.len, RX_ID_LEN);
}

static void a_dry_run_needs_no_signatures(void **state)
{
	(void)state;
	begin();
	unsign(m->prescription);
	unsign(m->hospital_review);
	assert_true(check()->acceptable);
	m->hospital_review = NULL;
	assert_true(check()->acceptable);
}

static void before_signing_the_review_names_nothing(void **state)
{
	Rxcirc__V1__HospitalReview *review;

	(void)state;
	begin();
	review = hospital_review_of(m->prescription, &stage.province);
	review->prescription = NULL;
	m->hospital_review = paper_sign(review, &stage.province.people[HOSPITAL_PHARMACIST].pair);
	unsign(m->prescription);
	assert_true(check()->acceptable);
	/* but when it is signed the chain counts */
	resign();
	assert_int_equal(stage_call(&check_method, m), STATUS_DOCUMENT_CHAIN_BROKEN);
}

static void a_signature_that_is_there_must_be_right(void **state)
{
	(void)state;
	begin();
	m->prescription->signature.data[0] ^= 1;
	assert_int_equal(stage_call(&check_method, m), STATUS_SIGNATURE_INVALID);
	begin();
	m->prescription->signature.len = 63;
	assert_int_equal(stage_call(&check_method, m), STATUS_DOCUMENT_MALFORMED);
}

static void what_has_no_form_is_refused(void **state)
{
	(void)state;
	begin();
	m->prescription = NULL;
	assert_int_equal(stage_call(&check_method, m), STATUS_DOCUMENT_MALFORMED);
	begin();
	unsign(m->prescription);
	m->prescription->body.len = 0;
	assert_int_equal(stage_call(&check_method, m), STATUS_DOCUMENT_MALFORMED);
	begin();
	paper.m.hospital_rx_no = paper_text("");
	m->hospital_review = NULL;
	resign();
	assert_int_equal(stage_call(&check_method, m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "hospRxno");
	assert_int_equal(stage_call_bytes(&check_method, slice_of("\x0a\x7f", 2)),
		STATUS_BODY_MALFORMED);
	stage_expect_nothing_sent();
}

static void another_hospitals_is_refused(void **state)
{
	(void)state;
	begin();
	scene_as(OTHER_PHYSICIAN);
	unsign(m->prescription);
	m->hospital_review = NULL;
	assert_int_equal(stage_call(&check_method, m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "mdtrtinfo.fixmedinsCode");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(a_good_one_is_acceptable_and_has_its_id_already),
		STAGED(findings_are_the_answer_not_a_refusal),
		STAGED(a_dry_run_needs_no_signatures),
		STAGED(before_signing_the_review_names_nothing),
		STAGED(a_signature_that_is_there_must_be_right),
		STAGED(what_has_no_form_is_refused),
		STAGED(another_hospitals_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("check", tests, stage_open, stage_close);
}
