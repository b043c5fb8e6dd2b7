/* Every request kind's way in.  One file per kind; dispatch.c holds the rows that lead here. */
#ifndef SERVICE_SERVICES_H
#define SERVICE_SERVICES_H

#include "request/request.h"

/* Runs the request; finished() may be called before it returns (a refusal), or later. */
typedef void (*service_start)(struct request *req);

void check_prescription_start(struct request *req);
void upload_prescription_start(struct request *req);
void revoke_prescription_start(struct request *req);
void get_prescription_start(struct request *req);
void pull_prescriptions_start(struct request *req);
void claim_prescription_start(struct request *req);
void renew_claim_start(struct request *req);
void transfer_claim_start(struct request *req);
void release_claim_start(struct request *req);
void submit_review_start(struct request *req);
void dispense_prescription_start(struct request *req);
void return_dispensed_start(struct request *req);
void list_own_prescriptions_start(struct request *req);
void query_trail_start(struct request *req);
void stream_trail_start(struct request *req); /* the same; a stream */
void export_trail_start(struct request *req);
void audit_states_start(struct request *req);
void audit_events_start(struct request *req);
void audit_registry_start(struct request *req);
void show_prescription_start(struct request *req);
void put_registry_record_start(struct request *req);
void shred_records_start(struct request *req);
void submit_application_start(struct request *req);
void advance_application_start(struct request *req);
void record_conformance_start(struct request *req);
void query_applications_start(struct request *req);
void draft_agreement_start(struct request *req);
void enter_agreement_start(struct request *req);
void advance_agreement_start(struct request *req);
void query_agreements_start(struct request *req);
void decide_task_start(struct request *req);
void explain_decision_start(struct request *req);
void list_rules_start(struct request *req);
void list_parameters_start(struct request *req);
void begin_code_version_start(struct request *req);
void put_codes_start(struct request *req);
void publish_code_version_start(struct request *req);
void withdraw_code_version_start(struct request *req);
void query_codes_start(struct request *req);
void diff_code_versions_start(struct request *req);
void list_code_versions_start(struct request *req);
void query_registry_start(struct request *req);
void put_service_start(struct request *req);
void declare_day_start(struct request *req);
void reconcile_day_start(struct request *req); /* the hospital's and the agency's */
void report_identity_check_start(struct request *req);
void report_settlement_start(struct request *req);
void reverse_settlement_start(struct request *req);
void report_receipt_start(struct request *req);
void decide_settlement_start(struct request *req);
void declare_charges_start(struct request *req);
void query_charges_start(struct request *req);
void review_settlements_start(struct request *req);
void reconcile_settlements_start(struct request *req);
void download_prescription_start(struct request *req);
void show_own_prescription_start(struct request *req);
void list_own_accesses_start(struct request *req);
void rate_fill_start(struct request *req);
void check_trace_code_start(struct request *req);
void query_ratings_start(struct request *req);
void poll_prescriptions_start(struct request *req);  /* hospitals and pharmacies */
void watch_prescriptions_start(struct request *req); /* the same; a stream */
void report_delivery_start(struct request *req);
void reconcile_deliveries_start(struct request *req); /* the institution's and the agency's */
void put_stock_start(struct request *req);
void find_stock_start(struct request *req); /* a channel's and a hospital's */
void list_stock_feeds_start(struct request *req);

#endif
