/* Memory of one request: allocated piece by piece, given back all at once.
 *
 * Ownership: the arena owns every byte it hands out; nothing in it is freed singly.  Foreign
 * resources hang on it by a hook and are released, last first, by arena_reset().
 * Threads: one.  The first ARENA_INLINE bytes need no malloc.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "proto/bytes.h"
#include "proto/limits.h"

enum {
	ARENA_INLINE = 16 * 1024,    /* bytes inside the struct itself */
	ARENA_CHUNK = 32 * 1024,     /* bytes of each further chunk, or the allocation if larger */
	ARENA_CAP = 4 * 1024 * 1024, /* bytes handed out at most; the answer to hostile repeats */
};
static_assert(FRAME_BODY_MAX <= ARENA_CAP / 4, "a whole frame unpacks within an arena");

struct arena_chunk;
struct arena_hook;

struct arena {
	uint8_t *at;
	size_t left;
	size_t used; /* bytes handed out since the last reset, for the cap */
	struct arena_chunk *chunks;
	struct arena_hook *hooks;
	_Alignas(16) uint8_t inline_bytes[ARENA_INLINE];
};

void arena_init(struct arena *a);
/* Runs the hooks, frees the chunks; the arena is ready for the next request. */
void arena_reset(struct arena *a);

/* 16-byte aligned, uninitialized; NULL when the cap or memory is exhausted. */
MUST_CHECK void *arena_alloc(struct arena *a, size_t size);
MUST_CHECK void *arena_zalloc(struct arena *a, size_t size);
/* count * size without overflow, zeroed. */
MUST_CHECK void *arena_array(struct arena *a, size_t count, size_t size);
/* A copy; {NULL, 0} of nothing.  On exhaustion data is NULL and len is 0 while in.len was not. */
struct slice arena_copy(struct arena *a, struct slice in);
/* A NUL-terminated copy, or NULL. */
MUST_CHECK char *arena_text(struct arena *a, struct slice in);
MUST_CHECK char *arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Call release(resource) at the next reset.  Returns 0 or ERR_MEMORY (then nothing is kept). */
MUST_CHECK int arena_on_reset(struct arena *a, void (*release)(void *resource), void *resource);

#endif
