/* Signed documents: verify the bytes first, then read exactly those bytes.
 *
 * Used by the server at receipt and by clients at every pull.
 */
#ifndef PROTO_DOCUMENT_H
#define PROTO_DOCUMENT_H

#include "proto/dsse.h"

/* Structure only: `doc` is there and of `kind`, which is known; body 1 .. DOCUMENT_BODY_MAX bytes,
 * key id 32, signature 64.  Returns 0, or -1. */
MUST_CHECK int document_check_form(const Rxcirc__V1__SignedDocument *doc,
	Rxcirc__V1__DocumentKind kind);
/* Form and signature.  Returns 0, or -1. */
MUST_CHECK int document_verify(const Rxcirc__V1__SignedDocument *doc, Rxcirc__V1__DocumentKind kind,
	const uint8_t public_key[PUBLIC_KEY_LEN]);
/* The two digests by which a later document names this one.  Its form was checked before. */
void document_digest(const Rxcirc__V1__SignedDocument *doc, uint8_t document_sha256[SHA256_LEN],
	uint8_t signature_sha256[SHA256_LEN]);
/* True when `named` names exactly this document with this signature. */
bool document_is_named_by(const Rxcirc__V1__SignedDocument *doc,
	const Rxcirc__V1__DocumentDigest *named);
/* True when a key statement is in force at `at_ms`: not_before <= at < not_after, and before
 * revoked_from when there is one. */
bool key_statement_is_valid_at(const Rxcirc__V1__KeyStatement *statement, int64_t at_ms);

#endif
