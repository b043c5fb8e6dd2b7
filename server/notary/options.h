/* The command line of a signer or witness.
 *
 * Ownership: everything is borrowed from argv.
 */
#ifndef NOTARY_OPTIONS_H
#define NOTARY_OPTIONS_H

#include <stdio.h>

#include "notary/witness.h"

enum { OPTIONS_PROBLEM_MAX = 300 };

enum options_action {
	OPTIONS_SERVE,
	OPTIONS_BEGIN,        /* --new without --listen */
	OPTIONS_GENERATE_KEY,
	OPTIONS_SHOW_KEY,
	OPTIONS_VERSION,
	OPTIONS_HELP,
};

struct options {
	enum options_action action;
	const char *key;    /* a file; also of the last two that are about keys */
	const char *name;
	const char *state;
	const char *listen; /* NULL of OPTIONS_BEGIN */
	bool begin;         /* --new */
	bool debug;
	unsigned logs_count;
	const char *logs[WITNESS_LOGS_MAX];
};

/* 0, or ERR_CONFIG with one sentence.  `type` says whose command line it is. */
MUST_CHECK int options_read(struct options *ret, enum note_key_type type, int argc, char **argv,
	char problem[OPTIONS_PROBLEM_MAX]);
void options_print_help(FILE *out, enum note_key_type type);

#endif
