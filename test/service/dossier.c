#include "test/service/dossier.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "domain/words.h"
#include "test/support/calendar.h"

enum { BODY_PARAM = 16, SUBMIT_BODY_PARAM = 20, HOLIDAYS = 400 };

const struct method submit_method = {"rxcirc.v1.Onboarding/SubmitApplication",
	submit_application_start};
const struct method advance_method = {"rxcirc.v1.Onboarding/AdvanceApplication",
	advance_application_start};
const struct method conform_method = {"rxcirc.v1.Onboarding/RecordConformance",
	record_conformance_start};
const struct method query_method = {"rxcirc.v1.Onboarding/QueryApplications",
	query_applications_start};

struct dossier dossier;

static const struct code *holidays(size_t *ret_count)
{
	static char days[HOLIDAYS][DATE_LEN + 1];
	static struct code codes[HOLIDAYS];
	const struct workday_calendar *c = calendar_real();

	for (size_t i = 0; i < c->count; i++) {
		date_write(c->days[i].day, days[i]);
		codes[i] = (struct code){.code = days[i], .name = "", .dosage_form = "",
			.specification = "", .class_no = c->days[i].works ? 2 : 1};
	}
	*ret_count = c->count;
	return codes;
}

void dossier_on(const char *date)
{
	stage.now_ms = calendar_at(date, 10 * HOUR_MS);
}

void dossier_rebuild(void)
{
	stage_rebuild();
}

/* The one it has, or a new one. */
static struct item *licence_of(struct province *p, const char *owner, const char *code)
{
	for (size_t i = 0; i < p->item_count; i++)
		if (strcmp(p->items[i].owner_code, owner) == 0 && strcmp(p->items[i].code, code) == 0)
			return &p->items[i];
	return province_item(p, owner, ITEM_LICENCE, code);
}

void dossier_open(void)
{
	struct province *p = &stage.province;

	memset(&dossier, 0, sizeof(dossier));
	p->holidays = holidays(&p->holiday_count);
	province_place(p, HOSPITAL)->status = INSTITUTION_APPLYING;
	dossier.hospital_licence = licence_of(p, HOSPITAL, "internet-hospital");
	dossier.pharmacy_licence = licence_of(p, PHARMACY, "internet-drug");
	p->agreement_count = 0;
	(void)province_designation(p, PHARMACY);
	(void)province_designation(p, HOST);
	dossier_on("2026-04-13");
	dossier_rebuild();
	dossier_as_host();
}

void dossier_as_host(void)
{
	stage_as(CALLER_HOSPITAL, HOST, HOME_REGION);
}

static void as_officer(enum caller_role role, const char *office, const char *region,
	const char *officer)
{
	stage_as(role, office, region);
	(void)snprintf(stage.caller.officer, sizeof(stage.caller.officer), "%s", officer);
}

void dossier_as_city(const char *officer)
{
	as_officer(CALLER_CITY_OFFICER, CITY_OFFICE, "140100", officer);
}

void dossier_as_province(const char *officer)
{
	as_officer(CALLER_PROVINCE_OFFICER, OFFICE, "140000", officer);
}

static Rxcirc__V1__ApplicationDocument *document(const char *kind)
{
	static const uint8_t digest[SHA256_LEN] = {7};
	Rxcirc__V1__ApplicationDocument *d = papers_alloc(sizeof(*d));

	rxcirc__v1__application_document__init(d);
	d->kind = paper_text(kind);
	d->name = paper_text("材料.pdf");
	d->sha256 = paper_bytes(digest, sizeof(digest));
	d->size_bytes = 12345;
	return d;
}

static Rxcirc__V1__SubmitApplicationRequest *submission(const char *code,
	const char *const *kinds, size_t count)
{
	Rxcirc__V1__SubmitApplicationRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__submit_application_request__init(m);
	m->institution_code = paper_text(code);
	m->voluntary = true;
	m->documents = papers_alloc((APPLICATION_DOCUMENTS_MAX + 1) * sizeof(*m->documents));
	m->n_documents = count;
	for (size_t i = 0; i < count; i++)
		m->documents[i] = document(kinds[i]);
	return m;
}

Rxcirc__V1__SubmitApplicationRequest *dossier_hospital(void)
{
	static const char *const kinds[] = {"application-form", "licence", "physician-list",
		"management-system"};

	return submission(HOSPITAL, kinds, ARRAY_LEN(kinds));
}

Rxcirc__V1__SubmitApplicationRequest *dossier_pharmacy(void)
{
	static const char *const kinds[] = {"application-form", "licence", "no-penalty-commitment",
		"mobile-payment-approval", "management-system"};
	Rxcirc__V1__SubmitApplicationRequest *m = submission(PHARMACY, kinds, ARRAY_LEN(kinds));

	m->capabilities = papers_alloc(2 * sizeof(*m->capabilities));
	m->capabilities[m->n_capabilities++] = paper_text("online-rx");
	return m;
}

/* Every item of a checklist, passed and proved now. */
static Rxcirc__V1__CheckedItems *checked(const char *set)
{
	static const uint8_t digest[SHA256_LEN] = {9};
	Rxcirc__V1__CheckedItems *m = papers_alloc(sizeof(*m));
	struct slice word;

	rxcirc__v1__checked_items__init(m);
	m->opinion = paper_text("符合");
	m->items = papers_alloc(16 * sizeof(*m->items));
	while (words_nth(set, m->n_items, &word)) {
		Rxcirc__V1__CheckedItem *item = papers_alloc(sizeof(*item));

		rxcirc__v1__checked_item__init(item);
		item->name = papers_alloc(word.len + 1);
		memcpy(item->name, word.data, word.len);
		item->passed = true;
		item->evidence_sha256 = paper_bytes(digest, sizeof(digest));
		item->found_at_ms = stage.now_ms;
		m->items[m->n_items++] = item;
	}
	return m;
}

static bool of_pharmacy(void)
{
	return dossier.stored->kind == RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_PHARMACY;
}

static Rxcirc__V1__CheckedItems *checked_for(enum application_event event)
{
	bool pharmacy = of_pharmacy();

	if (event == APPLICATION_CHECK)
		return checked(pharmacy ? "application-form licence no-penalty-commitment "
			"mobile-payment-approval management-system" :
			"application-form licence physician-list management-system");
	if (event == APPLICATION_VERIFY)
		return checked(pharmacy ? "code-mapping data-exchange inventory mobile-payment" :
			"code-mapping data-exchange mobile-payment e-receipt settlement-rebuilt");
	return checked(pharmacy ?
		"agreement penalties suspensions inventory licence mobile-payment" :
		"licence settlement-connection physicians follow-up-check records-kept other-materials");
}

static Rxcirc__V1__Opinion *opinion(void)
{
	Rxcirc__V1__Opinion *m = papers_alloc(sizeof(*m));

	rxcirc__v1__opinion__init(m);
	m->text = paper_text("同意");
	return m;
}

static char **texts(const char *first, const char *second)
{
	char **list = papers_alloc(2 * sizeof(*list));

	list[0] = paper_text(first);
	list[1] = paper_text(second);
	return list;
}

static Rxcirc__V1__SupplementNotice *notice(void)
{
	Rxcirc__V1__SupplementNotice *m = papers_alloc(sizeof(*m));

	rxcirc__v1__supplement_notice__init(m);
	m->documents = texts("licence", "lease");
	m->n_documents = 2;
	m->text = paper_text("许可证复印件不清晰；缺少房屋租赁合同");
	return m;
}

static Rxcirc__V1__Supplement *supplement(void)
{
	Rxcirc__V1__Supplement *m = papers_alloc(sizeof(*m));

	rxcirc__v1__supplement__init(m);
	m->documents = papers_alloc(2 * sizeof(*m->documents));
	m->documents[0] = document("licence");
	m->documents[1] = document("lease");
	m->documents[0]->size_bytes = 54321;
	m->n_documents = 2;
	return m;
}

static Rxcirc__V1__AssessmentGroup *group(void)
{
	Rxcirc__V1__AssessmentGroup *m = papers_alloc(sizeof(*m));

	rxcirc__v1__assessment_group__init(m);
	m->members = texts("周组长", "吴组员");
	m->n_members = 2;
	m->form = RXCIRC__V1__ASSESSMENT_FORM__ASSESSMENT_FORM_ON_SITE;
	return m;
}

static Rxcirc__V1__Failure *failure(void)
{
	Rxcirc__V1__Failure *m = papers_alloc(sizeof(*m));

	rxcirc__v1__failure__init(m);
	m->reason = paper_text("医师名单与执业注册不一致");
	m->suggestions = paper_text("核实后重新申请");
	return m;
}

static Rxcirc__V1__Filing *filing(void)
{
	Rxcirc__V1__Filing *m = papers_alloc(sizeof(*m));

	rxcirc__v1__filing__init(m);
	m->number = paper_text("晋医保网备〔2026〕12号");
	m->filed_at_ms = stage.now_ms;
	return m;
}

static Rxcirc__V1__NotedAgreement *noted(void)
{
	Rxcirc__V1__NotedAgreement *m = papers_alloc(sizeof(*m));

	rxcirc__v1__noted_agreement__init(m);
	m->signed_at_ms = stage.now_ms;
	return m;
}

static Rxcirc__V1__BlockOverride *override(void)
{
	Rxcirc__V1__BlockOverride *m = papers_alloc(sizeof(*m));

	rxcirc__v1__block_override__init(m);
	m->block = paper_text("penalty:drug-admin-2026-01-10");
	m->reason = paper_text("处罚决定已撤销");
	return m;
}

#define SET(name, NAME, value) \
	(m->act_case = RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_##NAME, m->name = (value))

act_message_t *dossier_request(enum application_event event)
{
	act_message_t *m = papers_alloc(sizeof(*m));

	rxcirc__v1__advance_application_request__init(m);
	m->application_id = dossier.stored->id;
	switch (event) {
	case APPLICATION_NOTIFY: SET(notify, NOTIFY, notice()); break;
	case APPLICATION_SUPPLEMENT: SET(supplement, SUPPLEMENT, supplement()); break;
	case APPLICATION_CHECK: SET(check, CHECK, checked_for(event)); break;
	case APPLICATION_VERIFY: SET(verify, VERIFY, checked_for(event)); break;
	case APPLICATION_FORM_GROUP: SET(form_group, FORM_GROUP, group()); break;
	case APPLICATION_NOTE_AGREEMENT: SET(note_agreement, NOTE_AGREEMENT, noted()); break;
	case APPLICATION_OVERRIDE: SET(override, OVERRIDE, override()); break;
	case APPLICATION_ASSESS: SET(assess, ASSESS, checked_for(event)); break;
	case APPLICATION_FAIL: SET(fail, FAIL, failure()); break;
	case APPLICATION_APPROVE: SET(approve, APPROVE, opinion()); break;
	case APPLICATION_FILE: SET(file, FILE, filing()); break;
	case APPLICATION_ACTIVATE: SET(activate, ACTIVATE, opinion()); break;
	case APPLICATION_PUBLISH: SET(publish, PUBLISH, opinion()); break;
	case APPLICATION_WITHDRAW: SET(withdraw, WITHDRAW, opinion()); break;
	case APPLICATION_SUBMIT:
	case APPLICATION_CONFORM:
		ensure_never("another method's");
	}
	return m;
}

static void take(const char *statement, unsigned body_param)
{
	const struct fake_unit *u;
	struct slice body, summary;
	uint8_t *copy;
	unsigned q;

	u = fake_pg_last(statement, &q);
	body = fake_value(u, q, body_param);
	summary = fake_value(u, q, body_param + 1);
	copy = papers_alloc(body.len + summary.len + 1);
	memcpy(copy, body.data, body.len);
	memcpy(copy + body.len, summary.data, summary.len);
	dossier.body = slice_of(copy, body.len);
	dossier.summary = slice_of(copy + body.len, summary.len);
	dossier.stored = stage_unpack(&rxcirc__v1__application__descriptor, dossier.body);
	dossier.statement = statement;
}

enum status_reason dossier_submit(const Rxcirc__V1__SubmitApplicationRequest *m)
{
	static const struct fake_cell no[] = {FAKE_BOOL(false)};
	static const struct fake_cell yes[] = {FAKE_BOOL(true), FAKE_I64(1)};
	enum status_reason status;

	stage_clear();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("application_running", 1, no, 1);
	fake_pg_answer("application_submit", 2, yes, 1);
	status = stage_call(&submit_method, m);
	if (status == STATUS_OK)
		take("application_submit", SUBMIT_BODY_PARAM);
	return status;
}

static const char *statement_of(const act_message_t *m)
{
	if (m->act_case == RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_ACTIVATE)
		return "application_activate";
	return m->act_case == RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_PUBLISH ?
		"application_publish" : "application_advance";
}

enum status_reason dossier_act(const act_message_t *m)
{
	static const struct fake_cell yes[] = {FAKE_BOOL(true), FAKE_I64(1)};
	const struct fake_cell stored[] = {fake_bytes(dossier.body)};
	enum status_reason status;

	stage_clear();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("application_load", 1, stored, 1);
	fake_pg_answer(statement_of(m), 2, yes, 1);
	status = stage_call(&advance_method, m);
	if (status == STATUS_OK)
		take(statement_of(m), BODY_PARAM);
	return status;
}

void dossier_restore(void)
{
	uint8_t *bytes = papers_alloc(rxcirc__v1__application__get_packed_size(dossier.stored));

	dossier.body = slice_of(bytes, rxcirc__v1__application__pack(dossier.stored, bytes));
}

/* The platform's own word, put there without the run: test_conformance.c plays that. */
static void conform(void)
{
	static const char *const hospital[] = {"rxcirc.v1.Hospital/UploadPrescription",
		"rxcirc.v1.Hospital/RevokePrescription"};
	static const char *const pharmacy[] = {"rxcirc.v1.Pharmacy/PullPrescriptions",
		"rxcirc.v1.Pharmacy/ClaimPrescription", "rxcirc.v1.Pharmacy/SubmitReview",
		"rxcirc.v1.Pharmacy/DispensePrescription"};
	const char *const *methods = of_pharmacy() ? pharmacy : hospital;
	Rxcirc__V1__Application *a = dossier.stored;

	a->n_conformance = of_pharmacy() ? ARRAY_LEN(pharmacy) : ARRAY_LEN(hospital);
	a->conformance = papers_alloc(a->n_conformance * sizeof(*a->conformance));
	for (size_t i = 0; i < a->n_conformance; i++) {
		a->conformance[i] = papers_alloc(sizeof(*a->conformance[i]));
		rxcirc__v1__conformance_result__init(a->conformance[i]);
		a->conformance[i]->method = paper_text(methods[i]);
		a->conformance[i]->passed = true;
	}
	dossier_restore();
}

void dossier_play(enum application_event event)
{
	unsigned who = application_who(event);
	enum status_reason status;

	if (who & ACTOR_APPLICANT)
		stage_as(CALLER_HOSPITAL, dossier.stored->applicant_code, HOME_REGION);
	else if (who & ACTOR_OFFICE)
		dossier_as_city(event == APPLICATION_APPROVE ? "郑主任" : "周组长");
	else
		dossier_as_province("钱处长");
	if (event == APPLICATION_VERIFY)
		conform();
	status = dossier_act(dossier_request(event));
	if (status != STATUS_OK)
		fail_msg("%s: %s, %s", application_event_name(event), status_row_of(status)->reason,
			stage.req.findings_count > 0 ? stage.req.findings[0]->message : "no finding");
}

void dossier_to(enum application_state state)
{
	static const struct {
		enum application_event event;
		enum application_state after;
	} way[] = {
		{APPLICATION_CHECK, APPLICATION_CHECKED}, {APPLICATION_FORM_GROUP, 0},
		{APPLICATION_VERIFY, APPLICATION_VERIFIED}, {APPLICATION_ASSESS, APPLICATION_ASSESSED},
		{APPLICATION_APPROVE, APPLICATION_APPROVED}, {APPLICATION_FILE, APPLICATION_FILED},
		{APPLICATION_ACTIVATE, APPLICATION_ACTIVATED},
		{APPLICATION_PUBLISH, APPLICATION_PUBLISHED},
	};

	for (size_t i = 0; i < ARRAY_LEN(way) && (unsigned)dossier.stored->state < state; i++) {
		bool passed = way[i].after == 0 ? dossier.stored->group != NULL :
			(unsigned)dossier.stored->state >= way[i].after;

		if (!passed)
			dossier_play(way[i].event);
	}
	assert_int_equal(dossier.stored->state, state);
}
