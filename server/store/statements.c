/* Every statement, and what must hold before a connection is used. */
#include "store/statements.h"

#include "store/access.h"
#include "store/agreement.h"
#include "store/agreement_list.h"
#include "store/application.h"
#include "store/audit.h"
#include "store/charge.h"
#include "store/code.h"
#include "store/code_version.h"
#include "store/day.h"
#include "store/delivery.h"
#include "store/delivery_gap.h"
#include "store/event.h"
#include "store/export.h"
#include "store/feed.h"
#include "store/fill.h"
#include "store/fill_return.h"
#include "store/housekeeping.h"
#include "store/identity_check.h"
#include "store/log.h"
#include "store/prescription_sql.h"
#include "store/proposal.h"
#include "store/rating.h"
#include "store/registry_page.h"
#include "store/registry_read.h"
#include "store/registry_write.h"
#include "store/rx_change.h"
#include "store/settlement.h"
#include "store/settlement_gap.h"
#include "store/settlement_review.h"
#include "store/shred.h"
#include "store/stock.h"
#include "store/story.h"
#include "store/trace_code.h"

const struct pg_statement *const store_statements[] = {
	&prescription_put_sql, &rx_change_sql, &fill_put_sql, &fill_put_traced_sql, &fill_return_sql,
	&trace_codes_load_sql,
	&prescription_load_sql, &prescriptions_open_sql, &prescriptions_all_sql,
	&documents_load_sql, &documents_open_sql, &documents_all_sql,
	&reply_load_sql, &reply_replay_sql, &reply_put_sql,
	&event_put_sql, &events_put_sql, &voucher_use_sql,
	&trail_by_rx_sql, &trail_by_person_sql, &trail_by_institution_sql,
	&trail_by_practitioner_sql, &trail_by_time_sql,
	&registry_version_sql, &institutions_sql, &certificates_sql, &practitioners_sql,
	&practices_sql, &practitioner_keys_sql, &voucher_keys_sql,
	&region_put_sql, &institution_put_sql, &certificate_put_sql, &practitioner_put_sql,
	&practice_put_sql, &practitioner_key_put_sql, &voucher_key_put_sql, &items_sql,
	&parameters_sql, &person_blocks_sql, &item_put_sql,
	&parameter_put_sql, &person_block_put_sql, &proposal_load_sql, &proposal_put_sql,
	&proposal_use_sql,
	&agreements_sql, &agreement_house_sql, &agreement_party_sql, &agreement_task_sql,
	&agreement_lay_sql, &agreement_known_sql, &agreement_change_sql,
	&agreement_one_sql, &agreement_steps_sql, &agreements_unlaid_sql, &agreements_page_sql,
	&agreement_tasks_sql,
	&application_load_sql, &application_running_sql, &application_submit_sql,
	&application_advance_sql, &application_activate_sql, &application_publish_sql,
	&application_list_sql,
	&codes_put_sql, &codes_page_sql, &codes_query_sql, &codes_diff_sql,
	&codes_first_changes_sql, &code_version_find_sql,
	&code_version_begin_sql, &code_version_weigh_sql, &code_version_name_sql,
	&code_version_lock_sql, &code_version_publish_sql, &code_version_withdraw_sql,
	&code_versions_sql, &code_versions_needed_sql,
	&event_months_sql, &nonces_expire_sql, &events_queue_sql,
	&log_sequence_sql, &log_state_sql, &log_leaves_sql, &log_places_sql,
	&audit_states_sql, &audit_states_of_sql, &audit_log_sql, &audit_unplaced_sql,
	&export_documents_sql, &export_regions_sql,
	&regions_page_sql, &institutions_page_sql, &certificates_page_sql, &practitioners_page_sql,
	&practices_page_sql, &practitioner_keys_page_sql, &voucher_keys_page_sql, &items_page_sql,
	&parameters_page_sql, &person_blocks_page_sql,
	&log_publish_sql, &log_parts_sql, &shred_load_sql, &shred_sql,
	&day_declare_sql, &day_counts_sql, &day_numbers_sql, &identity_check_put_sql,
	&settlement_put_sql, &settlement_reverse_sql, &receipt_put_sql, &settlement_decide_sql,
	&settlements_review_sql, &settlement_gaps_sql, &settlement_gap_counts_sql,
	&charges_declare_sql, &charge_lines_sql, &charge_head_sql,
	&trace_story_sql, &accesses_sql, &rating_load_sql, &rating_put_sql, &ratings_count_sql,
	&feed_sql, &feed_last_sql,
	&delivery_order_sql, &delivery_step_sql, &delivery_gaps_sql,
	&stock_put_sql, &stock_feed_sql, &stock_feeds_sql, &stock_find_sql,
	&story_payments_sql, &story_receipts_sql, &story_steps_sql, &story_legs_sql,
	&story_ratings_sql,
	NULL,
};

#define SCHEMA_VERSION "16"
/* Each is one row of one boolean; the text is what the log quotes when it is not true. */
#define GUARD_PRIMARY "SELECT NOT pg_is_in_recovery()"
#define GUARD_SCHEMA "SELECT max(version) >= " SCHEMA_VERSION " FROM schema_version"
#define GUARD_EVENTS \
	"SELECT NOT has_table_privilege('event', 'UPDATE')" \
	" AND NOT has_table_privilege('event', 'DELETE')"
#define GUARD_NO_SUPERUSER "SELECT NOT rolsuper FROM pg_roles WHERE rolname = current_user"

const char *const store_guards[] = {
	GUARD_PRIMARY,
	GUARD_SCHEMA,
	GUARD_NO_SUPERUSER,
	GUARD_EVENTS,
	"SELECT current_setting('fsync') = 'on'",
	"SELECT current_setting('full_page_writes') = 'on'",
	"SELECT current_setting('data_checksums') = 'on'",
	"SELECT current_setting('data_sync_retry') = 'off'",
	"SELECT current_setting('synchronous_commit') IN ('on', 'remote_apply')",
	NULL,
};

const char *const store_guards_insecure[] = {GUARD_PRIMARY, GUARD_SCHEMA, NULL};
