/* The server's settings as a whole: what must be given, and where the trail's end. */
#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/ensure.h"
#include "base/err.h"

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

enum { PATH_LEN = 1000, SOCKET_LEN = 100 };

/* The settings that have no default. */
static const struct {
	const char *name, *value;
} needed[] = {
	{"tls_certificate", "/c"},
	{"tls_key", "/k"},
	{"database", "host=/run"},
	{"key_file", "/keys"},
	{"registry_authority_key", HEX64},
	{"founding_officer_pin", HEX64},
	{"trail_policy", "/policy"},
};

static char problem[CONFIG_PROBLEM_MAX];
static struct settings settings;

/* With everything that is needed but `without`, and this one. */
static int load(const char *without, const char *name, const char *value)
{
	struct settings_sources sources = {.files_count = 0};
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_LEN(needed); i++) {
		if (strcmp(needed[i].name, without) == 0)
			continue;
		sources.overrides[n].name = needed[i].name;
		sources.overrides[n++].value = needed[i].value;
	}
	if (name != NULL) {
		sources.overrides[n].name = name;
		sources.overrides[n++].value = value;
	}
	sources.overrides_count = n;
	problem[0] = '\0';
	return settings_load(&settings, &sources, problem);
}

static void assert_taken(const char *name, const char *value)
{
	if (load(strcmp(name, "trail_policy") == 0 ? name : "", name, value) != 0)
		fail_msg("%s = %.20s: %s", name, value, problem);
	settings_clear(&settings);
}

static void assert_refused(const char *name, const char *value)
{
	if (load(strcmp(name, "trail_policy") == 0 ? name : "", name, value) != ERR_CONFIG)
		fail_msg("%s = %.20s is taken", name, value);
	if (strstr(problem, name) == NULL)
		fail_msg("\"%s\" does not name %s", problem, name);
}

static void what_is_needed_must_be_given(void **state)
{
	(void)state;
	assert_int_equal(load("", NULL, NULL), 0);
	settings_clear(&settings);
	for (unsigned i = 0; i < ARRAY_LEN(needed); i++) {
		assert_int_equal(load(needed[i].name, NULL, NULL), ERR_CONFIG);
		if (strstr(problem, needed[i].name) == NULL)
			fail_msg("\"%s\" does not name %s", problem, needed[i].name);
	}
}

static void the_trail_has_its_defaults(void **state)
{
	(void)state;
	assert_int_equal(load("", NULL, NULL), 0);
	assert_string_equal(settings.trail_directory, "/var/lib/rxcircd/trail");
	assert_string_equal(settings.trail_signer, "/run/rxcirc-signer/socket");
	assert_string_equal(settings.trail_policy, "/policy");
	assert_int_equal(settings.trail_interval_ms, 50);
	assert_int_equal(settings.trail_witness_ms, 1000);
	assert_string_equal(settings.trail_without_quorum, "hold");
	settings_clear(&settings);
}

static void the_trails_numbers_are_taken_at_their_limits_and_not_beyond(void **state)
{
	static const struct {
		const char *name;
		int64_t min, max;
	} numbers[] = {{"trail_interval_ms", 10, 10 * 1000}, {"trail_witness_ms", 10, 60 * 1000}};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
		const int64_t values[] = {numbers[i].min, numbers[i].max, numbers[i].min - 1,
			numbers[i].max + 1};

		for (unsigned v = 0; v < ARRAY_LEN(values); v++) {
			char text[32];

			snprintf(text, sizeof(text), "%lld", (long long)values[v]);
			if (v < 2)
				assert_taken(numbers[i].name, text);
			else
				assert_refused(numbers[i].name, text);
		}
		assert_refused(numbers[i].name, "");
		assert_refused(numbers[i].name, "fast");
	}
}

static void the_trails_paths_are_taken_at_their_longest_and_not_beyond(void **state)
{
	static const struct {
		const char *name;
		size_t max;
	} paths[] = {{"trail_directory", PATH_LEN}, {"trail_policy", PATH_LEN},
		{"trail_signer", SOCKET_LEN}};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(paths); i++) {
		char text[PATH_LEN + 2];

		memset(text, 'p', sizeof(text));
		text[0] = '/';
		text[paths[i].max] = '\0';
		assert_taken(paths[i].name, text);
		text[paths[i].max] = 'p';
		text[paths[i].max + 1] = '\0';
		assert_refused(paths[i].name, text);
		assert_taken(paths[i].name, "p");
		assert_refused(paths[i].name, "");
	}
}

static void without_a_quorum_it_is_hold_or_publish(void **state)
{
	static const char *const others[] = {"", "hol", "held", "Hold", "hold ", "publis", "publish!",
		"publishh", "HOLD", "none"};

	(void)state;
	assert_taken("trail_without_quorum", "hold");
	assert_taken("trail_without_quorum", "publish");
	for (unsigned i = 0; i < ARRAY_LEN(others); i++)
		assert_refused("trail_without_quorum", others[i]);
}

static void the_trails_settings_count_after_a_restart(void **state)
{
	unsigned found = 0;

	(void)state;
	for (unsigned i = 0; i < SETTINGS_NR; i++) {
		if (strncmp(settings_rows[i].name, "trail_", 6) != 0)
			continue;
		found++;
		assert_false(settings_rows[i].reloadable);
	}
	assert_int_equal(found, 6);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_is_needed_must_be_given),
		TEST(the_trail_has_its_defaults),
		TEST(the_trails_numbers_are_taken_at_their_limits_and_not_beyond),
		TEST(the_trails_paths_are_taken_at_their_longest_and_not_beyond),
		TEST(without_a_quorum_it_is_hold_or_publish),
		TEST(the_trails_settings_count_after_a_restart),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
