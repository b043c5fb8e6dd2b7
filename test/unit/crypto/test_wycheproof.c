/* Project Wycheproof's XChaCha20-Poly1305 cases, through the libsodium calls seal.c ends in.
 *
 * The file is not part of the tree: without it the test says so and is skipped.
 */
#include <jansson.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BYTES_MAX = 2048,
	CASES = 315,
	REPORTS_MAX = 20,
	NONCE_LEN = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_LEN = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	KEY_LEN = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
};

struct bytes {
	uint8_t data[BYTES_MAX];
	size_t len;
};

static struct bytes bytes_of(const json_t *object, const char *name)
{
	const char *hex = json_string_value(json_object_get(object, name));
	struct bytes b = {.len = 0};

	if (!hex || sodium_hex2bin(b.data, sizeof(b.data), hex, strlen(hex), NULL, &b.len, NULL) < 0) {
		printf("Bail out! field \"%s\" is not hexadecimal\n", name);
		exit(1);
	}
	return b;
}

/* Sealing again gives the same bytes: ciphertext, then tag. */
static bool seals_the_same(const json_t *test, const struct bytes *sealed)
{
	struct bytes key = bytes_of(test, "key"), nonce = bytes_of(test, "iv"),
		ad = bytes_of(test, "aad"), plain = bytes_of(test, "msg");
	uint8_t out[BYTES_MAX + TAG_LEN];
	unsigned long long len;

	crypto_aead_xchacha20poly1305_ietf_encrypt(out, &len, plain.data, plain.len, ad.data, ad.len,
		NULL, nonce.data, key.data);
	return len == sealed->len && memcmp(out, sealed->data, len) == 0;
}

static bool opens(const json_t *test, const struct bytes *sealed)
{
	struct bytes key = bytes_of(test, "key"), nonce = bytes_of(test, "iv"),
		ad = bytes_of(test, "aad"), plain = bytes_of(test, "msg");
	uint8_t out[BYTES_MAX];
	unsigned long long len;

	if (key.len != KEY_LEN || nonce.len != NONCE_LEN)
		return false; /* ours have no other length */
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, &len, NULL, sealed->data, sealed->len,
			ad.data, ad.len, nonce.data, key.data) != 0)
		return false;
	return len == plain.len && memcmp(out, plain.data, plain.len) == 0;
}

static bool case_agrees(const json_t *test)
{
	const char *result = json_string_value(json_object_get(test, "result"));
	struct bytes sealed = bytes_of(test, "ct"), tag = bytes_of(test, "tag");
	bool valid = result && strcmp(result, "valid") == 0;

	if (!result || sealed.len + tag.len > sizeof(sealed.data))
		return false;
	memcpy(sealed.data + sealed.len, tag.data, tag.len);
	sealed.len += tag.len;
	return opens(test, &sealed) == valid && (!valid || seals_the_same(test, &sealed));
}

int main(void)
{
	const char *dir = getenv("RXCIRC_KNOWN_ANSWERS");
	char path[4096];
	json_error_t error;
	unsigned count = 0, wrong = 0;
	size_t i, j;
	json_t *group, *test, *file;

	(void)snprintf(path, sizeof(path), "%s/wycheproof/xchacha20_poly1305_test.json",
		dir ? dir : ".");
	file = json_load_file(path, 0, &error);
	if (!file) {
		printf("1..0 # SKIP the Wycheproof vectors are not there\n");
		return 0;
	}
	if (sodium_init() < 0)
		return 1;
	json_array_foreach(json_object_get(file, "testGroups"), i, group) {
		json_array_foreach(json_object_get(group, "tests"), j, test) {
			count++;
			if (case_agrees(test))
				continue;
			if (wrong++ < REPORTS_MAX)
				printf("# case %lld differs: %s\n",
					json_integer_value(json_object_get(test, "tcId")),
					json_string_value(json_object_get(test, "comment")));
		}
	}
	json_decref(file);
	printf("%s 1 - all %u of %d cases agree\n", wrong == 0 && count == CASES ? "ok" : "not ok",
		count - wrong, CASES);
	printf("1..1\n");
	return wrong == 0 && count == CASES ? 0 : 1;
}
