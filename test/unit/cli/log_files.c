#include "test/unit/cli/log_files.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/tile.h"

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void file_put(const char *folder, const char *name, const void *data, size_t len)
{
	char path[LOG_FILES_PATH_MAX];
	FILE *file;

	must(snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path));
	for (char *at = path + strlen(folder) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		(void)mkdir(path, 0700); /* most are there */
		*at = '/';
	}
	file = fopen(path, "we");
	must(file && fwrite(data, 1, len, file) == len && fclose(file) == 0);
}

/* Hashes of one level of tiles, each the root of 256 of the level below. */
static struct merkle_hash *level_make(const struct merkle_hash *below, uint64_t count)
{
	struct merkle_hash *made = calloc(count / TILE_WIDTH + 1, sizeof(*made));

	must(made != NULL);
	for (uint64_t i = 0; i < count / TILE_WIDTH; i++)
		tile_subtree_root(&below[i * TILE_WIDTH], TILE_WIDTH, &made[i]);
	return made;
}

static void hashes_write(const struct merkle_hash *hashes, uint64_t size, int level,
	const char *folder)
{
	for (uint64_t index = 0; tile_width_in(size, level, index) > 0; index++) {
		struct tile_id id = {level, index, tile_width_in(size, level, index)};
		char name[TILE_PATH_MAX];

		tile_path(name, &id);
		file_put(folder, name, &hashes[index * TILE_WIDTH], id.width * sizeof(*hashes));
	}
}

static void leaves_write(const struct log_draft *log, uint64_t size, const char *folder)
{
	uint8_t *bytes = malloc(TILE_WIDTH * 1024);

	must(bytes != NULL);
	for (uint64_t index = 0; tile_width_in(size, 0, index) > 0; index++) {
		struct tile_id id = {TILE_LEVEL_ENTRIES, index, tile_width_in(size, 0, index)};
		char name[TILE_PATH_MAX];
		struct writer w;

		writer_init(&w, bytes, TILE_WIDTH * 1024);
		for (unsigned i = 0; i < id.width; i++) {
			const struct draft_leaf *leaf = &log->leaves[index * TILE_WIDTH + i];

			tile_entry_put(&w, slice_of(leaf->bytes, leaf->len));
		}
		must(!w.failed);
		tile_path(name, &id);
		file_put(folder, name, bytes, w.used);
	}
	free(bytes);
}

void log_files_write(const struct log_draft *log, uint64_t size, unsigned witnesses,
	const char *folder)
{
	struct merkle_hash *hashes = calloc(size + 1, sizeof(*hashes));
	struct wire note = {0};
	uint64_t count = size;

	must(hashes != NULL);
	for (uint64_t i = 0; i < size; i++)
		hashes[i] = log->leaves[i].hash;
	for (int level = 0; count > 0; level++) {
		struct merkle_hash *above;

		hashes_write(hashes, size, level, folder);
		above = level_make(hashes, count);
		free(hashes);
		hashes = above;
		count /= TILE_WIDTH;
	}
	free(hashes);
	leaves_write(log, size, folder);
	log_draft_checkpoint(log, size, witnesses, &note);
	file_put(folder, "checkpoint", note.bytes, note.len);
	wire_clear(&note);
}

void log_files_flip(const char *folder, const char *name, long offset)
{
	char path[LOG_FILES_PATH_MAX];
	FILE *file;
	int c;

	must(snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path));
	file = fopen(path, "r+e");
	must(file && fseek(file, offset, SEEK_SET) == 0 && (c = fgetc(file)) != EOF &&
		fseek(file, offset, SEEK_SET) == 0 && fputc(c ^ 1, file) != EOF && fclose(file) == 0);
}

void log_files_remove(const char *folder, const char *name)
{
	char path[LOG_FILES_PATH_MAX];

	must(snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path) &&
		unlink(path) == 0);
}

static char made[64];

const char *folder_fresh(void)
{
	(void)snprintf(made, sizeof(made), "/tmp/rxcirc-cli-XXXXXX");
	must(mkdtemp(made) != NULL);
	return made;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void folder_drop(const char *folder)
{
	must(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}
