/* A changing call whose outcome must not be lost.
 *
 * Before it is sent, the idempotency key and the request are put into the institution's state
 * folder; after a final answer the file goes.  When the command is run again after a crash or an
 * unknown outcome, it sends exactly the stored call again, so that it learns what happened and
 * nothing happens twice.
 *
 * Ownership: `request` is the caller's own message, or the stored one owned by the pending call;
 * both live until pending_close().
 */
#ifndef CLI_PENDING_H
#define CLI_PENDING_H

#include "client-sdk/cli/exit_code.h"
#include "client-sdk/cli/institution.h"

struct pending {
	char *path;
	uint8_t key[RXC_IDEMPOTENCY_KEY_LEN];
	const ProtobufCMessage *request; /* what to send */
	ProtobufCMessage *stored;
	bool resumed; /* an earlier attempt is being finished */
};

/* `what` and `subject` name the call; the subject is hashed, so it may be anything.
 * 0, or an exit code after saying why. */
CLI_CHECK int pending_open(struct pending *ret, const struct institution *institution,
	const char *what, const char *subject, const ProtobufCMessage *request);
/* The same under a key that follows from the subject instead of a fresh one (NULL: a fresh one),
 * for a call that must not happen twice even when this folder is lost. */
CLI_CHECK int pending_open_keyed(struct pending *ret, const struct institution *institution,
	const char *what, const char *subject, const ProtobufCMessage *request, const uint8_t *key);
/* `outcome` of the call decides whether the file stays.  Returns it. */
int pending_close(struct pending *pending, int outcome);

#endif
