/* Memory for the messages of one page: taken piece by piece, given back all at once.
 *
 * Ownership: page_arena_open() .. page_arena_close(); messages unpacked into it are never freed by
 * themselves and end with the next page_arena_reset().  Threads: one at a time.
 */
#ifndef SDK_PAGE_ARENA_H
#define SDK_PAGE_ARENA_H

#include <protobuf-c/protobuf-c.h>

#include "proto/bytes.h"

struct page_arena {
	uint8_t *bytes;
	size_t cap, used;
	ProtobufCAllocator allocator;
};

/* False when memory is short. */
MUST_CHECK bool page_arena_open(struct page_arena *a, size_t cap);
void page_arena_close(struct page_arena *a);
/* Give back what was taken since the arena had `used` bytes taken. */
void page_arena_reset(struct page_arena *a, size_t used);
/* NULL when the bytes are no such message, or one that does not fit. */
void *page_arena_unpack(struct page_arena *a, const ProtobufCMessageDescriptor *type,
	struct slice bytes);

#endif
