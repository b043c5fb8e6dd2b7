#include "client-sdk/src/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "client-sdk/src/init.h"
#include "proto/dsse.h"

#define KEY_FILE_MARK "rxcirc-ed25519-secret-v1\n"

enum {
	KEY_FILE_MARK_LEN = sizeof(KEY_FILE_MARK) - 1,
	KEY_SEED_TEXT_LEN = 44, /* 32 bytes in padded base64 */
	KEY_FILE_LEN = KEY_FILE_MARK_LEN + KEY_SEED_TEXT_LEN + 1,
};

static_assert(RXC_PUBLIC_KEY_LEN == PUBLIC_KEY_LEN, "the public header and the wire agree");
static_assert(RXC_KEY_ID_LEN == KEY_ID_LEN, "the public header and the wire agree");
static_assert(sodium_base64_ENCODED_LEN(KEY_SEED_LEN, sodium_base64_VARIANT_ORIGINAL) ==
	KEY_SEED_TEXT_LEN + 1, "the file form has a fixed length");

/* The key of `seed`; NULL when memory is short. */
static rxc_key *key_of_seed(const uint8_t seed[KEY_SEED_LEN])
{
	rxc_key *key = calloc(1, sizeof(*key));

	if (!key)
		return NULL;
	key->secret = sodium_malloc(KEY_SECRET_LEN);
	if (!key->secret || crypto_sign_seed_keypair(key->public_key, key->secret, seed) != 0) {
		rxc_key_free(key);
		return NULL;
	}
	dsse_key_id(key->id, key->public_key);
	return key;
}

int rxc_key_generate(rxc_key **ret_key, rxc_error **ret_error)
{
	struct rxc_error err = {0};
	uint8_t seed[KEY_SEED_LEN];
	rxc_key *key;

	if (init_crypto(&err) < 0)
		return error_give(&err, ret_error);
	randombytes_buf(seed, sizeof(seed));
	key = key_of_seed(seed);
	sodium_memzero(seed, sizeof(seed));
	if (!key) {
		error_set_memory(&err);
		return error_give(&err, ret_error);
	}
	*ret_key = key;
	return 0;
}

/* Open the file and refuse one whose mode or length cannot be a key file's. */
static int key_file_open(const char *path, int *ret_fd, struct rxc_error *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return error_set(err, RXC_ERR_FILE, "KEY_FILE_UNREADABLE",
			"could not open key file \"%s\": %s", path, strerror(errno));
	if (fstat(fd, &st) < 0) {
		error_set(err, RXC_ERR_FILE, "KEY_FILE_UNREADABLE",
			"could not examine key file \"%s\": %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		error_set(err, RXC_ERR_FILE, "KEY_FILE_MALFORMED",
			"key file \"%s\" is not a regular file", path);
	} else if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		error_set(err, RXC_ERR_FILE, "KEY_FILE_MODE",
			"key file \"%s\" is open to group or others (mode %04o, expected 0600)",
			path, (unsigned)(st.st_mode & 07777));
	} else if (st.st_size != KEY_FILE_LEN) {
		error_set(err, RXC_ERR_FILE, "KEY_FILE_MALFORMED",
			"key file \"%s\" has %lld bytes, expected %d", path, (long long)st.st_size,
			KEY_FILE_LEN);
	} else {
		*ret_fd = fd;
		return 0;
	}
	(void)close(fd); /* nothing was written */
	return err->code;
}

static bool read_whole(int fd, uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = read(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static bool key_text_parse(const uint8_t text[KEY_FILE_LEN], uint8_t seed[KEY_SEED_LEN])
{
	const char *base64 = (const char *)text + KEY_FILE_MARK_LEN;
	const char *end = NULL;
	size_t len = 0;

	if (memcmp(text, KEY_FILE_MARK, KEY_FILE_MARK_LEN) != 0 || text[KEY_FILE_LEN - 1] != '\n')
		return false;
	return sodium_base642bin(seed, KEY_SEED_LEN, base64, KEY_SEED_TEXT_LEN, NULL, &len, &end,
		sodium_base64_VARIANT_ORIGINAL) == 0 &&
		len == KEY_SEED_LEN && end == base64 + KEY_SEED_TEXT_LEN;
}

int rxc_key_load(const char *path, rxc_key **ret_key, rxc_error **ret_error)
{
	struct rxc_error err = {0};
	uint8_t text[KEY_FILE_LEN];
	uint8_t seed[KEY_SEED_LEN];
	rxc_key *key = NULL;
	int fd;

	if (init_crypto(&err) < 0 || key_file_open(path, &fd, &err) < 0)
		return error_give(&err, ret_error);
	if (!read_whole(fd, text, sizeof(text)))
		error_set(&err, RXC_ERR_FILE, "KEY_FILE_UNREADABLE",
			"could not read key file \"%s\"", path);
	else if (!key_text_parse(text, seed))
		error_set(&err, RXC_ERR_FILE, "KEY_FILE_MALFORMED",
			"key file \"%s\" is not a key of this product", path);
	else if (!(key = key_of_seed(seed)))
		error_set_memory(&err);
	(void)close(fd); /* nothing was written */
	sodium_memzero(text, sizeof(text));
	sodium_memzero(seed, sizeof(seed));
	if (!key)
		return error_give(&err, ret_error);
	*ret_key = key;
	return 0;
}

static bool write_whole(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

int rxc_key_save(const rxc_key *key, const char *path, rxc_error **ret_error)
{
	struct rxc_error err = {0};
	char text[KEY_FILE_LEN + 1];
	bool written;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0) {
		error_set(&err, RXC_ERR_FILE, errno == EEXIST ? "KEY_FILE_EXISTS" :
			"KEY_FILE_UNWRITABLE", "could not create key file \"%s\": %s", path,
			strerror(errno));
		return error_give(&err, ret_error);
	}
	memcpy(text, KEY_FILE_MARK, KEY_FILE_MARK_LEN);
	sodium_bin2base64(text + KEY_FILE_MARK_LEN, KEY_SEED_TEXT_LEN + 1, key->secret,
		KEY_SEED_LEN, sodium_base64_VARIANT_ORIGINAL);
	text[KEY_FILE_LEN - 1] = '\n';
	written = write_whole(fd, (const uint8_t *)text, KEY_FILE_LEN) && fsync(fd) == 0;
	sodium_memzero(text, sizeof(text));
	if (close(fd) < 0)
		written = false;
	if (written)
		return 0;
	error_set(&err, RXC_ERR_FILE, "KEY_FILE_UNWRITABLE",
		"could not write key file \"%s\": %s", path, strerror(errno));
	(void)unlink(path); /* the error told is the one that matters */
	return error_give(&err, ret_error);
}

void rxc_key_free(rxc_key *key)
{
	if (!key)
		return;
	sodium_free(key->secret); /* wipes; accepts NULL */
	free(key);
}

void rxc_key_public(const rxc_key *key, uint8_t public_key[RXC_PUBLIC_KEY_LEN])
{
	memcpy(public_key, key->public_key, PUBLIC_KEY_LEN);
}

void rxc_key_id(const rxc_key *key, uint8_t key_id[RXC_KEY_ID_LEN])
{
	memcpy(key_id, key->id, KEY_ID_LEN);
}
