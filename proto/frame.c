/* The length prefix of a frame. */
#include "proto/frame.h"

#include "proto/limits.h"

enum { VARINT_BITS = 7, VARINT_MORE = 1 << VARINT_BITS };

/* The length prefix at the start of `in`: FRAME_WHOLE when all its bytes are there. */
static enum frame_result prefix_decode(struct slice in, uint64_t *ret_len, size_t *ret_prefix)
{
	uint64_t len = 0;

	for (size_t i = 0; i < FRAME_PREFIX_MAX; i++) {
		if (i == in.len)
			return FRAME_PARTIAL;

		uint8_t byte = in.data[i];

		len |= (uint64_t)(byte & (VARINT_MORE - 1)) << VARINT_BITS * i;
		if (byte & VARINT_MORE)
			continue;
		/* A last byte of zero adds nothing: the form is not minimal, or the length is zero. */
		if (byte == 0)
			return FRAME_MALFORMED;
		if (len > FRAME_BODY_MAX)
			return FRAME_TOO_LARGE;
		*ret_len = len;
		*ret_prefix = i + 1;
		return FRAME_WHOLE;
	}
	return FRAME_MALFORMED;
}

enum frame_result frame_decode(struct slice in, struct slice *ret_body, size_t *ret_used,
	size_t *ret_need)
{
	uint64_t len = 0;
	size_t prefix = 0;
	enum frame_result result = prefix_decode(in, &len, &prefix);

	if (result == FRAME_PARTIAL)
		*ret_need = 0;
	if (result != FRAME_WHOLE)
		return result;
	if (in.len - prefix < len) {
		*ret_need = prefix + (size_t)len;
		return FRAME_PARTIAL;
	}
	*ret_body = slice_of(in.data + prefix, (size_t)len);
	*ret_used = prefix + (size_t)len;
	return FRAME_WHOLE;
}

size_t frame_prefix(uint8_t prefix[5], size_t body_len)
{
	size_t used = 0;

	if (body_len == 0 || body_len > FRAME_BODY_MAX)
		return 0;
	while (body_len >= VARINT_MORE) {
		prefix[used++] = (uint8_t)(VARINT_MORE | (body_len & (VARINT_MORE - 1)));
		body_len >>= VARINT_BITS;
	}
	prefix[used++] = (uint8_t)body_len;
	return used;
}
