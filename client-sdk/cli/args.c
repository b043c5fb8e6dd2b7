#include "client-sdk/cli/args.h"

#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/say.h"
#include "client-sdk/cli/utf8.h"

enum { TIMEOUT_MS_MAX = 60000, NAME_COLUMN = 12 };

struct cli_globals cli_globals;

/* The value of option `name` at argv[*i], which is "--name=value" or "--name value"; NULL when
 * argv[*i] is another option or the value is missing (*ret_missing). */
static const char *option_value(int argc, char **argv, int *i, const char *name, bool *ret_missing)
{
	size_t len = strlen(name);
	const char *at = argv[*i];

	*ret_missing = false;
	if (strncmp(at, "--", 2) != 0 || strncmp(at + 2, name, len) != 0)
		return NULL;
	if (at[2 + len] == '=')
		return at + 2 + len + 1;
	if (at[2 + len] != '\0')
		return NULL;
	if (*i + 1 >= argc) {
		*ret_missing = true;
		return NULL;
	}
	return argv[++*i];
}

static int value_missing(const char *name)
{
	return fail(EXIT_USAGE, "--%s needs a value", "--%s 需要一个值", name);
}

static int take_timeout(const char *text)
{
	int64_t ms;

	if (decimal_parse(text, 5, 0, 0, &ms) != DECIMAL_OK || ms < 1 || ms > TIMEOUT_MS_MAX)
		return fail(EXIT_USAGE, "--timeout-ms must be 1 to %d", "--timeout-ms 须为 1 至 %d",
			TIMEOUT_MS_MAX);
	cli_globals.timeout_ms = (uint32_t)ms;
	return 0;
}

/* 1 when argv[*i] was a global option, 0 when not, -1 after a failure. */
static int take_one(int argc, char **argv, int *i, const char **ret_language)
{
	static const char *const names[] = {"lang", "server", "timeout-ms"};

	if (strcmp(argv[*i], "--json") == 0) {
		say_set_json(true);
		return 1;
	}
	if (strcmp(argv[*i], "--proof") == 0) {
		cli_globals.proof = true;
		return 1;
	}
	if (strcmp(argv[*i], "--help") == 0 || strcmp(argv[*i], "-h") == 0) {
		cli_globals.help = true;
		return 1;
	}
	for (size_t k = 0; k < 3; k++) {
		bool missing;
		const char *value = option_value(argc, argv, i, names[k], &missing);

		if (missing) {
			value_missing(names[k]);
			return -1;
		}
		if (!value)
			continue;
		if (k == 0)
			*ret_language = value;
		else if (k == 1)
			cli_globals.server = value;
		else if (take_timeout(value) != 0)
			return -1;
		return 1;
	}
	return 0;
}

int args_take_globals(int *argc, char **argv)
{
	const char *language = NULL;
	int kept = 0;

	(void)say_set_language(NULL); /* a strange RXCIRC_LANG leaves Chinese */
	for (int i = 0; i < *argc; i++) {
		int first = i;
		int r = take_one(*argc, argv, &i, &language);

		if (r < 0)
			return -1;
		if (r == 0)
			argv[kept++] = argv[first];
	}
	*argc = kept;
	if (language && !say_set_language(language)) {
		fail(EXIT_USAGE, "--lang must be zh or en", "--lang 须为 zh 或 en");
		return -1;
	}
	return 0;
}

static int option_store(const struct arg_option *option, const char *value)
{
	if (option->kind == ARG_LIST) {
		struct arg_list *list = option->into;

		if (list->count == ARGS_LIST_MAX)
			return fail(EXIT_USAGE, "--%s is given more than %d times", "--%s 超过 %d 次",
				option->name, ARGS_LIST_MAX);
		list->items[list->count++] = value;
		return 0;
	}
	const char **text = option->into;

	if (*text)
		return fail(EXIT_USAGE, "--%s is given twice", "--%s 重复", option->name);
	*text = value;
	return 0;
}

/* Read argv[*i], known to start with "--". */
static int option_read(int argc, char **argv, int *i, const struct arg_option *options,
	size_t option_count)
{
	for (size_t k = 0; k < option_count; k++) {
		bool missing;

		if (options[k].kind == ARG_FLAG) {
			if (strcmp(argv[*i] + 2, options[k].name) != 0)
				continue;
			*(bool *)options[k].into = true;
			return 0;
		}
		const char *value = option_value(argc, argv, i, options[k].name, &missing);

		if (missing)
			return value_missing(options[k].name);
		if (value)
			return option_store(&options[k], value);
	}
	return fail(EXIT_USAGE, "there is no option \"%s\" here; see --help", "没有选项“%s”，请看 --help",
		argv[*i]);
}

int args_parse(struct args *ret, int argc, char **argv, const struct arg_option *options,
	size_t option_count, size_t positional_min, size_t positional_max)
{
	bool options_ended = false;

	*ret = (struct args){.count = 0};
	for (int i = 0; i < argc; i++) {
		if (!options_ended && strcmp(argv[i], "--") == 0) {
			options_ended = true;
		} else if (!options_ended && strncmp(argv[i], "--", 2) == 0) {
			int r = option_read(argc, argv, &i, options, option_count);

			if (r != 0)
				return r;
		} else if (ret->count < positional_max) {
			ret->positional[ret->count++] = argv[i];
		} else {
			return fail(EXIT_USAGE, "\"%s\" is one argument too many; see --help",
				"多余的参数“%s”，请看 --help", argv[i]);
		}
	}
	if (ret->count < positional_min)
		return fail(EXIT_USAGE, "an argument is missing; see --help", "缺少参数，请看 --help");
	return 0;
}

int args_need(const char *value, const char *name)
{
	if (value)
		return 0;
	return fail(EXIT_USAGE, "--%s is needed; see --help", "缺少 --%s，请看 --help", name);
}

static void group_help(const struct command_group *group)
{
	printf("%s\n\n", say_pick(group->help, group->help_zh));
	for (const struct command *c = group->commands; c->name; c++) {
		int pad = NAME_COLUMN - (int)utf8_width(c->name);

		printf("  %s%*s%s\n", c->name, pad > 0 ? pad : 1, "", say_pick(c->summary, c->summary_zh));
	}
	printf("\n%s\n", say_pick(group->example, group->example_zh));
}

int group_run(const struct command_group *group, int argc, char **argv)
{
	if (argc == 0) {
		if (cli_globals.help) {
			group_help(group);
			return EXIT_OK;
		}
		return fail(EXIT_USAGE, "%s needs a command; see %s --help", "%s 需要子命令，请看 %s --help",
			group->name, group->name);
	}
	for (const struct command *c = group->commands; c->name; c++) {
		if (strcmp(argv[0], c->name) != 0)
			continue;
		if (cli_globals.help && c->help) {
			printf("%s\n", say_pick(c->help, c->help_zh));
			return EXIT_OK;
		}
		return c->run(argc - 1, argv + 1);
	}
	return fail(EXIT_USAGE, "%s has no command \"%s\"; see %s --help",
		"%s 没有子命令“%s”，请看 %s --help", group->name, argv[0], group->name);
}
