/* The e-voucher code: nothing but what the authority signed is ever read. */
#include "test/support/tap.h"

#include <sodium.h>
#include <string.h>

#include "proto/dsse.h"
#include "proto/voucher.h"

static uint8_t public_key[PUBLIC_KEY_LEN], secret_key[64];

static int make_key(void **state)
{
	static const uint8_t seed[32] = "the e-voucher authority, tests";

	(void)state;
	if (sodium_init() < 0)
		return -1;
	return crypto_sign_seed_keypair(public_key, secret_key, seed);
}

static struct voucher sample(void)
{
	struct voucher v = {
		.purpose = VOUCHER_PURPOSE_PULL,
		.issued_at_ms = INT64_C(1772416800000),
		.life_s = VOUCHER_LIFE_S_DEFAULT,
		.nonce = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
		.id = "14010000000000000000000000000123",
	};

	dsse_key_id(v.key_id, public_key);
	return v;
}

static void assert_same(const struct voucher *a, const struct voucher *b)
{
	assert_int_equal(a->purpose, b->purpose);
	assert_true(a->issued_at_ms == b->issued_at_ms);
	assert_int_equal(a->life_s, b->life_s);
	assert_memory_equal(a->nonce, b->nonce, VOUCHER_NONCE_LEN);
	assert_memory_equal(a->key_id, b->key_id, KEY_ID_LEN);
	assert_string_equal(a->id, b->id);
}

static void issued_codes_parse_and_verify(void **state)
{
	char text[VOUCHER_TEXT_MAX + 1];
	struct voucher v = sample(), back;

	(void)state;
	assert_int_equal(voucher_issue(text, &v, secret_key), 0);
	assert_memory_equal(text, "RXV1.", 5);
	assert_int_equal(voucher_parse(&back, slice_of_text(text)), VOUCHER_OK);
	assert_same(&v, &back);
	assert_int_equal(voucher_verify(slice_of_text(text), public_key), VOUCHER_OK);
}

/* Replace each character by each other byte: never accepted. */
static void every_changed_character_is_refused(void **state)
{
	char text[VOUCHER_TEXT_MAX + 1];
	struct voucher v = sample();
	size_t forged = 0, malformed = 0;

	(void)state;
	assert_int_equal(voucher_issue(text, &v, secret_key), 0);

	size_t len = strlen(text);

	for (size_t at = 0; at < len; at++) {
		char was = text[at];
		/* All bytes at a few places, else six: each verification costs 60 us. */
		int step = at % 40 == 0 || at == len - 1 ? 1 : 43;

		for (int c = step; c < 256; c += step) {
			text[at] = (char)(was ^ c);

			enum voucher_result r = voucher_verify(slice_of(text, len), public_key);

			assert_int_not_equal(r, VOUCHER_OK);
			forged += r == VOUCHER_FORGED;
			malformed += r == VOUCHER_MALFORMED;
		}
		text[at] = was;
	}
	assert_true(forged > 0 && malformed > 0);
	assert_int_equal(voucher_verify(slice_of_text(text), public_key), VOUCHER_OK);
}

static void every_cut_and_every_addition_is_refused(void **state)
{
	char text[VOUCHER_TEXT_MAX + 2];
	struct voucher v = sample(), back;

	(void)state;
	assert_int_equal(voucher_issue(text, &v, secret_key), 0);

	size_t len = strlen(text);

	for (size_t cut = 0; cut < len; cut++) {
		assert_int_not_equal(voucher_verify(slice_of(text, cut), public_key), VOUCHER_OK);
		assert_int_not_equal(voucher_verify(slice_of(text + cut + 1, len - cut - 1),
			public_key), VOUCHER_OK);
	}
	for (int c = 0; c < 256; c++) {
		text[len] = (char)c;
		assert_int_equal(voucher_parse(&back, slice_of(text, len + 1)), VOUCHER_MALFORMED);
	}
}

static void another_key_is_refused(void **state)
{
	static const uint8_t seed[32] = "somebody else";
	uint8_t other_public[PUBLIC_KEY_LEN], other_secret[64];
	char text[VOUCHER_TEXT_MAX + 1];
	struct voucher v = sample();

	(void)state;
	assert_int_equal(crypto_sign_seed_keypair(other_public, other_secret, seed), 0);
	assert_int_equal(voucher_issue(text, &v, secret_key), 0);
	assert_int_equal(voucher_verify(slice_of_text(text), other_public), VOUCHER_FORGED);
	/* Naming the authority's key does not help who does not have it. */
	assert_int_equal(voucher_issue(text, &v, other_secret), 0);
	assert_int_equal(voucher_verify(slice_of_text(text), public_key), VOUCHER_FORGED);
}

static void a_signature_for_another_purpose_is_refused(void **state)
{
	char text[VOUCHER_TEXT_MAX + 1];
	uint8_t bytes[256];
	size_t len;
	struct voucher v = sample();

	(void)state;
	assert_int_equal(voucher_issue(text, &v, secret_key), 0);
	assert_int_equal(sodium_base642bin(bytes, sizeof(bytes), text + 5, strlen(text) - 5, NULL,
		&len, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING), 0);
	assert_int_equal(dsse_sign(bytes + len - SIGNATURE_LEN, DSSE_TYPE_KEY_POSSESSION,
		slice_of(bytes, len - SIGNATURE_LEN), secret_key), 0);
	sodium_bin2base64(text + 5, sizeof(text) - 5, bytes, len,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	assert_int_equal(voucher_verify(slice_of_text(text), public_key), VOUCHER_FORGED);
}

static void ids_at_the_limits(void **state)
{
	char text[VOUCHER_TEXT_MAX + 1];
	struct voucher v = sample(), back;

	(void)state;
	memset(v.id, 'x', VOUCHER_ID_MAX);
	v.id[VOUCHER_ID_MAX] = 0;
	assert_int_equal(voucher_issue(text, &v, secret_key), 0);
	assert_int_equal(voucher_parse(&back, slice_of_text(text)), VOUCHER_OK);
	assert_same(&v, &back);
	v.id[1] = 0;
	assert_int_equal(voucher_issue(text, &v, secret_key), 0);
	assert_int_equal(voucher_parse(&back, slice_of_text(text)), VOUCHER_OK);
	assert_same(&v, &back);
	/* Empty, and without an end. */
	v.id[0] = 0;
	assert_int_equal(voucher_issue(text, &v, secret_key), -1);
	memset(v.id, 'x', sizeof(v.id));
	assert_int_equal(voucher_issue(text, &v, secret_key), -1);
}

static void ids_are_printable_ascii(void **state)
{
	char text[VOUCHER_TEXT_MAX + 1];
	struct voucher v = sample();

	(void)state;
	for (int c = 1; c < 256; c++) {
		v.id[3] = (char)c;
		assert_int_equal(voucher_issue(text, &v, secret_key), c > ' ' && c < 0x7f ? 0 : -1);
	}
}

static void lives_and_times_at_the_limits(void **state)
{
	char text[VOUCHER_TEXT_MAX + 1];
	struct voucher v = sample(), back;

	(void)state;
	v.life_s = 1;
	assert_int_equal(voucher_issue(text, &v, secret_key), 0);
	v.life_s = VOUCHER_LIFE_S_MAX;
	assert_int_equal(voucher_issue(text, &v, secret_key), 0);
	v.life_s = VOUCHER_LIFE_S_MAX + 1;
	assert_int_equal(voucher_issue(text, &v, secret_key), -1);
	v.life_s = 0;
	assert_int_equal(voucher_issue(text, &v, secret_key), -1);

	v.life_s = VOUCHER_LIFE_S_DEFAULT;
	v.issued_at_ms = 0;
	assert_int_equal(voucher_issue(text, &v, secret_key), 0);
	v.issued_at_ms = INT64_MAX;
	assert_int_equal(voucher_issue(text, &v, secret_key), 0);
	assert_int_equal(voucher_parse(&back, slice_of_text(text)), VOUCHER_OK);
	assert_same(&v, &back);
	v.issued_at_ms = -1;
	assert_int_equal(voucher_issue(text, &v, secret_key), -1);
}

/* A text of correctly signed bytes, changed at one place before signing. */
static enum voucher_result parse_changed(size_t at, uint8_t value, size_t drop)
{
	char text[VOUCHER_TEXT_MAX + 1];
	uint8_t bytes[256];
	size_t len;
	struct voucher v = sample(), back;

	assert_int_equal(voucher_issue(text, &v, secret_key), 0);
	assert_int_equal(sodium_base642bin(bytes, sizeof(bytes), text + 5, strlen(text) - 5, NULL,
		&len, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING), 0);
	len -= SIGNATURE_LEN + drop;
	if (at < len)
		bytes[at] = value;
	assert_int_equal(dsse_sign(bytes + len, DSSE_TYPE_VOUCHER, slice_of(bytes, len), secret_key),
		0);
	sodium_bin2base64(text + 5, sizeof(text) - 5, bytes, len + SIGNATURE_LEN,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	assert_int_equal(voucher_verify(slice_of_text(text), public_key),
		voucher_parse(&back, slice_of_text(text)));
	return voucher_parse(&back, slice_of_text(text));
}

static void well_signed_nonsense_is_malformed(void **state)
{
	enum { VERSION_AT = 0, ISSUED_AT = 5, LIFE_AT = 13, ID_LEN_AT = 63, ID_AT = 64 };

	(void)state;
	assert_int_equal(parse_changed(SIZE_MAX, 0, 0), VOUCHER_OK);
	assert_int_equal(parse_changed(VERSION_AT, 0, 0), VOUCHER_MALFORMED);
	assert_int_equal(parse_changed(VERSION_AT, 2, 0), VOUCHER_MALFORMED);
	assert_int_equal(parse_changed(ISSUED_AT, 0x80, 0), VOUCHER_MALFORMED); /* above int64 */
	assert_int_equal(parse_changed(LIFE_AT, 0xff, 0), VOUCHER_MALFORMED);
	assert_int_equal(parse_changed(LIFE_AT + 1, 0, 0), VOUCHER_MALFORMED);
	assert_int_equal(parse_changed(ID_LEN_AT, 0, 0), VOUCHER_MALFORMED);
	assert_int_equal(parse_changed(ID_LEN_AT, 31, 0), VOUCHER_MALFORMED); /* a byte left over */
	assert_int_equal(parse_changed(ID_LEN_AT, 33, 0), VOUCHER_MALFORMED); /* a byte missing */
	assert_int_equal(parse_changed(ID_LEN_AT, 255, 0), VOUCHER_MALFORMED);
	assert_int_equal(parse_changed(ID_AT, 0, 0), VOUCHER_MALFORMED);
	assert_int_equal(parse_changed(ID_AT, ' ', 0), VOUCHER_MALFORMED);
	assert_int_equal(parse_changed(SIZE_MAX, 0, 1), VOUCHER_MALFORMED);
	assert_int_equal(parse_changed(SIZE_MAX, 0, 32), VOUCHER_MALFORMED); /* no id at all */
	assert_int_equal(parse_changed(SIZE_MAX, 0, 33), VOUCHER_MALFORMED);
}

static void base64_has_one_form_only(void **state)
{
	char text[VOUCHER_TEXT_MAX + 1], changed[VOUCHER_TEXT_MAX + 8];
	struct voucher v = sample(), back;
	size_t refused = 0;

	(void)state;
	/* Ids of three lengths: no, two and four bits left over in the last character. */
	for (size_t id_len = 30; id_len < 33; id_len++) {
		memset(v.id, 'x', id_len);
		v.id[id_len] = 0;
		assert_int_equal(voucher_issue(text, &v, secret_key), 0);

		size_t len = strlen(text), spare = (len - 5) * 6 % 8;

		/* Characters whose value differs in the spare bits only. */
		for (const char *c = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"; *c;
			c++) {
			if (spare == 0 || *c == text[len - 1])
				continue;
			memcpy(changed, text, len);
			changed[len - 1] = *c;
			refused += voucher_verify(slice_of(changed, len), public_key) != VOUCHER_OK;
		}
		/* Padding. */
		memcpy(changed, text, len);
		memcpy(changed + len, "==", 2);
		assert_int_equal(voucher_parse(&back, slice_of(changed, len + 1)), VOUCHER_MALFORMED);
		assert_int_equal(voucher_parse(&back, slice_of(changed, len + 2)), VOUCHER_MALFORMED);
	}
	assert_int_equal(refused, 2 * 63);
}

static void other_texts_are_malformed(void **state)
{
	char text[VOUCHER_TEXT_MAX + 2];
	static const char *const refused[] = {"", "R", "RXV1", "RXV1.", "RXV1.A", "RXV1.AAAA",
		"RXV2.AAAA", "rxv1.AAAA", "RXV1.====", "RXV1. ", "14010000000000000000000000000123"};
	struct voucher back, before;

	(void)state;
	memset(&back, 0x5a, sizeof(back));
	memcpy(&before, &back, sizeof(back));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(voucher_parse(&back, slice_of_text(refused[i])), VOUCHER_MALFORMED);
	assert_int_equal(voucher_parse(&back, slice_of(NULL, 0)), VOUCHER_MALFORMED);
	memset(text, 'A', sizeof(text));
	memcpy(text, "RXV1.", 5);
	assert_int_equal(voucher_parse(&back, slice_of(text, VOUCHER_TEXT_MAX)), VOUCHER_MALFORMED);
	assert_int_equal(voucher_parse(&back, slice_of(text, VOUCHER_TEXT_MAX + 1)),
		VOUCHER_MALFORMED);
	assert_memory_equal(&back, &before, sizeof(back));
}

static void is_in_force_from_issue_to_the_end_of_its_life(void **state)
{
	struct voucher v = sample();
	const int64_t t = v.issued_at_ms, life = v.life_s * INT64_C(1000);

	(void)state;
	assert_int_equal(voucher_check_time(&v, t, 0), VOUCHER_OK);
	assert_int_equal(voucher_check_time(&v, t - 1, 0), VOUCHER_NOT_YET);
	assert_int_equal(voucher_check_time(&v, t + life - 1, 0), VOUCHER_OK);
	assert_int_equal(voucher_check_time(&v, t + life, 0), VOUCHER_EXPIRED);
}

static void clocks_may_differ_by_the_skew(void **state)
{
	struct voucher v = sample();
	const int64_t t = v.issued_at_ms, life = v.life_s * INT64_C(1000);

	(void)state;
	assert_int_equal(voucher_check_time(&v, t - 5000, 5000), VOUCHER_OK);
	assert_int_equal(voucher_check_time(&v, t - 5001, 5000), VOUCHER_NOT_YET);
	assert_int_equal(voucher_check_time(&v, t + life + 4999, 5000), VOUCHER_OK);
	assert_int_equal(voucher_check_time(&v, t + life + 5000, 5000), VOUCHER_EXPIRED);
}

static void times_at_the_ends_do_not_wrap(void **state)
{
	struct voucher v = sample();

	(void)state;
	v.issued_at_ms = INT64_MAX;
	assert_int_equal(voucher_check_time(&v, 0, 5000), VOUCHER_NOT_YET);
	assert_int_equal(voucher_check_time(&v, INT64_MAX - 5001, 5000), VOUCHER_NOT_YET);
	v.issued_at_ms = 0;
	assert_int_equal(voucher_check_time(&v, INT64_MAX, 5000), VOUCHER_EXPIRED);
	assert_int_equal(voucher_check_time(&v, INT64_MIN, 5000), VOUCHER_NOT_YET);
	assert_int_equal(voucher_check_time(&v, 0, INT64_MAX), VOUCHER_OK);
}

static const struct CMUnitTest tests[] = {
	TEST(issued_codes_parse_and_verify),
	TEST(every_changed_character_is_refused),
	TEST(every_cut_and_every_addition_is_refused),
	TEST(another_key_is_refused),
	TEST(a_signature_for_another_purpose_is_refused),
	TEST(ids_at_the_limits),
	TEST(ids_are_printable_ascii),
	TEST(lives_and_times_at_the_limits),
	TEST(well_signed_nonsense_is_malformed),
	TEST(base64_has_one_form_only),
	TEST(other_texts_are_malformed),
	TEST(is_in_force_from_issue_to_the_end_of_its_life),
	TEST(clocks_may_differ_by_the_skew),
	TEST(times_at_the_ends_do_not_wrap),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("voucher", tests, make_key, NULL);
}
