/* What is told stands in the event's leaf; only a rejection's reason does not, because a leaf names
 * nobody and a pharmacist writes freely: it comes from the sealed review. */
#include "service/news.h"

#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "codec/pbmsg.h"
#include "crypto/seal.h"
#include "db/pg_value.h"
#include "domain/moment.h"
#include "rxcirc/v1/document.pb-c.h"

enum { NEWS_FRAMING = 8 }; /* bytes of tag and length of one of them inside its answer, at most */

bool news_place_read(struct feed_place *ret, struct slice cursor, int64_t from_ms)
{
	struct feed_place place = {.floor_ms = from_ms};
	struct reader r;
	struct slice id;

	if (cursor.len > 0) {
		reader_init(&r, cursor);
		place.tx = (int64_t)reader_u64(&r);
		place.at_ms = (int64_t)reader_u64(&r);
		id = reader_slice(&r, EVENT_ID_LEN);
		place.floor_ms = (int64_t)reader_u64(&r);
		if (!reader_is_done(&r) || place.tx < 0 || !moment_is_sound(place.at_ms) ||
			!moment_is_sound(place.floor_ms))
			return false;
		memcpy(place.event_id, id.data, EVENT_ID_LEN);
	}
	*ret = place;
	return true;
}

ProtobufCBinaryData news_place_bytes(struct arena *arena, const struct feed_place *place)
{
	uint8_t *bytes = arena_alloc(arena, PLACE_LEN);
	struct writer w;

	if (bytes == NULL)
		return (ProtobufCBinaryData){0, NULL};
	writer_init(&w, bytes, PLACE_LEN);
	writer_u64(&w, (uint64_t)place->tx);
	writer_u64(&w, (uint64_t)place->at_ms);
	writer_slice(&w, slice_of(place->event_id, EVENT_ID_LEN));
	writer_u64(&w, (uint64_t)place->floor_ms);
	return (ProtobufCBinaryData){w.used, bytes};
}

void news_place_rest(struct feed_place *place, int64_t now_ms)
{
	if (place->floor_ms < now_ms - FEED_SLACK_MS)
		place->floor_ms = now_ms - FEED_SLACK_MS;
}

/* ---- one row -------------------------------------------------------------------------------- */

static int open_review(struct arena *arena, const struct keyring *keys,
	const struct feed_row *row, const Rxcirc__V1__EventLeaf *leaf, char **ret_reason)
{
	const struct seal_place place = {leaf->rx_id.data, leaf->rx_seq,
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW};
	struct data_key key = {.generation = row->generation};
	uint8_t *plain = arena_alloc(arena, row->sealed.len + 1);
	const Rxcirc__V1__SignedDocument *doc;
	const Rxcirc__V1__PharmacyReview *review;
	size_t len;
	int r;

	if (plain == NULL)
		return ERR_MEMORY;
	if (row->wrapped.len != SEAL_WRAPPED_LEN || leaf->rx_id.len != RX_ID_LEN)
		return ERR_DAMAGED;
	memcpy(key.wrapped, row->wrapped.data, SEAL_WRAPPED_LEN);
	r = data_key_unwrap(&key, keys, leaf->rx_id.data);
	if (r == 0)
		r = seal_open(plain, &len, &key, &place, row->sealed);
	data_key_wipe(&key);
	if (r == 0)
		r = pbmsg_open(&doc, &rxcirc__v1__signed_document__descriptor, arena,
			slice_of(plain, len));
	if (r == 0)
		r = pbmsg_open(&review, &rxcirc__v1__pharmacy_review__descriptor, arena,
			pbmsg_bytes(doc->body));
	if (r == 0)
		*ret_reason = review->reason;
	return r;
}

static int news_of(struct arena *arena, const struct keyring *keys, const struct feed_row *row,
	Rxcirc__V1__PrescriptionNews *m)
{
	Rxcirc__V1__EventLeaf *leaf;
	int r = pbmsg_open(&leaf, &rxcirc__v1__event_leaf__descriptor, arena, row->leaf);

	if (r < 0)
		return r == ERR_MEMORY ? r : ERR_DAMAGED;
	rxcirc__v1__prescription_news__init(m);
	m->rx_id = leaf->rx_id;
	m->rx_seq = leaf->rx_seq;
	m->kind = leaf->kind;
	m->at_ms = leaf->at_ms;
	m->institution_code = leaf->institution_code;
	m->practitioner_code = leaf->practitioner_code;
	m->reason = leaf->reason;
	m->after = leaf->after;
	m->event_id = leaf->event_id;
	if (row->sealed.len == 0)
		return 0;
	r = open_review(arena, keys, row, leaf, &m->reason);
	if (r == ERR_MEMORY)
		return r;
	/* One damaged paper must not keep an institution from everything behind it; whoever asks for
	 * the prescription itself is told of the damage. */
	if (r < 0)
		log_error("a review cannot be opened, its rejection is told without the reason");
	return 0;
}

/* ---- a page --------------------------------------------------------------------------------- */

static int count_rows(const struct pg_unit *unit, size_t asker, int row)
{
	int count = 0;
	struct feed_row r;

	for (; row + count < pg_rows(unit, 0); count++) {
		store_feed_row(unit, row + count, &r);
		if (r.asker != asker)
			break;
	}
	return count;
}

int news_collect(struct arena *arena, const struct keyring *keys, const struct pg_unit *unit,
	size_t asker, size_t bytes_max, int *row, struct feed_place *place, struct news_page *ret)
{
	int count = count_rows(unit, asker, *row);
	Rxcirc__V1__PrescriptionNews *all = arena_array(arena, (size_t)count + 1, sizeof(*all));
	struct news_page page = {arena_array(arena, (size_t)count + 1, sizeof(*page.news)), 0, false};
	struct feed_place at = *place;
	size_t bytes = 0;

	if (all == NULL || page.news == NULL)
		return ERR_MEMORY;
	for (int i = 0; i < count; i++) {
		Rxcirc__V1__PrescriptionNews *m = &all[i];
		struct feed_row one;
		int r;

		/* Papers being opened use far more than their reasons: half of it is for the answer. */
		page.is_cut = page.count > 0 && arena->used > ARENA_CAP / 2;
		if (page.is_cut)
			break;
		store_feed_row(unit, *row + i, &one);
		r = news_of(arena, keys, &one, m);
		if (r < 0)
			return r;
		bytes += rxcirc__v1__prescription_news__get_packed_size(m) + NEWS_FRAMING;
		page.is_cut = page.count > 0 && bytes > bytes_max;
		if (page.is_cut)
			break;
		if (one.place.floor_ms < at.floor_ms)
			one.place.floor_ms = at.floor_ms;
		at = one.place;
		page.news[page.count++] = m;
	}
	*row += count;
	*place = at;
	*ret = page;
	return 0;
}
