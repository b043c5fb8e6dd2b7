/* Messages in and out of bytes, with a bound on what unpacking may take.
 *
 * Ownership: what pb_unpack() and pb_copy() return is malloc'd piece by piece, so that callers of
 * the library may release it with protobuf_c_message_free_unpacked(message, NULL).
 * Threads: any.
 */
#ifndef SDK_PB_H
#define SDK_PB_H

#include <protobuf-c/protobuf-c.h>

#include "proto/bytes.h"

/* Memory one message may take when unpacked; the answer to frames full of empty repeats. */
enum { PB_UNPACKED_MAX = 8 * 1024 * 1024 };

/* Returns 0, RXC_ERR_PROTOCOL when the bytes are not such a message (or it is larger than
 * PB_UNPACKED_MAX), or RXC_ERR_MEMORY. */
MUST_CHECK int pb_unpack(const ProtobufCMessageDescriptor *type, struct slice in,
	ProtobufCMessage **ret_message);
/* malloc'd; NULL when memory is short. */
MUST_CHECK uint8_t *pb_pack(const ProtobufCMessage *message, size_t *ret_len);
/* NULL when memory is short. */
MUST_CHECK ProtobufCMessage *pb_copy(const ProtobufCMessage *message);
/* Any message of pb_unpack() or pb_copy(), or NULL. */
void pb_free(void *message);

struct slice pb_slice(ProtobufCBinaryData data);

#endif
