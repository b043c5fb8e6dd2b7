/* "This person showed an e-voucher through this channel, until then": stateless across nodes.
 *
 * The person's blind index travels sealed (XChaCha20-Poly1305-IETF under a key that follows from
 * the grant key), so that a grant names nobody, not even to who compares two of them; channel and
 * end are bound in as associated data.
 */
#ifndef CRYPTO_OWN_GRANT_H
#define CRYPTO_OWN_GRANT_H

#include "crypto/keyring.h"
#include "proto/limits.h"

/* generation 2, end 8, nonce 24, sealed index 32 + 16 */
enum { OWN_GRANT_LEN = 2 + 8 + 24 + PERSON_KEY_LEN + 16 };

void own_grant_make(uint8_t grant[OWN_GRANT_LEN], const struct keyring *k,
	const uint8_t person_key[PERSON_KEY_LEN], const char *channel_code, int64_t until_ms);
/* False: not made by this platform for this channel.  Else whose it is and until when. */
bool own_grant_open(struct slice grant, const struct keyring *k, const char *channel_code,
	uint8_t person_key[PERSON_KEY_LEN], int64_t *ret_until_ms);

#endif
