#include "service/onboarding/application_record.h"

#include <ctype.h>
#include <string.h>

#include "codec/pbmsg.h"
#include "service/onboarding/onboarding_facts.h"

bool application_id_is_sound(const char *id)
{
	static const char form[] = "AP-0000-xxxxxxxx";

	for (size_t i = 0; i < APPLICATION_ID_LEN; i++) {
		bool sound = id[i] == form[i];

		if (form[i] == '0')
			sound = isdigit((unsigned char)id[i]);
		if (form[i] == 'x')
			sound = isxdigit((unsigned char)id[i]) && !isupper((unsigned char)id[i]);
		if (!sound)
			return false;
	}
	return id[APPLICATION_ID_LEN] == '\0';
}

int application_open(struct request *req, struct slice body, Rxcirc__V1__Application **ret)
{
	int r = pbmsg_open(ret, &rxcirc__v1__application__descriptor, &req->arena, body);

	return r == ERR_MALFORMED ? ERR_DAMAGED : r;
}

static char *borrowed(const char *text)
{
	return (char *)(uintptr_t)text;
}

static int add_step(struct request *req, Rxcirc__V1__Application *a,
	enum application_event event, const char *text)
{
	Rxcirc__V1__ApplicationStep **all = arena_array(&req->arena, a->n_steps + 1, sizeof(*all));
	Rxcirc__V1__ApplicationStep *s = arena_alloc(&req->arena, sizeof(*s));

	if (all == NULL || s == NULL)
		return ERR_MEMORY;
	if (a->n_steps > 0)
		memcpy(all, a->steps, a->n_steps * sizeof(*all));
	rxcirc__v1__application_step__init(s);
	s->seq = (uint32_t)a->n_steps + 1;
	s->event = (Rxcirc__V1__ApplicationEvent)event;
	s->at_ms = req->received_at_ms;
	s->actor_code = req->caller.code;
	s->officer = req->caller.officer;
	s->text = borrowed(text);
	all[a->n_steps++] = s;
	a->steps = all;
	return 0;
}

/* What a list shows: everything that is short. */
static void summarize(const Rxcirc__V1__Application *a, Rxcirc__V1__Application *ret)
{
	*ret = *a;
	ret->n_documents = ret->n_checked = ret->n_verified = ret->n_assessed = 0;
	ret->n_conformance = ret->n_overrides = ret->n_steps = 0;
	ret->notice = NULL;
	ret->group = NULL;
	ret->fail_reason = ret->fail_suggestions = borrowed("");
	ret->no_fee_statement = ret->complaint_channel = borrowed("");
}

static void compute_deadlines(struct request *req, Rxcirc__V1__Application *a,
	struct application_row *row)
{
	const struct onboarding_dates dates = onboarding_dates_of(req, a);

	a->assessment_due_ms = onboarding_assessment_due(&dates);
	a->window_due_ms = onboarding_window_due(&dates);
	row->due_ms = onboarding_next_due(&dates);
}

static size_t bytes_max(enum application_event event)
{
	bool by_applicant = application_who(event) & ACTOR_APPLICANT;

	/* withdrawing brings nothing of size and must always be possible */
	return by_applicant && event != APPLICATION_WITHDRAW ?
		(size_t)APPLICATION_BYTES_MAX - APPLICATION_OFFICE_ROOM : (size_t)APPLICATION_BYTES_MAX;
}

int application_step(struct request *req, Rxcirc__V1__Application *a,
	enum application_event event, const char *text, Rxcirc__V1__Application *summary,
	struct application_row *ret_row)
{
	struct application_row row = {
		.id = a->id,
		.institution_code = a->institution_code,
		.applicant_code = a->applicant_code,
		.office_code = a->office_code,
		.kind = (int16_t)a->kind,
		.region = a->region,
		.state = (int16_t)a->state,
		.submitted_ms = a->submitted_at_ms,
		.event = (int16_t)event,
		.officer = req->caller.officer,
		.step = req->body,
	};

	if (add_step(req, a, event, text) < 0)
		return ERR_MEMORY;
	row.version = (int64_t)++a->version;
	compute_deadlines(req, a, &row);
	row.body = pbmsg_pack(a, &req->arena);
	summarize(a, summary);
	row.summary = pbmsg_pack(summary, &req->arena);
	if (row.body.data == NULL || row.summary.data == NULL)
		return ERR_MEMORY;
	if (row.body.len > bytes_max(event))
		return ERR_TOO_LARGE;
	*ret_row = row;
	return 0;
}
