#include "client-sdk/src/hasher.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <sodium.h>

static const uint8_t leaf_mark = 0x00, node_mark = 0x01;

struct hasher {
	EVP_MD *sha256;
	EVP_MD_CTX *context;
};

struct hasher *hasher_new(void)
{
	struct hasher *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->context = EVP_MD_CTX_new();
	if (!h->sha256 || !h->context || EVP_DigestInit_ex2(h->context, h->sha256, NULL) != 1) {
		hasher_free(h);
		return NULL;
	}
	return h;
}

void hasher_free(struct hasher *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->context);
	EVP_MD_free(h->sha256);
	free(h);
}

/* SHA-256 of what stands before and the bytes.  False when OpenSSL will not; it never said why. */
static bool hashes(struct hasher *h, const uint8_t *mark, struct slice bytes, uint8_t *digest)
{
	return EVP_DigestInit_ex2(h->context, NULL, NULL) == 1 &&
		(!mark || EVP_DigestUpdate(h->context, mark, 1) == 1) &&
		EVP_DigestUpdate(h->context, bytes.data, bytes.len) == 1 &&
		EVP_DigestFinal_ex(h->context, digest, NULL) == 1;
}

void hasher_sha256(struct hasher *h, struct slice bytes, uint8_t digest[SHA256_LEN])
{
	if (!hashes(h, NULL, bytes, digest))
		crypto_hash_sha256(digest, bytes.data, bytes.len);
}

void hasher_leaf(struct hasher *h, struct slice leaf, struct merkle_hash *ret)
{
	if (!hashes(h, &leaf_mark, leaf, ret->bytes))
		merkle_leaf_hash(ret, leaf);
}

void hasher_node(struct hasher *h, const struct merkle_hash *left, const struct merkle_hash *right,
	struct merkle_hash *ret)
{
	uint8_t both[1 + 2 * SHA256_LEN];

	both[0] = node_mark;
	memcpy(both + 1, left->bytes, SHA256_LEN);
	memcpy(both + 1 + SHA256_LEN, right->bytes, SHA256_LEN);
	if (!hashes(h, NULL, slice_of(both, sizeof(both)), ret->bytes))
		merkle_node_hash(ret, left, right);
}

void hasher_subtree(struct hasher *h, const struct merkle_hash *leaves, unsigned count,
	struct merkle_hash *ret)
{
	struct merkle_hash level[LEAF_BLOCK / 2];

	if (count == 1) {
		*ret = leaves[0];
		return;
	}
	for (unsigned i = 0; i < count / 2; i++)
		hasher_node(h, &leaves[2 * i], &leaves[2 * i + 1], &level[i]);
	for (count /= 2; count > 1; count /= 2)
		for (unsigned i = 0; i < count / 2; i++)
			hasher_node(h, &level[2 * i], &level[2 * i + 1], &level[i]);
	*ret = level[0];
}

/* ---- runs ---- */

void leaf_run_init(struct leaf_run *r, uint64_t begin)
{
	merkle_run_init(&r->run, begin);
	r->count = 0;
}

uint64_t leaf_run_end(const struct leaf_run *r)
{
	return r->run.end + r->count;
}

static void block_take(struct leaf_run *r, struct hasher *h)
{
	struct merkle_run whole = {.begin = r->run.end, .end = r->run.end + LEAF_BLOCK, .count = 1};

	if (r->count == LEAF_BLOCK) {
		hasher_subtree(h, r->block, LEAF_BLOCK, &whole.nodes[0]);
		/* It begins where the run ends, on a border of blocks: the two always join. */
		if (!merkle_run_join(&r->run, &whole))
			return;
	} else {
		for (unsigned i = 0; i < r->count; i++)
			merkle_run_add(&r->run, &r->block[i]);
	}
	r->count = 0;
}

void leaf_run_add(struct leaf_run *r, struct hasher *h, const struct merkle_hash *leaf)
{
	r->block[r->count++] = *leaf;
	if (leaf_run_end(r) % LEAF_BLOCK == 0)
		block_take(r, h);
}

void leaf_run_close(struct leaf_run *r, struct hasher *h)
{
	block_take(r, h);
}
