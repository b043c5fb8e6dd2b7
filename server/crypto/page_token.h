/* Where a recorded listing goes on: "this was asked, and recorded, and stands here, until then";
 * stateless across nodes.
 *
 * What was asked, and by whom, is bound in: a token continues exactly that and nothing else, so
 * that nobody can read on what he did not begin to read.  The place itself is no secret.
 */
#ifndef CRYPTO_PAGE_TOKEN_H
#define CRYPTO_PAGE_TOKEN_H

#include "crypto/keyring.h"
#include "proto/limits.h"

enum {
	PAGE_PLACE_MAX = 512,
	/* generation 2, end 8, place, MAC 32 */
	PAGE_TOKEN_MAX = 2 + 8 + PAGE_PLACE_MAX + 32,
};

/* Returns the token's length.  place.len is at most PAGE_PLACE_MAX. */
size_t page_token_make(uint8_t token[PAGE_TOKEN_MAX], const struct keyring *k, struct slice asked,
	struct slice place, int64_t until_ms);
/* False: not made for this, or its time is over.  The place lies in the token. */
MUST_CHECK bool page_token_open(struct slice token, const struct keyring *k, struct slice asked,
	int64_t now_ms, struct slice *ret_place);

#endif
