/* Agency/ShredRecords: the data keys of a person's prescriptions, or of one, are destroyed.
 *
 * The steps are those of every registry change (service/registry_change.h), always with two
 * officers.  What was signed, sealed and logged stays where it is: its proofs hold, its content is
 * gone.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "db/pg_value.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "service/registry_change.h"
#include "service/services.h"
#include "service/want.h"
#include "store/shred.h"

enum { QUERY_ROWS = REGISTRY_CHANGE_ASKED };

struct shred {
	struct registry_change change; /* first */
	const Rxcirc__V1__ShredRecordsRequest *message;
	uint8_t person_key[PERSON_KEY_LEN];
	uint8_t rx_ids_sha256[SHA256_LEN];
	struct slice *rx_ids;          /* to be shredded, in the arena */
	size_t count;
	Rxcirc__V1__ShredRecordsResponse done, nothing, awaits;
};

static struct shred *shred_of(struct registry_change *c)
{
	return container_of(c, struct shred, change);
}

static enum status_reason shred_read(struct request *req, struct registry_change *c)
{
	struct shred *s = shred_of(c);
	struct want want = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__shred_records_request__descriptor, &s->message);
	const Rxcirc__V1__ShredRecordsRequest *m = s->message;

	if (status != STATUS_OK)
		return status;
	if ((m->rx_id.len > 0) == (m->voucher_id[0] != '\0'))
		want_fault(&want, "rx_id", "one prescription or one person must be named",
			"须且仅须给出一张处方或一名参保人");
	else if (m->rx_id.len > 0 && m->rx_id.len != RX_ID_LEN)
		want_fault(&want, "rx_id", "must be 16 bytes", "须为 16 字节");
	want_short(&want, "voucher_id", m->voucher_id, VOUCHER_ID_MAX);
	want_text(&want, "basis", m->basis, SHRED_BASIS_MAX);
	if (m->voucher_id[0] != '\0')
		digest_person(s->person_key, req->shop->keys, m->voucher_id);
	c->always_two = true;
	c->subject = "shred";
	c->event_kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_DATA_KEY_SHREDDED;
	c->reason = m->basis;
	rxcirc__v1__shred_records_response__init(&s->done);
	rxcirc__v1__shred_records_response__init(&s->nothing);
	rxcirc__v1__shred_records_response__init(&s->awaits);
	s->awaits.awaits_second_officer = true;
	c->reply = &s->done.base;
	c->reply_unchanged = &s->nothing.base;
	c->reply_awaits = &s->awaits.base;
	status = want_status(&want);
	return status == STATUS_REGISTRY_RECORD_INVALID ? STATUS_FIELD_INVALID : status;
}

static int shred_ask(struct request *req, struct registry_change *c, struct pg_unit *unit)
{
	const struct shred *s = shred_of(c);
	const uint8_t *rx_id = s->message->rx_id.len > 0 ? s->message->rx_id.data : NULL;

	return store_shred_load(unit, &req->arena, rx_id == NULL ? s->person_key : NULL, rx_id,
		req->received_at_ms, SHRED_MAX + 1);
}

/* Those whose time has come, or all of them by order. */
static enum status_reason shred_collect(struct request *req, struct shred *s, int rows)
{
	struct shred_row row;

	s->count = 0;
	s->done.kept = 0;
	s->rx_ids = arena_array(&req->arena, (size_t)rows + 1, sizeof(*s->rx_ids));
	for (int i = 0; s->rx_ids != NULL && i < rows && i < SHRED_MAX; i++) {
		store_shred_row(&req->unit, QUERY_ROWS, i, &row);
		if (!row.due && !s->message->before_its_time) {
			s->done.kept++;
			continue;
		}
		s->rx_ids[s->count] = arena_copy(&req->arena, row.rx_id);
		if (s->rx_ids[s->count++].data == NULL)
			return STATUS_BUSY;
		memcpy(s->person_key, row.person_key.data, sizeof(s->person_key));
	}
	s->done.shredded = (uint32_t)s->count;
	s->done.more = s->nothing.more = rows > SHRED_MAX;
	s->nothing.kept = s->done.kept;
	return s->rx_ids == NULL ? STATUS_BUSY : STATUS_OK;
}

/* What the event names is random: it tells nobody who the person was. */
static enum status_reason shred_name(struct request *req, struct shred *s)
{
	uint8_t *all = arena_alloc(&req->arena, s->count * RX_ID_LEN);

	if (all == NULL)
		return STATUS_BUSY;
	for (size_t i = 0; i < s->count; i++)
		memcpy(all + i * RX_ID_LEN, s->rx_ids[i].data, RX_ID_LEN);
	digest_sha256(s->rx_ids_sha256, slice_of(all, s->count * RX_ID_LEN));
	return STATUS_OK;
}

static enum status_reason shred_decide(struct request *req, struct registry_change *c)
{
	struct shred *s = shred_of(c);
	int rows = pg_rows(&req->unit, QUERY_ROWS);
	enum status_reason status;

	if (rows == 0)
		return STATUS_PRESCRIPTION_NOT_FOUND;
	status = shred_collect(req, s, rows);
	if (status != STATUS_OK)
		return status;
	if (s->count == 0) {
		request_find_field(req, "before_its_time",
			"nothing may be destroyed yet: records are kept for 15 years (C14)",
			"保存期未满 15 年（C14），尚不得销毁");
		return STATUS_FIELD_INVALID;
	}
	c->subject_digest = s->rx_ids_sha256;
	c->person_key = s->person_key;
	c->disclosed = s->rx_ids;
	c->disclosed_count = s->count;
	return shred_name(req, s);
}

static int shred_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	const struct shred *s = shred_of(c);

	return store_shred(unit, &req->arena, w, s->rx_ids, s->count);
}

void shred_records_start(struct request *req)
{
	static const struct registry_change_kind kind = {.read = shred_read, .ask = shred_ask,
		.decide = shred_decide, .write = shred_write};

	registry_change_run(req, &kind, sizeof(struct shred));
}
