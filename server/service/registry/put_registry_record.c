/* Agency/PutRegistryRecord: write one record of the registry; provincial officers only.
 *
 * The steps are those of every registry change (service/registry_change.h).
 */
#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "service/record_form.h"
#include "service/registry/record_check.h"
#include "service/registry_change.h"
#include "service/services.h"
#include "store/registry_write.h"

struct put {
	struct registry_change change; /* first */
	const Rxcirc__V1__PutRegistryRecordRequest *message;
	struct checked_record checked;
	struct record_form form;
	uint8_t person_key[PERSON_KEY_LEN];
	Rxcirc__V1__PutRegistryRecordResponse changed, unchanged, awaits;
};

static struct put *put_of(struct registry_change *c)
{
	return container_of(c, struct put, change);
}

/* What the event says: which record, and how it will stand. */
static int put_form(struct request *req, struct put *p)
{
	const Rxcirc__V1__RegistryRecord *shown = record_form_of_put(&req->arena,
		p->message->record);

	return shown == NULL ? ERR_MEMORY : record_form_make(&req->arena, req->shop->keys, shown,
		p->checked.person == NULL ? NULL : p->person_key, &p->form);
}

static enum status_reason put_read(struct request *req, struct registry_change *c)
{
	struct put *p = put_of(c);
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__put_registry_record_request__descriptor, &p->message);

	if (status == STATUS_OK)
		status = record_check(req, p->message->record, &p->checked);
	if (status != STATUS_OK)
		return status;
	if (p->checked.person != NULL) {
		digest_person(p->person_key, req->shop->keys, p->checked.person);
		c->subject_digest = c->request_mac; /* nothing unkeyed of a person goes into the trail */
	}
	if (put_form(req, p) < 0)
		return STATUS_BUSY;
	c->subject = p->form.subject;
	c->record_sha256 = p->form.sha256;
	c->action = p->checked.action;
	c->region = p->checked.region;
	rxcirc__v1__put_registry_record_response__init(&p->changed);
	rxcirc__v1__put_registry_record_response__init(&p->unchanged);
	rxcirc__v1__put_registry_record_response__init(&p->awaits);
	p->changed.changed = true;
	p->awaits.awaits_second_officer = true;
	c->reply = &p->changed.base;
	c->reply_unchanged = &p->unchanged.base;
	c->reply_awaits = &p->awaits.base;
	return STATUS_OK;
}

static int put_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	struct put *p = put_of(c);
	struct registry_put put = {
		.record = p->message->record,
		.statement = p->checked.statement,
		.key_id = p->checked.key_id,
		.person_key = p->person_key,
	};

	if (put.statement != NULL) {
		put.statement_bytes = pbmsg_pack(p->message->record->key->statement, &req->arena);
		if (put.statement_bytes.data == NULL)
			return ERR_MEMORY;
	}
	return store_registry_put(unit, &req->arena, &put, w);
}

void put_registry_record_start(struct request *req)
{
	static const struct registry_change_kind kind = {.read = put_read, .write = put_write};

	registry_change_run(req, &kind, sizeof(struct put));
}
