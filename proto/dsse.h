/* What a signature covers: the DSSE pre-authentication encoding.
 *
 *     "DSSEv1" SP len(type) SP type SP len(body) SP body        (lengths in decimal ASCII)
 *
 * One payload type per document kind, so that a signature for one purpose never serves another.
 * Ed25519 (pure) by libsodium, which refuses non-canonical S, small-order and non-canonical points;
 * dsse_key_is_sound() adds the prime-order check at registration.
 * Source: DSSE protocol v1; TRUST.md "Signatures".
 */
#ifndef PROTO_DSSE_H
#define PROTO_DSSE_H

#include "proto/bytes.h"
#include "proto/limits.h"
#include "rxcirc/v1/document.pb-c.h"

#define DSSE_TYPE_VOUCHER "application/vnd.rxcirc.voucher.v1"
#define DSSE_TYPE_RECEIPTS "application/vnd.rxcirc.receipts.v1"
#define DSSE_TYPE_KEY_POSSESSION "application/vnd.rxcirc.key-possession.v1"

/* Payload type of a document kind; NULL for a kind that is not signed. */
const char *dsse_type_of(Rxcirc__V1__DocumentKind kind);

/* Bytes the encoding of (type, body) takes. */
size_t dsse_encoded_len(const char *type, size_t body_len);
/* Write the encoding; returns false when it does not fit. */
MUST_CHECK bool dsse_encode(struct writer *out, const char *type, struct slice body);

/* SHA-256 of the encoding, computed without building it. */
void dsse_digest(uint8_t digest[SHA256_LEN], const char *type, struct slice body);

/* Sign the encoding.  `secret_key` is libsodium's 64 bytes (seed || public).  `body` is at most
 * REGISTRY_BODY_MAX bytes.  Returns 0, or -1 when it is longer or memory is short. */
MUST_CHECK int dsse_sign(uint8_t signature[SIGNATURE_LEN], const char *type, struct slice body,
	const uint8_t secret_key[64]);
/* Returns 0 when `signature` is by `public_key` over exactly (type, body), else -1. */
MUST_CHECK int dsse_verify(const uint8_t signature[SIGNATURE_LEN], const char *type,
	struct slice body, const uint8_t public_key[PUBLIC_KEY_LEN]);

/* SHA-256 of the public key. */
void dsse_key_id(uint8_t key_id[KEY_ID_LEN], const uint8_t public_key[PUBLIC_KEY_LEN]);
/* A canonical point of prime order, not of small order: fit to be registered. */
bool dsse_key_is_sound(const uint8_t public_key[PUBLIC_KEY_LEN]);
/* 0 when libsodium starts and its point check refuses what CVE-2025-69277 let through. */
MUST_CHECK int dsse_self_test(void);

#endif
