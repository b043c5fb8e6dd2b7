/* Keyed digests: who a person is, which prescription this is, and that a row was not changed. */
#include "test/support/tap.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "crypto/digest.h"
#include "proto/rxid.h"
#include "test/unit/crypto/keys.h"

static struct keyring *keys, *others;
static const uint8_t rx_id[RX_ID_LEN] = "prescription one";
static const int64_t noon_ms = 1780027200000; /* 2026-05-29 12:00 in China */
#define PHARMACY "P14010500001"

static int make_keys(void **state)
{
	struct keys_text t = {.len = 0}, o = {.len = 0};

	(void)state;
	if (sodium_init() < 0)
		return -1;
	keys_add_all(&t, NULL);
	keys_add(&t, "rowmac", 2, 0x99);
	keys = keys_parse(&t);
	keys_add(&o, "kek", 1, 1);
	keys_add(&o, "rowmac", 1, 2);
	keys_add(&o, "index", 1, 3);
	keys_add(&o, "ids", 1, 4);
	keys_add(&o, "grant", 1, 5);
	keys_add(&o, "receipt", 1, 6);
	others = keys_parse(&o);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	keyring_free(keys);
	keyring_free(others);
	return 0;
}

static bool same_person(const char *a, const char *b)
{
	uint8_t x[PERSON_KEY_LEN], y[PERSON_KEY_LEN];

	digest_person(x, keys, a);
	digest_person(y, keys, b);
	return memcmp(x, y, sizeof(x)) == 0;
}

static void a_person_is_the_same_in_capitals_and_without_outer_blanks(void **state)
{
	(void)state;
	assert_true(same_person("140100-EV-6f1d2a", "140100-EV-6F1D2A"));
	assert_true(same_person("140100-EV-6f1d2a", "  140100-ev-6f1d2a "));
	assert_false(same_person("140100-EV-6f1d2a", "140100-EV-6f1d2b"));
	assert_false(same_person("140100-EV-6f1d2a", "140100-EV -6f1d2a"));
	assert_false(same_person("140100-EV-6f1d2a", "140100EV6f1d2a"));
	assert_true(same_person("", "   "));
}

static void the_longest_voucher_id_counts_to_its_last_character(void **state)
{
	char a[VOUCHER_ID_MAX + 1], b[VOUCHER_ID_MAX + 1];

	(void)state;
	memset(a, 'A', VOUCHER_ID_MAX);
	a[VOUCHER_ID_MAX] = '\0';
	memcpy(b, a, sizeof(b));
	b[VOUCHER_ID_MAX - 1] = 'B';
	assert_false(same_person(a, b));
}

static void a_person_is_another_under_another_key(void **state)
{
	uint8_t x[PERSON_KEY_LEN], y[PERSON_KEY_LEN];

	(void)state;
	digest_person(x, keys, "140100-EV-6f1d2a");
	digest_person(y, others, "140100-EV-6f1d2a");
	assert_memory_not_equal(x, y, sizeof(x));
}

static void an_rx_id_is_bucket_day_and_keyed_hash(void **state)
{
	uint8_t person[PERSON_KEY_LEN], id[RX_ID_LEN];

	(void)state;
	digest_person(person, keys, "140100-EV-6f1d2a");
	digest_rx_id(id, keys, person, noon_ms, "H14010500321", "TYIH-1");
	assert_memory_equal(id, person, 2);
	assert_int_equal(rx_id_bucket(id), person[0] << 8 | person[1]);
	assert_int_equal(rx_id_day(id), rx_day_of_ms(noon_ms));
	assert_int_equal(rx_id_day(id), 2340); /* 2026-05-29 after 2020-01-01 */
}

static void the_day_changes_at_midnight_in_China(void **state)
{
	uint8_t person[PERSON_KEY_LEN] = {1, 2}, before[RX_ID_LEN], after[RX_ID_LEN];
	const int64_t midnight_ms = noon_ms + 12 * 3600 * 1000;

	(void)state;
	digest_rx_id(before, keys, person, midnight_ms - 1, "H14010500321", "TYIH-1");
	digest_rx_id(after, keys, person, midnight_ms, "H14010500321", "TYIH-1");
	assert_int_equal(rx_id_day(before) + 1, rx_id_day(after));
	assert_memory_equal(before + 4, after + 4, 12);
}

static void an_rx_id_depends_on_hospital_number_and_key(void **state)
{
	uint8_t person[PERSON_KEY_LEN] = {1, 2}, a[RX_ID_LEN], b[RX_ID_LEN];

	(void)state;
	digest_rx_id(a, keys, person, noon_ms, "H14010500321", "TYIH-1");
	digest_rx_id(b, keys, person, noon_ms, "H14010500321", "TYIH-1");
	assert_memory_equal(a, b, RX_ID_LEN);
	digest_rx_id(b, keys, person, noon_ms, "H14010500321", "TYIH-2");
	assert_memory_not_equal(a + 4, b + 4, 12);
	digest_rx_id(b, keys, person, noon_ms, "H14010500322", "TYIH-1");
	assert_memory_not_equal(a + 4, b + 4, 12);
	/* the border between the two parts is part of it */
	digest_rx_id(b, keys, person, noon_ms, "H14010500321T", "YIH-1");
	assert_memory_not_equal(a + 4, b + 4, 12);
	digest_rx_id(b, others, person, noon_ms, "H14010500321", "TYIH-1");
	assert_memory_not_equal(a + 4, b + 4, 12);
}

static void a_request_is_caller_method_and_body(void **state)
{
	uint8_t a[DIGEST_LEN], b[DIGEST_LEN];

	(void)state;
	digest_request(a, keys, "P1", "Claim", slice_of("body", 4));
	digest_request(b, keys, "P1", "Claim", slice_of("body", 4));
	assert_memory_equal(a, b, DIGEST_LEN);
	digest_request(b, keys, "P2", "Claim", slice_of("body", 4));
	assert_memory_not_equal(a, b, DIGEST_LEN);
	digest_request(b, keys, "P1", "Clain", slice_of("body", 4));
	assert_memory_not_equal(a, b, DIGEST_LEN);
	digest_request(b, keys, "P1", "Claim", slice_of("bodz", 4));
	assert_memory_not_equal(a, b, DIGEST_LEN);
	digest_request(b, keys, "P1C", "laim", slice_of("body", 4));
	assert_memory_not_equal(a, b, DIGEST_LEN);
	digest_request(b, keys, "P1", "Claim", slice_of(NULL, 0));
	assert_memory_not_equal(a, b, DIGEST_LEN);
	digest_request(b, others, "P1", "Claim", slice_of("body", 4));
	assert_memory_not_equal(a, b, DIGEST_LEN);
}

/* One key for several purposes would still give different digests for each. */
static void each_digest_has_its_own_domain(void **state)
{
	struct keys_text t = {.len = 0};
	struct keyring *k;
	uint8_t person[PERSON_KEY_LEN], request[DIGEST_LEN], row[DIGEST_LEN];
	uint16_t generation;

	(void)state;
	keys_add(&t, "kek", 1, 7);
	keys_add(&t, "rowmac", 1, 7);
	keys_add(&t, "index", 1, 7);
	keys_add(&t, "ids", 1, 7);
	keys_add(&t, "grant", 1, 7);
	keys_add(&t, "receipt", 1, 7);
	k = keys_parse(&t);
	digest_person(person, k, "X");
	digest_row(row, &generation, k, slice_of("X", 1));
	digest_request(request, k, "X", "", slice_of(NULL, 0));
	assert_memory_not_equal(person, row, DIGEST_LEN);
	assert_memory_not_equal(person, request, DIGEST_LEN);
	assert_memory_not_equal(row, request, DIGEST_LEN);
	keyring_free(k);
}

static void a_persons_record_is_known_again_and_the_person_is_not(void **state)
{
	const uint8_t one[PERSON_KEY_LEN] = {1}, two[PERSON_KEY_LEN] = {2};
	uint8_t first[DIGEST_LEN], same[DIGEST_LEN], other[DIGEST_LEN];

	(void)state;
	digest_person_record(first, keys, one, slice_of("record", 6));
	digest_person_record(same, keys, one, slice_of("record", 6));
	assert_memory_equal(first, same, DIGEST_LEN);
	digest_person_record(other, keys, two, slice_of("record", 6));
	assert_memory_not_equal(first, other, DIGEST_LEN);
	digest_person_record(other, keys, one, slice_of("recorD", 6));
	assert_memory_not_equal(first, other, DIGEST_LEN);
	digest_person_record(other, others, one, slice_of("record", 6));
	assert_memory_not_equal(first, other, DIGEST_LEN);
}

static void a_row_is_signed_with_the_newest_key_and_checks(void **state)
{
	uint8_t mac[DIGEST_LEN];
	uint16_t generation = 0;

	(void)state;
	digest_row(mac, &generation, keys, slice_of("a row", 5));
	assert_int_equal(generation, 2);
	assert_int_equal(digest_row_check(mac, 2, keys, slice_of("a row", 5)), 0);
	assert_int_equal(digest_row_check(mac, 2, keys, slice_of("a rov", 5)), ERR_DAMAGED);
	assert_int_equal(digest_row_check(mac, 2, keys, slice_of("a row", 4)), ERR_DAMAGED);
	assert_int_equal(digest_row_check(mac, 1, keys, slice_of("a row", 5)), ERR_DAMAGED);
	assert_int_equal(digest_row_check(mac, 3, keys, slice_of("a row", 5)), ERR_DAMAGED);
	for (unsigned i = 0; i < DIGEST_LEN; i++) {
		mac[i] ^= 0x10;
		assert_int_equal(digest_row_check(mac, 2, keys, slice_of("a row", 5)), ERR_DAMAGED);
		mac[i] ^= 0x10;
	}
}

static void a_row_signed_under_an_older_generation_still_checks(void **state)
{
	struct keys_text t = {.len = 0};
	uint8_t mac[DIGEST_LEN];
	uint16_t generation;
	struct keyring *young;

	(void)state;
	keys_add_all(&t, NULL);
	young = keys_parse(&t);
	digest_row(mac, &generation, young, slice_of("a row", 5));
	assert_int_equal(generation, 1);
	assert_int_equal(digest_row_check(mac, 1, keys, slice_of("a row", 5)), 0);
	keyring_free(young);
}

static bool grant_holds(const uint8_t *grant, size_t len, const uint8_t *rx, const char *pharmacy,
	int64_t now_ms)
{
	return pull_grant_is_valid(slice_of(grant, len), keys, rx, pharmacy, now_ms);
}

static void a_grant_holds_until_its_last_millisecond(void **state)
{
	uint8_t grant[PULL_GRANT_LEN];

	(void)state;
	pull_grant_make(grant, keys, rx_id, PHARMACY, noon_ms);
	assert_true(grant_holds(grant, sizeof(grant), rx_id, PHARMACY, noon_ms - 1));
	assert_false(grant_holds(grant, sizeof(grant), rx_id, PHARMACY, noon_ms));
	assert_false(grant_holds(grant, sizeof(grant), rx_id, PHARMACY, noon_ms + 1));
}

static void a_grant_is_for_one_pharmacy_and_one_prescription(void **state)
{
	uint8_t grant[PULL_GRANT_LEN], other[RX_ID_LEN];

	(void)state;
	memcpy(other, rx_id, sizeof(other));
	other[15] ^= 1;
	pull_grant_make(grant, keys, rx_id, PHARMACY, noon_ms);
	assert_false(grant_holds(grant, sizeof(grant), rx_id, "P14010500002", noon_ms - 1));
	assert_false(grant_holds(grant, sizeof(grant), rx_id, "", noon_ms - 1));
	assert_false(grant_holds(grant, sizeof(grant), other, PHARMACY, noon_ms - 1));
}

static void a_changed_grant_does_not_hold(void **state)
{
	uint8_t grant[PULL_GRANT_LEN + 1] = {0};

	(void)state;
	pull_grant_make(grant, keys, rx_id, PHARMACY, noon_ms);
	for (size_t len = 0; len < PULL_GRANT_LEN; len++)
		assert_false(grant_holds(grant, len, rx_id, PHARMACY, noon_ms - 1));
	assert_false(grant_holds(grant, PULL_GRANT_LEN + 1, rx_id, PHARMACY, noon_ms - 1));
	for (size_t bit = 0; bit < 8 * PULL_GRANT_LEN; bit++) {
		grant[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(grant_holds(grant, PULL_GRANT_LEN, rx_id, PHARMACY, noon_ms - 1));
		grant[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(grant_holds(grant, PULL_GRANT_LEN, rx_id, PHARMACY, noon_ms - 1));
	assert_false(pull_grant_is_valid(slice_of(NULL, 0), keys, rx_id, PHARMACY, noon_ms - 1));
}

static void another_server_key_makes_no_grant(void **state)
{
	uint8_t grant[PULL_GRANT_LEN];

	(void)state;
	pull_grant_make(grant, others, rx_id, PHARMACY, noon_ms);
	assert_false(grant_holds(grant, sizeof(grant), rx_id, PHARMACY, noon_ms - 1));
}

static const uint8_t nonce[VOUCHER_NONCE_LEN] = "shown just once";

static bool download_holds(const uint8_t *grant, size_t len, const uint8_t *rx,
	const char *pharmacy, const struct keyring *k)
{
	uint8_t carried[VOUCHER_NONCE_LEN];
	int64_t until_ms = 0;

	if (!download_grant_open(slice_of(grant, len), k, rx, pharmacy, carried, &until_ms))
		return false;
	assert_memory_equal(carried, nonce, sizeof(carried));
	assert_true(until_ms == noon_ms);
	return true;
}

static void a_download_grant_is_for_one_pharmacy_one_prescription_and_these_bytes(void **state)
{
	uint8_t grant[DOWNLOAD_GRANT_LEN + 1] = {0}, other[RX_ID_LEN];

	(void)state;
	memcpy(other, rx_id, sizeof(other));
	other[15] ^= 1;
	download_grant_make(grant, keys, rx_id, PHARMACY, nonce, noon_ms);
	assert_true(download_holds(grant, DOWNLOAD_GRANT_LEN, rx_id, PHARMACY, keys));
	assert_false(download_holds(grant, DOWNLOAD_GRANT_LEN, other, PHARMACY, keys));
	assert_false(download_holds(grant, DOWNLOAD_GRANT_LEN, rx_id, "P14010500002", keys));
	assert_false(download_holds(grant, DOWNLOAD_GRANT_LEN, rx_id, PHARMACY, others));
	assert_false(download_holds(grant, DOWNLOAD_GRANT_LEN + 1, rx_id, PHARMACY, keys));
	for (size_t len = 0; len < DOWNLOAD_GRANT_LEN; len++)
		assert_false(download_holds(grant, len, rx_id, PHARMACY, keys));
	for (size_t bit = 0; bit < 8 * (size_t)DOWNLOAD_GRANT_LEN; bit++) {
		grant[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(download_holds(grant, DOWNLOAD_GRANT_LEN, rx_id, PHARMACY, keys));
		grant[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* neither kind of grant serves as the other */
	assert_false(pull_grant_is_valid(slice_of(grant, PULL_GRANT_LEN), keys, rx_id, PHARMACY,
		noon_ms - 1));
}

static void a_download_nonce_follows_from_presentation_and_prescription(void **state)
{
	uint8_t a[VOUCHER_NONCE_LEN], b[VOUCHER_NONCE_LEN], other[RX_ID_LEN];
	uint8_t shown[VOUCHER_NONCE_LEN] = {7};

	(void)state;
	memcpy(other, rx_id, sizeof(other));
	other[15] ^= 1;
	download_nonce(a, keys, nonce, rx_id);
	download_nonce(b, keys, nonce, rx_id);
	assert_memory_equal(a, b, sizeof(a));
	download_nonce(b, keys, nonce, other);
	assert_memory_not_equal(a, b, sizeof(a));
	download_nonce(b, keys, shown, rx_id);
	assert_memory_not_equal(a, b, sizeof(a));
	download_nonce(b, others, nonce, rx_id);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, nonce, sizeof(a));
}

static void a_leaf_hash_is_RFC_6962(void **state)
{
	/* the first leaves of the certificate-transparency reference tree: "" and 00 */
	static const char *const expected[] = {
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
	};
	uint8_t hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	(void)state;
	digest_leaf(hash, slice_of(NULL, 0));
	assert_string_equal(sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash)), expected[0]);
	digest_leaf(hash, slice_of("\0", 1));
	assert_string_equal(sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash)), expected[1]);
	digest_sha256(hash, slice_of("abc", 3));
	assert_string_equal(sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash)),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void secret_bytes_compare_whole(void **state)
{
	static const uint8_t a[4] = {1, 2, 3, 4};
	uint8_t b[4];

	(void)state;
	assert_true(bytes_equal_secret(a, a, 4));
	for (unsigned i = 0; i < 4; i++) {
		memcpy(b, a, 4);
		b[i] ^= 0x80;
		assert_false(bytes_equal_secret(a, b, 4));
	}
}

static void random_bytes_are_not_repeated(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_person_is_the_same_in_capitals_and_without_outer_blanks),
		TEST(the_longest_voucher_id_counts_to_its_last_character),
		TEST(a_person_is_another_under_another_key),
		TEST(an_rx_id_is_bucket_day_and_keyed_hash),
		TEST(the_day_changes_at_midnight_in_China),
		TEST(an_rx_id_depends_on_hospital_number_and_key),
		TEST(a_request_is_caller_method_and_body),
		TEST(each_digest_has_its_own_domain),
		TEST(a_persons_record_is_known_again_and_the_person_is_not),
		TEST(a_row_is_signed_with_the_newest_key_and_checks),
		TEST(a_row_signed_under_an_older_generation_still_checks),
		TEST(a_grant_holds_until_its_last_millisecond),
		TEST(a_grant_is_for_one_pharmacy_and_one_prescription),
		TEST(a_changed_grant_does_not_hold),
		TEST(another_server_key_makes_no_grant),
		TEST(a_download_grant_is_for_one_pharmacy_one_prescription_and_these_bytes),
		TEST(a_download_nonce_follows_from_presentation_and_prescription),
		TEST(a_leaf_hash_is_RFC_6962),
		TEST(secret_bytes_compare_whole),
		TEST(random_bytes_are_not_repeated),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("digest", tests, make_keys, free_keys);
}
