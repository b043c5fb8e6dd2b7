/* A witness: cosigns the checkpoints of logs it was told of, as long as each only grows.
 *
 *     POST /add-checkpoint                       C2SP tlog-witness, cosignature/v1
 *     GET  /<SHA-256 of the origin>/checkpoint   the last one that was cosigned
 *     GET  /metrics, /healthz
 *
 * A log is known by its origin; several keys may stand for one, while it changes them.
 *
 * Ownership: the secret is borrowed until witness_close().  Threads: one.
 */
#ifndef NOTARY_WITNESS_H
#define NOTARY_WITNESS_H

#include "notary/notary.h"

enum {
	WITNESS_LOGS_MAX = 32,             /* and keys, of all logs together */
	ORIGIN_HASH_LEN = 2 * SHA256_LEN,  /* digits */
};

struct witness {
	const struct note_secret *secret;
	unsigned keys_count, logs_count;
	struct note_key keys[WITNESS_LOGS_MAX];
	struct notary_log logs[WITNESS_LOGS_MAX];
	struct notary_log others; /* what was asked of no log that is known */
};

/* A log's verifier key; before witness_open().  False, with one sentence, when it is none, one too
 * many, or was added before. */
MUST_CHECK bool witness_add(struct witness *w, const char *vkey,
	char problem[NOTARY_PROBLEM_MAX]);
/* As notary_open(), with one memory per log in the folder `state`; with `begin` at least one must
 * be missing. */
MUST_CHECK enum notary_start witness_open(struct witness *w, const char *state,
	const struct note_secret *secret, bool begin, char problem[NOTARY_PROBLEM_MAX]);
void witness_close(struct witness *w);
/* SHA-256 of an origin in lower-case digits: its name in paths and in the folder. */
void witness_origin_hash(char text[ORIGIN_HASH_LEN + 1], const char *origin);
void witness_answer(struct witness *w, const struct http_request *request,
	struct http_answer *a);

#endif
