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

/* The root the path leads to; false when path, index and count do not go together.  There is no
 * other way to say "this root" than to walk it: RFC 9162 2.1.3.2. */
static bool root_of(const Rxcirc__V1__Receipt *m, struct merkle_hash *ret)
{
	uint64_t fn = m->index, sn = m->count - 1;

	merkle_leaf_hash(ret, slice_of(m->statement.data, m->statement.len));
	for (size_t i = 0; i < m->n_path; i++) {
		struct merkle_hash sibling;

		if (m->path[i].len != sizeof(sibling.bytes) || sn == 0)
			return false;
		memcpy(sibling.bytes, m->path[i].data, sizeof(sibling.bytes));
		if ((fn & 1) != 0 || fn == sn) {
			merkle_node_hash(ret, &sibling, ret);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			merkle_node_hash(ret, ret, &sibling);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0;
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
