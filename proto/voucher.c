/* The text form of an e-voucher code, read and written. */
#include "proto/voucher.h"

#include <sodium.h>
#include <string.h>

#include "proto/dsse.h"

#define PREFIX "RXV1."

enum {
	VERSION = 1,
	PREFIX_LEN = sizeof(PREFIX) - 1,
	FIXED_LEN = 1 + 4 + 8 + 2 + VOUCHER_NONCE_LEN + KEY_ID_LEN + 1,
	FIELDS_MAX = FIXED_LEN + VOUCHER_ID_MAX,
	TOKEN_MAX = FIELDS_MAX + SIGNATURE_LEN,
};

static_assert(PREFIX_LEN + (TOKEN_MAX * 4 + 2) / 3 <= VOUCHER_TEXT_MAX, "the longest code fits");
static_assert(VOUCHER_ID_MAX <= UINT8_MAX, "the id's length is one byte");
static_assert(VOUCHER_LIFE_S_MAX <= UINT16_MAX, "the life is two bytes");

/* The bytes of a code: what is signed, and the signature. */
struct token {
	uint8_t bytes[TOKEN_MAX];
	struct slice fields;
	const uint8_t *signature;
};

static bool id_char_is_printable(char c)
{
	return c > ' ' && c <= '~';
}

static bool is_base64url(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
			c != '-' && c != '_')
			return false;
	}
	return true;
}

/* Undo the text form.  Returns 0, or -1. */
static int token_decode(struct token *t, struct slice text)
{
	size_t len;

	if (text.len > VOUCHER_TEXT_MAX || text.len <= PREFIX_LEN ||
		memcmp(text.data, PREFIX, PREFIX_LEN) != 0)
		return -1;

	const char *start = (const char *)text.data + PREFIX_LEN;
	size_t start_len = text.len - PREFIX_LEN;

	/* libsodium refuses bits left over that are not zero, padding, and what does not fit; but
	 * where char is signed it reads bytes from 0x80 as digits, so they are refused before. */
	if (!is_base64url(start, start_len) ||
		sodium_base642bin(t->bytes, sizeof(t->bytes), start, start_len, NULL, &len, NULL,
			sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		return -1;
	if (len <= FIXED_LEN + SIGNATURE_LEN)
		return -1;
	t->fields = slice_of(t->bytes, len - SIGNATURE_LEN);
	t->signature = t->bytes + len - SIGNATURE_LEN;
	return 0;
}

/* Read and judge the signed fields.  Returns 0, or -1. */
static int fields_read(struct voucher *ret, struct slice fields)
{
	struct voucher v = {0};
	struct reader r;

	reader_init(&r, fields);

	uint8_t version = reader_u8(&r);

	v.purpose = reader_u32(&r);

	uint64_t issued_at_ms = reader_u64(&r);

	v.life_s = reader_u16(&r);

	struct slice nonce = reader_slice(&r, VOUCHER_NONCE_LEN);
	struct slice key_id = reader_slice(&r, KEY_ID_LEN);
	struct slice id = reader_slice(&r, reader_u8(&r));

	if (!reader_is_done(&r) || version != VERSION || issued_at_ms > INT64_MAX)
		return -1;
	if (v.life_s < 1 || v.life_s > VOUCHER_LIFE_S_MAX || id.len < 1 || id.len > VOUCHER_ID_MAX)
		return -1;
	v.issued_at_ms = (int64_t)issued_at_ms;
	memcpy(v.nonce, nonce.data, VOUCHER_NONCE_LEN);
	memcpy(v.key_id, key_id.data, KEY_ID_LEN);
	for (size_t i = 0; i < id.len; i++) {
		v.id[i] = (char)id.data[i];
		if (!id_char_is_printable(v.id[i]))
			return -1;
	}
	*ret = v;
	return 0;
}

enum voucher_result voucher_parse(struct voucher *ret, struct slice text)
{
	struct token t;

	if (token_decode(&t, text) < 0 || fields_read(ret, t.fields) < 0)
		return VOUCHER_MALFORMED;
	return VOUCHER_OK;
}

enum voucher_result voucher_verify(struct slice text, const uint8_t public_key[PUBLIC_KEY_LEN])
{
	struct token t;
	struct voucher v;

	if (token_decode(&t, text) < 0 || fields_read(&v, t.fields) < 0)
		return VOUCHER_MALFORMED;
	if (dsse_verify(t.signature, DSSE_TYPE_VOUCHER, t.fields, public_key) < 0)
		return VOUCHER_FORGED;
	return VOUCHER_OK;
}

/* a + b, held at the ends of the range. */
static int64_t add_saturated(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

enum voucher_result voucher_check_time(const struct voucher *v, int64_t now_ms, int64_t skew_ms)
{
	int64_t ends_at_ms = add_saturated(v->issued_at_ms, (int64_t)v->life_s * 1000);

	if (v->issued_at_ms > add_saturated(now_ms, skew_ms))
		return VOUCHER_NOT_YET;
	if (now_ms >= add_saturated(ends_at_ms, skew_ms))
		return VOUCHER_EXPIRED;
	return VOUCHER_OK;
}

int voucher_issue(char text[VOUCHER_TEXT_MAX + 1], const struct voucher *v,
	const uint8_t secret_key[64])
{
	uint8_t bytes[TOKEN_MAX], signature[SIGNATURE_LEN];
	size_t id_len = strnlen(v->id, sizeof(v->id));
	struct voucher same;
	struct writer w;

	if (id_len > VOUCHER_ID_MAX || v->issued_at_ms < 0)
		return -1;
	writer_init(&w, bytes, sizeof(bytes));
	writer_u8(&w, VERSION);
	writer_u32(&w, v->purpose);
	writer_u64(&w, (uint64_t)v->issued_at_ms);
	writer_u16(&w, v->life_s);
	writer_slice(&w, slice_of(v->nonce, VOUCHER_NONCE_LEN));
	writer_slice(&w, slice_of(v->key_id, KEY_ID_LEN));
	writer_u8(&w, (uint8_t)id_len);
	writer_slice(&w, slice_of(v->id, id_len));
	/* What the reader would refuse is not signed. */
	if (fields_read(&same, writer_written(&w)) < 0)
		return -1;
	if (dsse_sign(signature, DSSE_TYPE_VOUCHER, writer_written(&w), secret_key) < 0)
		return -1;
	writer_slice(&w, slice_of(signature, SIGNATURE_LEN));

	memcpy(text, PREFIX, PREFIX_LEN);
	sodium_bin2base64(text + PREFIX_LEN, VOUCHER_TEXT_MAX + 1 - PREFIX_LEN, bytes, w.used,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return 0;
}
