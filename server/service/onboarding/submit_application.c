/* Onboarding/SubmitApplication: the host applies for its internet hospital, a pharmacy for itself.
 *
 * What is submitted is accepted at once, or refused with everything that is missing.  The steps are
 * those of every registry change (service/registry_change.h).
 */
#include <string.h>

#include "crypto/digest.h"
#include "registry/registry.h"
#include "service/onboarding/application_form.h"
#include "service/onboarding/application_record.h"
#include "service/onboarding/onboarding_facts.h"
#include "service/registry_change.h"
#include "service/services.h"

static const char no_fee_statement[] =
	"接入处方平台不收取任何费用（JIN15-4.2b）；机构自主选择信息系统供应商，更换供应商无须重新申请"
	"（TJ2-14c）。No fee is charged for connecting to the platform; the supplier is the "
	"institution's own choice.";

struct submission {
	struct registry_change change; /* first */
	const Rxcirc__V1__SubmitApplicationRequest *message;
	char id[APPLICATION_ID_LEN + 1];
	Rxcirc__V1__Application application, summary;
	Rxcirc__V1__SubmitApplicationResponse response;
	struct application_row row;
};

static struct submission *submission_of(struct registry_change *c)
{
	return container_of(c, struct submission, change);
}

static char *borrowed(const char *text)
{
	return (char *)(uintptr_t)text;
}

static enum status_reason submission_read(struct request *req, struct registry_change *c)
{
	struct submission *s = submission_of(c);
	struct want want = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__submit_application_request__descriptor, &s->message);

	if (status != STATUS_OK)
		return status;
	application_form_submission(&want, s->message);
	return application_form_status(&want);
}

static int submission_ask(struct request *req, struct registry_change *c, struct pg_unit *unit)
{
	return store_application_running(unit, &req->arena,
		submission_of(c)->message->institution_code);
}

static enum status_reason refuse(struct request *req, const char *rule, const char *source,
	const char *english, const char *chinese)
{
	request_find(req, rule, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "institution_code", source,
		english, chinese);
	return STATUS_APPLICATION_REFUSED;
}

/* Whom the application is for, who may make it, and where it goes. */
static enum status_reason take_parties(struct request *req, struct submission *s)
{
	Rxcirc__V1__Application *a = &s->application;
	const struct institution *place, *applicant, *office;

	place = registry_institution(req->registry, s->message->institution_code);
	if (place == NULL || (place->kind != INSTITUTION_INTERNET_HOSPITAL &&
			place->kind != INSTITUTION_PHARMACY))
		return refuse(req, "kind", "SX15-2.1 JIN15-3.1.2",
			"only a registered internet hospital or pharmacy can be applied for",
			"仅可为已登记的互联网医院或零售药店提出申请");
	applicant = place;
	if (place->kind == INSTITUTION_INTERNET_HOSPITAL)
		applicant = registry_institution(req->registry, place->host_code);
	if (applicant == NULL || strcmp(applicant->code, req->caller.code) != 0)
		return refuse(req, "applicant", "SX15-2.1",
			"only the host may apply for its internet hospital, and a pharmacy for itself",
			"互联网医院须由其依托的实体医疗机构申请，药店须自行申请");
	office = onboarding_office(req, applicant->region);
	if (office == NULL)
		return refuse(req, "office", "JIN15-3.1a", "no office takes applications of this region",
			"该统筹地区没有受理申请的经办机构");
	a->institution_code = borrowed(place->code);
	a->applicant_code = borrowed(applicant->code);
	a->kind = (Rxcirc__V1__InstitutionKind)place->kind;
	a->region = borrowed(applicant->region);
	a->office_code = borrowed(office->code);
	a->complaint_channel = arena_printf(&req->arena, "%s %s", office->name, office->address);
	return a->complaint_channel == NULL ? STATUS_BUSY : STATUS_OK;
}

/* Random, so that nobody counts the province's applications by applying. */
static void make_id(struct submission *s, int64_t at_ms)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t random[4];
	char day[DATE_LEN + 1];

	random_bytes(random, sizeof(random));
	date_write(date_day_of(at_ms), day);
	memcpy(s->id, "AP-", 3);
	memcpy(s->id + 3, day, 4);
	s->id[7] = '-';
	for (size_t i = 0; i < sizeof(random); i++) {
		s->id[8 + 2 * i] = digits[random[i] >> 4];
		s->id[9 + 2 * i] = digits[random[i] & 15];
	}
	s->id[APPLICATION_ID_LEN] = '\0';
}

static void take_content(struct request *req, struct submission *s)
{
	const Rxcirc__V1__SubmitApplicationRequest *m = s->message;
	Rxcirc__V1__Application *a = &s->application;

	rxcirc__v1__application__init(a);
	make_id(s, req->received_at_ms);
	a->id = s->id;
	a->state = RXCIRC__V1__APPLICATION_STATE__APPLICATION_STATE_ACCEPTED;
	a->combined = m->combined;
	a->capabilities = m->capabilities;
	a->n_capabilities = m->n_capabilities;
	a->submitted_at_ms = req->received_at_ms;
	a->documents = m->documents;
	a->n_documents = m->n_documents;
	a->no_fee_statement = borrowed(no_fee_statement);
}

static enum status_reason submission_judge(struct request *req, struct submission *s)
{
	Rxcirc__V1__Application *a = &s->application;
	const struct onboarding_dates dates = onboarding_dates_of(req, a);
	struct onboarding_case facts;

	if (onboarding_calendar_due(req, &dates, &a->notice_due_ms) < 0 ||
		onboarding_gather(req, a, APPLICATION_SUBMIT, &facts) < 0)
		return STATUS_BUSY;
	facts.voluntary = s->message->voluntary;
	return onboarding_decide(req, &facts);
}

static enum status_reason submission_decide(struct request *req, struct registry_change *c)
{
	struct submission *s = submission_of(c);
	enum status_reason status;
	int r;

	if (store_application_runs(&req->unit, REGISTRY_CHANGE_ASKED))
		return STATUS_APPLICATION_EXISTS;
	take_content(req, s);
	status = take_parties(req, s);
	if (status == STATUS_OK)
		status = submission_judge(req, s);
	if (status != STATUS_OK)
		return status;
	r = application_step(req, &s->application, APPLICATION_SUBMIT, "", &s->summary, &s->row);
	if (r == ERR_TOO_LARGE) {
		request_find_field(req, "documents", "are too large together", "材料总量超限");
		return STATUS_FIELD_INVALID;
	}
	if (r < 0)
		return STATUS_BUSY;
	rxcirc__v1__submit_application_response__init(&s->response);
	s->response.application = &s->summary;
	c->reply = &s->response.base;
	c->subject = arena_printf(&req->arena, "application/%s", s->id);
	return c->subject == NULL ? STATUS_BUSY : STATUS_OK;
}

static int submission_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	return store_application_submit(unit, &req->arena, &submission_of(c)->row, w);
}

void submit_application_start(struct request *req)
{
	static const struct registry_change_kind kind = {
		.read = submission_read,
		.ask = submission_ask,
		.decide = submission_decide,
		.write = submission_write,
		.is_guarded = true,
	};

	registry_change_run(req, &kind, sizeof(struct submission));
}
