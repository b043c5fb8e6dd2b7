/* Agency/AuditRegistry: digests of the registry's records, as its tables say.
 *
 *   START --> RECORD_WAIT --> TABLE_WAIT --> done
 *     |                        ^     |
 *     +------------------------+<----+     (the next table, while the page has room)
 *
 * Read from the tables and not from the snapshot: the snapshot leaves out keys whose statement does
 * not verify, adds the founding office, and a row that was altered without a new version would not
 * be in it.  A key's row repeats what its statement says: when it says something else, or the
 * statement cannot be read, the record has no digest; the row says whose it is.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "proto/dsse.h"
#include "rxcirc/v1/trail.pb-c.h"
#include "service/record_form.h"
#include "service/record_show.h"
#include "service/services.h"
#include "service/trail/audit_record.h"
#include "service/trail/paging.h"
#include "service/trail/trail_filter.h"
#include "store/registry_page.h"
#include "store/registry_read.h"

enum { REGISTRY_AUDIT_START, REGISTRY_AUDIT_RECORD_WAIT, REGISTRY_AUDIT_TABLE_WAIT,
	REGISTRY_AUDIT_STATES };
enum { REPLY_BYTES_MAX = FRAME_BODY_MAX - 8 * 1024, PLACE_LEN_MAX = 4 * 1024 };

struct audit_registry {
	const Rxcirc__V1__AuditRegistryRequest *message;
	struct slice bound;
	unsigned table;              /* enum registry_table; REGISTRY_TABLES = all were read */
	struct registry_after after; /* in the arena */
	size_t bytes;
	struct event event;
	Rxcirc__V1__AuditRegistryResponse reply;
	struct arena one;            /* of one record; last: it is large */
};

/* ---- places -------------------------------------------------------------------------------- */

static void put_part(struct writer *w, struct slice part)
{
	writer_u16(w, (uint16_t)part.len);
	writer_slice(w, part);
}

static int token_make(struct request *req, struct audit_registry *a)
{
	uint8_t place[PLACE_LEN_MAX];
	struct writer w;

	writer_init(&w, place, sizeof(place));
	writer_u8(&w, (uint8_t)a->table);
	put_part(&w, slice_of_text(a->after.text[0]));
	put_part(&w, slice_of_text(a->after.text[1]));
	put_part(&w, a->after.id);
	writer_u16(&w, (uint16_t)a->after.kind);
	writer_u64(&w, (uint64_t)a->after.at_ms);
	if (w.failed)
		return ERR_DAMAGED; /* no key is so long that the platform wrote */
	return paging_token(req, a->bound, writer_written(&w), &a->reply.next_page_token);
}

static struct slice take_part(struct reader *r)
{
	return reader_slice(r, reader_u16(r));
}

static int token_read(struct request *req, struct slice place, struct audit_registry *a)
{
	struct reader r;

	reader_init(&r, place);
	a->table = reader_u8(&r);
	a->after.text[0] = arena_text(&req->arena, take_part(&r));
	a->after.text[1] = arena_text(&req->arena, take_part(&r));
	a->after.id = take_part(&r);
	a->after.kind = (int16_t)reader_u16(&r);
	a->after.at_ms = (int64_t)reader_u64(&r);
	ensure(reader_is_done(&r) && a->table < REGISTRY_TABLES); /* the platform's own token */
	return a->after.text[0] == NULL || a->after.text[1] == NULL ? ERR_MEMORY : 0;
}

/* Behind this row; what it names is kept beyond the unit. */
static int stand_behind(struct request *req, struct audit_registry *a, int row)
{
	struct registry_after after;
	struct slice id;

	store_registry_after(&req->unit, 0, row, (enum registry_table)a->table, &after);
	a->after = after;
	a->after.text[0] = arena_text(&req->arena, slice_of_text(after.text[0]));
	a->after.text[1] = arena_text(&req->arena, slice_of_text(after.text[1]));
	id = arena_copy(&req->arena, after.id);
	a->after.id = id;
	return a->after.text[0] == NULL || a->after.text[1] == NULL || id.len != after.id.len ?
		ERR_MEMORY : 0;
}

/* ---- one record ---------------------------------------------------------------------------- */

#define SHOW_ROW(name) \
	static Rxcirc__V1__RegistryRecord *show_##name(struct arena *arena, const struct pg_unit *u, \
		int row) \
	{ \
		struct name *v = arena_alloc(arena, sizeof(*v)); \
 \
		if (v == NULL) \
			return NULL; \
		store_##name##_row(u, 0, row, v); \
		return record_show_##name(arena, v); \
	}
SHOW_ROW(region)
SHOW_ROW(institution)
SHOW_ROW(practitioner)
SHOW_ROW(practice)
SHOW_ROW(item)
SHOW_ROW(parameter)
SHOW_ROW(person_block)

static Rxcirc__V1__RegistryRecord *show_certificate(struct arena *arena, const struct pg_unit *u,
	int row)
{
	struct certificate *v = arena_alloc(arena, sizeof(*v));

	if (v == NULL)
		return NULL;
	store_certificate_row(u, 0, row, v);
	return v->is_officer ? record_show_officer(arena, v) : record_show_certificate(arena, v);
}

static Rxcirc__V1__RegistryRecord *show_key(struct arena *arena, const struct pg_unit *u, int row)
{
	struct practitioner_key *v = arena_zalloc(arena, sizeof(*v));
	struct slice key_id;

	if (v == NULL)
		return NULL;
	v->statement = store_key_statement_row(u, 0, row, &key_id);
	return record_show_key(arena, v);
}

/* A key of another length than keys have is shown as zeroes, which no change of the trail was. */
static Rxcirc__V1__RegistryRecord *show_voucher_key(struct arena *arena, const struct pg_unit *u,
	int row)
{
	struct voucher_key *v = arena_zalloc(arena, sizeof(*v));

	if (v == NULL)
		return NULL;
	if (!store_voucher_key_row(u, 0, row, v))
		memset(v->public_key, 0, PUBLIC_KEY_LEN);
	return record_show_voucher_key(arena, v);
}

static Rxcirc__V1__RegistryRecord *(*const show[REGISTRY_TABLES])(struct arena *arena,
	const struct pg_unit *u, int row) = {
	[TABLE_REGION] = show_region,
	[TABLE_INSTITUTION] = show_institution,
	[TABLE_CERTIFICATE] = show_certificate,
	[TABLE_PRACTITIONER] = show_practitioner,
	[TABLE_PRACTICE] = show_practice,
	[TABLE_KEY] = show_key,
	[TABLE_VOUCHER_KEY] = show_voucher_key,
	[TABLE_ITEM] = show_item,
	[TABLE_PARAMETER] = show_parameter,
	[TABLE_PERSON_BLOCK] = show_person_block,
};

/* Whose block: the row says it, the shown form does not. */
static const uint8_t *person_of(struct arena *arena, const struct pg_unit *u, unsigned table,
	int row)
{
	struct person_block *v;

	if (table != TABLE_PERSON_BLOCK)
		return NULL;
	v = arena_alloc(arena, sizeof(*v));
	if (v == NULL)
		return NULL;
	store_person_block_row(u, 0, row, v);
	return v->person_key;
}

/* The row's other columns name a key whose statement does not. */
static int without_digest(struct arena *arena, const struct pg_unit *u, int row, const char **ret)
{
	struct slice key_id;
	char *hex, *at;

	(void)store_key_statement_row(u, 0, row, &key_id);
	hex = at = arena_zalloc(arena, 2 * key_id.len + 1);
	if (hex == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < key_id.len; i++) {
		*at++ = "0123456789abcdef"[key_id.data[i] >> 4];
		*at++ = "0123456789abcdef"[key_id.data[i] & 15];
	}
	*ret = arena_printf(arena, "key/%s/%s", store_key_owner_row(u, 0, row), hex);
	return *ret == NULL ? ERR_MEMORY : 0;
}

static bool row_agrees(const Rxcirc__V1__KeyStatement *s, const struct pg_unit *u, int row)
{
	struct practitioner_key v;
	uint8_t key_id[KEY_ID_LEN];
	int64_t stated_at_ms;

	if (s->public_key.len != PUBLIC_KEY_LEN || !store_key_row(u, 0, row, &v, &stated_at_ms))
		return false;
	dsse_key_id(key_id, s->public_key.data);
	return memcmp(v.key_id, key_id, KEY_ID_LEN) == 0 &&
		memcmp(v.public_key, s->public_key.data, PUBLIC_KEY_LEN) == 0 &&
		strcmp(v.practitioner_code, s->practitioner_code) == 0 &&
		strcmp(v.institution_code, s->institution_code) == 0 && (int)v.role == (int)s->role &&
		v.not_before_ms == s->not_before_ms && v.not_after_ms == s->not_after_ms &&
		v.revoked_from_ms == s->revoked_from_ms && stated_at_ms == s->stated_at_ms;
}

static bool key_is_sound(struct arena *arena, const struct pg_unit *u, int row, int *ret_err)
{
	const Rxcirc__V1__SignedDocument *doc;
	const Rxcirc__V1__KeyStatement *s;
	struct slice key_id;
	int r = pbmsg_open(&doc, &rxcirc__v1__signed_document__descriptor, arena,
		store_key_statement_row(u, 0, row, &key_id));

	if (r == 0)
		r = pbmsg_open(&s, &rxcirc__v1__key_statement__descriptor, arena,
			pbmsg_bytes(doc->body));
	*ret_err = r == ERR_MEMORY ? r : 0;
	return r == 0 && row_agrees(s, u, row);
}

/* 0 or ERR_MEMORY; *ret_sound false: without a digest. */
static int form_of(struct request *req, struct audit_registry *a, int row,
	struct record_form *ret, bool *ret_sound)
{
	const struct pg_unit *u = &req->unit;
	const uint8_t *person_key = person_of(&a->one, u, a->table, row);
	const Rxcirc__V1__RegistryRecord *shown;
	int r = 0;

	if (a->table == TABLE_PERSON_BLOCK && person_key == NULL)
		return ERR_MEMORY;
	*ret_sound = a->table != TABLE_KEY || key_is_sound(&a->one, u, row, &r);
	if (r < 0)
		return r;
	if (!*ret_sound)
		return without_digest(&a->one, u, row, &ret->subject);
	shown = show[a->table](&a->one, u, row);
	return shown == NULL ? ERR_MEMORY :
		record_form_make(&a->one, req->shop->keys, shown, person_key, ret);
}

static int record_fill(struct request *req, const struct record_form *form, bool sound,
	Rxcirc__V1__AuditedRecord **ret)
{
	Rxcirc__V1__AuditedRecord *m = arena_alloc(&req->arena, sizeof(*m));
	struct slice sha256 = {NULL, 0};

	if (m == NULL)
		return ERR_MEMORY;
	rxcirc__v1__audited_record__init(m);
	m->subject = arena_text(&req->arena, slice_of_text(form->subject));
	if (sound)
		sha256 = arena_copy(&req->arena, slice_of(form->sha256, SHA256_LEN));
	m->record_sha256 = (ProtobufCBinaryData){sha256.len, (uint8_t *)(uintptr_t)sha256.data};
	*ret = m;
	return m->subject == NULL || (sound && sha256.len == 0) ? ERR_MEMORY : 0;
}

static int record_of(struct request *req, struct audit_registry *a, int row,
	Rxcirc__V1__AuditedRecord **ret)
{
	struct record_form form;
	bool sound;
	int r = form_of(req, a, row, &form, &sound);

	if (r == 0)
		r = record_fill(req, &form, sound, ret);
	arena_reset(&a->one);
	return r;
}

/* ---- a page -------------------------------------------------------------------------------- */

/* *ret_full: the answer holds no more; the place stands behind the last record that it has. */
static int rows_take(struct request *req, struct audit_registry *a, bool *ret_full)
{
	int rows = pg_rows(&req->unit, 0), row = 0, r = 0;

	*ret_full = false;
	for (; row < rows && r == 0; row++) {
		Rxcirc__V1__AuditedRecord *m = NULL;

		r = record_of(req, a, row, &m);
		if (r < 0)
			break;
		a->bytes += protobuf_c_message_get_packed_size(&m->base) + 8;
		*ret_full = a->reply.n_records > 0 && a->bytes > REPLY_BYTES_MAX;
		if (*ret_full)
			break;
		a->reply.records[a->reply.n_records++] = m;
	}
	*ret_full = *ret_full || a->reply.n_records == AUDIT_RECORDS_MAX;
	return r == 0 && row > 0 ? stand_behind(req, a, row - 1) : r;
}

static op_verdict table_ask(struct request *req, struct audit_registry *a)
{
	int r = store_registry_page(request_unit(req, NULL), &req->arena,
		(enum registry_table)a->table, &a->after,
		AUDIT_RECORDS_MAX - (int32_t)a->reply.n_records);

	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(REGISTRY_AUDIT_TABLE_WAIT);
}

static op_verdict table_read(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct audit_registry *a = req->service_state;
	int r = req->unit.status;
	bool full = false;

	if (r == 0)
		r = rows_take(req, a, &full);
	if (r < 0)
		return request_fail(req, r);
	if (full) {
		r = token_make(req, a);
		return r < 0 ? request_fail(req, r) : request_reply(req, &a->reply.base);
	}
	a->after = registry_after_none;
	if (++a->table < REGISTRY_TABLES)
		return table_ask(req, a);
	return request_reply(req, &a->reply.base);
}

/* ---- the beginning ------------------------------------------------------------------------- */

static enum status_reason audit_read(struct request *req, struct audit_registry *a)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__audit_registry_request__descriptor, &a->message);
	struct slice place;

	if (status != STATUS_OK)
		return status;

	Rxcirc__V1__AuditRegistryRequest same = *a->message;

	same.page_token = (ProtobufCBinaryData){0, NULL};
	same.purpose = (char *)(uintptr_t)"";
	if (paging_bound(req, &same.base, &a->bound) < 0)
		return STATUS_BUSY;
	if (a->message->page_token.len == 0)
		return trail_purpose_check(req, a->message->purpose);
	status = paging_place(req, a->bound, a->message->page_token, &place);
	if (status != STATUS_OK)
		return status;
	return token_read(req, place, a) < 0 ? STATUS_BUSY : STATUS_OK;
}

static void reset_one(void *arena)
{
	arena_reset(arena);
}

static op_verdict audit_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct audit_registry *a = req->service_state;
	enum status_reason status;

	arena_init(&a->one);
	a->after = registry_after_none;
	if (arena_on_reset(&req->arena, reset_one, &a->one) < 0)
		return request_fail(req, ERR_MEMORY);
	status = audit_read(req, a);
	if (status != STATUS_OK)
		return request_refuse(req, status);
	a->reply.records = arena_array(&req->arena, AUDIT_RECORDS_MAX, sizeof(*a->reply.records));
	if (a->reply.records == NULL)
		return request_fail(req, ERR_MEMORY);
	if (a->message->page_token.len > 0)
		return table_ask(req, a);
	if (audit_record(req, "audit/registry", a->message->purpose, &a->event) < 0)
		return request_fail(req, ERR_MEMORY);
	request_submit_write(req);
	return op_wait(REGISTRY_AUDIT_RECORD_WAIT);
}

static op_verdict audit_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);

	return req->unit.status < 0 ? request_fail(req, req->unit.status) :
		table_ask(req, req->service_state);
}

static const struct op_state audit_states[REGISTRY_AUDIT_STATES] = {
	[REGISTRY_AUDIT_START] = {"start", audit_start,
		OP_TO(REGISTRY_AUDIT_RECORD_WAIT) | OP_TO(REGISTRY_AUDIT_TABLE_WAIT)},
	[REGISTRY_AUDIT_RECORD_WAIT] = {"record-wait", audit_recorded,
		OP_TO(REGISTRY_AUDIT_TABLE_WAIT)},
	[REGISTRY_AUDIT_TABLE_WAIT] = {"table-wait", table_read, OP_TO(REGISTRY_AUDIT_TABLE_WAIT)},
};

void audit_registry_start(struct request *req)
{
	struct audit_registry *a = request_state(req, sizeof(*a));

	if (a == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	rxcirc__v1__audit_registry_response__init(&a->reply);
	request_run(req, audit_states, REGISTRY_AUDIT_STATES);
}
