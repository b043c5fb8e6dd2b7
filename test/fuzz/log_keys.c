/* Keys that follow from words, and the policy over them. */
#include "test/fuzz/log_keys.h"

#include <sodium.h>
#include <string.h>

#include "test/fuzz/fuzz.h"

/* The verifier key of `name`; its seed is the SHA-256 of "rxcirc test key " and the name. */
static void make_vkey(char vkey[NOTE_KEY_TEXT_MAX], const char *name, enum note_key_type type)
{
	uint8_t seed[crypto_hash_sha256_BYTES], public_key[PUBLIC_KEY_LEN], secret[64];
	struct note_key key;
	char word[64];
	int len = snprintf(word, sizeof(word), "rxcirc test key %s", name);

	crypto_hash_sha256(seed, (const uint8_t *)word, (size_t)len);
	FUZZ_CHECK(crypto_sign_seed_keypair(public_key, secret, seed) == 0);
	FUZZ_CHECK(note_key_make(&key, name, type, public_key));
	note_key_format(vkey, &key);
}

static void make_policy(struct policy *policy)
{
	char log[NOTE_KEY_TEXT_MAX], w[3][NOTE_KEY_TEXT_MAX], text[2048], problem[POLICY_PROBLEM_MAX];

	FUZZ_CHECK(sodium_init() >= 0);
	make_vkey(log, "log", NOTE_ED25519);
	make_vkey(w[0], "witness-1", NOTE_COSIGNATURE);
	make_vkey(w[1], "witness-2", NOTE_COSIGNATURE);
	make_vkey(w[2], "witness-3", NOTE_COSIGNATURE);

	int len = snprintf(text, sizeof(text),
		"log %s\nwitness 1 %s\nwitness 2 %s\nwitness 3 %s\ngroup g 2 1 2 3\nquorum g\n", log,
		w[0], w[1], w[2]);

	FUZZ_CHECK(policy_parse(policy, slice_of(text, (size_t)len), problem));
}

const struct policy *log_policy(void)
{
	static struct policy policy;

	if (policy.logs_count == 0)
		make_policy(&policy);
	return &policy;
}
