/* Every row of the table against every role, and every limit a row states. */
#include "desk.h"

#include <string.h>

#include "session/identity.h"
#include "support/tap.h"

/* Who holds which certificate, and the role it gives; 0 = none. */
enum { FILLERS = CALLER_PHARMACY | CALLER_HOSPITAL };

static const struct {
	uint8_t pin;
	unsigned role;
} callers[] = {
	{PIN_HOSPITAL, CALLER_HOSPITAL},
	{PIN_INTERNET_HOSPITAL, CALLER_HOSPITAL},
	{PIN_PHARMACY, CALLER_PHARMACY},
	{PIN_CHANNEL, CALLER_CHANNEL},
	{PIN_AGENCY, 0},
	{PIN_CITY_OFFICER, CALLER_CITY_OFFICER},
	{PIN_PROVINCE_OFFICER, CALLER_PROVINCE_OFFICER},
	{PIN_APPLICANT, CALLER_APPLICANT},
};
static_assert(ARRAY_LEN(callers) == PIN_NR - 1, "every pin of the fake province is tried");

enum {
	ANYBODY = CALLER_HOSPITAL | CALLER_PHARMACY | CALLER_CHANNEL | CALLER_CITY_OFFICER |
		CALLER_PROVINCE_OFFICER | CALLER_APPLICANT,
};

/* Written out once more, independently of the table. */
static const struct {
	const char *method;
	unsigned roles;
	bool mutating;
	service_start start;
} expected[] = {
	{"rxcirc.v1.Hospital/CheckPrescription", CALLER_HOSPITAL, false, check_prescription_start},
	{"rxcirc.v1.Hospital/UploadPrescription", CALLER_HOSPITAL, true, upload_prescription_start},
	{"rxcirc.v1.Hospital/RevokePrescription", CALLER_HOSPITAL, true, revoke_prescription_start},
	{"rxcirc.v1.Hospital/GetPrescription", CALLER_HOSPITAL, false, get_prescription_start},
	{"rxcirc.v1.Hospital/DeclareDay", CALLER_HOSPITAL, true, declare_day_start},
	{"rxcirc.v1.Hospital/ReconcileDay", CALLER_HOSPITAL, false, reconcile_day_start},
	{"rxcirc.v1.Hospital/ReportIdentityCheck", CALLER_HOSPITAL, true,
		report_identity_check_start},
	{"rxcirc.v1.Pharmacy/PullPrescriptions", FILLERS, true, pull_prescriptions_start},
	{"rxcirc.v1.Pharmacy/DownloadPrescription", FILLERS, true, download_prescription_start},
	{"rxcirc.v1.Pharmacy/ClaimPrescription", FILLERS, true, claim_prescription_start},
	{"rxcirc.v1.Pharmacy/RenewClaim", FILLERS, true, renew_claim_start},
	{"rxcirc.v1.Pharmacy/TransferClaim", FILLERS, true, transfer_claim_start},
	{"rxcirc.v1.Pharmacy/ReleaseClaim", FILLERS, true, release_claim_start},
	{"rxcirc.v1.Pharmacy/SubmitReview", FILLERS, true, submit_review_start},
	{"rxcirc.v1.Pharmacy/DispensePrescription", FILLERS, true,
		dispense_prescription_start},
	{"rxcirc.v1.Pharmacy/ReturnDispensed", FILLERS, true, return_dispensed_start},
	{"rxcirc.v1.Pharmacy/ReportSettlement", FILLERS, true, report_settlement_start},
	{"rxcirc.v1.Settlements/ReverseSettlement", FILLERS, true,
		reverse_settlement_start},
	{"rxcirc.v1.Settlements/ReportReceipt", FILLERS, true,
		report_receipt_start},
	{"rxcirc.v1.Settlements/DecideSettlement", FILLERS |
		CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, true, decide_settlement_start},
	{"rxcirc.v1.Settlements/DeclareCharges", FILLERS, true,
		declare_charges_start},
	{"rxcirc.v1.Settlements/QueryCharges", FILLERS |
		CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false, query_charges_start},
	{"rxcirc.v1.Settlements/ReviewSettlements", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER,
		false, review_settlements_start},
	{"rxcirc.v1.Settlements/ReconcileSettlements", FILLERS |
		CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false, reconcile_settlements_start},
	{"rxcirc.v1.Hospital/PollPrescriptions", CALLER_HOSPITAL, false, poll_prescriptions_start},
	{"rxcirc.v1.Hospital/WatchPrescriptions", CALLER_HOSPITAL, false, watch_prescriptions_start},
	{"rxcirc.v1.Pharmacy/PollPrescriptions", CALLER_PHARMACY, false, poll_prescriptions_start},
	{"rxcirc.v1.Pharmacy/WatchPrescriptions", CALLER_PHARMACY, false, watch_prescriptions_start},
	{"rxcirc.v1.Insured/ListOwnPrescriptions", CALLER_CHANNEL, true,
		list_own_prescriptions_start},
	{"rxcirc.v1.Insured/ShowOwnPrescription", CALLER_CHANNEL, false,
		show_own_prescription_start},
	{"rxcirc.v1.Insured/ListOwnAccesses", CALLER_CHANNEL, false, list_own_accesses_start},
	{"rxcirc.v1.Insured/RateFill", CALLER_CHANNEL, true, rate_fill_start},
	{"rxcirc.v1.Insured/CheckTraceCode", CALLER_CHANNEL, false, check_trace_code_start},
	{"rxcirc.v1.Agency/QueryTrail", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false,
		query_trail_start},
	{"rxcirc.v1.Agency/StreamTrail", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false,
		stream_trail_start},
	{"rxcirc.v1.Agency/ExportTrail", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false,
		export_trail_start},
	{"rxcirc.v1.Agency/AuditStates", CALLER_PROVINCE_OFFICER, false, audit_states_start},
	{"rxcirc.v1.Agency/AuditEvents", CALLER_PROVINCE_OFFICER, false, audit_events_start},
	{"rxcirc.v1.Agency/AuditRegistry", CALLER_PROVINCE_OFFICER, false, audit_registry_start},
	{"rxcirc.v1.Agency/ShowPrescription", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false,
		show_prescription_start},
	{"rxcirc.v1.Agency/PutRegistryRecord", CALLER_PROVINCE_OFFICER, true,
		put_registry_record_start},
	{"rxcirc.v1.Agency/ShredRecords", CALLER_PROVINCE_OFFICER, true, shred_records_start},
	{"rxcirc.v1.Onboarding/SubmitApplication",
		CALLER_HOSPITAL | CALLER_PHARMACY | CALLER_APPLICANT, true, submit_application_start},
	{"rxcirc.v1.Onboarding/AdvanceApplication", CALLER_HOSPITAL | CALLER_PHARMACY |
		CALLER_APPLICANT | CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, true,
		advance_application_start},
	{"rxcirc.v1.Onboarding/RecordConformance",
		CALLER_HOSPITAL | CALLER_PHARMACY | CALLER_APPLICANT, true, record_conformance_start},
	{"rxcirc.v1.Onboarding/QueryApplications", CALLER_HOSPITAL | CALLER_PHARMACY |
		CALLER_APPLICANT | CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false,
		query_applications_start},
	{"rxcirc.v1.Agreements/DraftAgreement", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, true,
		draft_agreement_start},
	{"rxcirc.v1.Agreements/EnterAgreement", CALLER_PROVINCE_OFFICER, true,
		enter_agreement_start},
	{"rxcirc.v1.Agreements/AdvanceAgreement", CALLER_HOSPITAL | CALLER_PHARMACY |
		CALLER_APPLICANT | CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, true,
		advance_agreement_start},
	{"rxcirc.v1.Agreements/QueryAgreements", CALLER_HOSPITAL | CALLER_PHARMACY |
		CALLER_APPLICANT | CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false,
		query_agreements_start},
	{"rxcirc.v1.Agreements/DecideTask", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, true,
		decide_task_start},
	{"rxcirc.v1.Agency/ExplainDecision", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false,
		explain_decision_start},
	{"rxcirc.v1.Directory/ListRules", ANYBODY, false, list_rules_start},
	{"rxcirc.v1.Directory/ListParameters", ANYBODY, false, list_parameters_start},
	{"rxcirc.v1.Codes/BeginCodeVersion", CALLER_PROVINCE_OFFICER, true, begin_code_version_start},
	{"rxcirc.v1.Codes/PutCodes", CALLER_PROVINCE_OFFICER, true, put_codes_start},
	{"rxcirc.v1.Codes/PublishCodeVersion", CALLER_PROVINCE_OFFICER, true,
		publish_code_version_start},
	{"rxcirc.v1.Codes/WithdrawCodeVersion", CALLER_PROVINCE_OFFICER, true,
		withdraw_code_version_start},
	{"rxcirc.v1.Codes/QueryCodes", ANYBODY, false, query_codes_start},
	{"rxcirc.v1.Codes/DiffCodeVersions", ANYBODY, false, diff_code_versions_start},
	{"rxcirc.v1.Codes/ListCodeVersions", ANYBODY, false, list_code_versions_start},
	{"rxcirc.v1.Agency/QueryRegistry", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false,
		query_registry_start},
	{"rxcirc.v1.Hospital/PutService", CALLER_HOSPITAL | CALLER_APPLICANT, true,
		put_service_start},
	{"rxcirc.v1.Agency/ReconcileDay", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false,
		reconcile_day_start},
	{"rxcirc.v1.Agency/QueryRatings", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false,
		query_ratings_start},
	{"rxcirc.v1.Pharmacy/ReportDelivery", CALLER_PHARMACY | CALLER_HOSPITAL, true,
		report_delivery_start},
	{"rxcirc.v1.Pharmacy/ReconcileDeliveries", CALLER_PHARMACY | CALLER_HOSPITAL, false,
		reconcile_deliveries_start},
	{"rxcirc.v1.Agency/ReconcileDeliveries", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false,
		reconcile_deliveries_start},
	{"rxcirc.v1.Pharmacy/PutStock", CALLER_PHARMACY | CALLER_HOSPITAL, true, put_stock_start},
	{"rxcirc.v1.Insured/FindStock", CALLER_CHANNEL, false, find_stock_start},
	{"rxcirc.v1.Hospital/FindStock", CALLER_HOSPITAL, false, find_stock_start},
	{"rxcirc.v1.Agency/ListStockFeeds", CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER, false,
		list_stock_feeds_start},
};
static_assert(ARRAY_LEN(expected) == DISPATCH_METHODS, "every method is expected");

static void every_method_of_the_services_has_one_row(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DISPATCH_METHODS; i++) {
		const struct dispatch_row *row = dispatch_find(expected[i].method);

		assert_non_null(row);
		assert_int_equal(row->mutating, expected[i].mutating);
		assert_int_equal(row->roles, expected[i].roles);
		assert_true(row->start == expected[i].start);
		assert_true(row->cost >= 1 && row->cost <= RECEPTION_TURN_COST_MAX);
		assert_true(strlen(row->method) <= METHOD_NAME_MAX);
		assert_true(dispatch_rows[dispatch_index(row)].method == row->method);
	}
	assert_null(dispatch_find(""));
	assert_null(dispatch_find("rxcirc.v1.Hospital/"));
	assert_null(dispatch_find("rxcirc.v1.Hospital/GetPrescriptions"));
}

/* Every method that changes nothing answers a client that asks again and again; only the dry run is
 * part of an upload, and a channel asks for all the persons of the province. */
static void what_reads_has_a_budget_per_day_and_a_watch_is_a_stream(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DISPATCH_METHODS; i++) {
		const struct dispatch_row *row = &dispatch_rows[i];
		bool dry_run = strcmp(row->method, "rxcirc.v1.Hospital/CheckPrescription") == 0;

		assert_int_equal(row->polling, !row->mutating && !dry_run &&
			strstr(row->method, ".Insured/") == NULL);
		assert_int_equal(row->stream, strstr(row->method, "/Watch") != NULL ||
			strstr(row->method, "/Stream") != NULL);
	}
}

static void a_method_is_open_to_its_roles_and_to_no_other(void **state)
{
	(void)state;
	for (unsigned c = 0; c < ARRAY_LEN(callers); c++) {
		struct desk *d = desk_new(callers[c].pin);

		for (unsigned i = 0; i < DISPATCH_METHODS; i++) {
			struct desk_call call = desk_call_of(dispatch_find(expected[i].method), i + 1);

			if ((expected[i].roles & callers[c].role) != 0) {
				desk_expect_start(d, &call);
				assert_true(fake_last_start == expected[i].start);
				fake_finish_all(); /* only so many of the slow ones run beside each other */
			} else {
				desk_expect_refusal(d, &call, callers[c].role == CALLER_APPLICANT ?
					STATUS_INSTITUTION_NOT_OPENED : STATUS_ROLE_NOT_ALLOWED);
			}
		}
		desk_free(d);
	}
}

static uint8_t pin_for(const struct dispatch_row *row)
{
	for (unsigned c = 0; c < ARRAY_LEN(callers); c++)
		if ((row->roles & callers[c].role) != 0)
			return callers[c].pin;
	fail_msg("%s is open to nobody", row->method);
	return 0;
}

static void a_body_at_the_cap_is_taken_and_one_byte_more_is_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DISPATCH_METHODS; i++) {
		const struct dispatch_row *row = &dispatch_rows[i];
		struct desk *d = desk_new(pin_for(row));
		struct desk_call call = desk_call_of(row, 1);

		call.body_len = row->body_len_max;
		desk_expect_start(d, &call);
		assert_int_equal(fake_held[0]->body.len, row->body_len_max);
		call.call_id = 2;
		call.body_len++;
		desk_expect_refusal(d, &call, STATUS_BODY_TOO_LARGE);
		desk_free(d);
	}
}

static void a_changing_call_needs_exactly_sixteen_bytes_of_key(void **state)
{
	static const size_t wrong[] = {0, 1, IDEMPOTENCY_KEY_LEN - 1, IDEMPOTENCY_KEY_LEN + 1};

	(void)state;
	for (unsigned i = 0; i < DISPATCH_METHODS; i++) {
		const struct dispatch_row *row = &dispatch_rows[i];
		struct desk *d = desk_new(pin_for(row));
		struct desk_call call = desk_call_of(row, 1);

		for (unsigned k = 0; row->mutating && k < ARRAY_LEN(wrong); k++) {
			call.key_len = wrong[k];
			desk_expect_refusal(d, &call, STATUS_IDEMPOTENCY_KEY_MISSING);
		}
		if (!row->mutating) {
			call.key_len = IDEMPOTENCY_KEY_LEN;
			desk_expect_refusal(d, &call, STATUS_FIELD_INVALID);
			assert_string_equal(desk_last(d)->field, "idempotency_key");
		}
		call.key_len = row->mutating ? IDEMPOTENCY_KEY_LEN : 0;
		desk_expect_start(d, &call);
		assert_int_equal(fake_held[0]->has_key, row->mutating);
		assert_int_equal(fake_held[0]->idempotency_key[0], row->mutating ? 7 : 0);
		desk_free(d);
	}
}

static void a_method_nobody_knows_is_refused(void **state)
{
	static const char *const names[] = {"", "rxcirc.v1.Hospital/Nothing",
		"rxcirc.v1.hospital/GetPrescription", "/rxcirc.v1.Hospital/GetPrescription",
		"0123456789012345678901234567890123456789012345678901234567890123",
		"01234567890123456789012345678901234567890123456789012345678901234"};
	struct desk *d = desk_new(PIN_HOSPITAL);

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		struct desk_call call = {.call_id = i + 1, .method = names[i]};

		desk_expect_refusal(d, &call, STATUS_METHOD_UNKNOWN);
	}
	assert_int_equal(metric_value(&d->reception->metrics.methods[DISPATCH_METHODS]
				.ended[RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_CALLER]),
		ARRAY_LEN(names));
	desk_free(d);
}

/* Its application, the agreement that concludes it, what it offers, and what anybody may read. */
static bool is_admission(const struct dispatch_row *row)
{
	static const char *const open[] = {".Onboarding/", ".Directory/", ".Codes/QueryCodes",
		".Codes/DiffCodeVersions", ".Codes/ListCodeVersions", ".Agreements/AdvanceAgreement",
		".Agreements/QueryAgreements", ".Hospital/PutService"};

	for (unsigned i = 0; i < ARRAY_LEN(open); i++)
		if (strstr(row->method, open[i]) != NULL)
			return true;
	return false;
}

static void who_is_not_opened_yet_may_apply_and_do_no_business(void **state)
{
	struct desk *d = desk_new(PIN_APPLICANT);

	(void)state;
	for (unsigned i = 0; i < DISPATCH_METHODS; i++) {
		struct desk_call call = desk_call_of(&dispatch_rows[i], i + 1);

		if (is_admission(&dispatch_rows[i]))
			desk_expect_start(d, &call);
		else
			desk_expect_refusal(d, &call, STATUS_INSTITUTION_NOT_OPENED);
	}
	desk_free(d);
}

/* Credentials are the institution's: another supplier is another certificate, registered beside
 * the old one and revoked apart from it, and the institution stays what it is. */
static void another_suppliers_certificate_speaks_for_the_same_institution(void **state)
{
	struct registry *r = fake_registry_province();
	struct caller before, after;
	uint8_t old[SHA256_LEN], new[SHA256_LEN];
	struct certificate *old_one;

	(void)state;
	memset(old, PIN_PHARMACY, sizeof(old));
	memset(new, PIN_UNKNOWN, sizeof(new));
	assert_int_equal(identity_of(r, old, 1, &before), STATUS_OK);
	assert_int_equal(identity_of(r, new, 1, &after), STATUS_CERTIFICATE_NOT_REGISTERED);
	(void)fake_registry_pinned(r, new, before.code);
	assert_int_equal(identity_of(r, new, 1, &after), STATUS_OK);
	assert_string_equal(after.code, before.code);
	assert_int_equal(after.role, before.role);
	old_one = (struct certificate *)(uintptr_t)registry_certificate(r, old);
	old_one->revoked = true;
	assert_int_equal(identity_of(r, old, 1, &before), STATUS_CERTIFICATE_NOT_VALID);
	assert_int_equal(identity_of(r, new, 1, &after), STATUS_OK);
	registry_unref(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_method_of_the_services_has_one_row),
		TEST(what_reads_has_a_budget_per_day_and_a_watch_is_a_stream),
		PROVES(a_method_is_open_to_its_roles_and_to_no_other, "NT33-N4.3"),
		TEST(a_body_at_the_cap_is_taken_and_one_byte_more_is_refused),
		TEST(a_changing_call_needs_exactly_sixteen_bytes_of_key),
		TEST(a_method_nobody_knows_is_refused),
		PROVES(who_is_not_opened_yet_may_apply_and_do_no_business, "JIN15-3.6a"),
		PROVES(another_suppliers_certificate_speaks_for_the_same_institution, "TJ2-14c"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
