/* The key file: what it must be, and every way it may be refused. */
#include "test/support/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "test/unit/crypto/keys.h"

static char dir[64], path[96];

static int make_dir(void **state)
{
	(void)state;
	if (sodium_init() < 0)
		return -1;
	(void)snprintf(dir, sizeof(dir), "/tmp/test-keyring-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/keys", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

static void write_file(const void *text, size_t len, mode_t mode)
{
	int fd;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

/* Loading must be refused with a sentence that holds `word`; what stood in *ret stays. */
static void assert_load_refused(const char *word)
{
	char problem[KEYRING_PROBLEM_MAX] = "";
	struct keyring *k = (struct keyring *)(uintptr_t)1;

	assert_int_equal(keyring_load(&k, path, problem), ERR_CONFIG);
	assert_ptr_equal(k, (void *)(uintptr_t)1);
	if (strstr(problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", problem, word);
}

static void assert_parse_refused(const struct keys_text *t, const char *word)
{
	char problem[KEYRING_PROBLEM_MAX] = "";
	struct keyring *k = (struct keyring *)(uintptr_t)1;

	assert_int_equal(keyring_parse(&k, slice_of(t->text, t->len), problem), ERR_CONFIG);
	assert_ptr_equal(k, (void *)(uintptr_t)1);
	if (strstr(problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", problem, word);
}

static void assert_loads(void)
{
	char problem[KEYRING_PROBLEM_MAX] = "";
	struct keyring *k = NULL;

	if (keyring_load(&k, path, problem) != 0)
		fail_msg("%s", problem);
	keyring_free(k);
}

static void a_private_file_with_every_purpose_loads(void **state)
{
	static const enum keyring_purpose all[] = {KEYRING_KEK, KEYRING_ROWMAC, KEYRING_INDEX,
		KEYRING_IDS, KEYRING_GRANT, KEYRING_RECEIPT};
	struct keys_text t = {.len = 0};
	char problem[KEYRING_PROBLEM_MAX];
	struct keyring *k = NULL;

	(void)state;
	keys_add_line(&t, "# keys of a test");
	keys_add_all(&t, NULL);
	write_file(t.text, t.len, 0600);
	assert_int_equal(keyring_load(&k, path, problem), 0);
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const uint8_t *key = keyring_key(k, all[i], 1);

		assert_int_equal(keyring_newest(k, all[i]), 1);
		assert_non_null(key);
		for (int b = 0; b < KEYRING_KEY_LEN; b++)
			assert_int_equal(key[b], 0x11 * (i + 1));
		assert_null(keyring_key(k, all[i], 2));
		assert_null(keyring_key(k, all[i], 0));
	}
	keyring_free(k);
}

static void a_file_only_the_owner_may_read_loads(void **state)
{
	struct keys_text t = {.len = 0};

	(void)state;
	keys_add_all(&t, NULL);
	write_file(t.text, t.len, 0400);
	assert_loads();
}

static void refuses_a_file_others_may_use(void **state)
{
	static const mode_t modes[] = {0640, 0620, 0610, 0604, 0602, 0601, 0666};
	struct keys_text t = {.len = 0};

	(void)state;
	keys_add_all(&t, NULL);
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		write_file(t.text, t.len, modes[i]);
		assert_load_refused("group or others");
	}
}

static void refuses_a_file_of_another_user(void **state)
{
	struct keys_text t = {.len = 0};

	(void)state;
	keys_add_all(&t, NULL);
	write_file(t.text, t.len, 0600);
	if (geteuid() != 0)
		skip(); /* only root can give a file away */
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_load_refused("must belong to");
}

static void refuses_a_symbolic_link(void **state)
{
	struct keys_text t = {.len = 0};
	char target[112];

	(void)state;
	keys_add_all(&t, NULL);
	write_file(t.text, t.len, 0600);
	(void)snprintf(target, sizeof(target), "%s/target", dir);
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_load_refused("could not open");
	assert_int_equal(unlink(target), 0);
}

static void refuses_what_is_not_a_file(void **state)
{
	(void)state;
	(void)unlink(path);
	assert_load_refused("could not open");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_load_refused("not a regular file");
	assert_int_equal(rmdir(path), 0);
}

/* A good file, filled up with a comment to exactly `len` bytes. */
static void write_file_of(size_t len)
{
	struct keys_text t = {.len = 0};

	keys_add_all(&t, NULL);
	memset(t.text + t.len, '#', len - t.len);
	write_file(t.text, len, 0600);
}

static void a_file_of_the_largest_size_loads(void **state)
{
	(void)state;
	write_file_of(KEYRING_FILE_MAX);
	assert_loads();
}

static void refuses_a_file_one_byte_larger(void **state)
{
	(void)state;
	write_file_of(KEYRING_FILE_MAX + 1);
	assert_load_refused("larger than 16384");
}

static void refuses_a_NUL_byte(void **state)
{
	struct keys_text t = {.len = 0};

	(void)state;
	keys_add_all(&t, NULL);
	t.text[t.len++] = '\0';
	assert_parse_refused(&t, "NUL");
}

static void refuses_the_same_generation_twice(void **state)
{
	struct keys_text t = {.len = 0};

	(void)state;
	keys_add_all(&t, NULL);
	keys_add(&t, "rowmac", 1, 0x77);
	assert_parse_refused(&t, "stands twice");
}

static void refuses_a_missing_purpose_and_names_it(void **state)
{
	static const char *const names[] = {"kek", "rowmac", "index", "ids", "grant", "receipt"};

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct keys_text t = {.len = 0};
		char word[32];

		keys_add_all(&t, names[i]);
		(void)snprintf(word, sizeof(word), "purpose \"%s\"", names[i]);
		assert_parse_refused(&t, word);
	}
}

/* As on the day when receipts came: the file is of before. */
static void a_missing_key_says_what_to_add_and_that_helps(void **state)
{
	struct keys_text t = {.len = 0};

	(void)state;
	keys_add_all(&t, "receipt");
	assert_parse_refused(&t, "add a line \"receipt 1\" and 64 random hexadecimal digits"
		" (openssl rand -hex 32)");
	keys_add_line(&t,
		"receipt 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
	keyring_free(keys_parse(&t));
}

static void refuses_a_key_that_is_not_64_hexadecimal_digits(void **state)
{
	static const char *const keys[] = {
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeef",
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0",
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00",
		"g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		"00112233445566778899aabbccddeeff:0112233445566778899aabbccddeeff",
		"00112233445566778899aabbccddeeff",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct keys_text t = {.len = 0};
		char line[128];

		(void)snprintf(line, sizeof(line), "kek 1 %s", keys[i]);
		keys_add_line(&t, line);
		keys_add_all(&t, "kek");
		assert_parse_refused(&t, "line 1");
	}
}

static void refuses_lines_of_another_form(void **state)
{
	static const char *const lines[] = {
		"kek", "kek 1", "kek one 00", "kek 1 00 more", "1 kek 00",
		"KEK 1 1111111111111111111111111111111111111111111111111111111111111111",
		"secret 1 1111111111111111111111111111111111111111111111111111111111111111",
		"kek 0 1111111111111111111111111111111111111111111111111111111111111111",
		"kek 10000 1111111111111111111111111111111111111111111111111111111111111111",
		"kek -1 1111111111111111111111111111111111111111111111111111111111111111",
		"kek 1 1111111111111111111111111111111111111111111111111111111111111111 x",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct keys_text t = {.len = 0};

		keys_add_line(&t, "# first");
		keys_add_line(&t, lines[i]);
		keys_add_all(&t, "kek");
		assert_parse_refused(&t, "line 2");
	}
}

static void a_problem_quotes_no_key(void **state)
{
	struct keys_text t = {.len = 0};
	char problem[KEYRING_PROBLEM_MAX] = "";
	struct keyring *k;

	(void)state;
	keys_add(&t, "kek", 1, 0xab);
	keys_add(&t, "kek", 1, 0xab);
	assert_int_equal(keyring_parse(&k, slice_of(t.text, t.len), problem), ERR_CONFIG);
	assert_null(strstr(problem, "abab"));
}

static void takes_the_most_generations(void **state)
{
	static const char *const names[] = {"kek", "rowmac", "grant", "receipt"};
	static const enum keyring_purpose purposes[] = {KEYRING_KEK, KEYRING_ROWMAC, KEYRING_GRANT,
		KEYRING_RECEIPT};

	(void)state;
	for (unsigned p = 0; p < sizeof(names) / sizeof(names[0]); p++) {
		struct keys_text t = {.len = 0};
		struct keyring *k;

		keys_add_all(&t, names[p]);
		for (unsigned g = KEYRING_GENERATIONS_MAX; g >= 1; g--)
			keys_add(&t, names[p], g, (uint8_t)g);
		k = keys_parse(&t);
		assert_int_equal(keyring_newest(k, purposes[p]), KEYRING_GENERATIONS_MAX);
		for (uint16_t g = 1; g <= KEYRING_GENERATIONS_MAX; g++)
			assert_int_equal(keyring_key(k, purposes[p], g)[0], g);
		keyring_free(k);
		keys_add(&t, names[p], KEYRING_GENERATIONS_MAX + 1, 0x55);
		assert_parse_refused(&t, "more generations");
	}
}

static void index_and_ids_have_exactly_one_generation(void **state)
{
	static const char *const names[] = {"index", "ids"};

	(void)state;
	for (unsigned p = 0; p < 2; p++) {
		struct keys_text t = {.len = 0};

		keys_add_all(&t, NULL);
		keys_add(&t, names[p], 2, 0x55);
		assert_parse_refused(&t, "more generations");
	}
}

static void the_newest_receipt_key_signs(void **state)
{
	struct keys_text t = {.len = 0};
	uint8_t seed[crypto_sign_SEEDBYTES], public_key[crypto_sign_PUBLICKEYBYTES];
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	struct keyring *k;

	(void)state;
	keys_add_all(&t, "receipt");
	keys_add(&t, "receipt", 3, 0x33);
	keys_add(&t, "receipt", 2, 0x22);
	k = keys_parse(&t);
	memset(seed, 0x33, sizeof(seed));
	assert_int_equal(crypto_sign_seed_keypair(public_key, secret, seed), 0);
	assert_memory_equal(keyring_receipt_secret(k), secret, sizeof(secret));
	assert_memory_equal(keyring_receipt_public(k), public_key, sizeof(public_key));
	keyring_free(k);
}

static void the_newest_generation_is_the_highest_number(void **state)
{
	struct keys_text t = {.len = 0};
	struct keyring *k;

	(void)state;
	keys_add_all(&t, "kek");
	keys_add(&t, "kek", 9999, 1);
	keys_add(&t, "kek", 7, 2);
	k = keys_parse(&t);
	assert_int_equal(keyring_newest(k, KEYRING_KEK), 9999);
	assert_int_equal(keyring_key(k, KEYRING_KEK, 9999)[0], 1);
	keyring_free(k);
}

static void comments_blank_lines_and_carriage_returns_are_passed_over(void **state)
{
	struct keys_text t = {.len = 0};

	(void)state;
	keys_add_line(&t, "");
	keys_add_line(&t, "  \t ");
	keys_add_line(&t, "# comment\r");
	keys_add_line(&t,
		"kek 1 1111111111111111111111111111111111111111111111111111111111111111 # why\r");
	keys_add_all(&t, "kek");
	t.len--; /* the last line needs no end */
	keyring_free(keys_parse(&t));
}

static void a_generated_file_is_private_and_loads(void **state)
{
	char problem[KEYRING_PROBLEM_MAX] = "", other[112];
	struct keyring *a = NULL, *b = NULL;
	struct stat st;

	(void)state;
	(void)unlink(path);
	assert_int_equal(keyring_generate(path, problem), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(keyring_load(&a, path, problem), 0);
	(void)snprintf(other, sizeof(other), "%s/other", dir);
	assert_int_equal(keyring_generate(other, problem), 0);
	assert_int_equal(keyring_load(&b, other, problem), 0);
	for (int p = 0; p < KEYRING_PURPOSES; p++) {
		const uint8_t *one = keyring_key(a, (enum keyring_purpose)p, 1);

		assert_memory_not_equal(one, keyring_key(b, (enum keyring_purpose)p, 1),
			KEYRING_KEY_LEN);
		for (int q = 0; q < p; q++)
			assert_memory_not_equal(one, keyring_key(a, (enum keyring_purpose)q, 1),
				KEYRING_KEY_LEN);
	}
	keyring_free(a);
	keyring_free(b);
	assert_int_equal(unlink(other), 0);
}

static void generating_refuses_to_overwrite(void **state)
{
	char problem[KEYRING_PROBLEM_MAX] = "", left[8] = "";
	int fd;

	(void)state;
	write_file("precious", 8, 0600);
	assert_int_equal(keyring_generate(path, problem), ERR_CONFIG);
	assert_non_null(strstr(problem, strerror(EEXIST)));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, left, sizeof(left)), 8);
	assert_memory_equal(left, "precious", 8);
	(void)close(fd);
}

static void generating_into_nowhere_is_refused(void **state)
{
	char problem[KEYRING_PROBLEM_MAX] = "", nowhere[112];

	(void)state;
	(void)snprintf(nowhere, sizeof(nowhere), "%s/none/keys", dir);
	assert_int_equal(keyring_generate(nowhere, problem), ERR_CONFIG);
	assert_non_null(strstr(problem, "could not create"));
}

static void freeing_nothing_is_fine(void **state)
{
	(void)state;
	keyring_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_private_file_with_every_purpose_loads),
		TEST(a_file_only_the_owner_may_read_loads),
		TEST(refuses_a_file_others_may_use),
		TEST(refuses_a_file_of_another_user),
		TEST(refuses_a_symbolic_link),
		TEST(refuses_what_is_not_a_file),
		TEST(a_file_of_the_largest_size_loads),
		TEST(refuses_a_file_one_byte_larger),
		TEST(refuses_a_NUL_byte),
		TEST(refuses_the_same_generation_twice),
		TEST(refuses_a_missing_purpose_and_names_it),
		TEST(a_missing_key_says_what_to_add_and_that_helps),
		TEST(refuses_a_key_that_is_not_64_hexadecimal_digits),
		TEST(refuses_lines_of_another_form),
		TEST(a_problem_quotes_no_key),
		TEST(takes_the_most_generations),
		TEST(index_and_ids_have_exactly_one_generation),
		TEST(the_newest_generation_is_the_highest_number),
		TEST(the_newest_receipt_key_signs),
		TEST(comments_blank_lines_and_carriage_returns_are_passed_over),
		TEST(a_generated_file_is_private_and_loads),
		TEST(generating_refuses_to_overwrite),
		TEST(generating_into_nowhere_is_refused),
		TEST(freeing_nothing_is_fine),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("keyring", tests, make_dir, remove_dir);
}
