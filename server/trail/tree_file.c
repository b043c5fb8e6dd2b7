#include "trail/tree_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ensure.h"
#include "base/err.h"

static void tile_file(char path[TREE_PATH_MAX], const char *directory, const struct tile_id *id)
{
	struct tile_id full = {id->level, id->index, TILE_WIDTH};
	char tile[TILE_PATH_MAX];

	tile_path(tile, &full);
	ensure(snprintf(path, TREE_PATH_MAX, "%s/%s", directory, tile) < TREE_PATH_MAX);
}

/* The directories a path goes through. */
static int make_way(char *path)
{
	for (char *at = path + 1; (at = strchr(at, '/')) != NULL; at++) {
		int r;

		*at = '\0';
		r = mkdir(path, 0755);
		*at = '/';
		if (r < 0 && errno != EEXIST)
			return ERR_SYSTEM;
	}
	return 0;
}

int tree_file_begin(const char *directory)
{
	char path[TREE_PATH_MAX];
	int r;

	ensure(snprintf(path, sizeof(path), "%s/", directory) < TREE_PATH_MAX);
	r = make_way(path);
	return r == 0 && access(path, W_OK | X_OK) < 0 ? ERR_SYSTEM : r;
}

static int open_to_write(const char *directory, const struct tile_id *id, int *ret_fd)
{
	char path[TREE_PATH_MAX];
	int r;

	tile_file(path, directory, id);
	*ret_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (*ret_fd < 0 && errno == ENOENT) {
		r = make_way(path);
		if (r < 0)
			return r;
		*ret_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	}
	return *ret_fd < 0 ? ERR_SYSTEM : 0;
}

static int write_all(int fd, struct slice bytes)
{
	size_t done = 0;

	while (done < bytes.len) {
		ssize_t n = write(fd, bytes.data + done, bytes.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_SYSTEM;
		done += (size_t)n;
	}
	return 0;
}

static int write_and_close(int fd, struct slice bytes)
{
	int r = write_all(fd, bytes);

	return close(fd) < 0 && r == 0 ? ERR_SYSTEM : r;
}

int tree_file_write(const char *directory, const struct tile_id *id, size_t at, struct slice bytes)
{
	int fd, r = open_to_write(directory, id, &fd);

	if (r < 0)
		return r;
	if (lseek(fd, (off_t)at, SEEK_SET) < 0) {
		(void)close(fd); /* nothing was written */
		return ERR_SYSTEM;
	}
	return write_and_close(fd, bytes);
}

int tree_file_sync(const char *directory, const struct tile_id *id)
{
	int fd, r = open_to_write(directory, id, &fd);

	if (r < 0)
		return r;
	r = fdatasync(fd) < 0 ? ERR_SYSTEM : 0;
	return close(fd) < 0 ? ERR_SYSTEM : r;
}

/* 0 when there is none. */
static size_t file_len(const char *directory, const struct tile_id *id)
{
	char path[TREE_PATH_MAX];
	struct stat st;

	tile_file(path, directory, id);
	return stat(path, &st) < 0 ? 0 : (size_t)st.st_size;
}

unsigned tree_file_width(const char *directory, const struct tile_id *id)
{
	size_t count = file_len(directory, id) / SHA256_LEN;

	return count > TILE_WIDTH ? TILE_WIDTH : (unsigned)count;
}

int tree_file_cut(const char *directory, const struct tile_id *id, size_t len)
{
	char path[TREE_PATH_MAX];

	if (file_len(directory, id) <= len)
		return 0;
	tile_file(path, directory, id);
	return truncate(path, (off_t)len) < 0 ? ERR_SYSTEM : 0;
}

/* At most `max` bytes; -1: the system's fault. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t max)
{
	size_t len = 0;

	while (len < max) {
		ssize_t n = read(fd, bytes + len, max - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* All of it, or its first `max` bytes. */
static int read_file(const char *path, size_t max, uint8_t **ret, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = -1;
	uint8_t *bytes;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_SYSTEM;
	if (fstat(fd, &st) == 0 && (size_t)st.st_size < max)
		max = (size_t)st.st_size;
	bytes = malloc(max + 1);
	if (bytes != NULL)
		len = read_all(fd, bytes, max);
	(void)close(fd); /* only read */
	if (len < 0) {
		free(bytes);
		return bytes == NULL ? ERR_MEMORY : ERR_SYSTEM;
	}
	*ret = bytes;
	*ret_len = (size_t)len;
	return 0;
}

int tree_file_hashes(const char *directory, const struct tile_id *id, unsigned first,
	unsigned count, struct merkle_hash *ret)
{
	char path[TREE_PATH_MAX];
	uint8_t *bytes;
	size_t len, wanted = (first + count) * sizeof(*ret);
	int r;

	tile_file(path, directory, id);
	r = read_file(path, wanted, &bytes, &len);
	if (r == ERR_NOT_FOUND)
		return ERR_DAMAGED;
	if (r < 0)
		return r;
	if (len == wanted)
		memcpy(ret, bytes + first * sizeof(*ret), count * sizeof(*ret));
	free(bytes);
	return len == wanted ? 0 : ERR_DAMAGED;
}

/* Bytes of the first `max` entries, or of those that are there and whole; their hashes, too, unless
 * `hashes` is NULL. */
static size_t entries_len(struct slice bytes, unsigned max, struct merkle_hash *hashes,
	unsigned *ret_count)
{
	struct reader in;
	struct slice leaf;
	size_t len = 0;

	reader_init(&in, bytes);
	for (*ret_count = 0; *ret_count < max && tile_entry_next(&in, &leaf); ++*ret_count) {
		if (hashes != NULL)
			merkle_leaf_hash(&hashes[*ret_count], leaf);
		len = bytes.len - in.left;
	}
	return len;
}

int tree_file_leaves(const char *directory, const struct tile_id *entries, unsigned max,
	struct merkle_hash *ret, unsigned *ret_count, size_t *ret_len)
{
	char path[TREE_PATH_MAX];
	uint8_t *bytes;
	size_t len;
	int r;

	*ret_count = 0;
	*ret_len = 0;
	tile_file(path, directory, entries);
	r = read_file(path, SIZE_MAX - 1, &bytes, &len);
	if (r < 0)
		return r == ERR_NOT_FOUND ? 0 : r;
	*ret_len = entries_len(slice_of(bytes, len), max, ret, ret_count);
	free(bytes);
	return 0;
}

/* Of the bundle's bytes only the one leaf stays, at their beginning. */
static int entry_keep(uint8_t *bytes, size_t *len, unsigned index)
{
	struct slice leaf = {NULL, 0};
	struct reader in;
	bool there = true;

	reader_init(&in, slice_of(bytes, *len));
	for (unsigned i = 0; there && i <= index; i++)
		there = tile_entry_next(&in, &leaf);
	if (!there)
		return ERR_NOT_FOUND;
	if (leaf.len > 0)
		memmove(bytes, leaf.data, leaf.len);
	*len = leaf.len;
	return 0;
}

int tree_file_entry(const char *directory, uint64_t index, uint8_t **ret, size_t *ret_len)
{
	struct tile_id id = {TILE_LEVEL_ENTRIES, index / TILE_WIDTH, TILE_WIDTH};
	char path[TREE_PATH_MAX];
	uint8_t *bytes;
	size_t len;
	int r;

	tile_file(path, directory, &id);
	r = read_file(path, SIZE_MAX - 1, &bytes, &len);
	if (r < 0)
		return r;
	r = entry_keep(bytes, &len, (unsigned)(index % TILE_WIDTH));
	if (r < 0) {
		free(bytes);
		return r;
	}
	*ret = bytes;
	*ret_len = len;
	return 0;
}

int tree_file_replace(const char *directory, const char *name, struct slice bytes)
{
	char path[TREE_PATH_MAX], fresh[TREE_PATH_MAX];
	int fd, r;

	ensure(snprintf(path, sizeof(path), "%s/%s", directory, name) < TREE_PATH_MAX);
	ensure(snprintf(fresh, sizeof(fresh), "%s/.%s.new", directory, name) < TREE_PATH_MAX);
	r = make_way(fresh);
	if (r < 0)
		return r;
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return ERR_SYSTEM;
	r = write_and_close(fd, bytes);
	return r == 0 && rename(fresh, path) < 0 ? ERR_SYSTEM : r;
}

/* A tile cut to the width that was asked for; not there unless it has all of it. */
static int cut_tile(const struct tile_id *id, const uint8_t *bytes, size_t *len)
{
	unsigned count = 0;
	size_t wanted = id->width * SHA256_LEN;

	if (id->level == TILE_LEVEL_ENTRIES) {
		wanted = entries_len(slice_of(bytes, *len), id->width, NULL, &count);
		if (count < id->width)
			return ERR_NOT_FOUND;
	}
	if (*len < wanted)
		return ERR_NOT_FOUND;
	*len = wanted;
	return 0;
}

int tree_file_read(const char *directory, const char *path, uint8_t **ret, size_t *ret_len)
{
	char file[TREE_PATH_MAX];
	struct tile_id id;
	bool is_tile = tile_path_parse(path, &id);
	uint8_t *bytes;
	size_t len;
	int r;

	if (is_tile)
		tile_file(file, directory, &id);
	else if (strcmp(path, "checkpoint") == 0)
		ensure(snprintf(file, sizeof(file), "%s/checkpoint", directory) < TREE_PATH_MAX);
	else
		return ERR_NOT_FOUND;
	r = read_file(file, SIZE_MAX - 1, &bytes, &len);
	if (r < 0)
		return r;
	r = is_tile ? cut_tile(&id, bytes, &len) : 0;
	if (r < 0) {
		free(bytes);
		return r;
	}
	*ret = bytes;
	*ret_len = len;
	return 0;
}
