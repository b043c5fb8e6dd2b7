/* Receipts: one signature for many statements, and nothing in a receipt may be changed. */
#include "test/support/tap.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "proto/receipt.h"

enum { STATEMENT_MAX = 64, PATH_MAX_HASHES = 8 };

static uint8_t public_key[PUBLIC_KEY_LEN], secret_key[64];
static struct receipt_batch batch;

static int make_keys(void **state)
{
	uint8_t seed[crypto_sign_SEEDBYTES] = {42};

	(void)state;
	return sodium_init() < 0 ? -1 : crypto_sign_seed_keypair(public_key, secret_key, seed);
}

/* A receipt in memory of its own, so that every byte of it can be spoilt. */
struct paper {
	Rxcirc__V1__Receipt m;
	char statement[STATEMENT_MAX];
	uint8_t key_id[KEY_ID_LEN], signature[SIGNATURE_LEN];
	uint8_t hashes[PATH_MAX_HASHES + 1][SHA256_LEN + 1];
	ProtobufCBinaryData path[PATH_MAX_HASHES + 1];
};

static void statement_of(char out[STATEMENT_MAX], unsigned index)
{
	snprintf(out, STATEMENT_MAX, "statement %u", index);
}

static void sign_batch(unsigned count)
{
	batch.count = count;
	for (unsigned i = 0; i < count; i++) {
		char text[STATEMENT_MAX];

		statement_of(text, i);
		merkle_leaf_hash(&batch.nodes[0][i], slice_of_text(text));
	}
	assert_int_equal(receipt_batch_sign(&batch, secret_key), 0);
}

static void paper_make(struct paper *p, unsigned index)
{
	struct merkle_proof path;

	receipt_batch_path(&batch, index, &path);
	assert_true(path.count <= PATH_MAX_HASHES);
	memset(p, 0, sizeof(*p));
	rxcirc__v1__receipt__init(&p->m);
	statement_of(p->statement, index);
	memcpy(p->key_id, batch.key_id, sizeof(p->key_id));
	memcpy(p->signature, batch.signature, sizeof(p->signature));
	for (unsigned i = 0; i < PATH_MAX_HASHES + 1; i++) {
		if (i < path.count)
			memcpy(p->hashes[i], path.hashes[i].bytes, SHA256_LEN);
		p->path[i] = (ProtobufCBinaryData){SHA256_LEN, p->hashes[i]};
	}
	p->m.statement = (ProtobufCBinaryData){strlen(p->statement), (uint8_t *)p->statement};
	p->m.index = index;
	p->m.count = batch.count;
	p->m.n_path = path.count;
	p->m.path = p->path;
	p->m.key_id = (ProtobufCBinaryData){KEY_ID_LEN, p->key_id};
	p->m.signature = (ProtobufCBinaryData){SIGNATURE_LEN, p->signature};
}

static void assert_good(const struct paper *p)
{
	assert_int_equal(receipt_verify(&p->m, public_key), 0);
}

static void assert_refused(const struct paper *p)
{
	assert_int_equal(receipt_verify(&p->m, public_key), -1);
}

/* ---- good ones ----------------------------------------------------------------------------- */

static void assert_every_receipt_holds(unsigned count)
{
	sign_batch(count);
	for (unsigned i = 0; i < count; i++) {
		struct paper p;

		paper_make(&p, i);
		assert_good(&p);
	}
}

static void every_receipt_of_a_batch_holds_whatever_its_size(void **state)
{
	(void)state;
	for (unsigned count = 1; count <= 17; count++)
		assert_every_receipt_holds(count);
	assert_every_receipt_holds(RECEIPTS_MAX - 1);
}

static void the_largest_batch_is_signed_and_one_more_is_not(void **state)
{
	(void)state;
	assert_every_receipt_holds(RECEIPTS_MAX);
	batch.count = RECEIPTS_MAX + 1;
	assert_int_equal(receipt_batch_sign(&batch, secret_key), -1);
	batch.count = 0;
	assert_int_equal(receipt_batch_sign(&batch, secret_key), -1);
}

static void a_receipt_alone_needs_no_path(void **state)
{
	struct paper p;

	(void)state;
	sign_batch(1);
	paper_make(&p, 0);
	assert_int_equal(p.m.n_path, 0);
	assert_good(&p);
}

static void a_path_beyond_the_batch_is_empty(void **state)
{
	struct merkle_proof path = {.count = 3};

	(void)state;
	sign_batch(5);
	receipt_batch_path(&batch, 5, &path);
	assert_int_equal(path.count, 0);
}

static void the_key_id_is_the_hash_of_the_public_key(void **state)
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)state;
	sign_batch(2);
	crypto_hash_sha256(hash, public_key, sizeof(public_key));
	assert_memory_equal(batch.key_id, hash, sizeof(hash));
}

/* ---- spoilt ones --------------------------------------------------------------------------- */

/* Batches and places in them whose every bit is tried. */
static const struct {
	unsigned count, index;
} tried[] = {{1, 0}, {2, 0}, {2, 1}, {5, 4}, {17, 0}, {17, 16}, {255, 254}, {256, 77}};
#define TRIED (sizeof(tried) / sizeof(tried[0]))

static void assert_every_flip_refused(const struct paper *p, void *bytes, size_t len)
{
	uint8_t *at = bytes;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_refused(p);
		at[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_good(p);
}

static void refuses_every_flipped_bit_of_statement_path_signature_and_key_id(void **state)
{
	(void)state;
	for (unsigned t = 0; t < TRIED; t++) {
		struct paper p;

		sign_batch(tried[t].count);
		paper_make(&p, tried[t].index);
		assert_every_flip_refused(&p, p.statement, strlen(p.statement));
		assert_every_flip_refused(&p, p.signature, sizeof(p.signature));
		assert_every_flip_refused(&p, p.key_id, sizeof(p.key_id));
		for (unsigned i = 0; i < p.m.n_path; i++)
			assert_every_flip_refused(&p, p.hashes[i], SHA256_LEN);
	}
}

static void refuses_every_other_key(void **state)
{
	uint8_t seed[crypto_sign_SEEDBYTES] = {43}, other[PUBLIC_KEY_LEN], secret[64];
	struct paper p;

	(void)state;
	sign_batch(3);
	paper_make(&p, 1);
	for (unsigned bit = 0; bit < 8 * PUBLIC_KEY_LEN; bit++) {
		memcpy(other, public_key, sizeof(other));
		other[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(receipt_verify(&p.m, other), -1);
	}
	/* also when it says that it is by that one */
	assert_int_equal(crypto_sign_seed_keypair(other, secret, seed), 0);
	dsse_key_id(p.key_id, other);
	assert_int_equal(receipt_verify(&p.m, other), -1);
	assert_refused(&p);
}

static void refuses_every_other_index(void **state)
{
	(void)state;
	for (unsigned t = 0; t < TRIED; t++) {
		struct paper p;

		sign_batch(tried[t].count);
		paper_make(&p, tried[t].index);
		for (uint64_t other = 0; other <= RECEIPTS_MAX; other++) {
			p.m.index = other;
			if (other != tried[t].index)
				assert_refused(&p);
		}
		for (unsigned bit = 0; bit < 64; bit++) {
			p.m.index = tried[t].index ^ UINT64_C(1) << bit;
			assert_refused(&p);
		}
	}
}

/* The turns from the root down to a leaf, as digits behind a one: 2 = right, 1 = left. */
static uint64_t way_to(unsigned index, unsigned count)
{
	uint64_t way = 1;

	while (count > 1) {
		unsigned left = 1;

		while (2 * left < count)
			left *= 2;
		way = way * 3 + (index < left ? 1 : 2);
		count = index < left ? left : count - left;
		index = index < left ? index : index - left;
	}
	return way;
}

/* Two sizes in which the way is the same cannot be told apart, and need not be. */
static void refuses_every_other_count_with_another_way(void **state)
{
	(void)state;
	for (unsigned t = 0; t < TRIED; t++) {
		uint64_t way = way_to(tried[t].index, tried[t].count);
		struct paper p;

		sign_batch(tried[t].count);
		paper_make(&p, tried[t].index);
		for (unsigned other = tried[t].index + 1; other <= RECEIPTS_MAX; other++) {
			p.m.count = other;
			assert_int_equal(receipt_verify(&p.m, public_key),
				way_to(tried[t].index, other) == way ? 0 : -1);
		}
		for (unsigned other = 0; other <= tried[t].index; other++) {
			p.m.count = other;
			assert_refused(&p);
		}
		for (unsigned bit = 9; bit < 64; bit++) {
			p.m.count = tried[t].count | UINT64_C(1) << bit;
			assert_refused(&p);
		}
		p.m.count = RECEIPTS_MAX + 1;
		assert_refused(&p);
	}
}

static void refuses_a_path_of_another_length(void **state)
{
	(void)state;
	for (unsigned t = 0; t < TRIED; t++) {
		struct paper p;

		sign_batch(tried[t].count);
		paper_make(&p, tried[t].index);
		p.m.n_path++;
		assert_refused(&p);
		p.m.n_path--;
		if (p.m.n_path == 0)
			continue;
		p.m.n_path--;
		assert_refused(&p);
		p.m.n_path++;
		p.path[0].len = SHA256_LEN - 1;
		assert_refused(&p);
		p.path[0].len = SHA256_LEN + 1;
		assert_refused(&p);
		p.path[0].len = 0;
		assert_refused(&p);
	}
}

static void refuses_a_path_in_another_order(void **state)
{
	struct paper p;

	(void)state;
	sign_batch(4);
	paper_make(&p, 2);
	p.path[0].data = p.hashes[1];
	p.path[1].data = p.hashes[0];
	assert_refused(&p);
}

static void refuses_an_endless_path(void **state)
{
	static ProtobufCBinaryData path[100 * 1000];
	struct paper p;

	(void)state;
	sign_batch(256);
	paper_make(&p, 0);
	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++)
		path[i] = p.path[i < 8 ? i : 8];
	p.m.path = path;
	p.m.n_path = sizeof(path) / sizeof(path[0]);
	assert_refused(&p);
}

static void refuses_fields_of_another_length(void **state)
{
	struct paper p;

	(void)state;
	sign_batch(3);
	paper_make(&p, 2);
	p.m.signature.len = SIGNATURE_LEN - 1;
	assert_refused(&p);
	p.m.signature.len = SIGNATURE_LEN;
	p.m.key_id.len = KEY_ID_LEN - 1;
	assert_refused(&p);
	p.m.key_id.len = KEY_ID_LEN;
	p.m.statement.len--;
	assert_refused(&p);
	p.m.statement.len += 2;
	assert_refused(&p);
	p.m.statement = (ProtobufCBinaryData){0, NULL};
	assert_refused(&p);
}

static void refuses_a_receipt_with_nothing_in_it(void **state)
{
	Rxcirc__V1__Receipt m = RXCIRC__V1__RECEIPT__INIT;

	(void)state;
	assert_int_equal(receipt_verify(&m, public_key), -1);
}

/* The same key signs other things; none of them is a receipt. */
static void refuses_a_signature_made_for_another_purpose(void **state)
{
	struct paper p;

	(void)state;
	sign_batch(1);
	paper_make(&p, 0);
	assert_int_equal(dsse_sign(p.signature, DSSE_TYPE_VOUCHER,
		slice_of(batch.nodes[0][0].bytes, SHA256_LEN), secret_key), 0);
	assert_refused(&p);
	assert_int_equal(dsse_sign(p.signature, DSSE_TYPE_RECEIPTS,
		slice_of(batch.nodes[0][0].bytes, SHA256_LEN), secret_key), 0);
	assert_good(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_receipt_of_a_batch_holds_whatever_its_size),
		TEST(the_largest_batch_is_signed_and_one_more_is_not),
		TEST(a_receipt_alone_needs_no_path),
		TEST(a_path_beyond_the_batch_is_empty),
		TEST(the_key_id_is_the_hash_of_the_public_key),
		TEST(refuses_every_flipped_bit_of_statement_path_signature_and_key_id),
		TEST(refuses_every_other_key),
		TEST(refuses_every_other_index),
		TEST(refuses_every_other_count_with_another_way),
		TEST(refuses_a_path_of_another_length),
		TEST(refuses_a_path_in_another_order),
		TEST(refuses_an_endless_path),
		TEST(refuses_fields_of_another_length),
		TEST(refuses_a_receipt_with_nothing_in_it),
		TEST(refuses_a_signature_made_for_another_purpose),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("receipt", tests, make_keys, NULL);
}
