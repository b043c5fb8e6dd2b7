/* The hashes of a Merkle proof as lines of base64, ended by an empty line: so they stand in a
 * question to a witness and in a proof kept for later.
 *
 * Threads: any.
 */
#ifndef PROTO_PROOF_LINES_H
#define PROTO_PROOF_LINES_H

#include "proto/merkle.h"

enum { PROOF_LINES_MAX = MERKLE_PROOF_MAX * 45 + 1 }; /* bytes */

/* False: more than MERKLE_PROOF_MAX hashes, a line that is not a hash, or no empty line. */
MUST_CHECK bool proof_lines_read(struct merkle_proof *ret, struct slice *rest);
/* The writer fails when the proof has more than MERKLE_PROOF_MAX hashes. */
void proof_lines_put(struct writer *w, const struct merkle_proof *proof);

#endif
