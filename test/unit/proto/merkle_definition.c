/* RFC 6962 section 2.1, word by word. */
#include "test/unit/proto/merkle_definition.h"

#include "test/support/tap.h"

#include <stdio.h>

static struct merkle_hash part_roots[SIZE + 1][SIZE + 1]; /* by begin and end */
static bool part_is_known[SIZE + 1][SIZE + 1];

/* The largest power of two smaller than the width of [begin, end), counted from begin. */
static unsigned middle_of(unsigned begin, unsigned end)
{
	unsigned k = 1;

	while (2 * k < end - begin)
		k *= 2;
	return begin + k;
}

const struct merkle_hash *part_root(unsigned begin, unsigned end)
{
	struct merkle_hash *root = &part_roots[begin][end];
	char leaf[16];

	if (part_is_known[begin][end])
		return root;
	if (begin == end) {
		merkle_empty_hash(root);
	} else if (end - begin == 1) {
		(void)snprintf(leaf, sizeof(leaf), "%u", begin);
		merkle_leaf_hash(root, slice_of_text(leaf));
	} else {
		unsigned middle = middle_of(begin, end);

		merkle_node_hash(root, part_root(begin, middle), part_root(middle, end));
	}
	part_is_known[begin][end] = true;
	return root;
}

const struct merkle_hash *root_of(unsigned size)
{
	return part_root(0, size);
}

static void put(struct merkle_proof *proof, unsigned begin, unsigned end)
{
	proof->hashes[proof->count++] = *part_root(begin, end);
}

void path(struct merkle_proof *proof, unsigned index, unsigned begin, unsigned end)
{
	if (end - begin == 1)
		return;

	unsigned middle = middle_of(begin, end);

	if (index < middle) {
		path(proof, index, begin, middle);
		put(proof, middle, end);
	} else {
		path(proof, index, middle, end);
		put(proof, begin, middle);
	}
}

void subproof(struct merkle_proof *proof, unsigned size1, unsigned begin, unsigned end,
	bool is_whole)
{
	if (size1 == end) {
		if (!is_whole)
			put(proof, begin, end);
		return;
	}

	unsigned middle = middle_of(begin, end);

	if (size1 <= middle) {
		subproof(proof, size1, begin, middle, is_whole);
		put(proof, middle, end);
	} else {
		subproof(proof, size1, middle, end, false);
		put(proof, begin, middle);
	}
}

unsigned way_to(unsigned begin, unsigned end, unsigned size)
{
	unsigned way = 1, at = 0, last = size;

	while (at != begin || last != end) {
		unsigned middle = middle_of(at, last);
		bool is_left = end <= middle;

		way = way << 1 | !is_left;
		if (is_left)
			last = middle;
		else
			at = middle;
	}
	return way;
}

int subtree_of(void *arg, unsigned level, uint64_t index, struct merkle_hash *ret)
{
	struct source *s = arg;

	assert_true((index + 1) << level <= s->size);
	if (++s->calls == s->fail_at)
		return -77;
	*ret = *part_root((unsigned)index << level, (unsigned)(index + 1) << level);
	return 0;
}
