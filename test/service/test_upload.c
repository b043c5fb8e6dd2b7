/* Uploads: stored in one statement, answered the same however often, refused with every reason. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "proto/rxid.h"

enum { TRIES = 8 }; /* UPLOAD_TRIES_MAX */

static struct ledger l;
static struct rx_paper paper;
static const Rxcirc__V1__UploadPrescriptionRequest *m;

static void begin(void)
{
	stage_clear();
	rx_paper_init(&paper, &stage.province);
	m = upload_of(&paper, &stage.province);
	scene_as(PHYSICIAN);
}

static void answer_put(bool key_is_new, bool rx_is_new)
{
	const struct fake_cell cells[] = {FAKE_BOOL(key_is_new), FAKE_BOOL(rx_is_new)};

	fake_pg_answer("prescription_put", 2, cells, 1);
}

static void answer_reply(const char *statement, const uint8_t *mac, struct slice reply)
{
	promise_answer_kept(statement, mac, reply, &l.promise);
}

static void answer_look(const struct ledger *row, const uint8_t *mac, struct slice reply)
{
	ledger_answer_row(row);
	if (mac == NULL)
		fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	else
		answer_reply("reply_load", mac, reply);
}

static enum status_reason upload(void)
{
	return stage_call(&upload_method, m);
}

/* Upload for the first time and keep what was written. */
static void first(void)
{
	begin();
	answer_put(true, true);
	assert_int_equal(upload(), STATUS_OK);
	ledger_take_put(&l);
	l.prescription = m->prescription;
	l.hospital_review = m->hospital_review;
}

static void a_good_prescription_is_stored_with_everything_in_one_statement(void **state)
{
	const Rxcirc__V1__UploadPrescriptionResponse *reply;
	const Rxcirc__V1__PrescriptionState *s;

	(void)state;
	first();
	assert_int_equal(fake_pg_sent_count(), 1);
	assert_int_equal(fake_pg_sent(0)->count, 1);
	reply = stage_reply(&rxcirc__v1__upload_prescription_response__descriptor);
	s = reply->state;
	assert_int_equal(reply->n_flags, 0);
	assert_memory_equal(s->rx_id.data, l.rx_id, RX_ID_LEN);
	assert_int_equal(s->validity, RXCIRC__V1__VALIDITY__VALIDITY_VALID);
	assert_int_equal(s->use, RXCIRC__V1__USE_STATE__USE_STATE_UNUSED);
	assert_int_equal(s->version, 1);
	assert_int_equal(s->received_at_ms, noon_ms);
	assert_int_equal(s->valid_until_ms, paper.m.issued_at_ms + INT64_C(3) * DAY_MS);
	assert_string_equal(s->holder_code, "");
	assert_int_equal(s->n_lines, 2);
	assert_int_equal(s->lines[1]->prescribed_e4, 50000);
	assert_int_equal(s->fills_max, 1);
	assert_true(slice_equal(l.reply, stage.req.reply));
	assert_memory_equal(l.rx_id, l.person_key, 2);
	assert_int_equal(rx_id_day(l.rx_id), rx_day_of_ms(paper.m.issued_at_ms));
	assert_int_equal(l.mac_generation, 2);
	assert_int_equal(l.key_generation, 2);
	assert_string_equal(l.codes[0], "XC08CAA185A001010104211");
	assert_int_equal(l.prescribed[0], 40000);
	assert_int_equal(l.leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_UPLOADED);
	assert_null(l.leaf->before);
	assert_int_equal(l.leaf->after->validity, 1);
	assert_string_equal(l.leaf->practitioner_code, "D140105003217");
}

/* Nothing of the person leaves in a parameter: only keyed digests and ciphertext. */
static void no_parameter_names_the_person(void **state)
{
	static const char *const secrets[] = {"王建国", PERSON, "140105196203151239",
		"14010000000000000000071236", "TYIH-2026-0529-000481", "AUTH20260529084500017"};
	const struct fake_unit *u;

	(void)state;
	first();
	u = fake_pg_sent(0);
	for (int p = 0; p < u->queries[0].params; p++) {
		struct slice v = u->queries[0].param[p].value;

		for (unsigned s = 0; s < sizeof(secrets) / sizeof(secrets[0]); s++)
			if (p != 26 && v.len > 0 && memmem(v.data, v.len, secrets[s], strlen(secrets[s])))
				fail_msg("parameter %d holds \"%s\"", p + 1, secrets[s]);
	}
	/* the stored answer, too */
	assert_null(memmem(l.reply.data, l.reply.len, "王建国", strlen("王建国")));
	assert_null(memmem(l.reply.data, l.reply.len, PERSON, strlen(PERSON)));
}

static void repeats_and_validity_are_stored(void **state)
{
	(void)state;
	begin();
	paper.m.long_prescription = true;
	paper.m.long_basis = &paper.long_basis;
	paper.long_basis.assessed = paper.long_basis.patient_confirmed = true;
	paper.m.repeat = &paper.repeat;
	paper.repeat.fills_max = 12;
	paper.repeat.interval_days_min = 365;
	paper.m.validity_days = 90;
	m = upload_of(&paper, &stage.province);
	answer_put(true, true);
	assert_int_equal(upload(), STATUS_OK);
	ledger_take_put(&l);
	assert_int_equal(l.fills_max, 12);
	assert_int_equal(l.interval, 365);
	assert_int_equal(l.valid_until_ms, paper.m.issued_at_ms + INT64_C(90) * DAY_MS);
}

static void the_same_upload_with_the_same_key_gets_the_stored_answer(void **state)
{
	(void)state;
	stage.keep_key = true;
	first();
	stage_clear();
	stage.now_ms += MINUTE_MS;
	answer_put(false, false);
	answer_look(&l, l.reply_mac, l.reply);
	answer_reply("reply_replay", l.reply_mac, l.reply);
	assert_int_equal(upload(), STATUS_OK);
	assert_true(slice_equal(stage.req.reply, l.reply));
	stage_expect_lane("reply_replay", "write");
	assert_int_equal(fake_pg_unused(), 0);
}

/* Long after: the clock, the keys and even the rules may have moved on. */
static void the_stored_answer_is_given_however_late(void **state)
{
	(void)state;
	stage.keep_key = true;
	first();
	stage.province.people[PHYSICIAN].key.revoked_from_ms = noon_ms + 1;
	stage_rebuild();
	for (unsigned days = 0; days < 2; days++) {
		stage_clear();
		stage.now_ms = noon_ms + SIGNED_AT_SKEW_MS_MAX + INT64_C(400) * DAY_MS * days;
		answer_look(&l, l.reply_mac, l.reply);
		answer_reply("reply_replay", l.reply_mac, l.reply);
		assert_int_equal(upload(), STATUS_OK);
		assert_true(slice_equal(stage.req.reply, l.reply));
		assert_int_equal(fake_pg_unused(), 0);
	}
}

static void too_late_and_never_answered_is_refused_for_being_late(void **state)
{
	(void)state;
	begin();
	stage.now_ms = paper.m.issued_at_ms + SIGNED_AT_SKEW_MS_MAX + 1;
	ledger_answer_nothing();
	assert_int_equal(upload(), STATUS_SIGNED_AT_SKEWED);
	assert_int_equal(fake_pg_sent_count(), 1);
	assert_string_equal(fake_pg_sent(0)->lane, "read");
}

/* Changed meanwhile: handed over whole, and all of it has come back. */
static void dispense_and_return(void)
{
	Rxcirc__V1__DispenseRecord *handed;
	Rxcirc__V1__ReturnRecord *back;

	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	handed = dispense_record_of(l.pharmacy_review, l.rx_id, &stage.province, PHARMACIST);
	scene_dispense(&l, PHARMACIST, handed);
	back = return_record_of(l.dispense_record, handed);
	back->returned_at_ms = stage.now_ms;
	scene_return(&l, PHARMACIST, back);
	assert_true(l.returned[0] > 0);
}

static void the_same_documents_under_another_key_get_the_same_answer(void **state)
{
	struct slice answer;
	const struct fake_unit *u;
	uint8_t mac[32];
	unsigned q;

	(void)state;
	first();
	memcpy(mac, l.reply_mac, sizeof(mac));
	answer = slice_of(memcpy(papers_alloc(l.reply.len), l.reply.data, l.reply.len), l.reply.len);
	dispense_and_return();
	scene_as(PHYSICIAN);
	stage.now_ms += MINUTE_MS;
	answer_put(false, false);
	answer_look(&l, NULL, slice_of(NULL, 0));
	answer_reply("reply_put", mac, slice_of("stored", 6));
	assert_int_equal(upload(), STATUS_OK);
	assert_true(slice_equal(stage.req.reply, slice_of("stored", 6)));
	u = fake_pg_last("reply_put", &q);
	assert_true(slice_equal(fake_value(u, q, 4), answer));
	/* whose first event says when and what is promised */
	assert_true(slice_equal(fake_value(u, q, 5), slice_of(l.rx_id, RX_ID_LEN)));
	stage_expect_lane("reply_put", "write");
	assert_int_equal(fake_pg_unused(), 0);
}

/* What is then kept under the second key is word for word the first answer. */
static void the_answer_kept_under_another_key_is_the_first_one(void **state)
{
	struct slice first_reply;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	first();
	first_reply = l.reply;
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	scene_dispense(&l, PHARMACIST, NULL);
	scene_as(PHYSICIAN);
	answer_put(false, false);
	answer_look(&l, NULL, slice_of(NULL, 0));
	answer_reply("reply_put", l.upload_mac, first_reply);
	assert_int_equal(upload(), STATUS_OK);
	u = fake_pg_last("reply_put", &q);
	assert_true(slice_equal(fake_value(u, q, 4), first_reply));
	assert_true(slice_equal(fake_value(u, q, 3), slice_of(l.upload_mac, 32)));
}

static void a_changed_document_under_the_same_number_is_a_conflict(void **state)
{
	(void)state;
	first();
	stage_clear();
	paper.lines[0].quantity_e4 += 10000;
	m = upload_of(&paper, &stage.province);
	answer_put(false, false);
	answer_look(&l, NULL, slice_of(NULL, 0));
	assert_int_equal(upload(), STATUS_HOSPITAL_NUMBER_REUSED);
	assert_int_equal(fake_pg_unused(), 0);
}

static void a_key_used_for_another_request_is_refused(void **state)
{
	uint8_t other[32];

	(void)state;
	first();
	stage_clear();
	memset(other, 3, sizeof(other));
	answer_put(false, false);
	answer_look(&l, other, slice_of("x", 1));
	assert_int_equal(upload(), STATUS_IDEMPOTENCY_KEY_REUSED);
	/* the same, told only by the last statement */
	stage_clear();
	answer_put(false, false);
	answer_look(&l, NULL, slice_of(NULL, 0));
	fake_pg_answer("reply_put", KEPT_COLUMNS, NULL, 0);
	assert_int_equal(upload(), STATUS_IDEMPOTENCY_KEY_REUSED);
}

static const struct {
	int err;
	enum status_reason reason;
} plain[] = {
	{ERR_DB_AWAY, STATUS_DATABASE_AWAY},
	{ERR_TIMEOUT, STATUS_DEADLINE_EXCEEDED},
	{ERR_FULL, STATUS_BUSY},
	{ERR_DB_REFUSED, STATUS_INTERNAL},
};

static void a_failed_statement_ends_the_upload(void **state)
{
	(void)state;
	first();
	for (unsigned i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		begin();
		fake_pg_answer_failure("prescription_put", plain[i].err, NULL);
		assert_int_equal(upload(), plain[i].reason);
		stage_clear();
		answer_put(false, false);
		fake_pg_answer_failure("prescription_load", plain[i].err, NULL);
		assert_int_equal(upload(), plain[i].reason);
		stage_clear();
		answer_put(false, false);
		answer_look(&l, NULL, slice_of(NULL, 0));
		fake_pg_answer_failure("reply_put", plain[i].err, NULL);
		assert_int_equal(upload(), plain[i].reason);
		stage_clear();
		answer_put(false, false);
		answer_look(&l, l.reply_mac, l.reply); /* same documents, same key */
		fake_pg_answer_failure("reply_replay", plain[i].err, NULL);
		assert_int_equal(upload(), plain[i].reason);
	}
}

static void an_unknown_write_is_tried_again_and_recognized(void **state)
{
	static const int again[] = {ERR_OUTCOME_UNKNOWN, ERR_DB_CONFLICT, ERR_DB_UNIQUE};

	(void)state;
	stage.keep_key = true;
	first();
	for (unsigned i = 0; i < 3; i++) {
		stage_clear();
		fake_pg_answer_failure("prescription_put", again[i], NULL);
		answer_put(true, true);
		assert_int_equal(upload(), STATUS_OK);
		assert_int_equal(fake_pg_sent_count(), 2);
		/* it had happened */
		stage_clear();
		fake_pg_answer_failure("prescription_put", again[i], NULL);
		answer_put(false, false);
		answer_look(&l, l.reply_mac, l.reply);
		answer_reply("reply_replay", l.reply_mac, l.reply);
		assert_int_equal(upload(), STATUS_OK);
		assert_true(slice_equal(stage.req.reply, l.reply));
		assert_int_equal(fake_pg_unused(), 0);
	}
}

static void an_unknown_write_stays_unknown_when_looking_fails(void **state)
{
	(void)state;
	first();
	for (unsigned i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		stage_clear();
		fake_pg_answer_failure("prescription_put", ERR_OUTCOME_UNKNOWN, NULL);
		fake_pg_answer_failure("prescription_put", plain[i].err, NULL);
		assert_int_equal(upload(), STATUS_OUTCOME_UNKNOWN);
		stage_clear();
		fake_pg_answer_failure("prescription_put", ERR_OUTCOME_UNKNOWN, NULL);
		answer_put(false, false);
		fake_pg_answer_failure("prescription_load", plain[i].err, NULL);
		assert_int_equal(upload(), STATUS_OUTCOME_UNKNOWN);
	}
}

static void tries_come_to_an_end(void **state)
{
	static const struct {
		int err;
		enum status_reason reason;
	} last[] = {
		{ERR_OUTCOME_UNKNOWN, STATUS_OUTCOME_UNKNOWN},
		{ERR_DB_CONFLICT, STATUS_CONTENDED},
		{ERR_DB_UNIQUE, STATUS_CONTENDED},
	};

	(void)state;
	for (unsigned e = 0; e < 3; e++) {
		begin();
		for (unsigned i = 0; i < TRIES; i++)
			fake_pg_answer_failure("prescription_put", last[e].err, NULL);
		assert_int_equal(upload(), last[e].reason);
		assert_int_equal(fake_pg_unused(), 0);
	}
}

/* Told "it is there", and then it is not: the other upload was rolled back. */
static void an_earlier_upload_that_vanished_is_stored_after_all(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < TRIES; i++) {
		answer_put(false, false);
		ledger_answer_nothing();
	}
	assert_int_equal(upload(), STATUS_CONTENDED);
	begin();
	answer_put(false, false);
	ledger_answer_nothing();
	answer_put(true, true);
	assert_int_equal(upload(), STATUS_OK);
}

static void the_review_names_the_prescription(void **state)
{
	Rxcirc__V1__UploadPrescriptionRequest *own;
	Rxcirc__V1__HospitalReview *review;

	(void)state;
	begin();
	own = upload_of(&paper, &stage.province);
	m = own;
	for (unsigned i = 0; i < 4; i++) {
		review = hospital_review_of(own->prescription, &stage.province);
		if (i == 0)
			review->prescription = NULL;
		if (i == 1)
			review->prescription->document_sha256.data[0] ^= 1;
		if (i == 2)
			review->prescription->signature_sha256.data[31] ^= 1;
		if (i == 3)
			review->prescription->document_sha256.len = 0;
		own->hospital_review = paper_sign(review, &stage.province.people[HOSPITAL_PHARMACIST].pair);
		assert_int_equal(upload(), STATUS_DOCUMENT_CHAIN_BROKEN);
	}
	stage_expect_nothing_sent();
}

static void both_documents_are_there(void **state)
{
	Rxcirc__V1__UploadPrescriptionRequest *own;

	(void)state;
	begin();
	own = upload_of(&paper, &stage.province);
	m = own;
	own->hospital_review = NULL;
	assert_int_equal(upload(), STATUS_DOCUMENT_MALFORMED);
	own = upload_of(&paper, &stage.province);
	m = own;
	own->prescription = NULL;
	assert_int_equal(upload(), STATUS_DOCUMENT_MALFORMED);
	assert_int_equal(stage_call_bytes(&upload_method, slice_of("\x0a\x7f", 2)),
		STATUS_BODY_MALFORMED);
}

static void documents_of_another_hospital_are_refused(void **state)
{
	Rxcirc__V1__UploadPrescriptionRequest *own;
	Rxcirc__V1__HospitalReview *review;

	(void)state;
	begin();
	paper.m.hospital_code = paper_text(OTHER_HOSPITAL);
	m = upload_of(&paper, &stage.province);
	assert_int_equal(upload(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "mdtrtinfo.fixmedinsCode");
	begin();
	own = upload_of(&paper, &stage.province);
	m = own;
	review = hospital_review_of(own->prescription, &stage.province);
	review->hospital_code = paper_text(OTHER_HOSPITAL);
	own->hospital_review = paper_sign(review, &stage.province.people[HOSPITAL_PHARMACIST].pair);
	assert_int_equal(upload(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "review.fixmedinsCode");
	/* and the other hospital cannot upload what this one signed */
	begin();
	scene_as(OTHER_PHYSICIAN);
	assert_int_equal(upload(), STATUS_KEY_FOREIGN);
}

static void all_broken_rules_are_named_at_once(void **state)
{
	(void)state;
	stage.province.places[0].status = INSTITUTION_SUSPENDED;
	stage_rebuild();
	begin();
	paper.m.real_name_serial = paper_text("");
	paper.m.first_visit = true;
	paper.m.follow_up = NULL;
	paper.m.validity_days = 30;
	paper.patient.birth_date = paper_text("2022-05-06");
	paper.lines[0].drug_code = paper_text(stage.province.drugs[DIAZEPAM].code);
	paper.lines[0].generic_name = paper_text(stage.province.drugs[DIAZEPAM].name);
	paper.lines[0].days_e4 = 300000;
	paper.lines[1].drug_code = paper_text(stage.province.drugs[ASTRAGALUS].code);
	paper.lines[1].generic_name = paper_text(stage.province.drugs[ASTRAGALUS].name);
	paper.lines[1].kind = RXCIRC__V1__DRUG_KIND__DRUG_KIND_HERBAL_PIECES;
	m = upload_of(&paper, &stage.province);
	assert_int_equal(upload(), STATUS_RULES_REFUSED);
	assert_int_equal(stage.req.findings_count, 9);
	stage_expect_found("RX-INSTITUTION", "mdtrtinfo.fixmedinsCode");
	stage_expect_found("RX-REAL-NAME", "authNo");
	stage_expect_found("RX-FIRST-VISIT", "mdtrtinfo.fstdiagFlag");
	stage_expect_found("RX-FOLLOW-UP", "extras.followUp");
	stage_expect_found("RX-GUARDIAN", "extras.guardian");
	stage_expect_found("RX-VALIDITY", "valiDays");
	stage_expect_found("RX-HERBAL-APART", "rxdrugdetail");
	stage_expect_found("RX-SUPPLY", "rxdrugdetail[].medcDays");
	stage_expect_found("RX-SPECIAL-CONTROL", "rxdrugdetail[0].medListCodg");
	stage_expect_nothing_sent();
}

static void evidence_counts_only_when_complete(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		begin();
		paper.patient.birth_date = paper_text("2022-05-06");
		paper.patient.guardian = &paper.guardian;
		if (i == 0)
			paper.follow_up.hospital_code = paper_text("");
		if (i == 1)
			paper.follow_up.visited_at_ms = 0;
		if (i == 2)
			paper.follow_up.diagnosis_code = paper_text("");
		if (i == 3)
			paper.follow_up.document_kind = paper_text("");
		if (i == 4)
			paper.follow_up.document_sha256.len = 31;
		if (i == 5)
			paper.guardian.name = paper_text("");
		if (i == 6)
			paper.guardian.id_number = paper_text("");
		if (i == 7)
			paper.guardian.relation = paper_text("");
		if (i == 8)
			paper.guardian.confirmed = false;
		m = upload_of(&paper, &stage.province);
		assert_int_equal(upload(), STATUS_RULES_REFUSED);
		assert_int_equal(stage.req.findings_count, 1);
		assert_string_equal(stage.req.findings[0]->rule, i < 5 ? "RX-FOLLOW-UP" : "RX-GUARDIAN");
	}
}

static void the_host_and_other_places_are_looked_up(void **state)
{
	(void)state;
	province_place(&stage.province, HOST)->status = INSTITUTION_SUSPENDED;
	stage_rebuild();
	begin();
	assert_int_equal(upload(), STATUS_RULES_REFUSED);
	stage_expect_found("RX-HOST", "mdtrtinfo.fixmedinsCode");
	assert_int_equal(stage.req.findings_count, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(a_good_prescription_is_stored_with_everything_in_one_statement, "C11 C13"),
		STAGED_PROVES(no_parameter_names_the_person, "C27"),
		STAGED(repeats_and_validity_are_stored),
		STAGED(the_same_upload_with_the_same_key_gets_the_stored_answer),
		STAGED(the_stored_answer_is_given_however_late),
		STAGED(too_late_and_never_answered_is_refused_for_being_late),
		STAGED(the_same_documents_under_another_key_get_the_same_answer),
		STAGED(the_answer_kept_under_another_key_is_the_first_one),
		STAGED(a_changed_document_under_the_same_number_is_a_conflict),
		STAGED(a_key_used_for_another_request_is_refused),
		STAGED(a_failed_statement_ends_the_upload),
		STAGED(an_unknown_write_is_tried_again_and_recognized),
		STAGED(an_unknown_write_stays_unknown_when_looking_fails),
		STAGED(tries_come_to_an_end),
		STAGED(an_earlier_upload_that_vanished_is_stored_after_all),
		STAGED_PROVES(the_review_names_the_prescription, "JIN15-4.6"),
		STAGED_PROVES(both_documents_are_there, "C13 NT33-J3.3"),
		STAGED(documents_of_another_hospital_are_refused),
		STAGED(all_broken_rules_are_named_at_once),
		STAGED_PROVES(evidence_counts_only_when_complete, "SX15-3.5 C8"),
		STAGED_PROVES(the_host_and_other_places_are_looked_up, "SX15-2.6"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("upload", tests, stage_open, stage_close);
}
