/* Receipts: the platform's signed word that a change is written.
 *
 * A receipt is believed when it is signed by one of the keys, and when its statement is about this
 * call: the idempotency key and the digest of method and request.
 * Ownership: struct receipt_keys is plain data; struct kept owns its bytes until kept_clear().
 * Threads: one at a time.
 */
#ifndef SDK_RECEIPT_H
#define SDK_RECEIPT_H

#include "client-sdk/src/error.h"
#include "proto/limits.h"

struct call;

struct receipt_keys {
	unsigned count; /* 0 = receipts are kept as they come */
	uint8_t keys[RXC_RECEIPT_KEYS_MAX][PUBLIC_KEY_LEN];
};

/* A key that is there already is passed over.  0, or an RXC_ERR_* in `err`. */
MUST_CHECK int receipt_keys_add(struct receipt_keys *keys, const uint8_t public_key[PUBLIC_KEY_LEN],
	struct rxc_error *err);

/* What came with an answer beside its body; starts zeroed. */
struct kept {
	uint8_t *receipt; /* a packed Receipt, or NULL */
	size_t receipt_len;
	uint8_t *proof; /* a tlog-proof, or NULL */
	size_t proof_len;
};

void kept_clear(struct kept *kept);

/* Check what came with the answer OK to a changing call, and keep it.  `reply` tells whether
 * anything was written at all: of some methods it may stand there already.  0, or RXC_ERR_VERIFY
 * (RECEIPT_MISSING, RECEIPT_INVALID) or RXC_ERR_MEMORY; then `ret` is untouched. */
MUST_CHECK int receipt_take(const struct call *call, const struct receipt_keys *keys,
	const Rxcirc__V1__ServerFrame *frame, const ProtobufCMessage *reply, struct kept *ret,
	struct rxc_error *err);

/* SHA-256 of the method's name, a zero byte and the request's body. */
void request_digest(uint8_t digest[SHA256_LEN], const char *method, struct slice body);

#endif
