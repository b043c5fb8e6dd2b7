/* Versions of code tables: begun once, loaded in batches, published whole, never changed again. */
#include <stdio.h>
#include <string.h>

#include "rxcirc/v1/codes.pb-c.h"
#include "service/codes/code_message.h"
#include "test/service/scene.h"

enum { ROWS = REGISTRY_BATCH_MAX + 1, VERSION = 4711, PREVIOUS = 4710 };

static const struct method begin_method = {"rxcirc.v1.Codes/BeginCodeVersion",
	begin_code_version_start};
static const struct method put_codes_method = {"rxcirc.v1.Codes/PutCodes", put_codes_start};
static const struct method publish_method = {"rxcirc.v1.Codes/PublishCodeVersion",
	publish_code_version_start};
static const struct method withdraw_method = {"rxcirc.v1.Codes/WithdrawCodeVersion",
	withdraw_code_version_start};

static const uint8_t content[SHA256_LEN] = {7}, other_content[SHA256_LEN] = {8};
static Rxcirc__V1__BeginCodeVersionRequest begin_request;
static Rxcirc__V1__PutCodesRequest put_request;
static Rxcirc__V1__PublishCodeVersionRequest publish_request;
static Rxcirc__V1__WithdrawCodeVersionRequest withdraw_request;
static Rxcirc__V1__Code row[ROWS], *rows[ROWS];
static char codes[ROWS][16];

static void requests_begin(void)
{
	stage_clear();
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	rxcirc__v1__begin_code_version_request__init(&begin_request);
	begin_request.kind = RXCIRC__V1__CODE_KIND__CODE_KIND_DRUG;
	begin_request.label = paper_text("2026-06");
	begin_request.source = paper_text("drugs-2026-06.csv");
	begin_request.rows = 3;
	begin_request.content_sha256 = paper_bytes(content, SHA256_LEN);
	rxcirc__v1__put_codes_request__init(&put_request);
	put_request.version_id = VERSION;
	put_request.kind = RXCIRC__V1__CODE_KIND__CODE_KIND_DRUG;
	put_request.codes = rows;
	put_request.n_codes = 2;
	for (int i = 0; i < ROWS; i++) {
		(void)snprintf(codes[i], sizeof(codes[i]), "X%04d", i);
		rxcirc__v1__code__init(&row[i]);
		row[i].code = codes[i];
		row[i].name = paper_text("药");
		row[i].class_no = 11;
		row[i].dosage_form = paper_text("片剂");
		row[i].specification = paper_text("5mg*7片");
		rows[i] = &row[i];
	}
	rxcirc__v1__publish_code_version_request__init(&publish_request);
	publish_request.version_id = VERSION;
	publish_request.rows = 3;
	publish_request.effective_from_ms = noon_ms + DAY_MS;
	rxcirc__v1__withdraw_code_version_request__init(&withdraw_request);
	withdraw_request.version_id = VERSION;
	withdraw_request.reason = paper_text("错版");
}

static void answer_tail(const char *statement, bool put)
{
	const struct fake_cell cells[] = {FAKE_BOOL(put), FAKE_I64(put)};

	fake_pg_answer(statement, 2, cells, 1);
}

/* ---- begin ---------------------------------------------------------------------------------- */

static int64_t own_id(void)
{
	return code_version_id(CODE_DRUG, "2026-06", slice_of(content, SHA256_LEN));
}

/* What stands under the label: id 0 = nothing. */
static void answer_found(int64_t id, int16_t state, int32_t rows_expected, int64_t rows_there,
	int64_t in_effect)
{
	const struct fake_cell published = FAKE_TIME(noon_ms - 5), not_yet = FAKE_NULL;
	const struct fake_cell cells[] = {FAKE_I64(id), FAKE_I16(state),
		FAKE_BYTES(content, SHA256_LEN), FAKE_I32(rows_expected), FAKE_I64(rows_there),
		state == 2 ? published : not_yet, FAKE_I64(in_effect)};

	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("code_version_find", 7, cells, 1);
}

static const Rxcirc__V1__BeginCodeVersionResponse *begun(bool put)
{
	answer_tail("code_version_begin", put);
	assert_int_equal(stage_call(&begin_method, &begin_request), STATUS_OK);
	return stage_reply(&rxcirc__v1__begin_code_version_response__descriptor);
}

static void a_version_is_begun_with_its_event(void **state)
{
	const Rxcirc__V1__BeginCodeVersionResponse *reply;
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	requests_begin();
	answer_found(0, 0, 0, 0, 0);
	reply = begun(true);
	assert_int_equal(reply->version_id, own_id());
	assert_int_equal(reply->state, RXCIRC__V1__CODE_VERSION_STATE__CODE_VERSION_STATE_LOADING);
	assert_int_equal(reply->rows_there, 0);
	assert_true(reply->first);
	u = fake_pg_last("code_version_begin", &q);
	assert_string_equal(u->lane, "write");
	assert_int_equal(fake_number(u, q, 12), own_id());
	assert_int_equal(fake_number(u, q, 17), 3);
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 6));
	assert_string_equal(leaf->subject, "code-version/drug/2026-06");
}

static void an_import_that_broke_off_finds_its_version_and_goes_on(void **state)
{
	const Rxcirc__V1__BeginCodeVersionResponse *reply;

	(void)state;
	requests_begin();
	answer_found(own_id(), 1, 3, 2, PREVIOUS);
	reply = begun(false);
	assert_int_equal(reply->version_id, own_id());
	assert_int_equal(reply->rows_there, 2);
	assert_false(reply->first);
	stage_clear();
	answer_found(own_id(), 2, 3, 3, own_id());
	reply = begun(false);
	assert_int_equal(reply->state, RXCIRC__V1__CODE_VERSION_STATE__CODE_VERSION_STATE_PUBLISHED);
	assert_int_equal(reply->effective_from_ms, noon_ms - 5);
	assert_false(reply->superseded);
	stage_clear();
	answer_found(own_id(), 2, 3, 3, PREVIOUS);
	assert_true(begun(false)->superseded);
}

static void a_label_stands_for_one_content_for_ever(void **state)
{
	(void)state;
	requests_begin();
	begin_request.content_sha256 = paper_bytes(other_content, SHA256_LEN);
	answer_found(own_id(), 2, 3, 3, own_id());
	assert_int_equal(stage_call(&begin_method, &begin_request), STATUS_REGISTRY_RECORD_INVALID);
	stage_expect_found("FIELD", "label");
	requests_begin();
	begin_request.rows = 4;
	answer_found(own_id(), 1, 3, 2, 0);
	assert_int_equal(stage_call(&begin_method, &begin_request), STATUS_REGISTRY_RECORD_INVALID);
	stage_expect_found("FIELD", "label");
}

static void expect_begin_fault(const char *field)
{
	assert_int_equal(stage_call(&begin_method, &begin_request), STATUS_REGISTRY_RECORD_INVALID);
	stage_expect_found("FIELD", field);
	stage_expect_nothing_sent();
	requests_begin();
}

static void faults_of_a_beginning(void **state)
{
	char longer[CODE_SOURCE_MAX + 2];

	(void)state;
	requests_begin();
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	begin_request.kind = (Rxcirc__V1__CodeKind)0;
	expect_begin_fault("kind");
	begin_request.kind = (Rxcirc__V1__CodeKind)CODE_KINDS;
	expect_begin_fault("kind");
	begin_request.label = paper_text("");
	expect_begin_fault("label");
	begin_request.label = longer;
	expect_begin_fault("label");
	begin_request.source = longer;
	expect_begin_fault("source");
	begin_request.rows = 0;
	expect_begin_fault("rows");
	begin_request.rows = CODE_ROWS_MAX + 1;
	expect_begin_fault("rows");
	begin_request.content_sha256.len = 31;
	expect_begin_fault("content_sha256");
	begin_request.rows = CODE_ROWS_MAX;
	longer[CODE_SOURCE_MAX] = '\0';
	begin_request.source = longer;
	answer_found(0, 0, 0, 0, 0);
	assert_non_null(begun(true));
}

/* ---- put ------------------------------------------------------------------------------------ */

static void answer_codes_put(bool loading, int64_t stored)
{
	const struct fake_cell cells[] = {FAKE_BOOL(loading), FAKE_I64(stored)};

	fake_pg_answer("codes_put", 2, cells, 1);
}

static void a_batch_is_put_unseen(void **state)
{
	const Rxcirc__V1__PutCodesResponse *reply;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	requests_begin();
	answer_codes_put(true, 2);
	assert_int_equal(stage_call(&put_codes_method, &put_request), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__put_codes_response__descriptor);
	assert_int_equal(reply->stored, 2);
	assert_int_equal(fake_pg_sent_count(), 1); /* no version moves, nobody is told */
	u = fake_pg_last("codes_put", &q);
	assert_string_equal(u->lane, "write");
	assert_int_equal(fake_number(u, q, 0), VERSION);
	assert_int_equal(fake_number(u, q, 8), CODE_DRUG);
}

static void a_batch_has_1_to_500_rows(void **state)
{
	(void)state;
	requests_begin();
	put_request.n_codes = REGISTRY_BATCH_MAX;
	answer_codes_put(true, REGISTRY_BATCH_MAX);
	assert_int_equal(stage_call(&put_codes_method, &put_request), STATUS_OK);
	requests_begin();
	put_request.n_codes = REGISTRY_BATCH_MAX + 1;
	assert_int_equal(stage_call(&put_codes_method, &put_request), STATUS_REGISTRY_RECORD_INVALID);
	stage_expect_found("FIELD", "codes");
	put_request.n_codes = 0;
	assert_int_equal(stage_call(&put_codes_method, &put_request), STATUS_REGISTRY_RECORD_INVALID);
	stage_expect_found("FIELD", "codes");
	stage_expect_nothing_sent();
}

/* A published version never changes: what was decided by it can be decided again. */
static void nothing_is_put_into_a_version_that_is_not_being_loaded(void **state)
{
	(void)state;
	requests_begin();
	answer_codes_put(false, 0);
	assert_int_equal(stage_call(&put_codes_method, &put_request), STATUS_REGISTRY_RECORD_INVALID);
	stage_expect_found("FIELD", "version_id");
}

static void expect_row_fault(const char *field)
{
	if (stage_call(&put_codes_method, &put_request) != STATUS_REGISTRY_RECORD_INVALID)
		fail_msg("%s is taken", field);
	stage_expect_found("FIELD", field);
	stage_expect_nothing_sent();
	requests_begin();
}

static void faults_of_rows(void **state)
{
	char longer[CODE_NAME_MAX + 2];

	(void)state;
	requests_begin();
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	row[1].code = paper_text("");
	expect_row_fault("codes[1].code");
	row[1].code = longer;
	expect_row_fault("codes[1].code");
	row[1].code = codes[0];
	expect_row_fault("codes[].code");
	row[1].name = paper_text("");
	expect_row_fault("codes[1].name");
	row[1].name = longer;
	expect_row_fault("codes[1].name");
	row[0].class_no = 10;
	expect_row_fault("codes[0].class_no");
	row[0].class_no = 14;
	expect_row_fault("codes[0].class_no");
	row[0].flags = CODE_CHRONIC;
	expect_row_fault("codes[0].flags");
	row[0].dosage_form = longer;
	expect_row_fault("codes[0].dosage_form");
	row[0].specification = longer;
	expect_row_fault("codes[0].specification");
	row[0].price_e6 = -1;
	expect_row_fault("codes[0].price_e6");
	put_request.version_id = 0;
	expect_row_fault("version_id");
	put_request.kind = (Rxcirc__V1__CodeKind)9;
	expect_row_fault("kind");
	longer[CODE_NAME_MAX] = '\0';
	row[1].name = longer;
	answer_codes_put(true, 2);
	assert_int_equal(stage_call(&put_codes_method, &put_request), STATUS_OK);
}

static void each_kind_holds_what_is_its_own(void **state)
{
	(void)state;
	requests_begin();
	put_request.kind = RXCIRC__V1__CODE_KIND__CODE_KIND_ROUTE;
	expect_row_fault("codes[0].class_no");
	put_request.n_codes = 1;
	put_request.kind = RXCIRC__V1__CODE_KIND__CODE_KIND_DIAGNOSIS;
	row[0].class_no = 3;
	expect_row_fault("codes[0].dosage_form");
	put_request.n_codes = 1;
	put_request.kind = RXCIRC__V1__CODE_KIND__CODE_KIND_CALENDAR;
	row[0].class_no = 2;
	row[0].dosage_form = row[0].specification = paper_text("");
	row[0].code = paper_text("2026-02-29");
	expect_row_fault("codes[0].code");
	put_request.n_codes = 1;
	put_request.kind = RXCIRC__V1__CODE_KIND__CODE_KIND_CALENDAR;
	row[0].class_no = 2;
	row[0].dosage_form = row[0].specification = paper_text("");
	row[0].code = paper_text("2028-02-29");
	answer_codes_put(true, 1);
	assert_int_equal(stage_call(&put_codes_method, &put_request), STATUS_OK);
}

/* ---- publish -------------------------------------------------------------------------------- */

struct weight {
	int16_t state;
	int32_t expected;
	int64_t there, previous, newest_ms, ahead;
	bool taken;
};
static const struct weight good = {1, 3, 3, PREVIOUS, 1000, 0, false};

static void answer_weight(const struct weight *w)
{
	const struct fake_cell none = FAKE_NULL, newest = FAKE_TIME(w->newest_ms);
	const struct fake_cell cells[] = {FAKE_I16(CODE_DRUG), FAKE_TEXT("2026-06"),
		FAKE_I16(w->state), FAKE_I32(w->expected), FAKE_I64(w->there), FAKE_I64(1), FAKE_I64(2),
		FAKE_I64(3), FAKE_I64(w->previous), w->newest_ms == 0 ? none : newest, FAKE_I64(w->ahead),
		FAKE_BOOL(w->taken)};
	const struct fake_cell example[] = {FAKE_TEXT("X1"),
		FAKE_TEXT("X1"), FAKE_TEXT("旧名"), FAKE_I16(11), FAKE_I32(0), FAKE_TEXT(""), FAKE_TEXT(""),
		FAKE_I64(0),
		FAKE_TEXT("X1"), FAKE_TEXT("新名"), FAKE_I16(11), FAKE_I32(0), FAKE_TEXT(""), FAKE_TEXT(""),
		FAKE_I64(5)};

	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("code_version_weigh", 12, cells, 1);
	fake_pg_answer("codes_first_changes", 15, example, 1);
}

static void answer_published(bool put)
{
	const struct fake_cell locked[] = {FAKE_I64(VERSION)};

	fake_pg_answer("code_version_lock", 1, locked, 1);
	answer_tail("code_version_publish", put);
}

static void a_version_is_published_and_says_what_it_changes(void **state)
{
	const Rxcirc__V1__PublishCodeVersionResponse *reply;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	requests_begin();
	answer_weight(&good);
	answer_published(true);
	assert_int_equal(stage_call(&publish_method, &publish_request), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__publish_code_version_response__descriptor);
	assert_int_equal(reply->effective_from_ms, noon_ms + DAY_MS);
	assert_int_equal(reply->previous_version_id, PREVIOUS);
	assert_int_equal(reply->added, 1);
	assert_int_equal(reply->changed, 2);
	assert_int_equal(reply->removed, 3);
	assert_int_equal(reply->n_examples, 1);
	assert_string_equal(reply->examples[0]->before->name, "旧名");
	assert_string_equal(reply->examples[0]->after->name, "新名");
	stage_expect_lane("code_version_weigh", "slow");
	u = fake_pg_last("code_version_publish", &q);
	assert_string_equal(u->lane, "write");
	assert_int_equal(q, 1); /* behind the lock */
	assert_int_equal(fake_time(u, q, 13), noon_ms + DAY_MS);
	assert_int_equal(fake_number(u, q, 18), PREVIOUS);
}

static void expect_publish_fault(const struct weight *w, const char *field)
{
	answer_weight(w);
	if (stage_call(&publish_method, &publish_request) != STATUS_REGISTRY_RECORD_INVALID)
		fail_msg("%s is taken", field);
	stage_expect_found("FIELD", field);
	requests_begin();
}

static void a_version_that_misses_rows_is_not_published(void **state)
{
	struct weight w = good;

	(void)state;
	requests_begin();
	w.there = 2;
	expect_publish_fault(&w, "rows");
	w = good;
	publish_request.rows = 4;
	expect_publish_fault(&w, "rows");
}

static void what_was_published_or_withdrawn_is_not_published_again(void **state)
{
	struct weight w = good;

	(void)state;
	requests_begin();
	w.state = 2;
	expect_publish_fault(&w, "version_id");
	w.state = 3;
	expect_publish_fault(&w, "version_id");
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("code_version_weigh", 12, NULL, 0);
	fake_pg_answer("codes_first_changes", 15, NULL, 0);
	assert_int_equal(stage_call(&publish_method, &publish_request),
		STATUS_REGISTRY_RECORD_INVALID);
	stage_expect_found("FIELD", "version_id");
}

/* A table must not change what was decided already. */
static void no_version_begins_in_the_past(void **state)
{
	struct weight w = good;

	(void)state;
	requests_begin();
	publish_request.effective_from_ms = noon_ms - DAY_MS - 1;
	expect_publish_fault(&w, "effective_from_ms");
	w.newest_ms = noon_ms - 10;
	publish_request.effective_from_ms = noon_ms - 10;
	expect_publish_fault(&w, "effective_from_ms");
	w = good;
	w.taken = true;
	expect_publish_fault(&w, "effective_from_ms");
	w = good;
	publish_request.effective_from_ms = noon_ms - DAY_MS;
	answer_weight(&w);
	answer_published(true);
	assert_int_equal(stage_call(&publish_method, &publish_request), STATUS_OK);
}

static void the_first_version_of_a_kind_may_begin_at_any_time(void **state)
{
	struct weight w = good;

	(void)state;
	requests_begin();
	w.newest_ms = 0;
	w.previous = 0;
	publish_request.effective_from_ms = 1;
	answer_weight(&w);
	answer_published(true);
	assert_int_equal(stage_call(&publish_method, &publish_request), STATUS_OK);
}

static void at_most_two_versions_wait_for_their_moment(void **state)
{
	struct weight w = good;

	(void)state;
	requests_begin();
	w.ahead = CODE_VERSIONS_AHEAD_MAX;
	expect_publish_fault(&w, "effective_from_ms");
	w.ahead = CODE_VERSIONS_AHEAD_MAX - 1;
	answer_weight(&w);
	answer_published(true);
	assert_int_equal(stage_call(&publish_method, &publish_request), STATUS_OK);
	requests_begin();
	w.ahead = CODE_VERSIONS_AHEAD_MAX;
	publish_request.effective_from_ms = 0; /* at once: does not wait */
	answer_weight(&w);
	answer_published(true);
	assert_int_equal(stage_call(&publish_method, &publish_request), STATUS_OK);
}

/* The guard of the write did not hold: weighed and written once more. */
static void a_publication_that_was_overtaken_is_weighed_again(void **state)
{
	(void)state;
	requests_begin();
	answer_weight(&good);
	answer_published(false);
	answer_weight(&good);
	answer_published(true);
	assert_int_equal(stage_call(&publish_method, &publish_request), STATUS_OK);
	assert_int_equal(fake_pg_unused(), 0);
}

/* ---- withdraw ------------------------------------------------------------------------------- */

static enum status_reason withdraw(int16_t version_state, int64_t from_ms)
{
	const struct fake_cell cells[] = {FAKE_I16(CODE_DRUG), FAKE_TEXT("2026-06"),
		FAKE_I16(version_state), FAKE_TIME(from_ms)};

	requests_begin();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("code_version_name", 4, cells, 1);
	answer_tail("code_version_withdraw", true);
	return stage_call(&withdraw_method, &withdraw_request);
}

static void only_what_is_not_in_effect_yet_is_withdrawn(void **state)
{
	(void)state;
	assert_int_equal(withdraw(1, 0), STATUS_OK);
	assert_int_equal(withdraw(2, noon_ms + 1), STATUS_OK);
	assert_int_equal(withdraw(2, noon_ms), STATUS_REGISTRY_RECORD_INVALID);
	stage_expect_found("FIELD", "version_id");
	assert_int_equal(withdraw(3, noon_ms + 1), STATUS_REGISTRY_RECORD_INVALID);
	requests_begin();
	withdraw_request.reason = paper_text("");
	assert_int_equal(stage_call(&withdraw_method, &withdraw_request),
		STATUS_REGISTRY_RECORD_INVALID);
	stage_expect_found("FIELD", "reason");
}

/* ---- what the database says ----------------------------------------------------------------- */

static void a_failing_database_is_told_to_who_puts(void **state)
{
	(void)state;
	requests_begin();
	fake_pg_answer_failure("codes_put", ERR_OUTCOME_UNKNOWN, NULL);
	assert_int_equal(stage_call(&put_codes_method, &put_request), STATUS_OUTCOME_UNKNOWN);
	fake_pg_answer_failure("codes_put", ERR_DB_AWAY, NULL);
	assert_int_equal(stage_call(&put_codes_method, &put_request), STATUS_DATABASE_AWAY);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(a_version_is_begun_with_its_event),
		STAGED(an_import_that_broke_off_finds_its_version_and_goes_on),
		STAGED(a_label_stands_for_one_content_for_ever),
		STAGED(faults_of_a_beginning),
		STAGED(a_batch_is_put_unseen),
		STAGED(a_batch_has_1_to_500_rows),
		STAGED_PROVES(nothing_is_put_into_a_version_that_is_not_being_loaded, "JIN15-4.11a"),
		STAGED(faults_of_rows),
		STAGED(each_kind_holds_what_is_its_own),
		STAGED_PROVES(a_version_is_published_and_says_what_it_changes, "NH123-5.1"),
		STAGED(a_version_that_misses_rows_is_not_published),
		STAGED(what_was_published_or_withdrawn_is_not_published_again),
		STAGED_PROVES(no_version_begins_in_the_past, "TJ2-30"),
		STAGED(the_first_version_of_a_kind_may_begin_at_any_time),
		STAGED(at_most_two_versions_wait_for_their_moment),
		STAGED(a_publication_that_was_overtaken_is_weighed_again),
		STAGED(only_what_is_not_in_effect_yet_is_withdrawn),
		STAGED(a_failing_database_is_told_to_who_puts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("codes", tests, stage_open, stage_close);
}
