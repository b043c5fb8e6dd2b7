/* Codes/BeginCodeVersion: begin a version of a code table, or find it begun.
 *
 * The steps are those of every registry change.  Nothing becomes visible: no kind is read again.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "service/codes/code_message.h"
#include "service/registry_change.h"
#include "service/services.h"
#include "store/code_version.h"

struct begin {
	struct registry_change change; /* first */
	const Rxcirc__V1__BeginCodeVersionRequest *message;
	enum code_kind kind;
	int64_t id;
	Rxcirc__V1__BeginCodeVersionResponse reply;
};

static struct begin *begin_of(struct registry_change *c)
{
	return container_of(c, struct begin, change);
}

static enum status_reason begin_read(struct request *req, struct registry_change *c)
{
	struct begin *b = begin_of(c);
	struct want w = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__begin_code_version_request__descriptor, &b->message);

	if (status != STATUS_OK)
		return status;
	want_code_kind(&w, "kind", b->message->kind);
	want_text(&w, "label", b->message->label, CODE_MAX);
	want_text(&w, "source", b->message->source, CODE_SOURCE_MAX);
	if (b->message->rows < 1 || b->message->rows > CODE_ROWS_MAX)
		want_fault(&w, "rows", "a version has 1 to 500000 rows (NH123-5.1)",
			"每个版本须为 1 至 500000 行（NH123-5.1）");
	want_digest(&w, "content_sha256", b->message->content_sha256);
	status = want_status(&w);
	if (status != STATUS_OK)
		return status;
	b->kind = (enum code_kind)b->message->kind;
	b->id = code_version_id(b->kind, b->message->label, pbmsg_bytes(b->message->content_sha256));
	c->subject = arena_printf(&req->arena, "code-version/%s/%s", code_kind_word(b->kind),
		b->message->label);
	c->subject_digest = b->message->content_sha256.data;
	c->reply = &b->reply.base;
	return c->subject == NULL ? STATUS_BUSY : STATUS_OK;
}

static int begin_ask(struct request *req, struct registry_change *c, struct pg_unit *unit)
{
	struct begin *b = begin_of(c);

	return store_code_version_find(unit, &req->arena, b->kind, b->message->label,
		req->received_at_ms);
}

/* The label stands for its content for ever; what is put under it later is the same or nothing. */
static enum status_reason begin_decide(struct request *req, struct registry_change *c)
{
	struct begin *b = begin_of(c);
	struct code_version_found found;

	store_code_version_found(&req->unit, REGISTRY_CHANGE_ASKED, &found);
	rxcirc__v1__begin_code_version_response__init(&b->reply);
	b->reply.version_id = b->id;
	b->reply.first = found.in_effect_id == 0;
	b->reply.state = RXCIRC__V1__CODE_VERSION_STATE__CODE_VERSION_STATE_LOADING;
	if (found.id == 0)
		return STATUS_OK;
	if (found.id != b->id || found.rows_expected != (int32_t)b->message->rows) {
		request_find_field(req, "label", "stands for another content already; take another label",
			"该版本标签已用于其他内容，请另取标签");
		return STATUS_REGISTRY_RECORD_INVALID;
	}
	b->reply.state = (Rxcirc__V1__CodeVersionState)found.state;
	b->reply.rows_there = (uint32_t)found.rows_there;
	b->reply.effective_from_ms = found.effective_from_ms;
	b->reply.superseded = found.state == CODE_VERSION_PUBLISHED && found.in_effect_id != b->id &&
		found.effective_from_ms <= req->received_at_ms;
	return STATUS_OK;
}

static int begin_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	struct begin *b = begin_of(c);
	const struct code_version_begin v = {
		.id = b->id,
		.kind = b->kind,
		.label = b->message->label,
		.source = b->message->source,
		.content_sha256 = pbmsg_bytes(b->message->content_sha256),
		.rows = (int32_t)b->message->rows,
		.by = code_version_by(req),
	};

	return v.by == NULL ? ERR_MEMORY : store_code_version_begin(unit, &req->arena, &v, w);
}

void begin_code_version_start(struct request *req)
{
	static const struct registry_change_kind kind = {.read = begin_read, .ask = begin_ask,
		.decide = begin_decide, .write = begin_write};

	registry_change_run(req, &kind, sizeof(struct begin));
}
