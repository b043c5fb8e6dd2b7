/* From acceptance to the filing: who acts, what it must bring, what is kept of it. */
#include "test/service/dossier.h"

#include <string.h>

#include "base/ensure.h"
#include "rules/onboarding.h"
#include "test/support/calendar.h"

static void fresh(void)
{
	dossier_open();
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
}

static void fresh_pharmacy(void)
{
	dossier_open();
	stage_as(CALLER_PHARMACY, PHARMACY, HOME_REGION);
	assert_int_equal(dossier_submit(dossier_pharmacy()), STATUS_OK);
}

static void expect_refused(const act_message_t *m, const char *rule, const char *field)
{
	assert_int_equal(dossier_act(m), STATUS_APPLICATION_REFUSED);
	stage_expect_found(rule, field);
	assert_int_equal(fake_pg_sent_count(), 1);
}

static void a_hospital_goes_the_whole_way(void **state)
{
	const Rxcirc__V1__Application *a;

	(void)state;
	fresh();
	dossier_to(APPLICATION_PUBLISHED);
	a = dossier.stored;
	assert_int_equal(a->version, a->n_steps);
	for (size_t i = 0; i < a->n_steps; i++) {
		assert_int_equal(a->steps[i]->seq, i + 1);
		assert_int_equal(a->steps[i]->at_ms, stage.now_ms);
	}
	assert_int_equal(a->window_due_ms, 0);
	assert_int_equal(a->assessment_due_ms, 0);
	assert_int_equal(a->published_at_ms, stage.now_ms);
}

/* Each state with each act by each caller, through the service: allowed exactly where the table of
 * domain/application.h says so, else the state is named and nothing is written. */
static void every_act_in_every_state_is_judged_by_the_table(void **state)
{
	static const enum application_event acts[] = {APPLICATION_NOTIFY, APPLICATION_SUPPLEMENT,
		APPLICATION_CHECK, APPLICATION_VERIFY, APPLICATION_FORM_GROUP, APPLICATION_ASSESS,
		APPLICATION_FAIL, APPLICATION_APPROVE, APPLICATION_FILE, APPLICATION_ACTIVATE,
		APPLICATION_PUBLISH, APPLICATION_WITHDRAW};

	(void)state;
	for (int s = APPLICATION_CHECKED; s <= APPLICATION_PUBLISHED; s++) {
		struct dossier before;

		fresh();
		dossier_to((enum application_state)s);
		before = dossier;
		for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
			enum application_state after = (enum application_state)s;
			bool allowed =
				application_apply(&after, acts[i], ACTORS_ALL) == APPLICATION_ALLOWED;

			dossier = before;
			if (allowed) {
				dossier_play(acts[i]);
				assert_int_equal(dossier.stored->state, after);
				continue;
			}
			if (application_who(acts[i]) & ACTOR_APPLICANT)
				dossier_as_host();
			else if (application_who(acts[i]) & ACTOR_OFFICE)
				dossier_as_city("周组长");
			else
				dossier_as_province("钱处长");
			expect_refused(dossier_request(acts[i]), "state", "act");
			assert_non_null(strstr(stage.req.findings[0]->message,
				application_event_name(acts[i])));
			assert_non_null(strstr(stage.req.findings[0]->message,
				application_state_name((enum application_state)s)));
		}
	}
}

static void only_the_responsible_office_examines(void **state)
{
	act_message_t *m;

	(void)state;
	fresh();
	m = dossier_request(APPLICATION_CHECK);
	stage_as(CALLER_CITY_OFFICER, "A14020000000", "140200");
	assert_int_equal(dossier_act(m), STATUS_SCOPE_NOT_ALLOWED);
	stage_expect_found("actor", "act");
	assert_non_null(strstr(stage.req.findings[0]->message, CITY_OFFICE));
	dossier_as_province("钱处长"); /* the province has its own part, not the city's */
	assert_int_equal(dossier_act(m), STATUS_SCOPE_NOT_ALLOWED);
	dossier_as_host();
	assert_int_equal(dossier_act(m), STATUS_ROLE_NOT_ALLOWED);
	stage_as(CALLER_HOSPITAL, OTHER_HOSPITAL, HOME_REGION); /* learns nothing */
	assert_int_equal(dossier_act(m), STATUS_APPLICATION_NOT_FOUND);
	assert_int_equal(stage.req.findings_count, 0);
	dossier_as_city("周组长");
	assert_int_equal(dossier_act(m), STATUS_OK);
}

static void one_notice_one_answer_and_the_clock_pauses(void **state)
{
	const Rxcirc__V1__Application *a;

	(void)state;
	fresh();
	dossier_on("2026-04-17");
	dossier_play(APPLICATION_NOTIFY);
	assert_int_equal(dossier.stored->state, APPLICATION_SUPPLEMENTING);
	assert_int_equal(dossier.stored->assessment_due_ms, 0);
	assert_int_equal(dossier.stored->notice->n_documents, 2);
	assert_int_equal(dossier.stored->notice->given_at_ms, stage.now_ms);
	dossier_on("2026-04-27");
	dossier_play(APPLICATION_SUPPLEMENT);
	a = dossier.stored;
	assert_int_equal(a->state, APPLICATION_ACCEPTED);
	assert_int_equal(a->notice->answered_at_ms, stage.now_ms);
	assert_int_equal(a->n_documents, 5);           /* the lease is new, the licence replaced */
	assert_int_equal(a->documents[3]->size_bytes, 54321);
	assert_string_equal(a->documents[3]->kind, "licence");
	assert_int_equal(a->assessment_due_ms, date_day_ends(calendar_day("2026-06-23")));
	dossier_as_city("周组长");
	expect_refused(dossier_request(APPLICATION_NOTIFY), "notice-once", "");
}

static void a_notice_after_the_fifth_working_day_is_too_late(void **state)
{
	(void)state;
	fresh();
	dossier_as_city("周组长");
	stage.now_ms = date_day_ends(calendar_day("2026-04-20")) + 1;
	expect_refused(dossier_request(APPLICATION_NOTIFY), "notice-late", "");
	stage.now_ms--;
	assert_int_equal(dossier_act(dossier_request(APPLICATION_NOTIFY)), STATUS_OK);
}

static void what_the_notice_asks_for_must_be_brought(void **state)
{
	act_message_t *m;

	(void)state;
	fresh();
	dossier_play(APPLICATION_NOTIFY);
	m = dossier_request(APPLICATION_SUPPLEMENT);
	m->supplement->n_documents = 1; /* the lease is missing, and the old licence does not count */
	dossier_as_host();
	expect_refused(m, "supplement", "documents");
	assert_non_null(strstr(stage.req.findings[0]->message, "lease"));
	m->supplement->documents[0] = m->supplement->documents[1];
	expect_refused(m, "supplement", "documents");
	assert_non_null(strstr(stage.req.findings[0]->message, "licence"));
}

static void the_check_keeps_a_result_for_each_document(void **state)
{
	act_message_t *m;

	(void)state;
	fresh();
	dossier_as_city("周组长");
	m = dossier_request(APPLICATION_CHECK);
	m->check->n_items = 3;
	expect_refused(m, "item-checked", "items");
	m->check->n_items = 4;
	m->check->items[1]->passed = false;
	expect_refused(m, "item-failed", "items");
	m->check->items[1]->passed = true;
	m->check->items[1]->evidence_sha256.len = 0;
	expect_refused(m, "item-evidence", "items");
	dossier_play(APPLICATION_CHECK);
	assert_int_equal(dossier.stored->n_checked, 4);
	assert_string_equal(dossier.stored->checked[1]->name, "licence");
	assert_true(dossier.stored->checked[1]->passed);
	assert_int_equal(dossier.stored->checked[1]->found_at_ms, stage.now_ms);
	assert_string_equal(dossier.stored->steps[1]->officer, "周组长");
}

static void systems_are_verified_by_the_run_and_by_an_officer(void **state)
{
	act_message_t *m;

	(void)state;
	fresh();
	dossier_to(APPLICATION_CHECKED);
	dossier_as_city("周组长");
	m = dossier_request(APPLICATION_VERIFY);
	/* nobody has tested the connection */
	assert_int_equal(dossier_act(m), STATUS_APPLICATION_REFUSED);
	assert_int_equal(stage.req.findings_count, 2);
	stage_expect_found("conformance", "conformance");
	dossier_to(APPLICATION_VERIFIED);
	assert_int_equal(dossier.stored->n_verified, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(dossier.stored->verified[i]->evidence_sha256.len, SHA256_LEN);
		assert_int_equal(dossier.stored->verified[i]->found_at_ms, stage.now_ms);
	}
}

static void a_pharmacy_that_sells_online_connects_stock_and_payment(void **state)
{
	act_message_t *m;

	(void)state;
	fresh_pharmacy();
	dossier_to(APPLICATION_CHECKED);
	dossier_as_city("周组长");
	m = dossier_request(APPLICATION_VERIFY);
	m->verify->n_items = 2;
	assert_int_equal(dossier_act(m), STATUS_APPLICATION_REFUSED);
	assert_string_equal(stage.req.findings[0]->message, "an item was not verified: inventory");
	assert_string_equal(stage.req.findings[1]->message,
		"an item was not verified: mobile-payment");
	dossier_to(APPLICATION_VERIFIED);
	assert_string_equal(dossier.stored->verified[2]->name, "inventory");
	assert_string_equal(dossier.stored->verified[3]->name, "mobile-payment");
}

static void an_assessment_has_a_group_six_items_and_a_date(void **state)
{
	act_message_t *m;

	(void)state;
	fresh();
	dossier_to(APPLICATION_VERIFIED);
	dossier.stored->group = NULL;
	dossier_as_city("周组长");
	m = dossier_request(APPLICATION_FORM_GROUP);
	m->form_group->n_members = 1;
	expect_refused(m, "group", "group");
	m = dossier_request(APPLICATION_ASSESS);
	m->assess->n_items = 5;
	expect_refused(m, "item-assessed", "items");
	dossier_play(APPLICATION_ASSESS);
	assert_int_equal(dossier.stored->n_assessed, 6);
	assert_string_equal(dossier.stored->assessor, "周组长");
	assert_int_equal(dossier.stored->assessed_at_ms, stage.now_ms);
	assert_int_equal(dossier.stored->group->n_members, 2);
	assert_string_equal(dossier.stored->group->members[1], "吴组员");
	assert_int_equal(dossier.stored->group->form,
		RXCIRC__V1__ASSESSMENT_FORM__ASSESSMENT_FORM_ON_SITE);
}

static void failing_gives_reasons_and_suggestions_to_the_applicant(void **state)
{
	act_message_t *m;

	(void)state;
	fresh();
	dossier_to(APPLICATION_VERIFIED);
	dossier_as_city("周组长");
	m = dossier_request(APPLICATION_FAIL);
	m->fail->reason = paper_text("");
	expect_refused(m, "fail-reasons", "reason");
	m = dossier_request(APPLICATION_FAIL);
	m->fail->suggestions = paper_text("");
	expect_refused(m, "fail-suggestions", "suggestions");
	dossier_play(APPLICATION_FAIL);
	assert_int_equal(dossier.stored->state, APPLICATION_FAILED);
	assert_string_equal(dossier.stored->fail_reason, "医师名单与执业注册不一致");
	assert_string_equal(dossier.stored->fail_suggestions, "核实后重新申请");
}

static void who_assessed_cannot_approve(void **state)
{
	(void)state;
	fresh();
	dossier_to(APPLICATION_ASSESSED);
	dossier_as_city("周组长");
	expect_refused(dossier_request(APPLICATION_APPROVE), "self-approval", "");
	dossier_as_city("吴组员");
	expect_refused(dossier_request(APPLICATION_APPROVE), "self-approval", "");
	dossier_play(APPLICATION_APPROVE);
	assert_string_equal(dossier.stored->approver, "郑主任");
}

static void approval_wants_a_licence_that_still_holds(void **state)
{
	(void)state;
	fresh();
	dossier_to(APPLICATION_ASSESSED);
	dossier.hospital_licence->until_ms = stage.now_ms - DAY_MS;
	dossier_rebuild();
	dossier_as_city("郑主任");
	expect_refused(dossier_request(APPLICATION_APPROVE), "licence-hospital",
		"institution_code");
	dossier.hospital_licence->code = "internet-diagnosis"; /* the other of the two kinds */
	dossier.hospital_licence->until_ms = stage.now_ms + DAY_MS;
	dossier_rebuild();
	assert_int_equal(dossier_act(dossier_request(APPLICATION_APPROVE)), STATUS_OK);
}

static void the_licence_of_a_pharmacy_may_be_its_chains(void **state)
{
	(void)state;
	fresh_pharmacy();
	dossier_to(APPLICATION_ASSESSED);
	dossier.pharmacy_licence->owner_code = CHAIN;
	dossier_rebuild();
	dossier_as_city("郑主任");
	expect_refused(dossier_request(APPLICATION_APPROVE), "licence-pharmacy",
		"institution_code");
	province_place(&stage.province, PHARMACY)->chain_code = CHAIN;
	dossier_rebuild();
	assert_int_equal(dossier_act(dossier_request(APPLICATION_APPROVE)), STATUS_OK);
}

static void a_filing_has_number_and_time(void **state)
{
	act_message_t *m;

	(void)state;
	fresh();
	dossier_to(APPLICATION_APPROVED);
	dossier_as_city("周组长");
	m = dossier_request(APPLICATION_FILE);
	m->file->number = paper_text("");
	expect_refused(m, "filing-number", "number");
	m = dossier_request(APPLICATION_FILE);
	m->file->filed_at_ms = stage.now_ms + 1;
	expect_refused(m, "filing-moment", "noted_at_ms");
	dossier_play(APPLICATION_FILE);
	assert_string_equal(dossier.stored->filing_no, "晋医保网备〔2026〕12号");
	assert_int_equal(dossier.stored->filed_at_ms, stage.now_ms);
}

static struct item *penalty_on(const char *date)
{
	struct item *i = province_item(&stage.province, PHARMACY, ITEM_PENALTY, "drug-admin");

	i->from_ms = calendar_at(date, 0);
	dossier_rebuild();
	return i;
}

static void a_penalty_blocks_until_it_is_lifted_with_a_reason(void **state)
{
	act_message_t *m;

	(void)state;
	fresh_pharmacy();
	(void)penalty_on("2026-01-10");
	dossier_as_city("周组长");
	expect_refused(dossier_request(APPLICATION_CHECK), "block", "institution_code");
	assert_non_null(strstr(stage.req.findings[0]->message, "penalty:drug-admin-2026-01-10"));
	m = dossier_request(APPLICATION_OVERRIDE);
	m->override->reason = paper_text("");
	expect_refused(m, "override-reason", "reason");
	m = dossier_request(APPLICATION_OVERRIDE);
	m->override->officer = paper_text("别人"); /* who did it is not for the caller to say */
	assert_int_equal(dossier_act(m), STATUS_OK);
	assert_string_equal(dossier.stored->overrides[0]->officer, "周组长");
	assert_string_equal(dossier.stored->overrides[0]->reason, "处罚决定已撤销");
	assert_int_equal(dossier_act(dossier_request(APPLICATION_CHECK)), STATUS_OK);
}

static void a_penalty_beyond_the_look_back_or_taken_back_does_not_block(void **state)
{
	struct item *i;

	(void)state;
	fresh_pharmacy();
	i = penalty_on("2025-04-13"); /* 365 days before */
	dossier_as_city("周组长");
	expect_refused(dossier_request(APPLICATION_CHECK), "block", "institution_code");
	i->from_ms -= DAY_MS;
	dossier_rebuild();
	assert_int_equal(dossier_act(dossier_request(APPLICATION_CHECK)), STATUS_OK);
	fresh_pharmacy();
	i = penalty_on("2026-04-01");
	i->withdrawn = true;
	dossier_rebuild();
	dossier_as_city("周组长");
	assert_int_equal(dossier_act(dossier_request(APPLICATION_CHECK)), STATUS_OK);
}

static void who_is_suspended_meanwhile_is_blocked(void **state)
{
	(void)state;
	fresh_pharmacy();
	province_place(&stage.province, PHARMACY)->status = INSTITUTION_SUSPENDED;
	dossier_rebuild();
	dossier_as_city("周组长");
	expect_refused(dossier_request(APPLICATION_CHECK), "block", "institution_code");
	assert_non_null(strstr(stage.req.findings[0]->message, "suspension"));
	province_place(&stage.province, PHARMACY)->status = INSTITUTION_ACTIVE;
	dossier_rebuild();
	assert_int_equal(dossier_act(dossier_request(APPLICATION_CHECK)), STATUS_OK);
}

/* Suspended and resumed since: the year counts from the suspension. */
static void an_agreement_suspended_within_the_year_blocks(void **state)
{
	struct agreement *g;

	(void)state;
	fresh_pharmacy();
	g = &stage.province.agreements[0];
	g->own = (struct agreement_span){calendar_at("2025-04-13", 0), calendar_at("2025-05-13", 0)};
	dossier_rebuild();
	dossier_as_city("周组长");
	expect_refused(dossier_request(APPLICATION_CHECK), "block", "institution_code");
	g->own.from_ms--;
	dossier_rebuild();
	assert_int_equal(dossier_act(dossier_request(APPLICATION_CHECK)), STATUS_OK);
}

static void a_combined_case_waits_for_the_hosts_agreement(void **state)
{
	Rxcirc__V1__SubmitApplicationRequest *m;

	(void)state;
	dossier_open();
	province_place(&stage.province, HOST)->status = INSTITUTION_APPLYING;
	dossier_rebuild();
	stage_as(CALLER_APPLICANT, HOST, HOME_REGION);
	m = dossier_hospital();
	m->combined = true;
	assert_int_equal(dossier_submit(m), STATUS_OK);
	dossier_on("2026-04-20");
	dossier_play(APPLICATION_NOTE_AGREEMENT);
	assert_int_equal(dossier.stored->agreement_at_ms, stage.now_ms);
	assert_int_equal(dossier.stored->assessment_due_ms,
		date_day_ends(calendar_day("2026-06-20")));
	dossier_as_city("周组长");
	expect_refused(dossier_request(APPLICATION_NOTE_AGREEMENT), "note", "");
}

static void an_application_that_changed_meanwhile_is_looked_at_again(void **state)
{
	act_message_t *m;

	(void)state;
	fresh();
	dossier_as_city("周组长");
	m = dossier_request(APPLICATION_CHECK);
	m->version = 2;
	expect_refused(m, "version", "act");
	m->version = 1;
	assert_int_equal(dossier_act(m), STATUS_OK);
}

/* The row was moved between reading and writing: the act is judged anew by what stands there. */
static void somebody_faster_is_seen(void **state)
{
	static const struct fake_cell no[] = {FAKE_BOOL(false), FAKE_I64(0)};
	struct fake_cell first[1], then[1];
	act_message_t *m;

	(void)state;
	fresh();
	m = dossier_request(APPLICATION_CHECK);
	first[0] = fake_bytes(dossier.body);
	dossier_play(APPLICATION_CHECK);
	then[0] = fake_bytes(dossier.body);
	stage_clear();
	dossier_as_city("周组长");
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("application_load", 1, first, 1);
	fake_pg_answer("application_advance", 2, no, 1);
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("application_load", 1, then, 1);
	assert_int_equal(stage_call(&advance_method, m), STATUS_APPLICATION_REFUSED);
	stage_expect_found("state", "act");
	assert_int_equal(fake_pg_unused(), 0);
}

static void what_is_not_there_or_damaged_is_told_apart(void **state)
{
	static const struct fake_cell junk[] = {FAKE_BYTES("\xff\xff\xff", 3)};
	act_message_t *m;

	(void)state;
	fresh();
	dossier_as_city("周组长");
	m = dossier_request(APPLICATION_CHECK);
	stage_clear();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("application_load", 1, NULL, 0);
	assert_int_equal(stage_call(&advance_method, m), STATUS_APPLICATION_NOT_FOUND);
	stage_clear();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("application_load", 1, junk, 1);
	assert_int_equal(stage_call(&advance_method, m), STATUS_DATA_DAMAGED);
	stage_clear();
	m->application_id = paper_text("AP-2026-0A1B2C3D");
	assert_int_equal(stage_call(&advance_method, m), STATUS_APPLICATION_NOT_FOUND);
	stage_expect_nothing_sent();
	m->application_id = dossier.stored->id;
	m->act_case = RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT__NOT_SET;
	assert_int_equal(stage_call(&advance_method, m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "act");
}

/* A group may be formed anew, but not for ever: the history stays bounded. */
static void what_repeats_ends_at_the_limit(void **state)
{
	(void)state;
	fresh();
	dossier_as_city("周组长");
	while (dossier.stored->n_steps < APPLICATION_REPEATS_MAX)
		assert_int_equal(dossier_act(dossier_request(APPLICATION_FORM_GROUP)), STATUS_OK);
	expect_refused(dossier_request(APPLICATION_FORM_GROUP), "steps", "act");
	dossier_to(APPLICATION_CHECKED);
	dossier_play(APPLICATION_FAIL); /* what leads on is always possible */
	assert_true(dossier.stored->n_steps <= APPLICATION_STEPS_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(a_hospital_goes_the_whole_way),
		STAGED_PROVES(every_act_in_every_state_is_judged_by_the_table, "JIN15-3.4"),
		STAGED_PROVES(only_the_responsible_office_examines, "JIN15-3.1a"),
		STAGED_PROVES(one_notice_one_answer_and_the_clock_pauses, "TJ2-7b TJ2-8c"),
		STAGED_PROVES(a_notice_after_the_fifth_working_day_is_too_late, "TJ2-7b"),
		STAGED_PROVES(what_the_notice_asks_for_must_be_brought, "TJ2-7b"),
		STAGED_PROVES(the_check_keeps_a_result_for_each_document, "JIN15-3.2"),
		STAGED_PROVES(systems_are_verified_by_the_run_and_by_an_officer,
			"JIN15-3.3 JIN15-1.1a SX15-3.1 SX15-3.2a TJ2-5.1 TJ2-5.2 TJ2-5.7"),
		STAGED_PROVES(a_pharmacy_that_sells_online_connects_stock_and_payment,
			"JIN15-2.2 JIN15-2.4"),
		STAGED_PROVES(an_assessment_has_a_group_six_items_and_a_date, "TJ2-8a TJ2-8d SX15-2.3"),
		STAGED_PROVES(failing_gives_reasons_and_suggestions_to_the_applicant, "TJ2-9c"),
		STAGED_PROVES(who_assessed_cannot_approve, "JIN15-3.4"),
		STAGED_PROVES(approval_wants_a_licence_that_still_holds,
			"JIN15-1.1a NT33-N1.1"),
		STAGED_PROVES(the_licence_of_a_pharmacy_may_be_its_chains, "JIN15-2.3"),
		STAGED_PROVES(a_filing_has_number_and_time, "JIN15-3.5"),
		STAGED_PROVES(a_penalty_blocks_until_it_is_lifted_with_a_reason, "JIN15-2.1b"),
		STAGED_PROVES(a_penalty_beyond_the_look_back_or_taken_back_does_not_block, "JIN15-2.1b"),
		STAGED_PROVES(who_is_suspended_meanwhile_is_blocked, "JIN15-2.1c"),
		STAGED_PROVES(an_agreement_suspended_within_the_year_blocks, "JIN15-2.1c"),
		STAGED_PROVES(a_combined_case_waits_for_the_hosts_agreement, "SX15-2.2 TJ2-8b"),
		STAGED(an_application_that_changed_meanwhile_is_looked_at_again),
		STAGED(somebody_faster_is_seen),
		STAGED(what_is_not_there_or_damaged_is_told_apart),
		STAGED(what_repeats_ends_at_the_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("application_steps", tests, stage_open, stage_close);
}
