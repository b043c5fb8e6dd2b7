/* What a session refuses, in which order, and how calls and connections end. */
#include "desk.h"

#include <string.h>

#include "proto/frame.h"
#include "support/tap.h"

static struct desk_call get_call(uint64_t call_id)
{
	return desk_call_of(dispatch_find(METHOD_GET), call_id);
}

/* ---- the connection ------------------------------------------------------------------------ */

static void expect_end(struct desk *d, const struct desk_call *call, enum status_reason reason)
{
	unsigned started = fake_started, answers = d->peer.count;

	assert_int_equal(desk_send(d, call), SESSION_END);
	fake_loop_turn(&d->loop);
	assert_int_equal(fake_started, started);
	assert_int_equal(d->peer.count, answers + 1);
	assert_int_equal(desk_last(d)->call_id, 0);
	assert_string_equal(desk_last(d)->reason, status_row_of(reason)->reason);
}

static void call_id_zero_ends_the_connection(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(0);

	(void)state;
	expect_end(d, &call, STATUS_CALL_ID_IN_USE);
	desk_free(d);
}

static void the_largest_call_id_is_taken_and_one_more_ends_the_connection(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(INT64_MAX);

	(void)state;
	desk_expect_start(d, &call);
	call.call_id++;
	expect_end(d, &call, STATUS_CALL_ID_IN_USE);
	desk_free(d);
}

static void a_call_id_in_flight_is_not_answered_under_its_own_id(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(5);

	(void)state;
	desk_expect_start(d, &call);
	expect_end(d, &call, STATUS_CALL_ID_IN_USE);
	desk_free(d);
}

static void a_call_id_may_be_used_again_after_its_answer(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(5);

	(void)state;
	desk_expect_start(d, &call);
	fake_finish(fake_held[0], STATUS_OK, slice_of(NULL, 0));
	assert_int_equal(desk_last(d)->call_id, 5);
	desk_expect_start(d, &call);
	desk_free(d);
}

static void bytes_that_are_no_envelope_end_the_connection(void **state)
{
	static const uint8_t broken[][4] = {{0xff, 0xff, 0xff, 0xff}, {0x12, 0x7f, 'a', 'b'}};
	static const uint8_t not_utf8[] = {0x08, 0x01, 0x12, 0x02, 0xc3, 0x28};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(broken) + 1; i++) {
		struct desk *d = desk_new(PIN_HOSPITAL);
		struct slice bytes = i < ARRAY_LEN(broken) ? slice_of(broken[i], sizeof(broken[i])) :
							     slice_of(not_utf8, sizeof(not_utf8));

		assert_int_equal(session_receive(d->session, bytes), SESSION_END);
		assert_int_equal(desk_last(d)->call_id, 0);
		assert_string_equal(desk_last(d)->reason, "FRAME_MALFORMED");
		desk_free(d);
	}
}

static void a_frame_of_countless_tiny_fields_is_refused_without_much_memory(void **state)
{
	static uint8_t bytes[FRAME_BODY_MAX];
	struct desk *d = desk_new(PIN_HOSPITAL);

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(bytes); i += 2)
		bytes[i] = 15 << 3; /* field 15, varint 0: not one of ours */
	assert_int_equal(session_receive(d->session, slice_of(bytes, sizeof(bytes))), SESSION_END);
	assert_string_equal(desk_last(d)->reason, "FRAME_MALFORMED");
	desk_free(d);
}

/* ---- the caller ---------------------------------------------------------------------------- */

static void a_stranger_is_told_so_and_sent_away_at_once(void **state)
{
	struct desk *d = desk_new(PIN_UNKNOWN);
	struct desk_call call = get_call(1);

	(void)state;
	assert_int_equal(session_greet(d->session), SESSION_END);
	assert_int_equal(desk_last(d)->call_id, 0);
	assert_string_equal(desk_last(d)->reason, "CERTIFICATE_NOT_REGISTERED");
	desk_expect_refusal(d, &call, STATUS_CERTIFICATE_NOT_REGISTERED);
	desk_free(d);
}

static void a_registered_peer_is_greeted_silently(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);

	(void)state;
	assert_int_equal(session_greet(d->session), SESSION_GO_ON);
	assert_int_equal(d->peer.count, 0);
	desk_free(d);
}

static void a_certificate_is_valid_within_its_dates_only(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct certificate *cert = &d->registry->certificates[0];
	struct desk_call call = get_call(1);

	(void)state;
	cert->not_before_ms = fake_wall_ms + 1;
	desk_expect_refusal(d, &call, STATUS_CERTIFICATE_NOT_VALID);
	cert->not_before_ms = fake_wall_ms;
	cert->not_after_ms = fake_wall_ms;
	desk_expect_refusal(d, &call, STATUS_CERTIFICATE_NOT_VALID);
	assert_int_equal(session_greet(d->session), SESSION_END);
	cert->not_after_ms = fake_wall_ms + 1;
	desk_expect_start(d, &call);
	desk_free(d);
}

static void a_revocation_is_felt_by_a_session_that_is_open(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct registry *revoked = fake_registry_province();
	struct desk_call call = get_call(1);

	(void)state;
	desk_expect_start(d, &call);
	revoked->certificates[0].revoked = true;
	reception_set_registry(d->reception, revoked);
	call.call_id = 2;
	desk_expect_refusal(d, &call, STATUS_CERTIFICATE_NOT_VALID);
	/* The call that was running keeps the registry it began with. */
	assert_ptr_equal(fake_held[0]->registry, d->registry);
	desk_free(d);
}

static void a_suspension_is_felt_by_a_session_that_is_open(void **state)
{
	static const enum institution_status inactive[] = {INSTITUTION_SUSPENDED,
		INSTITUTION_CLOSED};
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(1);

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(inactive); i++) {
		struct registry *changed = fake_registry_province();

		changed->institutions[0].status = inactive[i];
		reception_set_registry(d->reception, changed);
		desk_expect_refusal(d, &call, STATUS_INSTITUTION_NOT_ACTIVE);
		/* It may be lifted again, so the session stays. */
		assert_int_equal(session_greet(d->session), SESSION_GO_ON);
	}
	reception_set_registry(d->reception, registry_ref(d->registry));
	desk_expect_start(d, &call);
	desk_free(d);
}

static void a_certificate_of_no_institution_may_do_nothing(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(1);

	(void)state;
	d->registry->certificates[0].owner_code = "X99999999999";
	desk_expect_refusal(d, &call, STATUS_INSTITUTION_NOT_ACTIVE);
	desk_free(d);
}

static void the_service_learns_who_is_calling(void **state)
{
	struct desk *d = desk_new(PIN_CITY_OFFICER);
	struct desk_call call =
		desk_call_of(dispatch_find("rxcirc.v1.Agency/QueryTrail"), 1);

	(void)state;
	desk_expect_start(d, &call);
	assert_int_equal(fake_held[0]->caller.role, CALLER_CITY_OFFICER);
	assert_string_equal(fake_held[0]->caller.code, "A14000000000");
	assert_string_equal(fake_held[0]->caller.region, "140200");
	assert_int_equal(fake_held[0]->caller.spki[31], PIN_CITY_OFFICER);
	assert_ptr_equal(fake_held[0]->shop, &d->shop);
	assert_int_equal(fake_held[0]->received_at_ms, fake_wall_ms);
	desk_free(d);
}

/* ---- the node ------------------------------------------------------------------------------ */

static void without_a_registry_every_call_is_refused(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(1);

	(void)state;
	reception_set_registry(d->reception, NULL);
	assert_int_equal(session_greet(d->session), SESSION_GO_ON);
	desk_expect_refusal(d, &call, STATUS_REGISTRY_STALE);
	assert_int_equal(desk_last(d)->retry_after_ms, STALE_RETRY_AFTER_MS);
	desk_free(d);
}

static void a_registry_at_its_age_limit_serves_and_one_above_refuses(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(1);

	(void)state;
	fake_mono_us += 5000 * 1000;
	desk_expect_start(d, &call);
	fake_mono_us += 1000;
	call.call_id = 2;
	desk_expect_refusal(d, &call, STATUS_REGISTRY_STALE);
	d->freshness.at_mono_ms = fake_mono_us / 1000;
	desk_expect_start(d, &call);
	d->freshness.at_mono_ms = FRESHNESS_NEVER;
	call.call_id = 3;
	desk_expect_refusal(d, &call, STATUS_REGISTRY_STALE);
	desk_free(d);
}

static void a_stale_registry_does_not_tell_who_is_a_stranger(void **state)
{
	struct desk *d = desk_new(PIN_UNKNOWN);
	struct desk_call call = get_call(1);

	(void)state;
	fake_mono_us += 5001 * 1000;
	assert_int_equal(session_greet(d->session), SESSION_GO_ON);
	desk_expect_refusal(d, &call, STATUS_REGISTRY_STALE);
	desk_free(d);
}

static void a_draining_node_refuses_new_calls_and_finishes_running_ones(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(1);

	(void)state;
	desk_expect_start(d, &call);
	reception_drain(d->reception);
	assert_int_equal(desk_last(d)->call_id, 0);
	assert_string_equal(desk_last(d)->reason, "DRAINING");
	assert_int_equal(desk_last(d)->retry_class, RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_RETRY);
	call.call_id = 2;
	desk_expect_refusal(d, &call, STATUS_DRAINING);
	assert_false(d->peer.finished);
	fake_finish(fake_held[0], STATUS_OK, slice_of_text("x"));
	assert_int_equal(desk_last(d)->call_id, 1);
	assert_int_equal(desk_last(d)->body_len, 1);
	assert_true(d->peer.finished);
	reception_drain(d->reception); /* a second time changes nothing */
	desk_free(d);
}

static void draining_closes_an_idle_session_and_turns_away_a_new_one(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_wire *late = test_calloc(1, sizeof(*late));
	struct session *session;

	(void)state;
	reception_drain(d->reception);
	assert_true(d->peer.finished);
	session = desk_session(d, PIN_HOSPITAL, late);
	assert_int_equal(session_greet(session), SESSION_END);
	assert_string_equal(late->answers[0].reason, "DRAINING");
	session_close(session);
	test_free(late);
	desk_free(d);
}

/* ---- the envelope -------------------------------------------------------------------------- */

static void a_traceparent_has_one_form(void **state)
{
	static const char good[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
	static const char *const wrong[] = {
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
		"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
		"00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b\n-01",
		" ",
	};
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(1);

	(void)state;
	assert_int_equal(strlen(good), TRACEPARENT_LEN);
	call.traceparent = good;
	desk_expect_start(d, &call);
	call.call_id = 2;
	for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
		call.traceparent = wrong[i];
		desk_expect_refusal(d, &call, STATUS_FIELD_INVALID);
		assert_string_equal(desk_last(d)->field, "traceparent");
	}
	desk_free(d);
}

static void the_deadline_is_the_callers_within_bounds(void **state)
{
	static const struct {
		uint32_t asked_ms;
		int64_t granted_ms;
	} cases[] = {
		{0, DEADLINE_MS_DEFAULT},
		{1, 1},
		{DEADLINE_MS_MAX, DEADLINE_MS_MAX},
		{DEADLINE_MS_MAX + 1, DEADLINE_MS_MAX},
		{UINT32_MAX, DEADLINE_MS_MAX},
	};
	struct desk *d = desk_new(PIN_HOSPITAL);

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		struct desk_call call = get_call(i + 1);

		call.deadline_ms = cases[i].asked_ms;
		desk_expect_start(d, &call);
		assert_int_equal(fake_held[i]->deadline_mono_ms,
			fake_mono_us / 1000 + cases[i].granted_ms);
	}
	desk_free(d);
}

static void a_call_that_waited_beyond_its_deadline_is_not_started(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = get_call(1);

	(void)state;
	call.deadline_ms = 50;
	assert_int_equal(desk_send(d, &call), SESSION_GO_ON);
	fake_mono_us += 50 * 1000;
	fake_loop_turn(&d->loop);
	assert_int_equal(fake_started, 0);
	assert_int_equal(desk_last(d)->call_id, 1);
	assert_string_equal(desk_last(d)->reason, "DEADLINE_EXCEEDED");
	call.call_id = 2;
	assert_int_equal(desk_send(d, &call), SESSION_GO_ON);
	fake_mono_us += 49 * 1000;
	fake_loop_turn(&d->loop);
	assert_int_equal(fake_started, 1);
	desk_free(d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(call_id_zero_ends_the_connection),
		TEST(the_largest_call_id_is_taken_and_one_more_ends_the_connection),
		TEST(a_call_id_in_flight_is_not_answered_under_its_own_id),
		TEST(a_call_id_may_be_used_again_after_its_answer),
		TEST(bytes_that_are_no_envelope_end_the_connection),
		TEST(a_frame_of_countless_tiny_fields_is_refused_without_much_memory),
		TEST(a_stranger_is_told_so_and_sent_away_at_once),
		TEST(a_registered_peer_is_greeted_silently),
		TEST(a_certificate_is_valid_within_its_dates_only),
		TEST(a_revocation_is_felt_by_a_session_that_is_open),
		PROVES(a_suspension_is_felt_by_a_session_that_is_open, "SX15-2.5"),
		TEST(a_certificate_of_no_institution_may_do_nothing),
		TEST(the_service_learns_who_is_calling),
		TEST(without_a_registry_every_call_is_refused),
		TEST(a_registry_at_its_age_limit_serves_and_one_above_refuses),
		TEST(a_stale_registry_does_not_tell_who_is_a_stranger),
		TEST(a_draining_node_refuses_new_calls_and_finishes_running_ones),
		TEST(draining_closes_an_idle_session_and_turns_away_a_new_one),
		TEST(a_traceparent_has_one_form),
		TEST(the_deadline_is_the_callers_within_bounds),
		TEST(a_call_that_waited_beyond_its_deadline_is_not_started),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
