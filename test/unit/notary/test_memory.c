/* The memory: what it survives, what it refuses, and in what order it writes.
 *
 * The calls that bring bytes to the disk are replaced at link time (--wrap): they tell their order,
 * and any one of them can be made to fail.
 */
#include "test/unit/notary/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "notary/memory.h"
#include "test/support/death.h"

static char folder[FOLDER_MAX];
static struct note_secret *secret, *stranger;

static int make_folder(void **state)
{
	(void)state;
	folder_make(folder);
	secret = secret_make(LOG_NAME, NOTE_ED25519, KEY_LOG);
	stranger = secret_make(LOG_NAME, NOTE_ED25519, KEY_STRANGER);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	note_secret_free(secret);
	note_secret_free(stranger);
	folder_remove(folder);
	return 0;
}

/* ---- the disk ------------------------------------------------------------------------------ */

static char order[200]; /* what was called, a letter each */
static int calls_until_failure = -1;

static bool call_fails(char letter)
{
	size_t len = strlen(order);

	if (len + 1 < sizeof(order))
		order[len] = letter;
	if (calls_until_failure < 0 || calls_until_failure-- > 0)
		return false;
	errno = EIO;
	return true;
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	/* Short, so that going on is tested, too. */
	return call_fails('w') ? -1 : __real_write(fd, bytes, len > 100 ? 100 : len);
}

int __wrap_fsync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return call_fails(S_ISDIR(st.st_mode) ? 'D' : 'F') ? -1 : __real_fsync(fd);
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return call_fails('R') ? -1 : __real_renameat(from_fd, from, to_fd, to);
}

/* ---- helpers ------------------------------------------------------------------------------- */

static struct slice note_of(const char *origin, uint64_t size, uint64_t fork_at,
	const struct note_secret *s)
{
	static char note[NOTE_MAX];
	struct checkpoint c = tree_checkpoint(origin, size, fork_at);
	size_t len = checkpoint_format(note, &c), text_len = len;

	note[len++] = '\n';
	len += note_secret_sign(s, note + len, slice_of(note, text_len), 0);
	return slice_of(note, len);
}

static struct slice log_note(uint64_t size)
{
	return note_of(LOG_NAME, size, NO_FORK, secret);
}

static struct memory *opened(const char *name)
{
	char problem[MEMORY_PROBLEM_MAX] = "";
	struct memory *m = NULL;

	if (memory_open(&m, folder_path(folder, name), problem) < 0)
		fail_msg("%s", problem);
	return m;
}

static int read_back(struct memory *m, char problem[MEMORY_PROBLEM_MAX])
{
	return memory_read(m, LOG_NAME, note_secret_key(secret), problem);
}

/* Opening and reading ends so, and the sentence has this word. */
static void assert_read(const char *name, int expected, const char *word)
{
	char problem[MEMORY_PROBLEM_MAX] = "";
	struct memory *m = opened(name);

	assert_int_equal(read_back(m, problem), expected);
	if (strstr(problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", problem, word);
	memory_close(m);
}

static void assert_open_refused(const char *path, int expected, const char *word)
{
	char problem[MEMORY_PROBLEM_MAX] = "";
	struct memory *m = NULL;

	assert_int_equal(memory_open(&m, path, problem), expected);
	assert_null(m);
	if (strstr(problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", problem, word);
}

/* ---- tests --------------------------------------------------------------------------------- */

static void what_was_kept_is_read_again(void **state)
{
	char problem[MEMORY_PROBLEM_MAX], file[NOTE_MAX];
	struct memory *m = opened("kept");
	struct slice note;

	(void)state;
	assert_int_equal(read_back(m, problem), ERR_NOT_FOUND);
	for (uint64_t size = 0; size < 10; size++) {
		assert_int_equal(memory_keep(m, log_note(size)), 0);
		assert_int_equal(memory_last(m)->size, size);
	}
	memory_close(m);
	m = opened("kept");
	assert_int_equal(read_back(m, problem), 0);
	assert_int_equal(memory_last(m)->size, 9);
	note = log_note(9);
	assert_true(slice_equal(memory_note(m), note));
	assert_int_equal(file_get(folder_path(folder, "kept"), file, sizeof(file)), note.len);
	assert_memory_equal(file, note.data, note.len);
	memory_close(m);
}

static void it_is_flushed_then_renamed_then_the_folder_is_flushed(void **state)
{
	struct memory *m = opened("order");

	(void)state;
	memset(order, 0, sizeof(order));
	assert_int_equal(memory_keep(m, log_note(3)), 0);
	assert_string_equal(order, "wwFRD"); /* 100 bytes are written at a time */
	memory_close(m);
}

static void whatever_call_fails_nothing_is_taken_for_kept(void **state)
{
	char problem[MEMORY_PROBLEM_MAX];
	struct memory *m = opened("failing"), *again;
	uint64_t on_disk;

	(void)state;
	assert_int_equal(memory_keep(m, log_note(3)), 0);
	for (int nth = 0; nth < 5; nth++) {
		calls_until_failure = nth;
		assert_int_equal(memory_keep(m, log_note(7)), ERR_SYSTEM);
		assert_int_equal(errno, EIO);
		assert_int_equal(memory_last(m)->size, 3);
		/* A crash now leaves the old one or the one that was not answered for. */
		memory_close(m);
		again = opened("failing");
		assert_int_equal(read_back(again, problem), 0);
		on_disk = memory_last(again)->size;
		assert_int_equal(on_disk, nth < 4 ? 3 : 7);
		m = again;
	}
	calls_until_failure = -1;
	assert_int_equal(memory_keep(m, log_note(9)), 0);
	assert_int_equal(memory_last(m)->size, 9);
	memory_close(m);
}

static void a_missing_memory_is_not_found(void **state)
{
	(void)state;
	assert_read("nowhere", ERR_NOT_FOUND, "does not exist");
}

static void a_half_written_next_one_is_not_looked_at(void **state)
{
	struct memory *m = opened("torn");

	(void)state;
	assert_int_equal(memory_keep(m, log_note(4)), 0);
	memory_close(m);
	file_put(folder_path(folder, "torn.new"), "log.exam", 8, 0600);
	assert_read("torn", 0, "");
	m = opened("torn");
	assert_int_equal(memory_keep(m, log_note(5)), 0);
	memory_close(m);
	assert_read("torn", 0, "");
}

static void every_changed_or_missing_byte_is_damage(void **state)
{
	struct slice note = log_note(6);
	uint8_t bytes[NOTE_MAX + 2];

	(void)state;
	for (size_t i = 0; i < note.len; i++) {
		memcpy(bytes, note.data, note.len);
		bytes[i] ^= 1;
		file_put(folder_path(folder, "damaged"), bytes, note.len, 0600);
		assert_read("damaged", ERR_DAMAGED, "damaged");
	}
	for (size_t len = 0; len < note.len; len++) {
		file_put(folder_path(folder, "damaged"), note.data, len, 0600);
		assert_read("damaged", ERR_DAMAGED, "damaged");
	}
	memcpy(bytes, note.data, note.len);
	bytes[note.len] = '\n';
	file_put(folder_path(folder, "damaged"), bytes, note.len + 1, 0600);
	assert_read("damaged", ERR_DAMAGED, "damaged");
	memset(bytes, 'a', sizeof(bytes));
	file_put(folder_path(folder, "damaged"), bytes, NOTE_MAX + 1, 0600);
	assert_read("damaged", ERR_DAMAGED, "damaged");
}

static void a_note_of_another_key_or_log_is_refused(void **state)
{
	struct note_secret *other = secret_make(OTHER_NAME, NOTE_ED25519, KEY_OTHER);
	struct slice note = note_of(LOG_NAME, 6, NO_FORK, stranger);

	(void)state;
	file_put(folder_path(folder, "foreign"), note.data, note.len, 0600);
	assert_read("foreign", ERR_DAMAGED, "not this key's");
	note = note_of(OTHER_NAME, 6, NO_FORK, secret);
	file_put(folder_path(folder, "foreign"), note.data, note.len, 0600);
	assert_read("foreign", ERR_DAMAGED, "another log");
	note_secret_free(other);
}

static void a_signed_text_that_is_no_checkpoint_is_refused(void **state)
{
	char note[NOTE_MAX] = "hello\n\n";
	size_t len = strlen(note);

	(void)state;
	len += note_secret_sign(secret, note + len, slice_of("hello\n", 6), 0);
	file_put(folder_path(folder, "text"), note, len, 0600);
	assert_read("text", ERR_DAMAGED, "not a checkpoint");
}

static void a_file_that_others_may_write_is_refused(void **state)
{
	struct slice note = log_note(6);

	(void)state;
	file_put(folder_path(folder, "open"), note.data, note.len, 0620);
	assert_read("open", ERR_DAMAGED, "nobody else");
	file_put(folder_path(folder, "open"), note.data, note.len, 0602);
	assert_read("open", ERR_DAMAGED, "nobody else");
	file_put(folder_path(folder, "open"), note.data, note.len, 0644);
	assert_read("open", 0, "");
}

static void what_is_no_regular_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(folder_path(folder, "folder"), 0700), 0);
	assert_read("folder", ERR_DAMAGED, "regular file");
	assert_int_equal(mkfifo(folder_path(folder, "pipe"), 0600), 0);
	assert_read("pipe", ERR_DAMAGED, "regular file");
	assert_int_equal(symlink("kept", folder_path(folder, "link")), 0);
	assert_read("link", ERR_SYSTEM, "could not open");
}

static void a_folder_that_others_may_write_is_refused(void **state)
{
	static const mode_t modes[] = {0770, 0720, 0702, 0777, 01777};
	const char *open_folder = folder_path(folder, "shared"), *path;

	(void)state;
	assert_int_equal(mkdir(open_folder, 0700), 0);
	path = folder_path(open_folder, "memory");
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(open_folder, modes[i]), 0);
		assert_open_refused(path, ERR_CONFIG, "group or others");
	}
}

static void a_folder_of_another_user_is_refused(void **state)
{
	const char *theirs = folder_path(folder, "theirs");

	(void)state;
	assert_int_equal(mkdir(theirs, 0700), 0);
	if (geteuid() != 0)
		skip(); /* only root can give a folder away */
	assert_int_equal(chown(theirs, 65534, 65534), 0);
	assert_open_refused(folder_path(theirs, "memory"), ERR_CONFIG, "another user");
}

static void a_path_must_name_a_file_in_a_folder_that_exists(void **state)
{
	char long_name[FOLDER_MAX + 300];

	(void)state;
	assert_open_refused(folder_path(folder, ""), ERR_CONFIG, "cannot be the path");
	assert_open_refused(folder_path(folder, "."), ERR_CONFIG, "cannot be the path");
	assert_open_refused(folder_path(folder, ".."), ERR_CONFIG, "cannot be the path");
	assert_open_refused(folder_path(folder, "no/memory"), ERR_SYSTEM, "folder");
	snprintf(long_name, sizeof(long_name), "%s/%0249d", folder, 0);
	memory_close(opened(long_name + strlen(folder) + 1));
	snprintf(long_name, sizeof(long_name), "%s/%0250d", folder, 0);
	assert_open_refused(long_name, ERR_CONFIG, "cannot be the path");
}

static void two_processes_cannot_have_one_memory(void **state)
{
	struct memory *m = opened("shared-name");
	char problem[MEMORY_PROBLEM_MAX] = "";
	struct memory *second = NULL;
	int status;
	pid_t child;

	(void)state;
	assert_open_refused(folder_path(folder, "shared-name"), ERR_CONFIG, "another process");
	child = fork();
	if (child == 0)
		_exit(memory_open(&second, folder_path(folder, "shared-name"), problem) ==
			ERR_CONFIG ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	memory_close(m);
	memory_close(opened("shared-name"));
}

static void a_process_that_died_leaves_the_memory_free(void **state)
{
	struct memory *m;
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		(void)opened("orphan");
		_exit(0); /* without closing */
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	m = opened("orphan");
	memory_close(m);
}

static void keep_smaller(void *arg)
{
	(void)!memory_keep(arg, log_note(4));
}

static void keep_other_root(void *arg)
{
	(void)!memory_keep(arg, note_of(LOG_NAME, 5, 4, secret));
}

static void keep_other_log(void *arg)
{
	(void)!memory_keep(arg, note_of(OTHER_NAME, 6, NO_FORK, secret));
}

static void keep_garbage(void *arg)
{
	(void)!memory_keep(arg, slice_of_text("garbage"));
}

static void what_takes_back_a_signature_stops_the_process(void **state)
{
	struct memory *m = opened("one-way");

	(void)state;
	assert_int_equal(memory_keep(m, log_note(5)), 0);
	assert_true(death_of(keep_smaller, m));
	assert_true(death_of(keep_other_root, m));
	assert_true(death_of(keep_other_log, m));
	assert_true(death_of(keep_garbage, m));
	assert_int_equal(memory_keep(m, log_note(5)), 0);
	memory_close(m);
	assert_read("one-way", 0, "");
}

static void the_first_proof_of_a_fork_stays(void **state)
{
	char file[2 * NOTE_MAX + 2], first[2 * NOTE_MAX + 2];
	struct memory *m = opened("forked");
	size_t len;

	(void)state;
	assert_int_equal(memory_keep(m, log_note(5)), 0);
	assert_int_equal(memory_keep_fork(m, note_of(LOG_NAME, 5, 4, secret)), 0);
	len = file_get(folder_path(folder, "forked.fork"), first, sizeof(first));
	assert_int_equal(memory_keep_fork(m, note_of(LOG_NAME, 5, 3, secret)), 0);
	assert_int_equal(file_get(folder_path(folder, "forked.fork"), file, sizeof(file)), len);
	assert_memory_equal(file, first, len);
	assert_non_null(strstr(first, "\n\n" LOG_NAME "\n5\n"));
	memory_close(m);
	assert_read("forked", 0, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_was_kept_is_read_again),
		TEST(it_is_flushed_then_renamed_then_the_folder_is_flushed),
		TEST(whatever_call_fails_nothing_is_taken_for_kept),
		TEST(a_missing_memory_is_not_found),
		TEST(a_half_written_next_one_is_not_looked_at),
		TEST(every_changed_or_missing_byte_is_damage),
		TEST(a_note_of_another_key_or_log_is_refused),
		TEST(a_signed_text_that_is_no_checkpoint_is_refused),
		TEST(a_file_that_others_may_write_is_refused),
		TEST(what_is_no_regular_file_is_refused),
		TEST(a_folder_that_others_may_write_is_refused),
		TEST(a_folder_of_another_user_is_refused),
		TEST(a_path_must_name_a_file_in_a_folder_that_exists),
		TEST(two_processes_cannot_have_one_memory),
		TEST(a_process_that_died_leaves_the_memory_free),
		TEST(what_takes_back_a_signature_stops_the_process),
		TEST(the_first_proof_of_a_fork_stays),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
