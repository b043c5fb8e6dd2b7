/* Insured/CheckTraceCode: was this pack sold before (TJ2-23b)?
 *
 * Told is how often, whether a sale stands, when and in which region the newest was, and whether it
 * was to the asking person; never who else bought it or where exactly.  The steps are those of
 * every visit (service/visit.h).
 */
#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "domain/trace_code.h"
#include "rxcirc/v1/insured.pb-c.h"
#include "service/services.h"
#include "service/visit.h"
#include "store/trace_code.h"

struct code_check {
	struct visit visit;
	struct trace_code code;
	uint8_t mac[DIGEST_LEN]; /* the trail keeps a keyed digest: a code may lead to its buyer */
	Rxcirc__V1__CheckTraceCodeResponse reply;
};

static enum status_reason code_read(struct request *req, struct visit *v)
{
	struct code_check *c = container_of(v, struct code_check, visit);
	const Rxcirc__V1__CheckTraceCodeRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__check_trace_code_request__descriptor, &m);

	if (status != STATUS_OK)
		return status;
	v->grant = pbmsg_bytes(m->own_grant);
	if (trace_code_read(m->code, &c->code))
		return STATUS_OK;
	request_find_field(req, "code", "is no drug trace code (drug_trac_codg)",
		"不是药品追溯码（drug_trac_codg）");
	return STATUS_FIELD_INVALID;
}

static int code_ask(struct request *req, struct visit *v, struct pg_unit *unit)
{
	struct code_check *c = container_of(v, struct code_check, visit);

	return store_trace_story(unit, &req->arena, digest_trace_bucket(c->code.text), c->code.text,
		v->person_key);
}

static enum status_reason code_show(struct request *req, struct visit *v)
{
	struct code_check *c = container_of(v, struct code_check, visit);
	struct trace_story story;

	rxcirc__v1__check_trace_code_response__init(&c->reply);
	if (store_trace_story_read(&req->unit, 0, &story)) {
		c->reply.sales = (uint32_t)story.sales;
		c->reply.stands = story.stands;
		c->reply.own = story.own;
		c->reply.last_sold_at_ms = story.last_sold_at_ms;
		c->reply.last_region = (char *)(uintptr_t)story.last_region;
	}
	digest_serial(c->mac, req->shop->keys, "trace-code", "", c->code.text);
	v->leaf.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_CODE_ASKED;
	v->leaf.subject_sha256 = c->mac;
	v->reply = pbmsg_pack(&c->reply, &req->arena);
	return v->reply.data == NULL ? visit_fail(v, ERR_MEMORY) : STATUS_OK;
}

void check_trace_code_start(struct request *req)
{
	static const struct visit_kind kind = {.read = code_read, .ask = code_ask, .show = code_show};

	visit_run(req, &kind, sizeof(struct code_check));
}
