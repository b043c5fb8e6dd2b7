/* Reading code tables: pages, differences and the list of versions. */
#include <string.h>

#include "rxcirc/v1/codes.pb-c.h"
#include "test/service/scene.h"

enum { VERSION = 4711, PREVIOUS = 4710 };

static const struct method query_method = {"rxcirc.v1.Codes/QueryCodes", query_codes_start};
static const struct method diff_method = {"rxcirc.v1.Codes/DiffCodeVersions",
	diff_code_versions_start};
static const struct method versions_method = {"rxcirc.v1.Codes/ListCodeVersions",
	list_code_versions_start};

#define CODE_CELLS(code, name) FAKE_TEXT(code), FAKE_TEXT(name), FAKE_I16(11), \
	FAKE_I32(CODE_DUAL_CHANNEL), FAKE_TEXT("片剂"), FAKE_TEXT("5mg"), FAKE_I64(8600000)

static Rxcirc__V1__QueryCodesRequest query_of(void)
{
	Rxcirc__V1__QueryCodesRequest m = RXCIRC__V1__QUERY_CODES_REQUEST__INIT;

	stage_clear();
	m.kind = RXCIRC__V1__CODE_KIND__CODE_KIND_DRUG;
	return m;
}

static void every_page_is_of_the_version_the_first_one_named(void **state)
{
	static const struct fake_cell page[] = {
		FAKE_I64(VERSION), FAKE_TEXT("2026-06"), FAKE_TIME(noon_ms), CODE_CELLS("X1", "一"),
		FAKE_I64(VERSION), FAKE_TEXT("2026-06"), FAKE_TIME(noon_ms), CODE_CELLS("X2", "二")};
	Rxcirc__V1__QueryCodesRequest m = query_of();
	const Rxcirc__V1__QueryCodesResponse *reply;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	stage_as(CALLER_APPLICANT, PHARMACY, HOME_REGION);
	m.at_ms = noon_ms + 5;
	m.page_size = 2;
	fake_pg_answer("codes_query", 10, page, 2);
	assert_int_equal(stage_call(&query_method, &m), STATUS_OK);
	stage_expect_lane("codes_query", "slow");
	reply = stage_reply(&rxcirc__v1__query_codes_response__descriptor);
	assert_int_equal(reply->version_id, VERSION);
	assert_string_equal(reply->label, "2026-06");
	assert_int_equal(reply->n_codes, 2);
	assert_string_equal(reply->codes[1]->name, "二");
	assert_int_equal(reply->codes[1]->price_e6, 8600000);
	m.page_token = reply->next_page_token;
	fake_pg_answer("codes_query", 10, page, 1);
	assert_int_equal(stage_call(&query_method, &m), STATUS_OK);
	u = fake_pg_last("codes_query", &q);
	assert_int_equal(fake_number(u, q, 2), VERSION);
	assert_true(slice_equal(fake_value(u, q, 3), slice_of_text("X2")));
	reply = stage_reply(&rxcirc__v1__query_codes_response__descriptor);
	assert_string_equal(reply->next_page_token, "");
}

static void no_version_then_is_told_and_not_a_failure(void **state)
{
	static const struct fake_cell empty[] = {FAKE_I64(VERSION), FAKE_TEXT("2026-06"),
		FAKE_TIME(5), FAKE_NULL, FAKE_NULL, FAKE_NULL, FAKE_NULL, FAKE_NULL, FAKE_NULL, FAKE_NULL};
	Rxcirc__V1__QueryCodesRequest m = query_of();
	const Rxcirc__V1__QueryCodesResponse *reply;

	(void)state;
	fake_pg_answer("codes_query", 10, NULL, 0);
	assert_int_equal(stage_call(&query_method, &m), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__query_codes_response__descriptor);
	assert_int_equal(reply->version_id, 0);
	stage_clear();
	fake_pg_answer("codes_query", 10, empty, 1);
	assert_int_equal(stage_call(&query_method, &m), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__query_codes_response__descriptor);
	assert_int_equal(reply->version_id, VERSION);
	assert_int_equal(reply->n_codes, 0);
}

static void faults_of_questions(void **state)
{
	static const char *const tokens[] = {"x", "1", "1:", "0:X", ":X", "1234567890123456789:X"};
	Rxcirc__V1__QueryCodesRequest m = query_of();
	Rxcirc__V1__DiffCodeVersionsRequest d = RXCIRC__V1__DIFF_CODE_VERSIONS_REQUEST__INIT;
	Rxcirc__V1__ListCodeVersionsRequest l = RXCIRC__V1__LIST_CODE_VERSIONS_REQUEST__INIT;

	(void)state;
	m.page_size = CODES_PAGE_MAX + 1;
	assert_int_equal(stage_call(&query_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page_size");
	m.page_size = CODES_PAGE_MAX;
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		m.page_token = paper_text(tokens[i]);
		assert_int_equal(stage_call(&query_method, &m), STATUS_FIELD_INVALID);
		stage_expect_found("FIELD", "page_token");
	}
	m.page_token = paper_text("");
	m.kind = (Rxcirc__V1__CodeKind)0;
	assert_int_equal(stage_call(&query_method, &m), STATUS_FIELD_INVALID);
	d.to_version_id = VERSION;
	d.page_size = CODE_CHANGES_PAGE_MAX + 1;
	assert_int_equal(stage_call(&diff_method, &d), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page_size");
	d.page_size = CODE_CHANGES_PAGE_MAX;
	d.page_token = paper_text("5:X"); /* of another version */
	assert_int_equal(stage_call(&diff_method, &d), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page_token");
	d.page_token = paper_text("");
	d.to_version_id = 0;
	assert_int_equal(stage_call(&diff_method, &d), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "to_version_id");
	assert_int_equal(stage_call(&versions_method, &l), STATUS_FIELD_INVALID);
	stage_expect_nothing_sent();
}

static void differences_tell_what_is_new_and_what_is_gone(void **state)
{
	static const struct fake_cell changes[] = {
		FAKE_TEXT("X1"), FAKE_NULL, FAKE_NULL, FAKE_NULL, FAKE_NULL, FAKE_NULL, FAKE_NULL,
		FAKE_NULL, CODE_CELLS("X1", "新"),
		FAKE_TEXT("X2"), CODE_CELLS("X2", "旧"), FAKE_NULL, FAKE_NULL, FAKE_NULL, FAKE_NULL,
		FAKE_NULL, FAKE_NULL, FAKE_NULL};
	Rxcirc__V1__DiffCodeVersionsRequest d = RXCIRC__V1__DIFF_CODE_VERSIONS_REQUEST__INIT;
	const Rxcirc__V1__DiffCodeVersionsResponse *reply;

	(void)state;
	stage_clear();
	d.from_version_id = PREVIOUS;
	d.to_version_id = VERSION;
	d.page_size = 2;
	fake_pg_answer("codes_diff", 15, changes, 2);
	assert_int_equal(stage_call(&diff_method, &d), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__diff_code_versions_response__descriptor);
	assert_int_equal(reply->n_changes, 2);
	assert_null(reply->changes[0]->before);
	assert_string_equal(reply->changes[0]->after->name, "新");
	assert_string_equal(reply->changes[1]->before->name, "旧");
	assert_null(reply->changes[1]->after);
	assert_string_equal(reply->next_page_token, "4711:X2");
}

static void only_officers_see_versions_under_way(void **state)
{
	static const struct fake_cell version[] = {FAKE_I64(VERSION), FAKE_TEXT("2026-06"),
		FAKE_TEXT("file"), FAKE_I16(2), FAKE_I32(3), FAKE_TIME(7), FAKE_TIME(6), FAKE_I32(1),
		FAKE_I32(0), FAKE_I32(0), FAKE_BOOL(true)};
	static const struct {
		enum caller_role role;
		bool sees;
	} callers[] = {{CALLER_HOSPITAL, false}, {CALLER_APPLICANT, false}, {CALLER_CITY_OFFICER, true},
		{CALLER_PROVINCE_OFFICER, true}};
	Rxcirc__V1__ListCodeVersionsRequest l = RXCIRC__V1__LIST_CODE_VERSIONS_REQUEST__INIT;

	(void)state;
	l.kind = RXCIRC__V1__CODE_KIND__CODE_KIND_DRUG;
	for (size_t i = 0; i < sizeof(callers) / sizeof(callers[0]); i++) {
		const Rxcirc__V1__ListCodeVersionsResponse *reply;
		const struct fake_unit *u;
		unsigned q;

		stage_clear();
		stage_as(callers[i].role, OFFICE, "140000");
		fake_pg_answer("code_versions", 11, version, 1);
		assert_int_equal(stage_call(&versions_method, &l), STATUS_OK);
		u = fake_pg_last("code_versions", &q);
		assert_int_equal(fake_value(u, q, 2).data[0], callers[i].sees);
		reply = stage_reply(&rxcirc__v1__list_code_versions_response__descriptor);
		assert_true(reply->versions[0]->in_effect);
		assert_int_equal(reply->versions[0]->effective_from_ms, 7);
	}
}

static void a_failing_database_is_told(void **state)
{
	Rxcirc__V1__QueryCodesRequest m = query_of();
	Rxcirc__V1__ListCodeVersionsRequest l = RXCIRC__V1__LIST_CODE_VERSIONS_REQUEST__INIT;

	(void)state;
	fake_pg_answer_failure("codes_query", ERR_TIMEOUT, NULL);
	assert_int_equal(stage_call(&query_method, &m), STATUS_DEADLINE_EXCEEDED);
	l.kind = RXCIRC__V1__CODE_KIND__CODE_KIND_DRUG;
	fake_pg_answer_failure("code_versions", ERR_DB_AWAY, NULL);
	assert_int_equal(stage_call(&versions_method, &l), STATUS_DATABASE_AWAY);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(every_page_is_of_the_version_the_first_one_named),
		STAGED(no_version_then_is_told_and_not_a_failure),
		STAGED(faults_of_questions),
		STAGED(differences_tell_what_is_new_and_what_is_gone),
		STAGED(only_officers_see_versions_under_way),
		STAGED(a_failing_database_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("codes read", tests, stage_open, stage_close);
}
