/* Bounds under load, and connections that die while calls are in flight. */
#include "desk.h"

#include <string.h>

#include "support/tap.h"

static struct desk_call get_call(uint64_t call_id)
{
	return desk_call_of(dispatch_find(METHOD_GET), call_id);
}

static struct desk_call upload_call(uint64_t call_id)
{
	return desk_call_of(dispatch_find(METHOD_UPLOAD), call_id);
}

static void a_session_has_its_calls_in_flight_and_not_one_more(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(0);

	(void)state;
	for (call.call_id = 1; call.call_id <= CALLS_IN_FLIGHT_MAX; call.call_id++)
		desk_expect_start(d, &call);
	assert_int_equal(session_in_flight(d->session), CALLS_IN_FLIGHT_MAX);
	desk_expect_refusal(d, &call, STATUS_BUSY);
	assert_int_equal(desk_last(d)->retry_after_ms, BUSY_RETRY_AFTER_MS);
	fake_finish(fake_held[0], STATUS_OK, slice_of(NULL, 0));
	desk_expect_start(d, &call);
	desk_free(d);
}

static void a_worker_has_its_calls_in_flight_and_not_one_more(void **state)
{
	struct desk *d = desk_new_with_calls(PIN_HOSPITAL, 2);
	struct desk_wire *other = test_calloc(1, sizeof(*other));
	struct session *session = desk_session(d, PIN_INTERNET_HOSPITAL, other);
	struct desk_call call = get_call(1);

	(void)state;
	desk_expect_start(d, &call);
	assert_int_equal(desk_send_on(session, &call), SESSION_GO_ON);
	fake_loop_turn(&d->loop);
	assert_int_equal(fake_held_count, 2);
	call.call_id = 2;
	desk_expect_refusal(d, &call, STATUS_BUSY);
	fake_finish(fake_held[1], STATUS_OK, slice_of(NULL, 0));
	desk_expect_start(d, &call);
	session_close(session);
	desk_free(d);
	test_free(other);
}

static void audits_do_not_take_all_places(void **state)
{
	struct desk *d = desk_new(PIN_PROVINCE_OFFICER);
	struct desk_call audit = desk_call_of(dispatch_find("rxcirc.v1.Agency/QueryTrail"), 0);
	struct desk_call put = desk_call_of(dispatch_find("rxcirc.v1.Agency/PutRegistryRecord"), 99);

	(void)state;
	for (audit.call_id = 1; audit.call_id <= RECEPTION_SLOW_MAX; audit.call_id++)
		desk_expect_start(d, &audit);
	desk_expect_refusal(d, &audit, STATUS_BUSY);
	desk_expect_start(d, &put);
	fake_finish(fake_held[0], STATUS_OK, slice_of(NULL, 0));
	desk_expect_start(d, &audit);
	desk_free(d);
}

static void a_budget_refuses_with_the_time_to_wait(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(0);

	(void)state;
	admission_set(d->admission, 200, 3);
	for (call.call_id = 1; call.call_id <= 3; call.call_id++)
		desk_expect_start(d, &call);
	desk_expect_refusal(d, &call, STATUS_BUDGET_EXCEEDED);
	assert_int_equal(desk_last(d)->retry_after_ms, 5);
	fake_mono_us += 5 * 1000;
	desk_expect_start(d, &call);
	desk_free(d);
}

static void two_sessions_of_one_institution_share_its_budget(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_wire *other = test_calloc(1, sizeof(*other));
	struct session *session = desk_session(d, PIN_HOSPITAL, other);
	struct desk_call call = get_call(1);

	(void)state;
	admission_set(d->admission, 1, 2);
	desk_expect_start(d, &call);
	assert_int_equal(desk_send_on(session, &call), SESSION_GO_ON);
	fake_loop_turn(&d->loop);
	assert_int_equal(fake_held_count, 2);
	call.call_id = 2;
	desk_expect_refusal(d, &call, STATUS_BUDGET_EXCEEDED);
	session_close(session);
	desk_free(d);
	test_free(other);
}

static void a_turn_starts_its_share_and_leaves_the_rest_to_the_next(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	unsigned share = RECEPTION_TURN_COST_MAX / dispatch_find(METHOD_UPLOAD)->cost;
	struct desk_call call = upload_call(0);

	(void)state;
	for (call.call_id = 1; call.call_id <= share + 1; call.call_id++)
		assert_int_equal(desk_send(d, &call), SESSION_GO_ON);
	assert_int_equal(fake_started, 0); /* never inside the receive call */
	fake_loop_turn(&d->loop);
	assert_int_equal(fake_started, share);
	assert_int_equal(metric_value(&d->reception->metrics.waiting), 1);
	fake_loop_turn(&d->loop);
	assert_int_equal(fake_started, share + 1);
	for (unsigned i = 0; i <= share; i++)
		assert_int_equal(fake_held[i]->call_id, i + 1); /* oldest first */
	desk_free(d);
}

static void answers_may_overtake_each_other(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call first = get_call(1), second = upload_call(2);

	(void)state;
	desk_expect_start(d, &first);
	desk_expect_start(d, &second);
	fake_finish(fake_held[1], STATUS_OK, slice_of_text("second"));
	fake_finish(fake_held[0], STATUS_OK, slice_of_text("first"));
	assert_int_equal(d->peer.answers[0].call_id, 2);
	assert_int_equal(d->peer.answers[0].body_len, 6);
	assert_int_equal(d->peer.answers[1].call_id, 1);
	assert_int_equal(d->peer.answers[1].body_len, 5);
	desk_free(d);
}

static void every_reason_reaches_the_peer_with_its_class(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);

	(void)state;
	for (unsigned reason = 0; reason < STATUS_NR; reason++) {
		const struct status_row *row = status_row_of((enum status_reason)reason);
		struct desk_call call = get_call(reason + 1);

		desk_expect_start(d, &call);
		fake_finish(fake_held[0], (enum status_reason)reason, slice_of(NULL, 0));
		assert_int_equal(desk_last(d)->call_id, call.call_id);
		assert_int_equal(desk_last(d)->code, row->code);
		assert_int_equal(desk_last(d)->retry_class, row->retry_class);
		assert_string_equal(desk_last(d)->reason, reason == STATUS_OK ? "" : row->reason);
		assert_int_equal(metric_value(&d->reception->metrics.answers[reason]), 1);
	}
	desk_free(d);
}

static void an_answer_that_fills_a_frame_is_sent_and_a_larger_one_becomes_an_error(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(1);
	/* call id 2 bytes, empty status 2, body tag and length 4 */
	size_t body_len_max = FRAME_BODY_MAX - 8;

	(void)state;
	fake_behaviour = FAKE_SWELL;
	fake_swell_len = body_len_max;
	assert_int_equal(desk_send(d, &call), SESSION_GO_ON);
	fake_loop_turn(&d->loop);
	assert_int_equal(desk_last(d)->body_len, body_len_max);
	assert_int_equal(desk_last(d)->code, RPC_OK);
	fake_swell_len++;
	assert_int_equal(desk_send(d, &call), SESSION_GO_ON);
	fake_loop_turn(&d->loop);
	assert_int_equal(desk_last(d)->call_id, 1);
	assert_string_equal(desk_last(d)->reason, "INTERNAL");
	fake_behaviour = FAKE_HOLD;
	desk_free(d);
}

static void a_dead_connection_drops_the_answers_of_running_calls(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(0);

	(void)state;
	for (call.call_id = 1; call.call_id <= 3; call.call_id++)
		desk_expect_start(d, &call);
	session_close(d->session);
	d->session = NULL;
	assert_int_equal(metric_value(&d->reception->metrics.sessions), 1);
	fake_finish(fake_held[1], STATUS_OK, slice_of_text("lost"));
	fake_finish(fake_held[1], STATUS_INTERNAL, slice_of(NULL, 0));
	assert_int_equal(metric_value(&d->reception->metrics.sessions), 1);
	fake_finish(fake_held[0], STATUS_OK, slice_of(NULL, 0));
	assert_int_equal(metric_value(&d->reception->metrics.sessions), 0);
	assert_int_equal(metric_value(&d->reception->metrics.unsent), 3);
	assert_int_equal(d->peer.count, 0);
	desk_free(d);
}

static void a_call_whose_connection_died_before_its_start_is_not_begun(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = upload_call(1);

	(void)state;
	assert_int_equal(desk_send(d, &call), SESSION_GO_ON);
	session_close(d->session);
	d->session = NULL;
	fake_loop_turn(&d->loop);
	assert_int_equal(fake_started, 0);
	assert_int_equal(metric_value(&d->reception->metrics.sessions), 0);
	desk_free(d);
}

static void a_dying_connection_during_drain_disturbs_nobody(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(1);

	(void)state;
	desk_expect_start(d, &call);
	session_close(d->session);
	d->session = NULL;
	reception_drain(d->reception);
	assert_false(reception_is_idle(d->reception));
	fake_finish(fake_held[0], STATUS_OK, slice_of(NULL, 0));
	assert_true(reception_is_idle(d->reception));
	desk_free(d);
}

static void a_new_registry_frees_the_old_one_when_its_last_call_ends(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(1);

	(void)state;
	desk_expect_start(d, &call);
	registry_unref(d->registry);
	d->registry = fake_registry_province();
	reception_set_registry(d->reception, registry_ref(d->registry));
	assert_int_equal(fake_registries(), 2);
	fake_finish(fake_held[0], STATUS_OK, slice_of(NULL, 0));
	assert_int_equal(fake_registries(), 1);
	desk_free(d);
}

static void the_time_of_a_call_is_measured(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	const struct method_metrics *m =
		&d->reception->metrics.methods[dispatch_index(dispatch_find(METHOD_GET))];
	struct desk_call call = get_call(1);

	(void)state;
	desk_expect_start(d, &call);
	fake_mono_us += 1234;
	fake_finish(fake_held[0], STATUS_OK, slice_of(NULL, 0));
	assert_int_equal(m->us.sum, 1234);
	assert_int_equal(metric_value(&m->ended[0]), 1);
	desk_free(d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_session_has_its_calls_in_flight_and_not_one_more),
		TEST(a_worker_has_its_calls_in_flight_and_not_one_more),
		TEST(audits_do_not_take_all_places),
		TEST(a_budget_refuses_with_the_time_to_wait),
		TEST(two_sessions_of_one_institution_share_its_budget),
		TEST(a_turn_starts_its_share_and_leaves_the_rest_to_the_next),
		TEST(answers_may_overtake_each_other),
		TEST(every_reason_reaches_the_peer_with_its_class),
		TEST(an_answer_that_fills_a_frame_is_sent_and_a_larger_one_becomes_an_error),
		TEST(a_dead_connection_drops_the_answers_of_running_calls),
		TEST(a_call_whose_connection_died_before_its_start_is_not_begun),
		TEST(a_dying_connection_during_drain_disturbs_nobody),
		TEST(a_new_registry_frees_the_old_one_when_its_last_call_ends),
		TEST(the_time_of_a_call_is_measured),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
