/* Checkpoints: what a log says of itself in a signed note, by C2SP tlog-checkpoint v1.
 *
 *     origin
 *     size
 *     base64(root)
 *
 * No extension lines are written, and none accepted: they could not be audited.
 *
 * Also the question put to a signer or witness (C2SP tlog-witness "add-checkpoint"): the size it
 * should know, the consistency proof from there, an empty line, the checkpoint.
 *
 * Threads: any.
 */
#ifndef PROTO_CHECKPOINT_H
#define PROTO_CHECKPOINT_H

#include "proto/merkle.h"
#include "proto/note.h"

enum {
	CHECKPOINT_TEXT_MAX = NOTE_NAME_MAX + 80, /* bytes of the three lines, with the NUL */
	CHECKPOINT_QUESTION_MAX = NOTE_MAX + 64 * 48, /* bytes of an add-checkpoint request */
};

struct checkpoint {
	char origin[NOTE_NAME_MAX + 1];
	uint64_t size;
	struct merkle_hash root;
};

/* Returns the length without the NUL. */
size_t checkpoint_format(char text[CHECKPOINT_TEXT_MAX], const struct checkpoint *c);
/* The three lines, to the last byte.  False: not a checkpoint (see above), or size above
 * MERKLE_SIZE_MAX. */
MUST_CHECK bool checkpoint_parse(struct checkpoint *ret, struct slice text);

/* A question to a signer or witness; `note` is the checkpoint with its signatures, or, to the log's
 * own signer, the bare text with the empty line behind it. */
struct checkpoint_question {
	uint64_t old_size;
	struct merkle_proof proof;
	struct slice note; /* borrowed */
};
/* Returns the length, without a NUL behind it; 0 when it does not fit. */
size_t checkpoint_question_format(char *out, size_t cap, const struct checkpoint_question *q);
/* False: *ret is not to be looked at. */
MUST_CHECK bool checkpoint_question_parse(struct checkpoint_question *ret, struct slice bytes);

#endif
