/* BLAKE2b with domain tags, and SHA-256. */
#include "crypto/digest.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "proto/merkle.h"
#include "proto/rxid.h"

/* Feed a part with its length before it, so that parts cannot flow into each other. */
static void feed(crypto_generichash_state *st, struct slice part)
{
	uint8_t len[4];
	struct writer w;

	writer_init(&w, len, sizeof(len));
	writer_u32(&w, (uint32_t)part.len);
	crypto_generichash_update(st, len, sizeof(len));
	crypto_generichash_update(st, part.data, part.len);
}

static void start(crypto_generichash_state *st, const uint8_t *key, const char *tag)
{
	ensure(key != NULL);
	ensure(crypto_generichash_init(st, key, KEYRING_KEY_LEN, DIGEST_LEN) == 0);
	feed(st, slice_of_text(tag));
}

static void finish(crypto_generichash_state *st, uint8_t mac[DIGEST_LEN])
{
	ensure(crypto_generichash_final(st, mac, DIGEST_LEN) == 0);
}

static const uint8_t *only_key(const struct keyring *k, enum keyring_purpose purpose)
{
	return keyring_key(k, purpose, keyring_newest(k, purpose));
}

void digest_person(uint8_t person_key[PERSON_KEY_LEN], const struct keyring *k,
	const char *voucher_id)
{
	crypto_generichash_state st;
	char normal[VOUCHER_ID_MAX + 1];
	size_t len = 0;

	while (*voucher_id == ' ')
		voucher_id++;
	for (; voucher_id[len] != '\0' && len < VOUCHER_ID_MAX; len++)
		normal[len] = (char)toupper((unsigned char)voucher_id[len]);
	while (len > 0 && normal[len - 1] == ' ')
		len--;
	start(&st, only_key(k, KEYRING_INDEX), "person/voucher-id/v1");
	feed(&st, slice_of(normal, len));
	finish(&st, person_key);
	sodium_memzero(normal, sizeof(normal));
}

void digest_rx_id(uint8_t rx_id[RX_ID_LEN], const struct keyring *k,
	const uint8_t person_key[PERSON_KEY_LEN], int64_t issued_at_ms, const char *hospital_code,
	const char *hospital_rx_no)
{
	crypto_generichash_state st;
	uint8_t number[DIGEST_LEN];
	struct writer w;

	start(&st, only_key(k, KEYRING_IDS), "rx-id/v1");
	feed(&st, slice_of_text(hospital_code));
	feed(&st, slice_of_text(hospital_rx_no));
	finish(&st, number);
	writer_init(&w, rx_id, RX_ID_LEN);
	writer_slice(&w, slice_of(person_key, 2));
	writer_u16(&w, rx_day_of_ms(issued_at_ms));
	writer_slice(&w, slice_of(number, 12));
	ensure(!w.failed && w.used == RX_ID_LEN);
}

void digest_request(uint8_t mac[DIGEST_LEN], const struct keyring *k, const char *caller_code,
	const char *method, struct slice body)
{
	crypto_generichash_state st;

	start(&st, only_key(k, KEYRING_IDS), "request/v1");
	feed(&st, slice_of_text(caller_code));
	feed(&st, slice_of_text(method));
	feed(&st, body);
	finish(&st, mac);
}

void digest_request_plain(uint8_t hash[SHA256_LEN], const char *method, struct slice body)
{
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, (const uint8_t *)method, strlen(method) + 1);
	crypto_hash_sha256_update(&st, body.data, body.len);
	crypto_hash_sha256_final(&st, hash);
}

void digest_serial(uint8_t mac[DIGEST_LEN], const struct keyring *k, const char *kind,
	const char *owner, const char *serial)
{
	crypto_generichash_state st;

	start(&st, only_key(k, KEYRING_IDS), "serial/v1");
	feed(&st, slice_of_text(kind));
	feed(&st, slice_of_text(owner));
	feed(&st, slice_of_text(serial));
	finish(&st, mac);
}

void digest_person_record(uint8_t mac[DIGEST_LEN], const struct keyring *k,
	const uint8_t person_key[PERSON_KEY_LEN], struct slice record)
{
	crypto_generichash_state st;

	start(&st, only_key(k, KEYRING_IDS), "person-record/v1");
	feed(&st, slice_of(person_key, PERSON_KEY_LEN));
	feed(&st, record);
	finish(&st, mac);
}

/* What only the platform can have written; `tag` says what it is. */
static void written_mac(uint8_t mac[DIGEST_LEN], const uint8_t *key, const char *tag,
	struct slice what)
{
	crypto_generichash_state st;

	start(&st, key, tag);
	feed(&st, what);
	finish(&st, mac);
}

static void written(uint8_t mac[DIGEST_LEN], uint16_t *ret_generation, const struct keyring *k,
	const char *tag, struct slice what)
{
	*ret_generation = keyring_newest(k, KEYRING_ROWMAC);
	written_mac(mac, keyring_key(k, KEYRING_ROWMAC, *ret_generation), tag, what);
}

static int written_check(const uint8_t mac[DIGEST_LEN], uint16_t generation,
	const struct keyring *k, const char *tag, struct slice what)
{
	const uint8_t *key = keyring_key(k, KEYRING_ROWMAC, generation);
	uint8_t expected[DIGEST_LEN];

	if (key == NULL)
		return ERR_DAMAGED;
	written_mac(expected, key, tag, what);
	return bytes_equal_secret(mac, expected, DIGEST_LEN) ? 0 : ERR_DAMAGED;
}

void digest_row(uint8_t mac[DIGEST_LEN], uint16_t *ret_generation, const struct keyring *k,
	struct slice row)
{
	written(mac, ret_generation, k, "row/v1", row);
}

int digest_row_check(const uint8_t mac[DIGEST_LEN], uint16_t generation, const struct keyring *k,
	struct slice row)
{
	return written_check(mac, generation, k, "row/v1", row);
}

void digest_event(uint8_t mac[DIGEST_LEN], uint16_t *ret_generation, const struct keyring *k,
	struct slice leaf)
{
	written(mac, ret_generation, k, "event/v1", leaf);
}

int digest_event_check(const uint8_t mac[DIGEST_LEN], uint16_t generation, const struct keyring *k,
	struct slice leaf)
{
	return written_check(mac, generation, k, "event/v1", leaf);
}

static void grant_mac(uint8_t mac[DIGEST_LEN], const uint8_t *key, const uint8_t *rx_id,
	const char *pharmacy_code, int64_t until_ms)
{
	crypto_generichash_state st;
	uint8_t until[8];
	struct writer w;

	writer_init(&w, until, sizeof(until));
	writer_u64(&w, (uint64_t)until_ms);
	start(&st, key, "pull-grant/v1");
	feed(&st, slice_of(rx_id, RX_ID_LEN));
	feed(&st, slice_of_text(pharmacy_code));
	feed(&st, slice_of(until, sizeof(until)));
	finish(&st, mac);
}

void pull_grant_make(uint8_t grant[PULL_GRANT_LEN], const struct keyring *k,
	const uint8_t rx_id[RX_ID_LEN], const char *pharmacy_code, int64_t until_ms)
{
	uint16_t generation = keyring_newest(k, KEYRING_GRANT);
	uint8_t mac[DIGEST_LEN];
	struct writer w;

	grant_mac(mac, keyring_key(k, KEYRING_GRANT, generation), rx_id, pharmacy_code, until_ms);
	writer_init(&w, grant, PULL_GRANT_LEN);
	writer_u16(&w, generation);
	writer_u64(&w, (uint64_t)until_ms);
	writer_slice(&w, slice_of(mac, sizeof(mac)));
	ensure(!w.failed && w.used == PULL_GRANT_LEN);
}

bool pull_grant_is_valid(struct slice grant, const struct keyring *k,
	const uint8_t rx_id[RX_ID_LEN], const char *pharmacy_code, int64_t now_ms)
{
	struct reader r;
	uint16_t generation;
	int64_t until_ms;
	struct slice mac;
	const uint8_t *key;
	uint8_t expected[DIGEST_LEN];

	reader_init(&r, grant);
	generation = reader_u16(&r);
	until_ms = (int64_t)reader_u64(&r);
	mac = reader_slice(&r, DIGEST_LEN);
	if (!reader_is_done(&r))
		return false;
	key = keyring_key(k, KEYRING_GRANT, generation);
	if (key == NULL)
		return false;
	grant_mac(expected, key, rx_id, pharmacy_code, until_ms);
	return bytes_equal_secret(mac.data, expected, DIGEST_LEN) && now_ms < until_ms;
}

static void download_mac(uint8_t mac[DIGEST_LEN], const uint8_t *key, const uint8_t *rx_id,
	const char *pharmacy_code, const uint8_t *nonce, int64_t until_ms)
{
	crypto_generichash_state st;
	uint8_t until[8];
	struct writer w;

	writer_init(&w, until, sizeof(until));
	writer_u64(&w, (uint64_t)until_ms);
	start(&st, key, "download-grant/v1");
	feed(&st, slice_of(rx_id, RX_ID_LEN));
	feed(&st, slice_of_text(pharmacy_code));
	feed(&st, slice_of(nonce, VOUCHER_NONCE_LEN));
	feed(&st, slice_of(until, sizeof(until)));
	finish(&st, mac);
}

void download_grant_make(uint8_t grant[DOWNLOAD_GRANT_LEN], const struct keyring *k,
	const uint8_t rx_id[RX_ID_LEN], const char *pharmacy_code,
	const uint8_t nonce[VOUCHER_NONCE_LEN], int64_t until_ms)
{
	uint16_t generation = keyring_newest(k, KEYRING_GRANT);
	uint8_t mac[DIGEST_LEN];
	struct writer w;

	download_mac(mac, keyring_key(k, KEYRING_GRANT, generation), rx_id, pharmacy_code, nonce,
		until_ms);
	writer_init(&w, grant, DOWNLOAD_GRANT_LEN);
	writer_u16(&w, generation);
	writer_u64(&w, (uint64_t)until_ms);
	writer_slice(&w, slice_of(nonce, VOUCHER_NONCE_LEN));
	writer_slice(&w, slice_of(mac, sizeof(mac)));
	ensure(!w.failed && w.used == DOWNLOAD_GRANT_LEN);
}

bool download_grant_open(struct slice grant, const struct keyring *k,
	const uint8_t rx_id[RX_ID_LEN], const char *pharmacy_code,
	uint8_t nonce[VOUCHER_NONCE_LEN], int64_t *ret_until_ms)
{
	struct reader r;
	uint16_t generation;
	int64_t until_ms;
	struct slice carried, mac;
	const uint8_t *key;
	uint8_t expected[DIGEST_LEN];

	reader_init(&r, grant);
	generation = reader_u16(&r);
	until_ms = (int64_t)reader_u64(&r);
	carried = reader_slice(&r, VOUCHER_NONCE_LEN);
	mac = reader_slice(&r, DIGEST_LEN);
	if (!reader_is_done(&r))
		return false;
	key = keyring_key(k, KEYRING_GRANT, generation);
	if (key == NULL)
		return false;
	download_mac(expected, key, rx_id, pharmacy_code, carried.data, until_ms);
	if (!bytes_equal_secret(mac.data, expected, DIGEST_LEN))
		return false;
	memcpy(nonce, carried.data, VOUCHER_NONCE_LEN);
	*ret_until_ms = until_ms;
	return true;
}

void download_nonce(uint8_t nonce[VOUCHER_NONCE_LEN], const struct keyring *k,
	const uint8_t shown[VOUCHER_NONCE_LEN], const uint8_t rx_id[RX_ID_LEN])
{
	crypto_generichash_state st;
	uint8_t mac[DIGEST_LEN];

	start(&st, only_key(k, KEYRING_IDS), "download-nonce/v1");
	feed(&st, slice_of(shown, VOUCHER_NONCE_LEN));
	feed(&st, slice_of(rx_id, RX_ID_LEN));
	finish(&st, mac);
	memcpy(nonce, mac, VOUCHER_NONCE_LEN);
}

void digest_leaf(uint8_t hash[SHA256_LEN], struct slice leaf)
{
	struct merkle_hash leaf_hash;

	merkle_leaf_hash(&leaf_hash, leaf);
	memcpy(hash, leaf_hash.bytes, SHA256_LEN);
}

void digest_sha256(uint8_t hash[SHA256_LEN], struct slice data)
{
	crypto_hash_sha256(hash, data.data, data.len);
}

uint16_t digest_trace_bucket(const char *code)
{
	uint8_t hash[SHA256_LEN];

	digest_sha256(hash, slice_of_text(code));
	return (uint16_t)(hash[0] << 8 | hash[1]);
}

void random_bytes(void *out, size_t len)
{
	randombytes_buf(out, len);
}

bool bytes_equal_secret(const uint8_t *a, const uint8_t *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}
