/* Answers that stand for something written: their receipts, and the proofs that are waited for. */
#include "desk.h"
#include "fake_trail.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "proto/receipt.h"
#include "support/tap.h"

enum {
	MANY = RECEIPTS_MAX + 1,
	MANY_SESSIONS = (MANY + CALLS_IN_FLIGHT_MAX - 1) / CALLS_IN_FLIGHT_MAX,
};

static struct trail trail;
static struct desk *desk;

/* ---- memory that may be short -------------------------------------------------------------- */

static bool is_calloc_empty;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	return is_calloc_empty ? NULL : __real_calloc(count, size);
}

/* ---- the bench ----------------------------------------------------------------------------- */

static int open_desk(void **state)
{
	(void)state;
	memset(&trail, 0, sizeof(trail));
	desk = desk_new_with_receipts(PIN_HOSPITAL, DESK_CALLS_MAX, &trail);
	return 0;
}

static int close_desk(void **state)
{
	(void)state;
	assert_int_equal(trail.wishes_count, 0);
	desk_free(desk);
	return 0;
}

static struct desk_call upload(uint64_t call_id)
{
	struct desk_call call = desk_call_of(dispatch_find(METHOD_UPLOAD), call_id);

	call.body_len = 17;
	return call;
}

/* A call that was started and waits for the test to end it. */
static struct request *begin(const struct desk_call *call)
{
	desk_expect_start(desk, call);
	return fake_held[fake_held_count - 1];
}

static struct request *begin_wishing(uint64_t call_id)
{
	struct desk_call call = upload(call_id);

	call.want_proof = true;
	return begin(&call);
}

static void promise(struct request *req, unsigned number)
{
	req->has_promise = true;
	req->promise.at_ms = 1760000000000 + number;
	memset(req->promise.event_id, (int)number, EVENT_ID_LEN);
	memset(req->promise.leaf_hash, (int)number + 1, SHA256_LEN);
}

/* It has written event `number`. */
static void finish_written(struct request *req, unsigned number)
{
	promise(req, number);
	fake_finish(req, STATUS_OK, slice_of("reply", 5));
}

static const struct desk_answer *answer_of(const struct desk_wire *wire, uint64_t call_id)
{
	for (unsigned i = wire->count; i-- > 0;)
		if (wire->answers[i].call_id == call_id)
			return &wire->answers[i];
	fail_msg("call %llu has no answer", (unsigned long long)call_id);
	return NULL;
}

/* The receipt holds, and says all there is to say about the call.  Freed by the caller. */
static Rxcirc__V1__Receipt *assert_receipt(const struct desk_answer *a, unsigned number)
{
	Rxcirc__V1__Receipt *m = rxcirc__v1__receipt__unpack(NULL, a->receipt_len, a->receipt);
	Rxcirc__V1__ReceiptStatement *s;
	uint8_t expected[SHA256_LEN], key[IDEMPOTENCY_KEY_LEN] = {7};
	uint8_t request[sizeof(METHOD_UPLOAD) + 17] = METHOD_UPLOAD; /* a zero byte, and the body */

	assert_string_equal(a->reason, "");
	assert_true(a->receipt_len > 0 && m != NULL);
	assert_int_equal(receipt_verify(m, keyring_receipt_public(desk->keys)), 0);
	s = rxcirc__v1__receipt_statement__unpack(NULL, m->statement.len, m->statement.data);
	assert_non_null(s);
	assert_int_equal(s->format, 1);
	assert_string_equal(s->origin, DESK_ORIGIN);
	assert_int_equal(s->at_ms, 1760000000000 + number);
	memset(expected, (int)number, sizeof(expected));
	assert_int_equal(s->event_id.len, EVENT_ID_LEN);
	assert_memory_equal(s->event_id.data, expected, EVENT_ID_LEN);
	memset(expected, (int)number + 1, sizeof(expected));
	assert_int_equal(s->leaf_hash.len, SHA256_LEN);
	assert_memory_equal(s->leaf_hash.data, expected, SHA256_LEN);
	assert_string_equal(s->institution_code, "H14010000001");
	assert_int_equal(s->idempotency_key.len, sizeof(key));
	assert_memory_equal(s->idempotency_key.data, key, sizeof(key));
	crypto_hash_sha256(expected, request, sizeof(request));
	assert_int_equal(s->request_sha256.len, SHA256_LEN);
	assert_memory_equal(s->request_sha256.data, expected, SHA256_LEN);
	rxcirc__v1__receipt_statement__free_unpacked(s, NULL);
	return m;
}

static void expect_receipt(uint64_t call_id, unsigned number, unsigned index, unsigned count)
{
	Rxcirc__V1__Receipt *m = assert_receipt(answer_of(&desk->peer, call_id), number);

	assert_int_equal(m->index, index);
	assert_int_equal(m->count, count);
	rxcirc__v1__receipt__free_unpacked(m, NULL);
}

static void turn(void)
{
	fake_loop_turn(&desk->loop);
}

/* ---- receipts ------------------------------------------------------------------------------ */

static void what_was_written_is_answered_with_a_receipt_at_the_end_of_the_turn(void **state)
{
	struct desk_call call = upload(5);
	struct request *req = begin(&call);

	(void)state;
	finish_written(req, 9);
	assert_int_equal(desk->peer.count, 0); /* never from inside */
	turn();
	assert_int_equal(desk->peer.count, 1);
	assert_int_equal(desk_last(desk)->body_len, 5);
	expect_receipt(5, 9, 0, 1);
	turn();
	assert_int_equal(desk->peer.count, 1);
}

static void calls_of_one_turn_share_one_signature(void **state)
{
	Rxcirc__V1__Receipt *first = NULL;

	(void)state;
	for (uint64_t id = 1; id <= 11; id++) {
		struct desk_call call = upload(id);

		(void)begin(&call);
	}
	for (unsigned i = 0; i < 11; i++)
		finish_written(fake_held[0], i);
	turn();
	assert_int_equal(desk->peer.count, 11);
	for (unsigned i = 0; i < 11; i++) {
		Rxcirc__V1__Receipt *m = assert_receipt(answer_of(&desk->peer, i + 1), i);

		assert_int_equal(m->index, i);
		assert_int_equal(m->count, 11);
		if (first != NULL)
			assert_memory_equal(m->signature.data, first->signature.data, SIGNATURE_LEN);
		if (first != NULL)
			rxcirc__v1__receipt__free_unpacked(m, NULL);
		else
			first = m;
	}
	rxcirc__v1__receipt__free_unpacked(first, NULL);
}

static void the_next_turn_has_a_signature_of_its_own(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= 3; id++) {
		struct desk_call call = upload(id);

		finish_written(begin(&call), (unsigned)id);
		turn();
		expect_receipt(id, (unsigned)id, 0, 1);
	}
	assert_int_equal(trail.batches, 3);
}

/* As many as one signature serves, and one more. */
static void the_largest_batch_is_signed_at_once_and_one_more_in_the_next_turn(void **state)
{
	static struct desk_wire wires[MANY_SESSIONS];
	struct session *sessions[MANY_SESSIONS];

	(void)state;
	desk_free(desk);
	desk = desk_new_with_receipts(PIN_HOSPITAL, MANY, &trail);
	for (unsigned i = 0; i < MANY_SESSIONS; i++)
		sessions[i] = desk_session(desk, PIN_HOSPITAL, &wires[i]);
	for (unsigned i = 0; i < MANY; i++) {
		struct desk_call call = upload(i + 1);

		assert_int_equal(desk_send_on(sessions[i / CALLS_IN_FLIGHT_MAX], &call), SESSION_GO_ON);
	}
	while (fake_held_count < MANY)
		turn();
	for (unsigned i = 0; i < MANY; i++)
		finish_written(fake_held[0], i % 200);
	turn();
	assert_int_equal(trail.batches, 1);
	assert_int_equal(trail.promises, RECEIPTS_MAX);
	turn();
	assert_int_equal(trail.batches, 2);
	assert_int_equal(trail.promises, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		const struct desk_answer *a = answer_of(&wires[i / CALLS_IN_FLIGHT_MAX], i + 1);
		Rxcirc__V1__Receipt *m = assert_receipt(a, i % 200);

		assert_int_equal(m->count, i < RECEIPTS_MAX ? RECEIPTS_MAX : 1);
		assert_int_equal(m->index, i < RECEIPTS_MAX ? i : 0);
		rxcirc__v1__receipt__free_unpacked(m, NULL);
	}
	for (unsigned i = 0; i < MANY_SESSIONS; i++)
		session_close(sessions[i]);
}

static void what_was_promised_is_told_to_the_trail(void **state)
{
	struct desk_call one = upload(1), two = upload(2);
	struct request *first = begin(&one), *second = begin(&two);

	(void)state;
	finish_written(first, 4);
	finish_written(second, 7);
	turn();
	assert_int_equal(trail.batches, 1);
	assert_int_equal(trail.promises, 2);
	assert_int_equal(trail.promised[0].at_ms, 1760000000004);
	assert_int_equal(trail.promised[0].leaf.bytes[31], 5);
	assert_int_equal(trail.promised[1].at_ms, 1760000000007);
	assert_int_equal(trail.promised[1].leaf.bytes[0], 8);
}

static void assert_no_receipt(uint64_t call_id)
{
	const struct desk_answer *a = answer_of(&desk->peer, call_id);

	assert_int_equal(a->receipt_len, 0);
	assert_int_equal(a->proof_len, 0);
	assert_int_equal(trail.batches, 0);
}

static void a_read_has_no_receipt(void **state)
{
	struct desk_call call = desk_call_of(dispatch_find(METHOD_GET), 1);

	(void)state;
	fake_finish(begin(&call), STATUS_OK, slice_of("reply", 5));
	assert_no_receipt(1); /* and is not kept until the turn's end */
}

static void a_refusal_has_no_receipt_whatever_it_was_about_to_promise(void **state)
{
	struct desk_call call = upload(1);
	struct request *req = begin(&call);

	(void)state;
	promise(req, 1);
	fake_finish(req, STATUS_INTERNAL, slice_of(NULL, 0));
	assert_no_receipt(1);
	assert_string_equal(desk_last(desk)->reason, "INTERNAL");
}

static void a_promise_does_not_stay_with_the_call_that_is_used_again(void **state)
{
	struct desk_call call = upload(1);

	(void)state;
	finish_written(begin(&call), 3);
	turn();
	trail.batches = 0;
	call.call_id = 2;
	fake_finish(begin(&call), STATUS_OK, slice_of(NULL, 0));
	assert_no_receipt(2);
}

static void without_a_trail_there_are_receipts_all_the_same(void **state)
{
	(void)state;
	desk_free(desk);
	desk = desk_new_with_receipts(PIN_HOSPITAL, DESK_CALLS_MAX, NULL);
	finish_written(begin_wishing(1), 3); /* nobody could prove it */
	turn();
	expect_receipt(1, 3, 0, 1);
	assert_int_equal(desk_last(desk)->proof_len, 0);
}

/* ---- proofs -------------------------------------------------------------------------------- */

static void an_answer_waits_for_the_proof_that_was_asked_for(void **state)
{
	struct request *req = begin_wishing(1);

	(void)state;
	finish_written(req, 3);
	turn();
	assert_int_equal(desk->peer.count, 0);
	assert_int_equal(trail.wishes_count, 1);
	assert_ptr_equal(trail.wishes[0]->home, &desk->loop);
	assert_int_equal(trail.wishes[0]->promise.at_ms, 1760000000003);
	assert_int_equal(trail.wishes[0]->promise.event_id[0], 3);
	assert_int_equal(trail.wishes[0]->promise.leaf_hash[0], 4);
	assert_in_range(req->deadline_mono_ms - trail.wishes[0]->until_mono_ms, 50, 1000);
	assert_false(reception_is_idle(desk->reception));
	fake_grant(&trail, 1234);
	assert_int_equal(desk->peer.count, 1);
	assert_int_equal(desk_last(desk)->proof_len, 1234);
	expect_receipt(1, 3, 0, 1);
}

static void a_proof_that_is_not_to_be_had_leaves_the_receipt(void **state)
{
	(void)state;
	finish_written(begin_wishing(1), 3);
	turn();
	fake_grant(&trail, 0);
	assert_int_equal(desk_last(desk)->proof_len, 0);
	expect_receipt(1, 3, 0, 1);
}

static void who_wants_no_proof_does_not_wait_for_others_proofs(void **state)
{
	struct desk_call call = upload(2);
	struct request *wishing = begin_wishing(1), *other = begin(&call);

	(void)state;
	finish_written(wishing, 1);
	finish_written(other, 2);
	turn();
	assert_int_equal(desk->peer.count, 1);
	expect_receipt(2, 2, 1, 2);
	fake_grant(&trail, 10);
	expect_receipt(1, 1, 0, 2);
}

static void a_proof_of_nothing_is_not_waited_for(void **state)
{
	struct desk_call read = desk_call_of(dispatch_find(METHOD_GET), 1);

	(void)state;
	read.want_proof = true;
	fake_finish(begin(&read), STATUS_OK, slice_of("reply", 5));
	assert_no_receipt(1);
	fake_finish(begin_wishing(2), STATUS_INTERNAL, slice_of(NULL, 0));
	assert_no_receipt(2);
	assert_int_equal(trail.wishes_count, 0);
}

static void the_wish_does_not_stay_with_the_call_that_is_used_again(void **state)
{
	struct desk_call call = upload(2);

	(void)state;
	finish_written(begin_wishing(1), 3);
	turn();
	fake_grant(&trail, 9);
	finish_written(begin(&call), 4);
	turn();
	expect_receipt(2, 4, 0, 1);
	assert_int_equal(desk_last(desk)->proof_len, 0);
}

static void how_long_a_proof_was_waited_for_says_nothing_about_our_speed(void **state)
{
	const struct reception_metrics *m = &desk->reception->metrics;
	unsigned method = dispatch_index(dispatch_find(METHOD_UPLOAD));
	struct desk_call call = upload(2);

	(void)state;
	finish_written(begin_wishing(1), 3);
	turn();
	fake_mono_us += 3000 * 1000;
	fake_grant(&trail, 9);
	assert_int_equal(atomic_load(&m->methods[method].us.sum), 0);
	finish_written(begin(&call), 4);
	fake_mono_us += 7;
	turn();
	assert_int_equal(atomic_load(&m->methods[method].us.sum), 7);
}

/* ---- ends ---------------------------------------------------------------------------------- */

static void a_peer_that_goes_before_its_receipt_leaves_nothing_behind(void **state)
{
	struct desk_call call = upload(1);
	struct request *req = begin(&call), *wishing = begin_wishing(2);

	(void)state;
	finish_written(req, 1);
	finish_written(wishing, 2);
	session_close(desk->session);
	desk->session = NULL;
	turn();
	fake_grant(&trail, 100);
	assert_int_equal(desk->peer.count, 0);
	assert_int_equal(metric_value(&desk->reception->metrics.unsent), 2);
	assert_int_equal(trail.promises, 2); /* written is written */
	assert_true(reception_is_idle(desk->reception));
}

static void a_node_that_stops_waits_for_the_proofs_it_owes(void **state)
{
	(void)state;
	finish_written(begin_wishing(1), 2);
	turn();
	reception_drain(desk->reception);
	assert_false(reception_is_idle(desk->reception));
	assert_false(desk->peer.finished);
	fake_grant(&trail, 100);
	assert_true(reception_is_idle(desk->reception));
	assert_true(desk->peer.finished);
	assert_int_equal(desk_last(desk)->proof_len, 100);
}

/* ---- short of memory ----------------------------------------------------------------------- */

/* Leave so many bytes of a request's memory. */
static void leave(struct request *req, size_t left)
{
	struct arena *arena = &req->arena;
	size_t cost = 16;

	assert_true(ARENA_CAP - arena->used > left);
	while (ARENA_CAP - arena->used > left + 64 * 1024)
		assert_non_null(arena_alloc(arena, 32 * 1024));
	while (ARENA_CAP - arena->used >= left + cost)
		assert_non_null(arena_alloc(arena, cost));
}

/* Whatever is short, the answer goes out: with a receipt that holds, or with none. */
static void short_of_memory_the_answer_goes_without_its_receipt(void **state)
{
	unsigned with = 0, without = 0;

	(void)state;
	for (size_t left = 0; left < 1400; left += 48) {
		struct desk_call one = upload(left + 1), two = upload(left + 2);
		struct request *poor = begin(&one), *rich = begin(&two);

		leave(poor, left);
		finish_written(poor, 1);
		finish_written(rich, 2);
		turn();
		if (answer_of(&desk->peer, one.call_id)->receipt_len > 0) {
			with++;
			expect_receipt(one.call_id, 1, 0, 2);
			expect_receipt(two.call_id, 2, 1, 2);
		} else {
			Rxcirc__V1__Receipt *m = assert_receipt(answer_of(&desk->peer, two.call_id), 2);

			without++;
			assert_int_equal(answer_of(&desk->peer, one.call_id)->body_len, 5);
			rxcirc__v1__receipt__free_unpacked(m, NULL);
		}
	}
	assert_true(with > 0 && without > 5);
}

static void short_of_memory_a_proof_is_left_out_and_the_receipt_stays(void **state)
{
	struct request *req = begin_wishing(1);

	(void)state;
	leave(req, 2000);
	finish_written(req, 1);
	turn();
	assert_int_equal(trail.wishes_count, 1);
	fake_grant(&trail, 5000);
	assert_int_equal(desk_last(desk)->proof_len, 0);
	expect_receipt(1, 1, 0, 1);
}

static void short_of_memory_nobody_waits_and_nobody_is_told(void **state)
{
	struct request *req = begin_wishing(1);

	(void)state;
	finish_written(req, 1);
	is_calloc_empty = true;
	fake_loop_turn(&desk->loop);
	is_calloc_empty = false;
	assert_int_equal(trail.wishes_count, 0);
	assert_int_equal(trail.batches, 0);
	expect_receipt(1, 1, 0, 1);
}

/* ---- the frame ----------------------------------------------------------------------------- */

/* The longest reply that fits a frame together with a receipt and a proof of so many bytes. */
static size_t room_beside(size_t receipt_len, size_t proof_len)
{
	/* call id, status, and per field a tag and a length of at most three bytes */
	return FRAME_BODY_MAX - receipt_len - proof_len - 64;
}

static void expect_long_answer(size_t reply_len, size_t proof_len, bool is_proof_sent)
{
	static uint8_t bytes[FRAME_BODY_MAX];
	static uint64_t call_id = 100;
	struct request *req = begin_wishing(++call_id);

	promise(req, 1);
	fake_finish(req, STATUS_OK, slice_of(bytes, reply_len));
	turn();
	fake_grant(&trail, proof_len);
	assert_int_equal(desk_last(desk)->call_id, call_id);
	assert_int_equal(desk_last(desk)->body_len, reply_len);
	assert_int_equal(desk_last(desk)->proof_len, is_proof_sent ? proof_len : 0);
	expect_receipt(call_id, 1, 0, 1);
}

static void a_proof_that_does_not_fit_the_frame_is_left_out_never_the_receipt(void **state)
{
	size_t receipt_len;

	(void)state;
	expect_long_answer(10, 5000, true);
	receipt_len = desk_last(desk)->receipt_len;
	expect_long_answer(room_beside(receipt_len, 5000), 5000, true);
	expect_long_answer(room_beside(receipt_len, 5000) + 64, 5000, false);
	expect_long_answer(room_beside(receipt_len, 0), 5000, false);
	expect_long_answer(room_beside(receipt_len, 100), 100, true);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_desk, close_desk)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(what_was_written_is_answered_with_a_receipt_at_the_end_of_the_turn),
		CASE(calls_of_one_turn_share_one_signature),
		CASE(the_next_turn_has_a_signature_of_its_own),
		CASE(the_largest_batch_is_signed_at_once_and_one_more_in_the_next_turn),
		CASE(what_was_promised_is_told_to_the_trail),
		CASE(a_read_has_no_receipt),
		CASE(a_refusal_has_no_receipt_whatever_it_was_about_to_promise),
		CASE(a_promise_does_not_stay_with_the_call_that_is_used_again),
		CASE(without_a_trail_there_are_receipts_all_the_same),
		CASE(an_answer_waits_for_the_proof_that_was_asked_for),
		CASE(a_proof_that_is_not_to_be_had_leaves_the_receipt),
		CASE(who_wants_no_proof_does_not_wait_for_others_proofs),
		CASE(a_proof_of_nothing_is_not_waited_for),
		CASE(the_wish_does_not_stay_with_the_call_that_is_used_again),
		CASE(how_long_a_proof_was_waited_for_says_nothing_about_our_speed),
		CASE(a_peer_that_goes_before_its_receipt_leaves_nothing_behind),
		CASE(a_node_that_stops_waits_for_the_proofs_it_owes),
		CASE(short_of_memory_the_answer_goes_without_its_receipt),
		CASE(short_of_memory_a_proof_is_left_out_and_the_receipt_stays),
		CASE(short_of_memory_nobody_waits_and_nobody_is_told),
		CASE(a_proof_that_does_not_fit_the_frame_is_left_out_never_the_receipt),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("receipts", tests, NULL, NULL);
}
