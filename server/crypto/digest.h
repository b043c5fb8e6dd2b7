/* Keyed digests: who a person is, which prescription this is, and that nobody changed a row.
 *
 * All BLAKE2b-256 under a key that is never in PostgreSQL, each with its own domain tag.
 * Hashes of the trail are plain SHA-256, as RFC 6962 wants them.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "crypto/keyring.h"
#include "proto/limits.h"

enum {
	DIGEST_LEN = 32,
	PULL_GRANT_LEN = 2 + 8 + DIGEST_LEN,
	DOWNLOAD_GRANT_LEN = 2 + 8 + VOUCHER_NONCE_LEN + DIGEST_LEN,
};

/* Blind index of an e-voucher id: trimmed of outer blanks, upper-cased ASCII. */
void digest_person(uint8_t person_key[PERSON_KEY_LEN], const struct keyring *k,
	const char *voucher_id);
/* Bucket, issue day, then 12 bytes over (hospital code, hospital number). */
void digest_rx_id(uint8_t rx_id[RX_ID_LEN], const struct keyring *k,
	const uint8_t person_key[PERSON_KEY_LEN], int64_t issued_at_ms, const char *hospital_code,
	const char *hospital_rx_no);
/* Of a whole request: the same key with another digest is another request. */
void digest_request(uint8_t mac[DIGEST_LEN], const struct keyring *k, const char *caller_code,
	const char *method, struct slice body);
/* The same for everybody, who holds no key of ours: SHA-256 of the method, a zero byte and the body
 * (receipt.proto). */
void digest_request_plain(uint8_t hash[SHA256_LEN], const char *method, struct slice body);
/* Of a number that others gave out (a check's serial, a payment's order), so that it can be found
 * again but not read: `kind` says whose numbers these are, `owner` who may use the same twice. */
void digest_serial(uint8_t mac[DIGEST_LEN], const struct keyring *k, const char *kind,
	const char *owner, const char *serial);
/* Of a record about a person: the same record again is known by it, the person is not. */
void digest_person_record(uint8_t mac[DIGEST_LEN], const struct keyring *k,
	const uint8_t person_key[PERSON_KEY_LEN], struct slice record);
/* Over a row's authenticated bytes with the newest key; *ret_generation is stored beside it. */
void digest_row(uint8_t mac[DIGEST_LEN], uint16_t *ret_generation, const struct keyring *k,
	struct slice row);
/* 0 or ERR_DAMAGED. */
MUST_CHECK int digest_row_check(const uint8_t mac[DIGEST_LEN], uint16_t generation,
	const struct keyring *k, struct slice row);

/* The same over a leaf of the trail. */
void digest_event(uint8_t mac[DIGEST_LEN], uint16_t *ret_generation, const struct keyring *k,
	struct slice leaf);
MUST_CHECK int digest_event_check(const uint8_t mac[DIGEST_LEN], uint16_t generation,
	const struct keyring *k, struct slice leaf);

/* "This pharmacy was shown this prescription by its owner, until then": stateless across nodes. */
void pull_grant_make(uint8_t grant[PULL_GRANT_LEN], const struct keyring *k,
	const uint8_t rx_id[RX_ID_LEN], const char *pharmacy_code, int64_t until_ms);
bool pull_grant_is_valid(struct slice grant, const struct keyring *k,
	const uint8_t rx_id[RX_ID_LEN], const char *pharmacy_code, int64_t now_ms);
/* The same for one that was only listed; it carries the nonce that is used up when it is shown. */
void download_grant_make(uint8_t grant[DOWNLOAD_GRANT_LEN], const struct keyring *k,
	const uint8_t rx_id[RX_ID_LEN], const char *pharmacy_code,
	const uint8_t nonce[VOUCHER_NONCE_LEN], int64_t until_ms);
/* Also when it has ended: *ret_until_ms is for the caller to judge.  False: not ours, not this
 * pharmacy's, or of another prescription. */
bool download_grant_open(struct slice grant, const struct keyring *k,
	const uint8_t rx_id[RX_ID_LEN], const char *pharmacy_code,
	uint8_t nonce[VOUCHER_NONCE_LEN], int64_t *ret_until_ms);
/* The nonce of that grant: it follows from the presentation, so a repeated list brings no second
 * one to be used. */
void download_nonce(uint8_t nonce[VOUCHER_NONCE_LEN], const struct keyring *k,
	const uint8_t shown[VOUCHER_NONCE_LEN], const uint8_t rx_id[RX_ID_LEN]);

/* Where a drug trace code lies in the sold-code ledger: one place, whoever sells the pack. */
uint16_t digest_trace_bucket(const char *code);

/* RFC 6962 leaf hash: SHA-256(00 || leaf). */
void digest_leaf(uint8_t hash[SHA256_LEN], struct slice leaf);
void digest_sha256(uint8_t hash[SHA256_LEN], struct slice data);

void random_bytes(void *out, size_t len);
/* Constant-time. */
bool bytes_equal_secret(const uint8_t *a, const uint8_t *b, size_t len);

#endif
