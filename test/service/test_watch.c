/* Watches: what the hub asks, whom it tells, and how a watch ends; on a real loop, against the
 * scripted database. */
#include "test/service/stage.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "rxcirc/v1/event.pb-c.h"
#include "rxcirc/v1/feed.pb-c.h"
#include "service/feed_hub.h"

enum { COLUMNS = 8, POLL_MS = 5, WATCHES_MAX = FEED_ASKERS_MAX + 1, PATIENCE_MS = 5000 };

/* One watch and what it was told. */
struct viewer {
	struct request req;
	unsigned parts, news, ends;
	int64_t last_tx; /* of its newest cursor */
	bool clogged;
	enum status_reason refuse; /* what the next part is answered with */
};

static struct loop *loop;
static struct pg_lane *lane;
static struct workshop shop;
static struct viewer viewers[WATCHES_MAX];
static struct loop_timer timer;
static bool (*wanted)(void);
static int64_t give_up_ms;

static int64_t tx_of(ProtobufCBinaryData cursor)
{
	struct reader r;

	assert_int_equal(cursor.len, PLACE_LEN);
	reader_init(&r, slice_of(cursor.data, cursor.len));
	return (int64_t)reader_u64(&r);
}

static void take_message(struct viewer *v, struct slice bytes)
{
	Rxcirc__V1__WatchPrescriptionsResponse *m =
		rxcirc__v1__watch_prescriptions_response__unpack(NULL, bytes.len, bytes.data);

	assert_non_null(m);
	v->news += (unsigned)m->n_news;
	v->last_tx = tx_of(m->next_cursor);
	rxcirc__v1__watch_prescriptions_response__free_unpacked(m, NULL);
}

static enum status_reason on_part(struct request *req, struct slice bytes)
{
	struct viewer *v = container_of(req, struct viewer, req);

	if (v->refuse != STATUS_OK)
		return v->refuse;
	v->parts++;
	take_message(v, bytes);
	return STATUS_OK;
}

static bool on_clogged(struct request *req)
{
	return container_of(req, struct viewer, req)->clogged;
}

static void on_finished(struct request *req)
{
	struct viewer *v = container_of(req, struct viewer, req);

	v->ends++;
	if (req->status == STATUS_OK)
		take_message(v, req->reply);
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

/* Let the loop run until it is so. */
static void run_until(bool (*what)(void))
{
	wanted = what;
	give_up_ms = clock_mono_ms() + PATIENCE_MS;
	loop_timer_set(&timer, 1);
	loop_run(loop);
}

static int open_all(void **state)
{
	static const struct pg_lane_options options = {.name = "read"};

	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	memset(viewers, 0, sizeof(viewers));
	loop = loop_new();
	if (loop == NULL || pg_lane_open(&lane, loop, &options) != 0 ||
		loop_timer_open(&timer, loop, look) != 0)
		return -1;
	fake_pg_attach(loop);
	shop = (struct workshop){.read = lane};
	return feed_hub_open(&shop.feed, loop, lane, NULL, POLL_MS);
}

static void lane_closed(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void end_all(enum status_reason reason)
{
	for (unsigned i = 0; i < WATCHES_MAX; i++) {
		struct viewer *v = &viewers[i];

		if (v->req.stop != NULL && v->ends == 0)
			v->req.stop(&v->req, reason);
	}
}

static int close_all(void **state)
{
	(void)state;
	end_all(STATUS_OK);
	feed_hub_close(shop.feed);
	pg_lane_close(lane, lane_closed, NULL);
	loop_run(loop);
	for (unsigned i = 0; i < WATCHES_MAX; i++)
		if (viewers[i].req.method != NULL)
			request_end(&viewers[i].req);
	feed_hub_free(shop.feed);
	loop_timer_close(&timer);
	fake_pg_attach(NULL);
	loop_free(loop);
	fake_pg_reset();
	return 0;
}

/* Begin a watch at a place (tx), or from now on with tx < 0. */
static void begin(struct viewer *v, const char *code, int64_t tx, uint32_t heartbeat_ms)
{
	Rxcirc__V1__WatchPrescriptionsRequest m = RXCIRC__V1__WATCH_PRESCRIPTIONS_REQUEST__INIT;
	uint8_t cursor[PLACE_LEN] = {0}, bytes[128];
	struct writer w;

	if (tx >= 0) {
		writer_init(&w, cursor, sizeof(cursor));
		writer_u64(&w, (uint64_t)tx);
		m.cursor = (ProtobufCBinaryData){PLACE_LEN, cursor};
	}
	m.heartbeat_ms = heartbeat_ms;
	request_init(&v->req);
	v->req.shop = &shop;
	v->req.method = "rxcirc.v1.Hospital/WatchPrescriptions";
	memcpy(v->req.caller.code, code, strlen(code));
	v->req.received_at_ms = clock_wall_ms();
	v->req.deadline_mono_ms = clock_mono_ms() + 3600 * 1000;
	v->req.finished = on_finished;
	v->req.part = on_part;
	v->req.is_clogged = on_clogged;
	v->req.body = arena_copy(&v->req.arena, slice_of(bytes,
		rxcirc__v1__watch_prescriptions_request__pack(&m, bytes)));
	watch_prescriptions_start(&v->req);
}

/* `count` rows of this asker from tx on. */
static void fill_rows(struct fake_cell *cells, unsigned count, int64_t asker, int64_t tx)
{
	static uint8_t leaf[64];
	static const uint8_t id[EVENT_ID_LEN] = {1};
	Rxcirc__V1__EventLeaf m = RXCIRC__V1__EVENT_LEAF__INIT;
	size_t len;

	m.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_DISPENSED;
	len = rxcirc__v1__event_leaf__pack(&m, leaf);
	for (unsigned i = 0; i < count; i++) {
		struct fake_cell *c = &cells[i * COLUMNS];

		c[0] = (struct fake_cell)FAKE_I64(asker);
		c[1] = (struct fake_cell)FAKE_I64(tx + i);
		c[2] = (struct fake_cell)FAKE_TIME(1000);
		c[3] = (struct fake_cell)FAKE_BYTES(id, EVENT_ID_LEN);
		c[4] = (struct fake_cell)FAKE_BYTES(leaf, len);
		for (unsigned k = 5; k < COLUMNS; k++)
			c[k] = (struct fake_cell)FAKE_NULL;
	}
}

static void nothing_new_for_ever(void)
{
	fake_pg_answer("feed", COLUMNS, NULL, 0);
	fake_pg_always("feed");
}

static bool first_was_told(void) { return viewers[0].news >= 1; }
static bool first_has_ended(void) { return viewers[0].ends == 1; }
static bool two_beats(void) { return viewers[0].parts >= 2; }
static int64_t quiet_until_ms;
static bool it_was_quiet(void) { return clock_mono_ms() >= quiet_until_ms; }
static bool first_was_asked(void) { return fake_pg_sent_count() >= 1; }
static bool five_questions(void) { return fake_pg_sent_count() >= 5; }
static bool all_were_told(void)
{
	for (unsigned i = 0; i < WATCHES_MAX; i++)
		if (viewers[i].parts == 0)
			return false;
	return true;
}

/* ---- the tests ------------------------------------------------------------------------------ */

static void watchers_are_asked_for_together_and_each_gets_its_own(void **state)
{
	struct fake_cell cells[3 * COLUMNS];
	unsigned q;

	(void)state;
	fill_rows(cells, 2, 1, 50);
	fill_rows(cells + 2 * COLUMNS, 1, 2, 70);
	fake_pg_answer("feed", COLUMNS, cells, 3);
	nothing_new_for_ever();
	begin(&viewers[0], "H14010000001", 10, 0);
	begin(&viewers[1], "H14010000002", 10, 0);
	begin(&viewers[2], "H14010000003", 10, 0);
	run_until(first_was_told);
	assert_int_equal(viewers[0].news, 2);
	assert_int_equal(viewers[0].last_tx, 51);
	assert_int_equal(viewers[1].news, 1);
	assert_int_equal(viewers[1].last_tx, 70);
	assert_int_equal(viewers[2].news, 0);
	assert_string_equal(fake_pg_sent(0)->lane, "read");
	(void)fake_pg_last("feed", &q);
	assert_int_equal(fake_number(fake_pg_sent(0), q, 5), FEED_PAGE_ROWS);
}

static void nobody_watching_asks_nothing(void **state)
{
	(void)state;
	nothing_new_for_ever();
	begin(&viewers[0], "H14010000001", 10, 0);
	run_until(five_questions);
	end_all(STATUS_OK);
	assert_int_equal(viewers[0].ends, 1);
	fake_pg_run();
	unsigned asked = fake_pg_sent_count();

	quiet_until_ms = clock_mono_ms() + 10 * POLL_MS;
	run_until(it_was_quiet);
	assert_int_equal(fake_pg_sent_count(), asked);
}

static void a_full_page_is_followed_by_the_next_at_once(void **state)
{
	struct fake_cell cells[FEED_PAGE_ROWS * COLUMNS];
	int64_t began_ms = clock_mono_ms();

	(void)state;
	feed_hub_close(shop.feed);
	feed_hub_free(shop.feed);
	assert_int_equal(feed_hub_open(&shop.feed, loop, lane, NULL, FEED_POLL_MS_MAX), 0);
	fill_rows(cells, FEED_PAGE_ROWS, 1, 100);
	fake_pg_answer("feed", COLUMNS, cells, FEED_PAGE_ROWS);
	fill_rows(cells, FEED_PAGE_ROWS, 1, 200);
	fake_pg_answer("feed", COLUMNS, cells, FEED_PAGE_ROWS);
	for (unsigned i = 0; i < 3; i++) {
		fill_rows(cells, FEED_PAGE_ROWS, 1, 300 + 100 * i);
		fake_pg_answer("feed", COLUMNS, cells, FEED_PAGE_ROWS);
	}
	nothing_new_for_ever();
	begin(&viewers[0], "H14010000001", 10, 0);
	run_until(five_questions);
	assert_true(clock_mono_ms() - began_ms < FEED_POLL_MS_MAX / 2);
	assert_in_range(viewers[0].news, 4 * FEED_PAGE_ROWS, 5 * FEED_PAGE_ROWS);
}

static void a_round_asks_for_256_and_the_257th_with_the_next(void **state)
{
	char code[INSTITUTION_CODE_MAX + 1];

	(void)state;
	nothing_new_for_ever();
	for (unsigned i = 0; i < WATCHES_MAX; i++) {
		(void)snprintf(code, sizeof(code), "H%011u", i);
		begin(&viewers[i], code, 10, WATCH_HEARTBEAT_MS_MIN);
	}
	run_until(all_were_told);
	/* the first question held as many as it may, so the last one waited for the second */
	assert_true(fake_pg_sent_count() >= 2);
}

static void silence_is_broken_by_heartbeats(void **state)
{
	int64_t began_ms = clock_mono_ms();

	(void)state;
	nothing_new_for_ever();
	begin(&viewers[0], "H14010000001", 10, WATCH_HEARTBEAT_MS_MIN);
	run_until(two_beats);
	assert_true(clock_mono_ms() - began_ms >= 2 * WATCH_HEARTBEAT_MS_MIN - POLL_MS);
	assert_int_equal(viewers[0].news, 0);
	assert_int_equal(viewers[0].last_tx, 10);
}

static void from_now_on_says_at_once_where_it_stands(void **state)
{
	static const uint8_t id[EVENT_ID_LEN] = {7};
	const struct fake_cell newest[] = {FAKE_I64(700), FAKE_TIME(1000), FAKE_BYTES(id, sizeof(id))};

	(void)state;
	fake_pg_answer("feed_last", 3, newest, 1);
	nothing_new_for_ever();
	begin(&viewers[0], "H14010000001", -1, 0);
	run_until(five_questions);
	assert_int_equal(viewers[0].parts, 1);
	assert_int_equal(viewers[0].last_tx, 700);
}

static void it_ends_at_its_deadline_with_its_cursor(void **state)
{
	(void)state;
	nothing_new_for_ever();
	begin(&viewers[0], "H14010000001", 10, 0);
	viewers[0].req.deadline_mono_ms = clock_mono_ms() + 20;
	run_until(first_has_ended);
	assert_int_equal(viewers[0].req.status, STATUS_OK);
	assert_int_equal(viewers[0].last_tx, 10);
}

static void stopped_in_the_middle_of_a_question_it_ends_at_once_and_is_not_told(void **state)
{
	struct fake_cell cells[2 * COLUMNS];

	(void)state;
	fake_pg_hold("feed");
	fill_rows(cells, 1, 1, 50);
	fill_rows(cells + COLUMNS, 1, 2, 60);
	fake_pg_answer("feed", COLUMNS, cells, 2);
	nothing_new_for_ever();
	begin(&viewers[0], "H14010000001", 10, 0);
	begin(&viewers[1], "H14010000002", 10, 0);
	run_until(first_was_asked);
	viewers[0].req.stop(&viewers[0].req, STATUS_DRAINING);
	assert_int_equal(viewers[0].ends, 1);
	assert_int_equal(viewers[0].req.status, STATUS_DRAINING);
	fake_pg_hold(NULL);
	fake_pg_run();
	assert_int_equal(viewers[0].news, 0);
	assert_int_equal(viewers[1].news, 1); /* the other one's rows stay the other one's */
	assert_int_equal(viewers[1].last_tx, 60);
}

static void who_may_not_be_told_any_more_is_ended_with_the_reason(void **state)
{
	struct fake_cell cells[COLUMNS];

	(void)state;
	fill_rows(cells, 1, 1, 50);
	fake_pg_answer("feed", COLUMNS, cells, 1);
	nothing_new_for_ever();
	viewers[0].refuse = STATUS_AGREEMENT_SUSPENDED;
	begin(&viewers[0], "H14010000001", 10, 0);
	run_until(first_has_ended);
	assert_int_equal(viewers[0].req.status, STATUS_AGREEMENT_SUSPENDED);
	assert_int_equal(viewers[0].news, 0);
}

static void a_peer_that_does_not_read_is_not_asked_for_and_ended_in_the_end(void **state)
{
	(void)state;
	nothing_new_for_ever();
	viewers[0].clogged = true;
	begin(&viewers[0], "H14010000001", 10, WATCH_HEARTBEAT_MS_MIN);
	wanted = first_has_ended;
	give_up_ms = clock_mono_ms() + FEED_CLOGGED_MS + PATIENCE_MS;
	loop_timer_set(&timer, 1);
	loop_run(loop);
	assert_int_equal(viewers[0].req.status, STATUS_READER_TOO_SLOW);
	assert_int_equal(viewers[0].parts, 0);
	assert_int_equal(fake_pg_sent_count(), 0);
}

static void a_database_that_is_away_ends_it_with_a_reason_to_come_back(void **state)
{
	(void)state;
	fake_pg_answer_failure("feed", ERR_DB_AWAY, NULL);
	begin(&viewers[0], "H14010000001", 10, 0);
	run_until(first_has_ended);
	assert_int_equal(viewers[0].req.status, STATUS_DATABASE_AWAY);
}

static void memory_does_not_grow_while_it_watches(void **state)
{
	struct fake_cell cells[COLUMNS];
	size_t used;

	(void)state;
	begin(&viewers[0], "H14010000001", 10, WATCH_HEARTBEAT_MS_MIN);
	used = viewers[0].req.arena.used;
	for (unsigned i = 0; i < 5; i++) {
		fill_rows(cells, 1, 1, 50 + i);
		fake_pg_answer("feed", COLUMNS, cells, 1);
	}
	nothing_new_for_ever();
	run_until(five_questions);
	assert_true(viewers[0].news >= 4);
	assert_int_equal(viewers[0].req.arena.used, used);
}

static void a_heartbeat_has_its_limits(void **state)
{
	static const uint32_t wrong[] = {WATCH_HEARTBEAT_MS_MIN - 1, WATCH_HEARTBEAT_MS_MAX + 1};

	(void)state;
	nothing_new_for_ever();
	for (unsigned i = 0; i < 2; i++) {
		begin(&viewers[i], "H14010000001", 10, wrong[i]);
		assert_int_equal(viewers[i].ends, 1);
		assert_int_equal(viewers[i].req.status, STATUS_FIELD_INVALID);
		assert_string_equal(viewers[i].req.findings[0]->field, "heartbeat_ms");
	}
	begin(&viewers[2], "H14010000001", 10, WATCH_HEARTBEAT_MS_MIN);
	begin(&viewers[3], "H14010000001", 10, WATCH_HEARTBEAT_MS_MAX);
	assert_int_equal(viewers[2].ends + viewers[3].ends, 0);
}

#define WATCHED(fn) cmocka_unit_test_setup_teardown(fn, open_all, close_all)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WATCHED(watchers_are_asked_for_together_and_each_gets_its_own),
		WATCHED(nobody_watching_asks_nothing),
		WATCHED(a_full_page_is_followed_by_the_next_at_once),
		WATCHED(a_round_asks_for_256_and_the_257th_with_the_next),
		WATCHED(silence_is_broken_by_heartbeats),
		WATCHED(from_now_on_says_at_once_where_it_stands),
		WATCHED(it_ends_at_its_deadline_with_its_cursor),
		WATCHED(stopped_in_the_middle_of_a_question_it_ends_at_once_and_is_not_told),
		WATCHED(who_may_not_be_told_any_more_is_ended_with_the_reason),
		WATCHED(a_peer_that_does_not_read_is_not_asked_for_and_ended_in_the_end),
		WATCHED(a_database_that_is_away_ends_it_with_a_reason_to_come_back),
		WATCHED(memory_does_not_grow_while_it_watches),
		WATCHED(a_heartbeat_has_its_limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
