/* Every rule of an application: kept by the case in which all is right, broken by one change. */
#include "test/unit/rules/onboarding_case.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "test/support/calendar.h"
#include "test/support/tap.h"

static void what_is_right_is_found_right(void **state)
{
	(void)state;
	for (int e = APPLICATION_EVENT_FIRST; e <= APPLICATION_EVENT_LAST; e++) {
		struct onboarding_case hospital = case_of_hospital((enum application_event)e);
		struct onboarding_case pharmacy = case_of_pharmacy((enum application_event)e);

		if (e == APPLICATION_OVERRIDE || e == APPLICATION_NOTE_AGREEMENT)
			continue; /* there is nothing to lift and nothing to wait for */
		case_expect(&hospital, "");
		case_expect(&pharmacy, "");
	}
}

static void only_the_host_applies_and_of_its_own_will(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_SUBMIT);

	(void)state;
	c.may_apply = false;
	case_expect(&c, "applicant");
	c.may_apply = true;
	c.voluntary = false;
	case_expect(&c, "voluntary");
	c.voluntary = true;
	c.has_host = false;
	case_expect(&c, "host");
}

static void a_hospital_without_designation_applies_for_both_at_once(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_SUBMIT);

	(void)state;
	c.agreement_in_force = false;
	case_expect(&c, "designation");
	c.dates.combined = true;
	case_expect(&c, "");
	c.event = APPLICATION_ACTIVATE; /* but nothing starts before the host's agreement does */
	case_expect(&c, "designation");
}

static void a_pharmacy_needs_its_agreement_at_application_and_activation(void **state)
{
	struct onboarding_case c = case_of_pharmacy(APPLICATION_SUBMIT);

	(void)state;
	c.agreement_in_force = false;
	case_expect(&c, "agreement");
	c.event = APPLICATION_ACTIVATE;
	case_expect(&c, "agreement");
}

static void nobody_is_activated_or_published_who_is_suspended(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_ACTIVATE);

	(void)state;
	c.may_stand = false;
	case_expect(&c, "standing");
	c.event = APPLICATION_PUBLISH;
	case_expect(&c, "standing");
}

static void a_health_licence_of_either_kind_is_needed_on_the_day(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_APPROVE);
	struct onboarding_licence l = {"internet-diagnosis", calendar_day("2026-04-13"),
		calendar_day("2026-04-13")};

	(void)state;
	c.licences = &l;
	case_expect(&c, "");
	l.from_day++;
	case_expect(&c, "licence-hospital");
	l.from_day--;
	c.at_ms = date_day_ends(l.until_day);
	case_expect(&c, "");
	c.at_ms++;
	case_expect(&c, "licence-hospital");
	c.event = APPLICATION_ACTIVATE;
	case_expect(&c, "licence-hospital");
	c.at_ms--;
	l.kind = "internet-drug";
	case_expect(&c, "licence-hospital");
	c.licence_count = 0;
	case_expect(&c, "licence-hospital");
}

static void online_sale_needs_a_licence_and_mere_connection_does_not(void **state)
{
	struct onboarding_case c = case_of_pharmacy(APPLICATION_APPROVE);

	(void)state;
	c.licence_count = 0;
	case_expect(&c, "licence-pharmacy");
	c.kind = ONBOARDING_PHARMACY;
	case_expect(&c, "");
}

static void a_connected_pharmacy_has_outpatient_pooling_without_asking(void **state)
{
	char word[ONBOARDING_SUBJECT_MAX + 1];

	(void)state;
	assert_true(onboarding_capability(ONBOARDING_PHARMACY, "", 0, word));
	assert_string_equal(word, "outpatient-pooling");
	assert_false(onboarding_capability(ONBOARDING_PHARMACY, "", 1, word));
	assert_false(onboarding_capability(ONBOARDING_HOSPITAL, "online-otc", 0, word));
}

static void further_services_are_asked_for_by_name(void **state)
{
	struct onboarding_case c = case_of_pharmacy(APPLICATION_SUBMIT);
	char word[ONBOARDING_SUBJECT_MAX + 1];

	(void)state;
	c.capabilities = "online-rx online-sale online-otc wholesale";
	case_expect(&c, "capabilities:online-sale capabilities:wholesale");
	assert_true(onboarding_capability(c.kind, "online-rx online-otc", 1, word));
	assert_string_equal(word, "online-rx");
	assert_true(onboarding_capability(c.kind, "online-rx online-otc", 2, word));
	assert_string_equal(word, "online-otc");
	assert_false(onboarding_capability(c.kind, "online-rx online-otc", 3, word));
}

static void applications_come_in_their_months(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_SUBMIT);

	(void)state;
	c.at_ms = c.dates.submitted_ms = date_day_ends(calendar_day("2026-04-30"));
	case_expect(&c, "");
	c.at_ms = c.dates.submitted_ms = date_day_ends(calendar_day("2026-04-30")) + 1;
	case_expect(&c, "window");
	c.terms.months = "1 5 7 10";
	case_expect(&c, "");
}

static void a_deadline_that_cannot_be_computed_is_refused(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_SUBMIT);

	(void)state;
	c.at_ms = c.dates.submitted_ms = calendar_at("2027-01-04", 0);
	c.notice_due_ms = onboarding_notice_due(&c.dates, calendar_real());
	case_expect(&c, "calendar");
}

static void each_missing_document_of_a_hospital_is_named(void **state)
{
	static const char *const some[] = {"licence", "management-system", "photo"};
	struct onboarding_case c = case_of_hospital(APPLICATION_SUBMIT);

	(void)state;
	c.documents = some;
	c.document_count = 3;
	case_expect(&c, "documents-hospital:application-form documents-hospital:physician-list");
	for (size_t left_out = 0; left_out < 4; left_out++) {
		const char *three[3];
		struct onboarding_case whole = case_of_hospital(APPLICATION_SUBMIT);
		char finding[100];

		for (size_t i = 0, n = 0; i < 4; i++)
			if (i != left_out)
				three[n++] = whole.documents[i];
		snprintf(finding, sizeof(finding), "documents-hospital:%s", whole.documents[left_out]);
		whole.documents = three;
		whole.document_count = 3;
		case_expect(&whole, finding);
	}
}

static void each_missing_document_of_a_pharmacy_is_named(void **state)
{
	struct onboarding_case c = case_of_pharmacy(APPLICATION_SUBMIT);

	(void)state;
	c.document_count = 0;
	case_expect(&c, "documents-pharmacy:application-form documents-pharmacy:licence "
		"documents-pharmacy:no-penalty-commitment documents-pharmacy:mobile-payment-approval "
		"documents-pharmacy:management-system");
}

static void the_checklist_is_the_regions(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_SUBMIT);

	(void)state;
	c.terms.documents = "application-form licence system-materials physician-list other";
	case_expect(&c, "documents-hospital:system-materials documents-hospital:other");
}

static void one_supplement_notice_and_never_a_second(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_NOTIFY);

	(void)state;
	c.dates.noticed_ms = c.at_ms - 1;
	case_expect(&c, "notice-once");
	c.dates.noticed_ms = 0;
	c.requested_count = 0;
	case_expect(&c, "notice-names");
}

static void the_notice_comes_within_five_working_days(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_NOTIFY);

	(void)state;
	c.at_ms = date_day_ends(calendar_day("2026-04-20")) - 1;
	case_expect(&c, "");
	c.at_ms++;
	case_expect(&c, "");
	c.at_ms++;
	case_expect(&c, "notice-late");
}

static void a_supplement_brings_what_was_asked_for(void **state)
{
	static const char *const asked[] = {"licence", "lease", "floor-plan"};
	struct onboarding_case c = case_of_hospital(APPLICATION_SUPPLEMENT);

	(void)state;
	c.requested = asked;
	c.requested_count = 3;
	case_expect(&c, "supplement:lease supplement:floor-plan");
}

/* Each of the step's items missing, failed, unproved and from the future, one after the other. */
static void every_item_counts(enum application_event event, const char *missing)
{
	struct onboarding_case whole = case_of_hospital(event);
	struct onboarding_item items[16];
	char finding[100];

	for (size_t i = 0; i < whole.item_count; i++) {
		struct onboarding_case c = whole;

		memcpy(items, whole.items, whole.item_count * sizeof(items[0]));
		c.items = items;
		items[i].passed = false;
		snprintf(finding, sizeof(finding), "item-failed:%s", whole.items[i].name);
		case_expect(&c, finding);
		items[i].passed = true;
		items[i].proved = false;
		snprintf(finding, sizeof(finding), "item-evidence:%s", whole.items[i].name);
		case_expect(&c, finding);
		items[i].proved = true;
		items[i].at_ms = c.at_ms + 1;
		case_expect(&c, finding);
		items[i].at_ms = 0;
		case_expect(&c, finding);
		items[i] = items[--c.item_count];
		snprintf(finding, sizeof(finding), "%s:%s", missing, whole.items[i].name);
		case_expect(&c, finding);
	}
}

static void every_document_is_checked(void **state)
{
	(void)state;
	every_item_counts(APPLICATION_CHECK, "item-checked");
}

static void every_system_is_verified_with_evidence_and_date(void **state)
{
	(void)state;
	every_item_counts(APPLICATION_VERIFY, "item-verified");
}

static void all_six_items_are_assessed(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_ASSESS);

	(void)state;
	assert_int_equal(c.item_count, 6);
	every_item_counts(APPLICATION_ASSESS, "item-assessed");
}

static void a_pharmacys_inventory_and_mobile_payment_are_verified(void **state)
{
	struct onboarding_case c = case_of_pharmacy(APPLICATION_VERIFY);

	(void)state;
	c.item_count = 2; /* the last two are left out */
	case_expect(&c, "item-verified:inventory item-verified:mobile-payment");
}

static void an_item_twice_is_refused(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_ASSESS);
	struct onboarding_item items[16];

	(void)state;
	memcpy(items, c.items, c.item_count * sizeof(items[0]));
	items[c.item_count++] = items[2];
	c.items = items;
	case_expect(&c, "item-twice:physicians");
}

static void verification_needs_the_calls_that_the_platform_saw(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_VERIFY);

	(void)state;
	c.conformed_count = 1;
	case_expect(&c, "conformance:Hospital.RevokePrescription");
}

static void two_persons_assess_in_a_form_that_is_said(void **state)
{
	static const char *const twins[] = {"周组长", "周组长", ""};
	struct onboarding_case c = case_of_hospital(APPLICATION_FORM_GROUP);

	(void)state;
	c.group_count = 1;
	case_expect(&c, "group");
	c.group = twins;
	c.group_count = 3;
	case_expect(&c, "group");
	c = case_of_hospital(APPLICATION_FORM_GROUP);
	c.group_form = false;
	case_expect(&c, "group-form");
	c.group_count = 0;
	c.event = APPLICATION_ASSESS;
	case_expect(&c, "group group-form");
}

static void the_hosts_agreement_is_noted_once_and_honestly(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_NOTE_AGREEMENT);

	(void)state;
	case_expect(&c, "note"); /* nobody waits for it */
	c.dates.combined = true;
	case_expect(&c, "");
	c.noted_ms = c.dates.submitted_ms;
	case_expect(&c, "");
	c.noted_ms--;
	case_expect(&c, "note-moment");
	c.noted_ms = c.at_ms;
	case_expect(&c, "");
	c.noted_ms++;
	case_expect(&c, "note-moment");
	c.noted_ms--;
	c.dates.agreement_ms = 1;
	case_expect(&c, "note");
}

static void a_penalty_of_the_last_year_blocks(void **state)
{
	struct onboarding_penalty penalties[2] = {{"PEN-1", calendar_day("2025-04-13")}, {"PEN-2", 0}};
	struct onboarding_case c = case_of_pharmacy(APPLICATION_APPROVE);

	(void)state;
	c.penalties = penalties;
	c.penalty_count = 2;
	case_expect(&c, "block:penalty:PEN-1"); /* 365 days before */
	penalties[0].day--;
	case_expect(&c, "");
	penalties[0].day = calendar_day("2026-04-13"); /* since the application */
	case_expect(&c, "block:penalty:PEN-1");
	c.terms.lookback_days = 30000;
	case_expect(&c, "block:penalty:PEN-1 block:penalty:PEN-2");
	c.kind = ONBOARDING_PHARMACY; /* only connection: no such condition */
	case_expect(&c, "");
}

static void a_block_is_lifted_by_hand_with_a_reason(void **state)
{
	static const char *const lifted[] = {"penalty:PEN-1"};
	struct onboarding_penalty penalty = {"PEN-1", calendar_day("2026-01-10")};
	struct onboarding_case c = case_of_pharmacy(APPLICATION_OVERRIDE);

	(void)state;
	c.penalties = &penalty;
	c.penalty_count = 1;
	c.number = "penalty:PEN-1";
	case_expect(&c, "");
	c.reason = "";
	case_expect(&c, "override-reason");
	c.reason = "处罚已撤销";
	c.number = "penalty:PEN-2";
	case_expect(&c, "override-block");
	c.number = "penalty:PEN-1";
	c.overridden = lifted;
	c.overridden_count = 1;
	case_expect(&c, "override-block"); /* lifted already */
	c.event = APPLICATION_CHECK;
	c.item_count = 0;
	c.terms.documents = "";
	case_expect(&c, "");
	c.overridden_count = 0;
	case_expect(&c, "block:penalty:PEN-1");
}

static void a_suspension_within_the_year_blocks(void **state)
{
	static const char *const lifted[] = {"suspension"};
	struct onboarding_case c = case_of_pharmacy(APPLICATION_APPROVE);

	(void)state;
	c.suspended_ms = calendar_at("2025-04-13", 0);
	case_expect(&c, "block:suspension");
	c.suspended_ms--;
	case_expect(&c, "");
	c.suspended_ms++;
	c.overridden = lifted;
	c.overridden_count = 1;
	case_expect(&c, "");
}

static void failing_tells_reasons_and_suggestions(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_FAIL);

	(void)state;
	c.reason = "";
	case_expect(&c, "fail-reasons");
	c.suggestions = "";
	case_expect(&c, "fail-reasons fail-suggestions");
}

static void who_assessed_does_not_approve(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_APPROVE);

	(void)state;
	c.officer = c.assessor;
	case_expect(&c, "self-approval");
	c.officer = c.group[1];
	case_expect(&c, "self-approval");
	c.officer = "郑主任";
	c.assessor = "郑主任";
	case_expect(&c, "self-approval");
}

static void a_filing_has_a_number_and_a_time(void **state)
{
	struct onboarding_case c = case_of_hospital(APPLICATION_FILE);

	(void)state;
	c.number = "";
	case_expect(&c, "filing-number");
	c.number = "1";
	c.noted_ms = c.at_ms + 1;
	case_expect(&c, "filing-moment");
	c.noted_ms = c.dates.submitted_ms - 1;
	case_expect(&c, "filing-moment");
}

static void every_rule_says_what_and_why_in_both_languages(void **state)
{
	(void)state;
	for (size_t i = 0; i < onboarding_rules_count; i++) {
		const struct onboarding_rule *r = &onboarding_rules[i];

		assert_true(r->id[0] != '\0' && strchr(r->source, '-') != NULL);
		assert_true(r->english[0] != '\0' && (r->chinese[0] & 0x80));
		assert_true(r->events != 0 && r->kinds != 0 && r->broken != NULL);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(r->id, onboarding_rules[k].id);
	}
	assert_string_equal(onboarding_chinese("licence"), "资质证照");
	assert_string_equal(onboarding_chinese("floor-plan"), "floor-plan");
}

static void findings_beyond_the_room_are_counted(void **state)
{
	struct onboarding_case c = case_of_pharmacy(APPLICATION_SUBMIT);
	struct onboarding_finding found[3];

	(void)state;
	c.document_count = 0;
	memset(&found[2], 0, sizeof(found[2]));
	assert_int_equal(onboarding_judge(&c, found, 2), 5);
	assert_null(found[2].rule);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_is_right_is_found_right),
		PROVES(only_the_host_applies_and_of_its_own_will, "SX15-2.1 NH123-2.1"),
		PROVES(a_hospital_without_designation_applies_for_both_at_once,
			"SX15-2.2 JIN15-1.1a TJ2-4"),
		PROVES(a_pharmacy_needs_its_agreement_at_application_and_activation, "JIN15-2.1a"),
		PROVES(a_health_licence_of_either_kind_is_needed_on_the_day,
			"JIN15-1.1a NT33-N1.1"),
		PROVES(nobody_is_activated_or_published_who_is_suspended, "JIN15-3.6a"),
		PROVES(online_sale_needs_a_licence_and_mere_connection_does_not, "JIN15-2.3 JIN15-2.0b"),
		PROVES(a_connected_pharmacy_has_outpatient_pooling_without_asking, "JIN15-2.0a"),
		PROVES(further_services_are_asked_for_by_name, "JIN15-2.0b"),
		PROVES(applications_come_in_their_months, "JIN15-3.8b"),
		TEST(a_deadline_that_cannot_be_computed_is_refused),
		PROVES(each_missing_document_of_a_hospital_is_named, "JIN15-3.1.1"),
		PROVES(each_missing_document_of_a_pharmacy_is_named, "JIN15-3.1.2"),
		PROVES(the_checklist_is_the_regions, "TJ2-6"),
		PROVES(one_supplement_notice_and_never_a_second, "TJ2-7b"),
		PROVES(the_notice_comes_within_five_working_days, "TJ2-7b"),
		PROVES(a_supplement_brings_what_was_asked_for, "TJ2-7b"),
		PROVES(every_document_is_checked, "JIN15-3.2"),
		PROVES(every_system_is_verified_with_evidence_and_date,
			"JIN15-3.3 SX15-3.1 SX15-3.2a TJ2-5.1 TJ2-5.2 TJ2-5.7"),
		PROVES(all_six_items_are_assessed, "TJ2-8d SX15-2.3"),
		PROVES(a_pharmacys_inventory_and_mobile_payment_are_verified, "JIN15-2.2 JIN15-2.4"),
		TEST(an_item_twice_is_refused),
		PROVES(verification_needs_the_calls_that_the_platform_saw, "JIN15-3.3 JIN15-1.1a"),
		PROVES(two_persons_assess_in_a_form_that_is_said, "TJ2-8a"),
		PROVES(the_hosts_agreement_is_noted_once_and_honestly, "TJ2-8b"),
		PROVES(a_penalty_of_the_last_year_blocks, "JIN15-2.1b"),
		PROVES(a_block_is_lifted_by_hand_with_a_reason, "JIN15-2.1b"),
		PROVES(a_suspension_within_the_year_blocks, "JIN15-2.1c"),
		PROVES(failing_tells_reasons_and_suggestions, "TJ2-9c"),
		PROVES(who_assessed_does_not_approve, "JIN15-3.4"),
		PROVES(a_filing_has_a_number_and_a_time, "JIN15-3.5"),
		TEST(every_rule_says_what_and_why_in_both_languages),
		TEST(findings_beyond_the_room_are_counted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("onboarding", tests, NULL, NULL);
}
