/* SHA-256, by OpenSSL. */
#ifndef CLI_DIGEST_H
#define CLI_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_LEN = 32 };

/* 0, or -1 when OpenSSL cannot. */
int digest_sha256(const void *data, size_t len, uint8_t digest[DIGEST_LEN])
	__attribute__((warn_unused_result));

#endif
