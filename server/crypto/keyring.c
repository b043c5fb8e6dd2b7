/* Reading and writing the key file; the keys themselves live in one sodium_malloc() block. */
#include "crypto/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ensure.h"
#include "base/err.h"

struct keyring_slot {
	uint16_t generation; /* 0 = empty; generations count from 1 */
	uint8_t key[KEYRING_KEY_LEN];
};

struct keyring {
	struct keyring_slot slots[KEYRING_PURPOSES][KEYRING_GENERATIONS_MAX];
	unsigned counts[KEYRING_PURPOSES];
	uint8_t receipt_secret[crypto_sign_SECRETKEYBYTES];
	uint8_t receipt_public[crypto_sign_PUBLICKEYBYTES];
};

static const struct {
	const char *name;
	bool single; /* rotating it would orphan every stored index or id */
} purposes[KEYRING_PURPOSES] = {
	[KEYRING_KEK] = {"kek", false},
	[KEYRING_ROWMAC] = {"rowmac", false},
	[KEYRING_INDEX] = {"index", true},
	[KEYRING_IDS] = {"ids", true},
	[KEYRING_GRANT] = {"grant", false},
	[KEYRING_RECEIPT] = {"receipt", false},
};

static int problem_set(char problem[KEYRING_PROBLEM_MAX], const char *text)
{
	snprintf(problem, KEYRING_PROBLEM_MAX, "%s", text);
	return ERR_CONFIG;
}

static int problem_at(char problem[KEYRING_PROBLEM_MAX], unsigned line, const char *rule)
{
	snprintf(problem, KEYRING_PROBLEM_MAX, "key file line %u: %s", line, rule);
	return ERR_CONFIG;
}

static int purpose_of(const char *name)
{
	for (int p = 0; p < KEYRING_PURPOSES; p++)
		if (strcmp(purposes[p].name, name) == 0)
			return p;
	return -1;
}

static int keyring_add(struct keyring *k, unsigned line, char *text,
	char problem[KEYRING_PROBLEM_MAX])
{
	char name[16], hex[2 * KEYRING_KEY_LEN + 2];
	unsigned generation;
	size_t len;
	int purpose, end = 0;
	struct keyring_slot *slot;

	if (sscanf(text, "%15s %5u %65s %n", name, &generation, hex, &end) != 3 || text[end] != '\0')
		return problem_at(problem, line, "must read \"purpose generation key\"");
	purpose = purpose_of(name);
	if (purpose < 0)
		return problem_at(problem, line,
			"purpose must be kek, rowmac, index, ids, grant or receipt");
	if (generation < 1 || generation > 9999)
		return problem_at(problem, line, "generation must lie within 1 .. 9999");
	if (keyring_key(k, (enum keyring_purpose)purpose, (uint16_t)generation) != NULL)
		return problem_at(problem, line, "the same generation stands twice");
	if (k->counts[purpose] == (purposes[purpose].single ? 1 : KEYRING_GENERATIONS_MAX))
		return problem_at(problem, line, "more generations than this purpose may have");
	slot = &k->slots[purpose][k->counts[purpose]];
	if (sodium_hex2bin(slot->key, sizeof(slot->key), hex, strlen(hex), NULL, &len, NULL) != 0 ||
		len != sizeof(slot->key) || strlen(hex) != 2 * sizeof(slot->key))
		return problem_at(problem, line, "the key must be 64 hexadecimal digits");
	slot->generation = (uint16_t)generation;
	k->counts[purpose]++;
	sodium_memzero(hex, sizeof(hex));
	return 0;
}

static int keyring_complete(const struct keyring *k, char problem[KEYRING_PROBLEM_MAX])
{
	for (int p = 0; p < KEYRING_PURPOSES; p++) {
		if (k->counts[p] > 0)
			continue;
		snprintf(problem, KEYRING_PROBLEM_MAX, "the key file has no key for purpose \"%s\": add a"
			" line \"%s 1\" and 64 random hexadecimal digits (openssl rand -hex 32)",
			purposes[p].name, purposes[p].name);
		return ERR_CONFIG;
	}
	return 0;
}

static int keyring_fill(struct keyring *k, char *text, char problem[KEYRING_PROBLEM_MAX])
{
	unsigned line = 0;

	for (char *at = text, *next; at != NULL; at = next) {
		int r;

		line++;
		next = strchr(at, '\n');
		if (next != NULL)
			*next++ = '\0';
		at[strcspn(at, "#\r")] = '\0';
		if (at[strspn(at, " \t")] == '\0')
			continue;
		r = keyring_add(k, line, at, problem);
		if (r < 0)
			return r;
	}
	return keyring_complete(k, problem);
}

int keyring_parse(struct keyring **ret, struct slice text, char problem[KEYRING_PROBLEM_MAX])
{
	struct keyring *k;
	char *copy;
	int r;

	if (text.len > KEYRING_FILE_MAX)
		return problem_set(problem, "the key file is larger than 16384 bytes");
	if (memchr(text.data, '\0', text.len) != NULL)
		return problem_set(problem, "the key file contains a NUL byte");
	k = sodium_malloc(sizeof(*k));
	copy = sodium_malloc(text.len + 1);
	if (k == NULL || copy == NULL) {
		sodium_free(k);
		sodium_free(copy);
		return problem_set(problem, "could not lock memory for the keys");
	}
	memset(k, 0, sizeof(*k));
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	r = keyring_fill(k, copy, problem);
	if (r == 0)
		(void)crypto_sign_seed_keypair(k->receipt_public, k->receipt_secret, /* always 0 */
			keyring_key(k, KEYRING_RECEIPT, keyring_newest(k, KEYRING_RECEIPT)));
	sodium_free(copy);
	if (r < 0) {
		keyring_free(k);
		return r;
	}
	sodium_mprotect_readonly(k);
	*ret = k;
	return 0;
}

int keyring_load(struct keyring **ret, const char *path, char problem[KEYRING_PROBLEM_MAX])
{
	uint8_t *text;
	size_t len;
	int r = key_file_read(path, KEYRING_FILE_MAX, &text, &len, problem);

	if (r < 0)
		return r;
	r = keyring_parse(ret, slice_of(text, len), problem);
	sodium_free(text);
	return r;
}

static bool keyring_print(FILE *f)
{
	uint8_t key[KEYRING_KEY_LEN];
	char hex[2 * KEYRING_KEY_LEN + 1];
	bool ok = fputs("# Secrets of the server: back up apart from the database.\n", f) >= 0;

	for (int p = 0; p < KEYRING_PURPOSES; p++) {
		randombytes_buf(key, sizeof(key));
		sodium_bin2hex(hex, sizeof(hex), key, sizeof(key));
		ok = fprintf(f, "%s 1 %s\n", purposes[p].name, hex) > 0 && ok;
	}
	sodium_memzero(key, sizeof(key));
	sodium_memzero(hex, sizeof(hex));
	return fflush(f) == 0 && fsync(fileno(f)) == 0 && ok;
}

int keyring_generate(const char *path, char problem[KEYRING_PROBLEM_MAX])
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool ok;

	if (f == NULL) {
		snprintf(problem, KEYRING_PROBLEM_MAX, "could not create the key file: %s",
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return ERR_CONFIG;
	}
	setvbuf(f, NULL, _IONBF, 0); /* no copy of the keys in a stdio buffer */
	ok = keyring_print(f);
	if (fclose(f) != 0 || !ok) {
		unlink(path);
		return problem_set(problem, "could not write the key file");
	}
	return 0;
}

void keyring_free(struct keyring *k)
{
	if (k != NULL)
		sodium_mprotect_readwrite(k);
	sodium_free(k);
}

const uint8_t *keyring_key(const struct keyring *k, enum keyring_purpose purpose,
	uint16_t generation)
{
	ensure(purpose < KEYRING_PURPOSES);
	for (unsigned i = 0; i < k->counts[purpose]; i++)
		if (k->slots[purpose][i].generation == generation)
			return k->slots[purpose][i].key;
	return NULL;
}

uint16_t keyring_newest(const struct keyring *k, enum keyring_purpose purpose)
{
	uint16_t newest = 0;

	ensure(purpose < KEYRING_PURPOSES);
	for (unsigned i = 0; i < k->counts[purpose]; i++)
		if (k->slots[purpose][i].generation > newest)
			newest = k->slots[purpose][i].generation;
	ensure(newest > 0);
	return newest;
}

const uint8_t *keyring_receipt_secret(const struct keyring *k)
{
	return k->receipt_secret;
}

const uint8_t *keyring_receipt_public(const struct keyring *k)
{
	return k->receipt_public;
}
