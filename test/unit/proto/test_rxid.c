/* The printed form of a prescription id: every slip of one character is found. */
#include "test/support/tap.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "proto/rxid.h"

enum { IDS = 200 };

/* Ids that look random and are the same in every run; the first two are the ends. */
static void id_of(uint8_t rx_id[RX_ID_LEN], unsigned i)
{
	uint8_t digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(digest, (const uint8_t *)&i, sizeof(i));
	memcpy(rx_id, digest, RX_ID_LEN);
	if (i < 2)
		memset(rx_id, i ? 0xff : 0, RX_ID_LEN);
}

static int parse(uint8_t rx_id[RX_ID_LEN], const char *text)
{
	return rx_code_parse(rx_id, slice_of_text(text));
}

static void has_the_printed_form(void **state)
{
	static const uint8_t rx_id[RX_ID_LEN] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	char code[RX_CODE_LEN + 1];

	(void)state;
	rx_code_format(code, rx_id);
	assert_string_equal(code, "RX-000G4-0R40M-30E20-9185G-R38E1W-1");
	assert_int_equal(strlen(code), RX_CODE_LEN);
}

static void reads_what_it_wrote(void **state)
{
	char code[RX_CODE_LEN + 1];
	uint8_t rx_id[RX_ID_LEN], back[RX_ID_LEN];

	(void)state;
	for (unsigned i = 0; i < IDS; i++) {
		id_of(rx_id, i);
		rx_code_format(code, rx_id);
		assert_int_equal(strlen(code), RX_CODE_LEN);
		memset(back, 0xa5, sizeof(back));
		assert_int_equal(parse(back, code), 0);
		assert_memory_equal(back, rx_id, RX_ID_LEN);
	}
}

static bool is_alias(char printed, char typed)
{
	return (printed == '0' && strchr("oO", typed)) || (printed == '1' && strchr("iIlL", typed));
}

/* The other character reads the same, because case does not matter or because it is an alias. */
static bool reads_the_same(char printed, char typed, bool is_check)
{
	if (typed >= 'a' && typed <= 'z' && typed - 'a' + 'A' == printed)
		return true;
	return !is_check && is_alias(printed, typed);
}

static void finds_every_single_wrong_character(void **state)
{
	char code[RX_CODE_LEN + 1];
	uint8_t rx_id[RX_ID_LEN], back[RX_ID_LEN];

	(void)state;
	for (unsigned i = 0; i < IDS; i++) {
		id_of(rx_id, i);
		rx_code_format(code, rx_id);
		for (size_t at = 0; at < RX_CODE_LEN; at++) {
			char printed = code[at];
			bool is_check = at == RX_CODE_LEN - 1;

			for (int c = 1; printed != '-' && c < 256; c++) {
				if ((char)c == printed || reads_the_same(printed, (char)c, is_check))
					continue;
				code[at] = (char)c;
				assert_int_equal(parse(back, code), -1);
			}
			code[at] = printed;
		}
		assert_int_equal(parse(back, code), 0);
	}
}

static void finds_every_swap_of_neighbours(void **state)
{
	char code[RX_CODE_LEN + 1];
	uint8_t rx_id[RX_ID_LEN], back[RX_ID_LEN];

	(void)state;
	for (unsigned i = 0; i < 20 * IDS; i++) {
		id_of(rx_id, i);
		rx_code_format(code, rx_id);
		for (size_t at = 0; at + 1 < RX_CODE_LEN; at++) {
			size_t next = code[at + 1] == '-' ? at + 2 : at + 1;
			char a = code[at], b = code[next];

			if (a == '-' || a == b)
				continue;
			code[at] = b;
			code[next] = a;
			assert_int_equal(parse(back, code), -1);
			code[at] = a;
			code[next] = b;
		}
	}
}

static void ignores_case_and_hyphens_and_reads_aliases(void **state)
{
	static const uint8_t rx_id[RX_ID_LEN] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	static const char *const same[] = {
		"RX-000G4-0R40M-30E20-9185G-R38E1W-1",
		"rx-000g4-0r40m-30e20-9185g-r38e1w-1",
		"RX000G40R40M30E209185GR38E1W1",
		"R-X-0-0-0-G-4-0-R-4-0-M-3-0-E-2-0-9-1-8-5-G-R-3-8-E-1-W-1",
		"--RX-000G4-0R40M-30E20-9185G-R38E1W-1--",
		"RX-OooG4-OR4OM-3oE2O-9i85G-R38ElW-1",
		"RX-000G4-0R40M-30E20-9I85G-R38ELW-1",
	};
	uint8_t back[RX_ID_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		memset(back, 0xa5, sizeof(back));
		assert_int_equal(parse(back, same[i]), 0);
		assert_memory_equal(back, rx_id, RX_ID_LEN);
	}
}

static void the_check_character_has_no_aliases(void **state)
{
	static const char *const refused[] = {
		"RX-000G4-0R40M-30E20-9185G-R38E1W-I",
		"RX-000G4-0R40M-30E20-9185G-R38E1W-L",
		"RX-000G4-0R40M-30E20-9185G-R38E1W-l",
	};
	char code[RX_CODE_LEN + 1];
	uint8_t rx_id[RX_ID_LEN], back[RX_ID_LEN];
	unsigned seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(parse(back, refused[i]), -1);
	/* O, I, L, U and * do occur as check characters, and are taken as they stand. */
	for (unsigned i = 0; i < 20 * IDS; i++) {
		id_of(rx_id, i);
		rx_code_format(code, rx_id);
		if (!strchr("OILU*", code[RX_CODE_LEN - 1]))
			continue;
		seen++;
		assert_int_equal(parse(back, code), 0);
	}
	assert_true(seen > 0);
}

static void refuses_what_is_not_a_code(void **state)
{
	static const char *const refused[] = {
		"",
		"RX",
		"RX-",
		"000G4-0R40M-30E20-9185G-R38E1W-1",     /* no prefix */
		"PX-000G4-0R40M-30E20-9185G-R38E1W-1",
		"RX-000G4-0R40M-30E20-9185G-R38E1W",    /* no check character */
		"RX-000G4-0R40M-30E20-9185G-R38E1-1",   /* one short */
		"RX-000G4-0R40M-30E20-9185G-R38E1W-11", /* one long */
		"RX-000G4-0R40M-30E20-9185G-R38E1U-1",  /* U is no digit */
		"RX 000G4 0R40M 30E20 9185G R38E1W 1",
		"RX-000G4-0R40M-30E20-9185G-R38E1W-1 ",
		" RX-000G4-0R40M-30E20-9185G-R38E1W-1",
		"RX-000G4-0R40M-30E20-9185G-R38E1W-1\n",
		"000102030405060708090a0b0c0d0e0f",
	};
	static const char with_nul[] = "RX-000G4-0R40M-30E20-9185G-R38E1W-\0";
	uint8_t back[RX_ID_LEN], before[RX_ID_LEN];

	(void)state;
	memset(back, 0xa5, sizeof(back));
	memset(before, 0xa5, sizeof(before));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(parse(back, refused[i]), -1);
	assert_int_equal(rx_code_parse(back, slice_of(with_nul, sizeof(with_nul) - 1)), -1);
	assert_int_equal(rx_code_parse(back, slice_of(NULL, 0)), -1);
	assert_memory_equal(back, before, RX_ID_LEN);
}

/* The last of the 26 has two bits to spare: 1W is possible there, 1X is the same id otherwise. */
static void refuses_spare_bits_that_are_not_zero(void **state)
{
	static const char iso[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*";
	char code[] = "RX-000G4-0R40M-30E20-9185G-R38E1X-?";
	uint8_t back[RX_ID_LEN];

	(void)state;
	for (const char *c = iso; *c; c++) {
		code[RX_CODE_LEN - 1] = *c;
		assert_int_equal(parse(back, code), -1);
	}
}

static void a_text_at_the_limit_is_read_and_a_longer_one_is_not(void **state)
{
	char text[RX_CODE_TEXT_MAX + 2];
	uint8_t back[RX_ID_LEN];

	(void)state;
	memset(text, '-', sizeof(text));
	memcpy(text, "RX-000G4-0R40M-30E20-9185G-R38E1W-1", RX_CODE_LEN);
	assert_int_equal(rx_code_parse(back, slice_of(text, RX_CODE_TEXT_MAX)), 0);
	assert_int_equal(rx_code_parse(back, slice_of(text, RX_CODE_TEXT_MAX + 1)), -1);
}

static void bucket_and_day_stand_in_front(void **state)
{
	static const uint8_t rx_id[RX_ID_LEN] = {0x12, 0x34, 0xab, 0xcd};

	(void)state;
	assert_int_equal(rx_id_bucket(rx_id), 0x1234);
	assert_int_equal(rx_id_day(rx_id), 0xabcd);
}

static void days_begin_at_midnight_in_china(void **state)
{
	const int64_t day_zero_ms = INT64_C(1577808000000); /* 2019-12-31T16:00Z */
	const int64_t day_ms = INT64_C(86400000);

	(void)state;
	assert_int_equal(rx_day_of_ms(day_zero_ms), 0);
	assert_int_equal(rx_day_of_ms(day_zero_ms + day_ms - 1), 0);
	assert_int_equal(rx_day_of_ms(day_zero_ms + day_ms), 1);
	assert_int_equal(rx_day_of_ms(day_zero_ms - 1), 0);
	assert_int_equal(rx_day_of_ms(-1), 0);
	assert_int_equal(rx_day_of_ms(INT64_MIN), 0);
	assert_int_equal(rx_day_of_ms(INT64_C(1772380799999)), 2251); /* 2026-03-01T23:59:59.999+08 */
	assert_int_equal(rx_day_of_ms(INT64_C(1772380800000)), 2252); /* 2026-03-02T00:00+08 */
	assert_int_equal(rx_day_of_ms(day_zero_ms + 65535 * day_ms), 65535);
	assert_int_equal(rx_day_of_ms(day_zero_ms + 65536 * day_ms), 65535);
	assert_int_equal(rx_day_of_ms(INT64_MAX), 65535);
}

static const struct CMUnitTest tests[] = {
	TEST(has_the_printed_form),
	TEST(reads_what_it_wrote),
	TEST(finds_every_single_wrong_character),
	TEST(finds_every_swap_of_neighbours),
	TEST(ignores_case_and_hyphens_and_reads_aliases),
	TEST(the_check_character_has_no_aliases),
	TEST(refuses_what_is_not_a_code),
	TEST(refuses_spare_bits_that_are_not_zero),
	TEST(a_text_at_the_limit_is_read_and_a_longer_one_is_not),
	TEST(bucket_and_day_stand_in_front),
	TEST(days_begin_at_midnight_in_china),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rxid", tests, NULL, NULL);
}
