/* The platform's side of receipts: made for a call as a server would, or spoiled in one way.
 *
 * Statements follow from the call alone, so that a repeated call gets the same one.
 * Ownership: what receipts_make() fills lives in `ret`.
 */
#ifndef TEST_SDK_RECEIPTS_H
#define TEST_SDK_RECEIPTS_H

#include "test/sdk/wire.h"

enum {
	RECEIPT_PATH_MAX = 8,
	RECEIPT_STATEMENT_MAX = 512,
};

enum receipt_spoil {
	RECEIPT_GOOD = 0,
	RECEIPT_ABSENT,
	RECEIPT_FOREIGN_KEY,    /* signed by somebody else, under the platform's key id */
	RECEIPT_OTHER_REQUEST,  /* well signed, about another body */
	RECEIPT_OTHER_CALL,     /* well signed, about another idempotency key */
	RECEIPT_CHANGED,        /* one bit of the statement flipped after signing */
	RECEIPT_PATH_CUT,       /* the path lacks its last hash */
	RECEIPT_SHORT,          /* well signed, the leaf's hash is missing */
};

struct receipts {
	uint8_t public_key[32], secret_key[64];
	unsigned count, index; /* how many are signed together, and which is ours; 0 = alone */
	enum receipt_spoil spoil;
	const char *proof; /* given to who wants one; or NULL */
};

/* A fresh key; alone and good. */
void receipts_init(struct receipts *r);

struct receipt_made {
	Rxcirc__V1__Receipt message;
	uint8_t statement[RECEIPT_STATEMENT_MAX];
	uint8_t key_id[32], signature[64];
	uint8_t hashes[RECEIPT_PATH_MAX][32];
	ProtobufCBinaryData path[RECEIPT_PATH_MAX];
};

void receipts_make(const struct receipts *r, const Rxcirc__V1__ClientFrame *call,
	struct receipt_made *ret, struct wire_tail *ret_tail);
/* Pack what was made; malloc'd. */
uint8_t *receipt_pack(const struct receipt_made *made, size_t *ret_len);

#endif
