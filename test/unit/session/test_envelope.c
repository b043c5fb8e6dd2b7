/* The envelope as it is written: what it carries beside the answer, and what it drops. */
#include "session/envelope.h"

#include "base/ensure.h"
#include "base/err.h"
#include "support/tap.h"

static uint8_t room[ENVELOPE_FRAME_MAX], reply[FRAME_BODY_MAX], proof[4000];

/* To the byte: with and without the proof, its field's tag and its length. */
static void the_proof_is_dropped_exactly_when_it_must_be_and_the_receipt_never(void **state)
{
	Rxcirc__V1__Receipt receipt = RXCIRC__V1__RECEIPT__INIT;
	struct envelope_answer answer = {.call_id = 1, .receipt = &receipt};
	struct slice frame;
	size_t fixed, longest;

	(void)state;
	receipt.statement = (ProtobufCBinaryData){300, reply};
	answer.reply = slice_of(reply, FRAME_BODY_MAX / 2);
	answer.proof = slice_of(proof, sizeof(proof));
	assert_int_equal(envelope_write(room, &answer, &frame), 0);
	fixed = frame.len - 3 - answer.reply.len; /* without the frame's own prefix */
	longest = FRAME_BODY_MAX - fixed;
	answer.reply.len = longest;
	assert_int_equal(envelope_write(room, &answer, &frame), 0);
	assert_int_equal(frame.len, 3 + FRAME_BODY_MAX);
	answer.reply.len = longest + 1;
	assert_int_equal(envelope_write(room, &answer, &frame), 0);
	assert_int_equal(frame.len, 3 + FRAME_BODY_MAX + 1 - sizeof(proof) - 3);
	/* without a proof to drop there is nothing to be done */
	answer.reply.len = longest + sizeof(proof) + 3;
	assert_int_equal(envelope_write(room, &answer, &frame), 0);
	assert_int_equal(frame.len, 3 + FRAME_BODY_MAX);
	answer.reply.len++;
	assert_int_equal(envelope_write(room, &answer, &frame), ERR_TOO_LARGE);
}

static void a_refusal_carries_no_body(void **state)
{
	struct envelope_answer answer = {.call_id = 1, .status = STATUS_INTERNAL,
		.reply = slice_of(reply, 5000)};
	struct slice frame;

	(void)state;
	assert_int_equal(envelope_write(room, &answer, &frame), 0);
	assert_true(frame.len < 1000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_proof_is_dropped_exactly_when_it_must_be_and_the_receipt_never),
		TEST(a_refusal_carries_no_body),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
