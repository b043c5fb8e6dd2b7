/* Signing documents, and naming them by their digests. */
#include <stdlib.h>
#include <string.h>

#include "client-sdk/src/key.h"
#include "client-sdk/src/pb.h"
#include "proto/document.h"

/* The message that belongs to a kind of document; NULL for a kind that is not signed. */
static const ProtobufCMessageDescriptor *kind_message(Rxcirc__V1__DocumentKind kind)
{
	switch (kind) {
	case RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION:
		return &rxcirc__v1__prescription__descriptor;
	case RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_HOSPITAL_REVIEW:
		return &rxcirc__v1__hospital_review__descriptor;
	case RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW:
		return &rxcirc__v1__pharmacy_review__descriptor;
	case RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD:
		return &rxcirc__v1__dispense_record__descriptor;
	case RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_REVOCATION:
		return &rxcirc__v1__revocation__descriptor;
	case RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT:
		return &rxcirc__v1__key_statement__descriptor;
	case RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_RETURN_RECORD:
		return &rxcirc__v1__return_record__descriptor;
	case RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED:
	case _RXCIRC__V1__DOCUMENT_KIND_IS_INT_SIZE:
	default:
		return NULL;
	}
}

static bool data_copy(ProtobufCBinaryData *to, const void *bytes, size_t len)
{
	to->data = malloc(len);
	if (!to->data)
		return false;
	memcpy(to->data, bytes, len);
	to->len = len;
	return true;
}

/* A document with room for its signature; NULL when memory is short. */
static Rxcirc__V1__SignedDocument *document_new(const rxc_key *key, Rxcirc__V1__DocumentKind kind,
	struct slice body)
{
	static const uint8_t no_signature[SIGNATURE_LEN];
	Rxcirc__V1__SignedDocument *doc = malloc(sizeof(*doc));

	if (!doc)
		return NULL;
	rxcirc__v1__signed_document__init(doc);
	doc->kind = kind;
	if (!data_copy(&doc->body, body.data, body.len) ||
		!data_copy(&doc->key_id, key->id, KEY_ID_LEN) ||
		!data_copy(&doc->signature, no_signature, SIGNATURE_LEN)) {
		pb_free(doc);
		return NULL;
	}
	return doc;
}

static int sign_body(const rxc_key *key, Rxcirc__V1__DocumentKind kind, struct slice body,
	Rxcirc__V1__SignedDocument **ret_document, struct rxc_error *err)
{
	const char *type = dsse_type_of(kind);
	Rxcirc__V1__SignedDocument *doc;

	if (!type)
		return error_set(err, RXC_ERR_ARGUMENT, "",
			"documents of kind %d are not signed", (int)kind);
	if (body.len == 0 || body.len > DOCUMENT_BODY_MAX)
		return error_set(err, RXC_ERR_ARGUMENT, "",
			"a document has 1 to %d bytes, this one %zu", DOCUMENT_BODY_MAX, body.len);
	doc = document_new(key, kind, body);
	if (!doc)
		return error_set_memory(err);
	if (dsse_sign(doc->signature.data, type, pb_slice(doc->body), key->secret) < 0) {
		pb_free(doc);
		return error_set_memory(err); /* the length was checked above */
	}
	*ret_document = doc;
	return 0;
}

int rxc_sign_document(const rxc_key *key, Rxcirc__V1__DocumentKind kind, const void *body,
	size_t body_len, Rxcirc__V1__SignedDocument **ret_document, rxc_error **ret_error)
{
	struct rxc_error err = {0};

	if (sign_body(key, kind, slice_of(body, body_len), ret_document, &err) < 0)
		return error_give(&err, ret_error);
	return 0;
}

int rxc_sign_message(const rxc_key *key, Rxcirc__V1__DocumentKind kind,
	const ProtobufCMessage *message, Rxcirc__V1__SignedDocument **ret_document,
	rxc_error **ret_error)
{
	const ProtobufCMessageDescriptor *type = kind_message(kind);
	struct rxc_error err = {0};
	uint8_t *body;
	size_t body_len;
	int r;

	if (!type || strcmp(type->name, message->descriptor->name) != 0) {
		error_set(&err, RXC_ERR_ARGUMENT, "", "a document of kind %d is not a %s",
			(int)kind, message->descriptor->name);
		return error_give(&err, ret_error);
	}
	body = pb_pack(message, &body_len);
	if (!body) {
		error_set_memory(&err);
		return error_give(&err, ret_error);
	}
	r = sign_body(key, kind, slice_of(body, body_len), ret_document, &err);
	free(body);
	return r < 0 ? error_give(&err, ret_error) : 0;
}

int rxc_sign_possession(const rxc_key *key, uint8_t signature[64], rxc_error **ret_error)
{
	struct rxc_error err = {0};
	uint8_t made[SIGNATURE_LEN];

	if (dsse_sign(made, DSSE_TYPE_KEY_POSSESSION, slice_of(key->public_key, PUBLIC_KEY_LEN),
		key->secret) < 0) {
		error_set_memory(&err);
		return error_give(&err, ret_error);
	}
	memcpy(signature, made, SIGNATURE_LEN);
	return 0;
}

void rxc_document_digest(const Rxcirc__V1__SignedDocument *document, uint8_t document_sha256[32],
	uint8_t signature_sha256[32])
{
	document_digest(document, document_sha256, signature_sha256);
}
