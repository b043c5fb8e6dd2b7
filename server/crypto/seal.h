/* Documents sealed at rest: a random data key per prescription, wrapped by the key-encryption key.
 *
 * XChaCha20-Poly1305-IETF with random nonces.  The associated data binds table, column, row key and
 * sequence, so ciphertext moved to another row, column or moment does not open (proto/sealed.h has
 * the form).  Deleting the wrapped key shreds.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "crypto/keyring.h"
#include "proto/sealed.h"

enum {
	SEAL_KEY_LEN = SEALED_KEY_LEN,
	SEAL_WRAPPED_LEN = 72, /* nonce 24, key 32, tag 16 */
	SEAL_OVERHEAD_MAX = SEALED_OVERHEAD_MAX,
};

struct data_key {
	uint8_t key[SEAL_KEY_LEN];
	uint8_t wrapped[SEAL_WRAPPED_LEN];
	uint16_t generation; /* of the key-encryption key */
};

/* A fresh data key for this prescription, and its wrapped form. */
void data_key_new(struct data_key *ret, const struct keyring *k, const uint8_t rx_id[RX_ID_LEN]);
/* Fill ret->key from ret->wrapped and ret->generation.  0 or ERR_DAMAGED. */
MUST_CHECK int data_key_unwrap(struct data_key *ret, const struct keyring *k,
	const uint8_t rx_id[RX_ID_LEN]);
void data_key_wipe(struct data_key *key);

/* Bytes seal() writes for `len` bytes of plain text. */
size_t seal_len(size_t len);
/* `sealed` has seal_len(plain.len) bytes. */
void seal(uint8_t *sealed, const struct data_key *key, const struct seal_place *place,
	struct slice plain);
/* `plain` has sealed.len bytes; *ret_len of them are the text.  0 or ERR_DAMAGED. */
MUST_CHECK int seal_open(uint8_t *plain, size_t *ret_len, const struct data_key *key,
	const struct seal_place *place, struct slice sealed);

#endif
