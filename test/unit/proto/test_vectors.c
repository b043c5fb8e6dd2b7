/* The C code agrees with every golden vector of proto/vectors.
 *
 * The files' form is told in proto/vectors/README.md.  The folder comes from the environment:
 * RXCIRC_PROTO_VECTORS.
 */
#include "test/support/tap.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/document.h"
#include "proto/frame.h"
#include "proto/rxid.h"
#include "proto/voucher.h"

enum { POOL_MAX = 1024 * 1024 };

/* Bytes of the case being looked at; each case starts anew. */
static uint8_t pool[POOL_MAX];
static size_t pool_used;

static json_t *load(const char *name)
{
	const char *dir = getenv("RXCIRC_PROTO_VECTORS");
	char path[4096];
	json_error_t error;

	(void)snprintf(path, sizeof(path), "%s/%s", dir ? dir : "proto/vectors", name);

	json_t *file = json_load_file(path, 0, &error);

	if (!file)
		fail_msg("could not read \"%s\": %s", path, error.text);
	return file;
}

/* The cases under `name`, at least `count_min`, so that a lost file is not a passed test. */
static const json_t *cases_of(const json_t *file, const char *name, size_t count_min)
{
	const json_t *cases = json_object_get(file, name);

	if (json_array_size(cases) < count_min)
		fail_msg("fewer than %zu cases of \"%s\"", count_min, name);
	return cases;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text)
		fail_msg("\"%s\" is not a text", name);
	return text ? text : "";
}

/* Starts a case: says its name when something differs later. */
static void begin(const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "name"));

	pool_used = 0;
	if (name)
		(void)fprintf(stderr, "# %s\n", name);
}

static struct slice bytes_of(const json_t *object, const char *name)
{
	const char *hex = text_of(object, name);
	uint8_t *start = pool + pool_used;
	size_t len = 0;

	if (sodium_hex2bin(start, POOL_MAX - pool_used, hex, strlen(hex), NULL, &len, NULL) < 0)
		fail_msg("\"%s\" is not hexadecimal, or too long", name);
	pool_used += len;
	return slice_of(start, len);
}

/* Bytes of a fixed length. */
static const uint8_t *exact_of(const json_t *object, const char *name, size_t len)
{
	struct slice s = bytes_of(object, name);

	assert_int_equal(s.len, len);
	return s.data;
}

static json_int_t number_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_integer(value))
		fail_msg("\"%s\" is not a number", name);
	return json_integer_value(value);
}

/* 64-bit numbers are written as text. */
static int64_t long_of(const json_t *object, const char *name)
{
	return strtoll(text_of(object, name), NULL, 10);
}

static bool flag_of(const json_t *object, const char *name)
{
	assert_true(json_is_boolean(json_object_get(object, name)));
	return json_is_true(json_object_get(object, name));
}

static void assert_field(const json_t *object, const char *name, const char *value)
{
	assert_string_equal(text_of(object, name), value);
}

static void assert_bytes(const json_t *object, const char *name, const void *data, size_t len)
{
	assert_true(slice_equal(bytes_of(object, name), slice_of(data, len)));
}

static void frames(void **state)
{
	static const char *const words[] = {"WHOLE", "PARTIAL", "TOO_LARGE", "MALFORMED"};
	json_t *file = load("frames.json"), *c;
	size_t i;

	(void)state;
	json_array_foreach(cases_of(file, "cases", 30), i, c) {
		begin(c);

		struct slice in = bytes_of(c, "in"), body = {NULL, 0};
		size_t fill = (size_t)number_of(c, "fill"), used = 0, need = 0;

		assert_true(fill <= POOL_MAX - pool_used);
		memset(pool + pool_used, 'a', fill);
		in.len += fill;

		enum frame_result result = frame_decode(in, &body, &used, &need);

		assert_field(c, "result", words[result]);
		if (result == FRAME_WHOLE) {
			assert_int_equal(number_of(c, "used"), used);
			assert_int_equal(number_of(c, "body_len"), body.len);
			assert_ptr_equal(body.data + body.len, in.data + used);
		} else if (result == FRAME_PARTIAL) {
			assert_int_equal(number_of(c, "need"), need);
		}
	}
	json_decref(file);
}

static void rx_codes(void **state)
{
	json_t *file = load("rxids.json"), *c;
	size_t i;

	(void)state;
	json_array_foreach(cases_of(file, "format", 40), i, c) {
		char code[RX_CODE_LEN + 1];

		begin(c);

		const uint8_t *rx_id = exact_of(c, "rx_id", RX_ID_LEN);

		rx_code_format(code, rx_id);
		assert_field(c, "code", code);
		assert_int_equal(number_of(c, "bucket"), rx_id_bucket(rx_id));
		assert_int_equal(number_of(c, "day"), rx_id_day(rx_id));
	}
	json_array_foreach(cases_of(file, "parse", 80), i, c) {
		uint8_t rx_id[RX_ID_LEN];

		begin(c);

		bool ok = rx_code_parse(rx_id, slice_of_text(text_of(c, "text"))) == 0;

		assert_field(c, "result", ok ? "OK" : "REFUSED");
		if (ok)
			assert_bytes(c, "rx_id", rx_id, RX_ID_LEN);
	}
	json_array_foreach(cases_of(file, "days", 10), i, c)
		assert_int_equal(number_of(c, "day"), rx_day_of_ms(long_of(c, "at_ms")));
	json_decref(file);
}

static const char *voucher_word(enum voucher_result result)
{
	switch (result) {
	case VOUCHER_OK:
		return "OK";
	case VOUCHER_MALFORMED:
		return "MALFORMED";
	case VOUCHER_FORGED:
		return "FORGED";
	case VOUCHER_EXPIRED:
		return "EXPIRED";
	case VOUCHER_NOT_YET:
		return "NOT_YET";
	}
	return "no such result";
}

/* What is in force is issued again to the same text: an independent signer agrees with ours. */
static void check_voucher(const json_t *c, const uint8_t *public_key, const uint8_t *secret_key)
{
	struct slice text = slice_of_text(text_of(c, "text"));
	char again[VOUCHER_TEXT_MAX + 1];
	struct voucher v;
	enum voucher_result verified = voucher_verify(text, public_key);

	assert_field(c, "result", voucher_word(verified));
	assert_int_equal(voucher_parse(&v, text) == VOUCHER_OK, verified != VOUCHER_MALFORMED);
	if (verified != VOUCHER_OK)
		return;
	assert_int_equal(number_of(c, "purpose"), v.purpose);
	assert_int_equal(number_of(c, "life_s"), v.life_s);
	assert_true(long_of(c, "issued_at_ms") == v.issued_at_ms);
	assert_bytes(c, "nonce", v.nonce, VOUCHER_NONCE_LEN);
	assert_bytes(c, "key_id", v.key_id, KEY_ID_LEN);
	assert_field(c, "id", v.id);
	assert_int_equal(voucher_issue(again, &v, secret_key), 0);
	assert_field(c, "text", again);
}

static void vouchers(void **state)
{
	json_t *file = load("vouchers.json"), *c;
	uint8_t public_key[PUBLIC_KEY_LEN], secret_key[64];
	size_t i;

	(void)state;
	begin(file);
	assert_int_equal(crypto_sign_seed_keypair(public_key, secret_key,
		exact_of(file, "seed", 32)), 0);
	assert_bytes(file, "public_key", public_key, PUBLIC_KEY_LEN);
	json_array_foreach(cases_of(file, "cases", 50), i, c) {
		begin(c);
		check_voucher(c, public_key, secret_key);
	}
	json_array_foreach(cases_of(file, "times", 10), i, c) {
		struct voucher v = {
			.issued_at_ms = long_of(c, "issued_at_ms"),
			.life_s = (uint16_t)number_of(c, "life_s"),
		};

		assert_field(c, "result", voucher_word(voucher_check_time(&v, long_of(c, "now_ms"),
			number_of(c, "skew_ms"))));
	}
	json_decref(file);
}

static void encodings(void **state)
{
	json_t *file = load("dsse.json"), *c;
	size_t i, kinds = 0;

	(void)state;
	json_array_foreach(cases_of(file, "types", 9), i, c) {
		int kind = (int)number_of(c, "kind");

		kinds += kind != 0;
		if (kind != 0)
			assert_field(c, "type", dsse_type_of((Rxcirc__V1__DocumentKind)kind));
		else if (strcmp(text_of(c, "name"), "VOUCHER") == 0)
			assert_field(c, "type", DSSE_TYPE_VOUCHER);
		else
			assert_field(c, "type", DSSE_TYPE_KEY_POSSESSION);
	}
	assert_int_equal(kinds + 1, rxcirc__v1__document_kind__descriptor.n_values);
	json_array_foreach(cases_of(file, "encodings", 9), i, c) {
		static uint8_t out[1024];
		uint8_t digest[SHA256_LEN];
		struct writer w;

		begin(c);

		struct slice body = bytes_of(c, "body");

		writer_init(&w, out, sizeof(out));
		assert_true(dsse_encode(&w, text_of(c, "type"), body));
		assert_bytes(c, "encoding", out, w.used);
		dsse_digest(digest, text_of(c, "type"), body);
		assert_bytes(c, "sha256", digest, SHA256_LEN);
	}
	json_decref(file);
}

static void check_verify(const json_t *c)
{
	begin(c);

	int r = dsse_verify(exact_of(c, "signature", SIGNATURE_LEN), text_of(c, "type"),
		bytes_of(c, "body"), exact_of(c, "public_key", PUBLIC_KEY_LEN));

	assert_field(c, "result", r == 0 ? "OK" : "REFUSED");
}

static void signatures_and_keys(void **state)
{
	json_t *file = load("dsse.json"), *c;
	size_t i;

	(void)state;
	json_array_foreach(cases_of(file, "signers", 6), i, c) {
		uint8_t public_key[PUBLIC_KEY_LEN], secret_key[64], key_id[KEY_ID_LEN];

		begin(c);
		assert_int_equal(crypto_sign_seed_keypair(public_key, secret_key,
			exact_of(c, "seed", 32)), 0);
		assert_bytes(c, "public_key", public_key, PUBLIC_KEY_LEN);
		dsse_key_id(key_id, public_key);
		assert_bytes(c, "key_id", key_id, KEY_ID_LEN);
	}
	json_array_foreach(cases_of(file, "verify", 30), i, c)
		check_verify(c);
	json_array_foreach(cases_of(file, "verify_strict", 8), i, c)
		check_verify(c);
	json_array_foreach(cases_of(file, "keys", 30), i, c) {
		begin(c);
		assert_int_equal(flag_of(c, "sound"),
			dsse_key_is_sound(exact_of(c, "public_key", PUBLIC_KEY_LEN)));
	}
	json_decref(file);
}

static Rxcirc__V1__SignedDocument *document_of(const json_t *c)
{
	struct slice bytes = bytes_of(c, "document");
	Rxcirc__V1__SignedDocument *doc =
		rxcirc__v1__signed_document__unpack(NULL, bytes.len, bytes.data);

	assert_non_null(doc);
	return doc;
}

/* Is it taken or refused as the case says? */
static void check_document(const json_t *c, const Rxcirc__V1__SignedDocument *doc)
{
	Rxcirc__V1__DocumentKind kind = (Rxcirc__V1__DocumentKind)number_of(c, "kind");
	int r = document_verify(doc, kind, exact_of(c, "public_key", PUBLIC_KEY_LEN));

	assert_field(c, "result", r == 0 ? "OK" : "REFUSED");
}

/* A document of the whole fill: its parts and its name are written in the case. */
static void check_parts(const json_t *c, const Rxcirc__V1__SignedDocument *doc)
{
	uint8_t of_document[SHA256_LEN], of_signature[SHA256_LEN];

	assert_bytes(c, "body", doc->body.data, doc->body.len);
	assert_bytes(c, "key_id", doc->key_id.data, doc->key_id.len);
	assert_bytes(c, "signature", doc->signature.data, doc->signature.len);
	document_digest(doc, of_document, of_signature);
	assert_bytes(c, "document_sha256", of_document, SHA256_LEN);
	assert_bytes(c, "signature_sha256", of_signature, SHA256_LEN);
}

static void check_documents(const json_t *cases, const char *result, bool have_parts)
{
	json_t *c;
	size_t i;

	json_array_foreach(cases, i, c) {
		begin(c);

		Rxcirc__V1__SignedDocument *doc = document_of(c);

		assert_field(c, "result", result);
		check_document(c, doc);
		if (have_parts)
			check_parts(c, doc);
		rxcirc__v1__signed_document__free_unpacked(doc, NULL);
	}
}

static void documents(void **state)
{
	json_t *file = load("documents.json"), *c;
	size_t i;

	(void)state;
	check_documents(cases_of(file, "documents", 9), "OK", true);
	check_documents(cases_of(file, "sizes", 2), "OK", false);
	check_documents(cases_of(file, "refused", 18), "REFUSED", false);
	json_array_foreach(cases_of(file, "naming", 13), i, c) {
		begin(c);

		Rxcirc__V1__SignedDocument *doc = document_of(c);
		struct slice bytes = bytes_of(c, "digest");
		Rxcirc__V1__DocumentDigest *named =
			rxcirc__v1__document_digest__unpack(NULL, bytes.len, bytes.data);

		assert_non_null(named);
		assert_int_equal(flag_of(c, "named"), document_is_named_by(doc, named));
		rxcirc__v1__document_digest__free_unpacked(named, NULL);
		rxcirc__v1__signed_document__free_unpacked(doc, NULL);
	}
	json_array_foreach(cases_of(file, "key_statements", 16), i, c) {
		Rxcirc__V1__KeyStatement s = RXCIRC__V1__KEY_STATEMENT__INIT;

		s.not_before_ms = long_of(c, "not_before_ms");
		s.not_after_ms = long_of(c, "not_after_ms");
		s.revoked_from_ms = long_of(c, "revoked_from_ms");
		assert_int_equal(flag_of(c, "valid"), key_statement_is_valid_at(&s, long_of(c, "at_ms")));
	}
	json_decref(file);
}

static const struct CMUnitTest tests[] = {
	TEST(frames),
	TEST(rx_codes),
	TEST(vouchers),
	TEST(encodings),
	TEST(signatures_and_keys),
	TEST(documents),
};

static int start(void **state)
{
	(void)state;
	return dsse_self_test();
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("vectors", tests, start, NULL);
}
