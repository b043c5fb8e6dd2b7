/* China times, placeholders, identity numbers, UTF-8. */
#include "test/support/tap.h"

#include <errno.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/placeholder.h"
#include "client-sdk/cli/resident_id.h"
#include "client-sdk/cli/utf8.h"

/* 2026-11-22 18:00:00 in China */
#define NOW_MS INT64_C(1795341600000)

static void china_times_go_both_ways(void **state)
{
	static const struct {
		const char *text;
		int64_t at_ms;
	} cases[] = {
		{"1970-01-01 08:00:00", 0}, {"2026-11-22 18:00:00", NOW_MS},
		{"1962-03-15 00:00:00", INT64_C(-246182400000)},
		{"2000-02-29 23:59:59", INT64_C(951839999000)},
		{"1900-01-01 00:00:00", INT64_C(-2209017600000)},
		{"2199-12-31 23:59:59", INT64_C(7258089599000)},
	};
	char text[CHINA_TIME_LEN + 1];
	int64_t at_ms;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(china_time_parse(cases[i].text, &at_ms), 0);
		china_time_format(at_ms, text);
		assert_string_equal(text, cases[i].text);
		assert_true(at_ms == cases[i].at_ms);
	}
}

static void refuses_times_that_do_not_exist(void **state)
{
	static const char *const texts[] = {"2026-02-29 00:00:00", "2026-13-01 00:00:00",
		"2026-00-10 00:00:00", "2026-04-31 00:00:00", "2026-11-22 24:00:00", "2026-11-22 10:60:00",
		"2026-11-22 10:00:60", "2026-11-22T10:00:00", "2026/11/22 10:00:00", "2026-11-22",
		"2026-11-22 10:00", "2026-11-22 10:00:00 ", "1899-12-31 00:00:00", "2200-01-01 00:00:00",
		"", "{{now}}", "1900-02-29 00:00:00"};
	int64_t at_ms = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(china_time_parse(texts[i], &at_ms), -1);
	assert_int_equal(at_ms, 7);
}

static void the_command_line_takes_days_and_milliseconds_too(void **state)
{
	int64_t at_ms;

	(void)state;
	assert_int_equal(china_time_parse_loose("1795341600000", &at_ms), 0);
	assert_true(at_ms == NOW_MS);
	assert_int_equal(china_time_parse_loose("2026-11-22", &at_ms), 0);
	assert_true(at_ms == NOW_MS - 18 * HOUR_MS);
	assert_int_equal(china_time_parse_loose("yesterday", &at_ms), -1);
}

static void assert_expands(const char *text, const char *expected)
{
	struct buffer out = {NULL, 0};
	size_t at = 0;

	assert_int_equal(placeholder_expand(text, strlen(text), NOW_MS, 1000, &out, &at), 0);
	assert_string_equal(out.data, expected);
	assert_int_equal(out.len, strlen(expected));
	buffer_clear(&out);
}

static void placeholders_become_china_times(void **state)
{
	(void)state;
	assert_expands("", "");
	assert_expands("none { } {x}", "none { } {x}");
	assert_expands("{{now}}", "2026-11-22 18:00:00");
	assert_expands("a{{now+3d}}b{{now-10m}}c", "a2026-11-25 18:00:00b2026-11-22 17:50:00c");
	assert_expands("{{now+2h}}{{now-9999d}}", "2026-11-22 20:00:001999-07-08 18:00:00");
}

static void strange_placeholders_are_refused_with_their_place(void **state)
{
	static const char *const texts[] = {"ab{{}}", "ab{{then}}", "ab{{now+}}", "ab{{now+3}}",
		"ab{{now+3x}}", "ab{{now+0d}}", "ab{{now+10000d}}", "ab{{now+3d}", "ab{{now",
		"ab{{now +3d}}", "ab{{now}", "ab{{now+3d", "ab{{"};
	struct buffer out = {NULL, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t at = 0;

		assert_int_equal(placeholder_expand(texts[i], strlen(texts[i]), NOW_MS, 1000, &out, &at),
			-EINVAL);
		assert_int_equal(at, 2);
		assert_null(out.data);
	}
}

static void expansion_is_bounded(void **state)
{
	struct buffer out = {NULL, 0};
	size_t at;

	(void)state;
	assert_int_equal(placeholder_expand("{{now}}", 7, NOW_MS, CHINA_TIME_LEN, &out, &at), 0);
	buffer_clear(&out);
	assert_int_equal(placeholder_expand("{{now}}", 7, NOW_MS, CHINA_TIME_LEN - 1, &out, &at),
		-EFBIG);
	assert_int_equal(placeholder_expand("0123456789", 10, NOW_MS, 9, &out, &at), -EFBIG);
}

static void identity_numbers_tell_birth_and_sex(void **state)
{
	struct resident_id id;

	(void)state;
	assert_int_equal(resident_id_parse("11010519491231002X", &id), 0); /* the standard's example */
	assert_true(id.check_agrees);
	assert_false(id.male);
	assert_string_equal(id.birth_date, "1949-12-31");
	assert_int_equal(resident_id_parse("11010519491231002x", &id), 0);
	assert_true(id.check_agrees);
	assert_int_equal(resident_id_parse("440524188001010014", &id), -1); /* 1880 */
	assert_int_equal(resident_id_parse("140105196203151235", &id), 0);
	assert_true(id.check_agrees);
	assert_true(id.male);
	assert_int_equal(resident_id_parse("140105196203151239", &id), 0);
	assert_false(id.check_agrees);
	assert_string_equal(id.birth_date, "1962-03-15");
}

static void identity_numbers_of_another_form_are_refused(void **state)
{
	static const char *const texts[] = {"", "14010519620315123", "1401051962031512399",
		"140105196202301239", "14010519620315123Y", "1401051962O3151239", "140105620315123"};
	struct resident_id id;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(resident_id_parse(texts[i], &id), -1);
}

static void utf8_counts_characters_and_columns(void **state)
{
	(void)state;
	assert_int_equal(utf8_length("心可舒片 0.31g"), 10);
	assert_int_equal(utf8_width("心可舒片 0.31g"), 14);
	assert_true(utf8_is_valid("\xf4\x8f\xbf\xbf", 4));
	assert_false(utf8_is_valid("\xf4\x90\x80\x80", 4));
	assert_false(utf8_is_valid("\xe5\xbf", 2));
	assert_false(utf8_is_valid("\x80", 1));
}

static const struct CMUnitTest tests[] = {
	TEST(china_times_go_both_ways),
	TEST(refuses_times_that_do_not_exist),
	TEST(the_command_line_takes_days_and_milliseconds_too),
	TEST(placeholders_become_china_times),
	TEST(strange_placeholders_are_refused_with_their_place),
	TEST(expansion_is_bounded),
	TEST(identity_numbers_tell_birth_and_sex),
	TEST(identity_numbers_of_another_form_are_refused),
	TEST(utf8_counts_characters_and_columns),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/times", tests, NULL, NULL);
}
