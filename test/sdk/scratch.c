#include "test/sdk/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];

int scratch_setup(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/rxc-test-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

int scratch_teardown(void **state)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	(void)state;
	while (dir && (entry = readdir(dir)))
		unlink(scratch_path(entry->d_name)); /* not the two dots */
	if (dir)
		closedir(dir);
	return rmdir(directory);
}

const char *scratch_path(const char *name)
{
	static char paths[4][SCRATCH_PATH_MAX + 1];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, SCRATCH_PATH_MAX + 1, "%s/%.180s", directory, name);
	return path;
}

const char *scratch_write(const char *name, const char *text, mode_t mode)
{
	const char *path = scratch_path(name);
	int fd;
	size_t len = strlen(text);

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len || fchmod(fd, mode) < 0 || close(fd) < 0)
		abort();
	return path;
}
