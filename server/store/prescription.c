/* Prescriptions: structs into parameters, rows into structs. */
#include "store/prescription.h"

#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "domain/china_date.h"
#include "proto/rxid.h"
#include "store/binder.h"
#include "store/prescription_sql.h"

static uint16_t person_bucket(const uint8_t *person_key)
{
	return (uint16_t)(person_key[0] << 8 | person_key[1]);
}

static void *room(struct arena *arena, struct writer *w, size_t cap)
{
	uint8_t *bytes = arena_alloc(arena, cap);

	if (bytes != NULL)
		writer_init(w, bytes, cap);
	return bytes;
}

static int bind_lines(struct binder *b, struct arena *arena, const struct prescription_put *put)
{
	struct slice codes[RX_LINES_MAX];
	int64_t quantities[RX_LINES_MAX];
	size_t bytes = 0;
	struct writer w;

	ensure(put->line_count >= 1 && put->line_count <= RX_LINES_MAX);
	for (size_t i = 0; i < put->line_count; i++) {
		codes[i] = slice_of_text(put->lines[i].drug_code);
		quantities[i] = put->lines[i].prescribed_e4;
		bytes += codes[i].len;
	}
	if (room(arena, &w, pg_array_room(put->line_count, bytes) +
			pg_array_room(put->line_count, 8 * put->line_count)) == NULL)
		return ERR_MEMORY;
	pg_param_array_text(binder_next(b), &w, codes, put->line_count);
	pg_param_array_i64(binder_next(b), &w, quantities, put->line_count);
	return 0;
}

int store_prescription_put(struct pg_unit *unit, struct arena *arena,
	const struct prescription_put *put)
{
	const struct prescription *rx = put->rx;
	const struct event *e = put->event;
	struct binder b;

	if (!binder_open(&b, arena, &prescription_put_sql))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), rx_id_bucket(rx->rx_id));
	pg_param_bytes(binder_next(&b), slice_of(rx->rx_id, RX_ID_LEN));
	pg_param_bytes(binder_next(&b), slice_of(rx->person_key, PERSON_KEY_LEN));
	pg_param_text(binder_next(&b), rx->hospital_code);
	pg_param_bytes(binder_next(&b), slice_of(rx->upload_mac, sizeof(rx->upload_mac)));
	pg_param_time(binder_next(&b), rx->issued_at_ms);
	pg_param_time(binder_next(&b), rx->valid_until_ms);
	pg_param_time(binder_next(&b), rx->received_at_ms);
	pg_param_i16(binder_next(&b), rx->fills_max);
	pg_param_i16(binder_next(&b), rx->interval_days);
	pg_param_bytes(binder_next(&b), slice_of(rx->head_leaf, SHA256_LEN));
	pg_param_i16(binder_next(&b), (int16_t)rx->mac_generation);
	pg_param_bytes(binder_next(&b), slice_of(rx->row_mac, sizeof(rx->row_mac)));
	if (bind_lines(&b, arena, put) < 0)
		return ERR_MEMORY;
	pg_param_i16(binder_next(&b), (int16_t)put->key.generation);
	pg_param_bytes(binder_next(&b), put->key.wrapped);
	pg_param_bytes(binder_next(&b), put->sealed);
	pg_param_time(binder_next(&b), e->at_ms);
	pg_param_bytes(binder_next(&b), slice_of(e->event_id, EVENT_ID_LEN));
	pg_param_i16(binder_next(&b), e->kind);
	pg_param_text(binder_next(&b), e->practitioner_code);
	pg_param_text(binder_next(&b), e->region);
	pg_param_bytes(binder_next(&b), e->leaf);
	pg_param_bytes(binder_next(&b), slice_of(put->reply.key, IDEMPOTENCY_KEY_LEN));
	pg_param_bytes(binder_next(&b), slice_of(put->reply.request_mac, 32));
	pg_param_bytes(binder_next(&b), put->reply.reply);
	pg_param_i32(binder_next(&b), date_day_of(rx->issued_at_ms));
	pg_param_i16(binder_next(&b), put->business);
	pg_param_bytes(binder_next(&b), slice_of(put->number_mac, SHA256_LEN));
	if (put->serial_mac == NULL)
		pg_param_null(binder_next(&b));
	else
		pg_param_bytes(binder_next(&b), slice_of(put->serial_mac, SHA256_LEN));
	binder_close(&b, unit);
	return 0;
}

void store_prescription_put_read(const struct pg_unit *unit, bool *ret_key, bool *ret_rx)
{
	*ret_key = pg_bool(unit, 0, 0, 0);
	*ret_rx = pg_bool(unit, 0, 0, 1);
}

/* Statements that take (bucket, rx id). */
static int add_by_rx(struct pg_unit *unit, struct arena *arena, const struct pg_statement *sql,
	const uint8_t *rx_id)
{
	struct binder b;

	if (!binder_open(&b, arena, sql))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), rx_id_bucket(rx_id));
	pg_param_bytes(binder_next(&b), slice_of(rx_id, RX_ID_LEN));
	binder_close(&b, unit);
	return 0;
}

int store_prescription_load(struct pg_unit *unit, struct arena *arena,
	const uint8_t rx_id[RX_ID_LEN])
{
	return add_by_rx(unit, arena, &prescription_load_sql, rx_id);
}

int store_documents_load(struct pg_unit *unit, struct arena *arena, const uint8_t rx_id[RX_ID_LEN])
{
	return add_by_rx(unit, arena, &documents_load_sql, rx_id);
}

/* Statements that take (bucket, institution, key). */
static int add_by_key(struct pg_unit *unit, struct arena *arena, const struct pg_statement *sql,
	uint16_t bucket, const char *institution_code, const uint8_t *key)
{
	struct binder b;

	if (!binder_open(&b, arena, sql))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), bucket);
	pg_param_text(binder_next(&b), institution_code);
	pg_param_bytes(binder_next(&b), slice_of(key, IDEMPOTENCY_KEY_LEN));
	binder_close(&b, unit);
	return 0;
}

int store_reply_load(struct pg_unit *unit, struct arena *arena, uint16_t bucket,
	const char *institution_code, const uint8_t key[IDEMPOTENCY_KEY_LEN])
{
	return add_by_key(unit, arena, &reply_load_sql, bucket, institution_code, key);
}

int store_reply_replay(struct pg_unit *unit, struct arena *arena, uint16_t bucket,
	const char *institution_code, const uint8_t key[IDEMPOTENCY_KEY_LEN])
{
	return add_by_key(unit, arena, &reply_replay_sql, bucket, institution_code, key);
}

int store_reply_put(struct pg_unit *unit, struct arena *arena, const uint8_t rx_id[RX_ID_LEN],
	const struct stored_reply *reply)
{
	struct binder b;

	if (!binder_open(&b, arena, &reply_put_sql))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), rx_id_bucket(rx_id));
	pg_param_text(binder_next(&b), reply->institution_code);
	pg_param_bytes(binder_next(&b), slice_of(reply->key, IDEMPOTENCY_KEY_LEN));
	pg_param_bytes(binder_next(&b), slice_of(reply->request_mac, 32));
	pg_param_bytes(binder_next(&b), reply->reply);
	pg_param_bytes(binder_next(&b), slice_of(rx_id, RX_ID_LEN));
	binder_close(&b, unit);
	return 0;
}

bool store_reply_read(const struct pg_unit *unit, unsigned query, struct kept_reply *ret)
{
	if (pg_rows(unit, query) == 0)
		return false;
	ret->request_mac = pg_bytes(unit, query, 0, 0);
	ret->reply = pg_bytes(unit, query, 0, 1);
	ret->has_promise = !pg_is_null(unit, query, 0, 3);
	if (ret->has_promise) {
		struct slice id = pg_bytes(unit, query, 0, 3), hash = pg_bytes(unit, query, 0, 4);

		ensure(id.len == EVENT_ID_LEN && hash.len == SHA256_LEN); /* the table's checks */
		ret->promise.at_ms = pg_time(unit, query, 0, 2);
		memcpy(ret->promise.event_id, id.data, EVENT_ID_LEN);
		memcpy(ret->promise.leaf_hash, hash.data, SHA256_LEN);
	}
	return true;
}

static int add_search(struct pg_unit *unit, struct arena *arena, const struct pg_statement *sql,
	const struct prescription_search *s)
{
	struct binder b;

	if (!binder_open(&b, arena, sql))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), person_bucket(s->person_key));
	pg_param_bytes(binder_next(&b), slice_of(s->person_key, PERSON_KEY_LEN));
	pg_param_time(binder_next(&b), s->now_ms);
	pg_param_i32(binder_next(&b), s->limit);
	if (s->is_paged) {
		pg_param_time(binder_next(&b), s->after_ms);
		pg_param_bytes(binder_next(&b), slice_of(s->after_rx_id, RX_ID_LEN));
		pg_param_bool(binder_next(&b), s->open_only);
	}
	binder_close(&b, unit);
	return 0;
}

int store_prescriptions_search(struct pg_unit *unit, struct arena *arena,
	const struct prescription_search *search)
{
	return add_search(unit, arena,
		search->is_paged ? &prescriptions_all_sql : &prescriptions_open_sql, search);
}

int store_documents_search(struct pg_unit *unit, struct arena *arena,
	const struct prescription_search *search)
{
	return add_search(unit, arena, search->is_paged ? &documents_all_sql : &documents_open_sql,
		search);
}

static int read_lines(const struct pg_unit *u, unsigned q, int row, struct arena *arena,
	struct prescription_line **ret_lines, size_t *ret_count)
{
	struct pg_array codes, prescribed, dispensed, returned;
	struct prescription_line *lines = arena_array(arena, RX_LINES_MAX, sizeof(*lines));
	struct slice code;
	size_t count = 0;

	if (lines == NULL)
		return ERR_MEMORY;
	*ret_lines = lines;
	*ret_count = 0;
	if (pg_is_null(u, q, row, 20)) /* lines gone: the row's MAC will say so */
		return 0;
	pg_array_open(&codes, u, q, row, 20);
	pg_array_open(&prescribed, u, q, row, 21);
	pg_array_open(&dispensed, u, q, row, 22);
	pg_array_open(&returned, u, q, row, 25);
	while (count < RX_LINES_MAX && pg_array_next(&codes, &code)) {
		struct prescription_line *line = &lines[count];

		line->line_no = (int16_t)++count;
		line->drug_code = arena_text(arena, code);
		if (line->drug_code == NULL)
			return ERR_MEMORY;
		/* The four arrays come from the same rows, so they are equally long. */
		ensure(pg_array_next_i64(&prescribed, &line->prescribed_e4));
		ensure(pg_array_next_i64(&dispensed, &line->dispensed_e4));
		ensure(pg_array_next_i64(&returned, &line->returned_e4));
	}
	*ret_count = count;
	return 0;
}

/* A value of another length than it must have fails the row's MAC, it does not stop the server. */
static void read_fixed(uint8_t *out, size_t len, struct slice in)
{
	if (in.len == len)
		memcpy(out, in.data, len);
}

/* The same with a code that is longer than codes are: it stays empty. */
static void read_code(char out[HOLDER_CODE_MAX + 1], const char *in)
{
	size_t len = strlen(in);

	if (len <= HOLDER_CODE_MAX)
		memcpy(out, in, len + 1);
}

int store_prescription_read(const struct pg_unit *u, unsigned q, int row, struct arena *arena,
	struct prescription *p, struct prescription_line **ret_lines, size_t *ret_count,
	struct stored_data_key *ret_key)
{
	*p = (struct prescription){0};
	read_fixed(p->rx_id, RX_ID_LEN, pg_bytes(u, q, row, 0));
	read_fixed(p->person_key, PERSON_KEY_LEN, pg_bytes(u, q, row, 1));
	read_code(p->hospital_code, pg_text(u, q, row, 2));
	read_fixed(p->upload_mac, sizeof(p->upload_mac), pg_bytes(u, q, row, 3));
	p->issued_at_ms = pg_time(u, q, row, 4);
	p->valid_until_ms = pg_time(u, q, row, 5);
	p->received_at_ms = pg_time(u, q, row, 6);
	p->validity = (enum validity)pg_i16(u, q, row, 7);
	p->review = (enum review)pg_i16(u, q, row, 8);
	p->use = (enum use)pg_i16(u, q, row, 9);
	read_code(p->holder_code, pg_text(u, q, row, 10));
	p->held_until_ms = pg_time(u, q, row, 11);
	p->fencing_token = pg_i64(u, q, row, 12);
	p->fills_done = pg_i16(u, q, row, 13);
	p->fills_max = pg_i16(u, q, row, 14);
	p->interval_days = pg_i16(u, q, row, 15);
	p->round = pg_i16(u, q, row, 26);
	p->next_from_ms = pg_time(u, q, row, 27);
	p->held_from_ms = pg_time(u, q, row, 28);
	p->version = pg_i64(u, q, row, 16);
	read_fixed(p->head_leaf, SHA256_LEN, pg_bytes(u, q, row, 17));
	p->mac_generation = (uint16_t)pg_i16(u, q, row, 18);
	read_fixed(p->row_mac, sizeof(p->row_mac), pg_bytes(u, q, row, 19));
	ret_key->shredded = pg_is_null(u, q, row, 24);
	if (!ret_key->shredded) {
		ret_key->generation = (uint16_t)pg_i16(u, q, row, 23);
		ret_key->wrapped = pg_bytes(u, q, row, 24);
	}
	return read_lines(u, q, row, arena, ret_lines, ret_count);
}

void store_document_read(const struct pg_unit *unit, unsigned query, int row,
	struct stored_document *ret, const uint8_t **ret_rx_id)
{
	ret->seq = pg_i64(unit, query, row, 0);
	ret->kind = pg_i16(unit, query, row, 1);
	ret->sealed = pg_bytes(unit, query, row, 2);
	*ret_rx_id = pg_bytes(unit, query, row, 3).data;
}
