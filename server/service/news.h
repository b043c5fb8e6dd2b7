/* Rows of the feed as they are told, and places in it as callers keep them. */
#ifndef SERVICE_NEWS_H
#define SERVICE_NEWS_H

#include "base/arena.h"
#include "rxcirc/v1/feed.pb-c.h"
#include "store/feed.h"

struct keyring;

/* From a request's cursor, or from its moment: PLACE_LEN bytes or none.  False when it is no cursor
 * of ours.  An empty cursor leaves *ret at from_ms. */
MUST_CHECK bool news_place_read(struct feed_place *ret, struct slice cursor, int64_t from_ms);
/* As bytes in the arena; {0, NULL} when it is exhausted. */
ProtobufCBinaryData news_place_bytes(struct arena *arena, const struct feed_place *place);
/* Nothing was there at `now_ms`: what comes is not stamped much earlier. */
void news_place_rest(struct feed_place *place, int64_t now_ms);

struct news_page {
	Rxcirc__V1__PrescriptionNews **news;
	size_t count;
	bool is_cut; /* further rows of this asker did not fit into bytes_max */
};

/* The rows of `asker` from *row on, as messages of at most bytes_max bytes together (one always
 * fits); *row moves behind the asker's rows and *place to the last one told.
 * 0, ERR_MEMORY or ERR_DAMAGED. */
MUST_CHECK int news_collect(struct arena *arena, const struct keyring *keys,
	const struct pg_unit *unit, size_t asker, size_t bytes_max, int *row,
	struct feed_place *place, struct news_page *ret);

#endif
