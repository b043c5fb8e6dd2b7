#include "test/service/strict_arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ensure.h"
#include "base/err.h"

struct arena_chunk {
	struct arena_chunk *next;
	void *bytes;
};

struct arena_hook {
	struct arena_hook *next;
	void (*release)(void *resource);
	void *resource;
};

static struct {
	unsigned left; /* 0 = never */
	bool all, failed;
} plan;

void strict_arena_fail_at(unsigned n, bool all)
{
	plan.left = n;
	plan.all = all;
	plan.failed = false;
}

bool strict_arena_has_failed(void)
{
	return plan.failed;
}

static bool fails_now(void)
{
	if (plan.failed && plan.all)
		return true;
	if (plan.left == 0 || --plan.left > 0)
		return false;
	plan.failed = true;
	return true;
}

void arena_init(struct arena *a)
{
	memset(a, 0, offsetof(struct arena, inline_bytes));
}

void arena_reset(struct arena *a)
{
	struct arena_hook *hook;
	struct arena_chunk *chunk;

	while ((hook = a->hooks) != NULL) {
		a->hooks = hook->next;
		hook->release(hook->resource);
		free(hook);
	}
	while ((chunk = a->chunks) != NULL) {
		a->chunks = chunk->next;
		free(chunk->bytes);
		free(chunk);
	}
	arena_init(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t need = size == 0 ? 1 : size;
	struct arena_chunk *chunk;

	if (size > ARENA_CAP || need > ARENA_CAP - a->used || fails_now())
		return NULL;
	chunk = malloc(sizeof(*chunk));
	ensure(chunk != NULL);
	chunk->bytes = malloc(need);
	ensure(chunk->bytes != NULL);
	memset(chunk->bytes, 0xa5, need); /* who reads before writing shall see it */
	chunk->next = a->chunks;
	a->chunks = chunk;
	a->used += need;
	return chunk->bytes;
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

	return __builtin_mul_overflow(count, size, &total) ? NULL : arena_zalloc(a, total);
}

struct slice arena_copy(struct arena *a, struct slice in)
{
	uint8_t *p = in.len == 0 ? NULL : arena_alloc(a, in.len);

	if (p == NULL)
		return (struct slice){NULL, 0};
	memcpy(p, in.data, in.len);
	return (struct slice){p, in.len};
}

char *arena_text(struct arena *a, struct slice in)
{
	char *p = in.len > ARENA_CAP ? NULL : arena_alloc(a, in.len + 1);

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
	char *p;
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
	struct arena_hook *hook;

	if (fails_now())
		return ERR_MEMORY;
	hook = malloc(sizeof(*hook));
	ensure(hook != NULL);
	*hook = (struct arena_hook){a->hooks, release, resource};
	a->hooks = hook;
	return 0;
}
