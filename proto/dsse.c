/* The encoding that is signed, and Ed25519 over it. */
#include "proto/dsse.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(SHA256_LEN == crypto_hash_sha256_BYTES, "SHA-256");
static_assert(KEY_ID_LEN == crypto_hash_sha256_BYTES, "a key id is a SHA-256");
static_assert(PUBLIC_KEY_LEN == crypto_sign_PUBLICKEYBYTES, "Ed25519");
static_assert(SIGNATURE_LEN == crypto_sign_BYTES, "Ed25519");
static_assert(crypto_sign_SECRETKEYBYTES == 64, "Ed25519");

enum {
	/* "DSSEv1 ", a decimal length of up to 20 digits and a space. */
	DSSE_PART_MAX = 32,
	/* Encodings up to this many bytes are built on the stack. */
	DSSE_STACK_MAX = 4096,
};

static const char *const types[] = {
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION] =
		"application/vnd.rxcirc.prescription.v1+protobuf",
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_HOSPITAL_REVIEW] =
		"application/vnd.rxcirc.hospital-review.v1+protobuf",
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW] =
		"application/vnd.rxcirc.pharmacy-review.v1+protobuf",
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD] =
		"application/vnd.rxcirc.dispense-record.v1+protobuf",
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_REVOCATION] =
		"application/vnd.rxcirc.revocation.v1+protobuf",
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT] =
		"application/vnd.rxcirc.key-statement.v1+protobuf",
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_RETURN_RECORD] =
		"application/vnd.rxcirc.return-record.v1+protobuf",
};

const char *dsse_type_of(Rxcirc__V1__DocumentKind kind)
{
	/* Protobuf-c keeps whatever number came over the wire; a negative one is huge here. */
	if ((size_t)kind >= sizeof(types) / sizeof(types[0]))
		return NULL;
	return types[kind];
}

/* The text that stands before the type: "DSSEv1 29 ". */
static struct slice part_before_type(char part[DSSE_PART_MAX], const char *type)
{
	int len = snprintf(part, DSSE_PART_MAX, "DSSEv1 %zu ", strlen(type));

	return slice_of(part, (size_t)len);
}

/* The text between the type and the body: " 11 ". */
static struct slice part_before_body(char part[DSSE_PART_MAX], size_t body_len)
{
	int len = snprintf(part, DSSE_PART_MAX, " %zu ", body_len);

	return slice_of(part, (size_t)len);
}

size_t dsse_encoded_len(const char *type, size_t body_len)
{
	char part[DSSE_PART_MAX];
	size_t before_type = part_before_type(part, type).len;
	size_t before_body = part_before_body(part, body_len).len;

	return before_type + strlen(type) + before_body + body_len;
}

bool dsse_encode(struct writer *out, const char *type, struct slice body)
{
	char part[DSSE_PART_MAX];

	writer_slice(out, part_before_type(part, type));
	writer_text(out, type);
	writer_slice(out, part_before_body(part, body.len));
	writer_slice(out, body);
	return !out->failed;
}

static void hash_slice(crypto_hash_sha256_state *hash, struct slice s)
{
	crypto_hash_sha256_update(hash, s.data, s.len);
}

void dsse_digest(uint8_t digest[SHA256_LEN], const char *type, struct slice body)
{
	char part[DSSE_PART_MAX];
	crypto_hash_sha256_state hash;

	crypto_hash_sha256_init(&hash);
	hash_slice(&hash, part_before_type(part, type));
	hash_slice(&hash, slice_of_text(type));
	hash_slice(&hash, part_before_body(part, body.len));
	if (body.len > 0)
		hash_slice(&hash, body);
	crypto_hash_sha256_final(&hash, digest);
}

/* An encoding in memory: `start` is `stack` when it is short, else from the heap. */
struct encoding {
	uint8_t *start;
	size_t len;
	uint8_t stack[DSSE_STACK_MAX];
};

static void encoding_clear(struct encoding *e)
{
	if (e->start != e->stack)
		free(e->start);
}

/* Returns 0, or -1 when the body is too long or memory is short; then nothing is to be cleared. */
static int encoding_init(struct encoding *e, const char *type, struct slice body)
{
	struct writer out;

	if (body.len > REGISTRY_BODY_MAX)
		return -1;
	e->len = dsse_encoded_len(type, body.len);
	e->start = e->len <= sizeof(e->stack) ? e->stack : malloc(e->len);
	if (!e->start)
		return -1;
	writer_init(&out, e->start, e->len);
	if (!dsse_encode(&out, type, body)) {
		encoding_clear(e);
		return -1;
	}
	return 0;
}

int dsse_sign(uint8_t signature[SIGNATURE_LEN], const char *type, struct slice body,
	const uint8_t secret_key[64])
{
	struct encoding e;

	if (encoding_init(&e, type, body) < 0)
		return -1;

	int r = crypto_sign_detached(signature, NULL, e.start, e.len, secret_key);

	encoding_clear(&e);
	return r;
}

int dsse_verify(const uint8_t signature[SIGNATURE_LEN], const char *type, struct slice body,
	const uint8_t public_key[PUBLIC_KEY_LEN])
{
	struct encoding e;

	if (encoding_init(&e, type, body) < 0)
		return -1;

	int r = crypto_sign_verify_detached(signature, e.start, e.len, public_key);

	encoding_clear(&e);
	return r;
}

void dsse_key_id(uint8_t key_id[KEY_ID_LEN], const uint8_t public_key[PUBLIC_KEY_LEN])
{
	crypto_hash_sha256(key_id, public_key, PUBLIC_KEY_LEN);
}

bool dsse_key_is_sound(const uint8_t public_key[PUBLIC_KEY_LEN])
{
	return crypto_core_ed25519_is_valid_point(public_key) == 1;
}

int dsse_self_test(void)
{
	/* The base point of the curve: sound. */
	static const uint8_t base_point[PUBLIC_KEY_LEN] = {
		0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	};
	/* The base point plus (0, -1), of order 2L.  Times L it is (0, -1), and a check that only
	 * looks whether x became zero takes it for the neutral element. */
	static const uint8_t order_2l[PUBLIC_KEY_LEN] = {
		0x95, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99,
		0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99,
		0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99,
	};

	if (sodium_init() < 0)
		return -1;
	return dsse_key_is_sound(base_point) && !dsse_key_is_sound(order_2l) ? 0 : -1;
}
