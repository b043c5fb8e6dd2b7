/* A request's life and its endings. */
#include "test/support/tap.h"

#include <string.h>

#include "request/request.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "test/support/death.h"
#include "test/support/fake_pg.h"

static struct request req;
static struct workshop shop;
static struct pg_lane *lanes[3];
static unsigned ends;

static void finished(struct request *r)
{
	assert_ptr_equal(r, &req);
	ends++;
}

static void lane_closed(void *arg)
{
	(void)arg;
}

static int open_lanes(void **state)
{
	static const char *const names[] = {"read", "write", "slow"};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const struct pg_lane_options options = {.name = names[i]};

		if (pg_lane_open(&lanes[i], NULL, &options) != 0)
			return -1;
	}
	shop = (struct workshop){.read = lanes[0], .write = lanes[1], .slow = lanes[2]};
	request_init(&req);
	return 0;
}

static int close_lanes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		pg_lane_close(lanes[i], lane_closed, NULL);
	fake_pg_run();
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	req.shop = &shop;
	req.finished = finished;
	req.deadline_mono_ms = 4711;
	ends = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	request_end(&req);
	fake_pg_reset();
	return 0;
}

static void every_error_has_its_answer(void **state)
{
	static const struct {
		int err;
		enum status_reason reason;
		bool retry_after;
	} cases[] = {
		{ERR_MEMORY, STATUS_BUSY, true},
		{ERR_FULL, STATUS_BUSY, true},
		{ERR_TIMEOUT, STATUS_DEADLINE_EXCEEDED, false},
		{ERR_DB_AWAY, STATUS_DATABASE_AWAY, true},
		{ERR_DB_CONFLICT, STATUS_CONTENDED, false},
		{ERR_DB_UNIQUE, STATUS_CONTENDED, false},
		{ERR_DB_REFUSED, STATUS_INTERNAL, false},
		{ERR_OUTCOME_UNKNOWN, STATUS_OUTCOME_UNKNOWN, false},
		{ERR_MALFORMED, STATUS_INTERNAL, false},
		{ERR_TOO_LARGE, STATUS_INTERNAL, false},
		{ERR_DAMAGED, STATUS_DATA_DAMAGED, false},
		{ERR_NOT_FOUND, STATUS_INTERNAL, false},
		{ERR_CONFIG, STATUS_INTERNAL, false},
		{ERR_SYSTEM, STATUS_INTERNAL, false},
		{ERR_STALE, STATUS_REGISTRY_STALE, false},
		{ERR_DB_CHECK, STATUS_INTERNAL, false},
	};
	unsigned known = 0;

	(void)state;
#define X(name, number, class, text) known++;
	ERR_LIST(X)
#undef X
	assert_int_equal(known, sizeof(cases) / sizeof(cases[0]));
	for (unsigned i = 0; i < known; i++) {
		req.retry_after_ms = 0;
		assert_int_equal(request_fail(&req, cases[i].err).kind, OP_DONE);
		assert_int_equal(req.status, cases[i].reason);
		assert_int_equal(req.retry_after_ms > 0, cases[i].retry_after);
		assert_null(req.reply.data);
	}
}

/* What the database floor calls retryable must be told to callers as retryable, and so on. */
static void an_answer_keeps_the_class_of_its_error(void **state)
{
	(void)state;
#define X(name, number, class, text) \
	(void)request_fail(&req, ERR_##name); \
	if (err_class(ERR_##name) == ERR_CLASS_RETRY) \
		assert_int_equal(status_row_of(req.status)->retry_class, \
			RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_RETRY); \
	if (err_class(ERR_##name) == ERR_CLASS_UNKNOWN) \
		assert_int_equal(status_row_of(req.status)->retry_class, \
			RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_UNKNOWN); \
	if (err_class(ERR_##name) == ERR_CLASS_FATAL) \
		assert_int_equal(status_row_of(req.status)->retry_class, \
			RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_FATAL);
	ERR_LIST(X)
#undef X
}

static void refuse_with_OK(void *arg)
{
	(void)request_refuse(arg, STATUS_OK);
}

static void OK_is_no_refusal(void **state)
{
	(void)state;
	assert_true(death_of(refuse_with_OK, &req));
}

static void a_refusal_takes_back_the_reply(void **state)
{
	(void)state;
	(void)request_reply_bytes(&req, slice_of("reply", 5));
	assert_int_equal(req.status, STATUS_OK);
	(void)request_refuse(&req, STATUS_BUSY);
	assert_int_equal(req.reply.len, 0);
}

static void a_reply_is_packed_into_the_arena(void **state)
{
	Rxcirc__V1__ClaimPrescriptionResponse m = RXCIRC__V1__CLAIM_PRESCRIPTION_RESPONSE__INIT;

	(void)state;
	m.fencing_token = 5;
	assert_int_equal(request_reply(&req, &m.base).kind, OP_DONE);
	assert_int_equal(req.status, STATUS_OK);
	assert_true(slice_equal(req.reply, slice_of("\x10\x05", 2)));
}

static void a_reply_without_memory_is_BUSY(void **state)
{
	Rxcirc__V1__ClaimPrescriptionResponse m = RXCIRC__V1__CLAIM_PRESCRIPTION_RESPONSE__INIT;

	(void)state;
	assert_non_null(arena_alloc(&req.arena, ARENA_CAP));
	(void)request_reply(&req, &m.base);
	assert_int_equal(req.status, STATUS_BUSY);
}

static void find(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		request_find_field(&req, "field", "english", "chinese");
}

static void findings_are_kept_up_to_their_limit_and_dropped_above(void **state)
{
	(void)state;
	find(FINDINGS_MAX);
	assert_int_equal(req.findings_count, FINDINGS_MAX);
	assert_string_equal(req.findings[FINDINGS_MAX - 1]->field, "field");
	assert_string_equal(req.findings[FINDINGS_MAX - 1]->rule, "FIELD");
	assert_int_equal(req.findings[0]->severity, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE);
	find(1);
	assert_int_equal(req.findings_count, FINDINGS_MAX);
}

static void findings_without_memory_are_dropped(void **state)
{
	(void)state;
	assert_non_null(arena_alloc(&req.arena, ARENA_CAP));
	find(2);
	assert_int_equal(req.findings_count, 0);
}

static void state_without_memory_is_NULL(void **state)
{
	(void)state;
	assert_non_null(request_state(&req, 64));
	assert_non_null(arena_alloc(&req.arena, ARENA_CAP - 64 - 16));
	assert_null(request_state(&req, 64));
}

static void an_early_end_is_told_once(void **state)
{
	(void)state;
	request_end_early(&req, STATUS_BODY_MALFORMED);
	assert_int_equal(req.status, STATUS_BODY_MALFORMED);
	assert_int_equal(ends, 1);
}

enum { ASK, ANSWERED };
static const struct pg_statement statement = {"a_statement", "", 0};

static op_verdict ask(struct op *op)
{
	struct request *r = REQUEST_OF(op);
	uint8_t key[PG_ROW_KEY_LEN];

	memset(key, 9, sizeof(key));
	pg_unit_add(request_unit(r, key), &statement, NULL);
	request_submit_write(r);
	return op_wait(ANSWERED);
}

static op_verdict answered(struct op *op)
{
	struct request *r = REQUEST_OF(op);

	return r->unit.status < 0 ? request_fail(r, r->unit.status) :
		request_reply_bytes(r, slice_of("x", 1));
}

static const struct op_state states[] = {
	[ASK] = {"ask", ask, OP_TO(ANSWERED)},
	[ANSWERED] = {"answered", answered, 0},
};

static void steps_go_on_when_the_unit_is_done(void **state)
{
	uint8_t key[PG_ROW_KEY_LEN];

	(void)state;
	memset(key, 9, sizeof(key));
	fake_pg_answer("a_statement", 0, NULL, 0);
	request_run(&req, states, 2);
	assert_int_equal(ends, 0);
	assert_int_equal(fake_pg_sent_count(), 1);
	assert_string_equal(fake_pg_sent(0)->lane, "write");
	assert_int_equal(fake_pg_sent(0)->deadline_mono_ms, 4711);
	assert_memory_equal(fake_pg_sent(0)->row_key, key, sizeof(key));
	fake_pg_run();
	assert_int_equal(ends, 1);
	assert_int_equal(req.status, STATUS_OK);
	assert_int_equal(fake_pg_unused(), 0);
}

static void a_lost_database_ends_the_request_once(void **state)
{
	(void)state;
	fake_pg_answer_failure("a_statement", ERR_DB_AWAY, NULL);
	request_run(&req, states, 2);
	fake_pg_run();
	assert_int_equal(ends, 1);
	assert_int_equal(req.status, STATUS_DATABASE_AWAY);
}

/* The same step machine over each of the three lanes. */
static void (*submit)(struct request *req);

static op_verdict ask_somewhere(struct op *op)
{
	struct request *r = REQUEST_OF(op);

	pg_unit_add(request_unit(r, NULL), &statement, NULL);
	submit(r);
	return op_wait(ANSWERED);
}

static void each_lane_is_its_own(void **state)
{
	static void (*const submits[])(struct request *r) = {request_submit_read,
		request_submit_write, request_submit_slow};
	static const char *const names[] = {"read", "write", "slow"};
	static const struct op_state somewhere[] = {
		[ASK] = {"ask", ask_somewhere, OP_TO(ANSWERED)},
		[ANSWERED] = {"answered", answered, 0},
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		submit = submits[i];
		fake_pg_answer("a_statement", 0, NULL, 0);
		request_run(&req, somewhere, 2);
		assert_int_equal(pg_lane_waiting(lanes[i]), 1);
		assert_string_equal(fake_pg_sent(i)->lane, names[i]);
		fake_pg_run();
		assert_int_equal(ends, i + 1);
	}
}

static void a_promise_is_the_events(void **state)
{
	const struct event event = {.at_ms = 17, .event_id = {1, 2}, .leaf_hash = {3, 4}};
	struct promise kept;

	(void)state;
	assert_false(req.has_promise);
	request_promise_event(&req, &event);
	assert_true(req.has_promise);
	assert_int_equal(req.promise.at_ms, 17);
	assert_memory_equal(req.promise.event_id, event.event_id, EVENT_ID_LEN);
	assert_memory_equal(req.promise.leaf_hash, event.leaf_hash, SHA256_LEN);
	kept = req.promise;
	request_end(&req);
	assert_false(req.has_promise);
	request_promise(&req, &kept);
	assert_true(req.has_promise);
	assert_int_equal(req.promise.at_ms, 17);
	assert_memory_equal(req.promise.event_id, event.event_id, EVENT_ID_LEN);
	assert_memory_equal(req.promise.leaf_hash, event.leaf_hash, SHA256_LEN);
}

static void an_ended_request_is_as_new(void **state)
{
	const struct event event = {.at_ms = 17};

	(void)state;
	request_promise_event(&req, &event);
	find(3);
	req.call_id = 7;
	req.status = STATUS_BUSY;
	request_end(&req);
	assert_int_equal(req.findings_count, 0);
	assert_int_equal(req.call_id, 0);
	assert_int_equal(req.status, STATUS_OK);
	assert_null(req.service_state);
	assert_false(req.has_promise);
	assert_int_equal(req.arena.used, 0);
}

int main(void)
{
#define FRESH(fn) cmocka_unit_test_setup_teardown(fn, fresh, end)
	static const struct CMUnitTest tests[] = {
		FRESH(every_error_has_its_answer),
		FRESH(an_answer_keeps_the_class_of_its_error),
		FRESH(OK_is_no_refusal),
		FRESH(a_refusal_takes_back_the_reply),
		FRESH(a_reply_is_packed_into_the_arena),
		FRESH(a_reply_without_memory_is_BUSY),
		FRESH(findings_are_kept_up_to_their_limit_and_dropped_above),
		FRESH(findings_without_memory_are_dropped),
		FRESH(state_without_memory_is_NULL),
		FRESH(an_early_end_is_told_once),
		FRESH(steps_go_on_when_the_unit_is_done),
		FRESH(a_lost_database_ends_the_request_once),
		FRESH(each_lane_is_its_own),
		FRESH(a_promise_is_the_events),
		FRESH(an_ended_request_is_as_new),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("request", tests, open_lanes, close_lanes);
}
