#include "app/options.h"

#include <string.h>

#include "app/exit_code.h"
#include "base/ensure.h"
#include "base/err.h"

static const struct {
	const char *word;
	enum options_action action;
	const char *argument; /* NULL: takes none */
	const char *help;
} options_actions[] = {
	{"check-config", OPTIONS_CHECK_CONFIG, NULL, "read the settings, say what is wrong, stop"},
	{"print-config-example", OPTIONS_PRINT_CONFIG_EXAMPLE, NULL,
		"print a configuration file with every setting explained"},
	{"generate-keys", OPTIONS_GENERATE_KEYS, "FILE",
		"make the server's own secret keys; never overwrites"},
	{"show-receipt-key", OPTIONS_SHOW_RECEIPT_KEY, "FILE",
		"print the public key that verifies receipts"},
	{"version", OPTIONS_VERSION, NULL, "print the version"},
	{"help", OPTIONS_HELP, NULL, "print this"},
};

static int options_problem(char problem[CONFIG_PROBLEM_MAX], const char *before, const char *word,
	const char *after)
{
	snprintf(problem, CONFIG_PROBLEM_MAX, "%s\"%s\"%s", before, word, after);
	return ERR_CONFIG;
}

/* The words of the command line, and where we are. */
struct words {
	int count;
	char **all;
	int at;
};

/* The value of --NAME=VALUE or of --NAME VALUE; NULL when there is none. */
static const char *words_value(struct words *w)
{
	const char *equals = strchr(w->all[w->at], '=');
	const char *value = NULL;

	if (equals != NULL)
		value = equals + 1;
	else if (w->at + 1 < w->count)
		value = w->all[++w->at];
	return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool words_is(const struct words *w, const char *name)
{
	const char *word = w->all[w->at] + strlen("--");
	size_t len = strlen(name);

	return strncmp(word, name, len) == 0 && (word[len] == '\0' || word[len] == '=');
}

static int options_take_action(struct options *o, struct words *w, unsigned action,
	char problem[CONFIG_PROBLEM_MAX])
{
	const char *word = w->all[w->at];

	if (o->action != OPTIONS_SERVE)
		return options_problem(problem, "", word, " cannot be combined with another action");
	o->action = options_actions[action].action;
	if (options_actions[action].argument != NULL) {
		o->keys_path = words_value(w);
		if (o->keys_path == NULL)
			return options_problem(problem, "", word, " needs a file");
	} else if (strchr(word, '=') != NULL) {
		return options_problem(problem, "", word, " takes no value");
	}
	return 0;
}

static int options_take_file(struct options *o, struct words *w, char problem[CONFIG_PROBLEM_MAX])
{
	const char *path = words_value(w);

	if (path == NULL)
		return options_problem(problem, "", "--config", " needs a file");
	if (o->sources.files_count == SETTINGS_FILES_MAX)
		return options_problem(problem, "", "--config", " is given too often");
	o->sources.files[o->sources.files_count++] = path;
	return 0;
}

/* --name=value; the name is checked with the settings.  The '=' becomes the end of the name. */
static int options_take_setting(struct options *o, struct words *w,
	char problem[CONFIG_PROBLEM_MAX])
{
	char *word = w->all[w->at], *equals = strchr(word, '=');

	if (equals == NULL)
		return options_problem(problem, "there is no option ", word,
			"; settings are given as --name=value");
	if (o->sources.overrides_count == SETTINGS_OVERRIDES_MAX)
		return options_problem(problem, "too many settings, from ", word, " on");
	*equals = '\0';
	o->sources.overrides[o->sources.overrides_count].name = word + strlen("--");
	o->sources.overrides[o->sources.overrides_count++].value = equals + 1;
	return 0;
}

static int options_take(struct options *o, struct words *w, char problem[CONFIG_PROBLEM_MAX])
{
	const char *word = w->all[w->at];

	if (strncmp(word, "--", 2) != 0 || word[2] == '\0')
		return options_problem(problem, "", word, " is no option");
	for (unsigned i = 0; i < ARRAY_LEN(options_actions); i++)
		if (words_is(w, options_actions[i].word))
			return options_take_action(o, w, i, problem);
	if (words_is(w, "config"))
		return options_take_file(o, w, problem);
	return options_take_setting(o, w, problem);
}

int options_read(struct options *ret, int argc, char **argv, char problem[CONFIG_PROBLEM_MAX])
{
	struct options o = {.action = OPTIONS_SERVE};
	struct words w = {.count = argc, .all = argv};

	for (w.at = 1; w.at < w.count; w.at++) {
		int r = options_take(&o, &w, problem);

		if (r < 0)
			return r;
	}
	*ret = o;
	return 0;
}

void options_print_help(FILE *out)
{
	fprintf(out,
		"rxcircd serves the circulation of electronic prescriptions: internet hospitals upload,\n"
		"pharmacies pull, review and dispense, the handling agency audits.\n\n"
		"usage: rxcircd [--config FILE]... [--name=value]...\n"
		"       rxcircd ACTION\n\n"
		"  --config FILE            read settings; may be given several times, later wins\n"
		"  --name=value             one setting, after all files\n\nActions:\n");
	for (unsigned i = 0; i < ARRAY_LEN(options_actions); i++) {
		char shown[64];

		snprintf(shown, sizeof(shown), "--%s %s", options_actions[i].word,
			options_actions[i].argument != NULL ? options_actions[i].argument : "");
		fprintf(out, "  %-24s %s\n", shown, options_actions[i].help);
	}
	fprintf(out,
		"\nA first start:\n"
		"  rxcircd --generate-keys /etc/rxcircd/keys\n"
		"  rxcircd --print-config-example > /etc/rxcircd/rxcircd.conf\n"
		"  rxcircd --config /etc/rxcircd/rxcircd.conf --check-config\n"
		"  rxcircd --config /etc/rxcircd/rxcircd.conf\n"
		"  curl http://127.0.0.1:7480/readyz\n\nSettings (rxcircd.conf(5) explains them):\n");
	for (unsigned i = 0; i < SETTINGS_NR; i++) {
		const struct config_row *row = &settings_rows[i];

		fprintf(out, "  %-28s %s%s\n", row->name,
			row->default_text != NULL ? row->default_text : "must be given",
			row->reloadable ? "  (SIGHUP takes it over)" : "");
	}
	fprintf(out, "\nSIGTERM or SIGINT: finish running calls, then stop.  SIGHUP: read the settings"
		     " and the TLS files again.\nExit status:");
	for (unsigned i = 0; i < ARRAY_LEN(exit_code_words); i++)
		fprintf(out, " %d %s%s", exit_code_words[i].code, exit_code_words[i].meaning,
			i + 1 < ARRAY_LEN(exit_code_words) ? ";" : ".\n");
}

int options_print_example(FILE *out)
{
	if (fprintf(out, "# Settings of rxcircd.  Lines are \"name = value\"; what is commented out"
			 " shows the default.\n# rxcircd.conf(5) is the manual page.\n\n") < 0)
		return ERR_SYSTEM;
	return config_print_example(settings_rows, SETTINGS_NR, out);
}
