#include "client-sdk/src/page_arena.h"

#include <stdlib.h>

enum { ALIGNMENT = 16 };

static void *arena_alloc(void *data, size_t size)
{
	struct page_arena *a = data;
	size_t taken = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	void *at = a->bytes + a->used;

	if (size > a->cap || taken > a->cap - a->used)
		return NULL;
	a->used += taken;
	return at;
}

static void arena_free(void *data, void *at)
{
	(void)data; /* all at once */
	(void)at;
}

bool page_arena_open(struct page_arena *a, size_t cap)
{
	*a = (struct page_arena){
		.bytes = malloc(cap),
		.cap = cap,
		.allocator = {.alloc = arena_alloc, .free = arena_free, .allocator_data = a},
	};
	return a->bytes != NULL;
}

void page_arena_close(struct page_arena *a)
{
	free(a->bytes);
	*a = (struct page_arena){0};
}

void page_arena_reset(struct page_arena *a, size_t used)
{
	a->used = used;
}

void *page_arena_unpack(struct page_arena *a, const ProtobufCMessageDescriptor *type,
	struct slice bytes)
{
	return protobuf_c_message_unpack(type, &a->allocator, bytes.len, bytes.data);
}
