#include "test/sdk/story.h"

#include <string.h>

#include "test/support/tap.h"

void story_listen(struct engine *e, int64_t now_ms, struct story *story)
{
	struct engine_event event;

	for (;;) {
		engine_next(e, now_ms, &event);
		if (event.kind == ENGINE_NOTHING)
			break;
		assert_true(story->count < TOLD_EVENTS_MAX);
		story->kinds[story->count] = event.kind;
		story->users[story->count] = event.user;
		story->codes[story->count] = event.error.code;
		memcpy(story->reasons[story->count], event.error.reason,
			sizeof(event.error.reason));
		story->body_lens[story->count] = event.body.len;
		story->count++;
		engine_event_clear(&event);
	}
	engine_event_clear(&event);
}

void story_feed(struct engine *e, const uint8_t *bytes, size_t len, size_t piece, int64_t now_ms,
	struct story *story)
{
	while (len > 0) {
		size_t room;
		uint8_t *at = engine_room(e, &room);
		size_t n = len < piece ? len : piece;

		if (room == 0)
			return; /* it has ended */
		n = n < room ? n : room;
		memcpy(at, bytes, n);
		engine_received(e, n);
		story_listen(e, now_ms, story);
		bytes += n;
		len -= n;
	}
}
