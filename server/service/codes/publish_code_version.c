/* Codes/PublishCodeVersion: a loaded version is in effect from a moment on, and what it changes.
 *
 * The steps are those of every registry change.  The version is weighed against the one that is in
 * effect before it, and published only if that is still so when it is written.
 */
#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "domain/moment.h"
#include "service/codes/code_message.h"
#include "service/registry_change.h"
#include "service/services.h"
#include "store/code_version.h"

enum { EXAMPLES_MAX = 10, ASKED_WEIGHT = REGISTRY_CHANGE_ASKED, ASKED_EXAMPLES };
/* How far back a version may begin: long enough for a table that came late on its first day, too
 * short to rewrite what decisions were made from. */
static const int64_t BEGIN_BACK_MS_MAX = INT64_C(24) * 3600 * 1000;

struct publish {
	struct registry_change change; /* first */
	const Rxcirc__V1__PublishCodeVersionRequest *message;
	int64_t effective_from_ms;
	struct code_version_weight weight;
	Rxcirc__V1__PublishCodeVersionResponse reply;
	Rxcirc__V1__CodeChange *examples[EXAMPLES_MAX];
};

static struct publish *publish_of(struct registry_change *c)
{
	return container_of(c, struct publish, change);
}

static enum status_reason publish_read(struct request *req, struct registry_change *c)
{
	struct publish *p = publish_of(c);
	struct want w = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__publish_code_version_request__descriptor, &p->message);

	if (status != STATUS_OK)
		return status;
	if (p->message->version_id <= 0)
		want_fault(&w, "version_id", "is missing", "缺少必填项");
	if (!moment_is_sound(p->message->effective_from_ms))
		want_fault(&w, "effective_from_ms", "is not a moment", "时间无效");
	p->effective_from_ms = p->message->effective_from_ms == 0 ? req->received_at_ms :
		p->message->effective_from_ms;
	c->reply = &p->reply.base;
	return want_status(&w);
}

static int publish_ask(struct request *req, struct registry_change *c, struct pg_unit *unit)
{
	struct publish *p = publish_of(c);

	int r = store_code_version_weigh(unit, &req->arena, p->message->version_id,
		p->effective_from_ms, req->received_at_ms);

	return r < 0 ? r : store_codes_first_changes(unit, &req->arena, p->message->version_id,
		p->effective_from_ms, EXAMPLES_MAX);
}

/* Moments that would change what was decided already, or that cannot be. */
static void want_moment(struct want *w, const struct publish *p)
{
	const struct code_version_weight *v = &p->weight;
	int64_t now_ms = w->req->received_at_ms;

	if (v->newest_effective_ms != INT64_MIN) {
		if (p->effective_from_ms < now_ms - BEGIN_BACK_MS_MAX)
			want_fault(w, "effective_from_ms",
				"is over a day ago: what was decided since must stay reproducible (JIN15-4.11a)",
				"早于一天之前：此后已作出的决定须可复现（JIN15-4.11a）");
		if (p->effective_from_ms <= v->newest_effective_ms)
			want_fault(w, "effective_from_ms",
				"is not after the beginning of the version in effect (TJ2-30)",
				"须晚于现行版本的生效时间（TJ2-30）");
	}
	if (v->is_taken)
		want_fault(w, "effective_from_ms", "another version begins at this moment (TJ2-30)",
			"另一版本于同一时间生效（TJ2-30）");
	if (p->effective_from_ms > now_ms && v->ahead >= CODE_VERSIONS_AHEAD_MAX)
		want_fault(w, "effective_from_ms", "two versions wait for their moment already",
			"已有两个版本待生效");
}

static void want_publishable(struct want *w, const struct publish *p)
{
	const struct code_version_weight *v = &p->weight;

	if (v->state != CODE_VERSION_LOADING)
		want_fault(w, "version_id", "was published or withdrawn already",
			"该版本已发布或已撤回");
	else if (v->rows_there != v->rows_expected || v->rows_there != (int64_t)p->message->rows)
		want_fault(w, "rows", "the version does not have as many rows as it must (NH123-5.1)",
			"该版本的行数与应有行数不符（NH123-5.1）");
	else
		want_moment(w, p);
}

static bool publish_report(struct request *req, struct publish *p)
{
	int rows = pg_rows(&req->unit, ASKED_EXAMPLES);

	rxcirc__v1__publish_code_version_response__init(&p->reply);
	p->reply.effective_from_ms = p->effective_from_ms;
	p->reply.previous_version_id = p->weight.previous_id;
	p->reply.added = (uint32_t)p->weight.added;
	p->reply.changed = (uint32_t)p->weight.changed;
	p->reply.removed = (uint32_t)p->weight.removed;
	p->reply.examples = p->examples;
	for (int row = 0; row < rows && row < EXAMPLES_MAX; row++) {
		struct code_change change;

		store_codes_diff_row(&req->unit, ASKED_EXAMPLES, row, &change);
		p->examples[row] = code_change_message(req, &change);
		if (p->examples[row] == NULL)
			return false;
		p->reply.n_examples++;
	}
	return true;
}

static enum status_reason publish_decide(struct request *req, struct registry_change *c)
{
	struct publish *p = publish_of(c);
	struct want w = {.req = req};
	enum status_reason status;

	if (!store_code_version_weighed(&req->unit, ASKED_WEIGHT, &p->weight)) {
		want_fault(&w, "version_id", "there is no such version", "没有该版本");
		return want_status(&w);
	}
	want_publishable(&w, p);
	status = want_status(&w);
	if (status != STATUS_OK)
		return status;
	if (!publish_report(req, p))
		return STATUS_BUSY;
	c->subject = arena_printf(&req->arena, "code-version/%s/%s", code_kind_word(p->weight.kind),
		p->weight.label);
	return c->subject == NULL ? STATUS_BUSY : STATUS_OK;
}

static int publish_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	struct publish *p = publish_of(c);
	const struct code_version_publish v = {
		.id = p->message->version_id,
		.effective_from_ms = p->effective_from_ms,
		.by = code_version_by(req),
		.previous_id = p->weight.previous_id,
		.added = p->weight.added,
		.changed = p->weight.changed,
		.removed = p->weight.removed,
	};

	return v.by == NULL ? ERR_MEMORY : store_code_version_publish(unit, &req->arena, &v, w);
}

void publish_code_version_start(struct request *req)
{
	static const struct registry_change_kind kind = {.read = publish_read, .ask = publish_ask,
		.decide = publish_decide, .write = publish_write, .is_guarded = true, .is_slow = true,
		.tail_query = CODE_VERSION_PUBLISH_TAIL};

	registry_change_run(req, &kind, sizeof(struct publish));
}
