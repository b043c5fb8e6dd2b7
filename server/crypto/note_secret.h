/* The secret key of a log or a witness, with which it signs notes (proto/note.h).
 *
 * File: two lines,
 *     rxcirc-note-secret-v1 <log or witness>
 *     <name> <base64 of the seed>
 * It must be private (crypto/key_file.h).
 *
 * Ownership: one per process, in guarded memory, never printed.  Threads: any after loading.
 */
#ifndef CRYPTO_NOTE_SECRET_H
#define CRYPTO_NOTE_SECRET_H

#include "crypto/key_file.h"
#include "proto/note.h"

struct note_secret;

enum {
	NOTE_SECRET_FILE_MAX = 512,    /* bytes */
	NOTE_SECRET_PROBLEM_MAX = KEY_FILE_PROBLEM_MAX,
};
static_assert(NOTE_NAME_MAX + 100 < NOTE_SECRET_FILE_MAX, "the longest name fits");

/* 0, or ERR_CONFIG with one sentence in `problem` (no key material); a key of another type is
 * refused, too. */
MUST_CHECK int note_secret_load(struct note_secret **ret, const char *path,
	enum note_key_type type, char problem[NOTE_SECRET_PROBLEM_MAX]);
/* The same from text, without the file checks. */
MUST_CHECK int note_secret_parse(struct note_secret **ret, struct slice text,
	enum note_key_type type, char problem[NOTE_SECRET_PROBLEM_MAX]);
/* Write a fresh file, mode 0600; refuses to overwrite. */
MUST_CHECK int note_secret_generate(const char *path, const char *name, enum note_key_type type,
	char problem[NOTE_SECRET_PROBLEM_MAX]);
void note_secret_free(struct note_secret *s); /* wipes; NULL ok */

/* Its public half; lives as long as the secret. */
const struct note_key *note_secret_key(const struct note_secret *s);
/* As note_sign(). */
size_t note_secret_sign(const struct note_secret *s, char line[NOTE_LINE_MAX], struct slice text,
	uint64_t time_s);

#endif
