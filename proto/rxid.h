/* The id of a prescription: 16 bytes, and a form for people.
 *
 *     bucket u16 | issue day u16 (days since 2020-01-01, China time) | 12 bytes of a keyed hash
 *
 * bucket = first two bytes of the person's blind index, so that every statement about a
 * prescription or a person names the same bucket.  For people: 26 characters of Crockford base32
 * in groups, and one check character (ISO 7064 MOD 37-2 over those characters):
 *     RX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXXX-C
 * The id's bits are taken from the front, five to a character; the two bits left over in the last
 * one are zero.  The check character is one of 0-9, A-Z and *.
 * Parsing ignores case and hyphens, and among the 26 reads O as 0 and I, L as 1.
 */
#ifndef PROTO_RXID_H
#define PROTO_RXID_H

#include "proto/bytes.h"
#include "proto/limits.h"

enum {
	RX_CODE_LEN = 35,      /* characters of the printed form */
	RX_CODE_TEXT_MAX = 64, /* characters rx_code_parse() looks at; a longer text is refused */
};

uint16_t rx_id_bucket(const uint8_t rx_id[RX_ID_LEN]);
uint16_t rx_id_day(const uint8_t rx_id[RX_ID_LEN]);
/* Days since 2020-01-01 in China (UTC+8); 0 before that. */
uint16_t rx_day_of_ms(int64_t at_ms);
void rx_code_format(char code[RX_CODE_LEN + 1], const uint8_t rx_id[RX_ID_LEN]);
/* Returns 0, or -1 when the text is not a code or its check character is wrong. */
MUST_CHECK int rx_code_parse(uint8_t rx_id[RX_ID_LEN], struct slice text);

#endif
