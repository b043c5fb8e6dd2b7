#include "client-sdk/cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_CHUNK_LEN = 64 * 1024, NAME_MAX_LEN = 64 };

void buffer_clear(struct buffer *buffer)
{
	free(buffer->data);
	buffer->data = NULL;
	buffer->len = 0;
}

int buffer_append(struct buffer *buffer, const void *data, size_t len, size_t max)
{
	if (len > max || buffer->len > max - len)
		return -EFBIG;
	char *grown = realloc(buffer->data, buffer->len + len + 1);

	if (!grown)
		return -ENOMEM;
	if (len)
		memcpy(grown + buffer->len, data, len);
	buffer->data = grown;
	buffer->len += len;
	grown[buffer->len] = '\0';
	return 0;
}

/* Twice the room each time: growing by the piece would copy a large file hundreds of times. */
static int room_double(struct buffer *whole, size_t *room)
{
	size_t wanted = *room ? 2 * *room : READ_CHUNK_LEN;
	char *grown = realloc(whole->data, wanted + 1);

	if (!grown)
		return -ENOMEM;
	whole->data = grown;
	*room = wanted;
	return 0;
}

int file_read_fd(int fd, size_t len_max, struct buffer *ret)
{
	struct buffer whole = {NULL, 0};
	size_t room = 0;
	int r = room_double(&whole, &room);

	while (r == 0) {
		ssize_t got = read(fd, whole.data + whole.len, room - whole.len);

		if (got == 0)
			break;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			r = -errno;
			break;
		}
		whole.len += (size_t)got;
		if (whole.len > len_max)
			r = -EFBIG;
		else if (whole.len == room)
			r = room_double(&whole, &room);
	}
	if (r < 0) {
		buffer_clear(&whole);
		return r;
	}
	whole.data[whole.len] = '\0';
	*ret = whole;
	return 0;
}

int file_read(const char *path, size_t len_max, struct buffer *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	struct stat st;
	int r = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
		(uintmax_t)st.st_size > len_max ? -EFBIG : 0;

	if (r == 0)
		r = file_read_fd(fd, len_max, ret);

	close(fd);
	return r;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		data += put;
		len -= (size_t)put;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int write_opened(int fd, const char *path, const void *data, size_t len)
{
	int r = write_all(fd, data, len);

	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		(void)unlink(path); /* half a file helps nobody; the first error is what counts */
	return r;
}

int file_write_new(const char *path, const void *data, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return -errno;
	return write_opened(fd, path, data, len);
}

/* Written whole beside `path`; *ret_fresh is its name, heap. */
static int write_beside(const char *path, const void *data, size_t len, char **ret_fresh)
{
	char *fresh = NULL;

	if (asprintf(&fresh, "%s.new-%ld", path, (long)getpid()) < 0)
		return -ENOMEM;
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : write_opened(fd, fresh, data, len);

	if (r < 0)
		free(fresh);
	else
		*ret_fresh = fresh;
	return r;
}

int file_add(const char *path, const void *data, size_t len)
{
	char *fresh = NULL;
	int r = file_exists(path) ? -EEXIST : write_beside(path, data, len, &fresh);

	if (r == 0) {
		r = link(fresh, path) < 0 ? -errno : 0;
		(void)unlink(fresh); /* one left over only takes room */
	}
	free(fresh);
	return r;
}

int file_replace(const char *path, const void *data, size_t len)
{
	char *fresh = NULL;
	int r = write_beside(path, data, len, &fresh);

	if (r == 0 && rename(fresh, path) < 0) {
		r = -errno;
		(void)unlink(fresh);
	}
	free(fresh);
	return r;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

int folder_make(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

char *path_join(const char *folder, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

bool name_is_safe(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

	return len > 0 && len <= NAME_MAX_LEN && name[len] == '\0';
}
