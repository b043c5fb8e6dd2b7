/* Prescription codes: what parses is the code of exactly one id, and every id has a code. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "proto/rxid.h"

static void check_round_trip(const uint8_t rx_id[RX_ID_LEN])
{
	char code[RX_CODE_LEN + 1];
	uint8_t back[RX_ID_LEN];

	rx_code_format(code, rx_id);
	FUZZ_CHECK(strlen(code) == RX_CODE_LEN);
	FUZZ_CHECK(rx_code_parse(back, slice_of_text(code)) == 0);
	FUZZ_CHECK(memcmp(back, rx_id, RX_ID_LEN) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t rx_id[RX_ID_LEN];

	if (rx_code_parse(rx_id, slice_of(data, len)) == 0) {
		FUZZ_CHECK(len <= RX_CODE_TEXT_MAX);
		check_round_trip(rx_id);
	}
	if (len >= RX_ID_LEN)
		check_round_trip(data);
	return 0;
}
