/* One keyed digest over what was asked, the place and the end. */
#include "crypto/page_token.h"

#include <sodium.h>

#include "base/ensure.h"
#include "crypto/digest.h"

enum { HEAD_LEN = 2 + 8 };

static void feed(crypto_generichash_state *st, struct slice part)
{
	uint8_t len[8];
	struct writer w;

	writer_init(&w, len, sizeof(len));
	writer_u64(&w, part.len);
	crypto_generichash_update(st, len, sizeof(len));
	crypto_generichash_update(st, part.data, part.len);
}

static void token_mac(uint8_t mac[DIGEST_LEN], const uint8_t *key, struct slice asked,
	struct slice head_and_place)
{
	crypto_generichash_state st;

	ensure(crypto_generichash_init(&st, key, KEYRING_KEY_LEN, DIGEST_LEN) == 0);
	feed(&st, slice_of_text("page-token/v1"));
	feed(&st, asked);
	feed(&st, head_and_place);
	ensure(crypto_generichash_final(&st, mac, DIGEST_LEN) == 0);
}

size_t page_token_make(uint8_t token[PAGE_TOKEN_MAX], const struct keyring *k, struct slice asked,
	struct slice place, int64_t until_ms)
{
	uint16_t generation = keyring_newest(k, KEYRING_GRANT);
	uint8_t mac[DIGEST_LEN];
	struct writer w;

	writer_init(&w, token, PAGE_TOKEN_MAX);
	writer_u16(&w, generation);
	writer_u64(&w, (uint64_t)until_ms);
	writer_slice(&w, place);
	token_mac(mac, keyring_key(k, KEYRING_GRANT, generation), asked, writer_written(&w));
	writer_slice(&w, slice_of(mac, sizeof(mac)));
	ensure(!w.failed);
	return w.used;
}

bool page_token_open(struct slice token, const struct keyring *k, struct slice asked,
	int64_t now_ms, struct slice *ret_place)
{
	uint8_t expected[DIGEST_LEN];
	uint16_t generation;
	int64_t until_ms;
	struct slice place, mac;
	const uint8_t *key;
	struct reader r;

	if (token.len < HEAD_LEN + DIGEST_LEN || token.len > PAGE_TOKEN_MAX)
		return false;
	reader_init(&r, token);
	generation = reader_u16(&r);
	until_ms = (int64_t)reader_u64(&r);
	place = reader_slice(&r, token.len - HEAD_LEN - DIGEST_LEN);
	mac = reader_slice(&r, DIGEST_LEN);
	key = keyring_key(k, KEYRING_GRANT, generation);
	if (key == NULL)
		return false;
	token_mac(expected, key, asked, slice_of(token.data, token.len - DIGEST_LEN));
	if (!bytes_equal_secret(mac.data, expected, DIGEST_LEN) || now_ms >= until_ms)
		return false;
	*ret_place = place;
	return true;
}
