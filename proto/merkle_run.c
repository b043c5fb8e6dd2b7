/* Runs of leaves: the fewest complete subtrees, grown and joined. */
#include "proto/merkle.h"

#include <string.h>

enum { NODES_MAX = 2 * MERKLE_LEVELS };

/* The height of the largest complete subtree that begins at `at` and does not reach past `end`;
 * at < end. */
static unsigned level_at(uint64_t at, uint64_t end)
{
	unsigned room = 63 - (unsigned)__builtin_clzll(end - at);
	unsigned stand = at == 0 ? room : (unsigned)__builtin_ctzll(at);

	return stand < room ? stand : room;
}

unsigned merkle_run_width(uint64_t begin, uint64_t end)
{
	unsigned width = 0;

	for (uint64_t at = begin; at < end; at += UINT64_C(1) << level_at(at, end))
		width++;
	return width;
}

/* A run above MERKLE_SIZE_MAX could have more nodes than there is room for. */
static bool run_is_formed(const struct merkle_run *run)
{
	return run->begin <= run->end && run->end <= MERKLE_SIZE_MAX &&
		run->count == merkle_run_width(run->begin, run->end);
}

void merkle_run_init(struct merkle_run *run, uint64_t begin)
{
	run->begin = begin;
	run->end = begin;
	run->count = 0;
}

/* Put a complete subtree behind the run.  Where its left neighbour is there too, the two are one
 * subtree of the next level, and so on up. */
static void run_put(struct merkle_run *run, unsigned level, const struct merkle_hash *root)
{
	uint64_t at = run->end >> level;
	struct merkle_hash *node = &run->nodes[run->count++];

	*node = *root;
	run->end += UINT64_C(1) << level;
	for (; (at & 1) != 0 && (at - 1) << level >= run->begin; at >>= 1, level++) {
		node--;
		merkle_node_hash(node, node, node + 1);
		run->count--;
	}
}

void merkle_run_add(struct merkle_run *run, const struct merkle_hash *leaf)
{
	if (run->end < MERKLE_SIZE_MAX)
		run_put(run, 0, leaf);
}

bool merkle_run_join(struct merkle_run *left, const struct merkle_run *right)
{
	if (!run_is_formed(left) || !run_is_formed(right) || left->end != right->begin)
		return false;

	uint64_t at = right->begin;

	for (unsigned i = 0; i < right->count; i++) {
		unsigned level = level_at(at, right->end);

		run_put(left, level, &right->nodes[i]);
		at += UINT64_C(1) << level;
	}
	return true;
}

void merkle_run_root(const struct merkle_run *run, struct merkle_hash *ret)
{
	if (run->count == 0) {
		merkle_empty_hash(ret);
		return;
	}
	*ret = run->nodes[run->count - 1];
	for (unsigned i = run->count - 1; i > 0; i--)
		merkle_node_hash(ret, &run->nodes[i - 1], ret);
}

int merkle_run_make(uint64_t begin, uint64_t end, merkle_subtree_fn subtree, void *arg,
	struct merkle_run *ret)
{
	struct merkle_hash nodes[NODES_MAX];
	unsigned count = 0;

	if (begin > end || end > MERKLE_SIZE_MAX)
		return -1;
	for (uint64_t at = begin; at < end; count++) {
		unsigned level = level_at(at, end);
		int r = subtree(arg, level, at >> level, &nodes[count]);

		if (r < 0)
			return r;
		at += UINT64_C(1) << level;
	}
	ret->begin = begin;
	ret->end = end;
	ret->count = count;
	memcpy(ret->nodes, nodes, count * sizeof(nodes[0]));
	return 0;
}
