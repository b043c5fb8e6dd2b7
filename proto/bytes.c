/* Slices, reader, writer. */
#include "proto/bytes.h"

#include <string.h>

struct slice slice_of(const void *data, size_t len)
{
	return (struct slice){.data = data, .len = len};
}

struct slice slice_of_text(const char *text)
{
	return slice_of(text, text ? strlen(text) : 0);
}

bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

void reader_init(struct reader *r, struct slice in)
{
	*r = (struct reader){.at = in.data, .left = in.len};
}

struct slice reader_slice(struct reader *r, size_t len)
{
	struct slice s = {NULL, 0};

	if (r->failed || len > r->left) {
		r->failed = true;
		return s;
	}
	if (len == 0)
		return s;
	s = slice_of(r->at, len);
	r->at += len;
	r->left -= len;
	return s;
}

/* A big-endian integer of `len` bytes, at most 8; zero after a failure. */
static uint64_t reader_integer(struct reader *r, size_t len)
{
	struct slice s = reader_slice(r, len);
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.data[i];
	return v;
}

uint8_t reader_u8(struct reader *r)
{
	return (uint8_t)reader_integer(r, 1);
}

uint16_t reader_u16(struct reader *r)
{
	return (uint16_t)reader_integer(r, 2);
}

uint32_t reader_u32(struct reader *r)
{
	return (uint32_t)reader_integer(r, 4);
}

uint64_t reader_u64(struct reader *r)
{
	return reader_integer(r, 8);
}

bool reader_is_done(const struct reader *r)
{
	return !r->failed && r->left == 0;
}

void writer_init(struct writer *w, uint8_t *start, size_t cap)
{
	*w = (struct writer){.start = start, .cap = cap};
}

void writer_slice(struct writer *w, struct slice s)
{
	if (w->failed || s.len > w->cap - w->used) {
		w->failed = true;
		return;
	}
	if (s.len == 0)
		return;
	memcpy(w->start + w->used, s.data, s.len);
	w->used += s.len;
}

/* The low `len` bytes of `v`, at most 8, big-endian; all of them or none. */
static void writer_integer(struct writer *w, uint64_t v, size_t len)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(v >> 8 * (len - 1 - i));
	writer_slice(w, slice_of(bytes, len));
}

void writer_u8(struct writer *w, uint8_t v)
{
	writer_integer(w, v, 1);
}

void writer_u16(struct writer *w, uint16_t v)
{
	writer_integer(w, v, 2);
}

void writer_u32(struct writer *w, uint32_t v)
{
	writer_integer(w, v, 4);
}

void writer_u64(struct writer *w, uint64_t v)
{
	writer_integer(w, v, 8);
}

void writer_text(struct writer *w, const char *text)
{
	writer_slice(w, slice_of_text(text));
}

struct slice writer_written(const struct writer *w)
{
	return slice_of(w->start, w->used);
}
