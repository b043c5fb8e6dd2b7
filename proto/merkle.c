/* The hashes of the tree, and its proofs checked. */
#include "proto/merkle.h"

#include <sodium.h>
#include <string.h>

static_assert(SHA256_LEN == crypto_hash_sha256_BYTES, "SHA-256");

/* What stands before a leaf and before a node, so that neither passes for the other. */
enum { LEAF_MARK = 0x00, NODE_MARK = 0x01 };

void merkle_leaf_hash(struct merkle_hash *ret, struct slice leaf)
{
	static const uint8_t mark = LEAF_MARK;
	crypto_hash_sha256_state hash;

	crypto_hash_sha256_init(&hash);
	crypto_hash_sha256_update(&hash, &mark, 1);
	if (leaf.len > 0)
		crypto_hash_sha256_update(&hash, leaf.data, leaf.len);
	crypto_hash_sha256_final(&hash, ret->bytes);
}

void merkle_node_hash(struct merkle_hash *ret, const struct merkle_hash *left,
	const struct merkle_hash *right)
{
	uint8_t node[1 + 2 * SHA256_LEN];

	node[0] = NODE_MARK;
	memcpy(node + 1, left->bytes, SHA256_LEN);
	memcpy(node + 1 + SHA256_LEN, right->bytes, SHA256_LEN);
	crypto_hash_sha256(ret->bytes, node, sizeof(node));
}

void merkle_empty_hash(struct merkle_hash *ret)
{
	crypto_hash_sha256(ret->bytes, NULL, 0);
}

bool merkle_hash_equal(const struct merkle_hash *a, const struct merkle_hash *b)
{
	return memcmp(a->bytes, b->bytes, SHA256_LEN) == 0;
}

/* A way up the tree: the place of the node reached (`at`) and of the last node of its level. */
struct climb {
	uint64_t at, last;
};

/* Whether the next hash of the proof is the node's left neighbour.  A last node without one moves
 * up until it has one. */
static bool climb_has_left(struct climb *c)
{
	bool has_left = (c->at & 1) != 0 || c->at == c->last;

	if (has_left) {
		while ((c->at & 1) == 0 && c->at != 0) {
			c->at >>= 1;
			c->last >>= 1;
		}
	}
	c->at >>= 1;
	c->last >>= 1;
	return has_left;
}

bool merkle_inclusion_root(const struct merkle_hash *leaf, uint64_t index, uint64_t size,
	const struct merkle_proof *proof, struct merkle_hash *ret_root)
{
	struct climb climb = {.at = index, .last = size - 1};

	if (index >= size || size > MERKLE_SIZE_MAX || proof->count > MERKLE_PROOF_MAX)
		return false;
	*ret_root = *leaf;
	for (unsigned i = 0; i < proof->count; i++) {
		if (climb.last == 0)
			return false;
		if (climb_has_left(&climb))
			merkle_node_hash(ret_root, &proof->hashes[i], ret_root);
		else
			merkle_node_hash(ret_root, ret_root, &proof->hashes[i]);
	}
	return climb.last == 0;
}

bool merkle_inclusion_holds(const struct merkle_hash *leaf, uint64_t index, uint64_t size,
	const struct merkle_proof *proof, const struct merkle_hash *root)
{
	struct merkle_hash found;

	return merkle_inclusion_root(leaf, index, size, proof, &found) &&
		merkle_hash_equal(&found, root);
}

/* The case 0 < size1 < size2: climb from the last complete subtree that both trees have, and hash
 * towards both roots. */
static bool growth_holds(uint64_t size1, const struct merkle_hash *root1, uint64_t size2,
	const struct merkle_hash *root2, const struct merkle_proof *proof)
{
	struct climb climb = {.at = size1 - 1, .last = size2 - 1};
	/* A smaller tree that is one complete subtree is known by its root, which no proof repeats. */
	bool is_complete = (size1 & (size1 - 1)) == 0;
	unsigned next = is_complete ? 0 : 1;

	if (proof->count == 0)
		return false;
	while (climb.at & 1) {
		climb.at >>= 1;
		climb.last >>= 1;
	}

	struct merkle_hash hash1 = is_complete ? *root1 : proof->hashes[0];
	struct merkle_hash hash2 = hash1;

	for (; next < proof->count; next++) {
		const struct merkle_hash *hash = &proof->hashes[next];

		if (climb.last == 0)
			return false;
		if (climb_has_left(&climb)) {
			merkle_node_hash(&hash1, hash, &hash1);
			merkle_node_hash(&hash2, hash, &hash2);
		} else {
			merkle_node_hash(&hash2, &hash2, hash);
		}
	}
	return climb.last == 0 && merkle_hash_equal(&hash1, root1) &&
		merkle_hash_equal(&hash2, root2);
}

static bool is_empty_hash(const struct merkle_hash *hash)
{
	struct merkle_hash empty;

	merkle_empty_hash(&empty);
	return merkle_hash_equal(hash, &empty);
}

bool merkle_consistency_holds(uint64_t size1, const struct merkle_hash *root1, uint64_t size2,
	const struct merkle_hash *root2, const struct merkle_proof *proof)
{
	if (size1 > size2 || size2 > MERKLE_SIZE_MAX || proof->count > MERKLE_PROOF_MAX)
		return false;
	if (size1 == 0 && !is_empty_hash(root1))
		return false;
	if (size1 == size2)
		return proof->count == 0 && merkle_hash_equal(root1, root2);
	if (size1 == 0)
		return proof->count == 0;
	return growth_holds(size1, root1, size2, root2, proof);
}
