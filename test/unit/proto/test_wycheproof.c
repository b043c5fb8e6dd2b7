/* Project Wycheproof's Ed25519 cases, through the same libsodium call dsse_verify() ends in.
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

enum { MESSAGE_MAX = 4096, CASES = 151, REPORTS_MAX = 20 };

struct bytes {
	uint8_t data[MESSAGE_MAX];
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

/* True when the verifier says what the case wants. */
static bool case_agrees(const json_t *test, const struct bytes *key)
{
	struct bytes message = bytes_of(test, "msg"), signature = bytes_of(test, "sig");
	const char *result = json_string_value(json_object_get(test, "result"));
	bool accepted = key->len == crypto_sign_PUBLICKEYBYTES &&
		signature.len == crypto_sign_BYTES &&
		crypto_sign_verify_detached(signature.data, message.data, message.len, key->data) == 0;

	return result && accepted == (strcmp(result, "valid") == 0);
}

int main(void)
{
	const char *dir = getenv("RXCIRC_KNOWN_ANSWERS");
	char path[4096];
	json_error_t error;
	unsigned count = 0, wrong = 0;
	size_t i, j;
	json_t *group, *test;

	(void)snprintf(path, sizeof(path), "%s/wycheproof/ed25519_test.json", dir ? dir : ".");

	json_t *file = json_load_file(path, 0, &error);

	if (!file) {
		printf("1..0 # SKIP the Wycheproof vectors are not there\n");
		return 0;
	}
	if (sodium_init() < 0)
		return 1;
	json_array_foreach(json_object_get(file, "testGroups"), i, group) {
		struct bytes key = bytes_of(json_object_get(group, "publicKey"), "pk");

		json_array_foreach(json_object_get(group, "tests"), j, test) {
			count++;
			if (case_agrees(test, &key))
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
