#include "proto/receipt.h"

#include <string.h>

static int batch_subtree(void *arg, unsigned level, uint64_t index, struct merkle_hash *ret)
{
	const struct receipt_batch *b = arg;

	*ret = b->nodes[level][index];
	return 0;
}

static void batch_fill(struct receipt_batch *b)
{
	for (unsigned level = 1; b->count >> level > 0; level++)
		for (unsigned i = 0; i < b->count >> level; i++)
			merkle_node_hash(&b->nodes[level][i], &b->nodes[level - 1][2 * i],
				&b->nodes[level - 1][2 * i + 1]);
}

int receipt_batch_sign(struct receipt_batch *b, const uint8_t secret_key[64])
{
	struct merkle_hash root;

	if (b->count < 1 || b->count > RECEIPTS_MAX)
		return -1;
	batch_fill(b);
	if (merkle_root_make(b->count, batch_subtree, b, &root) < 0)
		return -1; /* never: every subtree is there */
	/* libsodium keeps the public key behind the seed */
	dsse_key_id(b->key_id, secret_key + 32);
	return dsse_sign(b->signature, DSSE_TYPE_RECEIPTS, slice_of(root.bytes, sizeof(root.bytes)),
		secret_key);
}

void receipt_batch_path(struct receipt_batch *b, unsigned index, struct merkle_proof *ret)
{
	if (merkle_inclusion_make(index, b->count, batch_subtree, b, ret) < 0)
		ret->count = 0;
}

/* The root the path leads to; false when path, index and count do not go together. */
static bool root_of(const Rxcirc__V1__Receipt *m, struct merkle_hash *ret)
{
	struct merkle_proof path = {.count = (unsigned)m->n_path};
	struct merkle_hash leaf;

	if (m->n_path > MERKLE_PROOF_MAX)
		return false;
	for (unsigned i = 0; i < path.count; i++) {
		if (m->path[i].len != sizeof(path.hashes[i].bytes))
			return false;
		memcpy(path.hashes[i].bytes, m->path[i].data, sizeof(path.hashes[i].bytes));
	}
	merkle_leaf_hash(&leaf, slice_of(m->statement.data, m->statement.len));
	return merkle_inclusion_root(&leaf, m->index, m->count, &path, ret);
}

int receipt_verify(const Rxcirc__V1__Receipt *m, const uint8_t public_key[PUBLIC_KEY_LEN])
{
	uint8_t key_id[KEY_ID_LEN];
	struct merkle_hash root;

	dsse_key_id(key_id, public_key);
	if (m->count < 1 || m->count > RECEIPTS_MAX || m->index >= m->count ||
		m->signature.len != SIGNATURE_LEN ||
		!slice_equal(slice_of(m->key_id.data, m->key_id.len), slice_of(key_id, sizeof(key_id))) ||
		!root_of(m, &root))
		return -1;
	return dsse_verify(m->signature.data, DSSE_TYPE_RECEIPTS,
		slice_of(root.bytes, sizeof(root.bytes)), public_key);
}
