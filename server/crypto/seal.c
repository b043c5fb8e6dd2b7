/* Envelope encryption with libsodium's XChaCha20-Poly1305. */
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
static_assert(SEAL_KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key length");

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

static struct slice document_place(uint8_t out[PLACE_MAX], const struct seal_place *place)
{
	struct writer w;

	writer_init(&w, out, PLACE_MAX);
	writer_text(&w, "rxcirc/document.sealed/v1");
	writer_slice(&w, slice_of(place->rx_id, RX_ID_LEN));
	writer_u64(&w, place->seq);
	writer_u16(&w, place->kind);
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

static size_t padded_len(size_t len)
{
	return (len / SEAL_PAD + 1) * SEAL_PAD;
}

size_t seal_len(size_t len)
{
	return NONCE_LEN + padded_len(len) + TAG_LEN;
}

void seal(uint8_t *sealed, const struct data_key *key, const struct seal_place *place,
	struct slice plain)
{
	uint8_t *text = sealed + NONCE_LEN;
	uint8_t ad_bytes[PLACE_MAX];
	struct slice ad = document_place(ad_bytes, place);
	size_t padded = padded_len(plain.len);

	randombytes_buf(sealed, NONCE_LEN);
	if (plain.len > 0)
		memcpy(text, plain.data, plain.len);
	ensure(sodium_pad(NULL, text, plain.len, SEAL_PAD, padded) == 0);
	crypto_aead_xchacha20poly1305_ietf_encrypt(text, NULL, text, padded, ad.data, ad.len, NULL,
		sealed, key->key);
}

int seal_open(uint8_t *plain, size_t *ret_len, const struct data_key *key,
	const struct seal_place *place, struct slice sealed)
{
	uint8_t ad_bytes[PLACE_MAX];
	struct slice ad = document_place(ad_bytes, place);
	unsigned long long padded;
	size_t len;

	if (sealed.len < NONCE_LEN + SEAL_PAD + TAG_LEN)
		return ERR_DAMAGED;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &padded, NULL, sealed.data + NONCE_LEN,
			sealed.len - NONCE_LEN, ad.data, ad.len, sealed.data, key->key) != 0)
		return ERR_DAMAGED;
	if (sodium_unpad(&len, plain, padded, SEAL_PAD) != 0)
		return ERR_DAMAGED;
	*ret_len = len;
	return 0;
}
