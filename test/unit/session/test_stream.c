/* Streams: parts before an end, a pool of their own, and every way one is stopped. */
#include "desk.h"

#include <string.h>

#include "support/tap.h"

static struct desk_call watch_call(uint64_t call_id)
{
	return desk_call_of(dispatch_find(METHOD_WATCH), call_id);
}

/* What a service's stop does here: end at once with the reason. */
static void stop_now(struct request *req, enum status_reason reason)
{
	fake_finish(req, reason, slice_of("end", 3));
}

/* A stream that was started; the newest of those held. */
static struct request *begin(struct desk *d, uint64_t call_id)
{
	struct desk_call call = watch_call(call_id);

	desk_expect_start(d, &call);
	fake_held[fake_held_count - 1]->stop = stop_now;
	return fake_held[fake_held_count - 1];
}

static void parts_come_before_the_end(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct request *req = begin(d, 7);

	(void)state;
	assert_int_equal(req->part(req, slice_of("one", 3)), STATUS_OK);
	assert_int_equal(req->part(req, slice_of("", 0)), STATUS_OK);
	assert_int_equal(d->peer.count, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(d->peer.answers[i].call_id, 7);
		assert_string_equal(d->peer.answers[i].reason, "");
		assert_true(d->peer.answers[i].more);
	}
	assert_int_equal(d->peer.answers[0].body_len, 3);
	fake_finish(req, STATUS_OK, slice_of("end", 3));
	assert_int_equal(d->peer.count, 3);
	assert_false(desk_last(d)->more);
	desk_free(d);
}

static void a_stream_is_no_call_in_flight_and_keeps_no_registry(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct request *req = begin(d, 1);

	(void)state;
	assert_int_equal(session_in_flight(d->session), 0);
	assert_false(session_is_idle(d->session));
	assert_false(reception_is_idle(d->reception));
	assert_int_equal(metric_value(&d->reception->metrics.calls), 0);
	assert_int_equal(metric_value(&d->reception->metrics.streams), 1);
	assert_null(req->registry);
	reception_set_registry(d->reception, fake_registry_province());
	registry_unref(d->registry);
	assert_int_equal(fake_registries(), 1); /* the old one is gone although the stream runs */
	d->registry = fake_registry_province();
	fake_finish(req, STATUS_OK, slice_of(NULL, 0));
	assert_true(session_is_idle(d->session));
	desk_free(d);
}

static void a_connection_has_four_streams_and_not_five(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = watch_call(STREAMS_MAX + 1);

	(void)state;
	for (unsigned i = 0; i < STREAMS_MAX; i++)
		begin(d, i + 1);
	desk_expect_refusal(d, &call, STATUS_BUSY);
	assert_int_equal(desk_last(d)->retry_after_ms, BUSY_RETRY_AFTER_MS);
	fake_finish(fake_held[0], STATUS_OK, slice_of(NULL, 0));
	begin(d, STREAMS_MAX + 1);
	desk_free(d);
}

/* All its streams, all its calls: neither takes the other's place. */
static void streams_and_calls_do_not_take_each_others_place(void **state)
{
	struct desk *d = desk_new_with_calls(PIN_HOSPITAL, CALLS_IN_FLIGHT_MAX);
	struct desk_call call = desk_call_of(dispatch_find(METHOD_GET), 1);

	(void)state;
	for (unsigned i = 0; i < STREAMS_MAX; i++)
		begin(d, 1000 + i);
	for (unsigned i = 0; i < CALLS_IN_FLIGHT_MAX; i++) {
		call.call_id = i + 1;
		assert_int_equal(desk_send(d, &call), SESSION_GO_ON);
	}
	assert_int_equal(d->peer.count, 0);
	call.call_id++;
	assert_int_equal(desk_send(d, &call), SESSION_GO_ON);
	assert_string_equal(desk_last(d)->reason, "BUSY");
	for (unsigned i = 0; i < CALLS_IN_FLIGHT_MAX; i++)
		fake_loop_turn(&d->loop);
	assert_int_equal(fake_held_count, STREAMS_MAX + CALLS_IN_FLIGHT_MAX);
	desk_free(d);
}

static void a_worker_has_so_many_streams_and_not_one_more(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	static struct desk_wire wires[DESK_STREAMS_MAX];
	struct session *sessions[DESK_STREAMS_MAX];
	struct desk_call call = watch_call(1);

	(void)state;
	for (unsigned i = 0; i < DESK_STREAMS_MAX; i++) {
		sessions[i] = desk_session(d, PIN_PHARMACY, &wires[i]);
		call = desk_call_of(dispatch_find("rxcirc.v1.Pharmacy/WatchPrescriptions"), 1);
		assert_int_equal(desk_send_on(sessions[i], &call), SESSION_GO_ON);
	}
	assert_int_equal(metric_value(&d->reception->metrics.streams), DESK_STREAMS_MAX);
	fake_loop_turn(&d->loop);
	call = watch_call(1);
	desk_expect_refusal(d, &call, STATUS_BUSY);
	for (unsigned i = 0; i < DESK_STREAMS_MAX; i++) {
		fake_held[0]->stop = stop_now;
		session_close(sessions[i]);
	}
	assert_int_equal(metric_value(&d->reception->metrics.streams), 0);
	begin(d, 1);
	desk_free(d);
}

static void a_stream_lives_as_long_as_it_asked_and_an_hour_at_most(void **state)
{
	static const struct {
		uint32_t asked_ms;
		int64_t granted_ms;
	} cases[] = {{0, STREAM_MS_MAX}, {1, 1}, {DEADLINE_MS_MAX + 1, DEADLINE_MS_MAX + 1},
		{STREAM_MS_MAX, STREAM_MS_MAX}, {STREAM_MS_MAX + 1, STREAM_MS_MAX}};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		struct desk *d = desk_new(PIN_HOSPITAL);
		struct desk_call call = watch_call(1);

		call.deadline_ms = cases[i].asked_ms;
		desk_expect_start(d, &call);
		assert_int_equal(fake_held[0]->deadline_mono_ms,
			fake_mono_us / 1000 + cases[i].granted_ms);
		desk_free(d);
	}
}

static void a_cancelled_stream_ends_and_says_so(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call cancel = {.call_id = 3, .method = "", .cancel = true};

	(void)state;
	begin(d, 3);
	assert_int_equal(desk_send(d, &cancel), SESSION_GO_ON);
	assert_int_equal(d->peer.count, 1);
	assert_int_equal(desk_last(d)->call_id, 3);
	assert_string_equal(desk_last(d)->reason, "");
	assert_false(desk_last(d)->more);
	/* again, and of what never was: nobody is told, nothing ends */
	assert_int_equal(desk_send(d, &cancel), SESSION_GO_ON);
	cancel.call_id = 0;
	assert_int_equal(desk_send(d, &cancel), SESSION_GO_ON);
	assert_int_equal(d->peer.count, 1);
	desk_free(d);
}

static void a_call_that_has_one_answer_is_not_cancelled(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = desk_call_of(dispatch_find(METHOD_GET), 4);
	struct desk_call cancel = {.call_id = 4, .method = "", .cancel = true};

	(void)state;
	desk_expect_start(d, &call);
	assert_int_equal(desk_send(d, &cancel), SESSION_GO_ON);
	assert_int_equal(d->peer.count, 0);
	fake_finish(fake_held[0], STATUS_OK, slice_of(NULL, 0));
	assert_int_equal(d->peer.count, 1);
	desk_free(d);
}

static void one_that_was_not_started_yet_is_cancelled_too(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = watch_call(5);
	struct desk_call cancel = {.call_id = 5, .method = "", .cancel = true};

	(void)state;
	assert_int_equal(desk_send(d, &call), SESSION_GO_ON);
	assert_int_equal(desk_send(d, &cancel), SESSION_GO_ON);
	fake_loop_turn(&d->loop);
	assert_int_equal(fake_started, 0);
	assert_int_equal(desk_last(d)->call_id, 5);
	assert_string_equal(desk_last(d)->reason, "");
	desk_free(d);
}

static void draining_ends_every_stream_with_a_status_and_then_the_connection(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);

	(void)state;
	begin(d, 1);
	begin(d, 2);
	reception_drain(d->reception);
	assert_int_equal(d->peer.count, 3);
	assert_int_equal(d->peer.answers[0].call_id, 0);
	for (unsigned i = 0; i < 3; i++)
		assert_string_equal(d->peer.answers[i].reason, "DRAINING");
	assert_true(d->peer.finished);
	assert_true(reception_is_idle(d->reception));
	desk_free(d);
}

static void the_end_of_the_connection_ends_its_streams(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);

	(void)state;
	begin(d, 1);
	begin(d, 2);
	session_close(d->session);
	d->session = NULL;
	assert_int_equal(fake_held_count, 0);
	assert_int_equal(d->peer.count, 0);
	assert_int_equal(metric_value(&d->reception->metrics.sessions), 0);
	desk_free(d);
}

/* A service that waits for the database when its connection goes: the session waits for it. */
static void a_stream_that_ends_later_keeps_its_session(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = watch_call(1);

	(void)state;
	desk_expect_start(d, &call);
	session_close(d->session);
	d->session = NULL;
	assert_int_equal(metric_value(&d->reception->metrics.sessions), 1);
	fake_finish(fake_held[0], STATUS_OK, slice_of(NULL, 0));
	assert_int_equal(metric_value(&d->reception->metrics.sessions), 0);
	desk_free(d);
}

static void a_peer_that_does_not_read_clogs_its_streams(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct request *req = begin(d, 1);

	(void)state;
	d->peer.backlog = STREAM_BACKLOG_MAX;
	assert_false(req->is_clogged(req));
	d->peer.backlog++;
	assert_true(req->is_clogged(req));
	desk_free(d);
}

static void a_suspension_is_felt_by_the_next_part(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct request *req = begin(d, 1);
	struct registry *later = fake_registry_province();

	(void)state;
	assert_int_equal(req->part(req, slice_of("one", 3)), STATUS_OK);
	later->fallen_code = "H14010000001";
	later->fallen = STANDING_AGREEMENT_SUSPENDED;
	reception_set_registry(d->reception, later);
	assert_int_equal(req->part(req, slice_of("two", 3)), STATUS_AGREEMENT_SUSPENDED);
	assert_int_equal(d->peer.count, 1);
	later = fake_registry_province();
	later->certificates[0].revoked = true;
	reception_set_registry(d->reception, later);
	assert_int_equal(req->part(req, slice_of("two", 3)), STATUS_CERTIFICATE_NOT_VALID);
	reception_set_registry(d->reception, fake_registry_province());
	assert_int_equal(req->part(req, slice_of("two", 3)), STATUS_OK);
	fake_mono_us += 5001 * 1000;
	assert_int_equal(req->part(req, slice_of("three", 5)), STATUS_REGISTRY_STALE);
	desk_free(d);
}

/* ---- budgets ------------------------------------------------------------------------------- */

static void polls_have_a_budget_of_their_own_and_are_told_which(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call poll = desk_call_of(dispatch_find(METHOD_POLL), 1);
	struct desk_call upload = desk_call_of(dispatch_find(METHOD_UPLOAD), 100);

	(void)state;
	admission_set_daily(d->polls, 43200, 3); /* one each two seconds */
	for (; poll.call_id <= 3; poll.call_id++)
		desk_expect_start(d, &poll);
	desk_expect_refusal(d, &poll, STATUS_BUDGET_EXCEEDED);
	assert_int_equal(desk_last(d)->retry_after_ms, 2000);
	assert_string_equal(desk_last(d)->rule, "BUDGET");
	assert_string_equal(desk_last(d)->field, "poll_per_day");
	assert_int_equal(metric_value(&d->reception->metrics.over_budget[BUDGET_POLLS][0]), 1);
	desk_expect_start(d, &upload); /* what changes something does not count */
	fake_mono_us += 2000 * 1000;
	d->freshness.at_mono_ms = fake_mono_us / 1000;
	desk_expect_start(d, &poll);
	admission_set(d->admission, 1, 1);
	fake_mono_us += 1000 * 1000;
	upload.call_id++;
	desk_expect_start(d, &upload);
	upload.call_id++;
	desk_expect_refusal(d, &upload, STATUS_BUDGET_EXCEEDED);
	assert_string_equal(desk_last(d)->field, "budget_calls_per_s");
	assert_int_equal(metric_value(&d->reception->metrics.over_budget[BUDGET_CALLS][0]), 1);
	desk_free(d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(parts_come_before_the_end),
		TEST(a_stream_is_no_call_in_flight_and_keeps_no_registry),
		TEST(a_connection_has_four_streams_and_not_five),
		TEST(streams_and_calls_do_not_take_each_others_place),
		TEST(a_worker_has_so_many_streams_and_not_one_more),
		TEST(a_stream_lives_as_long_as_it_asked_and_an_hour_at_most),
		TEST(a_cancelled_stream_ends_and_says_so),
		TEST(a_call_that_has_one_answer_is_not_cancelled),
		TEST(one_that_was_not_started_yet_is_cancelled_too),
		TEST(draining_ends_every_stream_with_a_status_and_then_the_connection),
		TEST(the_end_of_the_connection_ends_its_streams),
		TEST(a_stream_that_ends_later_keeps_its_session),
		TEST(a_peer_that_does_not_read_clogs_its_streams),
		TEST(a_suspension_is_felt_by_the_next_part),
		TEST(polls_have_a_budget_of_their_own_and_are_told_which),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
