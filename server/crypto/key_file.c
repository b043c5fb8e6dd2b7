#include "crypto/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

/* NULL, or why not. */
static const char *why_not_private(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return "is not a regular file";
	if (st.st_uid != geteuid())
		return "must belong to the user the program runs as";
	if ((st.st_mode & 077) != 0)
		return "must not be accessible to group or others";
	return NULL;
}

/* At most `cap` bytes, or -1. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t cap)
{
	size_t len = 0;
	ssize_t got = 1;

	while (len < cap && got > 0) {
		got = read(fd, bytes + len, cap - len);
		if (got > 0)
			len += (size_t)got;
	}
	return got < 0 ? -1 : (ssize_t)len;
}

static int file_read(int fd, size_t max, uint8_t **ret, size_t *ret_len,
	char problem[KEY_FILE_PROBLEM_MAX])
{
	const char *why = why_not_private(fd);
	uint8_t *bytes;
	ssize_t len;

	if (why != NULL) {
		snprintf(problem, KEY_FILE_PROBLEM_MAX, "the key file %s", why);
		return ERR_CONFIG;
	}
	bytes = sodium_malloc(max + 1);
	len = bytes == NULL ? -1 : read_all(fd, bytes, max + 1);
	if (len >= 0 && (size_t)len <= max) {
		*ret = bytes;
		*ret_len = (size_t)len;
		return 0;
	}
	if (bytes == NULL)
		snprintf(problem, KEY_FILE_PROBLEM_MAX, "could not lock memory for the keys");
	else if (len < 0)
		snprintf(problem, KEY_FILE_PROBLEM_MAX, "could not read the key file");
	else
		snprintf(problem, KEY_FILE_PROBLEM_MAX, "the key file is larger than %zu bytes", max);
	sodium_free(bytes);
	return ERR_CONFIG;
}

int key_file_read(const char *path, size_t max, uint8_t **ret, size_t *ret_len,
	char problem[KEY_FILE_PROBLEM_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r;

	if (fd < 0) {
		snprintf(problem, KEY_FILE_PROBLEM_MAX, "could not open the key file: %s",
			strerror(errno));
		return ERR_CONFIG;
	}
	r = file_read(fd, max, ret, ret_len, problem);
	(void)close(fd); /* it was only read */
	return r;
}
