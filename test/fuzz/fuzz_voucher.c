/* E-voucher codes.  A text that begins with "RXV1." is read; other bytes are the fields of a code
 * to issue.  What was read and is issued again is the same text up to the signature; what was
 * issued reads and verifies. */
#include "test/fuzz/fuzz.h"

#include <sodium.h>
#include <string.h>

#include "proto/dsse.h"
#include "proto/voucher.h"

static uint8_t public_key[PUBLIC_KEY_LEN], secret_key[64];

/* The key of the seeds: "authority" in proto/vectors. */
static void make_key(void)
{
	static const char word[] = "rxcirc test key authority";
	uint8_t seed[crypto_hash_sha256_BYTES];

	FUZZ_CHECK(sodium_init() >= 0);
	crypto_hash_sha256(seed, (const uint8_t *)word, sizeof(word) - 1);
	FUZZ_CHECK(crypto_sign_seed_keypair(public_key, secret_key, seed) == 0);
}

static void check_same(const struct voucher *a, const struct voucher *b)
{
	FUZZ_CHECK(a->purpose == b->purpose && a->issued_at_ms == b->issued_at_ms);
	FUZZ_CHECK(a->life_s == b->life_s && strcmp(a->id, b->id) == 0);
	FUZZ_CHECK(memcmp(a->nonce, b->nonce, VOUCHER_NONCE_LEN) == 0);
	FUZZ_CHECK(memcmp(a->key_id, b->key_id, KEY_ID_LEN) == 0);
}

static void check_time(const struct voucher *v)
{
	int64_t at = v->issued_at_ms;

	FUZZ_CHECK(voucher_check_time(v, at, 0) == VOUCHER_OK || at == INT64_MAX);
	FUZZ_CHECK(voucher_check_time(v, INT64_MIN, 0) == VOUCHER_NOT_YET);
	FUZZ_CHECK(voucher_check_time(v, INT64_MAX, 0) == VOUCHER_EXPIRED);
}

static void check_text(struct slice text)
{
	char again[VOUCHER_TEXT_MAX + 1];
	struct voucher v, back;
	enum voucher_result verified = voucher_verify(text, public_key);

	if (voucher_parse(&v, text) != VOUCHER_OK) {
		FUZZ_CHECK(verified == VOUCHER_MALFORMED);
		return;
	}
	FUZZ_CHECK(verified == VOUCHER_OK || verified == VOUCHER_FORGED);
	FUZZ_CHECK(v.life_s >= 1 && v.life_s <= VOUCHER_LIFE_S_MAX && v.issued_at_ms >= 0);
	FUZZ_CHECK(strnlen(v.id, sizeof(v.id)) >= 1 && strnlen(v.id, sizeof(v.id)) <= VOUCHER_ID_MAX);
	check_time(&v);

	FUZZ_CHECK(voucher_issue(again, &v, secret_key) == 0);
	FUZZ_CHECK(strlen(again) == text.len);
	/* The signature's 64 bytes are in the last 86 or 87 characters. */
	FUZZ_CHECK(memcmp(again, text.data, text.len - 87) == 0);
	FUZZ_CHECK(verified != VOUCHER_OK || memcmp(again, text.data, text.len) == 0);
	FUZZ_CHECK(voucher_parse(&back, slice_of_text(again)) == VOUCHER_OK);
	check_same(&v, &back);
	FUZZ_CHECK(voucher_verify(slice_of_text(again), public_key) == VOUCHER_OK);
}

static void check_fields(struct slice in)
{
	char text[VOUCHER_TEXT_MAX + 1];
	struct voucher v = {0}, back;
	struct reader r;

	reader_init(&r, in);
	v.purpose = reader_u32(&r);
	v.issued_at_ms = (int64_t)reader_u64(&r);
	v.life_s = reader_u16(&r);

	struct slice nonce = reader_slice(&r, VOUCHER_NONCE_LEN);

	if (r.failed || r.left > sizeof(v.id))
		return;
	memcpy(v.nonce, nonce.data, VOUCHER_NONCE_LEN);
	memcpy(v.id, r.at, r.left);
	dsse_key_id(v.key_id, public_key);
	if (voucher_issue(text, &v, secret_key) < 0)
		return;
	FUZZ_CHECK(strlen(text) <= VOUCHER_TEXT_MAX);
	FUZZ_CHECK(voucher_parse(&back, slice_of_text(text)) == VOUCHER_OK);
	check_same(&v, &back);
	FUZZ_CHECK(voucher_verify(slice_of_text(text), public_key) == VOUCHER_OK);
	check_time(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (secret_key[0] == 0 && secret_key[1] == 0)
		make_key();
	if (len >= 5 && memcmp(data, "RXV1.", 5) == 0)
		check_text(slice_of(data, len));
	else
		check_fields(slice_of(data, len));
	return 0;
}
