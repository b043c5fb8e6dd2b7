#include "store/proposal.h"

#include "base/err.h"

const struct pg_statement proposal_load_sql = {"proposal_load",
	"SELECT office_code, officer, proposed_at, used_at IS NOT NULL FROM proposal"
	" WHERE digest = $1::bytea", 1};

const struct pg_statement proposal_put_sql = {"proposal_put",
	"WITH put AS (INSERT INTO proposal AS p (digest, office_code, officer, proposed_at)"
	" VALUES ($13::bytea, $5::text, $14::text, $2::timestamptz)"
	" ON CONFLICT (digest) DO UPDATE SET office_code = EXCLUDED.office_code,"
	" officer = EXCLUDED.officer, proposed_at = EXCLUDED.proposed_at, used_by = NULL,"
	" used_at = NULL RETURNING 1"
	REGISTRY_TAIL("'{}'"), 14};

const struct pg_statement proposal_use_sql = {"proposal_use",
	"UPDATE proposal SET used_by = $2::text, used_at = $3::timestamptz WHERE digest = $1::bytea"
	" AND EXISTS (SELECT FROM idempotency i WHERE i.bucket = $4::int4"
	" AND i.institution_code = $5::text AND i.key = $6::bytea)", 6};

int store_proposal_load(struct pg_unit *unit, struct arena *arena, const uint8_t *digest)
{
	struct binder b;

	if (!binder_open(&b, arena, &proposal_load_sql))
		return ERR_MEMORY;
	pg_param_bytes(binder_next(&b), slice_of(digest, SHA256_LEN));
	binder_close(&b, unit);
	return 0;
}

bool store_proposal_read(const struct pg_unit *unit, unsigned query, struct proposal *ret)
{
	if (pg_rows(unit, query) == 0)
		return false;
	ret->office_code = pg_text(unit, query, 0, 0);
	ret->officer = pg_text(unit, query, 0, 1);
	ret->proposed_at_ms = pg_time(unit, query, 0, 2);
	ret->used = pg_bool(unit, query, 0, 3);
	return true;
}

int store_proposal_put(struct pg_unit *unit, struct arena *arena, const struct registry_write *w,
	const uint8_t *digest, const char *officer)
{
	struct binder b;

	if (!binder_open(&b, arena, &proposal_put_sql))
		return ERR_MEMORY;
	registry_tail_bind(&b, w);
	pg_param_bytes(binder_next(&b), slice_of(digest, SHA256_LEN));
	pg_param_text(binder_next(&b), officer);
	binder_close(&b, unit);
	return 0;
}

int store_proposal_use(struct pg_unit *unit, struct arena *arena, const struct registry_write *w,
	const uint8_t *digest, const char *officer)
{
	struct binder b;

	if (!binder_open(&b, arena, &proposal_use_sql))
		return ERR_MEMORY;
	pg_param_bytes(binder_next(&b), slice_of(digest, SHA256_LEN));
	pg_param_text(binder_next(&b), officer);
	pg_param_time(binder_next(&b), w->event->at_ms);
	pg_param_i32(binder_next(&b), w->event->bucket);
	pg_param_text(binder_next(&b), w->event->institution_code);
	pg_param_bytes(binder_next(&b), slice_of(w->idempotency_key, IDEMPOTENCY_KEY_LEN));
	binder_close(&b, unit);
	return 0;
}
