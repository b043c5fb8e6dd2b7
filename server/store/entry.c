#include "store/entry.h"

void entry_bind(struct binder *b, const struct entry_write *w)
{
	const struct event *e = w->event;

	pg_param_i32(binder_next(b), e->bucket);
	pg_param_time(binder_next(b), e->at_ms);
	pg_param_text(binder_next(b), e->institution_code);
	pg_param_bytes(binder_next(b), slice_of(w->idempotency_key, IDEMPOTENCY_KEY_LEN));
	pg_param_bytes(binder_next(b), slice_of(w->request_mac, 32));
	pg_param_bytes(binder_next(b), w->reply);
	pg_param_bytes(binder_next(b), slice_of(e->event_id, EVENT_ID_LEN));
	pg_param_i16(binder_next(b), e->kind);
	pg_param_text(binder_next(b), e->region);
	pg_param_bytes(binder_next(b), e->leaf);
	pg_param_bytes(binder_next(b), slice_of(e->leaf_hash, SHA256_LEN));
	if (e->person_key == NULL)
		pg_param_null(binder_next(b));
	else
		pg_param_bytes(binder_next(b), slice_of(e->person_key, PERSON_KEY_LEN));
}

void entry_read(const struct pg_unit *unit, bool *ret_key_is_new, bool *ret_fits)
{
	*ret_key_is_new = pg_bool(unit, 0, 0, 0);
	*ret_fits = pg_bool(unit, 0, 0, 1);
}
