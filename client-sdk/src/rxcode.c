/* Prescription codes: as printed, and as 32 hexadecimal digits. */
#include <string.h>

#include <sodium.h>

#include "client-sdk/src/error.h"
#include "proto/rxid.h"

static_assert(RXC_RX_ID_LEN == RX_ID_LEN, "the public header and the wire agree");
static_assert(RXC_RX_CODE_LEN == RX_CODE_LEN, "the public header and the wire agree");

void rxc_rx_code_format(const uint8_t rx_id[RXC_RX_ID_LEN], char code[RXC_RX_CODE_LEN + 1])
{
	rx_code_format(code, rx_id);
}

static bool hex_parse(uint8_t rx_id[RX_ID_LEN], const char *text, size_t text_len)
{
	size_t len = 0;

	return text_len == (size_t)2 * RX_ID_LEN &&
		sodium_hex2bin(rx_id, RX_ID_LEN, text, text_len, NULL, &len, NULL) == 0 &&
		len == RX_ID_LEN;
}

int rxc_rx_code_parse(const char *text, uint8_t rx_id[RXC_RX_ID_LEN], rxc_error **ret_error)
{
	struct rxc_error err = {0};
	uint8_t parsed[RX_ID_LEN];
	size_t text_len = strlen(text);

	if (!hex_parse(parsed, text, text_len) &&
		rx_code_parse(parsed, slice_of_text(text)) < 0) {
		error_set(&err, RXC_ERR_ARGUMENT, "RX_CODE_MALFORMED",
			"this is not a prescription code, or its check character is wrong");
		return error_give(&err, ret_error);
	}
	memcpy(rx_id, parsed, RX_ID_LEN);
	return 0;
}
