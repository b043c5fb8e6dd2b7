/* protobuf-c with the arena as its allocator, and the text checks protobuf-c leaves out. */
#include "codec/pbmsg.h"

#include <string.h>

#include "base/ensure.h"
#include "base/err.h"

/* The arena, and whether it ever said no while a message was unpacked. */
struct room {
	struct arena *arena;
	bool exhausted;
};

static void *room_for_pb(void *arg, size_t size)
{
	struct room *room = arg;
	void *p = arena_alloc(room->arena, size);

	room->exhausted = room->exhausted || p == NULL;
	return p;
}

static void room_keeps(void *arg, void *pointer)
{
	(void)arg; /* everything goes at once, with the arena */
	(void)pointer;
}

/* Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
static bool text_is_utf8(const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint8_t c = s[i];
		size_t more = c < 0x80 ? 0 : c < 0xC2 ? 9 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : c < 0xF5 ? 3 : 9;

		if (more == 9 || more >= len - i)
			return false;
		for (size_t k = 1; k <= more; k++)
			if ((s[i + k] & 0xC0) != 0x80)
				return false;
		if ((c == 0xE0 && s[i + 1] < 0xA0) || (c == 0xED && s[i + 1] > 0x9F) ||
			(c == 0xF0 && s[i + 1] < 0x90) || (c == 0xF4 && s[i + 1] > 0x8F))
			return false;
		i += more + 1;
	}
	return true;
}

static bool text_is_sound(const char *text)
{
	size_t len = text == NULL ? 0 : strnlen(text, TEXT_MAX + 1);

	return len <= TEXT_MAX && text_is_utf8((const uint8_t *)text, len);
}

static bool message_is_sound(const ProtobufCMessage *m);

static bool field_is_sound(const ProtobufCFieldDescriptor *f, const void *value)
{
	if (f->type == PROTOBUF_C_TYPE_STRING)
		return text_is_sound(*(char *const *)value);
	if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
		const ProtobufCMessage *m = *(ProtobufCMessage *const *)value;

		return m == NULL || message_is_sound(m);
	}
	return true;
}

static bool message_is_sound(const ProtobufCMessage *m)
{
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		const uint8_t *member = (const uint8_t *)m + f->offset;

		if (f->label != PROTOBUF_C_LABEL_REPEATED) {
			const int *which = (const void *)((const uint8_t *)m + f->quantifier_offset);

			if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 && *which != (int)f->id)
				continue;
			if (!field_is_sound(f, member))
				return false;
			continue;
		}
		if (f->type != PROTOBUF_C_TYPE_STRING && f->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		size_t count;
		void *const *items;
		memcpy(&count, (const uint8_t *)m + f->quantifier_offset, sizeof(count));
		memcpy(&items, member, sizeof(items));
		for (size_t k = 0; k < count; k++)
			if (!field_is_sound(f, &items[k]))
				return false;
	}
	return true;
}

int pbmsg_open(void *ret_message, const ProtobufCMessageDescriptor *type, struct arena *arena,
	struct slice in)
{
	static const uint8_t nothing[1];
	struct room room = {arena, false};
	ProtobufCAllocator allocator = {room_for_pb, room_keeps, &room};
	void *m;

	m = protobuf_c_message_unpack(type, &allocator, in.len, in.data != NULL ? in.data : nothing);
	if (m == NULL || !message_is_sound(m))
		return room.exhausted ? ERR_MEMORY : ERR_MALFORMED;
	memcpy(ret_message, &m, sizeof(m));
	return 0;
}

void *pbmsg_unpack(const ProtobufCMessageDescriptor *type, struct arena *arena, struct slice in)
{
	void *m = NULL;

	return pbmsg_open(&m, type, arena, in) == 0 ? m : NULL;
}

struct slice pbmsg_pack(const void *message, struct arena *arena)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *out = arena_alloc(arena, len > 0 ? len : 1);

	if (out == NULL)
		return slice_of(NULL, 0);
	ensure(protobuf_c_message_pack(message, out) == len);
	return slice_of(out, len);
}
