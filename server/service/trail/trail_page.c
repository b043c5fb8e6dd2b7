#include "service/trail/trail_page.h"

#include <string.h>

#include "base/err.h"
#include "db/pg_value.h"
#include "domain/moment.h"
#include "store/event.h"

static ProtobufCBinaryData bytes_of(struct slice s)
{
	return (ProtobufCBinaryData){s.len, (uint8_t *)(uintptr_t)s.data};
}

static int make_token(struct arena *arena, const struct trail_row *last, ProtobufCBinaryData *ret)
{
	uint8_t *token = arena_alloc(arena, TRAIL_TOKEN_LEN);
	struct writer w;

	if (token == NULL)
		return ERR_MEMORY;
	writer_init(&w, token, TRAIL_TOKEN_LEN);
	writer_u64(&w, (uint64_t)last->at_ms);
	writer_slice(&w, last->event_id);
	*ret = (ProtobufCBinaryData){w.used, token};
	return 0;
}

int trail_page_fill(struct arena *arena, const struct pg_unit *unit, int32_t limit,
	Rxcirc__V1__QueryTrailResponse *m)
{
	int rows = pg_rows(unit, 0);
	Rxcirc__V1__TrailEvent *events = arena_array(arena, (size_t)rows + 1, sizeof(*events));
	struct trail_row last = {0};
	size_t bytes = 0;

	m->events = arena_array(arena, (size_t)rows + 1, sizeof(*m->events));
	if (events == NULL || m->events == NULL)
		return ERR_MEMORY;
	while (m->n_events < (size_t)rows) {
		Rxcirc__V1__TrailEvent *e = &events[m->n_events];
		struct trail_row row;

		store_trail_row(unit, 0, (int)m->n_events, &row);
		bytes += row.leaf.len + SHA256_LEN + 32;
		if (bytes > TRAIL_PAGE_BYTES_MAX)
			break;
		last = row;
		rxcirc__v1__trail_event__init(e);
		e->leaf = bytes_of(row.leaf);
		e->leaf_hash = bytes_of(row.leaf_hash);
		e->place = store_trail_place(unit, 0, (int)m->n_events);
		m->events[m->n_events++] = e;
	}
	if (m->n_events == 0 || (m->n_events == (size_t)rows && rows < limit))
		return 0;
	return make_token(arena, &last, &m->next_page_token);
}

bool trail_page_after(struct event_filter *filter, ProtobufCBinaryData token)
{
	struct reader r;
	struct slice id;

	reader_init(&r, slice_of(token.data, token.len));
	filter->after_at_ms = (int64_t)reader_u64(&r);
	id = reader_slice(&r, EVENT_ID_LEN);
	if (!reader_is_done(&r) || !moment_is_sound(filter->after_at_ms))
		return false;
	memcpy(filter->after_event_id, id.data, EVENT_ID_LEN);
	return true;
}
