/* Slices of bytes, and a bounded reader and writer with a sticky error.
 *
 * Ownership: nothing here owns memory; a slice is borrowed from whoever made it.
 * Threads: any.
 *
 * After the first failure every read returns zero (an empty slice) and every write is dropped, so a
 * parser checks once, at its end.  Integers are big-endian.
 */
#ifndef PROTO_BYTES_H
#define PROTO_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))

struct slice {
	const uint8_t *data;
	size_t len;
};

struct slice slice_of(const void *data, size_t len);
struct slice slice_of_text(const char *text); /* without the terminating NUL; NULL = empty */
bool slice_equal(struct slice a, struct slice b); /* not constant-time */

struct reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

void reader_init(struct reader *r, struct slice in);
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
struct slice reader_slice(struct reader *r, size_t len);
/* True when every read so far succeeded and nothing is left. */
bool reader_is_done(const struct reader *r);

struct writer {
	uint8_t *start;
	size_t cap;
	size_t used;
	bool failed;
};

void writer_init(struct writer *w, uint8_t *start, size_t cap);
void writer_u8(struct writer *w, uint8_t v);
void writer_u16(struct writer *w, uint16_t v);
void writer_u32(struct writer *w, uint32_t v);
void writer_u64(struct writer *w, uint64_t v);
void writer_slice(struct writer *w, struct slice s);
void writer_text(struct writer *w, const char *text);
struct slice writer_written(const struct writer *w);

#endif
