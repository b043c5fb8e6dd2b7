/* Assertions that stay on in releases.  For bugs only, never for what a peer, the network, the
 * database or the configuration does. */
#ifndef BASE_ENSURE_H
#define BASE_ENSURE_H

#include <stddef.h>

_Noreturn void ensure_failed(const char *condition, const char *file, int line);

#define ensure(condition) \
	((condition) ? (void)0 : ensure_failed(#condition, __FILE__, __LINE__))

/* For a branch that no value may reach, with a word on what that value would be. */
#define ensure_never(what) ensure_failed((what), __FILE__, __LINE__)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
