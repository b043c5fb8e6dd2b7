/* The desk. */
#include "service/agreement/agreement_desk.h"

#include <string.h>
#include <time.h>

#include "crypto/digest.h"
#include "registry/registry.h"

enum { YEAR_LEN = 4, CHINA_AHEAD_S = 8 * 3600 };

bool agreement_in_scope(const struct request *req, const char *region)
{
	return caller_is_officer(&req->caller) && caller_covers(&req->caller, region);
}

bool agreement_id_is_sound(const char *id, const char *prefix)
{
	size_t len = strlen(prefix);

	return strlen(id) == AGREEMENT_ID_LEN && strncmp(id, prefix, len) == 0 && id[len] == '-' &&
		strspn(id + len + 1, "0123456789") == YEAR_LEN && id[len + 1 + YEAR_LEN] == '-' &&
		strspn(id + len + 2 + YEAR_LEN, "0123456789abcdef") == 8;
}

const char *agreement_id_new(struct request *req, const char *prefix)
{
	time_t now = (time_t)(req->received_at_ms / 1000) + CHINA_AHEAD_S;
	uint8_t random[4];
	struct tm tm;

	random_bytes(random, sizeof(random));
	(void)gmtime_r(&now, &tm); /* platform time is within the years it knows */
	return arena_printf(&req->arena, "%s-%04d-%02x%02x%02x%02x", prefix, tm.tm_year + 1900,
		random[0], random[1], random[2], random[3]);
}

enum status_reason agreement_desk_load(struct request *req, struct agreement_desk *d,
	unsigned query)
{
	int r = store_agreement_house_read(&req->unit, query, &req->arena, &d->house);

	if (r < 0)
		return STATUS_BUSY;
	return d->house.code == NULL ? STATUS_AGREEMENT_NOT_FOUND : STATUS_OK;
}

struct agreement_row *agreement_desk_find(struct agreement_desk *d, const char *id)
{
	for (size_t i = 0; i < d->house.count; i++)
		if (strcmp(d->house.rows[i].a.id, id) == 0)
			return &d->house.rows[i];
	return NULL;
}

struct agreement_row *agreement_desk_host(struct agreement_desk *d, const struct agreement *a)
{
	return a->host_agreement_id[0] == '\0' ? NULL : agreement_desk_find(d, a->host_agreement_id);
}

static const struct {
	const char *field, *source, *english, *chinese;
} refusals[] = {
	[AGREEMENT_WRONG_STATE] = {"event", "SX15-2.5", "the agreement's state does not allow this",
		"协议当前状态不允许此操作"},
	[AGREEMENT_SIGNED_ALREADY] = {"event", "NT33-J2.3", "this party has signed already",
		"该方已签署"},
	[AGREEMENT_HOST_IS_OVER] = {"text.host_agreement_id", "SX15-2.6",
		"the host's designation agreement was terminated or has expired",
		"所依托实体医疗机构的定点协议已解除或到期"},
	[AGREEMENT_HOST_NOT_CONCLUDED] = {"text.host_agreement_id", "SX15-2.2",
		"the host's designation agreement must be signed by both first",
		"须先由双方签订实体医疗机构的定点协议"},
	[AGREEMENT_TERM_IS_THE_HOSTS] = {"text.ends_ms", "SX15-2.4 TJ2-9b",
		"the term of a supplementary agreement is that of its host's designation agreement",
		"补充协议期限须与所依托实体定点医疗机构的协议一致"},
	[AGREEMENT_SUSPENDED_ALREADY] = {"event", "SX15-2.5",
		"it is suspended already, or that is decided for later", "协议已中止，或已决定中止"},
	[AGREEMENT_NOT_SUSPENDED] = {"event", "SX15-2.5", "it is not suspended", "协议未被中止"},
	[AGREEMENT_SUSPENDED_BY_HOST] = {"event", "SX15-2.6",
		"it is suspended with its host and resumes with it",
		"协议随实体医疗机构中止，随其恢复"},
	[AGREEMENT_MOMENT_PAST] = {"effective_ms", "SX15-2.5", "nothing takes effect in the past",
		"生效时间不得早于当前时间"},
	[AGREEMENT_MOMENT_OUTSIDE] = {"effective_ms", "SX15-2.5",
		"lies before what it undoes, or not before the agreement's end",
		"生效时间早于所撤销事项，或不早于协议终止时间"},
	[AGREEMENT_TERM_INVALID] = {"ends_ms", "SX15-2.4",
		"the term must end after it starts and after now, and change",
		"协议期限须止于起始之后且晚于当前时间，并有变更"},
};

static enum status_reason refuse(struct request *req, enum agreement_refusal why)
{
	request_find(req, "AG-EVENT", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, refusals[why].field,
		refusals[why].source, refusals[why].english, refusals[why].chinese);
	return STATUS_AGREEMENT_REFUSED;
}

static void note_change(struct agreement_desk *d, const struct agreement *a,
	enum agreement_event event, enum agreement_cause cause, int64_t effective_ms)
{
	/* in the history the events begin with 1 */
	d->steps[d->changed_count] = (struct agreement_step_row){a->id, (int16_t)(event + 1),
		(int16_t)cause, effective_ms};
	d->changed[d->changed_count++] = a;
}

/* What hangs on this agreement takes over what was decided about it, from the same moment. */
static void cascade(struct agreement_desk *d, const struct agreement *host,
	const struct agreement_act *act, int64_t effective_ms)
{
	for (size_t i = 0; i < d->house.count; i++) {
		struct agreement *a = &d->house.rows[i].a;

		if (strcmp(a->host_agreement_id, host->id) == 0 && !agreement_is_over(a, act->now_ms) &&
			agreement_follow(a, host))
			note_change(d, a, act->event, AGREEMENT_CAUSE_HOST, effective_ms);
	}
}

enum status_reason agreement_desk_apply(struct request *req, struct agreement_desk *d,
	struct agreement_row *row, struct agreement_act *act)
{
	struct agreement_row *host = agreement_desk_host(d, &row->a);
	int64_t effective_ms = agreement_effective_ms(&row->a, act);
	enum agreement_refusal why;

	act->host = host == NULL ? NULL : &host->a;
	d->changed_count = 0;
	d->changed = arena_array(&req->arena, d->house.count + 1, sizeof(*d->changed));
	d->steps = arena_array(&req->arena, d->house.count + 1, sizeof(*d->steps));
	if (d->changed == NULL || d->steps == NULL)
		return STATUS_BUSY;
	why = agreement_apply(&row->a, act);
	if (why != AGREEMENT_ALLOWED)
		return refuse(req, why);
	note_change(d, &row->a, act->event, AGREEMENT_CAUSE_OWN, effective_ms);
	cascade(d, &row->a, act, effective_ms);
	return STATUS_OK;
}

char **agreement_desk_followed(struct request *req, const struct agreement_desk *d)
{
	char **ids = arena_array(&req->arena, d->changed_count + 1, sizeof(*ids));

	for (size_t i = 1; ids != NULL && i < d->changed_count; i++)
		ids[i - 1] = (char *)(uintptr_t)d->changed[i]->id;
	return ids;
}

char *agreement_proposal_id(struct request *req, const struct registry_change *c)
{
	const uint8_t *d = c->agreed_mac;

	return arena_printf(&req->arena, "%02x%02x%02x%02x%02x%02x%02x%02x", d[0], d[1], d[2], d[3],
		d[4], d[5], d[6], d[7]);
}

enum status_reason agreement_want_status(const struct want *w)
{
	enum status_reason status = want_status(w);

	return status == STATUS_REGISTRY_RECORD_INVALID ? STATUS_FIELD_INVALID : status;
}

void agreement_tell(struct request *req, const struct agreement_finding *found, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct agreement_finding *f = &found[i];
		const char *field = f->subject.len == 0 ? f->field : arena_printf(&req->arena, "%s.%.*s",
			f->field, (int)f->subject.len, (const char *)f->subject.data);

		request_find(req, f->rule, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE,
			field == NULL ? f->field : field, f->source, f->english, f->chinese);
	}
}

bool agreement_not_renewed(const struct request *req, const char *institution_code)
{
	const struct item *i = NULL;

	while ((i = registry_item_next(req->registry, institution_code, ITEM_NOT_RENEWED, i)) != NULL)
		if (item_holds(i, req->received_at_ms))
			return true;
	return false;
}
