#include "test/unit/trail/faults.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

int write_fails_at = -1, sync_fails_at = -1, rename_fails_at = -1;
unsigned syncs;

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __wrap_fdatasync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

void faults_forget(void)
{
	write_fails_at = sync_fails_at = rename_fails_at = -1;
}

/* Once it has failed it goes on failing. */
static bool fails_now(int *countdown)
{
	if (*countdown > 0)
		--*countdown;
	if (*countdown != 0)
		return false;
	errno = ENOSPC;
	return true;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	static bool is_half_done;

	if (!fails_now(&write_fails_at)) {
		is_half_done = false;
		return __real_write(fd, bytes, len);
	}
	if (is_half_done || len < 2)
		return -1;
	is_half_done = true;
	return __real_write(fd, bytes, len / 2);
}

/* The page cache is enough here: nobody pulls the plug. */
int __wrap_fdatasync(int fd)
{
	(void)fd;
	syncs++;
	return fails_now(&sync_fails_at) ? -1 : 0;
}

int __wrap_rename(const char *from, const char *to)
{
	return fails_now(&rename_fails_at) ? -1 : __real_rename(from, to);
}
