/* One call: from the request message to the checked reply message, whoever carries the bytes.
 *
 * A reply that carries prescriptions is given out only after every bundle in it verified and
 * belongs to what was asked: the person of the presented e-voucher, or the prescription named.
 * What a pull calls unchanged must be what the request said it knows.
 * Ownership: a struct call owns its bytes until call_clear().
 * Threads: one at a time.
 */
#ifndef SDK_CALL_H
#define SDK_CALL_H

#include "client-sdk/src/error.h"
#include "client-sdk/src/trust.h"
#include "proto/limits.h"
#include "proto/voucher.h"

struct method;
struct carrier;

struct call {
	const struct method *method;
	const ProtobufCMethodDescriptor *types;
	const struct carrier *carrier; /* or NULL */
	uint8_t *body; /* malloc'd */
	size_t body_len;
	bool has_key;
	uint8_t idempotency_key[IDEMPOTENCY_KEY_LEN];
	uint8_t request_sha256[SHA256_LEN]; /* what a receipt says it answers; when has_key */
	/* What the reply must be about. */
	char voucher_id[VOUCHER_ID_MAX + 1]; /* empty when the request's code cannot be read */
	bool by_grant; /* no code was presented: whose it is only the server knows */
	uint8_t rx_id[RX_ID_LEN];
	struct known {
		uint8_t rx_id[RX_ID_LEN];
		uint64_t version;
	} known[PULL_PRESCRIPTIONS_MAX];
	size_t known_count;
	bool may_be_unchanged; /* the request named a version it knows */
};

/* Check and serialize.  A changing method gets `idempotency_key`, or a fresh one when it is NULL;
 * others get none.  `trust` may be NULL; then methods whose replies carry prescriptions are refused
 * (RXC_ERR_ARGUMENT, "TRUST_MISSING") before anything is sent. */
MUST_CHECK int call_prepare(struct call *call, const char *method, const ProtobufCMessage *request,
	const uint8_t *idempotency_key, const struct rxc_trust *trust, struct rxc_error *err);
/* The request was serialized elsewhere; the reply can still be read. */
void call_drop_body(struct call *call);
void call_clear(struct call *call);
const char *call_method_name(const struct call *call);
bool call_is_stream(const struct call *call);
/* Whether a method of this name has several answers; false of names that are none. */
bool method_is_stream(const char *name);

/* Read the answer's body and check what it carries. */
MUST_CHECK int call_read_reply(const struct call *call, const struct rxc_trust *trust,
	struct slice body, ProtobufCMessage **ret_reply, struct rxc_error *err);

#endif
