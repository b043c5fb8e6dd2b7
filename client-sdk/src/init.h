/* Start of the cryptography, once per process.
 *
 * Threads: any.
 */
#ifndef SDK_INIT_H
#define SDK_INIT_H

#include "client-sdk/src/error.h"

/* Returns 0, or RXC_ERR_ARGUMENT when libsodium cannot be used on this machine. */
MUST_CHECK int init_crypto(struct rxc_error *err);

#endif
