/* The grant of a visit: whose it is, through which channel, until when; it names nobody. */
#include "test/support/tap.h"

#include <sodium.h>
#include <string.h>

#include "crypto/own_grant.h"
#include "test/unit/crypto/keys.h"

#define CHANNEL "C14010000007"

static struct keyring *keys, *newer, *others;
static const uint8_t person[PERSON_KEY_LEN] = "blind index of one insured one.";
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

static bool opens(const uint8_t *grant, size_t len, const struct keyring *k, const char *channel)
{
	uint8_t whose[PERSON_KEY_LEN];
	int64_t until_ms = 0;

	if (!own_grant_open(slice_of(grant, len), k, channel, whose, &until_ms))
		return false;
	assert_memory_equal(whose, person, sizeof(whose));
	assert_true(until_ms == noon_ms);
	return true;
}

static void a_grant_says_whose_visit_it_is_and_until_when(void **state)
{
	uint8_t grant[OWN_GRANT_LEN];

	(void)state;
	own_grant_make(grant, keys, person, CHANNEL, noon_ms);
	assert_true(opens(grant, sizeof(grant), keys, CHANNEL));
}

static void a_grant_is_for_one_channel_and_these_bytes(void **state)
{
	uint8_t grant[OWN_GRANT_LEN + 1] = {0};

	(void)state;
	own_grant_make(grant, keys, person, CHANNEL, noon_ms);
	assert_false(opens(grant, OWN_GRANT_LEN, keys, "C14010000008"));
	assert_false(opens(grant, OWN_GRANT_LEN, keys, ""));
	assert_false(opens(grant, OWN_GRANT_LEN + 1, keys, CHANNEL));
	for (size_t len = 0; len < OWN_GRANT_LEN; len++)
		assert_false(opens(grant, len, keys, CHANNEL));
	for (size_t bit = 0; bit < 8 * (size_t)OWN_GRANT_LEN; bit++) {
		grant[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(opens(grant, OWN_GRANT_LEN, keys, CHANNEL));
		grant[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(opens(grant, OWN_GRANT_LEN, keys, CHANNEL));
	assert_false(opens(NULL, 0, keys, CHANNEL));
}

/* Not even the blind index: two visits of one person cannot be seen to be hers. */
static void a_grant_names_nobody_and_no_two_are_alike(void **state)
{
	uint8_t a[OWN_GRANT_LEN], b[OWN_GRANT_LEN];

	(void)state;
	own_grant_make(a, keys, person, CHANNEL, noon_ms);
	own_grant_make(b, keys, person, CHANNEL, noon_ms);
	assert_memory_not_equal(a + 10, b + 10, sizeof(a) - 10);
	assert_memory_not_equal(a + 34, b + 34, sizeof(a) - 34);
	assert_null(memmem(a, sizeof(a), person, 4));
}

static void an_older_generation_still_opens_and_another_server_key_does_not(void **state)
{
	uint8_t grant[OWN_GRANT_LEN];

	(void)state;
	own_grant_make(grant, keys, person, CHANNEL, noon_ms);
	assert_true(opens(grant, sizeof(grant), newer, CHANNEL));
	assert_false(opens(grant, sizeof(grant), others, CHANNEL));
	own_grant_make(grant, newer, person, CHANNEL, noon_ms);
	assert_false(opens(grant, sizeof(grant), keys, CHANNEL)); /* no such generation */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_grant_says_whose_visit_it_is_and_until_when),
		TEST(a_grant_is_for_one_channel_and_these_bytes),
		PROVES(a_grant_names_nobody_and_no_two_are_alike, "C27"),
		TEST(an_older_generation_still_opens_and_another_server_key_does_not),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("own_grant", tests, make_keys, free_keys);
}
