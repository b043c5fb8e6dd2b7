/* rxcircd: the command line, and what must be true before anything else begins. */
#include <stdio.h>
#include <unistd.h>

#include "app/options.h"
#include "app/server.h"
#include "base/ensure.h"
#include "base/process.h"
#include "crypto/keyring.h"
#include "proto/limits.h"
#include "proto/dsse.h"

static enum exit_code main_generate_keys(const char *path)
{
	char problem[KEYRING_PROBLEM_MAX] = "";

	if (keyring_generate(path, problem) < 0) {
		fprintf(stderr, "rxcircd: %s\n", problem);
		return EXIT_START;
	}
	printf("made \"%s\"; keep a copy apart from the database\n", path);
	return EXIT_DONE;
}

static enum exit_code main_with_settings(const struct options *options)
{
	char problem[CONFIG_PROBLEM_MAX] = "";
	struct settings settings;
	enum exit_code code = EXIT_DONE;

	if (settings_load(&settings, &options->sources, problem) < 0) {
		fprintf(stderr, "rxcircd: %s\n", problem);
		return EXIT_CONFIG;
	}
	log_set_level(settings_log_level(&settings));
	if (options->action == OPTIONS_CHECK_CONFIG)
		printf("the settings are acceptable\n");
	else
		code = server_run(&settings, &options->sources);
	if (code == EXIT_UNFINISHED)
		_exit((int)code); /* threads still run; tidying up would pull the floor from under them */
	settings_clear(&settings);
	return code;
}

/* A printed page counts only when it was written. */
static enum exit_code main_printed(int r)
{
	if (r == 0 && fflush(stdout) == 0)
		return EXIT_DONE;
	perror("rxcircd: could not print");
	return EXIT_START;
}

static enum exit_code main_show_receipt_key(const char *path)
{
	char problem[KEYRING_PROBLEM_MAX] = "";
	struct keyring *keys;

	if (keyring_load(&keys, path, problem) < 0) {
		fprintf(stderr, "rxcircd: %s\n", problem);
		return EXIT_START;
	}
	for (unsigned i = 0; i < PUBLIC_KEY_LEN; i++)
		printf("%02x", keyring_receipt_public(keys)[i]);
	printf("\n");
	keyring_free(keys);
	return main_printed(0);
}

int main(int argc, char **argv)
{
	char problem[CONFIG_PROBLEM_MAX] = "";
	struct options options;

	if (options_read(&options, argc, argv, problem) < 0) {
		fprintf(stderr, "rxcircd: %s\nTry \"rxcircd --help\".\n", problem);
		return EXIT_CONFIG;
	}
	process_harden();
	if (dsse_self_test() < 0) {
		fprintf(stderr, "rxcircd: cannot use this libsodium: its self-test failed\n");
		return EXIT_START;
	}
	switch (options.action) {
	case OPTIONS_HELP:
		options_print_help(stdout);
		return (int)main_printed(0);
	case OPTIONS_VERSION:
		printf("rxcircd %s\n", RXCIRC_VERSION);
		return (int)main_printed(0);
	case OPTIONS_PRINT_CONFIG_EXAMPLE:
		return (int)main_printed(options_print_example(stdout));
	case OPTIONS_GENERATE_KEYS:
		return (int)main_generate_keys(options.keys_path);
	case OPTIONS_SHOW_RECEIPT_KEY:
		return (int)main_show_receipt_key(options.keys_path);
	case OPTIONS_CHECK_CONFIG:
	case OPTIONS_SERVE:
		return (int)main_with_settings(&options);
	}
	ensure_never("an action that does not exist");
}
