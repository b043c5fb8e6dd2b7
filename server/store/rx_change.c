#include "store/rx_change.h"

#include "base/err.h"
#include "proto/rxid.h"

const struct pg_statement rx_change_sql = {"rx_change", RX_CHANGE_ROW RX_CHANGE_TOLD("$30"),
	RX_CHANGE_PARAMS + 1};

void rx_change_bind(struct binder *b, const struct rx_change *c)
{
	const struct prescription *rx = c->rx;
	const struct event *e = c->event;

	pg_param_i32(binder_next(b), rx_id_bucket(rx->rx_id));
	pg_param_bytes(binder_next(b), slice_of(rx->rx_id, RX_ID_LEN));
	pg_param_i64(binder_next(b), rx->version - 1);
	pg_param_i16(binder_next(b), (int16_t)rx->validity);
	pg_param_i16(binder_next(b), (int16_t)rx->review);
	pg_param_i16(binder_next(b), (int16_t)rx->use);
	pg_param_text(binder_next(b), rx->holder_code);
	pg_param_time(binder_next(b), rx->held_until_ms);
	pg_param_i64(binder_next(b), rx->fencing_token);
	pg_param_bytes(binder_next(b), slice_of(rx->head_leaf, SHA256_LEN));
	pg_param_i16(binder_next(b), (int16_t)rx->mac_generation);
	pg_param_bytes(binder_next(b), slice_of(rx->row_mac, sizeof(rx->row_mac)));
	if (c->document_kind == 0) {
		pg_param_null(binder_next(b));
		pg_param_null(binder_next(b));
	} else {
		pg_param_i16(binder_next(b), c->document_kind);
		pg_param_bytes(binder_next(b), c->sealed);
	}
	pg_param_bytes(binder_next(b), slice_of(e->event_id, EVENT_ID_LEN));
	pg_param_i16(binder_next(b), e->kind);
	pg_param_time(binder_next(b), e->at_ms);
	pg_param_bytes(binder_next(b), slice_of(rx->person_key, PERSON_KEY_LEN));
	pg_param_text(binder_next(b), e->institution_code);
	pg_param_text(binder_next(b), e->practitioner_code);
	pg_param_text(binder_next(b), e->region);
	pg_param_bytes(binder_next(b), e->leaf);
	pg_param_bytes(binder_next(b), slice_of(c->reply.key, IDEMPOTENCY_KEY_LEN));
	pg_param_bytes(binder_next(b), slice_of(c->reply.request_mac, 32));
	pg_param_bytes(binder_next(b), c->reply.reply);
	pg_param_i16(binder_next(b), rx->fills_done);
	pg_param_i16(binder_next(b), rx->round);
	pg_param_time(binder_next(b), rx->next_from_ms);
	pg_param_time(binder_next(b), rx->held_from_ms);
}

void rx_change_bind_told(struct binder *b, const struct rx_change *c)
{
	pg_param_text(binder_next(b), c->event->told);
}

int store_rx_change(struct pg_unit *unit, struct arena *arena, const struct rx_change *change)
{
	struct binder b;

	if (!binder_open(&b, arena, &rx_change_sql))
		return ERR_MEMORY;
	rx_change_bind(&b, change);
	rx_change_bind_told(&b, change);
	binder_close(&b, unit);
	return 0;
}

bool store_rx_changed(const struct pg_unit *unit)
{
	return pg_bool(unit, 0, 0, 0);
}
