/* Small files: read whole within a limit, write new ones without overwriting, folders for secrets.
 *
 * Ownership: a struct buffer's data is heap and freed by buffer_clear(); it always carries a NUL
 * behind its last byte.  Paths returned are heap.
 * Errors: 0, or a negative errno value; -EFBIG when a file is larger than the caller allows.
 */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CLI_CHECK __attribute__((warn_unused_result))

struct buffer {
	char *data;
	size_t len; /* without the NUL */
};

void buffer_clear(struct buffer *buffer);
/* Make room for `len` more bytes and append them. */
CLI_CHECK int buffer_append(struct buffer *buffer, const void *data, size_t len, size_t max);

CLI_CHECK int file_read(const char *path, size_t len_max, struct buffer *ret);
/* Reads a stream to its end; "-" on the command line means this with file descriptor 0. */
CLI_CHECK int file_read_fd(int fd, size_t len_max, struct buffer *ret);
/* -EEXIST when there is one already.  The bytes are on disk when it returns. */
CLI_CHECK int file_write_new(const char *path, const void *data, size_t len, mode_t mode);
/* The same at once or not at all, mode 0600: half a file is never seen under that name. */
CLI_CHECK int file_add(const char *path, const void *data, size_t len);
/* Replaces the file at once or not at all; mode 0600. */
CLI_CHECK int file_replace(const char *path, const void *data, size_t len);
bool file_exists(const char *path);
/* Mode 0700; an existing folder is good. */
CLI_CHECK int folder_make(const char *path);
/* "a/b", or NULL when memory is short. */
char *path_join(const char *folder, const char *name);
/* Letters, digits, '-' and '_', 1 .. 64 characters: safe as one part of a path. */
bool name_is_safe(const char *name);

#endif
