/* Receipts: many statements under one signature (rxcirc/v1/receipt.proto).
 *
 * Ownership: nothing here owns memory.  Threads: any.
 */
#ifndef PROTO_RECEIPT_H
#define PROTO_RECEIPT_H

#include "proto/dsse.h"
#include "proto/merkle.h"
#include "rxcirc/v1/receipt.pb-c.h"

/* A batch being signed: the tree over its statements. */
struct receipt_batch {
	unsigned count;                                  /* 1 .. RECEIPTS_MAX */
	struct merkle_hash nodes[9][RECEIPTS_MAX];       /* [level][index], complete subtrees */
	uint8_t key_id[KEY_ID_LEN], signature[SIGNATURE_LEN];
};
static_assert(RECEIPTS_MAX == 1 << 8, "nine levels hold them");

/* nodes[0] is filled with the statements' leaf hashes.  0, or -1 when memory is short or the count
 * is not as above. */
MUST_CHECK int receipt_batch_sign(struct receipt_batch *b, const uint8_t secret_key[64]);
/* The path of statement `index`; empty when there is no such statement. */
void receipt_batch_path(struct receipt_batch *b, unsigned index, struct merkle_proof *ret);

/* 0 when the receipt's signature is by this key over a tree that has exactly its statement at its
 * index, else -1.  The count is believed: where the way to the statement is the same in a batch of
 * another size, it is one receipt. */
MUST_CHECK int receipt_verify(const Rxcirc__V1__Receipt *receipt,
	const uint8_t public_key[PUBLIC_KEY_LEN]);

#endif
