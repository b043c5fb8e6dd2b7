#include "test/unit/rules/onboarding_case.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "test/support/calendar.h"
#include "test/support/tap.h"

#define HOSPITAL_DOCUMENTS "application-form licence physician-list management-system"
#define PHARMACY_DOCUMENTS \
	"application-form licence no-penalty-commitment mobile-payment-approval management-system"

static const char *const hospital_documents[] = {"application-form", "licence", "physician-list",
	"management-system"};
static const char *const pharmacy_documents[] = {"application-form", "licence",
	"no-penalty-commitment", "mobile-payment-approval", "management-system"};
static const char *const hospital_methods[] = {"Hospital.UploadPrescription",
	"Hospital.RevokePrescription"};
static const char *const pharmacy_methods[] = {"Pharmacy.PullPrescriptions"};
static const char *const requested[] = {"licence"};
static const char *const group[] = {"周组长", "吴组员"};

static struct onboarding_case common(enum application_event event)
{
	struct onboarding_case c = {
		.event = event,
		.at_ms = calendar_at("2026-04-13", 10 * 3600000),
		.dates = {
			.state = APPLICATION_ACCEPTED,
			.submitted_ms = calendar_at("2026-04-13", 9 * 3600000),
			.notice_days = 5,
			.assessment_months = 2,
		},
		.terms = {.months = "1 4 7 10", .lookback_days = 365},
		.may_apply = true,
		.voluntary = true,
		.agreement_in_force = true,
		.may_stand = true,
		.capabilities = "",
		.brought = requested,
		.brought_count = ARRAY_LEN(requested),
		.requested = requested,
		.requested_count = ARRAY_LEN(requested),
		.group = group,
		.group_count = ARRAY_LEN(group),
		.group_form = true,
		.assessor = "周组长",
		.officer = "郑主任",
		.reason = "理由",
		.suggestions = "建议",
		.number = "晋备2026-001",
		.noted_ms = calendar_at("2026-04-13", 9 * 3600000 + 1),
	};

	c.notice_due_ms = onboarding_notice_due(&c.dates, calendar_real());
	return c;
}

/* Every item of the step, passed and proved now. */
static void pass_all(struct onboarding_case *c, struct onboarding_item *items,
	char names[][ONBOARDING_SUBJECT_MAX + 1])
{
	const char *set = c->event == APPLICATION_CHECK ? c->terms.documents :
		c->event == APPLICATION_VERIFY ? c->terms.verification : c->terms.assessment;
	struct slice word;

	for (c->item_count = 0; words_nth(set, c->item_count, &word); c->item_count++) {
		snprintf(names[c->item_count], ONBOARDING_SUBJECT_MAX, "%.*s", (int)word.len, word.data);
		items[c->item_count] =
			(struct onboarding_item){names[c->item_count], true, true, c->at_ms};
	}
	c->items = items;
}

struct onboarding_case case_of_hospital(enum application_event event)
{
	static struct onboarding_licence licence = {"internet-hospital", 0, 0};
	static struct onboarding_item items[16];
	static char names[16][ONBOARDING_SUBJECT_MAX + 1];
	struct onboarding_case c = common(event);

	licence = (struct onboarding_licence){"internet-hospital", calendar_day("2025-01-01"),
		calendar_day("2029-12-31")};
	c.kind = ONBOARDING_HOSPITAL;
	c.has_host = true;
	c.terms.documents = HOSPITAL_DOCUMENTS;
	c.terms.licences = "internet-hospital internet-diagnosis";
	c.terms.verification =
		"code-mapping data-exchange mobile-payment e-receipt settlement-rebuilt";
	c.terms.assessment =
		"licence settlement-connection physicians follow-up-check records-kept other-materials";
	c.terms.conformance =
		"Hospital.UploadPrescription Hospital.RevokePrescription";
	c.licences = &licence;
	c.licence_count = 1;
	c.documents = hospital_documents;
	c.document_count = ARRAY_LEN(hospital_documents);
	c.conformed = hospital_methods;
	c.conformed_count = ARRAY_LEN(hospital_methods);
	pass_all(&c, items, names);
	return c;
}

struct onboarding_case case_of_pharmacy(enum application_event event)
{
	static struct onboarding_licence licence = {"internet-drug", 0, 0};
	static struct onboarding_item items[16];
	static char names[16][ONBOARDING_SUBJECT_MAX + 1];
	struct onboarding_case c = common(event);

	licence = (struct onboarding_licence){"internet-drug", calendar_day("2025-01-01"),
		calendar_day("2029-12-31")};
	c.kind = ONBOARDING_PHARMACY | ONBOARDING_ONLINE;
	c.capabilities = "online-rx online-otc";
	c.terms.documents = PHARMACY_DOCUMENTS;
	c.terms.licences = "internet-drug";
	c.terms.verification = "code-mapping data-exchange inventory mobile-payment";
	c.terms.assessment = "agreement penalties suspensions inventory licence mobile-payment";
	c.terms.conformance = "Pharmacy.PullPrescriptions";
	c.licences = &licence;
	c.licence_count = 1;
	c.documents = pharmacy_documents;
	c.document_count = ARRAY_LEN(pharmacy_documents);
	c.conformed = pharmacy_methods;
	c.conformed_count = ARRAY_LEN(pharmacy_methods);
	pass_all(&c, items, names);
	return c;
}

void case_expect(const struct onboarding_case *c, const char *findings)
{
	struct onboarding_finding found[CASE_FINDINGS_MAX];
	size_t count = onboarding_judge(c, found, CASE_FINDINGS_MAX), at = 0;
	char said[2048] = "";

	assert_true(count <= CASE_FINDINGS_MAX);
	for (size_t i = 0; i < count; i++)
		at += (size_t)snprintf(said + at, sizeof(said) - at, "%s%s%s%s", i > 0 ? " " : "",
			found[i].rule->id, found[i].subject[0] != '\0' ? ":" : "", found[i].subject);
	assert_string_equal(said, findings);
}
