/* The events of one page and what proves them. */
#include <string.h>

#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "registry/registry.h"
#include "service/trail/export.h"
#include "store/event.h"
#include "store/export.h"

static ProtobufCBinaryData bytes_of(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

static ProtobufCBinaryData leaf_of(struct slice s)
{
	return bytes_of(s.data, s.len);
}

/* ---- the head ------------------------------------------------------------------------------ */

/* Hashes as the fields of a message; NULL: no memory. */
static ProtobufCBinaryData *hashes_fill(struct request *req, const struct merkle_hash *hashes,
	size_t count)
{
	ProtobufCBinaryData *fields = arena_array(&req->arena, count + 1, sizeof(*fields));
	struct merkle_hash *kept = arena_array(&req->arena, count + 1, sizeof(*kept));

	if (fields == NULL || kept == NULL)
		return NULL;
	memcpy(kept, hashes, count * sizeof(*kept));
	for (size_t i = 0; i < count; i++)
		fields[i] = bytes_of(kept[i].bytes, SHA256_LEN);
	return fields;
}

/* A size above the checkpoint's has no proof: whoever kept such a checkpoint sees by this one that
 * the log went back. */
static int consistency_add(struct request *req, struct export *e, uint64_t old_size,
	Rxcirc__V1__ExportHead *head)
{
	Rxcirc__V1__ExportConsistency *m = arena_alloc(&req->arena, sizeof(*m));
	struct merkle_proof proof = {.count = 0};
	int r = 0;

	if (m == NULL)
		return ERR_MEMORY;
	if (old_size <= e->log.size)
		r = log_view_consistency(&e->log, old_size, &proof);
	if (r < 0)
		return r;
	rxcirc__v1__export_consistency__init(m);
	m->old_size = old_size;
	m->n_hashes = proof.count;
	m->hashes = hashes_fill(req, proof.hashes, proof.count);
	if (m->hashes == NULL)
		return ERR_MEMORY;
	head->consistency[head->n_consistency++] = m;
	return 0;
}

static int head_fill(struct request *req, struct export *e)
{
	const Rxcirc__V1__ExportTrailRequest *asked = e->message;
	Rxcirc__V1__ExportHead *m = arena_alloc(&req->arena, sizeof(*m));
	bool is_bound = req->caller.role == CALLER_CITY_OFFICER;
	int r = 0;

	if (m == NULL)
		return ERR_MEMORY;
	rxcirc__v1__export_head__init(m);
	m->checkpoint = leaf_of(e->log.note);
	m->office = req->caller.code;
	m->at_ms = req->received_at_ms;
	m->purpose = asked->purpose;
	m->scope = is_bound ? req->caller.region : m->scope;
	m->consistency = arena_array(&req->arena, asked->n_known_sizes + 1, sizeof(*m->consistency));
	if (m->consistency == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < asked->n_known_sizes && r == 0; i++)
		r = consistency_add(req, e, asked->known_sizes[i], m);
	e->reply.head = m;
	return r;
}

static int run_fill(struct request *req, struct export *e)
{
	Rxcirc__V1__ExportRun *m = arena_alloc(&req->arena, sizeof(*m));
	struct merkle_run left, right;
	int r;

	if (m == NULL)
		return ERR_MEMORY;
	r = log_view_around(&e->log, e->from, e->until, &left, &right);
	if (r < 0)
		return r;
	rxcirc__v1__export_run__init(m);
	m->from_index = e->from;
	m->until_index = e->until;
	m->n_left = left.count;
	m->left = hashes_fill(req, left.nodes, left.count);
	m->n_right = right.count;
	m->right = hashes_fill(req, right.nodes, right.count);
	e->reply.run = m;
	return m->left == NULL || m->right == NULL ? ERR_MEMORY : 0;
}

int export_head(struct request *req, struct export *e)
{
	int r = head_fill(req, e);

	if (r == 0 && e->is_run)
		r = run_fill(req, e);
	if (r < 0)
		return r;
	e->bytes = e->head_bytes = protobuf_c_message_get_packed_size(&e->reply.base);
	return 0;
}

/* ---- events -------------------------------------------------------------------------------- */

size_t export_event_bytes(const struct export_event *event)
{
	return protobuf_c_message_get_packed_size(&event->message.base) + 8;
}

/* The next event of the page; false: the answer is full, and it was not taken. */
static bool event_take(struct export *e)
{
	struct export_event *event = &e->events[e->count];
	size_t bytes;

	event->message.index = event->index;
	event->message.leaf = leaf_of(event->leaf);
	bytes = export_event_bytes(event);
	if (e->count > 0 && e->bytes + bytes > EXPORT_BYTES_MAX)
		return false;
	e->bytes += bytes;
	e->count++;
	return true;
}

static struct export_event *event_next(struct export *e, struct slice leaf)
{
	struct export_event *event = &e->events[e->count];

	rxcirc__v1__exported_event__init(&event->message);
	event->content = NULL;
	event->leaf = leaf;
	merkle_leaf_hash(&event->hash, leaf);
	return event;
}

int export_content(struct request *req, struct export_event *event)
{
	int r;

	if (event->content != NULL)
		return 0;
	r = pbmsg_open(&event->content, &rxcirc__v1__event_leaf__descriptor, &req->arena,
		event->leaf);
	return r == ERR_MALFORMED ? ERR_DAMAGED : r;
}

/* ---- of a run ------------------------------------------------------------------------------ */

/* Stand before leaf `index`, in its tile. */
static int bundle_open(struct request *req, const struct export *e, uint64_t index,
	struct reader *ret)
{
	struct slice bytes, leaf;
	int r = log_view_entries(req, &e->log, index / TILE_WIDTH, &bytes);

	if (r < 0)
		return r;
	reader_init(ret, bytes);
	for (uint64_t i = index / TILE_WIDTH * TILE_WIDTH; i < index; i++)
		if (!tile_entry_next(ret, &leaf))
			return ERR_DAMAGED;
	return 0;
}

static int run_read(struct request *req, struct export *e, size_t limit)
{
	struct reader bundle;
	struct slice leaf;

	for (uint64_t index = e->from; index < e->until && e->count < limit; index++) {
		if (index == e->from || index % TILE_WIDTH == 0) {
			int r = bundle_open(req, e, index, &bundle);

			if (r < 0)
				return r;
		}
		if (!tile_entry_next(&bundle, &leaf))
			return ERR_DAMAGED;
		event_next(e, leaf)->index = index;
		if (!event_take(e))
			return 0;
	}
	return 0;
}

static int run_check(const struct export *e)
{
	struct merkle_run run;

	merkle_run_init(&run, e->from);
	for (size_t i = 0; i < e->count; i++)
		merkle_run_add(&run, &e->events[i].hash);
	return log_view_check(&e->log, &run);
}

int export_read_run(struct request *req, struct export *e)
{
	size_t limit = export_limit(e);
	int r;

	e->events = arena_array(&req->arena, limit + 1, sizeof(*e->events));
	if (e->events == NULL)
		return ERR_MEMORY;
	r = run_read(req, e, limit);
	if (r == 0)
		r = run_check(e);
	e->more = e->from + e->count < e->until;
	return r;
}

/* An event of a month that was detached has no row: then the institution's region counts, as it is
 * now. */
static int region_guess(struct request *req, struct export_event *event, const char **ret)
{
	const struct institution *who;
	int r = export_content(req, event);

	if (r < 0)
		return r;
	who = registry_institution(req->registry, event->content->institution_code);
	*ret = who == NULL ? "" : who->region;
	return 0;
}

static void event_hide(struct export_event *event)
{
	event->leaf = slice_of(NULL, 0);
	event->message.leaf = bytes_of(NULL, 0);
	event->message.leaf_hash = bytes_of(event->hash.bytes, SHA256_LEN);
}

int export_take_regions(struct request *req, struct export *e)
{
	int rows = pg_rows(&req->unit, 0), row = 0;
	uint64_t index = 0;
	const char *region;

	for (size_t i = 0; i < e->count; i++) {
		struct export_event *event = &e->events[i];
		int r = 0;

		for (; row < rows; row++) {
			store_export_region(&req->unit, 0, row, &index, &region);
			if (index >= event->index)
				break;
		}
		if (row == rows || index != event->index)
			r = region_guess(req, event, &region);
		if (r < 0)
			return r;
		if (!caller_covers(&req->caller, region))
			event_hide(event);
	}
	return 0;
}

/* ---- of a filter --------------------------------------------------------------------------- */

static int event_prove(struct request *req, struct export *e, struct export_event *event)
{
	struct merkle_proof proof;
	int r = log_view_prove(&e->log, event->index, &event->hash, &proof);

	if (r < 0)
		return r;
	event->message.n_proof = proof.count;
	event->message.proof = hashes_fill(req, proof.hashes, proof.count);
	return event->message.proof == NULL ? ERR_MEMORY : 0;
}

/* What the checkpoint does not cover yet is left out: it can be exported at the next one.  All
 * that it covers is seen, because it was committed before this export began. */
static int row_take(struct request *req, struct export *e, int row, bool *ret_taken)
{
	uint64_t place = store_trail_place(&req->unit, 0, row);
	struct export_event *event;
	struct trail_row stored;
	struct slice leaf;
	int r;

	store_trail_row(&req->unit, 0, row, &stored);
	*ret_taken = true;
	if (place > 0 && place - 1 < e->log.size) {
		leaf = arena_copy(&req->arena, stored.leaf);
		if (leaf.len != stored.leaf.len)
			return ERR_MEMORY;
		event = event_next(e, leaf);
		event->index = place - 1;
		event->at_ms = stored.at_ms;
		memcpy(event->event_id, stored.event_id.data, EVENT_ID_LEN);
		r = event_prove(req, e, event);
		if (r < 0)
			return r;
		*ret_taken = event_take(e);
	}
	if (*ret_taken) {
		e->filter.f.after_at_ms = stored.at_ms;
		memcpy(e->filter.f.after_event_id, stored.event_id.data, EVENT_ID_LEN);
	}
	return 0;
}

int export_take_rows(struct request *req, struct export *e)
{
	int rows = pg_rows(&req->unit, 0);
	bool taken = true;

	e->events = arena_array(&req->arena, (size_t)rows + 1, sizeof(*e->events));
	if (e->events == NULL)
		return ERR_MEMORY;
	for (int row = 0; row < rows && taken; row++) {
		int r = row_take(req, e, row, &taken);

		if (r < 0)
			return r;
	}
	e->more = !taken || rows == e->filter.f.limit;
	return 0;
}
