/* Page tokens: they go on with exactly what was asked, where it stood, for as long as they say. */
#include "test/support/tap.h"

#include <sodium.h>
#include <string.h>

#include "crypto/page_token.h"
#include "test/unit/crypto/keys.h"

static struct keyring *keys, *newer, *others;
static const int64_t noon_ms = 1780027200000;

static int make_keys(void **state)
{
	struct keys_text t = {.len = 0}, n = {.len = 0}, o = {.len = 0};

	(void)state;
	if (sodium_init() < 0)
		return -1;
	keys_add_all(&t, NULL);
	keys = keys_parse(&t);
	keys_add_all(&n, NULL);
	keys_add(&n, "grant", 2, 0x77);
	newer = keys_parse(&n);
	keys_add_all(&o, "grant");
	keys_add(&o, "grant", 1, 0x78);
	others = keys_parse(&o);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	keyring_free(keys);
	keyring_free(newer);
	keyring_free(others);
	return 0;
}

static bool opens(const uint8_t *token, size_t len, const struct keyring *k, const char *asked,
	int64_t now_ms)
{
	struct slice place = {NULL, 0};

	if (!page_token_open(slice_of(token, len), k, slice_of_text(asked), now_ms, &place)) {
		assert_null(place.data);
		return false;
	}
	assert_true(slice_equal(place, slice_of_text("row 17")));
	return true;
}

static size_t make(uint8_t token[PAGE_TOKEN_MAX], const struct keyring *k)
{
	return page_token_make(token, k, slice_of_text("what"), slice_of_text("row 17"), noon_ms);
}

static void it_goes_on_until_its_end_and_not_for_anything_else(void **state)
{
	uint8_t token[PAGE_TOKEN_MAX];
	size_t len = make(token, keys);

	(void)state;
	assert_true(opens(token, len, keys, "what", noon_ms - 1));
	assert_false(opens(token, len, keys, "what", noon_ms));
	assert_false(opens(token, len, keys, "wha", noon_ms - 1));
	assert_false(opens(token, len, keys, "what ", noon_ms - 1));
	assert_false(opens(token, len, keys, "", noon_ms - 1));
}

static void every_flipped_byte_and_every_other_length_refuses(void **state)
{
	uint8_t token[PAGE_TOKEN_MAX + 1] = {0};
	size_t len = make(token, keys);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		token[i] ^= 1;
		assert_false(opens(token, len, keys, "what", noon_ms - 1));
		token[i] ^= 1;
		assert_false(opens(token, i, keys, "what", noon_ms - 1));
	}
	for (size_t longer = len + 1; longer <= sizeof(token); longer++)
		assert_false(opens(token, longer, keys, "what", noon_ms - 1));
	assert_true(opens(token, len, keys, "what", noon_ms - 1));
}

static void only_the_platforms_own_keys_make_one(void **state)
{
	uint8_t token[PAGE_TOKEN_MAX];
	size_t len = make(token, keys);

	(void)state;
	assert_true(opens(token, len, newer, "what", noon_ms - 1)); /* older generations hold */
	assert_false(opens(token, len, others, "what", noon_ms - 1));
	len = make(token, newer);
	assert_true(opens(token, len, newer, "what", noon_ms - 1));
	assert_false(opens(token, len, keys, "what", noon_ms - 1));
}

static void a_place_has_no_bytes_or_as_many_as_there_is_room_for(void **state)
{
	uint8_t token[PAGE_TOKEN_MAX], place[PAGE_PLACE_MAX] = {7};
	struct slice found;
	size_t len = page_token_make(token, keys, slice_of_text("what"), slice_of(NULL, 0), noon_ms);

	(void)state;
	assert_true(page_token_open(slice_of(token, len), keys, slice_of_text("what"), 0, &found));
	assert_int_equal(found.len, 0);
	len = page_token_make(token, keys, slice_of_text("what"), slice_of(place, sizeof(place)),
		noon_ms);
	assert_int_equal(len, PAGE_TOKEN_MAX);
	assert_true(page_token_open(slice_of(token, len), keys, slice_of_text("what"), 0, &found));
	assert_true(slice_equal(found, slice_of(place, sizeof(place))));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(it_goes_on_until_its_end_and_not_for_anything_else),
		TEST(every_flipped_byte_and_every_other_length_refuses),
		TEST(only_the_platforms_own_keys_make_one),
		TEST(a_place_has_no_bytes_or_as_many_as_there_is_room_for),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("page token", tests, make_keys, free_keys);
}
