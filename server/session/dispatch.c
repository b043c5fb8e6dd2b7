#include "session/dispatch.h"

#include <string.h>

#include "base/ensure.h"
#include "domain/registry.h"

enum {
	/* One document and its envelope. */
	DOCUMENT_CALL_MAX = (int)DOCUMENT_BODY_MAX + (int)SMALL_BODY_MAX,
	OFFICERS = CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER,
	/* Who asks to come in, or for more: also those not opened yet. */
	APPLICANTS = CALLER_HOSPITAL | CALLER_PHARMACY | CALLER_APPLICANT,
	PARTIES = APPLICANTS | OFFICERS,
	EVERYBODY = OFFICERS | CALLER_HOSPITAL | CALLER_PHARMACY | CALLER_CHANNEL | CALLER_APPLICANT,
	HOSPITAL_OR_APPLICANT = CALLER_HOSPITAL | CALLER_APPLICANT,
	/* Who hands over drugs: retail pharmacies, and hospitals from their own (NT33-N2.3). */
	FILLERS = CALLER_PHARMACY | CALLER_HOSPITAL,
};
static_assert((int)DOCUMENT_CALL_MAX <= (int)UPLOAD_BODY_MAX, "every method's body fits a frame");

#define NO_DUTY 0u
#define ANY_DUTY ((unsigned)DUTIES_ALL)
#define AUDIT DUTY_BIT(DUTY_AUDIT)
#define SYSTEM DUTY_BIT(DUTY_SYSTEM)
/* Each record wants one of them; which, the record's kind says (service/record_check.c). */
#define REGISTRY (DUTY_BIT(DUTY_REGISTRAR) | DUTY_BIT(DUTY_SYSTEM) | DUTY_BIT(DUTY_SECURITY))
#define REGISTRAR DUTY_BIT(DUTY_REGISTRAR)
#define CASES (DUTY_BIT(DUTY_REGISTRAR) | DUTY_BIT(DUTY_AUDIT))
#define MUTATING true
#define READING false
#define SLOW true
#define QUICK false
#define POLLING true
#define STREAM true

const struct dispatch_row dispatch_rows[DISPATCH_METHODS] = {
	{"rxcirc.v1.Hospital/CheckPrescription", CALLER_HOSPITAL, NO_DUTY, UPLOAD_BODY_MAX,
		READING, QUICK, 2, check_prescription_start},
	{"rxcirc.v1.Hospital/UploadPrescription", CALLER_HOSPITAL, NO_DUTY, UPLOAD_BODY_MAX,
		MUTATING, QUICK, 2, upload_prescription_start},
	{"rxcirc.v1.Hospital/RevokePrescription", CALLER_HOSPITAL, NO_DUTY, DOCUMENT_CALL_MAX,
		MUTATING, QUICK, 1, revoke_prescription_start},
	{"rxcirc.v1.Hospital/GetPrescription", CALLER_HOSPITAL, NO_DUTY, SMALL_BODY_MAX,
		READING, QUICK, 1, get_prescription_start, POLLING},
	{"rxcirc.v1.Hospital/PutService", HOSPITAL_OR_APPLICANT, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, put_service_start},
	{"rxcirc.v1.Hospital/DeclareDay", CALLER_HOSPITAL, NO_DUTY, DAY_BODY_MAX,
		MUTATING, QUICK, 1, declare_day_start},
	{"rxcirc.v1.Hospital/ReconcileDay", CALLER_HOSPITAL, NO_DUTY, SMALL_BODY_MAX,
		READING, SLOW, 1, reconcile_day_start, POLLING},
	{"rxcirc.v1.Hospital/ReportIdentityCheck", CALLER_HOSPITAL, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, report_identity_check_start},
	{"rxcirc.v1.Pharmacy/PullPrescriptions", FILLERS, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, pull_prescriptions_start},
	{"rxcirc.v1.Pharmacy/DownloadPrescription", FILLERS, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, download_prescription_start},
	{"rxcirc.v1.Pharmacy/ClaimPrescription", FILLERS, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, claim_prescription_start},
	{"rxcirc.v1.Pharmacy/RenewClaim", FILLERS, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, renew_claim_start},
	{"rxcirc.v1.Pharmacy/TransferClaim", FILLERS, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, transfer_claim_start},
	{"rxcirc.v1.Pharmacy/ReleaseClaim", FILLERS, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, release_claim_start},
	{"rxcirc.v1.Pharmacy/SubmitReview", FILLERS, NO_DUTY, DOCUMENT_CALL_MAX,
		MUTATING, QUICK, 1, submit_review_start},
	{"rxcirc.v1.Pharmacy/DispensePrescription", FILLERS, NO_DUTY, DOCUMENT_CALL_MAX,
		MUTATING, QUICK, 1, dispense_prescription_start},
	{"rxcirc.v1.Pharmacy/ReturnDispensed", FILLERS, NO_DUTY, DOCUMENT_CALL_MAX,
		MUTATING, QUICK, 1, return_dispensed_start},
	{"rxcirc.v1.Pharmacy/ReportSettlement", FILLERS, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, report_settlement_start},
	{"rxcirc.v1.Settlements/ReverseSettlement", FILLERS, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, reverse_settlement_start},
	{"rxcirc.v1.Settlements/ReportReceipt", FILLERS, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, report_receipt_start},
	{"rxcirc.v1.Settlements/DecideSettlement", FILLERS | OFFICERS, CASES, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, decide_settlement_start},
	{"rxcirc.v1.Settlements/DeclareCharges", FILLERS, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, declare_charges_start},
	{"rxcirc.v1.Settlements/QueryCharges", FILLERS | OFFICERS, CASES, SMALL_BODY_MAX,
		READING, SLOW, 1, query_charges_start, POLLING},
	{"rxcirc.v1.Settlements/ReviewSettlements", OFFICERS, CASES, SMALL_BODY_MAX,
		READING, SLOW, 1, review_settlements_start, POLLING},
	{"rxcirc.v1.Settlements/ReconcileSettlements", FILLERS | OFFICERS, CASES, SMALL_BODY_MAX,
		READING, SLOW, 1, reconcile_settlements_start, POLLING},
	{"rxcirc.v1.Hospital/PollPrescriptions", CALLER_HOSPITAL, NO_DUTY, SMALL_BODY_MAX,
		READING, QUICK, 1, poll_prescriptions_start, POLLING},
	{"rxcirc.v1.Hospital/WatchPrescriptions", CALLER_HOSPITAL, NO_DUTY, SMALL_BODY_MAX,
		READING, QUICK, 1, watch_prescriptions_start, POLLING, STREAM},
	{"rxcirc.v1.Pharmacy/PollPrescriptions", CALLER_PHARMACY, NO_DUTY, SMALL_BODY_MAX,
		READING, QUICK, 1, poll_prescriptions_start, POLLING},
	{"rxcirc.v1.Pharmacy/WatchPrescriptions", CALLER_PHARMACY, NO_DUTY, SMALL_BODY_MAX,
		READING, QUICK, 1, watch_prescriptions_start, POLLING, STREAM},
	{"rxcirc.v1.Insured/ListOwnPrescriptions", CALLER_CHANNEL, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, list_own_prescriptions_start},
	{"rxcirc.v1.Insured/ShowOwnPrescription", CALLER_CHANNEL, NO_DUTY, SMALL_BODY_MAX,
		READING, QUICK, 1, show_own_prescription_start},
	{"rxcirc.v1.Insured/ListOwnAccesses", CALLER_CHANNEL, NO_DUTY, SMALL_BODY_MAX,
		READING, SLOW, 1, list_own_accesses_start},
	{"rxcirc.v1.Insured/RateFill", CALLER_CHANNEL, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, rate_fill_start},
	{"rxcirc.v1.Insured/CheckTraceCode", CALLER_CHANNEL, NO_DUTY, SMALL_BODY_MAX,
		READING, QUICK, 1, check_trace_code_start},
	{"rxcirc.v1.Agency/QueryTrail", OFFICERS, AUDIT, SMALL_BODY_MAX,
		READING, SLOW, 1, query_trail_start, POLLING},
	{"rxcirc.v1.Agency/StreamTrail", OFFICERS, AUDIT, SMALL_BODY_MAX,
		READING, QUICK, 1, stream_trail_start, POLLING, STREAM},
	{"rxcirc.v1.Agency/ExportTrail", OFFICERS, AUDIT, SMALL_BODY_MAX,
		READING, SLOW, 2, export_trail_start, POLLING},
	{"rxcirc.v1.Agency/AuditStates", CALLER_PROVINCE_OFFICER, AUDIT, AUDIT_BODY_MAX,
		READING, SLOW, 1, audit_states_start, POLLING},
	{"rxcirc.v1.Agency/AuditEvents", CALLER_PROVINCE_OFFICER, AUDIT, SMALL_BODY_MAX,
		READING, SLOW, 1, audit_events_start, POLLING},
	{"rxcirc.v1.Agency/AuditRegistry", CALLER_PROVINCE_OFFICER, AUDIT, SMALL_BODY_MAX,
		READING, SLOW, 1, audit_registry_start, POLLING},
	{"rxcirc.v1.Agency/ShowPrescription", OFFICERS, AUDIT, SMALL_BODY_MAX,
		READING, SLOW, 1, show_prescription_start, POLLING},
	{"rxcirc.v1.Agency/PutRegistryRecord", CALLER_PROVINCE_OFFICER, REGISTRY, REGISTRY_BODY_MAX,
		MUTATING, QUICK, 2, put_registry_record_start},
	{"rxcirc.v1.Agency/ShredRecords", CALLER_PROVINCE_OFFICER, REGISTRY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, shred_records_start},
	{"rxcirc.v1.Onboarding/SubmitApplication", APPLICANTS, NO_DUTY, APPLICATION_BODY_MAX,
		MUTATING, QUICK, 1, submit_application_start},
	{"rxcirc.v1.Onboarding/AdvanceApplication", PARTIES, REGISTRAR, APPLICATION_BODY_MAX,
		MUTATING, QUICK, 1, advance_application_start},
	{"rxcirc.v1.Onboarding/RecordConformance", APPLICANTS, NO_DUTY, APPLICATION_BODY_MAX,
		MUTATING, QUICK, 16, record_conformance_start},
	{"rxcirc.v1.Onboarding/QueryApplications", PARTIES, CASES, SMALL_BODY_MAX,
		READING, SLOW, 1, query_applications_start, POLLING},
	{"rxcirc.v1.Agreements/DraftAgreement", OFFICERS, REGISTRAR, REGISTRY_BODY_MAX,
		MUTATING, QUICK, 1, draft_agreement_start},
	{"rxcirc.v1.Agreements/EnterAgreement", CALLER_PROVINCE_OFFICER, REGISTRAR, REGISTRY_BODY_MAX,
		MUTATING, QUICK, 1, enter_agreement_start},
	{"rxcirc.v1.Agreements/AdvanceAgreement", PARTIES, REGISTRAR, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, advance_agreement_start},
	{"rxcirc.v1.Agreements/QueryAgreements", PARTIES, NO_DUTY, SMALL_BODY_MAX,
		READING, QUICK, 1, query_agreements_start, POLLING},
	{"rxcirc.v1.Agreements/DecideTask", OFFICERS, REGISTRAR, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, decide_task_start},
	{"rxcirc.v1.Agency/ExplainDecision", OFFICERS, AUDIT, SMALL_BODY_MAX,
		READING, QUICK, 1, explain_decision_start, POLLING},
	{"rxcirc.v1.Directory/ListRules", EVERYBODY, NO_DUTY, SMALL_BODY_MAX,
		READING, QUICK, 1, list_rules_start, POLLING},
	{"rxcirc.v1.Directory/ListParameters", EVERYBODY, NO_DUTY, SMALL_BODY_MAX,
		READING, QUICK, 1, list_parameters_start, POLLING},
	{"rxcirc.v1.Codes/BeginCodeVersion", CALLER_PROVINCE_OFFICER, SYSTEM, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, begin_code_version_start},
	{"rxcirc.v1.Codes/PutCodes", CALLER_PROVINCE_OFFICER, SYSTEM, REGISTRY_BODY_MAX,
		MUTATING, QUICK, 1, put_codes_start},
	{"rxcirc.v1.Codes/PublishCodeVersion", CALLER_PROVINCE_OFFICER, SYSTEM, SMALL_BODY_MAX,
		MUTATING, SLOW, 1, publish_code_version_start},
	{"rxcirc.v1.Codes/WithdrawCodeVersion", CALLER_PROVINCE_OFFICER, SYSTEM, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, withdraw_code_version_start},
	{"rxcirc.v1.Codes/QueryCodes", EVERYBODY, NO_DUTY, SMALL_BODY_MAX,
		READING, SLOW, 1, query_codes_start, POLLING},
	{"rxcirc.v1.Codes/DiffCodeVersions", EVERYBODY, NO_DUTY, SMALL_BODY_MAX,
		READING, SLOW, 1, diff_code_versions_start, POLLING},
	{"rxcirc.v1.Codes/ListCodeVersions", EVERYBODY, NO_DUTY, SMALL_BODY_MAX,
		READING, QUICK, 1, list_code_versions_start, POLLING},
	{"rxcirc.v1.Agency/QueryRegistry", OFFICERS, ANY_DUTY, SMALL_BODY_MAX,
		READING, SLOW, 1, query_registry_start, POLLING},
	{"rxcirc.v1.Agency/ReconcileDay", OFFICERS, CASES, SMALL_BODY_MAX,
		READING, SLOW, 1, reconcile_day_start, POLLING},
	{"rxcirc.v1.Agency/QueryRatings", OFFICERS, CASES, SMALL_BODY_MAX,
		READING, SLOW, 1, query_ratings_start, POLLING},
	{"rxcirc.v1.Pharmacy/ReportDelivery", FILLERS, NO_DUTY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, report_delivery_start},
	{"rxcirc.v1.Pharmacy/ReconcileDeliveries", FILLERS, NO_DUTY, SMALL_BODY_MAX,
		READING, SLOW, 1, reconcile_deliveries_start, POLLING},
	{"rxcirc.v1.Agency/ReconcileDeliveries", OFFICERS, CASES, SMALL_BODY_MAX,
		READING, SLOW, 1, reconcile_deliveries_start, POLLING},
	{"rxcirc.v1.Pharmacy/PutStock", FILLERS, NO_DUTY, STOCK_BODY_MAX,
		MUTATING, QUICK, 2, put_stock_start},
	{"rxcirc.v1.Insured/FindStock", CALLER_CHANNEL, NO_DUTY, STOCK_FIND_BODY_MAX,
		READING, SLOW, 2, find_stock_start},
	{"rxcirc.v1.Hospital/FindStock", CALLER_HOSPITAL, NO_DUTY, STOCK_FIND_BODY_MAX,
		READING, SLOW, 2, find_stock_start, POLLING},
	{"rxcirc.v1.Agency/ListStockFeeds", OFFICERS, CASES, SMALL_BODY_MAX,
		READING, SLOW, 1, list_stock_feeds_start, POLLING},
};

const struct dispatch_row *dispatch_find(const char *method)
{
	for (unsigned i = 0; i < DISPATCH_METHODS; i++)
		if (strcmp(dispatch_rows[i].method, method) == 0)
			return &dispatch_rows[i];
	return NULL;
}

unsigned dispatch_index(const struct dispatch_row *row)
{
	ensure(row >= dispatch_rows && row < dispatch_rows + DISPATCH_METHODS);
	return (unsigned)(row - dispatch_rows);
}
