#include "notary/options.h"

#include <stdarg.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "notary/exit_code.h"

enum word {
	WORD_KEY,
	WORD_STATE,
	WORD_LISTEN,
	WORD_LOG,
	WORD_NEW,
	WORD_DEBUG,
	WORD_GENERATE_KEY,
	WORD_NAME,
	WORD_SHOW_KEY,
	WORD_VERSION,
	WORD_HELP,
	WORDS_NR,
};

/* The help has two columns of texts where the programs differ: the signer's, the witness's. */
static const struct {
	const char *word, *argument; /* NULL: takes none */
	const char *help[2];         /* NULL: this program has no such option */
} words[WORDS_NR] = {
	[WORD_KEY] = {"key", "FILE", {"the secret key to sign with", "the secret key to cosign with"}},
	[WORD_STATE] = {"state", "PATH", {"the file with what was signed last",
		"the folder with what was cosigned last, a file per log"}},
	[WORD_LISTEN] = {"listen", "AT", {"the path of the unix socket to be asked at",
		"address:port or the path of a unix socket; port 0 is any free one"}},
	[WORD_LOG] = {"log", "VKEY", {NULL, "a log's verifier key; may be given up to 32 times"}},
	[WORD_NEW] = {"new", NULL, {"nothing was signed yet: begin a memory, once",
		"of some log nothing was cosigned yet: begin its memory, once"}},
	[WORD_DEBUG] = {"debug", NULL, {"a line in the log for every signature",
		"a line in the log for every signature"}},
	[WORD_GENERATE_KEY] = {"generate-key", "FILE", {"make a secret key and print its verifier key",
		"make a secret key and print its verifier key"}},
	[WORD_NAME] = {"name", "NAME", {"the new key's name: the log's origin", "the new key's name"}},
	[WORD_SHOW_KEY] = {"show-key", "FILE", {"print the verifier key of a secret key",
		"print the verifier key of a secret key"}},
	[WORD_VERSION] = {"version", NULL, {"print the version", "print the version"}},
	[WORD_HELP] = {"help", NULL, {"print this", "print this"}},
};

static unsigned column_of(enum note_key_type type)
{
	return type == NOTE_ED25519 ? 0 : 1;
}

__attribute__((format(printf, 2, 3)))
static int options_problem(char problem[OPTIONS_PROBLEM_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem, OPTIONS_PROBLEM_MAX, format, args);
	va_end(args);
	return ERR_CONFIG;
}

static int options_take_action(struct options *o, enum options_action action, const char *word,
	char problem[OPTIONS_PROBLEM_MAX])
{
	if (o->action != OPTIONS_SERVE)
		return options_problem(problem, "\"--%s\" cannot be combined with another action", word);
	o->action = action;
	return 0;
}

/* A text that may be given once. */
static int options_take_text(const char **text, const char *value, const char *word,
	char problem[OPTIONS_PROBLEM_MAX])
{
	if (*text != NULL)
		return options_problem(problem, "\"--%s\" is given twice", word);
	*text = value;
	return 0;
}

static int options_take_log(struct options *o, const char *value,
	char problem[OPTIONS_PROBLEM_MAX])
{
	if (o->logs_count == WITNESS_LOGS_MAX)
		return options_problem(problem, "\"--log\" is given more than %d times",
			WITNESS_LOGS_MAX);
	o->logs[o->logs_count++] = value;
	return 0;
}

static int options_take_key_action(struct options *o, enum options_action action,
	const char *value, const char *word, char problem[OPTIONS_PROBLEM_MAX])
{
	int r = options_take_action(o, action, word, problem);

	return r < 0 ? r : options_take_text(&o->key, value, word, problem);
}

static int options_take(struct options *o, enum word word, const char *value,
	char problem[OPTIONS_PROBLEM_MAX])
{
	const char *text = words[word].word;

	switch (word) {
	case WORD_KEY:
		return options_take_text(&o->key, value, text, problem);
	case WORD_STATE:
		return options_take_text(&o->state, value, text, problem);
	case WORD_LISTEN:
		return options_take_text(&o->listen, value, text, problem);
	case WORD_NAME:
		return options_take_text(&o->name, value, text, problem);
	case WORD_LOG:
		return options_take_log(o, value, problem);
	case WORD_NEW:
		o->begin = true;
		return 0;
	case WORD_DEBUG:
		o->debug = true;
		return 0;
	case WORD_GENERATE_KEY:
		return options_take_key_action(o, OPTIONS_GENERATE_KEY, value, text, problem);
	case WORD_SHOW_KEY:
		return options_take_key_action(o, OPTIONS_SHOW_KEY, value, text, problem);
	case WORD_VERSION:
		return options_take_action(o, OPTIONS_VERSION, text, problem);
	case WORD_HELP:
		return options_take_action(o, OPTIONS_HELP, text, problem);
	case WORDS_NR:
		break;
	}
	ensure_never("a word that is not in the table");
}

/* The word's place in the table, or WORDS_NR. */
static enum word word_find(const char *text, unsigned column)
{
	for (unsigned i = 0; i < WORDS_NR; i++) {
		size_t len = strlen(words[i].word);

		if (words[i].help[column] != NULL && strncmp(text, words[i].word, len) == 0 &&
			(text[len] == '\0' || text[len] == '='))
			return (enum word)i;
	}
	return WORDS_NR;
}

/* --word, --word=value or --word value. */
static int options_take_next(struct options *o, unsigned column, char **argv, int argc, int *at,
	char problem[OPTIONS_PROBLEM_MAX])
{
	const char *given = argv[*at], *equals = strchr(given, '='), *value = NULL;
	enum word word = strncmp(given, "--", 2) == 0 ? word_find(given + 2, column) : WORDS_NR;

	if (word == WORDS_NR)
		return options_problem(problem, "there is no option \"%.200s\"", given);
	if (equals != NULL)
		value = equals + 1;
	else if (words[word].argument != NULL && *at + 1 < argc)
		value = argv[++*at];
	if (words[word].argument == NULL && equals != NULL)
		return options_problem(problem, "\"--%s\" takes no value", words[word].word);
	if (words[word].argument != NULL && (value == NULL || value[0] == '\0'))
		return options_problem(problem, "\"--%s\" needs a value", words[word].word);
	return options_take(o, word, value, problem);
}

/* What an action needs is there. */
static int options_check(struct options *o, enum note_key_type type,
	char problem[OPTIONS_PROBLEM_MAX])
{
	const char *missing = NULL;

	if (o->action == OPTIONS_GENERATE_KEY && o->name == NULL)
		missing = "name";
	if (o->action == OPTIONS_SERVE) {
		if (type == NOTE_COSIGNATURE && o->logs_count == 0)
			missing = "log";
		if (o->listen == NULL && !o->begin)
			missing = "listen";
		if (o->state == NULL)
			missing = "state";
		if (o->key == NULL)
			missing = "key";
	}
	if (missing != NULL)
		return options_problem(problem, "\"--%s\" must be given", missing);
	/* Whoever can open the socket can have checkpoints signed. */
	if (type == NOTE_ED25519 && o->listen != NULL && o->listen[0] != '/')
		return options_problem(problem, "\"--listen\" must be the absolute path of a socket");
	if (o->action == OPTIONS_SERVE && o->listen == NULL)
		o->action = OPTIONS_BEGIN;
	return 0;
}

int options_read(struct options *ret, enum note_key_type type, int argc, char **argv,
	char problem[OPTIONS_PROBLEM_MAX])
{
	struct options o = {.action = OPTIONS_SERVE};
	int r;

	for (int at = 1; at < argc; at++) {
		r = options_take_next(&o, column_of(type), argv, argc, &at, problem);
		if (r < 0)
			return r;
	}
	r = options_check(&o, type, problem);
	if (r == 0)
		*ret = o;
	return r;
}

static const char *const purposes[2] = {
	"rxcirc-signer keeps the key of the transparency log and signs its checkpoints, as long as\n"
	"each has grown from the last one.  It remembers that one itself, outside the database.\n\n"
	"usage: rxcirc-signer --key FILE --state FILE --listen SOCKET [--new]\n"
	"       rxcirc-signer --generate-key FILE --name ORIGIN\n"
	"       rxcirc-signer --show-key FILE\n\n",
	"rxcirc-witness cosigns the checkpoints of transparency logs, as long as each has grown from\n"
	"the last one it saw.\n\n"
	"usage: rxcirc-witness --key FILE --state DIR --listen ADDRESS:PORT --log VKEY... [--new]\n"
	"       rxcirc-witness --generate-key FILE --name NAME\n"
	"       rxcirc-witness --show-key FILE\n\n",
};

static const char *const first_starts[2] = {
	"\nA first start:\n"
	"  rxcirc-signer --generate-key /etc/rxcirc-signer/key --name example.org/rx\n"
	"  rxcirc-signer --key /etc/rxcirc-signer/key --state /var/lib/rxcirc-signer/last --new\n"
	"  systemctl start rxcirc-signer\n",
	"\nA first start:\n"
	"  rxcirc-witness --generate-key /etc/rxcirc-witness/key --name witness.example.org\n"
	"  rxcirc-witness --key /etc/rxcirc-witness/key --state /var/lib/rxcirc-witness \\\n"
	"      --log VKEY --new\n"
	"  systemctl start rxcirc-witness\n",
};

void options_print_help(FILE *out, enum note_key_type type)
{
	unsigned column = column_of(type);

	fputs(purposes[column], out);
	for (unsigned i = 0; i < WORDS_NR; i++) {
		char shown[40];

		if (words[i].help[column] == NULL)
			continue;
		snprintf(shown, sizeof(shown), "--%s %s", words[i].word,
			words[i].argument != NULL ? words[i].argument : "");
		fprintf(out, "  %-20s %s\n", shown, words[i].help[column]);
	}
	fputs(first_starts[column], out);
	fputs("\n--new without --listen begins the memory and ends.  SIGTERM or SIGINT: stop.\n"
	      "Exit status:\n", out);
#define X(name, number, meaning) fprintf(out, "  %d  %s\n", number, meaning);
	EXIT_CODES(X)
#undef X
}
