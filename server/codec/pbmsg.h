/* Protobuf messages unpacked into, and packed from, a request's arena.
 *
 * Ownership: a message and everything in it lives in the arena; there is no free_unpacked.  The
 * arena's cap is the answer to hostile repeats; messages never recurse, so depth is bounded by the
 * .proto files.
 */
#ifndef CODEC_PBMSG_H
#define CODEC_PBMSG_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"

/* 0; ERR_MALFORMED when the bytes are not such a message, or a text is not UTF-8 or longer than
 * TEXT_MAX bytes; ERR_MEMORY when the arena is exhausted.  *ret_message is a pointer to the
 * message's struct. */
MUST_CHECK int pbmsg_open(void *ret_message, const ProtobufCMessageDescriptor *type,
	struct arena *arena, struct slice in);
/* The same where the reason does not matter: the message, or NULL. */
MUST_CHECK void *pbmsg_unpack(const ProtobufCMessageDescriptor *type, struct arena *arena,
	struct slice in);
/* {NULL, 0} when the arena is exhausted (an empty message packs to a non-NULL pointer). */
struct slice pbmsg_pack(const void *message, struct arena *arena);

/* A byte field of a message as a slice, and back. */
static inline struct slice pbmsg_bytes(ProtobufCBinaryData b) { return slice_of(b.data, b.len); }

#endif
