/* Dry runs: every finding, nothing stored, signatures only where there are some. */
#include "test/service/scene.h"

#include <string.h>

#include "proto/rxid.h"

static struct rx_paper paper;
static const struct ledger *earlier[2]; /* what the person was prescribed before */
static unsigned earlier_count;
static Rxcirc__V1__CheckPrescriptionRequest *m;

static void begin(void)
{
	const Rxcirc__V1__UploadPrescriptionRequest *upload;

	stage_clear();
	earlier_count = 0;
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
	enum status_reason status;

	stage_clear();
	/* with a token the person's earlier prescriptions are asked for, and nothing is written */
	ledger_answer_search(earlier, earlier_count, false);
	status = stage_call(&check_method, m);
	if (status != STATUS_OK)
		fail_msg("%s", status_row_of(status)->reason);
	assert_int_equal(fake_pg_sent_count(), 1);
	assert_string_equal(fake_pg_sent(0)->lane, "read");
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
	assert_int_equal(reply->n_findings, 3);
	assert_string_equal(reply->findings[0]->rule, "RX-REVIEWS");
	assert_string_equal(reply->findings[1]->rule, "RX-REAL-NAME");
	assert_string_equal(reply->findings[2]->rule, "RX-FIRST-VISIT");
	assert_int_equal(reply->findings[0]->severity, RXCIRC__V1__SEVERITY__SEVERITY_FLAG);
	assert_int_equal(reply->findings[1]->severity, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE);
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

/* The same two drugs, `days` of them, under another number, two minutes ago. */
static struct ledger then;
static void remember(void)
{
	earlier[0] = &then;
	earlier_count = 1;
}

static void prescribed_before(int64_t days)
{
	struct rx_paper *other = papers_alloc(sizeof(*other));

	rx_paper_init(other, &stage.province);
	other->m.hospital_rx_no = paper_text("TYIH-2026-0529-000001");
	other->m.long_prescription = true;
	other->lines[0].days_e4 = other->lines[1].days_e4 = days * 10000;
	scene_upload(&then, other);
	begin();
	remember();
	/* by another physician, so that only the supply is told */
	m->hospital_review = NULL;
	paper.physician.code = paper_text(stage.province.people[OTHER_PHYSICIAN].practitioner.code);
	m->prescription = paper_sign(&paper.m, &stage.province.people[PHYSICIAN].pair);
	unsign(m->prescription);
}

static unsigned told(const char *rule)
{
	const Rxcirc__V1__CheckPrescriptionResponse *reply = check();
	unsigned count = 0;

	for (size_t i = 0; i < reply->n_findings; i++) {
		if (strcmp(reply->findings[i]->rule, rule) != 0)
			continue;
		assert_int_equal(reply->findings[i]->severity, RXCIRC__V1__SEVERITY__SEVERITY_FLAG);
		count++;
	}
	return count;
}

static void what_is_still_supplied_is_told_with_its_last_day(void **state)
{
	const Rxcirc__V1__CheckPrescriptionResponse *reply;
	size_t i = 0;

	(void)state;
	prescribed_before(28);
	assert_int_equal(told("RX-REMAINING"), 2);
	reply = stage_reply(&rxcirc__v1__check_prescription_response__descriptor);
	while (strcmp(reply->findings[i]->rule, "RX-REMAINING") != 0)
		i++;
	assert_string_equal(reply->findings[i]->field, "rxdrugdetail[0].drugGenname");
	assert_non_null(strstr(reply->findings[i]->message, "苯磺酸氨氯地平片 until 2026-06-26"));
	assert_non_null(strstr(reply->findings[i]->message_zh, "2026-06-26"));
	assert_null(strstr(reply->findings[i]->message, HOSPITAL)); /* not by whom */
}

static void a_remaining_supply_within_the_limit_is_not_told(void **state)
{
	(void)state;
	prescribed_before(7);
	assert_int_equal(told("RX-REMAINING"), 0);
	prescribed_before(8);
	assert_int_equal(told("RX-REMAINING"), 2);
}

static void what_was_not_supplied_is_not_counted(void **state)
{
	(void)state;
	prescribed_before(28);
	then.validity = 2; /* revoked */
	ledger_sign(&then);
	assert_int_equal(told("RX-REMAINING"), 0);
	then.validity = 1;
	then.valid_until_ms = noon_ms; /* too late for it */
	ledger_sign(&then);
	assert_int_equal(told("RX-REMAINING"), 0);
	then.use = 3; /* but it was dispensed in time */
	ledger_sign(&then);
	assert_int_equal(told("RX-REMAINING"), 2);
	then.is_shredded = true;
	assert_int_equal(told("RX-REMAINING"), 0);
}

static void the_same_drug_by_the_same_physician_on_the_same_day_is_told(void **state)
{
	(void)state;
	prescribed_before(7);
	assert_int_equal(told("RX-SPLIT"), 0);
	begin(); /* the same physician again */
	remember();
	assert_int_equal(told("RX-SPLIT"), 2);
	then.issued_ms -= DAY_MS; /* the row; the document says when it was issued */
	ledger_sign(&then);
	assert_int_equal(told("RX-SPLIT"), 2);
}

static void the_prescription_itself_is_not_an_earlier_one(void **state)
{
	(void)state;
	begin();
	scene_upload(&then, &paper);
	begin();
	remember();
	assert_int_equal(told("RX-SPLIT"), 0);
}

/* Other hospitals' data need the consultation's e-voucher token. */
static void without_a_token_nothing_is_asked(void **state)
{
	const Rxcirc__V1__CheckPrescriptionResponse *reply;

	(void)state;
	begin();
	paper.m.voucher_token = paper_text("");
	m->hospital_review = NULL;
	resign();
	assert_int_equal(stage_call(&check_method, m), STATUS_OK);
	stage_expect_nothing_sent();
	reply = stage_reply(&rxcirc__v1__check_prescription_response__descriptor);
	assert_false(reply->acceptable);
}

static void a_dry_run_that_cannot_ask_says_so(void **state)
{
	(void)state;
	begin();
	fake_pg_answer_failure("prescriptions_all", ERR_DB_AWAY, NULL);
	assert_int_equal(stage_call(&check_method, m), STATUS_DATABASE_AWAY);
	prescribed_before(28);
	then.row_mac[0] ^= 1;
	ledger_answer_search(earlier, earlier_count, false);
	assert_int_equal(stage_call(&check_method, m), STATUS_DATA_DAMAGED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(what_is_still_supplied_is_told_with_its_last_day, "C24"),
		STAGED_PROVES(a_remaining_supply_within_the_limit_is_not_told, "C24"),
		STAGED_PROVES(what_was_not_supplied_is_not_counted, "C24"),
		STAGED_PROVES(the_same_drug_by_the_same_physician_on_the_same_day_is_told,
			"NT33-J3.4"),
		STAGED(the_prescription_itself_is_not_an_earlier_one),
		STAGED_PROVES(without_a_token_nothing_is_asked, "C27"),
		STAGED(a_dry_run_that_cannot_ask_says_so),
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
