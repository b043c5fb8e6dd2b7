/* Roots and proofs made from the roots of complete subtrees. */
#include "proto/merkle.h"

/* Who is asked for the roots of complete subtrees, and the proof as it grows: from the root's side
 * down, the way the tree is walked. */
struct making {
	merkle_subtree_fn subtree;
	void *arg;
	struct merkle_proof proof;
};

/* The root over the leaves [begin, end), a part of the tree that stands alone there. */
static int part_root(const struct making *m, uint64_t begin, uint64_t end, struct merkle_hash *ret)
{
	struct merkle_run run;
	int r = merkle_run_make(begin, end, m->subtree, m->arg, &run);

	if (r < 0)
		return r;
	merkle_run_root(&run, ret);
	return 0;
}

/* The root over [begin, end) is the next hash of the proof. */
static int making_put(struct making *m, uint64_t begin, uint64_t end)
{
	/* No tree up to MERKLE_SIZE_MAX comes so far. */
	if (m->proof.count == MERKLE_PROOF_MAX)
		return -1;

	int r = part_root(m, begin, end, &m->proof.hashes[m->proof.count]);

	if (r < 0)
		return r;
	m->proof.count++;
	return 0;
}

/* Hand the proof over, from the leaf's side up. */
static void making_end(const struct making *m, struct merkle_proof *ret)
{
	ret->count = m->proof.count;
	for (unsigned i = 0; i < ret->count; i++)
		ret->hashes[i] = m->proof.hashes[ret->count - 1 - i];
}

/* Where [begin, end) parts in two: behind the largest power of two smaller than its width, which is
 * at least 2. */
static uint64_t middle_of(uint64_t begin, uint64_t end)
{
	return begin + (UINT64_C(1) << (63 - __builtin_clzll(end - begin - 1)));
}

int merkle_root_make(uint64_t size, merkle_subtree_fn subtree, void *arg, struct merkle_hash *ret)
{
	struct making m = {.subtree = subtree, .arg = arg};

	return part_root(&m, 0, size, ret);
}

int merkle_inclusion_make(uint64_t index, uint64_t size, merkle_subtree_fn subtree, void *arg,
	struct merkle_proof *ret)
{
	struct making m = {.subtree = subtree, .arg = arg};
	uint64_t begin = 0, end = size;

	if (index >= size || size > MERKLE_SIZE_MAX)
		return -1;
	while (end - begin > 1) {
		uint64_t middle = middle_of(begin, end);
		bool is_left = index < middle;
		int r = is_left ? making_put(&m, middle, end) : making_put(&m, begin, middle);

		if (r < 0)
			return r;
		if (is_left)
			end = middle;
		else
			begin = middle;
	}
	making_end(&m, ret);
	return 0;
}

int merkle_consistency_make(uint64_t size1, uint64_t size2, merkle_subtree_fn subtree, void *arg,
	struct merkle_proof *ret)
{
	struct making m = {.subtree = subtree, .arg = arg};
	uint64_t begin = 0, end = size2;
	int r = 0;

	if (size1 > size2 || size2 > MERKLE_SIZE_MAX)
		return -1;
	if (size1 == 0)
		end = 0; /* the empty tree needs no proof */
	/* Down to the part that ends where the smaller tree does. */
	while (r == 0 && end != size1) {
		uint64_t middle = middle_of(begin, end);

		if (size1 <= middle) {
			r = making_put(&m, middle, end);
			end = middle;
		} else {
			r = making_put(&m, begin, middle);
			begin = middle;
		}
	}
	/* That part too, unless it is the whole smaller tree, whose root is known. */
	if (r == 0 && begin > 0)
		r = making_put(&m, begin, end);
	if (r < 0)
		return r;
	making_end(&m, ret);
	return 0;
}
