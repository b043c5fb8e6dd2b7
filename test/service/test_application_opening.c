/* Activation and publication: what they open, who may, and what two persons are for. */
#include "test/service/dossier.h"

#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"
#include "rxcirc/v1/event.pb-c.h"
#include "rxcirc/v1/registry.pb-c.h"
#include "test/support/calendar.h"

enum { INSTITUTION_PARAM = 21, APPLICANT_PARAM, FILING_PARAM, CAPABILITIES_PARAM,
	VERSION_PARAM };

static void filed(bool pharmacy)
{
	dossier_open();
	if (pharmacy)
		stage_as(CALLER_PHARMACY, PHARMACY, HOME_REGION);
	assert_int_equal(dossier_submit(pharmacy ? dossier_pharmacy() : dossier_hospital()),
		STATUS_OK);
	dossier_to(APPLICATION_FILED);
}

static void expect_text(const struct fake_unit *u, unsigned q, unsigned param, const char *text)
{
	assert_true(slice_equal(fake_value(u, q, param), slice_of_text(text)));
}

static bool holds(struct slice array, const char *word)
{
	return memmem(array.data, array.len, word, strlen(word)) != NULL;
}

static void the_province_opens_the_institution_with_its_activation(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	filed(false);
	dossier_play(APPLICATION_ACTIVATE);
	u = fake_pg_last("application_activate", &q);
	assert_int_equal(u->count, 1); /* one statement does both */
	expect_text(u, q, INSTITUTION_PARAM, HOSPITAL);
	expect_text(u, q, APPLICANT_PARAM, HOSPITAL); /* the host is at work already */
	expect_text(u, q, FILING_PARAM, "晋医保网备〔2026〕12号");
	assert_false(holds(fake_value(u, q, CAPABILITIES_PARAM), "outpatient-pooling"));
	assert_int_equal(dossier.stored->activated_at_ms, stage.now_ms);
}

static void nobody_else_activates(void **state)
{
	act_message_t *m;

	(void)state;
	filed(false);
	m = dossier_request(APPLICATION_ACTIVATE);
	dossier_as_city("郑主任");
	assert_int_equal(dossier_act(m), STATUS_SCOPE_NOT_ALLOWED);
	stage_expect_found("actor", "act");
	assert_string_equal(stage.req.findings[0]->source, "JIN15-3.6a");
	dossier_as_host();
	assert_int_equal(dossier_act(m), STATUS_ROLE_NOT_ALLOWED);
}

static void a_region_may_leave_activation_to_its_office(void **state)
{
	act_message_t *m;

	(void)state;
	filed(false);
	(void)province_parameter(&stage.province, "140100", "activation-owner", "city");
	dossier_rebuild();
	m = dossier_request(APPLICATION_ACTIVATE);
	dossier_as_province("钱处长");
	assert_int_equal(dossier_act(m), STATUS_SCOPE_NOT_ALLOWED);
	dossier_as_city("郑主任");
	assert_int_equal(dossier_act(m), STATUS_OK);
}

static void a_connected_pharmacy_may_fill_and_sells_online_what_it_asked_for(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	filed(true);
	dossier_play(APPLICATION_ACTIVATE);
	u = fake_pg_last("application_activate", &q);
	assert_true(holds(fake_value(u, q, CAPABILITIES_PARAM), "outpatient-pooling"));
	assert_true(holds(fake_value(u, q, CAPABILITIES_PARAM), "online-rx"));
	assert_false(holds(fake_value(u, q, CAPABILITIES_PARAM), "online-otc"));
}

static void mere_connection_needs_no_licence_and_no_penalty_check(void **state)
{
	Rxcirc__V1__SubmitApplicationRequest *m;
	const struct fake_unit *u;
	struct item *penalty;
	unsigned q;

	(void)state;
	dossier_open();
	stage.province.item_count = 0;
	penalty = province_item(&stage.province, PHARMACY, ITEM_PENALTY, "health");
	penalty->from_ms = calendar_at("2026-04-01", 0);
	dossier_rebuild();
	stage_as(CALLER_PHARMACY, PHARMACY, HOME_REGION);
	m = dossier_pharmacy();
	m->n_capabilities = 0;
	assert_int_equal(dossier_submit(m), STATUS_OK);
	dossier_to(APPLICATION_ACTIVATED);
	u = fake_pg_last("application_activate", &q);
	assert_true(holds(fake_value(u, q, CAPABILITIES_PARAM), "outpatient-pooling"));
	assert_false(holds(fake_value(u, q, CAPABILITIES_PARAM), "online-rx"));
}

static void nothing_opens_before_the_hosts_agreement(void **state)
{
	Rxcirc__V1__SubmitApplicationRequest *m;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	dossier_open();
	province_place(&stage.province, HOST)->status = INSTITUTION_APPLYING;
	stage.province.agreement_count = 0;
	dossier_rebuild();
	stage_as(CALLER_APPLICANT, HOST, HOME_REGION);
	m = dossier_hospital();
	m->combined = true;
	assert_int_equal(dossier_submit(m), STATUS_OK);
	dossier_to(APPLICATION_ASSESSED);
	dossier_play(APPLICATION_NOTE_AGREEMENT);
	dossier_to(APPLICATION_FILED);
	dossier.stored->agreement_at_ms = 0;
	dossier_restore();
	dossier_as_province("钱处长");
	assert_int_equal(dossier_act(dossier_request(APPLICATION_ACTIVATE)),
		STATUS_APPLICATION_REFUSED);
	stage_expect_found("designation", "institution_code");
	dossier.stored->agreement_at_ms = stage.now_ms;
	dossier_restore();
	assert_int_equal(dossier_act(dossier_request(APPLICATION_ACTIVATE)), STATUS_OK);
	u = fake_pg_last("application_activate", &q);
	expect_text(u, q, APPLICANT_PARAM, HOST); /* both open together */
}

static void who_is_closed_is_not_opened(void **state)
{
	(void)state;
	filed(false);
	province_place(&stage.province, HOSPITAL)->status = INSTITUTION_CLOSED;
	dossier_rebuild();
	dossier_as_province("钱处长");
	assert_int_equal(dossier_act(dossier_request(APPLICATION_ACTIVATE)),
		STATUS_APPLICATION_REFUSED);
	stage_expect_found("standing", "institution_code");
}

static void the_province_publishes_in_the_same_statement(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	filed(false);
	dossier_play(APPLICATION_ACTIVATE);
	dossier_as_city("郑主任");
	assert_int_equal(dossier_act(dossier_request(APPLICATION_PUBLISH)),
		STATUS_SCOPE_NOT_ALLOWED);
	dossier_play(APPLICATION_PUBLISH);
	u = fake_pg_last("application_publish", &q);
	expect_text(u, q, INSTITUTION_PARAM, HOSPITAL);
	assert_true(fake_pg_last("application_publish", &q)->queries[q].param[15].is_null);
}

/* ---- what the event says of the registry ---------------------------------------------------- */

static const Rxcirc__V1__EventLeaf *leaf_of(const char *statement, int64_t seen,
	unsigned seen_param)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last(statement, &q);

	assert_int_equal(fake_number(u, q, seen_param), seen);
	return stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 6));
}

/* The record with the digest of that institution, as an officer will be shown it. */
static void expect_institution(const Rxcirc__V1__RecordDigest *said, const char *code,
	const char *filing_no, bool published)
{
	const struct institution *i = province_place(&stage.province, code);
	Rxcirc__V1__RegistryRecord record = RXCIRC__V1__REGISTRY_RECORD__INIT;
	Rxcirc__V1__Institution m = RXCIRC__V1__INSTITUTION__INIT;
	uint8_t bytes[2048], hash[SHA256_LEN];

	m.code = paper_text(i->code);
	m.name = paper_text(i->name);
	m.kind = (Rxcirc__V1__InstitutionKind)i->kind;
	m.status = RXCIRC__V1__INSTITUTION_STATUS__INSTITUTION_STATUS_ACTIVE;
	m.region = paper_text(i->region);
	m.host_code = paper_text(i->host_code);
	m.chain_code = paper_text(i->chain_code);
	m.filing_no = paper_text(filing_no == NULL ? i->filing_no : filing_no);
	m.address = paper_text(i->address);
	m.non_public = i->non_public;
	m.published = published;
	record.record_case = RXCIRC__V1__REGISTRY_RECORD__RECORD_INSTITUTION;
	record.institution = &m;
	digest_sha256(hash, slice_of(bytes, rxcirc__v1__registry_record__pack(&record, bytes)));
	assert_memory_equal(said->subject, "institution/", 12);
	assert_string_equal(said->subject + 12, code);
	assert_memory_equal(said->record_sha256.data, hash, SHA256_LEN);
}

static void the_event_says_how_the_registry_stands_since(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;

	(void)state;
	filed(true);
	province_place(&stage.province, PHARMACY)->status = INSTITUTION_APPLYING;
	dossier_rebuild();
	dossier_play(APPLICATION_ACTIVATE);
	leaf = leaf_of("application_activate", 1, VERSION_PARAM);
	assert_int_equal(leaf->n_records, 3); /* it, and what it may do from now on */
	expect_institution(leaf->records[0], PHARMACY, dossier.stored->filing_no, false);
	for (unsigned i = 1; i < 3; i++) {
		assert_memory_equal(leaf->records[i]->subject, "item/" PHARMACY "/5/", 20);
		assert_int_equal(leaf->records[i]->record_sha256.len, SHA256_LEN);
	}
	assert_int_equal(leaf->record_sha256.len, 0);
	dossier_play(APPLICATION_PUBLISH);
	leaf = leaf_of("application_publish", 1, INSTITUTION_PARAM + 1);
	assert_int_equal(leaf->n_records, 1);
	assert_memory_equal(leaf->records[0]->subject, "institution/" PHARMACY, 24);
}

/* Where the region wants two persons, the first one's call is a proposal. */
static void two_officers_activate_where_the_region_wants_it(void **state)
{
	static const struct fake_cell yes[] = {FAKE_BOOL(true), FAKE_I64(1)};
	const Rxcirc__V1__AdvanceApplicationResponse *reply;
	struct fake_cell proposal[] = {FAKE_TEXT(OFFICE), FAKE_TEXT("钱处长"), FAKE_TIME(0),
		FAKE_BOOL(false)};
	struct fake_cell body[1];
	act_message_t *m;

	(void)state;
	filed(false);
	(void)province_parameter(&stage.province, "140000", "two-person", "activation");
	dossier_rebuild();
	body[0] = fake_bytes(dossier.body);
	dossier_as_province("钱处长");
	m = dossier_request(APPLICATION_ACTIVATE);
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("application_load", 1, body, 1);
	fake_pg_answer("proposal_put", 2, yes, 1);
	assert_int_equal(stage_call(&advance_method, m), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__advance_application_response__descriptor);
	assert_true(reply->awaits_second_officer);
	assert_null(reply->application);
	for (unsigned second = 0; second < 2; second++) {
		stage_clear();
		fake_pg_reset();
		proposal[2] = (struct fake_cell)FAKE_TIME(stage.now_ms - HOUR_MS);
		fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
		fake_pg_answer("proposal_load", 4, proposal, 1);
		fake_pg_answer("application_load", 1, body, 1);
		dossier_as_province(second ? "孙处长" : "钱处长");
		if (second) {
			fake_pg_answer("application_activate", 2, yes, 1);
			fake_pg_answer_affected("proposal_use", 1);
		}
		assert_int_equal(stage_call(&advance_method, m),
			second ? STATUS_OK : STATUS_SELF_APPROVAL);
	}
	reply = stage_reply(&rxcirc__v1__advance_application_response__descriptor);
	assert_int_equal(reply->application->state, APPLICATION_ACTIVATED);
}

static void list_of(const Rxcirc__V1__QueryApplicationsRequest *m, enum status_reason expected)
{
	const struct fake_cell rows[] = {fake_bytes(dossier.summary)};

	stage_clear();
	fake_pg_answer("application_list", 1, rows, 1);
	assert_int_equal(stage_call(&query_method, m), expected);
}

static void lists_show_each_their_own(void **state)
{
	Rxcirc__V1__QueryApplicationsRequest m = RXCIRC__V1__QUERY_APPLICATIONS_REQUEST__INIT;
	const Rxcirc__V1__QueryApplicationsResponse *reply;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	dossier_open();
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
	m.overdue_at_ms = noon_ms;
	m.page_size = 1;
	list_of(&m, STATUS_OK);
	u = fake_pg_last("application_list", &q);
	assert_string_equal(u->lane, "slow");
	expect_text(u, q, 0, "");
	expect_text(u, q, 1, HOST);
	assert_int_equal(fake_time(u, q, 4), noon_ms);
	assert_int_equal(fake_number(u, q, 6), 2); /* one more, to know whether there is more */
	reply = stage_reply(&rxcirc__v1__query_applications_response__descriptor);
	assert_int_equal(reply->n_applications, 1);
	assert_string_equal(reply->applications[0]->id, dossier.stored->id);
	assert_int_equal(reply->n_closed_quarters, 0);
	dossier_as_city("周组长");
	m.overdue_at_ms = 0;
	m.state = RXCIRC__V1__APPLICATION_STATE__APPLICATION_STATE_ACCEPTED;
	m.region = paper_text("1401");
	list_of(&m, STATUS_OK);
	u = fake_pg_last("application_list", &q);
	expect_text(u, q, 0, CITY_OFFICE);
	expect_text(u, q, 1, "");
	expect_text(u, q, 2, "1401");
	assert_int_equal(fake_number(u, q, 3), 1);
	assert_true(u->queries[q].param[4].is_null);
	dossier_as_province("钱处长");
	list_of(&m, STATUS_OK);
	expect_text(fake_pg_last("application_list", &q), q, 0, "");
}

static void a_query_of_the_wrong_form_is_refused(void **state)
{
	Rxcirc__V1__QueryApplicationsRequest m = RXCIRC__V1__QUERY_APPLICATIONS_REQUEST__INIT;

	(void)state;
	dossier_open();
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
	m.page_size = APPLICATION_PAGE_MAX;
	list_of(&m, STATUS_OK);
	m.page_size++;
	list_of(&m, STATUS_FIELD_INVALID);
	m.page_size = 0;
	m.region = paper_text("140");
	list_of(&m, STATUS_FIELD_INVALID);
	m.region = paper_text("");
	m.state = (Rxcirc__V1__ApplicationState)12;
	list_of(&m, STATUS_FIELD_INVALID);
	m.state = (Rxcirc__V1__ApplicationState)0;
	m.overdue_at_ms = INT64_MAX;
	list_of(&m, STATUS_FIELD_INVALID);
	m.overdue_at_ms = 0;
	m.after_id = paper_text("AP-1");
	list_of(&m, STATUS_FIELD_INVALID);
}

static enum status_reason look(void)
{
	Rxcirc__V1__QueryApplicationsRequest m = RXCIRC__V1__QUERY_APPLICATIONS_REQUEST__INIT;
	const struct fake_cell stored[] = {fake_bytes(dossier.body)};

	m.application_id = dossier.stored->id;
	stage_clear();
	fake_pg_answer("application_load", 1, stored, 1);
	return stage_call(&query_method, &m);
}

/* The applicant reads what it was told: reasons and suggestions among it. */
static void the_whole_file_is_seen_by_its_parties_only(void **state)
{
	const Rxcirc__V1__QueryApplicationsResponse *reply;

	(void)state;
	dossier_open();
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
	dossier_play(APPLICATION_FAIL);
	dossier_as_host();
	assert_int_equal(look(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__query_applications_response__descriptor);
	assert_string_equal(reply->applications[0]->fail_reason, "医师名单与执业注册不一致");
	assert_string_equal(reply->applications[0]->fail_suggestions, "核实后重新申请");
	assert_int_equal(reply->applications[0]->n_documents, 4);
	stage_as(CALLER_APPLICANT, HOSPITAL, HOME_REGION);
	assert_int_equal(look(), STATUS_OK);
	dossier_as_city("周组长");
	assert_int_equal(look(), STATUS_OK);
	dossier_as_province("钱处长");
	assert_int_equal(look(), STATUS_OK);
	stage_as(CALLER_CITY_OFFICER, "A14020000000", "140200");
	assert_int_equal(look(), STATUS_APPLICATION_NOT_FOUND);
	stage_as(CALLER_PHARMACY, PHARMACY, HOME_REGION);
	assert_int_equal(look(), STATUS_APPLICATION_NOT_FOUND);
}

static void officers_are_warned_of_a_quarter_without_a_window(void **state)
{
	Rxcirc__V1__QueryApplicationsRequest m = RXCIRC__V1__QUERY_APPLICATIONS_REQUEST__INIT;
	const Rxcirc__V1__QueryApplicationsResponse *reply;

	(void)state;
	dossier_open();
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
	(void)province_parameter(&stage.province, "140100", "application-months", "1 4 10");
	(void)province_parameter(&stage.province, "140200", "application-months", "1");
	dossier_rebuild();
	dossier_as_city("周组长");
	list_of(&m, STATUS_OK);
	reply = stage_reply(&rxcirc__v1__query_applications_response__descriptor);
	assert_int_equal(reply->n_closed_quarters, 1); /* Datong is another office's */
	assert_string_equal(reply->closed_quarters[0], HOME_REGION " Q3");
	dossier_as_province("钱处长");
	list_of(&m, STATUS_OK);
	reply = stage_reply(&rxcirc__v1__query_applications_response__descriptor);
	assert_int_equal(reply->n_closed_quarters, 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(the_province_opens_the_institution_with_its_activation, "JIN15-3.6a"),
		STAGED_PROVES(nobody_else_activates, "JIN15-3.6a"),
		STAGED(a_region_may_leave_activation_to_its_office),
		STAGED_PROVES(a_connected_pharmacy_may_fill_and_sells_online_what_it_asked_for,
			"JIN15-2.0a JIN15-2.0b"),
		STAGED_PROVES(mere_connection_needs_no_licence_and_no_penalty_check, "JIN15-2.0a"),
		STAGED_PROVES(nothing_opens_before_the_hosts_agreement, "SX15-2.2"),
		STAGED(who_is_closed_is_not_opened),
		STAGED(the_province_publishes_in_the_same_statement),
		STAGED(the_event_says_how_the_registry_stands_since),
		STAGED(two_officers_activate_where_the_region_wants_it),
		STAGED_PROVES(lists_show_each_their_own, "JIN15-3.1a JIN15-3.8b"),
		STAGED(a_query_of_the_wrong_form_is_refused),
		STAGED_PROVES(the_whole_file_is_seen_by_its_parties_only, "TJ2-9c"),
		STAGED_PROVES(officers_are_warned_of_a_quarter_without_a_window, "JIN15-3.8a"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("application_opening", tests, stage_open, stage_close);
}
