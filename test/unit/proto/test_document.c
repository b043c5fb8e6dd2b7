/* Signed documents: form, signature, how one names another, and when a key statement holds. */
#include "test/support/tap.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/document.h"


enum {
	PRESCRIPTION = RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION,
	REVIEW = RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_HOSPITAL_REVIEW,
	LAST = RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_RETURN_RECORD,
};

static uint8_t public_key[PUBLIC_KEY_LEN], secret_key[64], key_id[KEY_ID_LEN];
static uint8_t body[DOCUMENT_BODY_MAX + 1], signature[SIGNATURE_LEN + 1];

static int make_key(void **state)
{
	static const uint8_t seed[32] = "a physician, tests";

	(void)state;
	if (sodium_init() < 0 || crypto_sign_seed_keypair(public_key, secret_key, seed) < 0)
		return -1;
	dsse_key_id(key_id, public_key);
	memset(body, 'b', sizeof(body));
	return 0;
}

/* A document signed here; it borrows body and signature of this file. */
static Rxcirc__V1__SignedDocument signed_document(int kind, size_t body_len)
{
	Rxcirc__V1__SignedDocument doc = RXCIRC__V1__SIGNED_DOCUMENT__INIT;

	doc.kind = (Rxcirc__V1__DocumentKind)kind;
	doc.body = (ProtobufCBinaryData){body_len, body};
	doc.key_id = (ProtobufCBinaryData){KEY_ID_LEN, key_id};
	doc.signature = (ProtobufCBinaryData){SIGNATURE_LEN, signature};
	assert_int_equal(dsse_sign(signature, dsse_type_of(doc.kind), slice_of(body, body_len),
		secret_key), 0);
	return doc;
}

static int verify(const Rxcirc__V1__SignedDocument *doc, int kind)
{
	return document_verify(doc, (Rxcirc__V1__DocumentKind)kind, public_key);
}

static void every_kind_verifies_as_itself_only(void **state)
{
	(void)state;
	for (int kind = PRESCRIPTION; kind <= LAST; kind++) {
		Rxcirc__V1__SignedDocument doc = signed_document(kind, 100);

		for (int as = -1; as <= LAST + 1; as++) {
			assert_int_equal(document_check_form(&doc, (Rxcirc__V1__DocumentKind)as),
				as == kind ? 0 : -1);
			assert_int_equal(verify(&doc, as), as == kind ? 0 : -1);
		}
	}
}

static void a_renamed_kind_does_not_verify(void **state)
{
	Rxcirc__V1__SignedDocument doc = signed_document(PRESCRIPTION, 100);

	(void)state;
	doc.kind = (Rxcirc__V1__DocumentKind)REVIEW;
	assert_int_equal(document_check_form(&doc, doc.kind), 0);
	assert_int_equal(verify(&doc, REVIEW), -1);
}

static void kinds_that_are_not_signed_have_no_form(void **state)
{
	Rxcirc__V1__SignedDocument doc = signed_document(PRESCRIPTION, 100);
	static const int kinds[] = {0, -1, 8, INT32_MAX, INT32_MIN};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		doc.kind = (Rxcirc__V1__DocumentKind)kinds[i];
		assert_int_equal(document_check_form(&doc, doc.kind), -1);
	}
	assert_int_equal(document_check_form(NULL, (Rxcirc__V1__DocumentKind)PRESCRIPTION), -1);
}

static void bodies_at_the_limits(void **state)
{
	Rxcirc__V1__SignedDocument doc = signed_document(PRESCRIPTION, 1);

	(void)state;
	assert_int_equal(verify(&doc, PRESCRIPTION), 0);
	doc = signed_document(PRESCRIPTION, DOCUMENT_BODY_MAX);
	assert_int_equal(verify(&doc, PRESCRIPTION), 0);
	/* Both well signed. */
	doc = signed_document(PRESCRIPTION, DOCUMENT_BODY_MAX + 1);
	assert_int_equal(verify(&doc, PRESCRIPTION), -1);
	doc = signed_document(PRESCRIPTION, 0);
	assert_int_equal(verify(&doc, PRESCRIPTION), -1);
}

static void key_ids_and_signatures_have_one_length(void **state)
{
	Rxcirc__V1__SignedDocument doc = signed_document(PRESCRIPTION, 100);
	static const size_t lens[] = {0, 1, KEY_ID_LEN - 1, KEY_ID_LEN + 1, SIGNATURE_LEN - 1,
		SIGNATURE_LEN + 1};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		doc.key_id.len = lens[i];
		assert_int_equal(document_check_form(&doc, doc.kind), -1);
		doc.key_id.len = KEY_ID_LEN;
		doc.signature.len = lens[i];
		assert_int_equal(document_check_form(&doc, doc.kind), -1);
		assert_int_equal(verify(&doc, PRESCRIPTION), -1);
		doc.signature.len = SIGNATURE_LEN;
	}
	assert_int_equal(verify(&doc, PRESCRIPTION), 0);
}

static void changed_bytes_do_not_verify(void **state)
{
	Rxcirc__V1__SignedDocument doc = signed_document(PRESCRIPTION, 100);

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		body[i] ^= 0x10;
		assert_int_equal(verify(&doc, PRESCRIPTION), -1);
		body[i] ^= 0x10;
	}
	signature[0] ^= 1;
	assert_int_equal(verify(&doc, PRESCRIPTION), -1);
	signature[0] ^= 1;
	doc.body.len = 99;
	assert_int_equal(verify(&doc, PRESCRIPTION), -1);
	doc.body.len = 101;
	assert_int_equal(verify(&doc, PRESCRIPTION), -1);
	doc.body.len = 100;
	assert_int_equal(verify(&doc, PRESCRIPTION), 0);
}

static void digests_are_of_the_encoding_and_of_the_signature(void **state)
{
	Rxcirc__V1__SignedDocument doc = signed_document(REVIEW, 5000);
	uint8_t of_document[SHA256_LEN], of_signature[SHA256_LEN], expected[SHA256_LEN];

	(void)state;
	document_digest(&doc, of_document, of_signature);
	dsse_digest(expected, "application/vnd.rxcirc.hospital-review.v1+protobuf",
		slice_of(body, 5000));
	assert_memory_equal(of_document, expected, SHA256_LEN);
	crypto_hash_sha256(expected, signature, SIGNATURE_LEN);
	assert_memory_equal(of_signature, expected, SHA256_LEN);
}

static void a_name_fits_one_document_and_one_signature(void **state)
{
	Rxcirc__V1__SignedDocument doc = signed_document(PRESCRIPTION, 100);
	uint8_t of_document[SHA256_LEN + 1], of_signature[SHA256_LEN + 1];
	Rxcirc__V1__DocumentDigest named = RXCIRC__V1__DOCUMENT_DIGEST__INIT;

	(void)state;
	document_digest(&doc, of_document, of_signature);
	named.document_sha256 = (ProtobufCBinaryData){SHA256_LEN, of_document};
	named.signature_sha256 = (ProtobufCBinaryData){SHA256_LEN, of_signature};
	assert_true(document_is_named_by(&doc, &named));

	/* The body, the kind or the signature changes: no longer named. */
	body[0] ^= 1;
	assert_false(document_is_named_by(&doc, &named));
	body[0] ^= 1;
	doc.kind = (Rxcirc__V1__DocumentKind)REVIEW;
	assert_false(document_is_named_by(&doc, &named));
	doc.kind = (Rxcirc__V1__DocumentKind)0;
	assert_false(document_is_named_by(&doc, &named));
	doc.kind = (Rxcirc__V1__DocumentKind)PRESCRIPTION;
	signature[63] ^= 1;
	assert_false(document_is_named_by(&doc, &named));
	signature[63] ^= 1;
	assert_true(document_is_named_by(&doc, &named));

	/* The name itself is not whole. */
	named.document_sha256.len = SHA256_LEN - 1;
	assert_false(document_is_named_by(&doc, &named));
	named.document_sha256.len = SHA256_LEN + 1;
	assert_false(document_is_named_by(&doc, &named));
	named.document_sha256.len = SHA256_LEN;
	named.signature_sha256 = (ProtobufCBinaryData){0, NULL};
	assert_false(document_is_named_by(&doc, &named));
	named.signature_sha256 = named.document_sha256;
	assert_false(document_is_named_by(&doc, &named));
	assert_false(document_is_named_by(&doc, NULL));
	assert_false(document_is_named_by(NULL, &named));
}

static void a_key_statement_holds_between_its_dates(void **state)
{
	Rxcirc__V1__KeyStatement s = RXCIRC__V1__KEY_STATEMENT__INIT;

	(void)state;
	s.not_before_ms = 1000;
	s.not_after_ms = 2000;
	assert_false(key_statement_is_valid_at(&s, 999));
	assert_true(key_statement_is_valid_at(&s, 1000));
	assert_true(key_statement_is_valid_at(&s, 1999));
	assert_false(key_statement_is_valid_at(&s, 2000));
	assert_false(key_statement_is_valid_at(&s, INT64_MAX));
	assert_false(key_statement_is_valid_at(&s, INT64_MIN));
}

static void a_revoked_key_statement_held_before(void **state)
{
	Rxcirc__V1__KeyStatement s = RXCIRC__V1__KEY_STATEMENT__INIT;

	(void)state;
	s.not_before_ms = 1000;
	s.not_after_ms = 2000;
	s.revoked_from_ms = 1500;
	assert_true(key_statement_is_valid_at(&s, 1499));
	assert_false(key_statement_is_valid_at(&s, 1500));
	/* From the beginning, before it, and after the end. */
	s.revoked_from_ms = 1000;
	assert_false(key_statement_is_valid_at(&s, 1000));
	s.revoked_from_ms = 1;
	assert_false(key_statement_is_valid_at(&s, 1000));
	s.revoked_from_ms = 3000;
	assert_true(key_statement_is_valid_at(&s, 1999));
	assert_false(key_statement_is_valid_at(&s, 2000));
}

static void a_key_statement_without_dates_never_holds(void **state)
{
	Rxcirc__V1__KeyStatement s = RXCIRC__V1__KEY_STATEMENT__INIT;

	(void)state;
	assert_false(key_statement_is_valid_at(&s, 0));
	assert_false(key_statement_is_valid_at(&s, 1));
	s.not_before_ms = s.not_after_ms = 1000;
	assert_false(key_statement_is_valid_at(&s, 1000));
}

static const struct CMUnitTest tests[] = {
	TEST(every_kind_verifies_as_itself_only),
	TEST(a_renamed_kind_does_not_verify),
	TEST(kinds_that_are_not_signed_have_no_form),
	TEST(bodies_at_the_limits),
	TEST(key_ids_and_signatures_have_one_length),
	TEST(changed_bytes_do_not_verify),
	TEST(digests_are_of_the_encoding_and_of_the_signature),
	TEST(a_name_fits_one_document_and_one_signature),
	TEST(a_key_statement_holds_between_its_dates),
	TEST(a_revoked_key_statement_held_before),
	TEST(a_key_statement_without_dates_never_holds),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("document", tests, make_key, NULL);
}
