/* The tree of RFC 6962 section 2.1 as it is defined, for trees of up to SIZE leaves: slow,
 * recursive, and next to the words of the text.  The leaves are the decimals of their places.
 */
#ifndef TEST_UNIT_PROTO_MERKLE_DEFINITION_H
#define TEST_UNIT_PROTO_MERKLE_DEFINITION_H

#include "proto/merkle.h"

enum { SIZE = 256 };

/* MTH(D[begin:end]) */
const struct merkle_hash *part_root(unsigned begin, unsigned end);
const struct merkle_hash *root_of(unsigned size);
/* PATH(index, D[begin:end]) */
void path(struct merkle_proof *proof, unsigned index, unsigned begin, unsigned end);
/* SUBPROOF(size1, D[begin:end], is_whole) */
void subproof(struct merkle_proof *proof, unsigned size1, unsigned begin, unsigned end,
	bool is_whole);
/* The way from the root of a tree down to the part [begin, end), a bit for each turn.  Two trees in
 * which it is the same cannot be told apart by a proof about that part: their sizes are believed
 * because a checkpoint says them. */
unsigned way_to(unsigned begin, unsigned end, unsigned size);

/* Hands out roots of complete subtrees; the n-th call may fail. */
struct source {
	unsigned size, calls, fail_at;
};
/* A merkle_subtree_fn. */
int subtree_of(void *arg, unsigned level, uint64_t index, struct merkle_hash *ret);

#endif
