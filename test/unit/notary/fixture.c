#include "test/unit/notary/fixture.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "proto/lines.h"

int64_t fixture_now_ms = INT64_C(1800000000) * 1000;

int64_t clock_wall_ms(void)
{
	return fixture_now_ms;
}

int64_t clock_mono_ms(void)
{
	return fixture_now_ms;
}

int64_t clock_mono_us(void)
{
	return fixture_now_ms * 1000;
}

/* ---- keys ---------------------------------------------------------------------------------- */

struct note_secret *secret_make(const char *name, enum note_key_type type, unsigned number)
{
	uint8_t text[NOTE_SECRET_FILE_MAX], seed[32] = {(uint8_t)number};
	char problem[NOTE_SECRET_PROBLEM_MAX] = "";
	struct note_secret *s = NULL;
	struct writer w;

	assert_true(sodium_init() >= 0);
	writer_init(&w, text, sizeof(text));
	writer_text(&w, "rxcirc-note-secret-v1 ");
	writer_text(&w, type == NOTE_ED25519 ? "log\n" : "witness\n");
	writer_text(&w, name);
	writer_text(&w, " ");
	line_put_base64(&w, slice_of(seed, sizeof(seed)));
	writer_text(&w, "\n");
	if (note_secret_parse(&s, writer_written(&w), type, problem) < 0)
		fail_msg("%s", problem);
	return s;
}

void vkey_of(char text[NOTE_KEY_TEXT_MAX], const struct note_secret *s)
{
	note_key_format(text, note_secret_key(s));
}

/* ---- trees --------------------------------------------------------------------------------- */

static int subtree(void *arg, unsigned level, uint64_t index, struct merkle_hash *ret)
{
	const uint64_t *fork_at = arg;
	struct merkle_hash left, right;
	char leaf[40];

	if (level == 0) {
		snprintf(leaf, sizeof(leaf), "%s %" PRIu64, index < *fork_at ? "leaf" : "other", index);
		merkle_leaf_hash(ret, slice_of_text(leaf));
		return 0;
	}
	(void)subtree(arg, level - 1, 2 * index, &left);
	(void)subtree(arg, level - 1, 2 * index + 1, &right);
	merkle_node_hash(ret, &left, &right);
	return 0;
}

void tree_root(struct merkle_hash *ret, uint64_t size, uint64_t fork_at)
{
	assert_int_equal(merkle_root_make(size, subtree, &fork_at, ret), 0);
}

void tree_proof(struct merkle_proof *ret, uint64_t old, uint64_t size, uint64_t fork_at)
{
	assert_int_equal(merkle_consistency_make(old, size, subtree, &fork_at, ret), 0);
}

struct checkpoint tree_checkpoint(const char *origin, uint64_t size, uint64_t fork_at)
{
	struct checkpoint c = {.size = size};

	snprintf(c.origin, sizeof(c.origin), "%s", origin);
	tree_root(&c.root, size, fork_at);
	return c;
}

/* ---- questions ----------------------------------------------------------------------------- */

static void note_write(struct writer *w, const struct question *q)
{
	struct checkpoint c = tree_checkpoint(q->origin, q->size, q->fork_at);
	char text[NOTE_MAX], line[NOTE_LINE_MAX];
	size_t len;

	if (q->root != NULL)
		c.root = *q->root;
	len = checkpoint_format(text, &c);
	if (q->more_lines != NULL)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", q->more_lines);
	writer_slice(w, slice_of(text, len));
	writer_text(w, "\n");
	for (unsigned i = 0; i < 4 && q->signers[i] != NULL; i++) {
		if (i == 0 && q->is_signature_spoilt)
			text[0] ^= 1;
		assert_true(note_secret_sign(q->signers[i], line, slice_of(text, len),
			(uint64_t)fixture_now_ms / 1000) > 0);
		if (i == 0 && q->is_signature_spoilt)
			text[0] ^= 1;
		writer_text(w, line);
	}
	if (q->more_signatures != NULL)
		writer_text(w, q->more_signatures);
}

struct slice question_write(const struct question *q)
{
	static char body[CHECKPOINT_QUESTION_MAX];
	static uint8_t note[NOTE_MAX];
	struct checkpoint_question out = {.old_size = q->old_size};
	struct writer w;
	size_t len;

	writer_init(&w, note, sizeof(note));
	note_write(&w, q);
	assert_false(w.failed);
	out.note = writer_written(&w);
	if (q->old_size <= q->size)
		tree_proof(&out.proof, q->old_size, q->size, q->fork_at);
	if (q->is_proof_spoilt)
		out.proof.hashes[0].bytes[0] ^= 1;
	out.proof.count += q->proof_more;
	len = checkpoint_question_format(body, sizeof(body), &out);
	assert_true(len > 0);
	return slice_of(body, len);
}

/* ---- files --------------------------------------------------------------------------------- */

void folder_make(char folder[FOLDER_MAX])
{
	assert_true(sodium_init() >= 0);
	snprintf(folder, FOLDER_MAX, "/tmp/test-notary-XXXXXX");
	assert_non_null(mkdtemp(folder));
}

const char *folder_path(const char *folder, const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

void folder_remove(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			folder_remove(folder_path(folder, entry->d_name));
		else
			(void)unlinkat(dirfd(d), entry->d_name, 0); /* "." and ".." stay */
	assert_int_equal(closedir(d), 0);
	assert_int_equal(rmdir(folder), 0);
}

size_t file_get(const char *path, char *out, size_t cap)
{
	FILE *f = fopen(path, "r");
	size_t len;

	if (f == NULL)
		fail_msg("there is no file \"%s\"", path);
	len = fread(out, 1, cap - 1, f);
	assert_int_equal(fclose(f), 0);
	out[len] = '\0';
	return len;
}

void file_put(const char *path, const void *bytes, size_t len, unsigned mode)
{
	FILE *f;

	(void)unlink(path);
	f = fopen(path, "wx");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fchmod(fileno(f), (mode_t)mode), 0);
	assert_int_equal(fclose(f), 0);
}

/* ---- the log ------------------------------------------------------------------------------- */

static int stderr_before = -1;
static FILE *captured;

void seen_begin(void)
{
	fixture_now_ms += 2000; /* nothing is held back */
	captured = tmpfile();
	stderr_before = dup(STDERR_FILENO);
	assert_true(captured != NULL && dup2(fileno(captured), STDERR_FILENO) >= 0);
}

const char *seen_end(void)
{
	static char text[SEEN_MAX];
	size_t len;

	rewind(captured);
	len = fread(text, 1, sizeof(text) - 1, captured);
	text[len] = '\0';
	(void)dup2(stderr_before, STDERR_FILENO);
	(void)close(stderr_before);
	assert_int_equal(fclose(captured), 0);
	return text;
}

void assert_says(const char *seen, const char *words)
{
	if (strstr(seen, words) == NULL)
		fail_msg("\"%s\" is not in:\n%s", words, seen);
}
