/* Bytes between a connection and its peer: grows as they come, never above its cap, empty is gone.
 *
 * Ownership: the buffer owns its memory; an empty buffer holds none.  Threads: one.
 */
#ifndef NET_BUFFER_H
#define NET_BUFFER_H

#include "proto/bytes.h"

enum { BUFFER_FIRST = 4 * 1024 }; /* bytes of the first allocation */

struct buffer {
	uint8_t *data;
	size_t start, end; /* the unread bytes */
	size_t cap;
	size_t len_max; /* of unread bytes */
};

void buffer_init(struct buffer *b, size_t len_max);
void buffer_clear(struct buffer *b);

size_t buffer_len(const struct buffer *b);
/* The unread bytes; borrowed until the next call that changes the buffer. */
struct slice buffer_bytes(const struct buffer *b);
/* Room behind the unread bytes: `want` bytes in the end, and for now at least one and at most twice
 * what is there already, so that a peer must send bytes to make us hold memory.  NULL when the cap
 * is reached or memory is exhausted. */
MUST_CHECK uint8_t *buffer_room(struct buffer *b, size_t want, size_t *ret_room);
/* So many bytes of that room were filled. */
void buffer_filled(struct buffer *b, size_t len);
/* Copy bytes behind the others; ERR_FULL above the cap, ERR_MEMORY; then nothing is copied. */
MUST_CHECK int buffer_append(struct buffer *b, struct slice bytes);
/* Forget the first bytes; an empty buffer gives its memory back. */
void buffer_consume(struct buffer *b, size_t len);

#endif
