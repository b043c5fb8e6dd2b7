/* The server's own secrets: loaded once, kept in guarded memory, never printed.
 *
 * File: lines "purpose generation hex64", '#' comments.  Purposes:
 *     kek      wraps the prescriptions' data keys; several generations, the newest wraps new ones
 *     rowmac   authenticates state rows; several generations, each row says which
 *     index    blind index of e-voucher ids; exactly one generation
 *     ids      prescription ids and keyed digests of requests; exactly one generation
 *     grant    pull grants; several generations
 *     receipt  seed of the Ed25519 key that signs receipts; several generations, the newest signs
 * It must be private (crypto/key_file.h).
 *
 * Ownership: one per process, shared read-only.  Threads: any after loading.
 */
#ifndef CRYPTO_KEYRING_H
#define CRYPTO_KEYRING_H

#include "crypto/key_file.h"
#include "proto/bytes.h"

struct keyring;

enum {
	KEYRING_KEY_LEN = 32,
	KEYRING_GENERATIONS_MAX = 16,
	KEYRING_FILE_MAX = 16 * 1024,
	KEYRING_PROBLEM_MAX = KEY_FILE_PROBLEM_MAX,
};

enum keyring_purpose {
	KEYRING_KEK,
	KEYRING_ROWMAC,
	KEYRING_INDEX,
	KEYRING_IDS,
	KEYRING_GRANT,
	KEYRING_RECEIPT,
	KEYRING_PURPOSES,
};

/* 0, or ERR_CONFIG with one sentence in `problem` (no key material). */
MUST_CHECK int keyring_load(struct keyring **ret, const char *path,
	char problem[KEYRING_PROBLEM_MAX]);
/* The same from text, without the file checks. */
MUST_CHECK int keyring_parse(struct keyring **ret, struct slice text,
	char problem[KEYRING_PROBLEM_MAX]);
/* Write a fresh file, mode 0600; refuses to overwrite. */
MUST_CHECK int keyring_generate(const char *path, char problem[KEYRING_PROBLEM_MAX]);
void keyring_free(struct keyring *k); /* wipes; NULL ok */

/* The 32 bytes of one generation, or NULL when there is no such generation. */
const uint8_t *keyring_key(const struct keyring *k, enum keyring_purpose purpose,
	uint16_t generation);
uint16_t keyring_newest(const struct keyring *k, enum keyring_purpose purpose);

/* The newest receipt key: libsodium's 64 bytes, and its public half. */
const uint8_t *keyring_receipt_secret(const struct keyring *k);
const uint8_t *keyring_receipt_public(const struct keyring *k);

#endif
