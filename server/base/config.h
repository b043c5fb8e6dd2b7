/* Settings from one table; the parser, the example file, manual page and --help come from it.
 *
 * A file has lines "name = value", '#' comments, blank lines; a name at most once.  On the command
 * line the same names are --name=value.  An unknown name, a value out of range or a line that is no
 * setting is refused with file, line, name and rule; nothing is half applied.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdio.h>

#include "proto/bytes.h"

enum config_kind {
	CONFIG_TEXT,   /* char *, heap */
	CONFIG_NUMBER, /* int64_t within min .. max */
	CONFIG_SWITCH, /* bool: on | off */
};

struct config_row {
	const char *name;
	enum config_kind kind;
	const char *default_text; /* NULL: must be given */
	int64_t min, max;         /* CONFIG_NUMBER: value; CONFIG_TEXT: bytes */
	bool reloadable;          /* taken over on SIGHUP */
	size_t offset;            /* of the field in the settings struct */
	const char *help;         /* one or two sentences, with the unit */
};

enum {
	CONFIG_ROWS_MAX = 128,
	CONFIG_PROBLEM_MAX = 400,    /* bytes of a message; a longer one is cut */
	CONFIG_FILE_MAX = 64 * 1024, /* bytes */
	CONFIG_LINE_MAX = 1024,      /* bytes of a line, or of a value on the command line */
};

/* Set every field of `settings` to its default (nothing in it is freed).  Returns 0 or ERR_MEMORY;
 * either way `settings` can be cleared. */
MUST_CHECK int config_defaults(const struct config_row *rows, size_t count, void *settings);
/* Apply a file's text over it.  `name` is for the message.  Returns 0, or ERR_CONFIG with
 * one sentence in `problem`; then `settings` must be cleared. */
MUST_CHECK int config_apply_text(const struct config_row *rows, size_t count, void *settings,
	const char *name, struct slice text, char problem[CONFIG_PROBLEM_MAX]);
/* Apply one setting from the command line. */
MUST_CHECK int config_apply_one(const struct config_row *rows, size_t count, void *settings,
	const char *name, const char *value, char problem[CONFIG_PROBLEM_MAX]);
/* ERR_CONFIG when a mandatory setting is still missing. */
MUST_CHECK int config_check(const struct config_row *rows, size_t count, const void *settings,
	char problem[CONFIG_PROBLEM_MAX]);
/* Free the texts. */
void config_clear(const struct config_row *rows, size_t count, void *settings);
/* Write the example file: every setting explained, commented out, with its default. */
MUST_CHECK int config_print_example(const struct config_row *rows, size_t count, FILE *file);

#endif
