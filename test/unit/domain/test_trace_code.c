/* Drug trace codes of the three families, and what is none. */
#include "test/support/tap.h"

#include <string.h>

#include "domain/trace_code.h"

static void twenty_digits_beginning_with_8_are_the_platforms(void **state)
{
	struct trace_code code;

	(void)state;
	assert_true(trace_code_read("81234567890123456789", &code));
	assert_int_equal(code.family, TRACE_PLATFORM);
	assert_string_equal(code.text, "81234567890123456789");
	assert_string_equal(code.drug, "8123456");
	assert_string_equal(code.expiry, "");
	assert_true(trace_code_read("71234567890123456789", &code));
	assert_int_equal(code.family, TRACE_OWN);
	assert_string_equal(code.drug, "");
}

static void a_makers_own_digits_are_10_to_100(void **state)
{
	char text[TRACE_CODE_LEN_MAX + 2];
	struct trace_code code;

	(void)state;
	memset(text, '7', sizeof(text));
	text[9] = '\0';
	assert_false(trace_code_read(text, &code));
	text[9] = '7';
	text[10] = '\0';
	assert_true(trace_code_read(text, &code));
	text[10] = '7';
	text[TRACE_CODE_LEN_MAX] = '\0';
	assert_true(trace_code_read(text, &code));
	assert_int_equal(strlen(code.text), TRACE_CODE_LEN_MAX);
	text[TRACE_CODE_LEN_MAX] = '7';
	text[TRACE_CODE_LEN_MAX + 1] = '\0';
	assert_false(trace_code_read(text, &code));
}

/* One pack, written as scanners and people write it, is one code. */
static void gs1_is_kept_as_gtin_and_serial(void **state)
{
	static const char *const forms[] = {
		"(01)06901234567892(21)A1-b", "010690123456789221A1-b",
		"010690123456789221A1-b\03517271231", "(17)271231(01)06901234567892(21)A1-b",
		"1727123101069012345678921127113021A1-b", "010690123456789210LOT9\03521A1-b",
		"(01)06901234567892(10)LOT9(21)A1-b\x1d",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct trace_code code;

		if (!trace_code_read(forms[i], &code))
			fail_msg("form %zu", i);
		assert_int_equal(code.family, TRACE_GS1);
		assert_string_equal(code.text, "(01)06901234567892(21)A1-b");
	}
}

static void gs1_says_when_the_pack_expires(void **state)
{
	struct trace_code code;

	(void)state;
	assert_true(trace_code_read("(01)06901234567892(21)A1(17)271231", &code));
	assert_string_equal(code.expiry, "271231");
}

/* The example of the GS1 General Specifications is 0 6291041500213. */
static void the_gtins_check_digit_is_checked(void **state)
{
	char text[] = "(01)0629104150021?(21)A1";
	struct trace_code code;

	(void)state;
	for (char digit = '0'; digit <= '9'; digit++) {
		text[17] = digit;
		assert_int_equal(trace_code_read(text, &code), digit == '3');
	}
}

static void what_is_no_code_is_refused_and_nothing_is_written(void **state)
{
	static const char *const texts[] = {
		"", "8", "8123456789012345678A", "(01)06901234567892", "(21)A1", "(01)06901234567892(21)",
		"(01)06901234567892(21)A1(21)A2", "(01)06901234567892(01)06901234567892(21)A1",
		"(01)6901234567892(21)A1", "(01)0690123456789X(21)A1", "(01)06901234567892(99)A1(21)A1",
		"(01)06901234567892(21)123456789012345678901", "(01)06901234567892(21)A1(17)2712",
		"(01)06901234567892 (21)A1", "药品追溯码药品追溯码", "(01", "(01)", "01", "0106901234567892",
		"\035010690123456789221A1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct trace_code code = {.family = TRACE_OWN, .text = "before"};

		/* sixteen digits with a GTIN but no serial are the maker's own */
		if (strcmp(texts[i], "0106901234567892") == 0)
			continue;
		if (trace_code_read(texts[i], &code))
			fail_msg("text %zu", i);
		assert_string_equal(code.text, "before");
	}
}

static void a_serial_has_at_most_20_characters(void **state)
{
	struct trace_code code;

	(void)state;
	assert_true(trace_code_read("(01)06901234567892(21)12345678901234567890", &code));
	assert_false(trace_code_read("(01)06901234567892(21)123456789012345678901", &code));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(twenty_digits_beginning_with_8_are_the_platforms, "TJ2-23b"),
		TEST(a_makers_own_digits_are_10_to_100),
		TEST(gs1_is_kept_as_gtin_and_serial),
		TEST(gs1_says_when_the_pack_expires),
		TEST(the_gtins_check_digit_is_checked),
		TEST(what_is_no_code_is_refused_and_nothing_is_written),
		TEST(a_serial_has_at_most_20_characters),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("trace_code", tests, NULL, NULL);
}
