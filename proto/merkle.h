/* The Merkle tree of RFC 6962: hashes, proofs made and proofs checked.
 *
 * Leaves are hashed as SHA-256(00 || leaf), nodes as SHA-256(01 || left || right); the empty tree
 * has the hash of the empty string.  Whoever checks a proof needs nothing but the proof, the sizes
 * and the roots.  Whoever makes one is asked for the roots of complete subtrees.
 *
 * Ownership: nothing here owns memory.  Threads: any.
 * Source: RFC 6962 section 2.1; RFC 9162 section 2.1 (the checking algorithms).
 */
#ifndef PROTO_MERKLE_H
#define PROTO_MERKLE_H

#include "proto/bytes.h"
#include "proto/limits.h"

enum {
	MERKLE_LEVELS = 63,     /* trees of less than 2^63 leaves */
	MERKLE_PROOF_MAX = 63,  /* hashes of any proof; C2SP tlog-witness allows no more */
};
static const uint64_t MERKLE_SIZE_MAX = UINT64_C(1) << 62; /* leaves */

struct merkle_hash {
	uint8_t bytes[SHA256_LEN];
};

/* A proof: hashes from the leaf's side up. */
struct merkle_proof {
	unsigned count;
	struct merkle_hash hashes[MERKLE_PROOF_MAX];
};

void merkle_leaf_hash(struct merkle_hash *ret, struct slice leaf);
/* `ret` may be one of the two. */
void merkle_node_hash(struct merkle_hash *ret, const struct merkle_hash *left,
	const struct merkle_hash *right);
void merkle_empty_hash(struct merkle_hash *ret);
bool merkle_hash_equal(const struct merkle_hash *a, const struct merkle_hash *b);

/* ---- checking ------------------------------------------------------------------------------ */

/* The root that the proof leads to from the leaf at `index` of a tree of `size` leaves.  False when
 * index, size and the number of hashes do not go together, and for a size above MERKLE_SIZE_MAX. */
MUST_CHECK bool merkle_inclusion_root(const struct merkle_hash *leaf, uint64_t index, uint64_t size,
	const struct merkle_proof *proof, struct merkle_hash *ret_root);
/* Whether the leaf stands at `index` in the tree of `size` leaves with this root.  False also for
 * an index beyond the size, a proof of another length and a size above MERKLE_SIZE_MAX.  The size
 * is believed: where the way to the leaf is the same in a tree of another size, the proof holds
 * for that one, too. */
bool merkle_inclusion_holds(const struct merkle_hash *leaf, uint64_t index, uint64_t size,
	const struct merkle_proof *proof, const struct merkle_hash *root);
/* Whether the first `size1` leaves of the larger tree are the smaller tree.  Size 0 is consistent
 * with everything, provided its root is the empty one and the proof is empty. */
bool merkle_consistency_holds(uint64_t size1, const struct merkle_hash *root1, uint64_t size2,
	const struct merkle_hash *root2, const struct merkle_proof *proof);

/* ---- a run of leaves ----------------------------------------------------------------------- */

/* The roots of the fewest complete subtrees that cover the leaves [begin, end) ("compact range").
 * With begin = 0 it grows into a whole tree; two runs that touch can be joined, so that a part of
 * the log is checked together with the few hashes that stand for the rest. */
struct merkle_run {
	uint64_t begin, end;
	unsigned count;
	struct merkle_hash nodes[2 * MERKLE_LEVELS]; /* from left to right */
};
void merkle_run_init(struct merkle_run *run, uint64_t begin);
/* The next leaf, by its hash.  A leaf beyond MERKLE_SIZE_MAX is not taken; the run's end tells. */
void merkle_run_add(struct merkle_run *run, const struct merkle_hash *leaf);
/* `right` begins where `left` ends: left becomes both.  False when they do not touch, or when one
 * was not a well-formed run (its count does not fit begin and end, or these MERKLE_SIZE_MAX). */
MUST_CHECK bool merkle_run_join(struct merkle_run *left, const struct merkle_run *right);
/* How many nodes the run [begin, end) has. */
unsigned merkle_run_width(uint64_t begin, uint64_t end);
/* The root of a run that begins at 0. */
void merkle_run_root(const struct merkle_run *run, struct merkle_hash *ret);

/* ---- making -------------------------------------------------------------------------------- */

/* The root of the complete subtree of 2^level leaves that begins at leaf index * 2^level, in a tree
 * that has all of them.  Returns 0 or a negative number, which ends the making and is handed on. */
typedef int (*merkle_subtree_fn)(void *arg, unsigned level, uint64_t index,
	struct merkle_hash *ret);

/* Return 0, what `subtree` returned, or -1 when the numbers are not as said or a size is above
 * MERKLE_SIZE_MAX.  Nothing is written then. */
MUST_CHECK int merkle_root_make(uint64_t size, merkle_subtree_fn subtree, void *arg,
	struct merkle_hash *ret);
/* index < size. */
MUST_CHECK int merkle_inclusion_make(uint64_t index, uint64_t size, merkle_subtree_fn subtree,
	void *arg, struct merkle_proof *ret);
/* size1 <= size2; empty when size1 is 0 or they are equal. */
MUST_CHECK int merkle_consistency_make(uint64_t size1, uint64_t size2, merkle_subtree_fn subtree,
	void *arg, struct merkle_proof *ret);
/* The run [begin, end), begin <= end. */
MUST_CHECK int merkle_run_make(uint64_t begin, uint64_t end, merkle_subtree_fn subtree, void *arg,
	struct merkle_run *ret);

#endif
