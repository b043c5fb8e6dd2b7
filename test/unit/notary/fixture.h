/* What the notary's tests stand on: trees that share a beginning, keys that are always the same,
 * questions about them, a folder, the log's lines, and a clock that stands still.
 */
#ifndef TEST_UNIT_NOTARY_FIXTURE_H
#define TEST_UNIT_NOTARY_FIXTURE_H

#include "test/support/tap.h"

#include "crypto/note_secret.h"
#include "notary/http.h"
#include "notary/petition.h"

#define LOG_NAME "log.example/rx"
#define OTHER_NAME "other.example/log"
#define WITNESS_NAME "witness.example/w1"

enum { FOLDER_MAX = 64, NO_FORK = UINT16_MAX, SEEN_MAX = 1 << 16 };

/* Keys, by a number that is their seed. */
enum { KEY_LOG = 1, KEY_LOG_NEXT, KEY_OTHER, KEY_WITNESS, KEY_STRANGER };
struct note_secret *secret_make(const char *name, enum note_key_type type, unsigned number);
/* Its verifier key. */
void vkey_of(char text[NOTE_KEY_TEXT_MAX], const struct note_secret *s);

/* A tree is told by where it leaves the common one: its leaves from `fork_at` on are others. */
void tree_root(struct merkle_hash *ret, uint64_t size, uint64_t fork_at);
void tree_proof(struct merkle_proof *ret, uint64_t old, uint64_t size, uint64_t fork_at);
struct checkpoint tree_checkpoint(const char *origin, uint64_t size, uint64_t fork_at);

/* A body as it is POSTed; every part may be spoilt before it is written. */
struct question {
	const char *origin;
	uint64_t old_size, size, fork_at;
	const struct note_secret *signers[4]; /* none: the bare text */
	const char *more_lines;               /* behind the checkpoint's three; NULL = none */
	const char *more_signatures;          /* NULL = none */
	bool is_signature_spoilt;             /* of the first signer */
	bool is_proof_spoilt;
	unsigned proof_more;                  /* hashes too many */
	const struct merkle_hash *root;       /* another one; NULL = the tree's */
};
struct slice question_write(const struct question *q); /* borrowed until the next one */

/* A private folder with nothing in it, and its end. */
void folder_make(char folder[FOLDER_MAX]);
void folder_remove(const char *folder);
/* Borrowed until the fourth next one. */
const char *folder_path(const char *folder, const char *name);
/* The bytes of a file, with a NUL behind them; fails the test when there is none. */
size_t file_get(const char *path, char *out, size_t cap);
void file_put(const char *path, const void *bytes, size_t len, unsigned mode);

/* What was logged since the last look. */
void seen_begin(void);
const char *seen_end(void);
/* These words stand in it. */
void assert_says(const char *seen, const char *words);

extern int64_t fixture_now_ms; /* what the clock shows */

#endif
