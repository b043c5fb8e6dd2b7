#include "client-sdk/cli/digest.h"

#include <openssl/evp.h>

int digest_sha256(const void *data, size_t len, uint8_t digest[DIGEST_LEN])
{
	unsigned written = DIGEST_LEN;

	return EVP_Digest(data, len, digest, &written, EVP_sha256(), NULL) == 1 ? 0 : -1;
}
