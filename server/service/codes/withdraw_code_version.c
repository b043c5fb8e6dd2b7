/* Codes/WithdrawCodeVersion: take back a version that is not in effect yet.
 *
 * The steps are those of every registry change.  Its rows stay, seen by nobody; its label is spent.
 */
#include "codec/pbmsg.h"
#include "service/codes/code_message.h"
#include "service/registry_change.h"
#include "service/services.h"
#include "store/code_version.h"

struct withdraw {
	struct registry_change change; /* first */
	const Rxcirc__V1__WithdrawCodeVersionRequest *message;
	Rxcirc__V1__WithdrawCodeVersionResponse reply;
};

static struct withdraw *withdraw_of(struct registry_change *c)
{
	return container_of(c, struct withdraw, change);
}

static enum status_reason withdraw_read(struct request *req, struct registry_change *c)
{
	struct withdraw *wd = withdraw_of(c);
	struct want w = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__withdraw_code_version_request__descriptor, &wd->message);

	if (status != STATUS_OK)
		return status;
	if (wd->message->version_id <= 0)
		want_fault(&w, "version_id", "is missing", "缺少必填项");
	want_text(&w, "reason", wd->message->reason, CODE_REASON_MAX);
	rxcirc__v1__withdraw_code_version_response__init(&wd->reply);
	c->reply = &wd->reply.base;
	return want_status(&w);
}

static int withdraw_ask(struct request *req, struct registry_change *c, struct pg_unit *unit)
{
	return store_code_version_name(unit, &req->arena, withdraw_of(c)->message->version_id);
}

static enum status_reason withdraw_decide(struct request *req, struct registry_change *c)
{
	struct withdraw *wd = withdraw_of(c);
	struct want w = {.req = req};
	struct code_version_standing v;

	if (!store_code_version_named(&req->unit, REGISTRY_CHANGE_ASKED, &v))
		want_fault(&w, "version_id", "there is no such version", "没有该版本");
	else if (v.state == CODE_VERSION_WITHDRAWN)
		want_fault(&w, "version_id", "was withdrawn already", "该版本已撤回");
	else if (v.state == CODE_VERSION_PUBLISHED && v.effective_from_ms <= req->received_at_ms)
		want_fault(&w, "version_id",
			"is or was in effect: what was decided by it must stay reproducible (JIN15-4.11a)",
			"该版本已生效：据其作出的决定须可复现（JIN15-4.11a）");
	if (w.faults > 0)
		return want_status(&w);
	c->subject = arena_printf(&req->arena, "code-version/%s/%s withdrawn: %s",
		code_kind_word(v.kind), v.label, wd->message->reason);
	return c->subject == NULL ? STATUS_BUSY : STATUS_OK;
}

static int withdraw_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	return store_code_version_withdraw(unit, &req->arena, withdraw_of(c)->message->version_id, w);
}

void withdraw_code_version_start(struct request *req)
{
	static const struct registry_change_kind kind = {.read = withdraw_read, .ask = withdraw_ask,
		.decide = withdraw_decide, .write = withdraw_write, .is_guarded = true};

	registry_change_run(req, &kind, sizeof(struct withdraw));
}
