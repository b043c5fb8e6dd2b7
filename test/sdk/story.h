/* What an engine tells when it is fed with bytes. */
#ifndef TEST_SDK_STORY_H
#define TEST_SDK_STORY_H

#include "client-sdk/src/engine.h"
#include "test/sdk/wire.h"

enum { TOLD_EVENTS_MAX = 256 };

/* What an engine told, in order. */
struct story {
	size_t count;
	enum engine_event_kind kinds[TOLD_EVENTS_MAX];
	void *users[TOLD_EVENTS_MAX];
	int codes[TOLD_EVENTS_MAX];
	char reasons[TOLD_EVENTS_MAX][ERROR_REASON_MAX + 1];
	size_t body_lens[TOLD_EVENTS_MAX];
};

/* Take note of every event until there is none. */
void story_listen(struct engine *e, int64_t now_ms, struct story *story);
/* Give the engine bytes as it has room, `piece` at a time, and listen after each. */
void story_feed(struct engine *e, const uint8_t *bytes, size_t len, size_t piece, int64_t now_ms,
	struct story *story);

#endif
