/* One frame: a protobuf varint with the length, then that many bytes.
 *
 * The same form every protobuf library offers as "delimited" I/O.  Decoding is incremental and
 * copies nothing.  A length above FRAME_BODY_MAX, of zero, or in more varint bytes than needed is
 * refused before a byte of the body is waited for.
 */
#ifndef PROTO_FRAME_H
#define PROTO_FRAME_H

#include "proto/bytes.h"

enum frame_result {
	FRAME_WHOLE,     /* *ret_body and *ret_used are set */
	FRAME_PARTIAL,   /* more bytes needed; *ret_need = whole frame's size when known, else 0 */
	FRAME_TOO_LARGE, /* the peer announced more than FRAME_BODY_MAX */
	FRAME_MALFORMED, /* not a minimal varint, or an empty frame */
};

/* Look for one frame at the start of `in`.  The body is a slice of `in`. */
MUST_CHECK enum frame_result frame_decode(struct slice in, struct slice *ret_body, size_t *ret_used,
	size_t *ret_need);

/* Write the prefix of a frame of `body_len` bytes (1 .. FRAME_BODY_MAX); returns its length, or 0
 * when there is no such frame. */
size_t frame_prefix(uint8_t prefix[5], size_t body_len);

#endif
