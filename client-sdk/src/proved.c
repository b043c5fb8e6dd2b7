/* Proofs checked offline: one leaf stands in a log that the policy's keys vouch for. */
#include <stdlib.h>
#include <string.h>

#include "client-sdk/src/error.h"
#include "client-sdk/src/init.h"
#include "proto/tile.h"
#include "proto/tlog_proof.h"

struct rxc_tlog_proof {
	uint64_t index;
	struct checkpoint checkpoint;
	uint64_t time_s;
	struct merkle_hash leaf_hash;
	size_t leaf_len;
	uint8_t leaf[TILE_ENTRY_MAX];
};

/* What reading takes; too large for the stack. */
struct proof_reading {
	struct policy policy;
	struct policy_verdict verdict;
	struct tlog_proof proof;
	char problem[POLICY_PROBLEM_MAX];
};

static int proof_refuse(struct rxc_error *err, const char *why)
{
	return error_set(err, RXC_ERR_VERIFY, "PROOF_INVALID", "%s", why);
}

static int proof_check(struct proof_reading *r, rxc_tlog_proof *made, struct slice text,
	struct slice policy, struct rxc_error *err)
{
	if (!policy_parse(&r->policy, policy, r->problem))
		return error_set(err, RXC_ERR_ARGUMENT, "POLICY_MALFORMED", "%s", r->problem);
	if (!tlog_proof_parse(&r->proof, text, made->leaf, sizeof(made->leaf)))
		return proof_refuse(err, "it is not a tlog-proof");
	if (r->proof.extra.len == 0)
		return proof_refuse(err, "it does not carry the leaf it proves");
	made->leaf_len = r->proof.extra.len;
	merkle_leaf_hash(&made->leaf_hash, r->proof.extra);
	if (!tlog_proof_holds(&r->proof, &made->leaf_hash, &r->policy, r->problem))
		return proof_refuse(err, r->problem);
	/* Once more, for what it says of itself; it was accepted. */
	policy_judge(&r->policy, r->proof.note, &r->verdict);
	made->index = r->proof.index;
	made->checkpoint = r->verdict.checkpoint;
	made->time_s = r->verdict.newest_s;
	return 0;
}

int rxc_tlog_proof_verify(const void *proof, size_t proof_len, const void *policy,
	size_t policy_len, rxc_tlog_proof **ret_proof, rxc_error **ret_error)
{
	struct rxc_error err = {0};
	struct proof_reading *reading = calloc(1, sizeof(*reading));
	rxc_tlog_proof *made = calloc(1, sizeof(*made));

	if (!reading || !made)
		error_set_memory(&err);
	else if (init_crypto(&err) == 0)
		(void)proof_check(reading, made, slice_of(proof, proof_len), /* told through err */
			slice_of(policy, policy_len), &err);
	free(reading);
	if (err.code) {
		free(made);
		return error_give(&err, ret_error);
	}
	*ret_proof = made;
	return 0;
}

void rxc_tlog_proof_free(rxc_tlog_proof *proof)
{
	free(proof);
}

const uint8_t *rxc_tlog_proof_leaf(const rxc_tlog_proof *proof, size_t *ret_len)
{
	*ret_len = proof->leaf_len;
	return proof->leaf;
}

void rxc_tlog_proof_leaf_hash(const rxc_tlog_proof *proof, uint8_t hash[RXC_SHA256_LEN])
{
	memcpy(hash, proof->leaf_hash.bytes, SHA256_LEN);
}

uint64_t rxc_tlog_proof_index(const rxc_tlog_proof *proof)
{
	return proof->index;
}

uint64_t rxc_tlog_proof_size(const rxc_tlog_proof *proof)
{
	return proof->checkpoint.size;
}

const char *rxc_tlog_proof_origin(const rxc_tlog_proof *proof)
{
	return proof->checkpoint.origin;
}

uint64_t rxc_tlog_proof_time_s(const rxc_tlog_proof *proof)
{
	return proof->time_s;
}
