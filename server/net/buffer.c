#include "net/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"

void buffer_init(struct buffer *b, size_t len_max)
{
	*b = (struct buffer){.len_max = len_max};
}

void buffer_clear(struct buffer *b)
{
	free(b->data);
	buffer_init(b, b->len_max);
}

size_t buffer_len(const struct buffer *b)
{
	return b->end - b->start;
}

struct slice buffer_bytes(const struct buffer *b)
{
	return b->data == NULL ? slice_of(NULL, 0) : slice_of(b->data + b->start, buffer_len(b));
}

/* Make `len` bytes of room behind the unread ones. */
static bool buffer_grow(struct buffer *b, size_t len)
{
	size_t unread = buffer_len(b), cap;
	uint8_t *data;

	if (b->cap - b->end >= len)
		return true;
	if (b->start > 0) {
		memmove(b->data, b->data + b->start, unread);
		b->start = 0;
		b->end = unread;
		if (b->cap - b->end >= len)
			return true;
	}
	cap = b->cap < BUFFER_FIRST ? BUFFER_FIRST : 2 * b->cap;
	if (cap < unread + len)
		cap = unread + len;
	if (cap > b->len_max)
		cap = b->len_max;
	data = realloc(b->data, cap);
	if (data == NULL)
		return false;
	b->data = data;
	b->cap = cap;
	return true;
}

uint8_t *buffer_room(struct buffer *b, size_t want, size_t *ret_room)
{
	size_t unread = buffer_len(b), step = unread < BUFFER_FIRST ? BUFFER_FIRST : unread;
	size_t len = want > unread ? want - unread : step;

	if (len > step)
		len = step;
	if (len > b->len_max - unread)
		len = b->len_max - unread;
	if (len == 0 || !buffer_grow(b, len))
		return NULL;
	*ret_room = b->cap - b->end;
	return b->data + b->end;
}

void buffer_filled(struct buffer *b, size_t len)
{
	ensure(len <= b->cap - b->end);
	b->end += len;
}

int buffer_append(struct buffer *b, struct slice bytes)
{
	if (bytes.len == 0)
		return 0;
	if (bytes.len > b->len_max - buffer_len(b))
		return ERR_FULL;
	if (!buffer_grow(b, bytes.len))
		return ERR_MEMORY;
	memcpy(b->data + b->end, bytes.data, bytes.len);
	b->end += bytes.len;
	return 0;
}

void buffer_consume(struct buffer *b, size_t len)
{
	ensure(len <= buffer_len(b));
	b->start += len;
	if (b->start == b->end)
		buffer_clear(b);
}
