/* Form, signature and name of a signed document. */
#include "proto/document.h"

#include <sodium.h>

static struct slice slice_of_field(ProtobufCBinaryData field)
{
	return slice_of(field.data, field.len);
}

int document_check_form(const Rxcirc__V1__SignedDocument *doc, Rxcirc__V1__DocumentKind kind)
{
	if (!doc || doc->kind != kind || !dsse_type_of(kind))
		return -1;
	if (doc->body.len < 1 || doc->body.len > DOCUMENT_BODY_MAX)
		return -1;
	if (doc->key_id.len != KEY_ID_LEN || doc->signature.len != SIGNATURE_LEN)
		return -1;
	return 0;
}

int document_verify(const Rxcirc__V1__SignedDocument *doc, Rxcirc__V1__DocumentKind kind,
	const uint8_t public_key[PUBLIC_KEY_LEN])
{
	if (document_check_form(doc, kind) < 0)
		return -1;
	return dsse_verify(doc->signature.data, dsse_type_of(kind), slice_of_field(doc->body),
		public_key);
}

void document_digest(const Rxcirc__V1__SignedDocument *doc, uint8_t document_sha256[SHA256_LEN],
	uint8_t signature_sha256[SHA256_LEN])
{
	const char *type = dsse_type_of(doc->kind);

	/* No document has an empty type, so a kind that is not signed never looks like one that is. */
	dsse_digest(document_sha256, type ? type : "", slice_of_field(doc->body));
	crypto_hash_sha256(signature_sha256, doc->signature.data, doc->signature.len);
}

bool document_is_named_by(const Rxcirc__V1__SignedDocument *doc,
	const Rxcirc__V1__DocumentDigest *named)
{
	uint8_t document_sha256[SHA256_LEN], signature_sha256[SHA256_LEN];

	if (!doc || !named || !dsse_type_of(doc->kind))
		return false;
	document_digest(doc, document_sha256, signature_sha256);
	return slice_equal(slice_of_field(named->document_sha256),
			slice_of(document_sha256, SHA256_LEN)) &&
		slice_equal(slice_of_field(named->signature_sha256),
			slice_of(signature_sha256, SHA256_LEN));
}

bool key_statement_is_valid_at(const Rxcirc__V1__KeyStatement *statement, int64_t at_ms)
{
	if (at_ms < statement->not_before_ms || at_ms >= statement->not_after_ms)
		return false;
	return statement->revoked_from_ms == 0 || at_ms < statement->revoked_from_ms;
}
