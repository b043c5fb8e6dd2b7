#include "notary/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ensure.h"
#include "base/err.h"
#include "notary/petition.h"

enum { NAME_LEN_MAX = 255 - (int)sizeof(".lock") };

struct memory {
	char path[MEMORY_PATH_MAX + 1];
	const char *name; /* the last part of the path */
	int dir_fd, lock_fd;
	struct checkpoint last;
	size_t len;       /* 0 = nothing read or kept yet */
	uint8_t note[NOTE_MAX];
};

struct memory_name {
	char text[NAME_LEN_MAX + sizeof(".lock") + 1];
};

static struct memory_name memory_beside(const struct memory *m, const char *ending)
{
	struct memory_name name;

	snprintf(name.text, sizeof(name.text), "%s%s", m->name, ending);
	return name;
}

static int problem_set(const struct memory *m, char problem[MEMORY_PROBLEM_MAX], int err,
	const char *sentence)
{
	snprintf(problem, MEMORY_PROBLEM_MAX, "the memory \"%s\" %s", m->path, sentence);
	return err;
}

static int problem_system(const struct memory *m, char problem[MEMORY_PROBLEM_MAX],
	const char *what)
{
	snprintf(problem, MEMORY_PROBLEM_MAX, "could not %s the memory \"%s\": %s", what, m->path,
		strerror(errno));
	return ERR_SYSTEM;
}

/* ---- opening ------------------------------------------------------------------------------- */

static bool path_split(struct memory *m, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = strlen(path), name_len;

	if (len > MEMORY_PATH_MAX)
		return false;
	memcpy(m->path, path, len + 1);
	m->name = slash == NULL ? m->path : m->path + (slash + 1 - path);
	name_len = strlen(m->name);
	return name_len > 0 && name_len <= NAME_LEN_MAX && strcmp(m->name, ".") != 0 &&
		strcmp(m->name, "..") != 0;
}

static int folder_open(const struct memory *m)
{
	char folder[MEMORY_PATH_MAX + 1];
	size_t len = (size_t)(m->name - m->path);

	memcpy(folder, m->path, len);
	folder[len] = '\0';
	return open(len == 0 ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Whoever may write the folder may put an older memory into it. */
static int folder_check(const struct memory *m, char problem[MEMORY_PROBLEM_MAX])
{
	struct stat st;

	if (fstat(m->dir_fd, &st) < 0)
		return problem_system(m, problem, "look at the folder of");
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return problem_set(m, problem, ERR_CONFIG,
			"lies in a folder that belongs to another user");
	if ((st.st_mode & 022) != 0)
		return problem_set(m, problem, ERR_CONFIG,
			"lies in a folder that group or others may write");
	return 0;
}

static int memory_lock(struct memory *m, char problem[MEMORY_PROBLEM_MAX])
{
	m->lock_fd = openat(m->dir_fd, memory_beside(m, ".lock").text,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (m->lock_fd < 0)
		return problem_system(m, problem, "open the lock of");
	if (flock(m->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return problem_set(m, problem, ERR_CONFIG, "is held by another process");
	return problem_system(m, problem, "lock");
}

int memory_open(struct memory **ret, const char *path, char problem[MEMORY_PROBLEM_MAX])
{
	struct memory *m = calloc(1, sizeof(*m));
	int r;

	if (m == NULL) {
		snprintf(problem, MEMORY_PROBLEM_MAX, "could not open a memory: out of memory");
		return ERR_MEMORY;
	}
	m->dir_fd = m->lock_fd = -1;
	if (!path_split(m, path)) {
		snprintf(problem, MEMORY_PROBLEM_MAX, "\"%.*s\" cannot be the path of a memory",
			MEMORY_PATH_MAX, path);
		r = ERR_CONFIG;
	} else {
		m->dir_fd = folder_open(m);
		r = m->dir_fd < 0 ? problem_system(m, problem, "open the folder of") :
				    folder_check(m, problem);
		if (r == 0)
			r = memory_lock(m, problem);
	}
	if (r < 0) {
		memory_close(m);
		return r;
	}
	*ret = m;
	return 0;
}

void memory_close(struct memory *m)
{
	if (m == NULL)
		return;
	/* Nothing was written through these two; closing the lock ends it. */
	if (m->lock_fd >= 0)
		(void)close(m->lock_fd);
	if (m->dir_fd >= 0)
		(void)close(m->dir_fd);
	free(m);
}

/* ---- reading ------------------------------------------------------------------------------- */

static int file_read(int fd, uint8_t *out, size_t cap, size_t *ret_len)
{
	size_t len = 0;
	ssize_t got = 1;

	while (len < cap && got != 0) {
		got = read(fd, out + len, cap - len);
		if (got < 0 && errno != EINTR)
			return ERR_SYSTEM;
		if (got > 0)
			len += (size_t)got;
	}
	*ret_len = len;
	return 0;
}

static int file_check(const struct memory *m, int fd, char problem[MEMORY_PROBLEM_MAX])
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return problem_system(m, problem, "look at");
	if (!S_ISREG(st.st_mode))
		return problem_set(m, problem, ERR_DAMAGED, "is not a regular file");
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return problem_set(m, problem, ERR_DAMAGED,
			"must belong to the user the program runs as, and be written by nobody else");
	return 0;
}

/* Take over bytes that are what this key kept for this log. */
static int memory_take(struct memory *m, struct slice bytes, const char *origin,
	const struct note_key *key, char problem[MEMORY_PROBLEM_MAX])
{
	struct checkpoint last;
	struct note note;

	if (!note_parse(&note, bytes))
		return problem_set(m, problem, ERR_DAMAGED, "is damaged: it is not a signed note");
	if (note_verify(&note, key, NULL) != NOTE_GOOD)
		return problem_set(m, problem, ERR_DAMAGED,
			"is damaged, or of another key: its signature is not this key's");
	if (!petition_text_read(&last, note.text))
		return problem_set(m, problem, ERR_DAMAGED, "is damaged: it is not a checkpoint");
	if (strcmp(last.origin, origin) != 0)
		return problem_set(m, problem, ERR_DAMAGED, "is of another log");
	memcpy(m->note, bytes.data, bytes.len);
	m->len = bytes.len;
	m->last = last;
	return 0;
}

int memory_read(struct memory *m, const char *origin, const struct note_key *key,
	char problem[MEMORY_PROBLEM_MAX])
{
	int fd = openat(m->dir_fd, m->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), r;
	uint8_t bytes[NOTE_MAX + 1];
	size_t len = 0;

	if (fd < 0 && errno == ENOENT)
		return problem_set(m, problem, ERR_NOT_FOUND, "does not exist");
	if (fd < 0)
		return problem_system(m, problem, "open");
	r = file_check(m, fd, problem);
	if (r == 0 && file_read(fd, bytes, sizeof(bytes), &len) < 0)
		r = problem_system(m, problem, "read");
	(void)close(fd); /* it was only read */
	return r < 0 ? r : memory_take(m, slice_of(bytes, len), origin, key, problem);
}

/* ---- keeping ------------------------------------------------------------------------------- */

static int file_write(int fd, struct slice bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n < 0 && errno != EINTR)
			return ERR_SYSTEM;
		if (n > 0)
			bytes = slice_of(bytes.data + n, bytes.len - (size_t)n);
	}
	return fsync(fd) == 0 ? 0 : ERR_SYSTEM;
}

/* The bytes under this name, wholly or not at all, and on the disk. */
static int file_replace(const struct memory *m, const char *name, struct slice bytes)
{
	struct memory_name new = memory_beside(m, ".new");
	int fd = openat(m->dir_fd, new.text, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		0600);
	int r = fd < 0 ? ERR_SYSTEM : file_write(fd, bytes), saved;

	if (fd >= 0) {
		saved = errno;
		if (close(fd) < 0 && r == 0)
			r = ERR_SYSTEM;
		else
			errno = saved;
	}
	if (r == 0 && (renameat(m->dir_fd, new.text, m->dir_fd, name) < 0 || fsync(m->dir_fd) < 0))
		r = ERR_SYSTEM;
	return r;
}

static bool memory_may_become(const struct memory *m, const struct checkpoint *next)
{
	if (m->len == 0)
		return true;
	if (strcmp(next->origin, m->last.origin) != 0)
		return false;
	return next->size > m->last.size ||
		(next->size == m->last.size && merkle_hash_equal(&next->root, &m->last.root));
}

int memory_keep(struct memory *m, struct slice bytes)
{
	struct checkpoint next;
	struct note note;

	/* What could not be read again must never get here, nor what takes back a signature. */
	ensure(note_parse(&note, bytes) && petition_text_read(&next, note.text));
	ensure(memory_may_become(m, &next));
	if (file_replace(m, m->name, bytes) < 0)
		return ERR_SYSTEM;
	memcpy(m->note, bytes.data, bytes.len);
	m->len = bytes.len;
	m->last = next;
	return 0;
}

int memory_keep_fork(struct memory *m, struct slice note)
{
	struct memory_name name = memory_beside(m, ".fork");
	uint8_t bytes[2 * NOTE_MAX + 1];
	struct writer w;

	if (faccessat(m->dir_fd, name.text, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (errno != ENOENT)
		return ERR_SYSTEM;
	writer_init(&w, bytes, sizeof(bytes));
	writer_slice(&w, memory_note(m));
	writer_text(&w, "\n");
	writer_slice(&w, note);
	ensure(!w.failed);
	return file_replace(m, name.text, writer_written(&w));
}

const struct checkpoint *memory_last(const struct memory *m)
{
	ensure(m->len > 0);
	return &m->last;
}

struct slice memory_note(const struct memory *m)
{
	return slice_of(m->note, m->len);
}
