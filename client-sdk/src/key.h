/* A signing key in locked memory. */
#ifndef SDK_KEY_H
#define SDK_KEY_H

#include "client-sdk/src/error.h"
#include "proto/limits.h"

enum {
	KEY_SEED_LEN = 32,
	KEY_SECRET_LEN = 64, /* seed || public key, as libsodium wants it */
};

struct rxc_key {
	uint8_t *secret; /* KEY_SECRET_LEN bytes of sodium_malloc, wiped when freed */
	uint8_t public_key[PUBLIC_KEY_LEN];
	uint8_t id[KEY_ID_LEN];
};

#endif
