/* The command line of rxcircd.
 *
 * Ownership: everything is borrowed from argv.
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <stdio.h>

#include "app/settings.h"

enum options_action {
	OPTIONS_SERVE,
	OPTIONS_CHECK_CONFIG,
	OPTIONS_PRINT_CONFIG_EXAMPLE,
	OPTIONS_GENERATE_KEYS,
	OPTIONS_SHOW_RECEIPT_KEY,
	OPTIONS_VERSION,
	OPTIONS_HELP,
};

struct options {
	enum options_action action;
	const char *keys_path; /* OPTIONS_GENERATE_KEYS */
	struct settings_sources sources;
};

/* 0, or ERR_CONFIG with one sentence. */
MUST_CHECK int options_read(struct options *ret, int argc, char **argv,
	char problem[CONFIG_PROBLEM_MAX]);
void options_print_help(FILE *out);
/* The example file: a heading and every setting. */
MUST_CHECK int options_print_example(FILE *out);

#endif
