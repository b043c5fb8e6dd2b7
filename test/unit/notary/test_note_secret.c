/* The key file of a log or witness: what it must be, and every way it is refused. */
#include "test/unit/notary/fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define SEED "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static char folder[FOLDER_MAX];

static int make_folder(void **state)
{
	(void)state;
	folder_make(folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	folder_remove(folder);
	return 0;
}

static const char *key_file(void)
{
	return folder_path(folder, "key");
}

static void put_key(const char *text, unsigned mode)
{
	file_put(key_file(), text, strlen(text), mode);
}

static void assert_refused(const char *path, enum note_key_type type, const char *word)
{
	char problem[NOTE_SECRET_PROBLEM_MAX] = "";
	struct note_secret *s = NULL;

	assert_int_equal(note_secret_load(&s, path, type, problem), ERR_CONFIG);
	assert_null(s);
	if (strstr(problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", problem, word);
	if (strstr(problem, "AQAA") != NULL)
		fail_msg("\"%s\" tells the seed", problem);
}

static void assert_loads(enum note_key_type type)
{
	char problem[NOTE_SECRET_PROBLEM_MAX] = "";
	struct note_secret *s = NULL;

	if (note_secret_load(&s, key_file(), type, problem) < 0)
		fail_msg("%s", problem);
	note_secret_free(s);
}

static void assert_text_refused(const char *text)
{
	put_key(text, 0600);
	assert_refused(key_file(), NOTE_ED25519, "key");
}

static void a_generated_key_signs_what_its_verifier_key_verifies(void **state)
{
	static const enum note_key_type types[] = {NOTE_ED25519, NOTE_COSIGNATURE};
	char problem[NOTE_SECRET_PROBLEM_MAX], vkey[NOTE_KEY_TEXT_MAX], bytes[1000] = "text\n\n";
	struct note_secret *s;
	struct note_key key;
	struct note note;
	struct stat st;
	uint64_t time_s;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		(void)unlink(key_file());
		assert_int_equal(note_secret_generate(key_file(), LOG_NAME, types[i], problem), 0);
		assert_int_equal(stat(key_file(), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		assert_int_equal(note_secret_load(&s, key_file(), types[i], problem), 0);
		vkey_of(vkey, s);
		assert_true(note_key_parse(&key, vkey));
		assert_string_equal(key.name, LOG_NAME);
		assert_true(note_secret_sign(s, bytes + 6, slice_of(bytes, 5), 77) > 0);
		assert_true(note_parse(&note, slice_of_text(bytes)));
		assert_int_equal(note_verify(&note, &key, &time_s), NOTE_GOOD);
		assert_int_equal(time_s, types[i] == NOTE_ED25519 ? 0 : 77);
		note_secret_free(s);
	}
}

static void two_generated_keys_differ(void **state)
{
	char problem[NOTE_SECRET_PROBLEM_MAX], first[1000], second[1000];

	(void)state;
	(void)unlink(key_file());
	assert_int_equal(note_secret_generate(key_file(), LOG_NAME, NOTE_ED25519, problem), 0);
	(void)file_get(key_file(), first, sizeof(first));
	assert_int_equal(unlink(key_file()), 0);
	assert_int_equal(note_secret_generate(key_file(), LOG_NAME, NOTE_ED25519, problem), 0);
	(void)file_get(key_file(), second, sizeof(second));
	assert_string_not_equal(first, second);
}

static void a_key_is_never_written_over_a_file(void **state)
{
	char problem[NOTE_SECRET_PROBLEM_MAX], text[1000];

	(void)state;
	put_key("precious", 0600);
	assert_int_equal(note_secret_generate(key_file(), LOG_NAME, NOTE_ED25519, problem),
		ERR_CONFIG);
	assert_non_null(strstr(problem, "could not create"));
	(void)file_get(key_file(), text, sizeof(text));
	assert_string_equal(text, "precious");
}

static void a_name_of_200_bytes_is_taken_and_one_of_201_is_not(void **state)
{
	char problem[NOTE_SECRET_PROBLEM_MAX], name[NOTE_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[NOTE_NAME_MAX + 1] = '\0';
	(void)unlink(key_file());
	assert_int_equal(note_secret_generate(key_file(), name, NOTE_ED25519, problem), ERR_CONFIG);
	name[NOTE_NAME_MAX] = '\0';
	assert_int_equal(note_secret_generate(key_file(), name, NOTE_ED25519, problem), 0);
	assert_loads(NOTE_ED25519);
}

static void a_name_without_sense_makes_no_key(void **state)
{
	static const char *const names[] = {"", "a b", "a+b", "a\nb", "\xff"};
	char problem[NOTE_SECRET_PROBLEM_MAX];

	(void)state;
	(void)unlink(key_file());
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(note_secret_generate(key_file(), names[i], NOTE_ED25519, problem),
			ERR_CONFIG);
		assert_int_equal(access(key_file(), F_OK), -1);
	}
}

static void a_key_of_the_other_type_is_refused(void **state)
{
	(void)state;
	put_key("rxcirc-note-secret-v1 log\n" LOG_NAME " " SEED "\n", 0600);
	assert_loads(NOTE_ED25519);
	assert_refused(key_file(), NOTE_COSIGNATURE, "not a witness's");
	put_key("rxcirc-note-secret-v1 witness\n" LOG_NAME " " SEED "\n", 0600);
	assert_loads(NOTE_COSIGNATURE);
	assert_refused(key_file(), NOTE_ED25519, "not a log's");
}

static void every_other_text_is_refused(void **state)
{
	(void)state;
	assert_text_refused("");
	assert_text_refused("rxcirc-note-secret-v1 log");
	assert_text_refused("rxcirc-note-secret-v1 log\n");
	assert_text_refused("rxcirc-note-secret-v2 log\n" LOG_NAME " " SEED "\n");
	assert_text_refused("rxcirc-note-secret-v1 log\n" LOG_NAME " " SEED);
	assert_text_refused("rxcirc-note-secret-v1 log\n" LOG_NAME " " SEED "\n\n");
	assert_text_refused("rxcirc-note-secret-v1 log\n" LOG_NAME " " SEED "\nmore\n");
	assert_text_refused("rxcirc-note-secret-v1 log\n" LOG_NAME SEED "\n");
	assert_text_refused("rxcirc-note-secret-v1 log\n" LOG_NAME "  " SEED "\n");
	assert_text_refused("rxcirc-note-secret-v1 log\n " SEED "\n");
	assert_text_refused("rxcirc-note-secret-v1 log\na+b " SEED "\n");
	assert_text_refused("rxcirc-note-secret-v1 log\n" LOG_NAME " AAAA\n");
	assert_text_refused("rxcirc-note-secret-v1 log\n" LOG_NAME " " SEED SEED "\n");
	assert_text_refused("rxcirc-note-secret-v1 log\r\n" LOG_NAME " " SEED "\r\n");
}

static void a_file_of_512_bytes_is_read_and_one_of_513_is_not(void **state)
{
	char text[514];

	(void)state;
	memset(text, 'x', 513);
	text[513] = '\0';
	put_key(text, 0600);
	assert_refused(key_file(), NOTE_ED25519, "larger than 512");
	text[512] = '\0';
	put_key(text, 0600);
	assert_refused(key_file(), NOTE_ED25519, "not a key file");
}

static void a_file_others_may_use_is_refused(void **state)
{
	static const unsigned modes[] = {0640, 0620, 0610, 0604, 0602, 0601, 0666};

	(void)state;
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		put_key("rxcirc-note-secret-v1 log\n" LOG_NAME " " SEED "\n", modes[i]);
		assert_refused(key_file(), NOTE_ED25519, "group or others");
	}
	put_key("rxcirc-note-secret-v1 log\n" LOG_NAME " " SEED "\n", 0400);
	assert_loads(NOTE_ED25519);
}

static void a_file_of_another_user_is_refused(void **state)
{
	(void)state;
	put_key("rxcirc-note-secret-v1 log\n" LOG_NAME " " SEED "\n", 0600);
	if (geteuid() != 0)
		skip(); /* only root can give a file away */
	assert_int_equal(chown(key_file(), 65534, 65534), 0);
	assert_refused(key_file(), NOTE_ED25519, "must belong to");
}

static void what_is_no_regular_file_is_refused(void **state)
{
	(void)state;
	put_key("rxcirc-note-secret-v1 log\n" LOG_NAME " " SEED "\n", 0600);
	assert_int_equal(symlink("key", folder_path(folder, "link")), 0);
	assert_refused(folder_path(folder, "link"), NOTE_ED25519, "could not open");
	assert_refused(folder, NOTE_ED25519, "regular file");
	assert_refused(folder_path(folder, "none"), NOTE_ED25519, "could not open");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_generated_key_signs_what_its_verifier_key_verifies),
		TEST(two_generated_keys_differ),
		TEST(a_key_is_never_written_over_a_file),
		TEST(a_name_of_200_bytes_is_taken_and_one_of_201_is_not),
		TEST(a_name_without_sense_makes_no_key),
		TEST(a_key_of_the_other_type_is_refused),
		TEST(every_other_text_is_refused),
		TEST(a_file_of_512_bytes_is_read_and_one_of_513_is_not),
		TEST(a_file_others_may_use_is_refused),
		TEST(a_file_of_another_user_is_refused),
		TEST(what_is_no_regular_file_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
