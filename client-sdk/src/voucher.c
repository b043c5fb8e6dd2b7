/* Issuing e-voucher codes, as the authority does. */
#include <string.h>

#include <sodium.h>

#include "client-sdk/src/key.h"
#include "proto/voucher.h"

static_assert(RXC_VOUCHER_TEXT_MAX == VOUCHER_TEXT_MAX, "the public header and the wire agree");
static_assert(RXC_PURPOSE_PULL == VOUCHER_PURPOSE_PULL, "the public header and the wire agree");
static_assert(RXC_PURPOSE_IDENTITY == VOUCHER_PURPOSE_IDENTITY,
	"the public header and the wire agree");

int rxc_voucher_issue(const rxc_key *authority, const char *voucher_id, uint32_t purpose,
	int64_t issued_at_ms, uint32_t life_s, char text[RXC_VOUCHER_TEXT_MAX + 1],
	rxc_error **ret_error)
{
	struct rxc_error err = {0};
	struct voucher v = {.purpose = purpose, .issued_at_ms = issued_at_ms};
	char made[VOUCHER_TEXT_MAX + 1];
	size_t id_len = strlen(voucher_id);

	if (id_len == 0 || id_len > VOUCHER_ID_MAX) {
		error_set(&err, RXC_ERR_ARGUMENT, "", "an e-voucher id has 1 to %d bytes",
			VOUCHER_ID_MAX);
		return error_give(&err, ret_error);
	}
	if (life_s == 0 || life_s > VOUCHER_LIFE_S_MAX) {
		error_set(&err, RXC_ERR_ARGUMENT, "", "a code lives 1 to %d seconds",
			VOUCHER_LIFE_S_MAX);
		return error_give(&err, ret_error);
	}
	v.life_s = (uint16_t)life_s;
	memcpy(v.id, voucher_id, id_len);
	memcpy(v.key_id, authority->id, KEY_ID_LEN);
	randombytes_buf(v.nonce, sizeof(v.nonce));
	if (voucher_issue(made, &v, authority->secret) < 0) {
		error_set(&err, RXC_ERR_ARGUMENT, "",
			"the e-voucher id is not printable ASCII, or the time or purpose cannot be "
			"told in a code");
		return error_give(&err, ret_error);
	}
	memcpy(text, made, sizeof(made));
	return 0;
}
