/* Keys drawn and wrapped with libsodium's XChaCha20-Poly1305. */
#include "crypto/seal.h"

#include <sodium.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"

enum {
	NONCE_LEN = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_LEN = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	PLACE_MAX = 64,
};
static_assert(SEAL_WRAPPED_LEN == NONCE_LEN + SEAL_KEY_LEN + TAG_LEN, "a wrapped key's parts");

static struct slice key_place(uint8_t out[PLACE_MAX], const uint8_t *rx_id, uint16_t generation)
{
	struct writer w;

	writer_init(&w, out, PLACE_MAX);
	writer_text(&w, "rxcirc/data_key.wrapped/v1");
	writer_slice(&w, slice_of(rx_id, RX_ID_LEN));
	writer_u16(&w, generation);
	ensure(!w.failed);
	return writer_written(&w);
}

void data_key_new(struct data_key *ret, const struct keyring *k, const uint8_t rx_id[RX_ID_LEN])
{
	uint8_t place[PLACE_MAX];
	struct slice ad;

	ret->generation = keyring_newest(k, KEYRING_KEK);
	randombytes_buf(ret->key, sizeof(ret->key));
	randombytes_buf(ret->wrapped, NONCE_LEN);
	ad = key_place(place, rx_id, ret->generation);
	crypto_aead_xchacha20poly1305_ietf_encrypt(ret->wrapped + NONCE_LEN, NULL, ret->key,
		sizeof(ret->key), ad.data, ad.len, NULL, ret->wrapped,
		keyring_key(k, KEYRING_KEK, ret->generation));
}

int data_key_unwrap(struct data_key *ret, const struct keyring *k, const uint8_t rx_id[RX_ID_LEN])
{
	const uint8_t *kek = keyring_key(k, KEYRING_KEK, ret->generation);
	uint8_t place[PLACE_MAX];
	struct slice ad = key_place(place, rx_id, ret->generation);

	if (kek == NULL)
		return ERR_DAMAGED;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(ret->key, NULL, NULL, ret->wrapped + NONCE_LEN,
			SEAL_WRAPPED_LEN - NONCE_LEN, ad.data, ad.len, ret->wrapped, kek) != 0)
		return ERR_DAMAGED;
	return 0;
}

void data_key_wipe(struct data_key *key)
{
	sodium_memzero(key, sizeof(*key));
}

size_t seal_len(size_t len)
{
	return sealed_len(len);
}

void seal(uint8_t *sealed, const struct data_key *key, const struct seal_place *place,
	struct slice plain)
{
	uint8_t nonce[SEALED_NONCE_LEN];

	randombytes_buf(nonce, sizeof(nonce));
	sealed_make(sealed, nonce, key->key, place, plain);
}

int seal_open(uint8_t *plain, size_t *ret_len, const struct data_key *key,
	const struct seal_place *place, struct slice sealed)
{
	return sealed_open(plain, ret_len, key->key, place, sealed) ? 0 : ERR_DAMAGED;
}
