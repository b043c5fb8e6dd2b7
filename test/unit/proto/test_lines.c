/* Lines, decimals, base64 and UTF-8: one way to write each. */
#include "test/support/tap.h"

#include <sodium.h>
#include <string.h>

#include "proto/lines.h"

static void lines_are_taken_up_to_the_last_newline(void **state)
{
	struct slice line, rest = slice_of_text("one\n\nthree\nfour");

	(void)state;
	assert_true(line_next(&rest, &line));
	assert_true(slice_equal(line, slice_of_text("one")));
	assert_true(line_next(&rest, &line));
	assert_int_equal(line.len, 0);
	assert_true(line_next(&rest, &line));
	assert_true(slice_equal(line, slice_of_text("three")));
	assert_false(line_next(&rest, &line));
	assert_true(slice_equal(rest, slice_of_text("four")));
	rest = slice_of(NULL, 0);
	assert_false(line_next(&rest, &line));
}

static void a_word_is_taken_only_where_it_stands(void **state)
{
	struct slice line = slice_of_text("old 7");

	(void)state;
	assert_false(line_skip(&line, "old 77"));
	assert_false(line_skip(&line, "Old"));
	assert_true(line_skip(&line, "old "));
	assert_true(slice_equal(line, slice_of_text("7")));
	assert_false(line_skip(&line, "old "));
	assert_true(line_skip(&line, "7"));
	assert_int_equal(line.len, 0);
	assert_false(line_skip(&line, "7"));
	assert_true(line_skip(&line, ""));
}

static void a_decimal_is_written_in_one_way(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} taken[] = {
		{"0", 0}, {"1", 1}, {"9", 9}, {"10", 10}, {"1234067", 1234067},
		{"18446744073709551615", UINT64_MAX},
	};
	static const char *const refused[] = {
		"", "00", "01", "-0", "-1", "+1", " 1", "1 ", "1\n", "1.0", "1e1", "0x1", "a", "1a",
		"18446744073709551616", "18446744073709551620", "99999999999999999999",
		"100000000000000000000", "\xef\xbc\x91",
	};
	uint64_t v = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_false(line_decimal(slice_of_text(refused[i]), &v));
	assert_int_equal(v, 42);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		char again[LINE_DECIMAL_MAX];
		struct writer w;

		assert_true(line_decimal(slice_of_text(taken[i].text), &v));
		assert_int_equal(v, taken[i].value);
		writer_init(&w, (uint8_t *)again, sizeof(again));
		line_put_decimal(&w, v);
		assert_true(slice_equal(writer_written(&w), slice_of_text(taken[i].text)));
	}
}

static void base64_of_every_length_is_read_again(void **state)
{
	uint8_t bytes[200], again[sizeof(bytes)], text[sizeof(bytes) * 2];
	char expected[sizeof(text)];
	struct writer w;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 89 + 251);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		writer_init(&w, text, sizeof(text));
		line_put_base64(&w, slice_of(bytes, n));
		sodium_bin2base64(expected, sizeof(expected), bytes, n, sodium_base64_VARIANT_ORIGINAL);
		assert_true(slice_equal(writer_written(&w), slice_of_text(expected)));
		assert_true(line_base64(writer_written(&w), again, n, &len));
		assert_int_equal(len, n);
		assert_memory_equal(again, bytes, n);
		if (n > 0)
			assert_false(line_base64(writer_written(&w), again, n - 1, &len));
	}
}

static void base64_is_written_in_one_way(void **state)
{
	static const char *const refused[] = {
		/* "YQ==" is the letter a. */
		"Y", "YQ", "YQ=", "YQ===", "YQ==\n", "YQ==YQ==", "YQ== ", " YQ==", "Y Q==", "Y=Q=", "=YQ=",
		"YR==", "YX==", "YWI", "YWJ=", "YWI==", "=", "==", "====", "YWJj=", "YWJj====", "YW-j",
		"YW_j", "YW\xc3\xa9", "YQ\xbd\xbd", "\xd9\x91==", "YWJ\xea",
	};
	uint8_t bytes[64];
	size_t len = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (line_base64(slice_of_text(refused[i]), bytes, sizeof(bytes), &len))
			fail_msg("\"%s\" is taken", refused[i]);
	}
	assert_int_equal(len, 42);
	assert_true(line_base64(slice_of_text("YQ=="), bytes, sizeof(bytes), &len));
	assert_int_equal(len, 1);
}

/* Whatever stands in whatever place: what is taken is written the same again. */
static void no_byte_of_base64_stands_for_another(void **state)
{
	static const char *const texts[] = {"YWJj", "YWI=", "YQ=="};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (unsigned change = 0; change < 4 * 256; change++) {
			uint8_t text[4], bytes[3], again[4];
			struct writer w;
			size_t len;

			memcpy(text, texts[i], sizeof(text));
			text[change / 256] = (uint8_t)change;
			if (!line_base64(slice_of(text, sizeof(text)), bytes, sizeof(bytes), &len))
				continue;
			writer_init(&w, again, sizeof(again));
			line_put_base64(&w, slice_of(bytes, len));
			assert_true(slice_equal(writer_written(&w), slice_of(text, sizeof(text))));
		}
	}
}

static void a_hash_has_32_bytes(void **state)
{
	uint8_t bytes[SHA256_LEN + 1] = {1}, hash[SHA256_LEN], text[64];
	struct writer w;

	(void)state;
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		writer_init(&w, text, sizeof(text));
		line_put_base64(&w, slice_of(bytes, n));
		assert_int_equal(line_hash(writer_written(&w), hash), n == SHA256_LEN);
	}
	assert_memory_equal(hash, bytes, SHA256_LEN);
}

static void what_does_not_fit_fails_the_writer(void **state)
{
	uint8_t text[8];
	struct writer w;

	(void)state;
	writer_init(&w, text, 3);
	line_put_base64(&w, slice_of_text("a"));
	assert_true(w.failed);
	writer_init(&w, text, 1);
	line_put_decimal(&w, 10);
	assert_true(w.failed);
}

static void put_utf8(uint8_t bytes[4], size_t *len, uint32_t c)
{
	static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};

	*len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = *len; i-- > 1; c >>= 6)
		bytes[i] = (uint8_t)(0x80 | (c & 0x3f));
	bytes[0] = (uint8_t)(marks[*len] | c);
}

static void every_character_is_read_and_every_surrogate_refused(void **state)
{
	uint8_t bytes[4];
	uint32_t c;
	size_t len;

	(void)state;
	for (uint32_t expected = 0; expected <= 0x1fffff; expected++) {
		bool is_character = expected <= 0x10ffff && (expected < 0xd800 || expected > 0xdfff);

		put_utf8(bytes, &len, expected);

		struct slice rest = slice_of(bytes, len), cut = slice_of(bytes, len - 1);

		if (line_char(&rest, &c) != is_character || (is_character && (c != expected || rest.len)))
			fail_msg("U+%04X is misread", expected);
		if (line_char(&cut, &c))
			fail_msg("half of U+%04X is read", expected);
	}
}

static void what_is_not_utf8_is_refused(void **state)
{
	static const char *const refused[] = {
		/* more bytes than needed */
		"\xc0\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf",
		/* a byte that continues nothing, one that is not continued, and no byte of UTF-8 */
		"\x80", "\xbf", "\xc3", "\xc3(", "\xe2\x82", "\xe2(\xa1", "\xe2\x82(", "\xf0(\x8c\xbc",
		"\xf0\x90(\xbc", "\xf0\x90\x8c(", "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80",
		"\xfe", "\xff",
	};
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct slice rest = slice_of_text(refused[i]);

		if (line_char(&rest, &c))
			fail_msg("number %zu is read", i);
	}
}

static const struct CMUnitTest tests[] = {
	TEST(lines_are_taken_up_to_the_last_newline),
	TEST(a_word_is_taken_only_where_it_stands),
	TEST(a_decimal_is_written_in_one_way),
	TEST(base64_of_every_length_is_read_again),
	TEST(base64_is_written_in_one_way),
	TEST(no_byte_of_base64_stands_for_another),
	TEST(a_hash_has_32_bytes),
	TEST(what_does_not_fit_fails_the_writer),
	TEST(every_character_is_read_and_every_surrogate_refused),
	TEST(what_is_not_utf8_is_refused),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
