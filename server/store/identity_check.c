#include "store/identity_check.h"

#include "base/err.h"

const struct pg_statement identity_check_put_sql = {"identity_check_put",
	ENTRY("NOT EXISTS (SELECT FROM identity_check c WHERE c.bucket = $1::int4"
	" AND c.serial_mac = $13::bytea AND (c.person_key, c.mode, c.channel, c.passed, c.checked_at)"
	" IS DISTINCT FROM ($12::bytea, $15::int2, $16::text, $17::bool, $18::timestamptz))")
	", put AS ("
	" INSERT INTO identity_check (bucket, serial_mac, person_key, hospital_code, mode, channel,"
	"  passed, order_mac, checked_at, received_at)"
	" SELECT $1, $13, $12, $3, $15, $16, $17, $14::bytea, $18, $2 FROM key ON CONFLICT DO NOTHING)"
	ENTRY_END, 18};

int store_identity_check_put(struct pg_unit *unit, struct arena *arena,
	const struct stored_identity_check *check, const struct entry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &identity_check_put_sql))
		return ERR_MEMORY;
	entry_bind(&b, w);
	pg_param_bytes(binder_next(&b), slice_of(check->serial_mac, SHA256_LEN));
	if (check->order_mac == NULL)
		pg_param_null(binder_next(&b));
	else
		pg_param_bytes(binder_next(&b), slice_of(check->order_mac, SHA256_LEN));
	pg_param_i16(binder_next(&b), check->mode);
	pg_param_text(binder_next(&b), check->channel);
	pg_param_bool(binder_next(&b), check->passed);
	pg_param_time(binder_next(&b), check->checked_at_ms);
	binder_close(&b, unit);
	return 0;
}
