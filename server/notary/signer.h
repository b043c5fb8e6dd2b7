/* The log's own signer: the only holder of the key that makes a tree's root a checkpoint.
 *
 *     POST /sign-checkpoint    the question of C2SP tlog-witness, the checkpoint without signatures
 *     GET  /healthz
 *
 * Whoever may ask is decided by the socket.  Same size and same root are signed again.
 *
 * Ownership: the secret is borrowed until signer_close().  Threads: one.
 */
#ifndef NOTARY_SIGNER_H
#define NOTARY_SIGNER_H

#include "notary/notary.h"

struct signer {
	const struct note_secret *secret;
	struct notary_log log; /* its name is the key's */
};

/* As notary_open(); with `begin` there must be no memory yet. */
MUST_CHECK enum notary_start signer_open(struct signer *s, const char *state,
	const struct note_secret *secret, bool begin, char problem[NOTARY_PROBLEM_MAX]);
void signer_close(struct signer *s);
void signer_answer(struct signer *s, const struct http_request *request, struct http_answer *a);

#endif
