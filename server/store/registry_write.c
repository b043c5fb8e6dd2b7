/* One upsert per kind of record; what stands there already is not touched. */
#include "store/registry_write.h"

#include "base/ensure.h"
#include "base/err.h"
#include "domain/registry.h"
#include "store/binder.h"

/* An institution carries the name of its region. */
const struct pg_statement region_put_sql = {"region_put",
	"WITH put AS (INSERT INTO region AS r (code, name, parent)"
	" VALUES ($13::text, $14::text, $15::text)"
	" ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name, parent = EXCLUDED.parent"
	" WHERE (r.name, r.parent) IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.parent)"
	" RETURNING 1" REGISTRY_TAIL("'{institution}'"), 15};

const struct pg_statement institution_put_sql = {"institution_put",
	"WITH put AS (INSERT INTO institution AS i (code, name, kind, status, region, host_code,"
	" chain_code, non_public, filing_no, published, address)"
	" VALUES ($13::text, $14::text, $15::int2, $16::int2, $17::text, $18::text, $19::text,"
	" $20::bool, $21::text, $22::bool, $23::text)"
	" ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name, kind = EXCLUDED.kind,"
	" status = EXCLUDED.status, region = EXCLUDED.region, host_code = EXCLUDED.host_code,"
	" chain_code = EXCLUDED.chain_code, non_public = EXCLUDED.non_public,"
	" filing_no = EXCLUDED.filing_no, published = EXCLUDED.published, address = EXCLUDED.address"
	" WHERE (i.name, i.kind, i.status, i.region, i.host_code, i.chain_code, i.non_public,"
	" i.filing_no, i.published, i.address) IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.kind,"
	" EXCLUDED.status, EXCLUDED.region, EXCLUDED.host_code, EXCLUDED.chain_code,"
	" EXCLUDED.non_public, EXCLUDED.filing_no, EXCLUDED.published, EXCLUDED.address)"
	" RETURNING 1" REGISTRY_TAIL("'{institution}'"), 23};

const struct pg_statement certificate_put_sql = {"certificate_put",
	"WITH put AS (INSERT INTO certificate AS c (spki_sha256, owner_code, holder, officer_name,"
	" scope, not_before, not_after, revoked, duties)"
	" VALUES ($13::bytea, $14::text, $15::int2, $16::text, $17::text,"
	" $18::timestamptz, $19::timestamptz, $20::bool, $21::int2)"
	" ON CONFLICT (spki_sha256) DO UPDATE SET owner_code = EXCLUDED.owner_code,"
	" holder = EXCLUDED.holder, officer_name = EXCLUDED.officer_name, scope = EXCLUDED.scope,"
	" not_before = EXCLUDED.not_before, not_after = EXCLUDED.not_after, revoked = EXCLUDED.revoked,"
	" duties = EXCLUDED.duties"
	" WHERE (c.owner_code, c.holder, c.officer_name, c.scope, c.not_before, c.not_after, c.revoked,"
	" c.duties) IS DISTINCT FROM (EXCLUDED.owner_code, EXCLUDED.holder, EXCLUDED.officer_name,"
	" EXCLUDED.scope, EXCLUDED.not_before, EXCLUDED.not_after, EXCLUDED.revoked,"
	" EXCLUDED.duties)"
	" RETURNING 1" REGISTRY_TAIL("'{certificate}'"), 21};

const struct pg_statement practitioner_put_sql = {"practitioner_put",
	"WITH put AS (INSERT INTO practitioner AS p (code, name, role, suspended, independent_since,"
	" licence_no, region)"
	" VALUES ($13::text, $14::text, $15::int2, $16::bool, $17::text, $18::text, $19::text)"
	" ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name, role = EXCLUDED.role,"
	" suspended = EXCLUDED.suspended, independent_since = EXCLUDED.independent_since,"
	" licence_no = EXCLUDED.licence_no, region = EXCLUDED.region"
	" WHERE (p.name, p.role, p.suspended, p.independent_since, p.licence_no, p.region)"
	" IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.role, EXCLUDED.suspended,"
	" EXCLUDED.independent_since, EXCLUDED.licence_no, EXCLUDED.region)"
	" RETURNING 1" REGISTRY_TAIL("'{practitioner}'"), 19};

const struct pg_statement practice_put_sql = {"practice_put",
	"WITH put AS (INSERT INTO practice AS p (practitioner_code, institution_code, ended,"
	" departments)"
	" VALUES ($13::text, $14::text, $15::bool, $16::text[])"
	" ON CONFLICT (practitioner_code, institution_code) DO UPDATE SET ended = EXCLUDED.ended,"
	" departments = EXCLUDED.departments"
	" WHERE (p.ended, p.departments) IS DISTINCT FROM (EXCLUDED.ended, EXCLUDED.departments)"
	" RETURNING 1" REGISTRY_TAIL("'{practice}'"), 16};

/* The newer statement about a key wins; an older or equal one changes nothing. */
const struct pg_statement practitioner_key_put_sql = {"practitioner_key_put",
	"WITH put AS (INSERT INTO practitioner_key AS k (key_id, public_key, practitioner_code,"
	" institution_code, role, not_before, not_after, revoked_from, stated_at, statement)"
	" VALUES ($13::bytea, $14::bytea, $15::text, $16::text, $17::int2, $18::timestamptz,"
	" $19::timestamptz, $20::timestamptz, $21::timestamptz, $22::bytea)"
	" ON CONFLICT (key_id) DO UPDATE SET not_before = EXCLUDED.not_before,"
	" not_after = EXCLUDED.not_after, revoked_from = EXCLUDED.revoked_from,"
	" stated_at = EXCLUDED.stated_at, statement = EXCLUDED.statement"
	" WHERE k.stated_at < EXCLUDED.stated_at AND k.practitioner_code = EXCLUDED.practitioner_code"
	" AND k.institution_code = EXCLUDED.institution_code AND k.role = EXCLUDED.role"
	" RETURNING 1" REGISTRY_TAIL("'{key}'"), 22};

const struct pg_statement voucher_key_put_sql = {"voucher_key_put",
	"WITH put AS (INSERT INTO voucher_key AS k (key_id, public_key, not_before, not_after, revoked)"
	" VALUES ($13::bytea, $14::bytea, $15::timestamptz, $16::timestamptz, $17::bool)"
	" ON CONFLICT (key_id) DO UPDATE SET not_before = EXCLUDED.not_before,"
	" not_after = EXCLUDED.not_after, revoked = EXCLUDED.revoked"
	" WHERE (k.not_before, k.not_after, k.revoked) IS DISTINCT FROM"
	" (EXCLUDED.not_before, EXCLUDED.not_after, EXCLUDED.revoked)"
	" RETURNING 1" REGISTRY_TAIL("'{voucher-key}'"), 17};

const struct pg_statement item_put_sql = {"item_put",
	"WITH put AS (INSERT INTO item AS i (owner_code, kind, code, valid_from, valid_until, name,"
	" number, authority, amount_fen, evidence_sha256, note, withdrawn)"
	" VALUES ($13::text, $14::int2, $15::text, $16::timestamptz, $17::timestamptz, $18::text,"
	" $19::text, $20::text, $21::int8, $22::bytea, $23::text, $24::bool)"
	" ON CONFLICT (owner_code, kind, code, valid_from) DO UPDATE SET"
	" valid_until = EXCLUDED.valid_until, name = EXCLUDED.name, number = EXCLUDED.number,"
	" authority = EXCLUDED.authority, amount_fen = EXCLUDED.amount_fen,"
	" evidence_sha256 = EXCLUDED.evidence_sha256, note = EXCLUDED.note,"
	" withdrawn = EXCLUDED.withdrawn"
	" WHERE (i.valid_until, i.name, i.number, i.authority, i.amount_fen, i.evidence_sha256,"
	" i.note, i.withdrawn) IS DISTINCT FROM (EXCLUDED.valid_until, EXCLUDED.name,"
	" EXCLUDED.number, EXCLUDED.authority, EXCLUDED.amount_fen, EXCLUDED.evidence_sha256,"
	" EXCLUDED.note, EXCLUDED.withdrawn)"
	" RETURNING 1" REGISTRY_TAIL("'{item}'"), 24};

const struct pg_statement parameter_put_sql = {"parameter_put",
	"WITH put AS (INSERT INTO parameter AS p (region, name, valid_from, value, source)"
	" VALUES ($13::text, $14::text, $15::timestamptz, $16::text, $17::text)"
	" ON CONFLICT (region, name, valid_from) DO UPDATE SET value = EXCLUDED.value,"
	" source = EXCLUDED.source"
	" WHERE (p.value, p.source) IS DISTINCT FROM (EXCLUDED.value, EXCLUDED.source)"
	" RETURNING 1" REGISTRY_TAIL("'{parameter}'"), 17};

const struct pg_statement person_block_put_sql = {"person_block_put",
	"WITH put AS (INSERT INTO person_block AS b (bucket, person_key, scope, valid_from,"
	" valid_until, reason)"
	" VALUES ($13::int4, $14::bytea, $15::int2, $16::timestamptz, $17::timestamptz, $18::text)"
	" ON CONFLICT (bucket, person_key, scope, valid_from) DO UPDATE SET"
	" valid_until = EXCLUDED.valid_until, reason = EXCLUDED.reason"
	" WHERE (b.valid_until, b.reason) IS DISTINCT FROM (EXCLUDED.valid_until, EXCLUDED.reason)"
	" RETURNING 1" REGISTRY_TAIL("'{person-block}'"), 18};

enum { HOLDER_INSTITUTION = 1, HOLDER_CITY_OFFICER = 2, HOLDER_PROVINCE_OFFICER = 3 };

static void bind_bytes(struct binder *b, ProtobufCBinaryData v)
{
	pg_param_bytes(binder_next(b), slice_of(v.data, v.len));
}

static void bind_region(struct binder *b, const Rxcirc__V1__Region *v)
{
	pg_param_text(binder_next(b), v->code);
	pg_param_text(binder_next(b), v->name);
	pg_param_text(binder_next(b), v->parent);
}

static void bind_institution(struct binder *b, const Rxcirc__V1__Institution *v)
{
	pg_param_text(binder_next(b), v->code);
	pg_param_text(binder_next(b), v->name);
	pg_param_i16(binder_next(b), (int16_t)v->kind);
	pg_param_i16(binder_next(b), (int16_t)v->status);
	pg_param_text(binder_next(b), v->region);
	pg_param_text(binder_next(b), v->host_code);
	pg_param_text(binder_next(b), v->chain_code);
	pg_param_bool(binder_next(b), v->non_public);
	pg_param_text(binder_next(b), v->filing_no);
	pg_param_bool(binder_next(b), v->published);
	pg_param_text(binder_next(b), v->address);
}

static void bind_certificate(struct binder *b, const Rxcirc__V1__Certificate *v)
{
	bind_bytes(b, v->spki_sha256);
	pg_param_text(binder_next(b), v->institution_code);
	pg_param_i16(binder_next(b), HOLDER_INSTITUTION);
	pg_param_text(binder_next(b), "");
	pg_param_text(binder_next(b), "");
	pg_param_time(binder_next(b), v->not_before_ms);
	pg_param_time(binder_next(b), v->not_after_ms);
	pg_param_bool(binder_next(b), v->revoked);
	pg_param_i16(binder_next(b), 0);
}

static int16_t duties_of(const Rxcirc__V1__Officer *v)
{
	unsigned bits = 0;

	for (size_t i = 0; i < v->n_duties; i++)
		bits |= DUTY_BIT((unsigned)v->duties[i]);
	return (int16_t)bits;
}

static void bind_officer(struct binder *b, const Rxcirc__V1__Officer *v)
{
	bind_bytes(b, v->spki_sha256);
	pg_param_text(binder_next(b), v->office_code);
	pg_param_i16(binder_next(b), v->provincial ? HOLDER_PROVINCE_OFFICER : HOLDER_CITY_OFFICER);
	pg_param_text(binder_next(b), v->name);
	pg_param_text(binder_next(b), v->region);
	pg_param_time(binder_next(b), v->not_before_ms);
	pg_param_time(binder_next(b), v->not_after_ms);
	pg_param_bool(binder_next(b), v->revoked);
	pg_param_i16(binder_next(b), duties_of(v));
}

static void bind_item(struct binder *b, const Rxcirc__V1__Item *v)
{
	pg_param_text(binder_next(b), v->owner_code);
	pg_param_i16(binder_next(b), (int16_t)v->kind);
	pg_param_text(binder_next(b), v->code);
	pg_param_time(binder_next(b), v->from_ms);
	if (v->until_ms == 0)
		pg_param_null(binder_next(b));
	else
		pg_param_time(binder_next(b), v->until_ms);
	pg_param_text(binder_next(b), v->name);
	pg_param_text(binder_next(b), v->number);
	pg_param_text(binder_next(b), v->authority);
	pg_param_i64(binder_next(b), v->amount_fen);
	bind_bytes(b, v->evidence_sha256);
	pg_param_text(binder_next(b), v->note);
	pg_param_bool(binder_next(b), v->withdrawn);
}

static void bind_parameter(struct binder *b, const Rxcirc__V1__Parameter *v)
{
	pg_param_text(binder_next(b), v->region);
	pg_param_text(binder_next(b), v->name);
	pg_param_time(binder_next(b), v->from_ms);
	pg_param_text(binder_next(b), v->value);
	pg_param_text(binder_next(b), v->source);
}

static void bind_person_block(struct binder *b, const struct registry_put *put)
{
	const Rxcirc__V1__PersonBlock *v = put->record->person_block;

	pg_param_i32(binder_next(b), put->person_key[0] << 8 | put->person_key[1]);
	pg_param_bytes(binder_next(b), slice_of(put->person_key, PERSON_KEY_LEN));
	pg_param_i16(binder_next(b), (int16_t)v->scope);
	pg_param_time(binder_next(b), v->from_ms);
	pg_param_time(binder_next(b), v->until_ms);
	pg_param_text(binder_next(b), v->reason);
}

static void bind_practitioner(struct binder *b, const Rxcirc__V1__Practitioner *v)
{
	pg_param_text(binder_next(b), v->code);
	pg_param_text(binder_next(b), v->name);
	pg_param_i16(binder_next(b), (int16_t)v->role);
	pg_param_bool(binder_next(b), v->suspended);
	pg_param_text(binder_next(b), v->independent_since);
	pg_param_text(binder_next(b), v->licence_no);
	pg_param_text(binder_next(b), v->registered_region);
}

static int bind_practice(struct binder *b, struct arena *arena, const Rxcirc__V1__Practice *v)
{
	struct slice *texts = arena_array(arena, v->n_departments + 1, sizeof(*texts));

	if (texts == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < v->n_departments; i++)
		texts[i] = slice_of_text(v->departments[i]);
	pg_param_text(binder_next(b), v->practitioner_code);
	pg_param_text(binder_next(b), v->institution_code);
	pg_param_bool(binder_next(b), v->ended);
	return binder_texts(b, arena, texts, v->n_departments);
}

static void bind_key(struct binder *b, const struct registry_put *put)
{
	const Rxcirc__V1__KeyStatement *s = put->statement;

	pg_param_bytes(binder_next(b), slice_of(put->key_id, KEY_ID_LEN));
	bind_bytes(b, s->public_key);
	pg_param_text(binder_next(b), s->practitioner_code);
	pg_param_text(binder_next(b), s->institution_code);
	pg_param_i16(binder_next(b), (int16_t)s->role);
	pg_param_time(binder_next(b), s->not_before_ms);
	pg_param_time(binder_next(b), s->not_after_ms);
	if (s->revoked_from_ms == 0)
		pg_param_null(binder_next(b));
	else
		pg_param_time(binder_next(b), s->revoked_from_ms);
	pg_param_time(binder_next(b), s->stated_at_ms);
	pg_param_bytes(binder_next(b), put->statement_bytes);
}

static void bind_voucher_key(struct binder *b, const struct registry_put *put)
{
	const Rxcirc__V1__VoucherKey *v = put->record->voucher_key;

	pg_param_bytes(binder_next(b), slice_of(put->key_id, KEY_ID_LEN));
	bind_bytes(b, v->public_key);
	pg_param_time(binder_next(b), v->not_before_ms);
	pg_param_time(binder_next(b), v->not_after_ms);
	pg_param_bool(binder_next(b), v->revoked);
}

static const struct pg_statement *statement_of(const Rxcirc__V1__RegistryRecord *r)
{
	static const struct pg_statement *const statements[] = {
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_REGION] = &region_put_sql,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_INSTITUTION] = &institution_put_sql,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_CERTIFICATE] = &certificate_put_sql,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTITIONER] = &practitioner_put_sql,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTICE] = &practice_put_sql,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_KEY] = &practitioner_key_put_sql,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_VOUCHER_KEY] = &voucher_key_put_sql,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_OFFICER] = &certificate_put_sql,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_ITEM] = &item_put_sql,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_PARAMETER] = &parameter_put_sql,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_PERSON_BLOCK] = &person_block_put_sql,
	};

	ensure(r->record_case > 0 && (size_t)r->record_case < ARRAY_LEN(statements));
	return statements[r->record_case];
}

static int bind_record(struct binder *b, struct arena *arena, const struct registry_put *put)
{
	const Rxcirc__V1__RegistryRecord *r = put->record;

	if (r->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_REGION)
		bind_region(b, r->region);
	else if (r->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_INSTITUTION)
		bind_institution(b, r->institution);
	else if (r->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_CERTIFICATE)
		bind_certificate(b, r->certificate);
	else if (r->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_OFFICER)
		bind_officer(b, r->officer);
	else if (r->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTITIONER)
		bind_practitioner(b, r->practitioner);
	else if (r->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTICE)
		return bind_practice(b, arena, r->practice);
	else if (r->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_KEY)
		bind_key(b, put);
	else if (r->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_VOUCHER_KEY)
		bind_voucher_key(b, put);
	else if (r->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_ITEM)
		bind_item(b, r->item);
	else if (r->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_PARAMETER)
		bind_parameter(b, r->parameter);
	else
		bind_person_block(b, put);
	return 0;
}

int store_registry_put(struct pg_unit *unit, struct arena *arena, const struct registry_put *put,
	const struct registry_write *write)
{
	struct binder b;

	if (!binder_open(&b, arena, statement_of(put->record)))
		return ERR_MEMORY;
	registry_tail_bind(&b, write);
	if (bind_record(&b, arena, put) < 0)
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}
