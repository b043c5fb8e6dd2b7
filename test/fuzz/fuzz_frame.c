/* A stream of frames: whatever comes in, every frame found is the only one that could be meant. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "proto/frame.h"
#include "proto/limits.h"

/* The bytes up to the first end of a frame say "partial" and nothing else. */
static void check_every_cut(struct slice frame)
{
	struct slice body;
	size_t used, need;
	/* The prefix, a little of the body, and the last byte. */
	for (size_t cut = 0; cut < frame.len; cut = cut < 16 || cut + 1 == frame.len ? cut + 1 :
		frame.len - 1) {
		enum frame_result result = frame_decode(slice_of(frame.data, cut), &body, &used, &need);

		FUZZ_CHECK(result == FRAME_PARTIAL);
		FUZZ_CHECK(need == 0 || need == frame.len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice in = slice_of(data, len);

	for (;;) {
		uint8_t prefix[FRAME_PREFIX_MAX];
		struct slice body = {NULL, 0};
		size_t used = 0, need = 0;
		enum frame_result result = frame_decode(in, &body, &used, &need);

		if (result == FRAME_PARTIAL) {
			FUZZ_CHECK(need == 0 ? in.len < FRAME_PREFIX_MAX : need > in.len);
			FUZZ_CHECK(need <= FRAME_PREFIX_MAX + FRAME_BODY_MAX);
		}
		if (result != FRAME_WHOLE)
			return 0;

		size_t prefix_len = frame_prefix(prefix, body.len);

		FUZZ_CHECK(body.len >= 1 && body.len <= FRAME_BODY_MAX);
		FUZZ_CHECK(used == prefix_len + body.len && used <= in.len);
		FUZZ_CHECK(body.data == in.data + prefix_len);
		FUZZ_CHECK(memcmp(prefix, in.data, prefix_len) == 0);
		check_every_cut(slice_of(in.data, used));
		in = slice_of(in.data + used, in.len - used);
	}
}
