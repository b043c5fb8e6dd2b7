/* The trail as a stream: page after page, one event, waiting for who does not read; on a real loop,
 * against the scripted database. */
#include "test/service/stage.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "rxcirc/v1/event.pb-c.h"
#include "test/service/promises.h"

enum { COLUMNS = 5, PATIENCE_MS = 20 * 1000, TOKEN_LEN = 8 + EVENT_ID_LEN };

static struct loop *loop;
static struct workshop shop;
static struct pg_lane *slow, *writing;
static struct loop_timer timer;
static bool (*wanted)(void);
static int64_t give_up_ms;

static Rxcirc__V1__QueryTrailRequest m;
static unsigned fail_at; /* the n-th allocation from the start on; 0 = none */
/* The officer who reads, and what came. */
static struct reader_of_parts {
	struct request req;
	unsigned parts, events, ends;
	int64_t last_at_ms;            /* of the newest place */
	uint64_t last_place;           /* of the newest event */
	bool has_more;                 /* the newest frame named a place to go on */
	bool clogged;
	unsigned clog_after;           /* parts; 0 = never */
	enum status_reason refuse;     /* what the next part is answered with */
} officer;

static void take_page(struct slice bytes)
{
	Rxcirc__V1__QueryTrailResponse *page =
		rxcirc__v1__query_trail_response__unpack(NULL, bytes.len, bytes.data);

	assert_non_null(page);
	officer.events += (unsigned)page->n_events;
	if (page->n_events > 0)
		officer.last_place = page->events[page->n_events - 1]->place;
	officer.has_more = page->next_page_token.len > 0;
	if (officer.has_more) {
		struct reader r;

		assert_int_equal(page->next_page_token.len, TOKEN_LEN);
		reader_init(&r, slice_of(page->next_page_token.data, 8));
		officer.last_at_ms = (int64_t)reader_u64(&r);
	}
	rxcirc__v1__query_trail_response__free_unpacked(page, NULL);
}

static enum status_reason on_part(struct request *req, struct slice bytes)
{
	(void)req;
	if (officer.refuse != STATUS_OK)
		return officer.refuse;
	officer.parts++;
	take_page(bytes);
	assert_true(officer.has_more); /* a part is never the last frame */
	officer.clogged = officer.clog_after != 0 && officer.parts == officer.clog_after;
	return STATUS_OK;
}

static bool on_clogged(struct request *req)
{
	(void)req;
	return officer.clogged;
}

static void on_finished(struct request *req)
{
	officer.ends++;
	if (req->status == STATUS_OK)
		take_page(req->reply);
}

/* ---- the bench ------------------------------------------------------------------------------ */

static void look(struct loop_timer *t)
{
	assert_true(clock_mono_ms() < give_up_ms);
	if (wanted())
		loop_stop(loop);
	else
		loop_timer_set(t, 1);
}

static void run_until(bool (*what)(void))
{
	wanted = what;
	give_up_ms = clock_mono_ms() + PATIENCE_MS;
	loop_timer_set(&timer, 1);
	loop_run(loop);
}

static int64_t quiet_until_ms;
static bool it_has_ended(void) { return officer.ends == 1; }
static bool it_was_quiet(void) { return clock_mono_ms() >= quiet_until_ms; }
static bool it_is_clogged(void) { return officer.clogged; }
static bool a_page_was_asked_for(void) { return fake_pg_sent_count() >= 2; }

static int open_all(void **state)
{
	static const struct pg_lane_options slow_options = {.name = "slow"},
		write_options = {.name = "write"};

	log_set_level(LOG_LEVEL_ERROR);
	if (stage_set(state) != 0)
		return -1;
	officer = (struct reader_of_parts){.ends = 0};
	loop = loop_new();
	if (loop == NULL || pg_lane_open(&slow, loop, &slow_options) != 0 ||
		pg_lane_open(&writing, loop, &write_options) != 0 ||
		loop_timer_open(&timer, loop, look) != 0)
		return -1;
	stage_clear();
	fake_pg_attach(loop);
	shop = (struct workshop){.slow = slow, .write = writing, .keys = stage.keys, .loop = loop};
	rxcirc__v1__query_trail_request__init(&m);
	m.purpose = paper_text("quarterly audit");
	return 0;
}

static unsigned lanes_closed;

static void lane_closed(void *arg)
{
	(void)arg;
	if (++lanes_closed == 2)
		loop_stop(loop);
}

static int close_all(void **state)
{
	if (officer.req.stop != NULL && officer.ends == 0)
		officer.req.stop(&officer.req, STATUS_OK);
	fake_pg_hold(NULL);
	fake_pg_run();
	lanes_closed = 0;
	pg_lane_close(slow, lane_closed, NULL);
	pg_lane_close(writing, lane_closed, NULL);
	loop_run(loop);
	if (officer.req.method != NULL)
		request_end(&officer.req);
	loop_timer_close(&timer);
	fake_pg_attach(NULL);
	loop_free(loop);
	return stage_strike(state);
}

static void begin_as(enum caller_role role, const char *region)
{
	static uint8_t bytes[1024];
	struct request *req = &officer.req;

	request_init(req);
	req->shop = &shop;
	req->method = "rxcirc.v1.Agency/StreamTrail";
	stage_as(role, OFFICE, region);
	req->caller = stage.caller;
	req->received_at_ms = noon_ms;
	req->deadline_mono_ms = clock_mono_ms() + 3600 * 1000;
	req->finished = on_finished;
	req->part = on_part;
	req->is_clogged = on_clogged;
	req->body = arena_copy(&req->arena, slice_of(bytes,
		rxcirc__v1__query_trail_request__pack(&m, bytes)));
	strict_arena_fail_at(fail_at, false);
	stream_trail_start(req);
}

static void begin(void)
{
	begin_as(CALLER_PROVINCE_OFFICER, "140000");
}

/* A page of so many events, the first of them at this moment. */
static void answer_page(const char *statement, unsigned rows, int64_t at_ms)
{
	static struct fake_cell cells[TRAIL_PAGE_MAX * COLUMNS];
	static const uint8_t leaf[500], id[EVENT_ID_LEN] = {9};

	for (unsigned i = 0; i < rows; i++) {
		struct fake_cell *c = &cells[i * COLUMNS];

		c[0] = (struct fake_cell)FAKE_TIME(at_ms + i);
		c[1] = (struct fake_cell)FAKE_BYTES(id, sizeof(id));
		c[2] = (struct fake_cell)FAKE_BYTES(leaf, sizeof(leaf));
		c[3] = (struct fake_cell)FAKE_BYTES(leaf, SHA256_LEN);
		c[4] = (struct fake_cell)FAKE_I64(at_ms + i + 1);
	}
	fake_pg_answer(statement, COLUMNS, cells, rows);
}

static void answer_pages(unsigned full, unsigned last)
{
	promise_answer_event();
	for (unsigned i = 0; i < full; i++)
		answer_page("trail_by_time", TRAIL_PAGE_MAX, 1000 * (i + 1));
	answer_page("trail_by_time", last, 1000 * (full + 1));
}

/* ---- the tests ------------------------------------------------------------------------------ */

static void everything_comes_page_after_page_and_the_last_one_ends_it(void **state)
{
	const struct fake_unit *u;

	(void)state;
	answer_pages(3, 7);
	begin();
	run_until(it_has_ended);
	assert_int_equal(officer.req.status, STATUS_OK);
	assert_int_equal(officer.parts, 3);
	assert_int_equal(officer.events, 3 * TRAIL_PAGE_MAX + 7);
	assert_int_equal(officer.last_place, 4000 + 7);
	assert_false(officer.has_more);
	assert_int_equal(fake_pg_sent_count(), 5);
	for (unsigned i = 2; i < 5; i++) { /* each question begins where the last page ended */
		u = fake_pg_sent(i);
		assert_string_equal(u->lane, "slow");
		assert_int_equal(fake_time(u, 0, 2), 1000 * (i - 1) + TRAIL_PAGE_MAX - 1);
		assert_int_equal(fake_time(u, 0, 1), noon_ms + 1);
	}
}

static void it_is_recorded_once_and_before_anything_is_read(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;
	uint8_t person[PERSON_KEY_LEN];

	(void)state;
	m.voucher_id = paper_text(PERSON);
	m.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED;
	promise_answer_event();
	answer_page("trail_by_person", TRAIL_PAGE_MAX, 1000);
	answer_page("trail_by_person", 0, 0);
	begin();
	run_until(it_has_ended);
	assert_int_equal(officer.req.status, STATUS_OK);
	assert_int_equal(fake_pg_sent_count(), 3);
	assert_string_equal(fake_pg_sent(0)->queries[0].statement, "event_put");
	assert_string_equal(fake_pg_sent(0)->lane, "write");
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(fake_pg_sent(0), 0, 10));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ);
	assert_string_equal(leaf->reason, "quarterly audit");
	digest_person(person, stage.keys, PERSON);
	assert_true(slice_equal(fake_value(fake_pg_sent(0), 0, 5), slice_of(person, sizeof(person))));
	assert_int_equal(fake_number(fake_pg_sent(1), 0, 8), RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED);
}

static void what_could_not_be_recorded_is_not_read(void **state)
{
	(void)state;
	fake_pg_answer_failure("event_put", ERR_DB_AWAY, NULL);
	begin();
	run_until(it_has_ended);
	assert_int_equal(officer.req.status, STATUS_DATABASE_AWAY);
	assert_int_equal(fake_pg_sent_count(), 1);
}

static void who_does_not_read_is_waited_for(void **state)
{
	(void)state;
	answer_pages(2, 5);
	officer.clog_after = 1;
	begin();
	run_until(it_is_clogged);
	quiet_until_ms = clock_mono_ms() + 100;
	run_until(it_was_quiet);
	assert_int_equal(officer.parts, 1);
	assert_int_equal(fake_pg_sent_count(), 2); /* nobody is asked meanwhile */
	officer.clogged = false;
	run_until(it_has_ended);
	assert_int_equal(officer.req.status, STATUS_OK);
	assert_int_equal(officer.events, 2 * TRAIL_PAGE_MAX + 5);
}

static void cancelled_while_it_waits_it_ends_at_once_and_says_where_it_stands(void **state)
{
	(void)state;
	answer_pages(2, 5);
	officer.clog_after = 1;
	begin();
	run_until(it_is_clogged);
	officer.req.stop(&officer.req, STATUS_OK);
	assert_int_equal(officer.ends, 1);
	assert_int_equal(officer.req.status, STATUS_OK);
	assert_true(officer.has_more); /* not everything was told */
	assert_int_equal(officer.last_at_ms, 1000 + TRAIL_PAGE_MAX - 1);
	quiet_until_ms = clock_mono_ms() + 50;
	run_until(it_was_quiet); /* the timer does not fire any more */
}

static void stopped_in_the_middle_of_a_question_it_ends_with_its_answer(void **state)
{
	(void)state;
	answer_pages(1, 5);
	fake_pg_hold("trail_by_time");
	begin();
	run_until(a_page_was_asked_for);
	officer.req.stop(&officer.req, STATUS_DRAINING);
	assert_int_equal(officer.ends, 0);
	fake_pg_hold(NULL);
	fake_pg_run();
	assert_int_equal(officer.ends, 1);
	assert_int_equal(officer.req.status, STATUS_DRAINING);
	assert_int_equal(officer.parts, 0);
}

static void stopped_before_it_is_recorded_nothing_is_read(void **state)
{
	(void)state;
	promise_answer_event();
	fake_pg_hold("event_put");
	begin();
	officer.req.stop(&officer.req, STATUS_OK);
	fake_pg_hold(NULL);
	fake_pg_run();
	assert_int_equal(officer.ends, 1);
	assert_int_equal(officer.req.status, STATUS_OK);
	assert_false(officer.has_more); /* no place: not even the first page was told */
	assert_int_equal(fake_pg_sent_count(), 1);
}

static void it_ends_at_its_deadline_and_says_where_it_stands(void **state)
{
	(void)state;
	answer_pages(2, 5);
	officer.clog_after = 1;
	begin();
	officer.req.deadline_mono_ms = clock_mono_ms() + 60;
	run_until(it_has_ended);
	assert_int_equal(officer.req.status, STATUS_OK);
	assert_int_equal(officer.parts, 1);
	assert_true(officer.has_more);
	assert_int_equal(officer.last_at_ms, 1000 + TRAIL_PAGE_MAX - 1);
}

static void who_may_not_be_told_any_more_is_ended_with_the_reason(void **state)
{
	(void)state;
	answer_pages(1, 5);
	officer.refuse = STATUS_CERTIFICATE_NOT_VALID;
	begin();
	run_until(it_has_ended);
	assert_int_equal(officer.req.status, STATUS_CERTIFICATE_NOT_VALID);
	assert_int_equal(officer.events, 0);
}

static void a_database_that_goes_away_ends_it_with_a_reason_to_come_back(void **state)
{
	(void)state;
	promise_answer_event();
	answer_page("trail_by_time", TRAIL_PAGE_MAX, 1000);
	fake_pg_answer_failure("trail_by_time", ERR_DB_AWAY, NULL);
	begin();
	run_until(it_has_ended);
	assert_int_equal(officer.parts, 1);
	assert_int_equal(officer.req.status, STATUS_DATABASE_AWAY);
}

/* Forty pages would fill the arena of a request. */
static void memory_does_not_grow_with_the_pages(void **state)
{
	(void)state;
	answer_pages(120, 0);
	begin();
	run_until(it_has_ended);
	assert_int_equal(officer.req.status, STATUS_OK);
	assert_int_equal(officer.events, 120 * TRAIL_PAGE_MAX);
}

static void a_city_officer_sees_the_own_prefecture_and_of_others_nothing(void **state)
{
	(void)state;
	m.institution_code = paper_text("P14020000009");
	promise_answer_event();
	answer_page("trail_by_institution", 0, 0);
	begin_as(CALLER_CITY_OFFICER, "140100");
	run_until(it_has_ended);
	assert_int_equal(officer.req.status, STATUS_OK);
	assert_true(slice_equal(fake_value(fake_pg_sent(1), 0, 4), slice_of_text("1401")));
}

static void expect_refused(const char *field)
{
	begin();
	assert_int_equal(officer.ends, 1);
	assert_int_equal(officer.req.status, STATUS_FIELD_INVALID);
	assert_int_equal(officer.req.findings_count, 1);
	assert_string_equal(officer.req.findings[0]->field, field);
	request_end(&officer.req);
	officer = (struct reader_of_parts){.ends = 0};
}

static void what_is_asked_is_checked_like_a_query(void **state)
{
	static uint8_t token[3];

	(void)state;
	m.purpose = paper_text("");
	expect_refused("purpose");
	m.purpose = paper_text("p");
	m.page_size = TRAIL_PAGE_MAX + 1;
	expect_refused("page_size");
	m.page_size = 3;
	m.kind = (Rxcirc__V1__EventKind)77;
	expect_refused("kind");
	m.kind = 0;
	m.from_ms = -1;
	expect_refused("from_ms, until_ms");
	m.from_ms = 0;
	m.page_token = (ProtobufCBinaryData){sizeof(token), token}; /* is not looked at */
	promise_answer_event();
	answer_page("trail_by_time", 3, 1000);
	answer_page("trail_by_time", 1, 2000);
	begin();
	run_until(it_has_ended);
	assert_int_equal(officer.req.status, STATUS_OK);
	assert_int_equal(officer.events, 4);
}

static void memory_that_ends_is_busy(void **state)
{
	bool has_failed = true;

	(void)state;
	for (unsigned n = 1; has_failed; n++) {
		answer_pages(1, 2);
		fail_at = n;
		begin();
		if (officer.ends == 0)
			run_until(it_has_ended);
		has_failed = strict_arena_has_failed();
		fail_at = 0;
		strict_arena_fail_at(0, false);
		if (officer.req.status != STATUS_OK)
			assert_int_equal(officer.req.status, STATUS_BUSY);
		if (!has_failed)
			break;
		request_end(&officer.req);
		fake_pg_reset();
		officer = (struct reader_of_parts){.ends = 0};
	}
	assert_int_equal(officer.req.status, STATUS_OK);
	assert_int_equal(officer.events, TRAIL_PAGE_MAX + 2);
}

#define STREAMED_PROVES(fn, ids) {#fn " [" ids "]", fn, open_all, close_all, NULL}
#define STREAMED(fn) cmocka_unit_test_setup_teardown(fn, open_all, close_all)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STREAMED(everything_comes_page_after_page_and_the_last_one_ends_it),
		STREAMED_PROVES(it_is_recorded_once_and_before_anything_is_read, "C11"),
		STREAMED_PROVES(what_could_not_be_recorded_is_not_read, "C11"),
		STREAMED(who_does_not_read_is_waited_for),
		STREAMED(cancelled_while_it_waits_it_ends_at_once_and_says_where_it_stands),
		STREAMED(stopped_in_the_middle_of_a_question_it_ends_with_its_answer),
		STREAMED(stopped_before_it_is_recorded_nothing_is_read),
		STREAMED(it_ends_at_its_deadline_and_says_where_it_stands),
		STREAMED(who_may_not_be_told_any_more_is_ended_with_the_reason),
		STREAMED(a_database_that_goes_away_ends_it_with_a_reason_to_come_back),
		STREAMED(memory_does_not_grow_with_the_pages),
		STREAMED(a_city_officer_sees_the_own_prefecture_and_of_others_nothing),
		STREAMED(what_is_asked_is_checked_like_a_query),
		STREAMED(memory_that_ends_is_busy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stream trail", tests, stage_open, stage_close);
}
