/* A file of secrets: it must be a regular file, belong to the running user and be unreadable to
 * group and others.  The secrets are only as good as its mode. */
#ifndef CRYPTO_KEY_FILE_H
#define CRYPTO_KEY_FILE_H

#include "proto/bytes.h"

enum { KEY_FILE_PROBLEM_MAX = 400 }; /* bytes of a sentence */

/* The whole of it, at most `max` bytes, in guarded memory: the caller's, for sodium_free().  0, or
 * ERR_CONFIG with one sentence. */
MUST_CHECK int key_file_read(const char *path, size_t max, uint8_t **ret, size_t *ret_len,
	char problem[KEY_FILE_PROBLEM_MAX]);

#endif
