/* The groups of commands; each in its own file. */
#ifndef CLI_GROUPS_H
#define CLI_GROUPS_H

int keygen_run(int argc, char **argv);
int province_run(int argc, char **argv);
int hospital_run(int argc, char **argv);
int voucher_run(int argc, char **argv);
int pharmacy_run(int argc, char **argv);
int insured_run(int argc, char **argv);
int agency_run(int argc, char **argv);
int application_run(int argc, char **argv);
int rules_run(int argc, char **argv);
int verify_run(int argc, char **argv);

extern const char keygen_help[];
extern const char keygen_help_zh[];
extern const char verify_help[];
extern const char verify_help_zh[];

/* The commands of groups that need more than one file. */
int agency_codes_run(int argc, char **argv);
int province_init_run(int argc, char **argv);
int province_import_run(int argc, char **argv);
int agency_agreement_run(int argc, char **argv);
int hospital_agreement_run(int argc, char **argv);
int pharmacy_agreement_run(int argc, char **argv);
int hospital_check_run(int argc, char **argv);
int hospital_upload_run(int argc, char **argv);
int agency_trail_run(int argc, char **argv);
int agency_export_run(int argc, char **argv);
int agency_audit_run(int argc, char **argv);
int agency_put_run(int argc, char **argv);
int agency_list_run(int argc, char **argv);
int agency_expiring_run(int argc, char **argv);
int agency_revoke_key_run(int argc, char **argv);
int agency_shred_run(int argc, char **argv);
int agency_reconcile_run(int argc, char **argv);
int hospital_service_run(int argc, char **argv);
int hospital_declare_run(int argc, char **argv);
int hospital_reconcile_run(int argc, char **argv);
int hospital_identity_run(int argc, char **argv);
int hospital_import_legacy_run(int argc, char **argv);
int hospital_poll_run(int argc, char **argv);
int hospital_watch_run(int argc, char **argv);
int pharmacy_poll_run(int argc, char **argv);
int pharmacy_watch_run(int argc, char **argv);
int pharmacy_pull_run(int argc, char **argv);
int pharmacy_claim_run(int argc, char **argv);
int pharmacy_renew_run(int argc, char **argv);
int pharmacy_transfer_run(int argc, char **argv);
int pharmacy_release_run(int argc, char **argv);
int pharmacy_review_run(int argc, char **argv);
int pharmacy_dispense_run(int argc, char **argv);
int pharmacy_return_run(int argc, char **argv);
int pharmacy_settle_run(int argc, char **argv);
int hospital_settle_run(int argc, char **argv);
int settlement_reverse_run(int argc, char **argv);
int settlement_receipt_run(int argc, char **argv);
int settlement_appeal_run(int argc, char **argv);
int settlements_run(int argc, char **argv);
int charges_declare_run(int argc, char **argv);
int charges_query_run(int argc, char **argv);
int agency_refuse_run(int argc, char **argv);
int agency_decide_run(int argc, char **argv);
int pharmacy_download_run(int argc, char **argv);
int insured_list_run(int argc, char **argv);
int insured_show_run(int argc, char **argv);
int insured_accesses_run(int argc, char **argv);
int insured_rate_run(int argc, char **argv);
int insured_code_run(int argc, char **argv);
int agency_ratings_run(int argc, char **argv);
int agency_show_run(int argc, char **argv);
int agency_decision_run(int argc, char **argv);
int pharmacy_delivery_run(int argc, char **argv);
int pharmacy_deliveries_run(int argc, char **argv);
int pharmacy_stock_run(int argc, char **argv);
int insured_stock_run(int argc, char **argv);
int hospital_stock_run(int argc, char **argv);
int agency_deliveries_run(int argc, char **argv);
int agency_stock_run(int argc, char **argv);

#endif
