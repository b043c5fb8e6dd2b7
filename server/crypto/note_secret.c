#include "crypto/note_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ensure.h"
#include "base/err.h"
#include "crypto/key_file.h"
#include "proto/lines.h"

static const char note_secret_mark[] = "rxcirc-note-secret-v1 ";

struct note_secret {
	struct note_key key;
	uint8_t seed[crypto_sign_SEEDBYTES];
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

static const char *type_word(enum note_key_type type)
{
	return type == NOTE_ED25519 ? "log" : "witness";
}

static int problem_set(char problem[NOTE_SECRET_PROBLEM_MAX], const char *text)
{
	snprintf(problem, NOTE_SECRET_PROBLEM_MAX, "%s", text);
	return ERR_CONFIG;
}

/* ---- reading ------------------------------------------------------------------------------- */

/* "<name> <base64>": the name and the pair of keys that follows from the seed. */
static bool secret_fill(struct note_secret *s, struct slice line, enum note_key_type type)
{
	const uint8_t *space = line.len > 0 ? memchr(line.data, ' ', line.len) : NULL;
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	char name[NOTE_NAME_MAX + 1];
	size_t name_len, len;

	if (space == NULL || space - line.data > NOTE_NAME_MAX)
		return false;
	name_len = (size_t)(space - line.data);
	memcpy(name, line.data, name_len);
	name[name_len] = '\0';
	if (strlen(name) != name_len || !line_base64(slice_of(space + 1, line.len - name_len - 1),
			s->seed, sizeof(s->seed), &len) || len != sizeof(s->seed))
		return false;
	ensure(crypto_sign_seed_keypair(public_key, s->secret, s->seed) == 0);
	sodium_memzero(s->seed, sizeof(s->seed));
	return note_key_make(&s->key, name, type, public_key);
}

static int secret_read(struct note_secret *s, struct slice text, enum note_key_type type,
	char problem[NOTE_SECRET_PROBLEM_MAX])
{
	struct slice mark, line;

	if (!line_next(&text, &mark) || !line_skip(&mark, note_secret_mark))
		return problem_set(problem, "this is not a key file of a log or a witness");
	if (!slice_equal(mark, slice_of_text(type_word(type)))) {
		snprintf(problem, NOTE_SECRET_PROBLEM_MAX, "the key is not a %s's", type_word(type));
		return ERR_CONFIG;
	}
	if (!line_next(&text, &line) || text.len > 0 || !secret_fill(s, line, type))
		return problem_set(problem,
			"the key file's second line must be the last and read \"name seed\"");
	return 0;
}

int note_secret_parse(struct note_secret **ret, struct slice text, enum note_key_type type,
	char problem[NOTE_SECRET_PROBLEM_MAX])
{
	struct note_secret *s = sodium_malloc(sizeof(*s));
	int r;

	if (s == NULL)
		return problem_set(problem, "could not lock memory for the key");
	memset(s, 0, sizeof(*s));
	r = secret_read(s, text, type, problem);
	if (r < 0) {
		sodium_free(s);
		return r;
	}
	sodium_mprotect_readonly(s);
	*ret = s;
	return 0;
}

int note_secret_load(struct note_secret **ret, const char *path, enum note_key_type type,
	char problem[NOTE_SECRET_PROBLEM_MAX])
{
	uint8_t *text;
	size_t len;
	int r = key_file_read(path, NOTE_SECRET_FILE_MAX, &text, &len, problem);

	if (r < 0)
		return r;
	r = note_secret_parse(ret, slice_of(text, len), type, problem);
	sodium_free(text);
	return r;
}

/* ---- making -------------------------------------------------------------------------------- */

/* The whole file, and on the disk before anybody is told the public key. */
static bool file_write(int fd, const char *name, enum note_key_type type)
{
	uint8_t seed[crypto_sign_SEEDBYTES], text[NOTE_SECRET_FILE_MAX];
	struct writer w;
	ssize_t written;

	writer_init(&w, text, sizeof(text));
	writer_text(&w, note_secret_mark);
	writer_text(&w, type_word(type));
	writer_text(&w, "\n");
	writer_text(&w, name);
	writer_text(&w, " ");
	randombytes_buf(seed, sizeof(seed));
	line_put_base64(&w, slice_of(seed, sizeof(seed)));
	writer_text(&w, "\n");
	ensure(!w.failed);
	written = write(fd, text, w.used);
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(text, sizeof(text));
	return written == (ssize_t)w.used && fsync(fd) == 0;
}

int note_secret_generate(const char *path, const char *name, enum note_key_type type,
	char problem[NOTE_SECRET_PROBLEM_MAX])
{
	bool ok;
	int fd;

	if (!note_name_is_good(name)) {
		snprintf(problem, NOTE_SECRET_PROBLEM_MAX, "the name must have 1 .. %d bytes of UTF-8"
			 " without spaces, plus and control characters", NOTE_NAME_MAX);
		return ERR_CONFIG;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		snprintf(problem, NOTE_SECRET_PROBLEM_MAX, "could not create the key file: %s",
			strerror(errno));
		return ERR_CONFIG;
	}
	ok = file_write(fd, name, type);
	if (close(fd) != 0 || !ok) {
		(void)unlink(path); /* half a key is none */
		return problem_set(problem, "could not write the key file");
	}
	return 0;
}

void note_secret_free(struct note_secret *s)
{
	if (s != NULL)
		sodium_mprotect_readwrite(s);
	sodium_free(s);
}

const struct note_key *note_secret_key(const struct note_secret *s)
{
	return &s->key;
}

size_t note_secret_sign(const struct note_secret *s, char line[NOTE_LINE_MAX], struct slice text,
	uint64_t time_s)
{
	return note_sign(line, text, &s->key, s->secret, time_s);
}
