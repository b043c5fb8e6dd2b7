/* What the command says: Chinese or English for people, or one JSON object per answer.
 *
 * Every text is given twice.  say() prints on stdout and is silent with --json; note() is progress
 * on stderr, silent with --json; answer() prints a JSON object on one line and is silent without
 * --json.  fail() reports a failure in whichever form is wanted.
 * Threads: one.
 */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "client-sdk/cli/exit_code.h"

#define SAY_FORMAT(en, zh, args) \
	__attribute__((format(printf, en, args), format(printf, zh, args)))

/* "zh", "en", or NULL for RXCIRC_LANG, then LANG, then Chinese.  False when it is neither. */
bool say_set_language(const char *name);
void say_set_json(bool on);
bool say_is_json(void);
bool say_is_chinese(void);
/* The text in the language wanted. */
const char *say_pick(const char *en, const char *zh);

void say(const char *en, const char *zh, ...) SAY_FORMAT(1, 2, 3);
void note(const char *en, const char *zh, ...) SAY_FORMAT(1, 2, 3);
/* Takes the reference.  Prints nothing for NULL (memory is short) but returns EXIT_FAULT. */
int answer(json_t *object);
/* A receipt came: the next good answer names its event.  Of several the answer only says how many
 * there were. */
void say_promise(const char *event_id, const char *leaf_hash);
/* One sentence on stderr "rxcirc: ...", or {"ok":false,"exit":N,"error":word,...} on stdout.
 * Returns `code`. */
int fail(enum exit_code code, const char *en, const char *zh, ...) SAY_FORMAT(2, 3, 4);
/* fail() about a file: adds the reason of a negative errno. */
int fail_file(const char *path, int error);

/* The exit code as a word, for "error" in JSON. */
const char *exit_word(enum exit_code code);

/* Lower-case hexadecimal; `text` holds 2 * len + 1 characters. */
void hex_format(const void *data, size_t len, char *text);
/* 0, or -1 unless exactly 2 * len digits. */
int hex_parse(const char *text, void *data, size_t len) __attribute__((warn_unused_result));

#endif
