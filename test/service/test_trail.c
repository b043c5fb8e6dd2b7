/* Reading the trail: recorded before told, by one subject, inside one's scope, page by page. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"
#include "rxcirc/v1/agency.pb-c.h"

static Rxcirc__V1__QueryTrailRequest m;
static const uint8_t rx_id[RX_ID_LEN] = {0x12, 0x34, 9};

static void begin(void)
{
	rxcirc__v1__query_trail_request__init(&m);
	m.purpose = paper_text("投诉核查 2026-17");
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	stage_clear();
}

enum { COLUMNS = 5 };

static uint8_t leaf_bytes[64 * 1024];

/* A page of so many events with leaves of so many bytes; all but the first have a place. */
static void answer_page(const char *statement, unsigned rows, size_t leaf_len)
{
	struct fake_cell *cells = papers_alloc((rows + 1) * COLUMNS * sizeof(*cells));
	uint8_t (*ids)[EVENT_ID_LEN] = papers_alloc((rows + 1) * sizeof(*ids));

	for (unsigned i = 0; i < rows; i++) {
		memset(ids[i], (int)i, EVENT_ID_LEN);
		cells[COLUMNS * i] = (struct fake_cell)FAKE_TIME(noon_ms - 1000 + i);
		cells[COLUMNS * i + 1] = (struct fake_cell)FAKE_BYTES(ids[i], EVENT_ID_LEN);
		cells[COLUMNS * i + 2] = (struct fake_cell)FAKE_BYTES(leaf_bytes, leaf_len);
		cells[COLUMNS * i + 3] = (struct fake_cell)FAKE_BYTES(leaf_bytes, SHA256_LEN);
		cells[COLUMNS * i + 4] = (struct fake_cell)FAKE_I64(i == 0 ? 0 : 100 + i);
	}
	promise_answer_event();
	fake_pg_answer(statement, COLUMNS, cells, rows);
}

static enum status_reason ask(void)
{
	return stage_call(&trail_method, &m);
}

static const Rxcirc__V1__QueryTrailResponse *page_of(const char *statement, unsigned rows,
	size_t leaf_len)
{
	stage_clear();
	answer_page(statement, rows, leaf_len);
	if (ask() != STATUS_OK)
		fail_msg("%s", status_row_of(stage.req.status)->reason);
	assert_int_equal(fake_pg_unused(), 0);
	return stage_reply(&rxcirc__v1__query_trail_response__descriptor);
}

static const struct fake_unit *page_unit(const char *statement)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last(statement, &q);

	assert_string_equal(u->lane, "slow");
	assert_int_equal(q, 0);
	return u;
}

static void a_page_is_told_oldest_first_as_it_was_stored(void **state)
{
	const Rxcirc__V1__QueryTrailResponse *reply;

	(void)state;
	begin();
	reply = page_of("trail_by_time", 3, 100);
	assert_int_equal(reply->n_events, 3);
	assert_int_equal(reply->events[2]->leaf.len, 100);
	assert_int_equal(reply->events[2]->leaf_hash.len, SHA256_LEN);
	assert_int_equal(reply->events[0]->place, 0); /* its turn has not come */
	assert_int_equal(reply->events[2]->place, 102);
	assert_int_equal(reply->next_page_token.len, 0);
}

static void the_read_is_recorded_first_with_its_purpose(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;

	(void)state;
	begin();
	m.rx_id = paper_bytes(rx_id, sizeof(rx_id));
	(void)page_of("trail_by_rx", 0, 0);
	u = fake_pg_sent(0);
	assert_string_equal(u->lane, "write");
	assert_string_equal(u->queries[0].statement, "event_put");
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, 0, 10));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ);
	assert_string_equal(leaf->reason, "投诉核查 2026-17");
	assert_memory_equal(leaf->rx_id.data, rx_id, RX_ID_LEN);
	assert_string_equal(leaf->institution_code, OFFICE);
}

static void what_could_not_be_recorded_is_not_read(void **state)
{
	static const struct {
		int err;
		enum status_reason reason;
	} ends[] = {
		{ERR_DB_AWAY, STATUS_DATABASE_AWAY}, {ERR_OUTCOME_UNKNOWN, STATUS_OUTCOME_UNKNOWN},
		{ERR_TIMEOUT, STATUS_DEADLINE_EXCEEDED}, {ERR_FULL, STATUS_BUSY},
		{ERR_DB_CONFLICT, STATUS_CONTENDED}, {ERR_DB_REFUSED, STATUS_INTERNAL},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		begin();
		fake_pg_answer_failure("event_put", ends[i].err, NULL);
		assert_int_equal(ask(), ends[i].reason);
		assert_int_equal(fake_pg_sent_count(), 1);
		stage_clear();
		promise_answer_event();
		fake_pg_answer_failure("trail_by_time", ends[i].err, NULL);
		assert_int_equal(ask(), ends[i].reason);
	}
}

static void each_subject_has_its_statement(void **state)
{
	uint8_t person[PERSON_KEY_LEN];

	(void)state;
	begin();
	m.rx_id = paper_bytes(rx_id, sizeof(rx_id));
	(void)page_of("trail_by_rx", 0, 0);
	assert_int_equal(fake_number(page_unit("trail_by_rx"), 0, 6), 0x1234);
	assert_true(slice_equal(fake_value(page_unit("trail_by_rx"), 0, 7), slice_of(rx_id, 16)));
	begin();
	m.voucher_id = paper_text(" 140100-ev-6f1d2a");
	(void)page_of("trail_by_person", 0, 0);
	digest_person(person, stage.keys, PERSON);
	assert_true(slice_equal(fake_value(page_unit("trail_by_person"), 0, 7),
		slice_of(person, sizeof(person))));
	assert_true(slice_equal(fake_value(fake_pg_sent(0), 0, 5), slice_of(person, sizeof(person))));
	begin();
	m.institution_code = paper_text(PHARMACY);
	(void)page_of("trail_by_institution", 0, 0);
	assert_true(slice_equal(fake_value(page_unit("trail_by_institution"), 0, 6),
		slice_of_text(PHARMACY)));
	begin();
	m.practitioner_code = paper_text("D140105003217");
	(void)page_of("trail_by_practitioner", 0, 0);
	assert_true(slice_equal(fake_value(page_unit("trail_by_practitioner"), 0, 6),
		slice_of_text("D140105003217")));
}

/* The kind goes with whoever is asked about, and stands last in every statement. */
static void a_kind_narrows_whatever_is_asked(void **state)
{
	(void)state;
	begin();
	(void)page_of("trail_by_time", 0, 0);
	assert_int_equal(fake_number(page_unit("trail_by_time"), 0, 6), 0);
	m.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_DISPENSED;
	(void)page_of("trail_by_time", 0, 0);
	assert_int_equal(fake_number(page_unit("trail_by_time"), 0, 6), 9);
	m.institution_code = paper_text(PHARMACY);
	(void)page_of("trail_by_institution", 0, 0);
	assert_int_equal(fake_number(page_unit("trail_by_institution"), 0, 7), 9);
	m.institution_code = paper_text("");
	m.practitioner_code = paper_text("D140105003217");
	(void)page_of("trail_by_practitioner", 0, 0);
	assert_int_equal(fake_number(page_unit("trail_by_practitioner"), 0, 7), 9);
	m.practitioner_code = paper_text("");
	m.voucher_id = paper_text(PERSON);
	(void)page_of("trail_by_person", 0, 0);
	assert_int_equal(fake_number(page_unit("trail_by_person"), 0, 8), 9);
	m.voucher_id = paper_text("");
	m.rx_id = paper_bytes(rx_id, sizeof(rx_id));
	(void)page_of("trail_by_rx", 0, 0);
	assert_int_equal(fake_number(page_unit("trail_by_rx"), 0, 8), 9);
}

static void expect_field(const char *name)
{
	assert_int_equal(ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", name);
	stage_expect_nothing_sent();
	begin();
}

static void at_most_one_subject(void **state)
{
	static const char subjects[] = "rx_id, voucher_id, institution_code, practitioner_code";

	(void)state;
	begin();
	m.rx_id = paper_bytes(rx_id, sizeof(rx_id));
	m.voucher_id = paper_text(PERSON);
	expect_field(subjects);
	m.institution_code = paper_text(PHARMACY);
	m.practitioner_code = paper_text("D140105003217");
	expect_field(subjects);
	m.rx_id = paper_bytes(rx_id, 15);
	expect_field("rx_id");
}

static void a_kind_must_be_known(void **state)
{
	(void)state;
	begin();
	m.kind = (Rxcirc__V1__EventKind)9999;
	expect_field("kind");
	m.kind = (Rxcirc__V1__EventKind)-1;
	expect_field("kind");
}

static void a_voucher_id_has_at_most_50_bytes(void **state)
{
	char *id = papers_alloc(VOUCHER_ID_MAX + 2);

	(void)state;
	begin();
	memset(id, 'A', VOUCHER_ID_MAX);
	m.voucher_id = id;
	(void)page_of("trail_by_person", 0, 0);
	id[VOUCHER_ID_MAX] = 'A';
	stage_clear();
	expect_field("voucher_id");
}

static void a_purpose_has_1_to_200_bytes(void **state)
{
	char *purpose = papers_alloc(PURPOSE_MAX + 2);

	(void)state;
	begin();
	m.purpose = paper_text("");
	expect_field("purpose");
	memset(purpose, 'p', PURPOSE_MAX + 1);
	m.purpose = purpose;
	expect_field("purpose");
	purpose[PURPOSE_MAX] = '\0';
	m.purpose = purpose;
	(void)page_of("trail_by_time", 0, 0);
}

static void a_page_has_at_most_200_events(void **state)
{
	(void)state;
	begin();
	m.page_size = TRAIL_PAGE_MAX;
	(void)page_of("trail_by_time", 0, 0);
	assert_int_equal(fake_number(page_unit("trail_by_time"), 0, 5), TRAIL_PAGE_MAX);
	m.page_size = 0;
	(void)page_of("trail_by_time", 0, 0);
	assert_int_equal(fake_number(page_unit("trail_by_time"), 0, 5), TRAIL_PAGE_MAX);
	m.page_size = TRAIL_PAGE_MAX + 1;
	stage_clear();
	expect_field("page_size");
}

static void the_time_range_is_from_inclusive_to_exclusive_and_until_now_by_default(void **state)
{
	(void)state;
	begin();
	m.from_ms = noon_ms - DAY_MS;
	(void)page_of("trail_by_time", 0, 0);
	assert_int_equal(fake_time(page_unit("trail_by_time"), 0, 0), noon_ms - DAY_MS);
	assert_int_equal(fake_time(page_unit("trail_by_time"), 0, 1), noon_ms + 1);
	assert_int_equal(fake_time(page_unit("trail_by_time"), 0, 2), noon_ms - DAY_MS - 1);
	m.until_ms = m.from_ms;
	(void)page_of("trail_by_time", 0, 0);
	assert_int_equal(fake_time(page_unit("trail_by_time"), 0, 1), m.from_ms);
	m.until_ms = m.from_ms - 1;
	stage_clear();
	expect_field("from_ms, until_ms");
	m.from_ms = -1;
	expect_field("from_ms, until_ms");
	m.from_ms = INT64_MIN;
	expect_field("from_ms, until_ms");
}

/* Moments no calendar of the database has must not reach it. */
static void moments_beyond_all_calendars_are_refused(void **state)
{
	uint8_t token[24];

	(void)state;
	begin();
	m.until_ms = INT64_MAX;
	expect_field("from_ms, until_ms");
	m.from_ms = INT64_MAX - 1;
	m.until_ms = INT64_MAX;
	expect_field("from_ms, until_ms");
	memset(token, 0x7f, sizeof(token));
	m.page_token = paper_bytes(token, sizeof(token));
	expect_field("page_token");
	memset(token, 0xff, sizeof(token));
	m.page_token = paper_bytes(token, sizeof(token));
	expect_field("page_token");
	memset(token, 0x80, sizeof(token));
	m.page_token = paper_bytes(token, sizeof(token));
	expect_field("page_token");
	m.until_ms = INT64_C(253402300799999); /* the last of the year 9999 */
	(void)page_of("trail_by_time", 0, 0);
}

static void a_full_page_goes_on_where_it_ended(void **state)
{
	const Rxcirc__V1__QueryTrailResponse *reply;
	uint8_t last[EVENT_ID_LEN];

	(void)state;
	begin();
	m.page_size = 3;
	reply = page_of("trail_by_time", 2, 10);
	assert_int_equal(reply->next_page_token.len, 0);
	reply = page_of("trail_by_time", 3, 10);
	assert_int_equal(reply->next_page_token.len, 8 + EVENT_ID_LEN);
	m.page_token = reply->next_page_token;
	(void)page_of("trail_by_time", 1, 10);
	assert_int_equal(fake_time(page_unit("trail_by_time"), 0, 2), noon_ms - 1000 + 2);
	memset(last, 2, sizeof(last));
	assert_true(slice_equal(fake_value(page_unit("trail_by_time"), 0, 3),
		slice_of(last, sizeof(last))));
}

static void a_token_of_another_length_is_refused(void **state)
{
	static const uint8_t token[25];

	(void)state;
	begin();
	m.page_token = paper_bytes(token, 23);
	expect_field("page_token");
	m.page_token = paper_bytes(token, 25);
	expect_field("page_token");
}

static void a_page_too_large_for_a_frame_is_cut_and_goes_on(void **state)
{
	const Rxcirc__V1__QueryTrailResponse *reply;
	size_t told;

	(void)state;
	begin();
	reply = page_of("trail_by_time", TRAIL_PAGE_MAX, 2000);
	told = reply->n_events;
	assert_in_range(told, 100, 150);
	assert_true(stage.req.reply.len <= FRAME_BODY_MAX - 1024);
	assert_int_equal(reply->next_page_token.len, 8 + EVENT_ID_LEN);
	m.page_token = reply->next_page_token;
	(void)page_of("trail_by_time", 0, 0);
	assert_int_equal(fake_time(page_unit("trail_by_time"), 0, 2),
		noon_ms - 1000 + (int64_t)told - 1);
}

static void the_province_sees_all_and_a_city_its_own(void **state)
{
	(void)state;
	begin();
	(void)page_of("trail_by_time", 0, 0);
	assert_int_equal(fake_value(page_unit("trail_by_time"), 0, 4).len, 0);
	stage_as(CALLER_CITY_OFFICER, OFFICE, "140100");
	(void)page_of("trail_by_time", 0, 0);
	assert_true(slice_equal(fake_value(page_unit("trail_by_time"), 0, 4), slice_of_text("1401")));
	m.voucher_id = paper_text(PERSON);
	(void)page_of("trail_by_person", 0, 0);
	assert_true(slice_equal(fake_value(page_unit("trail_by_person"), 0, 4), slice_of_text("1401")));
}

static void a_city_officer_asking_outside_the_city_is_told(void **state)
{
	(void)state;
	begin();
	stage_as(CALLER_CITY_OFFICER, OFFICE, "140100");
	m.institution_code = paper_text(PHARMACY); /* in 140105 */
	(void)page_of("trail_by_institution", 0, 0);
	stage_clear();
	m.institution_code = paper_text("P14020000009"); /* in 140202 */
	assert_int_equal(ask(), STATUS_SCOPE_NOT_ALLOWED);
	m.institution_code = paper_text("P14999999999"); /* nowhere */
	assert_int_equal(ask(), STATUS_SCOPE_NOT_ALLOWED);
	stage_expect_nothing_sent();
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	m.institution_code = paper_text("P14020000009");
	(void)page_of("trail_by_institution", 0, 0);
}

static void a_body_that_is_no_message(void **state)
{
	(void)state;
	begin();
	assert_int_equal(stage_call_bytes(&trail_method, slice_of("\x0a\x7f", 2)),
		STATUS_BODY_MALFORMED);
	stage_expect_nothing_sent();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(a_page_is_told_oldest_first_as_it_was_stored),
		STAGED_PROVES(the_read_is_recorded_first_with_its_purpose, "C11"),
		STAGED_PROVES(what_could_not_be_recorded_is_not_read, "C11"),
		STAGED(each_subject_has_its_statement),
		STAGED(a_kind_narrows_whatever_is_asked),
		STAGED(a_kind_must_be_known),
		STAGED(at_most_one_subject),
		STAGED(a_voucher_id_has_at_most_50_bytes),
		STAGED_PROVES(a_purpose_has_1_to_200_bytes, "C27"),
		STAGED(a_page_has_at_most_200_events),
		STAGED(the_time_range_is_from_inclusive_to_exclusive_and_until_now_by_default),
		STAGED(moments_beyond_all_calendars_are_refused),
		STAGED(a_full_page_goes_on_where_it_ended),
		STAGED(a_token_of_another_length_is_refused),
		STAGED(a_page_too_large_for_a_frame_is_cut_and_goes_on),
		STAGED(the_province_sees_all_and_a_city_its_own),
		STAGED(a_city_officer_asking_outside_the_city_is_told),
		STAGED(a_body_that_is_no_message),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("trail", tests, stage_open, stage_close);
}
