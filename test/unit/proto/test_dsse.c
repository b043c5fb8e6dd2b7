/* What a signature covers, and which keys may make one. */
#include "test/support/tap.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/dsse.h"

static uint8_t public_key[PUBLIC_KEY_LEN], secret_key[64];

static int make_key(void **state)
{
	static const uint8_t seed[32] = "a seed for the tests of dsse.c";

	(void)state;
	if (dsse_self_test() < 0)
		return -1;
	return crypto_sign_seed_keypair(public_key, secret_key, seed);
}

static void encodes_the_known_answer(void **state)
{
	static const char expected[] = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";
	uint8_t out[sizeof(expected)];
	struct writer w;

	(void)state;
	writer_init(&w, out, sizeof(out));
	assert_true(dsse_encode(&w, "http://example.com/HelloWorld", slice_of_text("hello world")));
	assert_true(slice_equal(writer_written(&w), slice_of_text(expected)));
	assert_int_equal(dsse_encoded_len("http://example.com/HelloWorld", 11), strlen(expected));
}

static void an_encoding_that_does_not_fit_is_refused(void **state)
{
	uint8_t out[64];
	struct writer w;
	size_t len = dsse_encoded_len("t", 3);

	(void)state;
	assert_int_equal(len, strlen("DSSEv1 1 t 3 abc"));
	writer_init(&w, out, len);
	assert_true(dsse_encode(&w, "t", slice_of_text("abc")));
	for (size_t cap = 0; cap < len; cap++) {
		writer_init(&w, out, cap);
		assert_false(dsse_encode(&w, "t", slice_of_text("abc")));
	}
}

static void lengths_keep_type_and_body_apart(void **state)
{
	uint8_t one[SHA256_LEN], two[SHA256_LEN];

	(void)state;
	dsse_digest(one, "t", slice_of_text("a 1 b"));
	dsse_digest(two, "t 5 a", slice_of_text("b"));
	assert_memory_not_equal(one, two, SHA256_LEN);
}

static void the_digest_is_of_the_encoding(void **state)
{
	static uint8_t body[DOCUMENT_BODY_MAX], out[DOCUMENT_BODY_MAX + 256];
	static const size_t lens[] = {0, 1, 9, 10, 99, 100, 4095, 4096, DOCUMENT_BODY_MAX};
	uint8_t expected[SHA256_LEN], digest[SHA256_LEN];

	(void)state;
	memset(body, 0x5a, sizeof(body));
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct writer w;

		writer_init(&w, out, sizeof(out));
		assert_true(dsse_encode(&w, "type", slice_of(body, lens[i])));
		assert_int_equal(writer_written(&w).len, dsse_encoded_len("type", lens[i]));
		crypto_hash_sha256(expected, out, w.used);
		dsse_digest(digest, "type", slice_of(body, lens[i]));
		assert_memory_equal(digest, expected, SHA256_LEN);
	}
}

static void all_types_are_distinct(void **state)
{
	const char *types[16] = {DSSE_TYPE_VOUCHER, DSSE_TYPE_KEY_POSSESSION};
	size_t count = 2;

	(void)state;
	for (unsigned i = 0; i < rxcirc__v1__document_kind__descriptor.n_values; i++) {
		int kind = rxcirc__v1__document_kind__descriptor.values[i].value;
		const char *type = dsse_type_of((Rxcirc__V1__DocumentKind)kind);

		if (kind == RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED) {
			assert_null(type);
			continue;
		}
		assert_non_null(type);
		assert_true(count < 16);
		types[count++] = type;
	}
	assert_int_equal(count, 9);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(types[i], types[j]);
	}
}

static void a_kind_nobody_knows_has_no_type(void **state)
{
	static const int kinds[] = {-1, 0, 8, 1000, INT32_MIN, INT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		assert_null(dsse_type_of((Rxcirc__V1__DocumentKind)kinds[i]));
}

static void signs_and_verifies(void **state)
{
	uint8_t signature[SIGNATURE_LEN];
	struct slice body = slice_of_text("take one a day");

	(void)state;
	assert_int_equal(dsse_sign(signature, "type", body, secret_key), 0);
	assert_int_equal(dsse_verify(signature, "type", body, public_key), 0);
}

static void refuses_another_type_body_or_key(void **state)
{
	static const uint8_t other_seed[32] = "another seed";
	uint8_t signature[SIGNATURE_LEN], other_public[PUBLIC_KEY_LEN], other_secret[64];

	(void)state;
	assert_int_equal(crypto_sign_seed_keypair(other_public, other_secret, other_seed), 0);
	assert_int_equal(dsse_sign(signature, "type", slice_of_text("body"), secret_key), 0);
	assert_int_equal(dsse_verify(signature, "typf", slice_of_text("body"), public_key), -1);
	assert_int_equal(dsse_verify(signature, "typ", slice_of_text("body"), public_key), -1);
	assert_int_equal(dsse_verify(signature, "type", slice_of_text("bodz"), public_key), -1);
	assert_int_equal(dsse_verify(signature, "type", slice_of_text("body "), public_key), -1);
	assert_int_equal(dsse_verify(signature, "type", slice_of_text(""), public_key), -1);
	assert_int_equal(dsse_verify(signature, "type", slice_of_text("body"), other_public), -1);
	assert_int_equal(dsse_verify(signature, "type", slice_of_text("body"), public_key), 0);
}

static void refuses_every_flipped_bit_of_a_signature(void **state)
{
	uint8_t signature[SIGNATURE_LEN];
	struct slice body = slice_of_text("body");

	(void)state;
	assert_int_equal(dsse_sign(signature, "type", body, secret_key), 0);
	for (size_t bit = 0; bit < SIGNATURE_LEN * 8; bit++) {
		signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(dsse_verify(signature, "type", body, public_key), -1);
		signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(dsse_verify(signature, "type", body, public_key), 0);
}

static void bodies_of_every_size_class_verify(void **state)
{
	/* Around the end of the buffer on the stack, and the largest. */
	static const size_t lens[] = {0, 1, 4000, 4075, 4076, 4077, 4078, 4079, 4080, 4081, 4096,
		4097, DOCUMENT_BODY_MAX, REGISTRY_BODY_MAX};
	uint8_t *body = malloc(REGISTRY_BODY_MAX + 1);
	uint8_t signature[SIGNATURE_LEN];

	(void)state;
	assert_non_null(body);
	memset(body, 'b', REGISTRY_BODY_MAX + 1);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct slice s = slice_of(body, lens[i]);

		assert_int_equal(dsse_sign(signature, "type", s, secret_key), 0);
		assert_int_equal(dsse_verify(signature, "type", s, public_key), 0);
		if (lens[i] == 0)
			continue;
		body[lens[i] - 1] ^= 1;
		assert_int_equal(dsse_verify(signature, "type", s, public_key), -1);
		body[lens[i] - 1] ^= 1;
	}
	/* One byte above the limit. */
	struct slice above = slice_of(body, REGISTRY_BODY_MAX + 1);

	assert_int_equal(dsse_sign(signature, "type", above, secret_key), -1);
	assert_int_equal(dsse_verify(signature, "type", above, public_key), -1);
	free(body);
}

static void the_key_id_is_the_sha256_of_the_key(void **state)
{
	uint8_t expected[KEY_ID_LEN], key_id[KEY_ID_LEN];

	(void)state;
	crypto_hash_sha256(expected, public_key, sizeof(public_key));
	dsse_key_id(key_id, public_key);
	assert_memory_equal(key_id, expected, KEY_ID_LEN);
}

/* Every encoding of a point whose order divides 8: the eight canonical ones, those with y + p, and
 * the two that claim a sign for x = 0. */
static const char *const small_order[] = {
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static void key_of_hex(uint8_t key[PUBLIC_KEY_LEN], const char *hex)
{
	size_t len;

	assert_int_equal(sodium_hex2bin(key, PUBLIC_KEY_LEN, hex, strlen(hex), NULL, &len, NULL), 0);
	assert_int_equal(len, PUBLIC_KEY_LEN);
}

static void low_order_keys_are_unsound(void **state)
{
	uint8_t key[PUBLIC_KEY_LEN], forged[SIGNATURE_LEN] = {1};

	(void)state;
	for (size_t i = 0; i < sizeof(small_order) / sizeof(small_order[0]); i++) {
		key_of_hex(key, small_order[i]);
		assert_false(dsse_key_is_sound(key));
		/* R = the neutral element, S = 0: satisfies the bare equation for such a key. */
		assert_int_equal(dsse_verify(forged, "type", slice_of_text("any"), key), -1);
	}
}

static void mixed_order_keys_are_unsound(void **state)
{
	uint8_t torsion[PUBLIC_KEY_LEN], mixed[PUBLIC_KEY_LEN];

	(void)state;
	assert_true(dsse_key_is_sound(public_key));
	/* The seven canonical points beside the neutral one. */
	for (size_t i = 1; i < 8; i++) {
		key_of_hex(torsion, small_order[i]);
		assert_int_equal(crypto_core_ed25519_add(mixed, public_key, torsion), 0);
		assert_false(dsse_key_is_sound(mixed));
	}
}

static void points_off_the_curve_or_not_canonical_are_unsound(void **state)
{
	static const char *const refused[] = {
		/* y = 2: no x. */
		"0200000000000000000000000000000000000000000000000000000000000000",
		/* y = p + 3: y = 3 written otherwise. */
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	uint8_t key[PUBLIC_KEY_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		key_of_hex(key, refused[i]);
		assert_false(dsse_key_is_sound(key));
	}
}

static void the_self_test_passes_with_this_libsodium(void **state)
{
	uint8_t key[PUBLIC_KEY_LEN];

	(void)state;
	assert_int_equal(dsse_self_test(), 0);
	/* What CVE-2025-69277 let through: the base point plus (0, -1). */
	key_of_hex(key, "9599999999999999999999999999999999999999999999999999999999999999");
	assert_false(dsse_key_is_sound(key));
}

static const struct CMUnitTest tests[] = {
	TEST(encodes_the_known_answer),
	TEST(an_encoding_that_does_not_fit_is_refused),
	TEST(lengths_keep_type_and_body_apart),
	TEST(the_digest_is_of_the_encoding),
	TEST(all_types_are_distinct),
	TEST(a_kind_nobody_knows_has_no_type),
	TEST(signs_and_verifies),
	TEST(refuses_another_type_body_or_key),
	TEST(refuses_every_flipped_bit_of_a_signature),
	TEST(bodies_of_every_size_class_verify),
	TEST(the_key_id_is_the_sha256_of_the_key),
	TEST(low_order_keys_are_unsound),
	TEST(mixed_order_keys_are_unsound),
	TEST(points_off_the_curve_or_not_canonical_are_unsound),
	TEST(the_self_test_passes_with_this_libsodium),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("dsse", tests, make_key, NULL);
}
