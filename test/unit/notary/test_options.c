/* The two command lines: what each needs, takes and refuses. */
#include "test/unit/notary/fixture.h"

#include <string.h>

#include "base/err.h"
#include "notary/options.h"

enum { WORDS_MAX = 80 };

/* Read a command line, the program's name left out; the words end with NULL. */
static int read_words(struct options *o, enum note_key_type type, const char *const *words,
	char problem[OPTIONS_PROBLEM_MAX])
{
	static char copies[WORDS_MAX][64];
	char *argv[WORDS_MAX + 1] = {copies[0]};
	int argc = 1;

	for (; *words != NULL; words++) {
		snprintf(copies[argc], sizeof(copies[argc]), "%s", *words);
		argv[argc] = copies[argc];
		argc++;
	}
	return options_read(o, type, argc, argv, problem);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SIGNER_WORDS "--key", "k", "--state", "s", "--listen", "/l"
#define WITNESS_WORDS "--key=k", "--state=s", "--listen=127.0.0.1:0", "--log=v"

static struct options good(enum note_key_type type, const char *const *words)
{
	char problem[OPTIONS_PROBLEM_MAX] = "";
	struct options o;

	if (read_words(&o, type, words, problem) < 0)
		fail_msg("%s", problem);
	return o;
}

static void assert_refused(enum note_key_type type, const char *const *words, const char *word)
{
	char problem[OPTIONS_PROBLEM_MAX] = "";
	struct options o = {.action = OPTIONS_HELP};

	assert_int_equal(read_words(&o, type, words, problem), ERR_CONFIG);
	assert_int_equal(o.action, OPTIONS_HELP);
	if (strstr(problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", problem, word);
}

static void a_signer_is_told_key_state_and_socket(void **state)
{
	struct options o = good(NOTE_ED25519, WORDS(SIGNER_WORDS));

	(void)state;
	assert_int_equal(o.action, OPTIONS_SERVE);
	assert_string_equal(o.key, "k");
	assert_string_equal(o.state, "s");
	assert_string_equal(o.listen, "/l");
	assert_false(o.begin || o.debug);
	o = good(NOTE_ED25519, WORDS(SIGNER_WORDS, "--new", "--debug"));
	assert_true(o.begin && o.debug);
	assert_int_equal(o.action, OPTIONS_SERVE);
}

static void a_signer_listens_on_a_socket_only(void **state)
{
	(void)state;
	assert_refused(NOTE_ED25519, WORDS("--key=k", "--state=s", "--listen=127.0.0.1:1"), "path");
	assert_refused(NOTE_ED25519, WORDS("--key=k", "--state=s", "--listen=socket"), "path");
	assert_refused(NOTE_ED25519, WORDS(SIGNER_WORDS, "--log=v"), "no option \"--log=v\"");
}

static void a_witness_needs_a_log(void **state)
{
	struct options o = good(NOTE_COSIGNATURE, WORDS(WITNESS_WORDS, "--log", "w"));

	(void)state;
	assert_int_equal(o.logs_count, 2);
	assert_string_equal(o.logs[0], "v");
	assert_string_equal(o.logs[1], "w");
	assert_refused(NOTE_COSIGNATURE, WORDS(SIGNER_WORDS), "\"--log\" must be given");
	(void)good(NOTE_COSIGNATURE, WORDS(SIGNER_WORDS, "--log=v"));
}

static void a_witness_has_32_logs_and_not_33(void **state)
{
	const char *words[WORDS_MAX] = {WITNESS_WORDS};
	unsigned count = 4;

	(void)state;
	while (count < 3 + WITNESS_LOGS_MAX)
		words[count++] = "--log=v";
	assert_int_equal(good(NOTE_COSIGNATURE, words).logs_count, WITNESS_LOGS_MAX);
	words[count] = "--log=v";
	assert_refused(NOTE_COSIGNATURE, words, "more than 32 times");
}

static void what_is_needed_must_be_there(void **state)
{
	(void)state;
	assert_refused(NOTE_ED25519, (const char *const[]){NULL}, "\"--key\" must be given");
	assert_refused(NOTE_ED25519, WORDS("--key=k"), "\"--state\" must be given");
	assert_refused(NOTE_ED25519, WORDS("--key=k", "--state=s"), "\"--listen\" must be given");
	assert_refused(NOTE_ED25519, WORDS("--generate-key=k"), "\"--name\" must be given");
}

static void new_without_a_place_to_listen_only_begins(void **state)
{
	(void)state;
	assert_int_equal(good(NOTE_ED25519, WORDS("--key=k", "--state=s", "--new")).action,
		OPTIONS_BEGIN);
}

static void each_option_is_given_once_and_as_it_should(void **state)
{
	(void)state;
	assert_refused(NOTE_ED25519, WORDS(SIGNER_WORDS, "--key=x"), "twice");
	assert_refused(NOTE_ED25519, WORDS(SIGNER_WORDS, "--listen=/x"), "twice");
	assert_refused(NOTE_ED25519, WORDS("--key="), "needs a value");
	assert_refused(NOTE_ED25519, WORDS("--key"), "needs a value");
	assert_refused(NOTE_ED25519, WORDS("--new=yes"), "takes no value");
	assert_refused(NOTE_ED25519, WORDS("--keys=k"), "no option \"--keys=k\"");
	assert_refused(NOTE_ED25519, WORDS("-key=k"), "no option");
	assert_refused(NOTE_ED25519, WORDS("k"), "no option");
	assert_refused(NOTE_ED25519, WORDS("--help", "--version"), "another action");
	assert_refused(NOTE_ED25519, WORDS("--show-key=k", "--generate-key=k", "--name=n"),
		"another action");
}

static void keys_are_made_and_shown(void **state)
{
	struct options o = good(NOTE_ED25519, WORDS("--generate-key", "k", "--name", "n"));

	(void)state;
	assert_int_equal(o.action, OPTIONS_GENERATE_KEY);
	assert_string_equal(o.key, "k");
	assert_string_equal(o.name, "n");
	o = good(NOTE_COSIGNATURE, WORDS("--show-key=k"));
	assert_int_equal(o.action, OPTIONS_SHOW_KEY);
	assert_string_equal(o.key, "k");
}

static void help_names_every_option_of_its_program(void **state)
{
	static const char *const signer_words[] = {"--key", "--state", "--listen", "--new", "--debug",
		"--generate-key", "--name", "--show-key", "--version", "--help"};
	char text[8000] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(f);
	options_print_help(f, NOTE_ED25519);
	assert_int_equal(fclose(f), 0);
	for (unsigned i = 0; i < sizeof(signer_words) / sizeof(signer_words[0]); i++)
		if (strstr(text, signer_words[i]) == NULL)
			fail_msg("%s is not told", signer_words[i]);
	assert_null(strstr(text, "--log"));
	f = fmemopen(text, sizeof(text), "w");
	assert_non_null(f);
	options_print_help(f, NOTE_COSIGNATURE);
	assert_int_equal(fclose(f), 0);
	assert_non_null(strstr(text, "--log VKEY"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_signer_is_told_key_state_and_socket),
		TEST(a_signer_listens_on_a_socket_only),
		TEST(a_witness_needs_a_log),
		TEST(a_witness_has_32_logs_and_not_33),
		TEST(what_is_needed_must_be_there),
		TEST(new_without_a_place_to_listen_only_begins),
		TEST(each_option_is_given_once_and_as_it_should),
		TEST(keys_are_made_and_shown),
		TEST(help_names_every_option_of_its_program),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
