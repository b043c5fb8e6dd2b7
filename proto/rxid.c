/* The printed form of a prescription id. */
#include "proto/rxid.h"

#include <string.h>

enum {
	DIGITS = 26,      /* 16 bytes in base32; the last digit's low two bits are zero */
	GROUP = 5,
	GROUPS = 5,       /* the last one has a digit more */
	CHECK_MOD = 37,
	DAY_MS = 24 * 60 * 60 * 1000,
};

#define PREFIX "RX"
#define DAY_ZERO_MS (INT64_C(1577836800000) - INT64_C(8) * 60 * 60 * 1000) /* 2020-01-01 +08:00 */

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char iso_7064[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*";

static_assert(sizeof(PREFIX) - 1 + 1 + DIGITS + GROUPS + 1 == RX_CODE_LEN, "the printed form");
static_assert(GROUP * GROUPS + 1 == DIGITS, "the last group has one digit more");
static_assert(DIGITS * 5 == RX_ID_LEN * 8 + 2, "two bits to spare");
static_assert(sizeof(iso_7064) - 1 == CHECK_MOD, "one symbol for each remainder");

uint16_t rx_id_bucket(const uint8_t rx_id[RX_ID_LEN])
{
	return (uint16_t)(rx_id[0] << 8 | rx_id[1]);
}

uint16_t rx_id_day(const uint8_t rx_id[RX_ID_LEN])
{
	return (uint16_t)(rx_id[2] << 8 | rx_id[3]);
}

uint16_t rx_day_of_ms(int64_t at_ms)
{
	if (at_ms < DAY_ZERO_MS)
		return 0;

	int64_t day = (at_ms - DAY_ZERO_MS) / DAY_MS;

	return day > UINT16_MAX ? UINT16_MAX : (uint16_t)day;
}

/* The place of `c` in the alphabet, or -1. */
static int value_in(const char *alphabet, char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

/* ISO 7064 MOD 37-2 over the digits as characters (0-9 are 0-9, A-Z are 10-35). */
static char check_of(const char digits[DIGITS])
{
	int sum = 0;

	for (int i = 0; i < DIGITS; i++)
		sum = (sum + value_in(iso_7064, digits[i])) * 2 % CHECK_MOD;
	return iso_7064[(CHECK_MOD + 1 - sum) % CHECK_MOD];
}

void rx_code_format(char code[RX_CODE_LEN + 1], const uint8_t rx_id[RX_ID_LEN])
{
	char digits[DIGITS];
	unsigned bits = 0, bits_count = 0;
	size_t next = 0;
	struct writer w;

	for (size_t i = 0; i < DIGITS; i++) {
		if (bits_count < 5) {
			/* After the sixteen bytes come the two bits to spare. */
			bits = bits << 8 | (next < RX_ID_LEN ? rx_id[next] : 0);
			next++;
			bits_count += 8;
		}
		bits_count -= 5;
		digits[i] = crockford[bits >> bits_count & 31];
	}

	writer_init(&w, (uint8_t *)code, RX_CODE_LEN + 1);
	writer_text(&w, PREFIX);
	for (size_t g = 0; g < GROUPS; g++) {
		writer_text(&w, "-");
		writer_slice(&w, slice_of(digits + g * GROUP, g + 1 < GROUPS ? GROUP : GROUP + 1));
	}
	writer_text(&w, "-");
	writer_u8(&w, (uint8_t)check_of(digits));
	writer_u8(&w, 0);
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The digit a person meant. */
static char unalias(char c)
{
	return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

/* The text without hyphens, in capitals: exactly prefix, digits and check character. */
static int compact_of(char compact[sizeof(PREFIX) + DIGITS], struct slice text)
{
	size_t used = 0;

	if (text.len > RX_CODE_TEXT_MAX)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '-')
			continue;
		if (used == sizeof(PREFIX) + DIGITS)
			return -1;
		compact[used++] = upper((char)text.data[i]);
	}
	return used == sizeof(PREFIX) + DIGITS ? 0 : -1;
}

int rx_code_parse(uint8_t rx_id[RX_ID_LEN], struct slice text)
{
	char compact[sizeof(PREFIX) + DIGITS];
	char *digits = compact + sizeof(PREFIX) - 1;
	unsigned bits = 0, bits_count = 0;
	uint8_t id[RX_ID_LEN];
	size_t used = 0;

	if (compact_of(compact, text) < 0 || memcmp(compact, PREFIX, sizeof(PREFIX) - 1) != 0)
		return -1;
	for (size_t i = 0; i < DIGITS; i++) {
		digits[i] = unalias(digits[i]);

		int value = value_in(crockford, digits[i]);

		if (value < 0)
			return -1;
		bits = (bits << 5 | (unsigned)value) & 0xfff;
		bits_count += 5;
		if (bits_count >= 8) {
			bits_count -= 8;
			id[used++] = (uint8_t)(bits >> bits_count);
		}
	}
	/* The check character is taken as it stands: it can itself be I, L or O. */
	if ((bits & 3) != 0 || digits[DIGITS] != check_of(digits))
		return -1;
	memcpy(rx_id, id, RX_ID_LEN);
	return 0;
}
