/* What is asked of a signer or witness: "sign this checkpoint, it grew from that one", taken apart.
 *
 * The body is C2SP tlog-witness "add-checkpoint".  The log's own signer is given the checkpoint
 * without signatures, a witness with them.
 *
 * Ownership: everything is borrowed from the body.  Threads: any.
 */
#ifndef NOTARY_PETITION_H
#define NOTARY_PETITION_H

#include "proto/checkpoint.h"

struct petition {
	uint64_t old_size;
	struct merkle_proof proof;
	struct slice text;            /* what is to be signed */
	struct checkpoint checkpoint; /* the same, taken apart */
	struct note note;             /* of a signed one: whose signatures it brings */
	struct slice bytes;           /* the text and all that stands behind it */
};

/* The checkpoint's three lines and the empty line behind them.  False: malformed. */
MUST_CHECK bool petition_read_bare(struct petition *ret, struct slice body);
/* A signed note.  False: malformed. */
MUST_CHECK bool petition_read_signed(struct petition *ret, struct slice body);

/* The first three lines of a checkpoint.  Others may follow if they are not empty ("extension
 * lines"): a witness signs them with the rest, but does not say that they are true. */
MUST_CHECK bool petition_text_read(struct checkpoint *ret, struct slice text);

#endif
