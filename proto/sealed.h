/* Documents sealed at rest, as whoever was given the key opens them again.
 *
 *     nonce (24 bytes) | ciphertext | tag (16)          XChaCha20-Poly1305-IETF
 *
 * associated data   "rxcirc/document.sealed/v1" | rx id (16) | seq (u64) | kind (u16)
 * plain text        padded to the next multiple of SEALED_PAD, by at least one byte: 80, then
 *                   zeroes (ISO/IEC 7816-4), so that its length tells little
 *
 * Ciphertext that was moved to another prescription, event or kind does not open.
 *
 * Ownership: nothing here owns memory.  Threads: any.
 */
#ifndef PROTO_SEALED_H
#define PROTO_SEALED_H

#include "proto/bytes.h"
#include "proto/limits.h"

enum {
	SEALED_KEY_LEN = 32,
	SEALED_NONCE_LEN = 24,
	SEALED_TAG_LEN = 16,
	SEALED_PAD = 256,
	SEALED_OVERHEAD_MAX = SEALED_NONCE_LEN + SEALED_TAG_LEN + SEALED_PAD,
};

/* Where a sealed value stands: opening needs the same place. */
struct seal_place {
	const uint8_t *rx_id; /* RX_ID_LEN */
	uint64_t seq;         /* of the event it came with */
	uint16_t kind;        /* DocumentKind */
};

/* Bytes that `len` bytes of plain text become. */
size_t sealed_len(size_t len);
/* `sealed` has sealed_len(plain.len) bytes.  A nonce serves one text: it must be random. */
void sealed_make(uint8_t *sealed, const uint8_t nonce[SEALED_NONCE_LEN],
	const uint8_t key[SEALED_KEY_LEN], const struct seal_place *place, struct slice plain);
/* `plain` has sealed.len bytes; *ret_len of them are the text.  False: this key does not open it at
 * this place; then *ret_len is not written. */
MUST_CHECK bool sealed_open(uint8_t *plain, size_t *ret_len, const uint8_t key[SEALED_KEY_LEN],
	const struct seal_place *place, struct slice sealed);

#endif
