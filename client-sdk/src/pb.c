#include "client-sdk/src/pb.h"

#include <stdlib.h>

#include <rxcirc/rxcirc.h>

struct budget {
	size_t left;
	bool memory_short;
};

static void *budget_alloc(void *data, size_t size)
{
	struct budget *budget = data;
	void *p;

	if (size > budget->left)
		return NULL;
	/* One byte more than nothing, so that NULL always means failure. */
	p = malloc(size ? size : 1);
	if (!p) {
		budget->memory_short = true;
		return NULL;
	}
	budget->left -= size;
	return p;
}

static void budget_free(void *data, void *p)
{
	(void)data; /* what was given back may not be taken again */
	free(p);
}

int pb_unpack(const ProtobufCMessageDescriptor *type, struct slice in,
	ProtobufCMessage **ret_message)
{
	struct budget budget = {.left = PB_UNPACKED_MAX};
	ProtobufCAllocator allocator = {
		.alloc = budget_alloc,
		.free = budget_free,
		.allocator_data = &budget,
	};
	ProtobufCMessage *message;

	message = protobuf_c_message_unpack(type, &allocator, in.len, in.data);
	if (!message)
		return budget.memory_short ? RXC_ERR_MEMORY : RXC_ERR_PROTOCOL;
	*ret_message = message;
	return 0;
}

uint8_t *pb_pack(const ProtobufCMessage *message, size_t *ret_len)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = malloc(len ? len : 1);

	if (!bytes)
		return NULL;
	*ret_len = protobuf_c_message_pack(message, bytes);
	return bytes;
}

ProtobufCMessage *pb_copy(const ProtobufCMessage *message)
{
	ProtobufCMessage *copy = NULL;
	uint8_t *bytes;
	size_t len;

	bytes = pb_pack(message, &len);
	if (!bytes)
		return NULL;
	if (pb_unpack(message->descriptor, slice_of(bytes, len), &copy) < 0)
		copy = NULL;
	free(bytes);
	return copy;
}

void pb_free(void *message)
{
	if (message)
		protobuf_c_message_free_unpacked(message, NULL);
}

struct slice pb_slice(ProtobufCBinaryData data)
{
	return slice_of(data.data, data.len);
}
