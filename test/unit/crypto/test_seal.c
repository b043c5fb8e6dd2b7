/* Sealing: what went in comes out at its own place with its own key, and nowhere else. */
#include "test/support/tap.h"

#include <sodium.h>
#include <string.h>

#include "base/err.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "test/unit/crypto/keys.h"

enum { PLAIN_MAX = 1024 };

static struct keyring *keys;
static const uint8_t rx_id[RX_ID_LEN] = "prescription one";
static const struct seal_place home = {rx_id, 3, 2};

static int make_keys(void **state)
{
	struct keys_text t = {.len = 0};

	(void)state;
	if (sodium_init() < 0)
		return -1;
	keys_add_all(&t, NULL);
	keys_add(&t, "kek", 2, 0xaa);
	keys = keys_parse(&t);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	keyring_free(keys);
	return 0;
}

struct sealed {
	struct data_key key;
	uint8_t plain[PLAIN_MAX], bytes[PLAIN_MAX + SEAL_OVERHEAD_MAX];
	size_t plain_len, len;
};

static void make(struct sealed *s, size_t plain_len)
{
	data_key_new(&s->key, keys, rx_id);
	for (size_t i = 0; i < plain_len; i++)
		s->plain[i] = (uint8_t)(i * 7);
	s->plain_len = plain_len;
	s->len = seal_len(plain_len);
	assert_true(s->len <= sizeof(s->bytes));
	seal(s->bytes, &s->key, &home, slice_of(s->plain, plain_len));
}

static int open_at(const struct sealed *s, const struct data_key *key,
	const struct seal_place *place, size_t len)
{
	uint8_t out[PLAIN_MAX + SEAL_OVERHEAD_MAX];
	size_t out_len = 12345;
	int r = seal_open(out, &out_len, key, place, slice_of(s->bytes, len));

	if (r < 0) {
		assert_int_equal(out_len, 12345);
		return r;
	}
	assert_int_equal(out_len, s->plain_len);
	assert_memory_equal(out, s->plain, out_len);
	return 0;
}

static void every_length_around_the_padding_comes_back(void **state)
{
	static const size_t lens[] = {0, 1, 254, 255, 256, 257, 511, 512, 513, PLAIN_MAX};
	struct sealed s;

	(void)state;
	for (unsigned i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		make(&s, lens[i]);
		assert_int_equal(open_at(&s, &s.key, &home, s.len), 0);
	}
}

static void the_length_tells_only_the_padded_block(void **state)
{
	(void)state;
	assert_int_equal(seal_len(0), 24 + 256 + 16);
	assert_int_equal(seal_len(255), 24 + 256 + 16);
	assert_int_equal(seal_len(256), 24 + 512 + 16);
	assert_int_equal(seal_len(257), 24 + 512 + 16);
	assert_true(seal_len(0) <= SEAL_OVERHEAD_MAX);
	assert_true(seal_len(256) <= 256 + SEAL_OVERHEAD_MAX);
}

static void another_place_does_not_open(void **state)
{
	uint8_t other[RX_ID_LEN];
	struct sealed s;

	(void)state;
	make(&s, 100);
	for (unsigned i = 0; i < RX_ID_LEN; i++) {
		const struct seal_place place = {other, home.seq, home.kind};

		memcpy(other, rx_id, sizeof(other));
		other[i] ^= 1;
		assert_int_equal(open_at(&s, &s.key, &place, s.len), ERR_DAMAGED);
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		const struct seal_place place = {rx_id, home.seq ^ UINT64_C(1) << bit, home.kind};

		assert_int_equal(open_at(&s, &s.key, &place, s.len), ERR_DAMAGED);
	}
	for (unsigned bit = 0; bit < 16; bit++) {
		const struct seal_place place = {rx_id, home.seq, (uint16_t)(home.kind ^ 1u << bit)};

		assert_int_equal(open_at(&s, &s.key, &place, s.len), ERR_DAMAGED);
	}
}

static void every_flipped_byte_refuses(void **state)
{
	struct sealed s;

	(void)state;
	make(&s, 100);
	for (size_t i = 0; i < s.len; i++) {
		s.bytes[i] ^= 0x40;
		assert_int_equal(open_at(&s, &s.key, &home, s.len), ERR_DAMAGED);
		s.bytes[i] ^= 0x40;
	}
	assert_int_equal(open_at(&s, &s.key, &home, s.len), 0);
}

static void every_shorter_length_refuses(void **state)
{
	struct sealed s;

	(void)state;
	make(&s, 300);
	for (size_t len = 0; len < s.len; len++)
		assert_int_equal(open_at(&s, &s.key, &home, len), ERR_DAMAGED);
}

static void another_data_key_does_not_open(void **state)
{
	struct data_key other;
	struct sealed s;

	(void)state;
	make(&s, 100);
	data_key_new(&other, keys, rx_id);
	assert_memory_not_equal(other.key, s.key.key, SEAL_KEY_LEN);
	assert_int_equal(open_at(&s, &other, &home, s.len), ERR_DAMAGED);
}

static void the_same_text_seals_differently_each_time(void **state)
{
	struct sealed s;
	uint8_t again[PLAIN_MAX + SEAL_OVERHEAD_MAX];

	(void)state;
	make(&s, 100);
	seal(again, &s.key, &home, slice_of(s.plain, s.plain_len));
	assert_memory_not_equal(again, s.bytes, 24);
	assert_memory_not_equal(again + 24, s.bytes + 24, s.len - 24);
}

static void a_wrapped_key_comes_back(void **state)
{
	struct data_key made, found = {.generation = 0};

	(void)state;
	data_key_new(&made, keys, rx_id);
	assert_int_equal(made.generation, 2);
	found.generation = made.generation;
	memcpy(found.wrapped, made.wrapped, SEAL_WRAPPED_LEN);
	assert_int_equal(data_key_unwrap(&found, keys, rx_id), 0);
	assert_memory_equal(found.key, made.key, SEAL_KEY_LEN);
}

static void a_wrapped_key_belongs_to_its_prescription(void **state)
{
	uint8_t other[RX_ID_LEN];
	struct data_key made;

	(void)state;
	data_key_new(&made, keys, rx_id);
	for (unsigned i = 0; i < RX_ID_LEN; i++) {
		memcpy(other, rx_id, sizeof(other));
		other[i] ^= 0x80;
		assert_int_equal(data_key_unwrap(&made, keys, other), ERR_DAMAGED);
	}
}

static void another_generation_does_not_unwrap(void **state)
{
	struct data_key made;

	(void)state;
	data_key_new(&made, keys, rx_id);
	made.generation = 1; /* there is such a key */
	assert_int_equal(data_key_unwrap(&made, keys, rx_id), ERR_DAMAGED);
	made.generation = 3; /* there is none */
	assert_int_equal(data_key_unwrap(&made, keys, rx_id), ERR_DAMAGED);
	made.generation = 0;
	assert_int_equal(data_key_unwrap(&made, keys, rx_id), ERR_DAMAGED);
}

static void a_key_wrapped_under_an_older_generation_still_unwraps(void **state)
{
	struct keys_text t = {.len = 0};
	struct keyring *young;
	struct data_key made;
	uint8_t key[SEAL_KEY_LEN];

	(void)state;
	keys_add_all(&t, NULL);
	young = keys_parse(&t); /* before generation 2 was added */
	data_key_new(&made, young, rx_id);
	memcpy(key, made.key, sizeof(key));
	assert_int_equal(made.generation, 1);
	assert_int_equal(data_key_unwrap(&made, keys, rx_id), 0);
	assert_memory_equal(made.key, key, sizeof(key));
	keyring_free(young);
}

static void every_flipped_byte_of_a_wrapped_key_refuses(void **state)
{
	struct data_key made;

	(void)state;
	data_key_new(&made, keys, rx_id);
	for (unsigned i = 0; i < SEAL_WRAPPED_LEN; i++) {
		made.wrapped[i] ^= 1;
		assert_int_equal(data_key_unwrap(&made, keys, rx_id), ERR_DAMAGED);
		made.wrapped[i] ^= 1;
	}
	assert_int_equal(data_key_unwrap(&made, keys, rx_id), 0);
}

static void wiping_leaves_nothing(void **state)
{
	struct data_key made, nothing;

	(void)state;
	data_key_new(&made, keys, rx_id);
	memset(&nothing, 0, sizeof(nothing));
	data_key_wipe(&made);
	assert_memory_equal(&made, &nothing, sizeof(made));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_length_around_the_padding_comes_back),
		TEST(the_length_tells_only_the_padded_block),
		TEST(another_place_does_not_open),
		TEST(every_flipped_byte_refuses),
		TEST(every_shorter_length_refuses),
		TEST(another_data_key_does_not_open),
		TEST(the_same_text_seals_differently_each_time),
		TEST(a_wrapped_key_comes_back),
		TEST(a_wrapped_key_belongs_to_its_prescription),
		TEST(another_generation_does_not_unwrap),
		TEST(a_key_wrapped_under_an_older_generation_still_unwraps),
		TEST(every_flipped_byte_of_a_wrapped_key_refuses),
		TEST(wiping_leaves_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("seal", tests, make_keys, free_keys);
}
