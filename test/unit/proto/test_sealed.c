/* Sealed documents: the form that both sides compute, and that nothing else opens. */
#include "test/support/tap.h"

#include <string.h>

#include "proto/sealed.h"

enum { PLAIN_MAX = 1024 };

static const uint8_t rx_id[RX_ID_LEN] = "prescription one";
static const struct seal_place home = {rx_id, 3, 2};

struct box {
	uint8_t key[SEALED_KEY_LEN], nonce[SEALED_NONCE_LEN];
	uint8_t plain[PLAIN_MAX], bytes[PLAIN_MAX + SEALED_OVERHEAD_MAX];
	size_t plain_len, len;
};

/* Key 80 81 .., nonce 40 41 .., text 00 07 0e .. */
static void make(struct box *b, size_t plain_len)
{
	for (unsigned i = 0; i < sizeof(b->key); i++)
		b->key[i] = (uint8_t)(0x80 + i);
	for (unsigned i = 0; i < sizeof(b->nonce); i++)
		b->nonce[i] = (uint8_t)(0x40 + i);
	for (size_t i = 0; i < plain_len; i++)
		b->plain[i] = (uint8_t)(i * 7);
	b->plain_len = plain_len;
	b->len = sealed_len(plain_len);
	assert_true(b->len <= sizeof(b->bytes));
	sealed_make(b->bytes, b->nonce, b->key, &home, slice_of(b->plain, plain_len));
}

static bool opens(const struct box *b, const struct seal_place *place, size_t len)
{
	uint8_t out[PLAIN_MAX + SEALED_OVERHEAD_MAX];
	size_t out_len = 12345;

	if (!sealed_open(out, &out_len, b->key, place, slice_of(b->bytes, len))) {
		assert_int_equal(out_len, 12345);
		return false;
	}
	assert_int_equal(out_len, b->plain_len);
	assert_memory_equal(out, b->plain, out_len);
	return true;
}

/* Tags computed by another implementation (HChaCha20 by hand, ChaCha20-Poly1305 of OpenSSL) over
 * the form that the header tells. */
static void the_form_is_the_one_the_header_tells(void **state)
{
	static const struct {
		size_t plain_len, len;
		uint8_t tag[SEALED_TAG_LEN];
	} known[] = {
		{0, 296, {0x56, 0x34, 0xb9, 0x8c, 0x32, 0x44, 0xfa, 0x38, 0x81, 0x27, 0x6b, 0x85, 0x60,
			0x4c, 0xbd, 0x94}},
		{255, 296, {0x31, 0xce, 0x53, 0x0d, 0x50, 0x71, 0x24, 0x9c, 0xf5, 0x52, 0x6c, 0x0d, 0x79,
			0x47, 0x79, 0xc8}},
		{256, 552, {0xe7, 0x92, 0xc1, 0xcf, 0x12, 0x30, 0x8e, 0x89, 0xdb, 0x8e, 0x01, 0xc3, 0x4d,
			0x68, 0x09, 0xce}},
	};
	struct box b;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		make(&b, known[i].plain_len);
		assert_int_equal(b.len, known[i].len);
		assert_memory_equal(b.bytes, b.nonce, SEALED_NONCE_LEN);
		assert_memory_equal(b.bytes + b.len - SEALED_TAG_LEN, known[i].tag, SEALED_TAG_LEN);
	}
}

static void every_length_around_the_padding_comes_back(void **state)
{
	static const size_t lens[] = {0, 1, 254, 255, 256, 257, 511, 512, 513, PLAIN_MAX};
	struct box b;

	(void)state;
	for (unsigned i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		make(&b, lens[i]);
		assert_true(b.len <= lens[i] + SEALED_OVERHEAD_MAX);
		assert_true(opens(&b, &home, b.len));
	}
}

static void another_place_or_key_does_not_open(void **state)
{
	uint8_t other[RX_ID_LEN] = "prescription two";
	const struct seal_place places[] = {{other, 3, 2}, {rx_id, 4, 2}, {rx_id, 3, 1}};
	struct box b;

	(void)state;
	make(&b, 300);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		assert_false(opens(&b, &places[i], b.len));
	for (unsigned i = 0; i < sizeof(b.key); i++) {
		b.key[i] ^= 1;
		assert_false(opens(&b, &home, b.len));
		b.key[i] ^= 1;
	}
	assert_true(opens(&b, &home, b.len));
}

static void a_byte_flipped_or_missing_does_not_open(void **state)
{
	struct box b;

	(void)state;
	make(&b, 300);
	for (size_t i = 0; i < b.len; i++) {
		b.bytes[i] ^= 1;
		assert_false(opens(&b, &home, b.len));
		b.bytes[i] ^= 1;
		assert_false(opens(&b, &home, i));
	}
	assert_true(opens(&b, &home, b.len));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_form_is_the_one_the_header_tells),
		TEST(every_length_around_the_padding_comes_back),
		TEST(another_place_or_key_does_not_open),
		TEST(a_byte_flipped_or_missing_does_not_open),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sealed", tests, NULL, NULL);
}
