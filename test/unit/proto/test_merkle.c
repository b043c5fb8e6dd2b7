/* Roots and proofs against their definition, for every tree of up to 256 leaves. */
#include "test/support/tap.h"

#include <sodium.h>
#include <string.h>

#include "test/unit/proto/merkle_definition.h"

enum { HASH_BITS = SHA256_LEN * 8 };

/* ---- what the tests share ------------------------------------------------------------------ */

static void assert_same_proof(const struct merkle_proof *a, const struct merkle_proof *b)
{
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->hashes, b->hashes, a->count * sizeof(a->hashes[0]));
}

/* Another bit each time, so that over a run every bit is flipped many times. */
static unsigned next_bit;

static unsigned flip(struct merkle_hash *hash)
{
	unsigned bit = next_bit++ % HASH_BITS;

	hash->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	return bit;
}

static void flip_back(struct merkle_hash *hash, unsigned bit)
{
	hash->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static struct merkle_hash flipped(const struct merkle_hash *hash)
{
	struct merkle_hash other = *hash;

	(void)flip(&other);
	return other;
}

static struct merkle_hash hash_of_hex(const char *hex)
{
	struct merkle_hash hash;

	assert_int_equal(sodium_hex2bin(hash.bytes, SHA256_LEN, hex, strlen(hex), NULL, NULL, NULL), 0);
	return hash;
}

/* ---- hashes -------------------------------------------------------------------------------- */

static const struct slice reference_leaves[] = {
	{(const uint8_t *)"", 0},
	{(const uint8_t *)"\x00", 1},
	{(const uint8_t *)"\x10", 1},
	{(const uint8_t *)"\x20\x21", 2},
	{(const uint8_t *)"\x30\x31", 2},
	{(const uint8_t *)"\x40\x41\x42\x43", 4},
	{(const uint8_t *)"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
	{(const uint8_t *)"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16},
};

/* Of the first leaf, the first two, and so on. */
static const char *const reference_roots[] = {
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void the_reference_leaves_have_the_reference_roots(void **state)
{
	struct merkle_run run;
	struct merkle_hash leaf, root, expected;

	(void)state;
	merkle_run_init(&run, 0);
	for (size_t i = 0; i < sizeof(reference_roots) / sizeof(reference_roots[0]); i++) {
		merkle_leaf_hash(&leaf, reference_leaves[i]);
		merkle_run_add(&run, &leaf);
		merkle_run_root(&run, &root);
		expected = hash_of_hex(reference_roots[i]);
		assert_true(merkle_hash_equal(&root, &expected));
	}
}

static void the_empty_tree_has_the_hash_of_nothing(void **state)
{
	struct merkle_hash empty, root, expected =
		hash_of_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	struct merkle_run run;
	struct source source = {.size = 0};

	(void)state;
	merkle_empty_hash(&empty);
	assert_true(merkle_hash_equal(&empty, &expected));
	merkle_run_init(&run, 0);
	merkle_run_root(&run, &root);
	assert_true(merkle_hash_equal(&root, &expected));
	assert_int_equal(merkle_root_make(0, subtree_of, &source, &root), 0);
	assert_true(merkle_hash_equal(&root, &expected));
}

static void a_leaf_never_passes_for_a_node(void **state)
{
	struct merkle_hash leaf, node, left = *part_root(0, 1), right = *part_root(1, 2);
	uint8_t both[2 * SHA256_LEN];

	(void)state;
	memcpy(both, left.bytes, SHA256_LEN);
	memcpy(both + SHA256_LEN, right.bytes, SHA256_LEN);
	merkle_leaf_hash(&leaf, slice_of(both, sizeof(both)));
	merkle_node_hash(&node, &left, &right);
	assert_false(merkle_hash_equal(&leaf, &node));
	merkle_node_hash(&leaf, &right, &left);
	assert_false(merkle_hash_equal(&leaf, &node));
}

static void a_node_may_be_hashed_onto_one_of_its_sides(void **state)
{
	struct merkle_hash node, left = *part_root(0, 1), right = *part_root(1, 2);

	(void)state;
	merkle_node_hash(&node, &left, &right);
	merkle_node_hash(&left, &left, &right);
	assert_true(merkle_hash_equal(&left, &node));
	left = *part_root(0, 1);
	merkle_node_hash(&right, &left, &right);
	assert_true(merkle_hash_equal(&right, &node));
}

/* ---- inclusion ----------------------------------------------------------------------------- */

/* A leaf with its proof, as somebody would be shown them. */
struct inclusion {
	struct merkle_hash leaf, root;
	unsigned index, size;
	struct merkle_proof proof;
};

static bool inclusion_holds(const struct inclusion *i)
{
	return merkle_inclusion_holds(&i->leaf, i->index, i->size, &i->proof, &i->root);
}

static void refuse_inclusion_of_other_hashes(const struct inclusion *sound)
{
	struct inclusion i = *sound;

	for (unsigned at = 0; at < i.proof.count; at++) {
		unsigned bit = flip(&i.proof.hashes[at]);

		assert_false(inclusion_holds(&i));
		flip_back(&i.proof.hashes[at], bit);
	}
	i.leaf = flipped(&sound->leaf);
	assert_false(inclusion_holds(&i));
	i.leaf = sound->leaf;
	i.root = flipped(&sound->root);
	assert_false(inclusion_holds(&i));
}

static void refuse_inclusion_of_another_length(const struct inclusion *sound)
{
	struct inclusion i = *sound;

	i.proof.hashes[i.proof.count++] = sound->root;
	assert_false(inclusion_holds(&i));
	i.proof.count = sound->proof.count - 1;
	if (sound->proof.count > 0)
		assert_false(inclusion_holds(&i));
}

static void refuse_inclusion_elsewhere(const struct inclusion *sound)
{
	struct inclusion i = *sound;
	unsigned way = way_to(i.index, i.index + 1, i.size);

	i.index = sound->index + 1;
	assert_false(inclusion_holds(&i));
	i.index = sound->index - 1;
	assert_false(inclusion_holds(&i));
	i.index = sound->index;
	i.size = sound->size + 1;
	assert_int_equal(inclusion_holds(&i), way_to(i.index, i.index + 1, i.size) == way);
	i.size = sound->size - 1;
	assert_int_equal(inclusion_holds(&i),
		i.index < i.size && way_to(i.index, i.index + 1, i.size) == way);
}

static void every_inclusion_is_proved_and_nothing_near_it(void **state)
{
	(void)state;
	for (unsigned size = 1; size <= SIZE; size++) {
		for (unsigned index = 0; index < size; index++) {
			struct source source = {.size = size};
			struct merkle_proof expected = {.count = 0};
			struct inclusion i = {.leaf = *part_root(index, index + 1), .root = *root_of(size),
				.index = index, .size = size};

			path(&expected, index, 0, size);
			assert_int_equal(merkle_inclusion_make(index, size, subtree_of, &source, &i.proof), 0);
			assert_same_proof(&i.proof, &expected);
			assert_true(inclusion_holds(&i));
			refuse_inclusion_of_other_hashes(&i);
			refuse_inclusion_of_another_length(&i);
			refuse_inclusion_elsewhere(&i);
		}
	}
	assert_true(next_bit > 100 * HASH_BITS);
}

/* ---- consistency --------------------------------------------------------------------------- */

struct consistency {
	unsigned size1, size2;
	struct merkle_hash root1, root2;
	struct merkle_proof proof;
};

static bool consistency_holds(const struct consistency *c)
{
	return merkle_consistency_holds(c->size1, &c->root1, c->size2, &c->root2, &c->proof);
}

static void refuse_consistency_of_other_hashes(const struct consistency *sound)
{
	struct consistency c = *sound;

	for (unsigned at = 0; at < c.proof.count; at++) {
		unsigned bit = flip(&c.proof.hashes[at]);

		assert_false(consistency_holds(&c));
		flip_back(&c.proof.hashes[at], bit);
	}
	c.root1 = flipped(&sound->root1);
	assert_false(consistency_holds(&c));
	c.root1 = sound->root1;
	c.root2 = flipped(&sound->root2);
	/* What the empty tree grows into, no proof can say. */
	assert_int_equal(consistency_holds(&c), c.size1 == 0 && c.size2 > 0);
	c.root1 = sound->root2;
	c.root2 = sound->root1;
	assert_int_equal(consistency_holds(&c), c.size1 == c.size2);
}

static void refuse_consistency_of_another_length(const struct consistency *sound)
{
	struct consistency c = *sound;

	c.proof.hashes[c.proof.count++] = sound->root2;
	assert_false(consistency_holds(&c));
	c.proof.count = sound->proof.count - 1;
	if (sound->proof.count > 0)
		assert_false(consistency_holds(&c));
}

/* The last complete subtree of the smaller tree is where the proof begins. */
static unsigned way_of_growth(unsigned size1, unsigned size2)
{
	return way_to(size1 - (size1 & -size1), size1, size2);
}

static void refuse_consistency_elsewhere(const struct consistency *sound)
{
	struct consistency c = *sound;

	if (sound->size1 == 0)
		return;
	c.size1 = sound->size1 + 1;
	assert_false(consistency_holds(&c));
	c.size1 = sound->size1 - 1;
	assert_false(consistency_holds(&c));
	c.size1 = sound->size1;
	c.size2 = sound->size2 - 1;
	assert_int_equal(consistency_holds(&c), c.size1 < c.size2 &&
		way_of_growth(c.size1, c.size2) == way_of_growth(c.size1, sound->size2));
	c.size2 = sound->size2 + 1;
	assert_int_equal(consistency_holds(&c), c.size1 < sound->size2 &&
		way_of_growth(c.size1, c.size2) == way_of_growth(c.size1, sound->size2));
}

static void every_growth_is_proved_and_nothing_near_it(void **state)
{
	(void)state;
	for (unsigned size2 = 0; size2 <= SIZE; size2++) {
		for (unsigned size1 = 0; size1 <= size2; size1++) {
			struct source source = {.size = size2};
			struct merkle_proof expected = {.count = 0};
			struct consistency c = {.size1 = size1, .size2 = size2, .root1 = *root_of(size1),
				.root2 = *root_of(size2)};

			if (size1 > 0)
				subproof(&expected, size1, 0, size2, true);
			assert_int_equal(
				merkle_consistency_make(size1, size2, subtree_of, &source, &c.proof), 0);
			assert_same_proof(&c.proof, &expected);
			assert_true(consistency_holds(&c));
			refuse_consistency_of_other_hashes(&c);
			refuse_consistency_of_another_length(&c);
			refuse_consistency_elsewhere(&c);
		}
	}
}

static void the_empty_tree_grows_into_every_tree(void **state)
{
	struct merkle_hash empty, other = *part_root(3, 4);
	struct merkle_proof none = {.count = 0}, one = {.count = 1};

	(void)state;
	merkle_empty_hash(&empty);
	assert_true(merkle_consistency_holds(0, &empty, 0, &empty, &none));
	assert_true(merkle_consistency_holds(0, &empty, 7, &other, &none));
	assert_false(merkle_consistency_holds(0, &other, 7, &other, &none));
	assert_false(merkle_consistency_holds(0, &other, 0, &other, &none));
	assert_false(merkle_consistency_holds(0, &empty, 0, &other, &none));
	assert_false(merkle_consistency_holds(0, &empty, 7, &other, &one));
}

static void a_smaller_tree_is_no_growth(void **state)
{
	struct source source = {.size = SIZE};
	struct merkle_proof proof;

	(void)state;
	assert_int_equal(merkle_consistency_make(3, 8, subtree_of, &source, &proof), 0);
	assert_true(merkle_consistency_holds(3, root_of(3), 8, root_of(8), &proof));
	assert_false(merkle_consistency_holds(8, root_of(8), 3, root_of(3), &proof));
	assert_true(merkle_consistency_make(8, 3, subtree_of, &source, &proof) < 0);
}

/* ---- failures of the source ---------------------------------------------------------------- */

static int make_all(struct source *source)
{
	struct merkle_proof proof;
	struct merkle_hash root;
	int r = merkle_root_make(201, subtree_of, source, &root);

	if (r == 0)
		r = merkle_inclusion_make(77, 201, subtree_of, source, &proof);
	if (r == 0)
		r = merkle_consistency_make(77, 201, subtree_of, source, &proof);
	return r;
}

static void what_the_source_says_when_it_fails_is_handed_on(void **state)
{
	struct source sound = {.size = 201};

	(void)state;
	assert_int_equal(make_all(&sound), 0);
	for (unsigned n = 1; n <= sound.calls; n++) {
		struct source source = {.size = 201, .fail_at = n};

		assert_int_equal(make_all(&source), -77);
		assert_int_equal(source.calls, n);
	}
}

static const struct CMUnitTest tests[] = {
	TEST(the_reference_leaves_have_the_reference_roots),
	TEST(the_empty_tree_has_the_hash_of_nothing),
	TEST(a_leaf_never_passes_for_a_node),
	TEST(a_node_may_be_hashed_onto_one_of_its_sides),
	TEST(every_inclusion_is_proved_and_nothing_near_it),
	TEST(every_growth_is_proved_and_nothing_near_it),
	TEST(the_empty_tree_grows_into_every_tree),
	TEST(a_smaller_tree_is_no_growth),
	TEST(what_the_source_says_when_it_fails_is_handed_on),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("merkle", tests, NULL, NULL);
}
