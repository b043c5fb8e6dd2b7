/* The dynamic e-voucher code (医保电子凭证) a person shows.
 *
 *     "RXV1." base64url( fields || Ed25519 signature over DSSE(DSSE_TYPE_VOUCHER, fields) )
 *     fields = version u8 (1) | purpose u32 | issued_at_ms u64 | life_s u16 | nonce 16 bytes |
 *              key id 32 bytes | id length u8 | voucher id
 *
 * Purpose is the national 用码业务类型 as a number: 02122 下载外购处方 (a pull), 03131 App 身份认证
 * (the person's own list).  Unpadded base64url, strict; the text is at most VOUCHER_TEXT_MAX
 * characters.
 */
#ifndef PROTO_VOUCHER_H
#define PROTO_VOUCHER_H

#include "proto/bytes.h"
#include "proto/limits.h"

enum voucher_purpose {
	VOUCHER_PURPOSE_PULL = 2122,
	VOUCHER_PURPOSE_IDENTITY = 3131,
};

struct voucher {
	uint32_t purpose;
	int64_t issued_at_ms;
	uint16_t life_s; /* 1 .. VOUCHER_LIFE_S_MAX */
	uint8_t nonce[VOUCHER_NONCE_LEN];
	uint8_t key_id[KEY_ID_LEN];
	char id[VOUCHER_ID_MAX + 1]; /* ASCII 0x21 .. 0x7e, 1 .. VOUCHER_ID_MAX bytes */
};

enum voucher_result {
	VOUCHER_OK = 0,
	VOUCHER_MALFORMED = -1,
	VOUCHER_FORGED = -2,    /* signature does not verify */
	VOUCHER_EXPIRED = -3,
	VOUCHER_NOT_YET = -4,   /* issued in the future beyond the skew allowed */
};

/* Parse the text.  The signature is not checked yet: the key is found by ret->key_id first. */
MUST_CHECK enum voucher_result voucher_parse(struct voucher *ret, struct slice text);
/* Check the signature of a text that parsed. */
MUST_CHECK enum voucher_result voucher_verify(struct slice text,
	const uint8_t public_key[PUBLIC_KEY_LEN]);
/* Is it in force at `now_ms`?  Clocks may differ by `skew_ms`: it is in force while
 * issued - skew <= now < issued + life + skew. */
MUST_CHECK enum voucher_result voucher_check_time(const struct voucher *v, int64_t now_ms,
	int64_t skew_ms);
/* Write the signed text and a NUL.  Returns 0, or -1 when a field is out of range. */
MUST_CHECK int voucher_issue(char text[VOUCHER_TEXT_MAX + 1], const struct voucher *v,
	const uint8_t secret_key[64]);

#endif
