/* The command line: one parser, and the groups and commands it leads to.
 *
 * Options that every command has (--json, --lang, --server, --timeout-ms, --proof, --help) are
 * taken out first, wherever they stand; then each command parses its own.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARGS_POSITIONAL_MAX = 16, ARGS_LIST_MAX = 64, ARGS_MAX = 256 };

struct arg_list {
	const char *items[ARGS_LIST_MAX];
	size_t count;
};

enum arg_kind {
	ARG_FLAG, /* bool * */
	ARG_TEXT, /* const char **; at most once */
	ARG_LIST, /* struct arg_list *; may be repeated */
};

struct arg_option {
	const char *name; /* without the two hyphens */
	enum arg_kind kind;
	void *into;
};

struct args {
	const char *positional[ARGS_POSITIONAL_MAX];
	size_t count;
};

/* What every command knows. */
struct cli_globals {
	const char *server; /* ADDR:PORT over that of client.conf, or NULL */
	uint32_t timeout_ms; /* 0 = the library's default */
	bool proof;          /* changing calls wait for the proof of what they wrote */
	bool help;           /* only explain */
};

extern struct cli_globals cli_globals;

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the first argument after the name */
	const char *summary, *summary_zh;
	const char *help, *help_zh;
};

struct command_group {
	const char *name; /* "rxcirc hospital" */
	const struct command *commands; /* ends with a NULL name */
	const char *help, *help_zh;     /* stands above the list of commands, the example below */
	const char *example, *example_zh;
};

/* Takes the global options out of argv into cli_globals; -1 after saying why. */
int args_take_globals(int *argc, char **argv)
	__attribute__((warn_unused_result));
/* Fills the options and the rest.  Exactly `positional_min` .. `positional_max` arguments may
 * stay over.  0, or EXIT_USAGE after saying why. */
int args_parse(struct args *ret, int argc, char **argv, const struct arg_option *options,
	size_t option_count, size_t positional_min, size_t positional_max)
	__attribute__((warn_unused_result));
/* EXIT_USAGE with "--name is needed" when value is NULL, else 0. */
int args_need(const char *value, const char *name) __attribute__((warn_unused_result));
/* Find and run the command named by argv[0], or explain it or the group.  A command whose help is
 * NULL explains itself. */
int group_run(const struct command_group *group, int argc, char **argv);

#endif
