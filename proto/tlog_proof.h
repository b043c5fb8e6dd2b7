/* A proof that one leaf stands in a log, to be kept and checked offline, by C2SP tlog-proof v1.
 *
 *     c2sp.org/tlog-proof@v1
 *     extra <base64>                (optional; here: the leaf's bytes)
 *     index <n>
 *     <base64 hash> ...
 *     (empty line)
 *     <checkpoint with its signatures>
 *
 * Ownership: parsing borrows the checkpoint and writes the extra bytes into the caller's buffer.
 * Threads: any.
 */
#ifndef PROTO_TLOG_PROOF_H
#define PROTO_TLOG_PROOF_H

#include "proto/tlog_policy.h"

enum { TLOG_PROOF_MAX = 128 * 1024 }; /* bytes; a leaf of TILE_ENTRY_MAX and a note fit */

struct tlog_proof {
	struct slice extra;        /* empty = none */
	uint64_t index;
	struct merkle_proof proof;
	struct slice note;         /* the checkpoint, as it stands */
};

/* Returns the length, without a NUL behind it; 0 when it does not fit. */
size_t tlog_proof_format(char *out, size_t cap, const struct tlog_proof *p);
/* `extra` gets the decoded bytes; false when it is not a proof or the buffer is too small, and *ret
 * is not to be looked at then. */
MUST_CHECK bool tlog_proof_parse(struct tlog_proof *ret, struct slice text, uint8_t *extra,
	size_t extra_cap);
/* Whether `leaf` is proved under this policy; `problem` says why not. */
MUST_CHECK bool tlog_proof_holds(const struct tlog_proof *p, const struct merkle_hash *leaf,
	const struct policy *policy, char problem[POLICY_PROBLEM_MAX]);

#endif
