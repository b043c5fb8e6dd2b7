/* The registry authorities a client trusts. */
#ifndef SDK_TRUST_H
#define SDK_TRUST_H

#include "client-sdk/src/error.h"
#include "proto/limits.h"

enum { TRUST_AUTHORITIES_MAX = 8 };

struct authority {
	uint8_t public_key[PUBLIC_KEY_LEN];
	uint8_t id[KEY_ID_LEN];
};

/* Plain data: copied by assignment. */
struct rxc_trust {
	struct authority authorities[TRUST_AUTHORITIES_MAX];
	unsigned count;
};

/* The authority with this key id, or NULL. */
const struct authority *trust_find(const struct rxc_trust *trust, ProtobufCBinaryData key_id);
/* 0, or an RXC_ERR_* in `err`. */
MUST_CHECK int trust_add(struct rxc_trust *trust, const uint8_t public_key[PUBLIC_KEY_LEN],
	struct rxc_error *err);

#endif
