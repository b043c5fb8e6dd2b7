/* One AEAD over a blind index. */
#include "crypto/own_grant.h"

#include <sodium.h>
#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"

#define TAG "own-grant/v1"

enum {
	NONCE_LEN = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	SEALED_LEN = PERSON_KEY_LEN + crypto_aead_xchacha20poly1305_ietf_ABYTES,
	CODE_BYTES_MAX = 64,
	BOUND_LEN = sizeof(TAG) + 2 + 8 + CODE_BYTES_MAX,
};
static_assert((int)OWN_GRANT_LEN == 2 + 8 + (int)NONCE_LEN + (int)SEALED_LEN,
	"the header says so");

/* A key of its own for each use of a secret. */
static void derive(uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES], const uint8_t *secret)
{
	ensure(crypto_generichash(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
		(const uint8_t *)TAG, sizeof(TAG), secret, KEYRING_KEY_LEN) == 0);
}

static size_t bind(uint8_t bound[BOUND_LEN], uint16_t generation, int64_t until_ms,
	const char *channel_code)
{
	struct writer w;

	writer_init(&w, bound, BOUND_LEN);
	writer_slice(&w, slice_of(TAG, sizeof(TAG)));
	writer_u16(&w, generation);
	writer_u64(&w, (uint64_t)until_ms);
	writer_slice(&w, slice_of_text(channel_code));
	ensure(!w.failed);
	return w.used;
}

void own_grant_make(uint8_t grant[OWN_GRANT_LEN], const struct keyring *k,
	const uint8_t person_key[PERSON_KEY_LEN], const char *channel_code, int64_t until_ms)
{
	uint16_t generation = keyring_newest(k, KEYRING_GRANT);
	uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES], bound[BOUND_LEN];
	uint8_t nonce[NONCE_LEN], sealed[SEALED_LEN];
	size_t bound_len = bind(bound, generation, until_ms, channel_code);
	struct writer w;

	derive(key, keyring_key(k, KEYRING_GRANT, generation));
	random_bytes(nonce, sizeof(nonce));
	ensure(crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, person_key, PERSON_KEY_LEN,
		bound, bound_len, NULL, nonce, key) == 0);
	writer_init(&w, grant, OWN_GRANT_LEN);
	writer_u16(&w, generation);
	writer_u64(&w, (uint64_t)until_ms);
	writer_slice(&w, slice_of(nonce, sizeof(nonce)));
	writer_slice(&w, slice_of(sealed, sizeof(sealed)));
	ensure(!w.failed && w.used == OWN_GRANT_LEN);
	sodium_memzero(key, sizeof(key));
}

bool own_grant_open(struct slice grant, const struct keyring *k, const char *channel_code,
	uint8_t person_key[PERSON_KEY_LEN], int64_t *ret_until_ms)
{
	uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES], bound[BOUND_LEN];
	uint8_t opened[PERSON_KEY_LEN];
	struct reader r;
	uint16_t generation;
	int64_t until_ms;
	struct slice nonce, sealed;
	const uint8_t *secret;
	bool is_ours;

	reader_init(&r, grant);
	generation = reader_u16(&r);
	until_ms = (int64_t)reader_u64(&r);
	nonce = reader_slice(&r, NONCE_LEN);
	sealed = reader_slice(&r, SEALED_LEN);
	if (!reader_is_done(&r))
		return false;
	secret = keyring_key(k, KEYRING_GRANT, generation);
	if (secret == NULL)
		return false;
	derive(key, secret);
	is_ours = crypto_aead_xchacha20poly1305_ietf_decrypt(opened, NULL, NULL, sealed.data,
		sealed.len, bound, bind(bound, generation, until_ms, channel_code), nonce.data, key) == 0;
	sodium_memzero(key, sizeof(key));
	if (!is_ours)
		return false;
	memcpy(person_key, opened, PERSON_KEY_LEN);
	*ret_until_ms = until_ms;
	return true;
}
