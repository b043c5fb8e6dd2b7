/* The command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/say.h"

#include "test/support/tap.h" /* last: its fail() is a macro */

enum { WORDS_MAX = 128 };

struct line {
	char text[4096];
	char *argv[WORDS_MAX];
	int argc;
};

/* Cut at blanks into words that may be changed. */
static void line_cut(struct line *line, const char *text)
{
	char *rest = line->text;
	char *word;

	(void)snprintf(line->text, sizeof(line->text), "%s", text);
	line->argc = 0;
	while ((word = strsep(&rest, " ")))
		line->argv[line->argc++] = word;
}

static void globals_are_taken_wherever_they_stand(void **state)
{
	struct line line;

	(void)state;
	memset(&cli_globals, 0, sizeof(cli_globals));
	line_cut(&line, "pull --server 127.0.0.1:7443 --as x --lang=en --timeout-ms 500 --help RX");
	assert_int_equal(args_take_globals(&line.argc, line.argv), 0);
	assert_int_equal(line.argc, 4);
	assert_string_equal(line.argv[1], "--as");
	assert_string_equal(line.argv[3], "RX");
	assert_string_equal(cli_globals.server, "127.0.0.1:7443");
	assert_int_equal(cli_globals.timeout_ms, 500);
	assert_true(cli_globals.help);
	assert_false(say_is_chinese());
}

static void globals_out_of_range_are_refused(void **state)
{
	static const char *const texts[] = {"--timeout-ms 0", "--timeout-ms 60001", "--timeout-ms x",
		"--timeout-ms", "--lang fr", "--server"};
	struct line line;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		line_cut(&line, texts[i]);
		assert_int_equal(args_take_globals(&line.argc, line.argv), -1);
	}
	line_cut(&line, "--timeout-ms 60000");
	assert_int_equal(args_take_globals(&line.argc, line.argv), 0);
}

static void options_and_arguments_are_told_apart(void **state)
{
	const char *as = NULL;
	bool pass = false;
	struct arg_list lines = {.count = 0};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &as}, {"pass", ARG_FLAG, &pass}, {"line", ARG_LIST, &lines}};
	struct line line;
	struct args args;

	(void)state;
	line_cut(&line, "RX-1 --line 1=2 --as=dir --pass --line=2=3 -- --rest");
	assert_int_equal(args_parse(&args, line.argc, line.argv, options, 3, 2, 2), 0);
	assert_string_equal(args.positional[0], "RX-1");
	assert_string_equal(args.positional[1], "--rest");
	assert_string_equal(as, "dir");
	assert_true(pass);
	assert_int_equal(lines.count, 2);
	assert_string_equal(lines.items[1], "2=3");
}

static void mistakes_are_usage_errors(void **state)
{
	static const char *const texts[] = {"RX --ass x", "RX --as", "RX --as x --as y", "RX more",
		"--as x", "RX --pass=yes", "RX --"};
	struct line line;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *as = NULL;
		bool pass = false;
		const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"pass", ARG_FLAG, &pass}};
		struct args args;
		bool good = strcmp(texts[i], "RX --") == 0;

		line_cut(&line, texts[i]);
		assert_int_equal(args_parse(&args, line.argc, line.argv, options, 2, 1, 1),
			good ? 0 : EXIT_USAGE);
	}
}

static void a_list_has_its_limit(void **state)
{
	struct arg_list list = {.count = 0};
	const struct arg_option options[] = {{"line", ARG_LIST, &list}};
	char *argv[ARGS_LIST_MAX + 1];
	char word[] = "--line=1=1";
	struct args args;

	(void)state;
	for (int i = 0; i <= ARGS_LIST_MAX; i++)
		argv[i] = word;
	assert_int_equal(args_parse(&args, ARGS_LIST_MAX, argv, options, 1, 0, 0), 0);
	assert_int_equal(list.count, ARGS_LIST_MAX);
	list.count = 0;
	assert_int_equal(args_parse(&args, ARGS_LIST_MAX + 1, argv, options, 1, 0, 0), EXIT_USAGE);
}

static void servers_are_address_and_port(void **state)
{
	static const char *const refused[] = {"", "host", "host:", ":7443", "host:0", "host:65536",
		"host:x", "::1:7443", "[]:7443"};
	uint16_t port;
	char *host;

	(void)state;
	assert_int_equal(server_parse("127.0.0.1:65535", &host, &port), 0);
	assert_string_equal(host, "127.0.0.1");
	assert_int_equal(port, 65535);
	free(host);
	assert_int_equal(server_parse("[::1]:1", &host, &port), 0);
	assert_string_equal(host, "::1");
	free(host);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(server_parse(refused[i], &host, &port), -1);
}

static void hexadecimal_goes_both_ways(void **state)
{
	uint8_t bytes[3] = {1, 2, 3};
	char text[7];

	(void)state;
	assert_int_equal(hex_parse("00fFa5", bytes, 3), 0);
	hex_format(bytes, 3, text);
	assert_string_equal(text, "00ffa5");
	assert_int_equal(hex_parse("00ffa", bytes, 3), -1);
	assert_int_equal(hex_parse("00ffa5b", bytes, 3), -1);
	assert_int_equal(hex_parse("00ffg5", bytes, 3), -1);
	assert_int_equal(bytes[1], 0xff);
}

static const struct CMUnitTest tests[] = {
	TEST(globals_are_taken_wherever_they_stand),
	TEST(globals_out_of_range_are_refused),
	TEST(options_and_arguments_are_told_apart),
	TEST(mistakes_are_usage_errors),
	TEST(a_list_has_its_limit),
	TEST(servers_are_address_and_port),
	TEST(hexadecimal_goes_both_ways),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/args", tests, NULL, NULL);
}
