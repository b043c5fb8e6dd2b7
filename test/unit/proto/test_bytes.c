/* Reader and writer: exact ends, sticky errors. */
#include "test/support/tap.h"

#include <string.h>

#include "proto/bytes.h"

static void writes_and_reads_big_endian(void **state)
{
	uint8_t out[18];
	static const uint8_t expected[18] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		'a', 'b', 'c'};
	struct writer w;
	struct reader r;

	(void)state;
	writer_init(&w, out, sizeof(out));
	writer_u8(&w, 0x01);
	writer_u16(&w, 0x0203);
	writer_u32(&w, 0x04050607);
	writer_u64(&w, UINT64_C(0x08090a0b0c0d0e0f));
	writer_text(&w, "abc");
	assert_false(w.failed);
	assert_int_equal(writer_written(&w).len, sizeof(expected));
	assert_memory_equal(out, expected, sizeof(expected));

	reader_init(&r, writer_written(&w));
	assert_int_equal(reader_u8(&r), 0x01);
	assert_int_equal(reader_u16(&r), 0x0203);
	assert_int_equal(reader_u32(&r), 0x04050607);
	assert_true(reader_u64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_false(reader_is_done(&r));
	assert_true(slice_equal(reader_slice(&r, 3), slice_of_text("abc")));
	assert_true(reader_is_done(&r));
}

static void reading_past_the_end_fails_for_good(void **state)
{
	static const uint8_t in[3] = {0xff, 0xff, 0xff};
	struct reader r;

	(void)state;
	reader_init(&r, slice_of(in, sizeof(in)));
	assert_int_equal(reader_u32(&r), 0);
	assert_true(r.failed);
	/* What would have fitted is refused too. */
	assert_int_equal(reader_u8(&r), 0);
	assert_int_equal(reader_slice(&r, 1).len, 0);
	assert_null(reader_slice(&r, 1).data);
	assert_false(reader_is_done(&r));
}

static void a_length_of_size_max_does_not_wrap(void **state)
{
	static const uint8_t in[3] = {1, 2, 3};
	uint8_t out[4];
	struct reader r;
	struct writer w;

	(void)state;
	reader_init(&r, slice_of(in, sizeof(in)));
	assert_int_equal(reader_u8(&r), 1);
	assert_int_equal(reader_slice(&r, SIZE_MAX).len, 0);
	assert_true(r.failed);

	writer_init(&w, out, sizeof(out));
	writer_u8(&w, 1);
	writer_slice(&w, slice_of(in, SIZE_MAX));
	assert_true(w.failed);
	assert_int_equal(w.used, 1);
}

static void an_integer_is_written_whole_or_not_at_all(void **state)
{
	uint8_t out[4] = {0xaa, 0xaa, 0xaa, 0xaa};
	struct writer w;

	(void)state;
	writer_init(&w, out, 3);
	writer_u32(&w, 0x01020304);
	assert_true(w.failed);
	assert_int_equal(writer_written(&w).len, 0);
	assert_int_equal(out[0], 0xaa);
	/* And nothing is written any more, though it would fit. */
	writer_u8(&w, 1);
	assert_int_equal(writer_written(&w).len, 0);

	writer_init(&w, out, 4);
	writer_u32(&w, 0x01020304);
	assert_false(w.failed);
	assert_int_equal(writer_written(&w).len, 4);
}

static void empty_slices_are_harmless(void **state)
{
	struct reader r;
	struct writer w;

	(void)state;
	assert_true(slice_equal(slice_of(NULL, 0), slice_of_text("")));
	assert_true(slice_equal(slice_of_text(NULL), slice_of_text("")));
	assert_false(slice_equal(slice_of_text("a"), slice_of_text("b")));
	assert_false(slice_equal(slice_of_text("a"), slice_of_text("ab")));
	reader_init(&r, slice_of(NULL, 0));
	assert_int_equal(reader_slice(&r, 0).len, 0);
	assert_true(reader_is_done(&r));
	writer_init(&w, NULL, 0);
	writer_slice(&w, slice_of(NULL, 0));
	assert_false(w.failed);
	writer_u8(&w, 0);
	assert_true(w.failed);
}

static const struct CMUnitTest tests[] = {
	TEST(writes_and_reads_big_endian),
	TEST(reading_past_the_end_fails_for_good),
	TEST(a_length_of_size_max_does_not_wrap),
	TEST(an_integer_is_written_whole_or_not_at_all),
	TEST(empty_slices_are_harmless),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
