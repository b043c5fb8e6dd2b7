/* Each rule of a draft and of its text, kept and broken, and nothing else with it. */
#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>

#include "rules/agreement.h"

enum { NOW = 1000000, STARTS = NOW - 500, ENDS = NOW + 500, FINDINGS = 32 };

#define MANDATORY "scope conditions fees payment budget supervision review"

static struct institution party, host_place;
static struct agreement draft, host;
static struct agreement_clause clauses[9];
static struct agreement_facts facts;

static void set_clauses(void)
{
	static const char *const names[] = {"scope", "conditions", "fees", "payment", "budget",
		"supervision", "review"};

	for (unsigned i = 0; i < 7; i++)
		clauses[i] = (struct agreement_clause){names[i], "条款内容"};
	facts.clauses = clauses;
	facts.clause_count = 7;
	facts.mandatory = MANDATORY;
}

static int set_supplementary(void **state)
{
	(void)state;
	host_place = (struct institution){.code = "H14010500001", .kind = INSTITUTION_HOSPITAL,
		.host_code = ""};
	party = (struct institution){.code = "H14010500321", .kind = INSTITUTION_INTERNET_HOSPITAL,
		.host_code = host_place.code};
	host = (struct agreement){.id = "AG-2026-00000001", .kind = AGREEMENT_DESIGNATION,
		.institution_code = host_place.code, .host_agreement_id = "", .starts_ms = STARTS,
		.ends_ms = ENDS, .institution_signed_ms = STARTS, .agency_signed_ms = STARTS};
	draft = (struct agreement){.id = "", .kind = AGREEMENT_SUPPLEMENTARY,
		.institution_code = party.code, .host_agreement_id = host.id, .starts_ms = STARTS,
		.ends_ms = ENDS};
	facts = (struct agreement_facts){.draft = &draft, .party = &party, .host = &host,
		.now_ms = NOW, .form = AGREEMENT_FORM_SEPARATE, .licence = AGREEMENT_LICENCE_HOSPITAL,
		.template_version = "2026-1", .template_in_force = "2026-1",
		.application = AGREEMENT_APPLICATION_PASSED};
	set_clauses();
	return 0;
}

static void make_designation(void)
{
	party = host_place;
	draft.kind = AGREEMENT_DESIGNATION;
	draft.institution_code = party.code;
	draft.host_agreement_id = "";
	facts.host = NULL;
	facts.form = facts.licence = 0;
	facts.application = AGREEMENT_APPLICATION_NONE;
}

static void expect_kept(void)
{
	struct agreement_finding found[FINDINGS];
	size_t count = agreement_judge_draft(&facts, found, FINDINGS);

	if (count > 0)
		fail_msg("%s", found[0].rule);
}

static void expect_only(const char *rule)
{
	struct agreement_finding found[FINDINGS];

	assert_int_equal(agreement_judge_draft(&facts, found, FINDINGS), 1);
	assert_string_equal(found[0].rule, rule);
	assert_true(found[0].source[0] != '\0' && found[0].english[0] != '\0' &&
		found[0].chinese[0] != '\0' && found[0].field[0] != '\0');
}

static void a_sound_draft_of_either_kind_is_kept(void **state)
{
	(void)state;
	expect_kept();
	make_designation();
	expect_kept();
	party.kind = INSTITUTION_PHARMACY;
	expect_kept();
}

static void each_kind_is_for_its_institutions(void **state)
{
	(void)state;
	party.kind = INSTITUTION_HOSPITAL;
	expect_only("AG-PARTY");
	party.kind = INSTITUTION_CHANNEL;
	expect_only("AG-PARTY");
	make_designation();
	party.kind = INSTITUTION_INTERNET_HOSPITAL;
	expect_only("AG-PARTY");
	facts.party = NULL;
	expect_only("AG-PARTY");
}

static void a_supplementary_agreement_hangs_on_its_own_host(void **state)
{
	(void)state;
	host.institution_code = "H14010500002";
	expect_only("AG-HOST");
	host.institution_code = host_place.code;
	host.ended_from_ms = NOW;
	expect_only("AG-HOST");
	host.ended_from_ms = NOW + 1;
	expect_kept();
	host.kind = AGREEMENT_SUPPLEMENTARY;
	expect_only("AG-HOST");
	facts.host = NULL;
	expect_only("AG-HOST");
	make_designation();
	draft.host_agreement_id = "AG-2026-00000001";
	expect_only("AG-HOST");
}

/* A combined case: the host's own agreement is only a draft. */
static void the_hosts_agreement_may_be_a_draft_itself(void **state)
{
	(void)state;
	host.institution_signed_ms = host.agency_signed_ms = 0;
	expect_kept();
}

static void a_term_ends_after_it_starts_and_after_now(void **state)
{
	(void)state;
	make_designation();
	draft.ends_ms = NOW;
	expect_only("AG-TERM");
	draft.ends_ms = NOW + 1;
	expect_kept();
	draft.starts_ms = NOW + 1;
	expect_only("AG-TERM");
	draft.starts_ms = NOW;
	expect_kept();
	draft.starts_ms = 0;
	expect_only("AG-TERM");
}

static void a_supplementary_term_is_its_hosts(void **state)
{
	(void)state;
	for (int64_t d = -1; d <= 1; d += 2) {
		draft.ends_ms = ENDS + d;
		expect_only("AG-TERM-HOST");
		draft.ends_ms = ENDS;
		draft.starts_ms = STARTS + d;
		expect_only("AG-TERM-HOST");
		draft.starts_ms = STARTS;
		expect_kept();
	}
}

static void separate_or_annex_must_be_said(void **state)
{
	(void)state;
	facts.form = AGREEMENT_FORM_ANNEX;
	expect_kept();
	facts.form = 0;
	expect_only("AG-FORM");
	facts.form = AGREEMENT_FORM_ANNEX + 1;
	expect_only("AG-FORM");
	make_designation();
	facts.form = AGREEMENT_FORM_ANNEX; /* the annual agreement with the added content */
	expect_kept();
	facts.form = AGREEMENT_FORM_SEPARATE;
	expect_only("AG-FORM");
}

static void two_kinds_of_licence_are_accepted(void **state)
{
	(void)state;
	facts.licence = AGREEMENT_LICENCE_DIAGNOSIS;
	expect_kept();
	facts.licence = 0;
	expect_only("AG-LICENCE");
	facts.licence = AGREEMENT_LICENCE_DIAGNOSIS + 1;
	expect_only("AG-LICENCE");
	make_designation();
	facts.licence = AGREEMENT_LICENCE_HOSPITAL;
	expect_only("AG-LICENCE");
}

static void the_template_is_the_regions(void **state)
{
	(void)state;
	facts.template_version = "2025-3";
	expect_only("AG-TEMPLATE");
	facts.template_version = facts.template_in_force = "";
	expect_kept();
}

static void a_supplementary_agreement_needs_a_passed_application(void **state)
{
	(void)state;
	for (int a = AGREEMENT_APPLICATION_NONE; a <= AGREEMENT_APPLICATION_OVER; a++) {
		facts.application = (enum agreement_application)a;
		if (a == AGREEMENT_APPLICATION_PASSED)
			expect_kept();
		else
			expect_only("AG-APPLICATION");
	}
}

/* The designation of a combined case is laid down while the application is open. */
static void a_designation_may_come_with_an_open_application(void **state)
{
	(void)state;
	make_designation();
	facts.application = AGREEMENT_APPLICATION_OPEN;
	expect_kept();
	facts.application = AGREEMENT_APPLICATION_PASSED;
	expect_kept();
	facts.application = AGREEMENT_APPLICATION_UNKNOWN;
	expect_only("AG-APPLICATION");
	facts.application = AGREEMENT_APPLICATION_OVER;
	expect_only("AG-APPLICATION");
}

static void one_of_a_kind_at_a_time(void **state)
{
	(void)state;
	facts.overlaps = true;
	expect_only("AG-OVERLAP");
}

static void what_is_not_renewed_needs_a_reason(void **state)
{
	(void)state;
	facts.not_renewed = true;
	expect_only("AG-NOT-RENEWED");
	facts.overridden = true;
	expect_kept();
}

static void all_findings_come_at_once_and_no_more_than_fit(void **state)
{
	struct agreement_finding found[2] = {0};

	(void)state;
	facts.form = facts.licence = 0;
	facts.overlaps = true;
	assert_int_equal(agreement_judge_draft(&facts, found, 1), 3);
	assert_string_equal(found[0].rule, "AG-FORM");
	assert_null(found[1].rule);
}

static void each_missing_clause_is_named(void **state)
{
	struct agreement_finding found[FINDINGS];

	(void)state;
	assert_int_equal(agreement_judge_text(&facts, found, FINDINGS), 0);
	for (unsigned i = 0; i < 7; i++) {
		struct agreement_clause kept = clauses[i];

		clauses[i].text = "";
		assert_int_equal(agreement_judge_text(&facts, found, FINDINGS), 1);
		assert_string_equal(found[0].rule, "AG-CLAUSE");
		assert_true(slice_equal(found[0].subject, slice_of_text(kept.name)));
		clauses[i] = (struct agreement_clause){"something-else", "条款内容"};
		assert_int_equal(agreement_judge_text(&facts, found, FINDINGS), 1);
		clauses[i] = kept;
	}
	facts.clause_count = 0;
	assert_int_equal(agreement_judge_text(&facts, found, FINDINGS), 7);
	assert_true(slice_equal(found[6].subject, slice_of_text("review")));
	facts.mandatory = "";
	assert_int_equal(agreement_judge_text(&facts, found, FINDINGS), 0);
}

static void a_clause_stands_once(void **state)
{
	struct agreement_finding found[FINDINGS];

	(void)state;
	clauses[7] = (struct agreement_clause){"budget", "另一内容"};
	clauses[8] = (struct agreement_clause){"remarks", "备注"}; /* more than asked for is fine */
	facts.clause_count = 9;
	assert_int_equal(agreement_judge_text(&facts, found, FINDINGS), 1);
	assert_string_equal(found[0].rule, "AG-CLAUSE-TWICE");
	assert_true(slice_equal(found[0].subject, slice_of_text("budget")));
}

int main(void)
{
#define RULE(fn) cmocka_unit_test_setup(fn, set_supplementary)
#define RULE_PROVES(fn, ids) {#fn " [" ids "]", fn, set_supplementary, NULL, NULL}
	static const struct CMUnitTest tests[] = {
		RULE(a_sound_draft_of_either_kind_is_kept),
		RULE_PROVES(each_kind_is_for_its_institutions, "SX15-2.1"),
		RULE_PROVES(a_supplementary_agreement_hangs_on_its_own_host, "SX15-2.1 NH123-2.1"),
		RULE_PROVES(the_hosts_agreement_may_be_a_draft_itself, "SX15-2.2"),
		RULE(a_term_ends_after_it_starts_and_after_now),
		RULE_PROVES(a_supplementary_term_is_its_hosts, "SX15-2.4 TJ2-9b"),
		RULE_PROVES(separate_or_annex_must_be_said, "JIN15-3.6b"),
		RULE_PROVES(two_kinds_of_licence_are_accepted, "NT33-N1.1"),
		RULE_PROVES(the_template_is_the_regions, "SX15-9.1"),
		RULE_PROVES(a_supplementary_agreement_needs_a_passed_application, "SX15-2.3"),
		RULE_PROVES(a_designation_may_come_with_an_open_application, "SX15-2.2"),
		RULE(one_of_a_kind_at_a_time),
		RULE_PROVES(what_is_not_renewed_needs_a_reason, "JIN15-4.10g"),
		RULE(all_findings_come_at_once_and_no_more_than_fit),
		RULE_PROVES(each_missing_clause_is_named, "NT33-J2.2 NT33-N3.1"),
		RULE(a_clause_stands_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("agreement", tests, NULL, NULL);
}
