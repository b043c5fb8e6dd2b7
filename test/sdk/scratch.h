/* A directory of its own for each test program. */
#ifndef TEST_SDK_SCRATCH_H
#define TEST_SDK_SCRATCH_H

#include <sys/types.h>

enum { SCRATCH_PATH_MAX = 255 };

/* Make the directory; group setup of cmocka. */
int scratch_setup(void **state);
/* Remove it with every file in it; group teardown. */
int scratch_teardown(void **state);
/* The path of a file in it; borrowed until the fourth next call. */
const char *scratch_path(const char *name);
/* Write a file there and return its path. */
const char *scratch_write(const char *name, const char *text, mode_t mode);

#endif
