#include "test/sdk/receipts.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/receipt.h"

static void must(bool condition)
{
	if (!condition)
		abort();
}

void receipts_init(struct receipts *r)
{
	*r = (struct receipts){.count = 1};
	must(sodium_init() >= 0 && crypto_sign_keypair(r->public_key, r->secret_key) == 0);
}

static ProtobufCBinaryData data_of(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

static void request_sha256(uint8_t digest[32], const Rxcirc__V1__ClientFrame *call)
{
	crypto_hash_sha256_state hash;

	crypto_hash_sha256_init(&hash);
	crypto_hash_sha256_update(&hash, (const uint8_t *)call->method, strlen(call->method) + 1);
	crypto_hash_sha256_update(&hash, call->body.data, call->body.len);
	crypto_hash_sha256_final(&hash, digest);
}

static struct slice statement_make(const struct receipts *r, const Rxcirc__V1__ClientFrame *call,
	uint8_t out[RECEIPT_STATEMENT_MAX])
{
	Rxcirc__V1__ReceiptStatement s = RXCIRC__V1__RECEIPT_STATEMENT__INIT;
	uint8_t digest[32], leaf_hash[32], key[16];

	must(call->idempotency_key.len == sizeof(key));
	memcpy(key, call->idempotency_key.data, sizeof(key));
	crypto_hash_sha256(leaf_hash, key, sizeof(key));
	request_sha256(digest, call);
	digest[5] ^= r->spoil == RECEIPT_OTHER_REQUEST;
	s.format = 1;
	s.origin = (char *)(uintptr_t)"log.test";
	s.leaf_hash = data_of(leaf_hash, r->spoil == RECEIPT_SHORT ? 31 : 32);
	s.event_id = data_of(call->idempotency_key.data, 16);
	s.at_ms = 1772416800000;
	s.institution_code = (char *)(uintptr_t)"P14010000001";
	s.idempotency_key = data_of(key, sizeof(key));
	key[3] ^= r->spoil == RECEIPT_OTHER_CALL;
	s.request_sha256 = data_of(digest, sizeof(digest));
	must(rxcirc__v1__receipt_statement__get_packed_size(&s) <= RECEIPT_STATEMENT_MAX);
	return slice_of(out, rxcirc__v1__receipt_statement__pack(&s, out));
}

/* Sign ours among others of the same moment. */
static void batch_sign(const struct receipts *r, struct slice statement, struct receipt_made *ret)
{
	struct receipt_batch *batch = calloc(1, sizeof(*batch));
	uint8_t stranger_public[32], stranger_secret[64];
	struct merkle_proof path;

	must(batch != NULL && crypto_sign_keypair(stranger_public, stranger_secret) == 0);
	batch->count = r->count ? r->count : 1;
	for (unsigned i = 0; i < batch->count; i++)
		merkle_leaf_hash(&batch->nodes[0][i], slice_of(&i, sizeof(i)));
	merkle_leaf_hash(&batch->nodes[0][r->index], statement);
	must(receipt_batch_sign(batch,
		r->spoil == RECEIPT_FOREIGN_KEY ? stranger_secret : r->secret_key) == 0);
	receipt_batch_path(batch, r->index, &path);
	must(path.count <= RECEIPT_PATH_MAX);
	for (unsigned i = 0; i < path.count; i++) {
		memcpy(ret->hashes[i], path.hashes[i].bytes, 32);
		ret->path[i] = data_of(ret->hashes[i], 32);
	}
	ret->message.n_path = path.count - (r->spoil == RECEIPT_PATH_CUT);
	ret->message.count = batch->count;
	memcpy(ret->signature, batch->signature, sizeof(ret->signature));
	free(batch);
}

void receipts_make(const struct receipts *r, const Rxcirc__V1__ClientFrame *call,
	struct receipt_made *ret, struct wire_tail *ret_tail)
{
	struct slice statement = statement_make(r, call, ret->statement);

	rxcirc__v1__receipt__init(&ret->message);
	batch_sign(r, statement, ret);
	ret->message.statement = data_of(statement.data, statement.len);
	ret->message.index = r->index;
	ret->message.path = ret->path;
	crypto_hash_sha256(ret->key_id, r->public_key, sizeof(r->public_key));
	ret->message.key_id = data_of(ret->key_id, sizeof(ret->key_id));
	ret->message.signature = data_of(ret->signature, sizeof(ret->signature));
	if (r->spoil == RECEIPT_CHANGED)
		ret->statement[statement.len - 1] ^= 1;
	if (r->spoil == RECEIPT_ABSENT)
		return;
	ret_tail->receipt = &ret->message;
	ret_tail->proof = call->want_proof ? r->proof : NULL;
}

uint8_t *receipt_pack(const struct receipt_made *made, size_t *ret_len)
{
	uint8_t *bytes = malloc(rxcirc__v1__receipt__get_packed_size(&made->message) + 1);

	must(bytes != NULL);
	*ret_len = rxcirc__v1__receipt__pack(&made->message, bytes);
	return bytes;
}
