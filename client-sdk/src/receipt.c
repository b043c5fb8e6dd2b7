#include "client-sdk/src/receipt.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client-sdk/src/call.h"
#include "client-sdk/src/init.h"
#include "client-sdk/src/pb.h"
#include "proto/receipt.h"

static_assert(RXC_PUBLIC_KEY_LEN == PUBLIC_KEY_LEN && RXC_SHA256_LEN == SHA256_LEN &&
	RXC_EVENT_ID_LEN == EVENT_ID_LEN, "the public header and the wire agree");

int receipt_keys_add(struct receipt_keys *keys, const uint8_t public_key[PUBLIC_KEY_LEN],
	struct rxc_error *err)
{
	if (init_crypto(err) < 0)
		return err->code;
	if (!dsse_key_is_sound(public_key))
		return error_set(err, RXC_ERR_ARGUMENT, "KEY_UNSOUND",
			"the receipt key is not a sound Ed25519 point");
	for (unsigned i = 0; i < keys->count; i++)
		if (memcmp(keys->keys[i], public_key, PUBLIC_KEY_LEN) == 0)
			return 0;
	if (keys->count == RXC_RECEIPT_KEYS_MAX)
		return error_set(err, RXC_ERR_ARGUMENT, "", "more than %d receipt keys",
			RXC_RECEIPT_KEYS_MAX);
	memcpy(keys->keys[keys->count++], public_key, PUBLIC_KEY_LEN);
	return 0;
}

void kept_clear(struct kept *kept)
{
	free(kept->receipt);
	free(kept->proof);
	*kept = (struct kept){0};
}

void request_digest(uint8_t digest[SHA256_LEN], const char *method, struct slice body)
{
	crypto_hash_sha256_state hash;

	crypto_hash_sha256_init(&hash);
	crypto_hash_sha256_update(&hash, (const uint8_t *)method, strlen(method) + 1);
	if (body.len > 0)
		crypto_hash_sha256_update(&hash, body.data, body.len);
	crypto_hash_sha256_final(&hash, digest);
}

/* ---- whether there must be one -------------------------------------------------------------- */

static bool put_record_wrote(const ProtobufCMessage *reply)
{
	const Rxcirc__V1__PutRegistryRecordResponse *r = (const void *)reply;

	return r->changed || r->awaits_second_officer;
}

static bool put_service_wrote(const ProtobufCMessage *reply)
{
	return ((const Rxcirc__V1__PutServiceResponse *)reply)->changed;
}

static bool enter_agreement_wrote(const ProtobufCMessage *reply)
{
	return ((const Rxcirc__V1__EnterAgreementResponse *)reply)->changed;
}

static bool shred_wrote(const ProtobufCMessage *reply)
{
	const Rxcirc__V1__ShredRecordsResponse *r = (const void *)reply;

	return r->shredded > 0 || r->awaits_second_officer;
}

static bool cannot_be_told(const ProtobufCMessage *reply)
{
	(void)reply;
	return false;
}

/* Changing methods whose answer OK may stand for nothing newly written. */
static const struct {
	const char *method;
	bool (*wrote)(const ProtobufCMessage *reply);
} idle_methods[] = {
	{"rxcirc.v1.Agency/PutRegistryRecord", put_record_wrote},
	{"rxcirc.v1.Hospital/PutService", put_service_wrote},
	{"rxcirc.v1.Agreements/EnterAgreement", enter_agreement_wrote},
	{"rxcirc.v1.Agency/ShredRecords", shred_wrote},
	/* The holder may claim again, an import may go on. */
	{"rxcirc.v1.Pharmacy/ClaimPrescription", cannot_be_told},
	{"rxcirc.v1.Codes/BeginCodeVersion", cannot_be_told},
	/* Pages of something that counts when it is whole; they are no events. */
	{"rxcirc.v1.Codes/PutCodes", cannot_be_told},
	{"rxcirc.v1.Pharmacy/PutStock", cannot_be_told},
};

static bool is_owed(const char *method, const ProtobufCMessage *reply)
{
	for (size_t i = 0; i < sizeof(idle_methods) / sizeof(idle_methods[0]); i++)
		if (strcmp(idle_methods[i].method, method) == 0)
			return idle_methods[i].wrote(reply);
	return true;
}

/* ---- checking ------------------------------------------------------------------------------- */

static bool statement_is_formed(const Rxcirc__V1__ReceiptStatement *s)
{
	return s->format == 1 && s->leaf_hash.len == SHA256_LEN && s->event_id.len == EVENT_ID_LEN &&
		s->request_sha256.len == SHA256_LEN;
}

static int statement_read(const Rxcirc__V1__Receipt *receipt,
	Rxcirc__V1__ReceiptStatement **ret_statement, struct rxc_error *err)
{
	ProtobufCMessage *message;
	int r = pb_unpack(&rxcirc__v1__receipt_statement__descriptor, pb_slice(receipt->statement),
		&message);

	if (r == RXC_ERR_MEMORY)
		return error_set_memory(err);
	if (r == 0 && !statement_is_formed((const void *)message)) {
		pb_free(message);
		r = RXC_ERR_PROTOCOL;
	}
	if (r < 0)
		return error_set(err, RXC_ERR_VERIFY, "RECEIPT_INVALID",
			"the receipt's statement cannot be read");
	*ret_statement = (Rxcirc__V1__ReceiptStatement *)message;
	return 0;
}

/* Of this call?  NULL, or what is not. */
static const char *statement_strays(const Rxcirc__V1__ReceiptStatement *s, const struct call *call)
{
	if (!slice_equal(pb_slice(s->idempotency_key),
			slice_of(call->idempotency_key, IDEMPOTENCY_KEY_LEN)))
		return "it is about another call's idempotency key";
	if (memcmp(s->request_sha256.data, call->request_sha256, SHA256_LEN) != 0)
		return "it is about another request";
	return NULL;
}

static bool is_signed(const Rxcirc__V1__Receipt *receipt, const struct receipt_keys *keys)
{
	for (unsigned i = 0; i < keys->count; i++)
		if (receipt_verify(receipt, keys->keys[i]) == 0)
			return true;
	return false;
}

static int receipt_check(const struct call *call, const struct receipt_keys *keys,
	const Rxcirc__V1__Receipt *receipt, struct rxc_error *err)
{
	Rxcirc__V1__ReceiptStatement *statement;
	const char *why;

	if (!is_signed(receipt, keys))
		return error_set(err, RXC_ERR_VERIFY, "RECEIPT_INVALID",
			"the change happened, but its receipt is not signed by a receipt key of the options");
	if (statement_read(receipt, &statement, err) < 0)
		return err->code;
	why = statement_strays(statement, call);
	pb_free(statement);
	return why ? error_set(err, RXC_ERR_VERIFY, "RECEIPT_INVALID",
		"the change happened, but its receipt is wrong: %s", why) : 0;
}

int receipt_take(const struct call *call, const struct receipt_keys *keys,
	const Rxcirc__V1__ServerFrame *frame, const ProtobufCMessage *reply, struct kept *ret,
	struct rxc_error *err)
{
	struct kept made = {0};

	if (!call->has_key)
		return 0;
	if (!frame->receipt)
		return keys->count > 0 && is_owed(call_method_name(call), reply) ?
			error_set(err, RXC_ERR_VERIFY, "RECEIPT_MISSING",
				"the change happened, but the answer brings no receipt") : 0;
	if (keys->count > 0 && receipt_check(call, keys, frame->receipt, err) < 0)
		return err->code;
	made.receipt = pb_pack(&frame->receipt->base, &made.receipt_len);
	if (made.receipt && frame->proof.len > 0) {
		made.proof = malloc(frame->proof.len);
		made.proof_len = frame->proof.len;
		if (made.proof)
			memcpy(made.proof, frame->proof.data, frame->proof.len);
	}
	if (!made.receipt || (frame->proof.len > 0 && !made.proof)) {
		kept_clear(&made);
		return error_set_memory(err);
	}
	*ret = made;
	return 0;
}

/* ---- offline -------------------------------------------------------------------------------- */

static int receipt_read(struct slice bytes, const uint8_t public_key[PUBLIC_KEY_LEN],
	Rxcirc__V1__ReceiptStatement **ret_statement, struct rxc_error *err)
{
	ProtobufCMessage *receipt;
	int r;

	if (init_crypto(err) < 0)
		return err->code;
	r = pb_unpack(&rxcirc__v1__receipt__descriptor, bytes, &receipt);
	if (r == RXC_ERR_MEMORY)
		return error_set_memory(err);
	if (r < 0)
		return error_set(err, RXC_ERR_VERIFY, "RECEIPT_INVALID", "it is not a receipt");
	if (receipt_verify((const Rxcirc__V1__Receipt *)receipt, public_key) < 0)
		error_set(err, RXC_ERR_VERIFY, "RECEIPT_INVALID",
			"the receipt is not signed by this key over exactly its statement");
	else
		(void)statement_read((const void *)receipt, ret_statement, err); /* told through err */
	pb_free(receipt);
	return err->code;
}

int rxc_receipt_verify(const void *receipt, size_t receipt_len,
	const uint8_t public_key[RXC_PUBLIC_KEY_LEN], Rxcirc__V1__ReceiptStatement **ret_statement,
	rxc_error **ret_error)
{
	struct rxc_error err = {0};

	if (receipt_read(slice_of(receipt, receipt_len), public_key, ret_statement, &err) < 0)
		return error_give(&err, ret_error);
	return 0;
}

int rxc_request_digest(const char *method, const ProtobufCMessage *request,
	uint8_t digest[RXC_SHA256_LEN])
{
	size_t len;
	uint8_t *body = pb_pack(request, &len);

	if (!body)
		return RXC_ERR_MEMORY;
	request_digest(digest, method, slice_of(body, len));
	free(body);
	return 0;
}
