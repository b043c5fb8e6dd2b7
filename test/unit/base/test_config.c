/* The settings table: every kind of setting at its limits and beyond, and every refusal's words. */
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/ensure.h"
#include "base/err.h"
#include "test/support/tap.h"

struct settings {
	char *address;
	char *database;
	int64_t port;
	int64_t shift;
	bool insecure;
};

static const struct config_row rows[] = {
	{"listen_address", CONFIG_TEXT, "127.0.0.1", 1, 20, false, offsetof(struct settings, address),
		"Where to listen."},
	{"database", CONFIG_TEXT, NULL, 1, 2000, false, offsetof(struct settings, database),
		"How to reach the database."},
	{"listen_port", CONFIG_NUMBER, "7443", 1, 65535, true, offsetof(struct settings, port),
		"Which port."},
	{"shift", CONFIG_NUMBER, NULL, -5, INT64_MAX, false, offsetof(struct settings, shift),
		"A mandatory number."},
	{"insecure", CONFIG_SWITCH, "off", 0, 0, false, offsetof(struct settings, insecure),
		"Whether to skip the checks."},
};

static struct settings settings;
static char problem[CONFIG_PROBLEM_MAX];

static int setup(void **state)
{
	(void)state;
	problem[0] = '\0';
	return config_defaults(rows, ARRAY_LEN(rows), &settings);
}

static int teardown(void **state)
{
	(void)state;
	config_clear(rows, ARRAY_LEN(rows), &settings);
	return 0;
}

static int apply(const char *text)
{
	return config_apply_text(rows, ARRAY_LEN(rows), &settings, "rxcircd.conf",
		slice_of_text(text), problem);
}

static int apply_one(const char *name, const char *value)
{
	return config_apply_one(rows, ARRAY_LEN(rows), &settings, name, value, problem);
}

static void defaults_are_set_and_the_rest_is_missing(void **state)
{
	(void)state;
	assert_string_equal(settings.address, "127.0.0.1");
	assert_int_equal(settings.port, 7443);
	assert_false(settings.insecure);
	assert_null(settings.database);
	assert_int_equal(config_check(rows, ARRAY_LEN(rows), &settings, problem), ERR_CONFIG);
	assert_string_equal(problem, "\"database\" must be given");
	assert_int_equal(apply("database = host=/run"), 0);
	assert_int_equal(config_check(rows, ARRAY_LEN(rows), &settings, problem), ERR_CONFIG);
	assert_string_equal(problem, "\"shift\" must be given");
	assert_int_equal(apply("shift = 0"), 0);
	assert_int_equal(config_check(rows, ARRAY_LEN(rows), &settings, problem), 0);
}

static void reads_every_kind(void **state)
{
	(void)state;
	assert_int_equal(apply("# comment\n"
			       "\n"
			       "  listen_address\t=  10.0.0.1  \r\n"
			       "database = host=/run dbname='a # b'\n"
			       "listen_port=1\n"
			       "shift = -5\n"
			       "insecure = on"), 0);
	assert_string_equal(settings.address, "10.0.0.1");
	assert_string_equal(settings.database, "host=/run dbname='a # b'");
	assert_int_equal(settings.port, 1);
	assert_int_equal(settings.shift, -5);
	assert_true(settings.insecure);
}

static void numbers_are_taken_at_their_limits_and_refused_beyond(void **state)
{
	static const char *const refused[] = {"0", "65536", "-1", "", " ", "1x", "0x10", "+1", "1.0",
		"99999999999999999999", "-99999999999999999999", "-", "1 2"};
	size_t i;

	(void)state;
	assert_int_equal(apply_one("listen_port", "65535"), 0);
	assert_int_equal(settings.port, 65535);
	assert_int_equal(apply_one("listen_port", "1"), 0);
	assert_int_equal(apply_one("shift", "9223372036854775807"), 0);
	assert_true(settings.shift == INT64_MAX);
	for (i = 0; i < ARRAY_LEN(refused); i++) {
		assert_int_equal(apply_one("listen_port", refused[i]), ERR_CONFIG);
		assert_int_equal(settings.port, 1);
	}
	assert_int_equal(apply_one("shift", "-6"), ERR_CONFIG);
	assert_int_equal(apply_one("shift", "9223372036854775808"), ERR_CONFIG);
	assert_int_equal(apply("\nlisten_port = 70000\n"), ERR_CONFIG);
	assert_string_equal(problem, "\"rxcircd.conf\" line 2: \"listen_port\" must be a whole number"
		" from 1 to 65535, not \"70000\"");
}

static void texts_are_taken_at_their_limits_and_refused_beyond(void **state)
{
	(void)state;
	assert_int_equal(apply_one("listen_address", "x"), 0);
	assert_int_equal(apply_one("listen_address", "12345678901234567890"), 0);
	assert_string_equal(settings.address, "12345678901234567890");
	assert_int_equal(apply_one("listen_address", "123456789012345678901"), ERR_CONFIG);
	assert_string_equal(problem,
		"command line: \"listen_address\" must have 1 to 20 bytes, not 21");
	assert_int_equal(apply("listen_address ="), ERR_CONFIG);
	assert_string_equal(settings.address, "12345678901234567890");
}

static void switches_are_on_or_off(void **state)
{
	(void)state;
	assert_int_equal(apply_one("insecure", "on"), 0);
	assert_true(settings.insecure);
	assert_int_equal(apply_one("insecure", "off"), 0);
	assert_false(settings.insecure);
	assert_int_equal(apply_one("insecure", "true"), ERR_CONFIG);
	assert_int_equal(apply_one("insecure", ""), ERR_CONFIG);
	assert_int_equal(apply_one("insecure", "ON"), ERR_CONFIG);
	assert_string_equal(problem,
		"command line: \"insecure\" must be \"on\" or \"off\", not \"ON\"");
}

static void refuses_what_is_no_setting(void **state)
{
	(void)state;
	assert_int_equal(apply("listen_prt = 1"), ERR_CONFIG);
	assert_string_equal(problem,
		"\"rxcircd.conf\" line 1: there is no setting \"listen_prt\"");
	assert_int_equal(apply_one("", "1"), ERR_CONFIG);
	assert_int_equal(apply("listen_port"), ERR_CONFIG);
	assert_string_equal(problem, "\"rxcircd.conf\" line 1: the line is not \"name = value\"");
	assert_int_equal(apply("= 1"), ERR_CONFIG);
	assert_int_equal(apply("listen_port = 1\ninsecure = on\nlisten_port = 1\n"), ERR_CONFIG);
	assert_string_equal(problem, "\"rxcircd.conf\" line 3: \"listen_port\" is given twice");
	assert_int_equal(apply("listen_address = a\001b"), ERR_CONFIG);
	assert_string_equal(problem,
		"\"rxcircd.conf\" line 1: the line contains a control character");
	assert_int_equal(apply_one("listen_address", "a\nb"), ERR_CONFIG);
}

/* A password is not repeated in a message. */
static void value_of_a_text_is_not_shown(void **state)
{
	(void)state;
	assert_int_equal(apply_one("listen_address", "password=very-secret-thing"), ERR_CONFIG);
	assert_null(strstr(problem, "secret"));
}

static void line_is_taken_at_its_limit_and_refused_beyond(void **state)
{
	char line[CONFIG_LINE_MAX + 3];
	size_t head = strlen("database = ");

	(void)state;
	memset(line, 'd', sizeof(line));
	memcpy(line, "database = ", head);
	line[CONFIG_LINE_MAX] = '\n';
	line[CONFIG_LINE_MAX + 1] = '\0';
	assert_int_equal(apply(line), 0);
	assert_int_equal(strlen(settings.database), CONFIG_LINE_MAX - head);
	line[CONFIG_LINE_MAX] = 'd';
	line[CONFIG_LINE_MAX + 1] = '\n';
	line[CONFIG_LINE_MAX + 2] = '\0';
	assert_int_equal(apply(line), ERR_CONFIG);
	memset(line, 'd', sizeof(line));
	line[CONFIG_LINE_MAX] = '\0';
	assert_int_equal(apply_one("database", line), 0);
	line[CONFIG_LINE_MAX] = 'd';
	line[CONFIG_LINE_MAX + 1] = '\0';
	assert_int_equal(apply_one("database", line), ERR_CONFIG);
}

static void file_is_taken_at_its_limit_and_refused_beyond(void **state)
{
	char *text = malloc(CONFIG_FILE_MAX + 2);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', CONFIG_FILE_MAX + 1);
	text[CONFIG_FILE_MAX] = '\0';
	assert_int_equal(apply(text), 0);
	text[CONFIG_FILE_MAX] = '\n';
	text[CONFIG_FILE_MAX + 1] = '\0';
	assert_int_equal(apply(text), ERR_CONFIG);
	assert_string_equal(problem, "\"rxcircd.conf\" is larger than 65536 bytes");
	free(text);
}

/* The example changes nothing as it stands, and every line of it can be put to use. */
static void example_can_be_read_back(void **state)
{
	char *text = NULL, *p;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);

	(void)state;
	assert_non_null(file);
	assert_int_equal(config_print_example(rows, ARRAY_LEN(rows), file), 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(apply(text), 0);
	assert_int_equal(settings.port, 7443);
	assert_non_null(strstr(text, "# Which port.\n# whole number from 1 to 65535; taken over on"
		" reload\n#listen_port = 7443\n"));
	assert_non_null(strstr(text, "must be given\n#database = \n"));
	settings.port = 1;
	p = strstr(text, "#listen_port");
	assert_non_null(p);
	*p = ' ';
	assert_int_equal(apply(text), 0);
	assert_int_equal(settings.port, 7443);
	free(text);
}

static void problem_is_cut_not_overrun(void **state)
{
	char name[CONFIG_LINE_MAX];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(apply_one(name, "1"), ERR_CONFIG);
	assert_true(strlen(problem) < CONFIG_PROBLEM_MAX);
	assert_int_equal(config_apply_text(rows, ARRAY_LEN(rows), &settings, name,
				 slice_of_text("x"), problem), ERR_CONFIG);
	assert_true(strlen(problem) < CONFIG_PROBLEM_MAX);
}

#define CONFIG_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CONFIG_TEST(defaults_are_set_and_the_rest_is_missing),
		CONFIG_TEST(reads_every_kind),
		CONFIG_TEST(numbers_are_taken_at_their_limits_and_refused_beyond),
		CONFIG_TEST(texts_are_taken_at_their_limits_and_refused_beyond),
		CONFIG_TEST(switches_are_on_or_off),
		CONFIG_TEST(refuses_what_is_no_setting),
		CONFIG_TEST(value_of_a_text_is_not_shown),
		CONFIG_TEST(line_is_taken_at_its_limit_and_refused_beyond),
		CONFIG_TEST(file_is_taken_at_its_limit_and_refused_beyond),
		CONFIG_TEST(example_can_be_read_back),
		CONFIG_TEST(problem_is_cut_not_overrun),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
