/* Padding, associated data, XChaCha20-Poly1305. */
#include "proto/sealed.h"

#include <sodium.h>
#include <string.h>

enum { DOMAIN_LEN = sizeof("rxcirc/document.sealed/v1") - 1, PLACE_LEN_MAX = 64 };

static_assert(SEALED_KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");
static_assert(SEALED_NONCE_LEN == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
static_assert(SEALED_TAG_LEN == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");
static_assert(DOMAIN_LEN + RX_ID_LEN + 8 + 2 <= PLACE_LEN_MAX, "a place fits");

static struct slice place_bytes(uint8_t out[PLACE_LEN_MAX], const struct seal_place *place)
{
	struct writer w;

	writer_init(&w, out, PLACE_LEN_MAX);
	writer_text(&w, "rxcirc/document.sealed/v1");
	writer_slice(&w, slice_of(place->rx_id, RX_ID_LEN));
	writer_u64(&w, place->seq);
	writer_u16(&w, place->kind);
	return writer_written(&w);
}

static size_t padded_len(size_t len)
{
	return (len / SEALED_PAD + 1) * SEALED_PAD;
}

size_t sealed_len(size_t len)
{
	return SEALED_NONCE_LEN + padded_len(len) + SEALED_TAG_LEN;
}

void sealed_make(uint8_t *sealed, const uint8_t nonce[SEALED_NONCE_LEN],
	const uint8_t key[SEALED_KEY_LEN], const struct seal_place *place, struct slice plain)
{
	uint8_t *text = sealed + SEALED_NONCE_LEN;
	uint8_t bytes[PLACE_LEN_MAX];
	struct slice ad = place_bytes(bytes, place);
	size_t padded = padded_len(plain.len);

	memcpy(sealed, nonce, SEALED_NONCE_LEN);
	if (plain.len > 0)
		memcpy(text, plain.data, plain.len);
	memset(text + plain.len, 0, padded - plain.len);
	text[plain.len] = 0x80;
	/* Never fails: only texts of 2^38 bytes would. */
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(text, NULL, text, padded, ad.data, ad.len,
		NULL, sealed, key);
}

bool sealed_open(uint8_t *plain, size_t *ret_len, const uint8_t key[SEALED_KEY_LEN],
	const struct seal_place *place, struct slice sealed)
{
	uint8_t bytes[PLACE_LEN_MAX];
	struct slice ad = place_bytes(bytes, place);
	unsigned long long padded;
	size_t len;

	if (sealed.len < SEALED_NONCE_LEN + SEALED_PAD + SEALED_TAG_LEN)
		return false;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &padded, NULL,
			sealed.data + SEALED_NONCE_LEN, sealed.len - SEALED_NONCE_LEN, ad.data, ad.len,
			sealed.data, key) != 0)
		return false;
	if (sodium_unpad(&len, plain, padded, SEALED_PAD) != 0)
		return false;
	*ret_len = len;
	return true;
}
