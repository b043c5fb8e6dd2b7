/* Hospital/PutService: a hospital publishes one of its services with its price (TJ2-19b).
 *
 * The steps are those of every registry change (service/registry_change.h).
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "domain/moment.h"
#include "registry/registry.h"
#include "rxcirc/v1/hospital.pb-c.h"
#include "service/record_form.h"
#include "service/registry/record_check.h"
#include "service/registry_change.h"
#include "service/services.h"
#include "service/want.h"
#include "store/registry_write.h"

static const int64_t BACK_MS_MAX = INT64_C(24) * 3600 * 1000;

struct put_service {
	struct registry_change change; /* first */
	const Rxcirc__V1__PutServiceRequest *message;
	Rxcirc__V1__Item item;
	Rxcirc__V1__RegistryRecord record;
	struct record_form form;
	Rxcirc__V1__PutServiceResponse changed, unchanged;
};

static struct put_service *put_of(struct registry_change *c)
{
	return container_of(c, struct put_service, change);
}

static bool is_hospital(const struct institution *i)
{
	return i != NULL &&
		(i->kind == INSTITUTION_HOSPITAL || i->kind == INSTITUTION_INTERNET_HOSPITAL);
}

/* The hospital itself, or an internet hospital of its own; an applying pharmacy has neither. */
static enum status_reason put_scope(const struct request *req, const char *owner_code)
{
	const struct institution *own = registry_institution(req->registry, req->caller.code);
	const struct institution *owner = registry_institution(req->registry, owner_code);

	if (!is_hospital(own))
		return STATUS_ROLE_NOT_ALLOWED;
	if (!is_hospital(owner) || (owner != own && strcmp(owner->host_code, own->code) != 0))
		return STATUS_SCOPE_NOT_ALLOWED;
	return STATUS_OK;
}

static void put_check(struct want *w, const Rxcirc__V1__PutServiceRequest *m)
{
	int64_t earliest_ms = w->req->received_at_ms - BACK_MS_MAX;

	want_text(w, "code", m->code, CODE_MAX);
	want_text(w, "name", m->name, ITEM_NAME_MAX);
	want_short(w, "note", m->note, ITEM_NOTE_MAX);
	if (m->price_fen < 0 || m->price_fen > SERVICE_PRICE_FEN_MAX)
		want_fault(w, "price_fen", "must be 0 to 100,000,000 fen", "须为 0 至 100,000,000 分");
	if (!moment_is_sound(m->from_ms) || m->from_ms < earliest_ms)
		want_fault(w, "from_ms", "a price cannot begin earlier than yesterday (TJ2-19b)",
			"价格不得追溯至昨日之前（TJ2-19b）");
	else if (m->until_ms != 0)
		want_period(w, "until_ms", m->from_ms, m->until_ms);
}

static void put_fill(struct put_service *p, const char *owner_code)
{
	const Rxcirc__V1__PutServiceRequest *m = p->message;

	rxcirc__v1__item__init(&p->item);
	p->item.owner_code = (char *)(uintptr_t)owner_code;
	p->item.kind = RXCIRC__V1__ITEM_KIND__ITEM_KIND_SERVICE;
	p->item.code = m->code;
	p->item.name = m->name;
	p->item.note = m->note;
	p->item.amount_fen = m->price_fen;
	p->item.from_ms = m->from_ms;
	p->item.until_ms = m->until_ms;
	p->item.withdrawn = m->withdrawn;
	rxcirc__v1__registry_record__init(&p->record);
	p->record.record_case = RXCIRC__V1__REGISTRY_RECORD__RECORD_ITEM;
	p->record.item = &p->item;
}

static int put_form(struct request *req, struct put_service *p)
{
	const Rxcirc__V1__RegistryRecord *shown = record_form_of_put(&req->arena, &p->record);

	return shown == NULL ? ERR_MEMORY :
		record_form_make(&req->arena, req->shop->keys, shown, NULL, &p->form);
}

static enum status_reason put_read(struct request *req, struct registry_change *c)
{
	struct put_service *p = put_of(c);
	struct want want = {.req = req};
	const char *owner_code;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__put_service_request__descriptor, &p->message);

	if (status != STATUS_OK)
		return status;
	owner_code = p->message->owner_code[0] == '\0' ? req->caller.code : p->message->owner_code;
	status = put_scope(req, owner_code);
	if (status != STATUS_OK)
		return status;
	put_check(&want, p->message);
	put_fill(p, owner_code);
	if (put_form(req, p) < 0)
		return STATUS_BUSY;
	c->subject = p->form.subject;
	c->record_sha256 = p->form.sha256;
	rxcirc__v1__put_service_response__init(&p->changed);
	rxcirc__v1__put_service_response__init(&p->unchanged);
	p->changed.changed = true;
	c->reply = &p->changed.base;
	c->reply_unchanged = &p->unchanged.base;
	return want_status(&want);
}

static int put_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	struct registry_put put = {.record = &put_of(c)->record};

	return store_registry_put(unit, &req->arena, &put, w);
}

void put_service_start(struct request *req)
{
	static const struct registry_change_kind kind = {.read = put_read, .write = put_write};

	registry_change_run(req, &kind, sizeof(struct put_service));
}
