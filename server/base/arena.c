#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"

enum { ARENA_ALIGN = 16 };

struct arena_chunk {
	struct arena_chunk *next;
	_Alignas(ARENA_ALIGN) uint8_t bytes[];
};

struct arena_hook {
	struct arena_hook *next;
	void (*release)(void *resource);
	void *resource;
};

static_assert(ARENA_CHUNK % ARENA_ALIGN == 0, "what is left of a chunk stays aligned");
static_assert(ARENA_INLINE % ARENA_ALIGN == 0, "what is left of the struct stays aligned");
static_assert(ARENA_CAP % ARENA_ALIGN == 0, "the cap itself can be handed out");

void arena_init(struct arena *a)
{
	a->at = a->inline_bytes;
	a->left = sizeof(a->inline_bytes);
	a->used = 0;
	a->chunks = NULL;
	a->hooks = NULL;
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *chunk;
	struct arena_hook *hook;

	/* The hooks live in the memory that goes next, so each is unhooked before it runs. */
	while ((hook = a->hooks) != NULL) {
		a->hooks = hook->next;
		hook->release(hook->resource);
	}
	while ((chunk = a->chunks) != NULL) {
		a->chunks = chunk->next;
		free(chunk);
	}
	arena_init(a);
}

static uint8_t *arena_chunk_add(struct arena *a, size_t size)
{
	struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);

	if (chunk == NULL)
		return NULL;
	chunk->next = a->chunks;
	a->chunks = chunk;
	return chunk->bytes;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t need;
	uint8_t *p;

	if (size > ARENA_CAP)
		return NULL;
	need = size == 0 ? ARENA_ALIGN : (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (need > ARENA_CAP - a->used)
		return NULL;
	if (need > a->left && need >= ARENA_CHUNK) {
		/* A chunk of its own; what is left of the current one is still good. */
		p = arena_chunk_add(a, need);
		if (p != NULL)
			a->used += need;
		return p;
	}
	if (need > a->left) {
		p = arena_chunk_add(a, ARENA_CHUNK);
		if (p == NULL)
			return NULL;
		a->at = p;
		a->left = ARENA_CHUNK;
	}
	p = a->at;
	a->at += need;
	a->left -= need;
	a->used += need;
	ensure(a->used <= ARENA_CAP);
	return p;
}

void *arena_zalloc(struct arena *a, size_t size)
{
	void *p = arena_alloc(a, size);

	if (p != NULL)
		memset(p, 0, size);
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return arena_zalloc(a, total);
}

struct slice arena_copy(struct arena *a, struct slice in)
{
	uint8_t *p;

	if (in.len == 0)
		return (struct slice){NULL, 0};
	p = arena_alloc(a, in.len);
	if (p == NULL)
		return (struct slice){NULL, 0};
	memcpy(p, in.data, in.len);
	return (struct slice){p, in.len};
}

char *arena_text(struct arena *a, struct slice in)
{
	char *p;

	if (in.len > ARENA_CAP)
		return NULL;
	p = arena_alloc(a, in.len + 1);
	if (p == NULL)
		return NULL;
	if (in.len > 0)
		memcpy(p, in.data, in.len);
	p[in.len] = '\0';
	return p;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args, again;
	char *p = NULL;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	ensure(len >= 0);
	p = arena_alloc(a, (size_t)len + 1);
	if (p != NULL)
		(void)vsnprintf(p, (size_t)len + 1, format, again); /* the length is known to fit */
	va_end(again);
	va_end(args);
	return p;
}

int arena_on_reset(struct arena *a, void (*release)(void *resource), void *resource)
{
	struct arena_hook *hook = arena_alloc(a, sizeof(*hook));

	if (hook == NULL)
		return ERR_MEMORY;
	hook->release = release;
	hook->resource = resource;
	hook->next = a->hooks;
	a->hooks = hook;
	return 0;
}
