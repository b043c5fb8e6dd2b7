/* Frames: cut at every byte, at the limit and above it, and every prefix that is not minimal. */
#include "test/support/tap.h"

#include <stdlib.h>
#include <string.h>

#include "proto/frame.h"
#include "proto/limits.h"

struct found {
	enum frame_result result;
	struct slice body;
	size_t used, need;
};

static const struct found untouched = {.body = {NULL, 77}, .used = 77, .need = 77};

static struct found look(const uint8_t *in, size_t len)
{
	struct found f = untouched;

	f.result = frame_decode(slice_of(in, len), &f.body, &f.used, &f.need);
	return f;
}

/* A frame of `body_len` bytes in memory of exactly its size. */
static uint8_t *frame_of(size_t body_len, size_t *ret_len)
{
	uint8_t prefix[FRAME_PREFIX_MAX];
	size_t prefix_len = frame_prefix(prefix, body_len);
	uint8_t *frame = malloc(prefix_len + body_len);

	assert_int_not_equal(prefix_len, 0);
	assert_non_null(frame);
	memcpy(frame, prefix, prefix_len);
	for (size_t i = 0; i < body_len; i++)
		frame[prefix_len + i] = (uint8_t)i;
	*ret_len = prefix_len + body_len;
	return frame;
}

/* Every proper beginning is partial and says what is needed; the whole is whole; more is left. */
static void cut_everywhere(size_t body_len)
{
	size_t len;
	uint8_t *frame = frame_of(body_len, &len);
	size_t prefix_len = len - body_len;

	for (size_t cut = 0; cut < len; cut++) {
		/* Its own memory, so that reading beyond the cut is seen. */
		uint8_t *part = malloc(cut ? cut : 1);

		assert_non_null(part);
		memcpy(part, frame, cut);

		struct found f = look(part, cut);

		assert_int_equal(f.result, FRAME_PARTIAL);
		assert_int_equal(f.need, cut < prefix_len ? 0 : len);
		assert_int_equal(f.used, untouched.used);
		assert_null(f.body.data);
		free(part);
	}

	struct found whole = look(frame, len);

	assert_int_equal(whole.result, FRAME_WHOLE);
	assert_int_equal(whole.used, len);
	assert_int_equal(whole.need, untouched.need);
	assert_ptr_equal(whole.body.data, frame + prefix_len);
	assert_int_equal(whole.body.len, body_len);
	free(frame);
}

static void a_frame_may_come_in_any_two_pieces(void **state)
{
	(void)state;
	cut_everywhere(1);
	cut_everywhere(2);
	cut_everywhere(127);
	cut_everywhere(128);
	cut_everywhere(300);
	cut_everywhere(16383);
	cut_everywhere(16384);
}

static void the_second_frame_is_left_alone(void **state)
{
	static const uint8_t two[] = {2, 'a', 'b', 1, 'c'};
	struct found f = look(two, sizeof(two));

	(void)state;
	assert_int_equal(f.result, FRAME_WHOLE);
	assert_int_equal(f.used, 3);
	f = look(two + f.used, sizeof(two) - f.used);
	assert_int_equal(f.result, FRAME_WHOLE);
	assert_int_equal(f.used, 2);
	assert_int_equal(f.body.data[0], 'c');
}

static void the_largest_frame_passes_and_one_byte_more_is_refused(void **state)
{
	static const uint8_t above[] = {0x81, 0x80, 0x10};
	uint8_t prefix[FRAME_PREFIX_MAX];
	size_t len;
	uint8_t *frame = frame_of(FRAME_BODY_MAX, &len);
	struct found f = look(frame, len);

	(void)state;
	assert_int_equal(f.result, FRAME_WHOLE);
	assert_int_equal(f.body.len, FRAME_BODY_MAX);
	f = look(frame, 3);
	assert_int_equal(f.result, FRAME_PARTIAL);
	assert_int_equal(f.need, len);
	free(frame);

	/* Refused as soon as the prefix is there. */
	assert_int_equal(look(above, sizeof(above)).result, FRAME_TOO_LARGE);
	assert_int_equal(frame_prefix(prefix, (size_t)FRAME_BODY_MAX + 1), 0);
	assert_int_equal(frame_prefix(prefix, 0), 0);
	assert_int_equal(frame_prefix(prefix, SIZE_MAX), 0);
}

static void refuses_lengths_far_above_the_limit(void **state)
{
	static const uint8_t four[] = {0xff, 0xff, 0xff, 0x7f};
	static const uint8_t max_u32[] = {0xff, 0xff, 0xff, 0xff, 0x0f};
	static const uint8_t five[] = {0xff, 0xff, 0xff, 0xff, 0x7f};
	static const uint8_t high_bit_only[] = {0x80, 0x80, 0x80, 0x80, 0x01};

	(void)state;
	assert_int_equal(look(four, sizeof(four)).result, FRAME_TOO_LARGE);
	assert_int_equal(look(max_u32, sizeof(max_u32)).result, FRAME_TOO_LARGE);
	assert_int_equal(look(five, sizeof(five)).result, FRAME_TOO_LARGE);
	assert_int_equal(look(high_bit_only, sizeof(high_bit_only)).result, FRAME_TOO_LARGE);
}

static void refuses_an_empty_frame(void **state)
{
	static const uint8_t empty[] = {0, 'x'};

	(void)state;
	assert_int_equal(look(empty, 1).result, FRAME_MALFORMED);
	assert_int_equal(look(empty, 2).result, FRAME_MALFORMED);
}

static void refuses_prefixes_longer_than_needed(void **state)
{
	static const struct {
		uint8_t bytes[6];
		size_t len;
	} cases[] = {
		{{0x80, 0x00}, 2},                         /* zero in two bytes */
		{{0x81, 0x00, 'x'}, 3},                    /* one in two bytes */
		{{0xff, 0x80, 0x00}, 3},                   /* 127 in three */
		{{0x80, 0x81, 0x80, 0x00}, 4},             /* 128 in four */
		{{0x81, 0x80, 0x80, 0x80, 0x00}, 5},       /* one in five */
		{{0x81, 0x80, 0x80, 0x80, 0x80, 0x00}, 6}, /* one in six */
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 6}, /* more than five bytes */
		{{0x80, 0x80, 0x80, 0x80, 0x80}, 5},       /* no end after five */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(look(cases[i].bytes, cases[i].len).result, FRAME_MALFORMED);
}

static void an_unfinished_prefix_is_only_partial(void **state)
{
	static const uint8_t more[] = {0x80, 0x80, 0x80, 0x80};

	(void)state;
	for (size_t len = 0; len <= sizeof(more); len++) {
		struct found f = look(more, len);

		assert_int_equal(f.result, FRAME_PARTIAL);
		assert_int_equal(f.need, 0);
	}
}

static void every_prefix_reads_back(void **state)
{
	uint8_t prefix[FRAME_PREFIX_MAX];

	(void)state;
	for (size_t len = 1; len <= FRAME_BODY_MAX; len++) {
		size_t prefix_len = frame_prefix(prefix, len);
		struct found f = look(prefix, prefix_len);

		assert_int_equal(f.result, FRAME_PARTIAL);
		assert_int_equal(f.need, prefix_len + len);
	}
}

static const struct CMUnitTest tests[] = {
	TEST(a_frame_may_come_in_any_two_pieces),
	TEST(the_second_frame_is_left_alone),
	TEST(the_largest_frame_passes_and_one_byte_more_is_refused),
	TEST(refuses_lengths_far_above_the_limit),
	TEST(refuses_an_empty_frame),
	TEST(refuses_prefixes_longer_than_needed),
	TEST(an_unfinished_prefix_is_only_partial),
	TEST(every_prefix_reads_back),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
