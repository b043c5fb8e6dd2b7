/* The hashes of the Merkle tree in numbers: OpenSSL's SHA-256 uses what the processor has for it.
 *
 * The same hashes as proto/merkle.h, four times as fast; for whoever checks a whole log.
 * Ownership: hasher_new() .. hasher_free().  Threads: one at a time.
 */
#ifndef SDK_HASHER_H
#define SDK_HASHER_H

#include "proto/merkle.h"

enum { LEAF_BLOCK = 256 }; /* leaves hashed together; a tile's width */

struct hasher;

/* NULL when memory is short. */
struct hasher *hasher_new(void);
void hasher_free(struct hasher *h); /* NULL is good */

void hasher_sha256(struct hasher *h, struct slice bytes, uint8_t digest[SHA256_LEN]);
void hasher_leaf(struct hasher *h, struct slice leaf, struct merkle_hash *ret);
void hasher_node(struct hasher *h, const struct merkle_hash *left, const struct merkle_hash *right,
	struct merkle_hash *ret);
/* The root of the complete subtree over `count` hashes, a power of two up to LEAF_BLOCK. */
void hasher_subtree(struct hasher *h, const struct merkle_hash *hashes, unsigned count,
	struct merkle_hash *ret);

/* A run of leaves that grows block by block. */
struct leaf_run {
	struct merkle_run run; /* without the block being filled */
	struct merkle_hash block[LEAF_BLOCK];
	unsigned count;
};

void leaf_run_init(struct leaf_run *r, uint64_t begin);
uint64_t leaf_run_end(const struct leaf_run *r);
void leaf_run_add(struct leaf_run *r, struct hasher *h, const struct merkle_hash *leaf);
/* Take the last leaves into r->run, which is whole then. */
void leaf_run_close(struct leaf_run *r, struct hasher *h);

#endif
