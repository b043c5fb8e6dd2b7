/* Applying: who may, where it goes, what is missing, and what is stored. */
#include "test/service/dossier.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"
#include "rxcirc/v1/event.pb-c.h"
#include "test/support/calendar.h"

static void expect_refused(const Rxcirc__V1__SubmitApplicationRequest *m, const char *rule,
	const char *field)
{
	assert_int_equal(dossier_submit(m), STATUS_APPLICATION_REFUSED);
	stage_expect_found(rule, field);
	if (stage.req.findings_count != 1)
		fail_msg("%zu findings besides \"%s\"", stage.req.findings_count, rule);
	assert_int_equal(fake_pg_sent_count(), 1); /* it was read, nothing was written */
}

static void what_is_submitted_is_accepted_at_once(void **state)
{
	const Rxcirc__V1__SubmitApplicationResponse *reply;
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	dossier_open();
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
	assert_int_equal(dossier.stored->state, APPLICATION_ACCEPTED);
	assert_int_equal(dossier.stored->submitted_at_ms, stage.now_ms);
	assert_int_equal(dossier.stored->version, 1);
	assert_int_equal(dossier.stored->n_documents, 4);
	assert_int_equal(dossier.stored->documents[1]->size_bytes, 12345);
	assert_int_equal(dossier.stored->notice_due_ms, date_day_ends(calendar_day("2026-04-20")));
	assert_int_equal(dossier.stored->assessment_due_ms,
		date_day_ends(calendar_day("2026-06-13")));
	assert_int_equal(dossier.stored->window_due_ms, date_day_ends(calendar_day("2026-05-31")));
	assert_int_equal(dossier.stored->n_steps, 1);
	assert_string_equal(dossier.stored->steps[0]->actor_code, HOST);
	reply = stage_reply(&rxcirc__v1__submit_application_response__descriptor);
	assert_string_equal(reply->application->id, dossier.stored->id);
	assert_int_equal(reply->application->n_documents, 0); /* as in a list */
	u = fake_pg_last("application_submit", &q);
	assert_string_equal(u->lane, "write");
	assert_int_equal(fake_time(u, q, 19), dossier.stored->window_due_ms);
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 6));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_REGISTRY_CHANGED);
	assert_memory_equal(leaf->subject, "application/AP-2026-", 20);
	assert_string_equal(leaf->subject + 12, dossier.stored->id);
	/* the step keeps verbatim what was brought */
	assert_true(slice_equal(fake_value(u, q, 24), stage.req.body));
}

static void only_the_host_applies_for_its_internet_hospital(void **state)
{
	(void)state;
	dossier_open();
	stage_as(CALLER_APPLICANT, HOSPITAL, HOME_REGION);
	expect_refused(dossier_hospital(), "applicant", "institution_code");
	stage_as(CALLER_HOSPITAL, OTHER_HOSPITAL, HOME_REGION);
	expect_refused(dossier_hospital(), "applicant", "institution_code");
	dossier_as_host();
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
	assert_string_equal(dossier.stored->applicant_code, HOST);
	assert_string_equal(dossier.stored->institution_code, HOSPITAL);
}

static void nobody_applies_against_its_will(void **state)
{
	Rxcirc__V1__SubmitApplicationRequest *m;

	(void)state;
	dossier_open();
	m = dossier_hospital();
	m->voluntary = false;
	expect_refused(m, "voluntary", "voluntary");
}

static void a_host_is_itself_no_internet_hospital_and_a_stranger_is_none(void **state)
{
	Rxcirc__V1__SubmitApplicationRequest *m;

	(void)state;
	dossier_open();
	m = dossier_hospital();
	m->institution_code = paper_text(HOST);
	expect_refused(m, "kind", "institution_code");
	m->institution_code = paper_text("H99999999999");
	expect_refused(m, "kind", "institution_code");
}

static void an_application_goes_to_the_prefectures_office(void **state)
{
	(void)state;
	dossier_open();
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
	assert_string_equal(dossier.stored->office_code, CITY_OFFICE);
	assert_string_equal(dossier.stored->region, HOME_REGION);
	assert_true(strstr(dossier.stored->complaint_channel, "太原市医保中心") != NULL);
}

/* 省直 and the whole of Taiyuan go to the Taiyuan centre. */
static void a_region_may_name_another_office(void **state)
{
	(void)state;
	dossier_open();
	province_place(&stage.province, HOSPITAL)->region = "149900";
	province_place(&stage.province, HOST)->region = "149900";
	dossier_rebuild();
	expect_refused(dossier_hospital(), "office", "institution_code");
	(void)province_parameter(&stage.province, "149900", "responsible-office", CITY_OFFICE);
	dossier_rebuild();
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
	assert_string_equal(dossier.stored->office_code, CITY_OFFICE);
	assert_string_equal(dossier.stored->region, "149900");
	/* a name that is no office leads nowhere, not somewhere else */
	stage.province.parameters[0].value = PHARMACY;
	dossier_rebuild();
	expect_refused(dossier_hospital(), "office", "institution_code");
}

static void every_missing_document_of_a_hospital_is_told(void **state)
{
	Rxcirc__V1__SubmitApplicationRequest *m;

	(void)state;
	dossier_open();
	m = dossier_hospital();
	m->n_documents = 2; /* form and licence */
	assert_int_equal(dossier_submit(m), STATUS_APPLICATION_REFUSED);
	assert_int_equal(stage.req.findings_count, 2);
	stage_expect_found("documents-hospital", "documents");
	assert_string_equal(stage.req.findings[0]->message, "a document is missing: physician-list");
	assert_string_equal(stage.req.findings[0]->message_zh,
		"缺少申请材料：“互联网+”医保服务医师名单");
	assert_string_equal(stage.req.findings[1]->message,
		"a document is missing: management-system");
	assert_string_equal(stage.req.findings[0]->source, "JIN15-3.1.1, TJ2-6");
}

static void each_of_a_pharmacys_five_documents_is_needed(void **state)
{
	(void)state;
	dossier_open();
	stage_as(CALLER_PHARMACY, PHARMACY, HOME_REGION);
	for (size_t left_out = 0; left_out < 5; left_out++) {
		Rxcirc__V1__SubmitApplicationRequest *m = dossier_pharmacy();
		char message[100];

		(void)snprintf(message, sizeof(message), "a document is missing: %s",
			m->documents[left_out]->kind);
		m->documents[left_out] = m->documents[--m->n_documents];
		expect_refused(m, "documents-pharmacy", "documents");
		assert_string_equal(stage.req.findings[0]->message, message);
	}
	assert_int_equal(dossier_submit(dossier_pharmacy()), STATUS_OK);
	assert_string_equal(dossier.stored->applicant_code, PHARMACY);
}

static void the_checklist_is_the_regions_at_that_time(void **state)
{
	(void)state;
	dossier_open();
	(void)province_parameter(&stage.province, "140100", "documents-hospital",
		"application-form licence physician-list management-system system-materials");
	dossier_rebuild();
	expect_refused(dossier_hospital(), "documents-hospital", "documents");
	stage.province.parameters[0].from_ms = stage.now_ms + 1; /* in force a moment later */
	dossier_rebuild();
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
}

static void a_combined_application_needs_no_designation_yet(void **state)
{
	Rxcirc__V1__SubmitApplicationRequest *m;

	(void)state;
	dossier_open();
	province_place(&stage.province, HOST)->status = INSTITUTION_APPLYING;
	stage.province.agreement_count = 0;
	dossier_rebuild();
	stage_as(CALLER_APPLICANT, HOST, HOME_REGION);
	expect_refused(dossier_hospital(), "designation", "institution_code");
	m = dossier_hospital();
	m->combined = true;
	assert_int_equal(dossier_submit(m), STATUS_OK);
	assert_true(dossier.stored->combined);
	assert_int_equal(dossier.stored->assessment_due_ms, 0); /* until the host's is signed */
}

static void a_pharmacy_that_is_not_designated_is_told_so(void **state)
{
	(void)state;
	dossier_open();
	province_place(&stage.province, PHARMACY)->status = INSTITUTION_APPLYING;
	stage.province.agreements[0].own.from_ms = stage.now_ms; /* suspended just now */
	dossier_rebuild();
	stage_as(CALLER_APPLICANT, PHARMACY, HOME_REGION);
	expect_refused(dossier_pharmacy(), "agreement", "institution_code");
}

static void windows_open_in_the_first_month_of_a_quarter(void **state)
{
	(void)state;
	dossier_open();
	dossier_on("2026-04-30");
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
	dossier_on("2026-05-01");
	expect_refused(dossier_hospital(), "window", "");
	dossier_on("2026-07-01");
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
}

static void without_a_calendar_no_deadline_is_promised(void **state)
{
	(void)state;
	dossier_open();
	stage.province.holiday_count = 0;
	dossier_rebuild();
	expect_refused(dossier_hospital(), "calendar", "");
}

static void one_application_at_a_time(void **state)
{
	static const struct fake_cell yes[] = {FAKE_BOOL(true)};

	(void)state;
	dossier_open();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("application_running", 1, yes, 1);
	assert_int_equal(stage_call(&submit_method, dossier_hospital()), STATUS_APPLICATION_EXISTS);
	assert_int_equal(fake_pg_sent_count(), 1);
}

/* Two at once: the table lets one through, the other looks again and sees it. */
static void of_two_at_once_one_is_told_of_the_other(void **state)
{
	static const struct fake_cell no[] = {FAKE_BOOL(false)}, yes[] = {FAKE_BOOL(true)};

	(void)state;
	dossier_open();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("application_running", 1, no, 1);
	fake_pg_answer_failure("application_submit", ERR_DB_UNIQUE, "23505");
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("application_running", 1, yes, 1);
	assert_int_equal(stage_call(&submit_method, dossier_hospital()), STATUS_APPLICATION_EXISTS);
	assert_int_equal(fake_pg_unused(), 0);
}

static void expect_fault(const Rxcirc__V1__SubmitApplicationRequest *m, const char *field)
{
	assert_int_equal(dossier_submit(m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", field);
	stage_expect_nothing_sent();
}

#define FAULT(change, field) \
	do { \
		Rxcirc__V1__SubmitApplicationRequest *m = dossier_hospital(); \
		change; \
		expect_fault(m, field); \
	} while (0)

static void faults_of_form_are_named(void **state)
{
	static const uint8_t digest[SHA256_LEN + 1];

	(void)state;
	dossier_open();
	FAULT(m->institution_code = paper_text("H1"), "institution_code");
	FAULT(m->documents[1]->kind = paper_text(""), "documents[1].kind");
	FAULT(m->documents[1]->kind = paper_text("Licence"), "documents[1].kind");
	FAULT(m->documents[2]->kind = m->documents[1]->kind, "documents[2].kind");
	FAULT(m->documents[0]->name = paper_text(""), "documents[0].name");
	FAULT(m->documents[3]->sha256 = paper_bytes(digest, 31), "documents[3].sha256");
	FAULT(m->documents[3]->sha256 = paper_bytes(digest, 33), "documents[3].sha256");
	FAULT(m->documents[0]->size_bytes = 0, "documents[0].size_bytes");
}

static char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghi";

static Rxcirc__V1__SubmitApplicationRequest *with_documents(size_t count)
{
	Rxcirc__V1__SubmitApplicationRequest *m = dossier_hospital();

	while (m->n_documents < count) {
		Rxcirc__V1__ApplicationDocument *d = papers_alloc(sizeof(*d));

		*d = *m->documents[0];
		d->kind = paper_text(letters + m->n_documents);
		m->documents[m->n_documents++] = d;
	}
	return m;
}

static void as_many_documents_as_the_limit_and_no_more(void **state)
{
	(void)state;
	dossier_open();
	assert_int_equal(dossier_submit(with_documents(APPLICATION_DOCUMENTS_MAX)), STATUS_OK);
	expect_fault(with_documents(APPLICATION_DOCUMENTS_MAX + 1), "documents");
}

/* A physicians' list of so many rows of so many cells. */
static Rxcirc__V1__SubmitApplicationRequest *with_rows(size_t rows, size_t cells, size_t len)
{
	Rxcirc__V1__SubmitApplicationRequest *m = dossier_hospital();
	Rxcirc__V1__ApplicationDocument *d = m->documents[2];
	Rxcirc__V1__FormRow *row = papers_alloc(sizeof(*row));
	char *cell = papers_alloc(len + 1);

	memset(cell, 'x', len);
	rxcirc__v1__form_row__init(row);
	row->cells = papers_alloc((cells + 1) * sizeof(*row->cells));
	for (row->n_cells = 0; row->n_cells < cells; row->n_cells++)
		row->cells[row->n_cells] = cell;
	d->rows = papers_alloc((rows + 1) * sizeof(*d->rows));
	for (d->n_rows = 0; d->n_rows < rows; d->n_rows++)
		d->rows[d->n_rows] = row;
	return m;
}

static void standard_forms_are_kept_as_data(void **state)
{
	Rxcirc__V1__SubmitApplicationRequest *m;
	Rxcirc__V1__FormField *field, *list[FORM_FIELDS_MAX + 1];

	(void)state;
	dossier_open();
	m = with_rows(FORM_ROWS_MAX, 4, 8);
	field = papers_alloc(sizeof(*field));
	rxcirc__v1__form_field__init(field);
	field->name = paper_text("机构名称");
	field->value = paper_text("太原市示例互联网医院");
	for (size_t i = 0; i <= FORM_FIELDS_MAX; i++)
		list[i] = field;
	m->documents[0]->fields = list;
	m->documents[0]->n_fields = FORM_FIELDS_MAX;
	assert_int_equal(dossier_submit(m), STATUS_OK);
	assert_int_equal(dossier.stored->documents[0]->n_fields, FORM_FIELDS_MAX);
	assert_string_equal(dossier.stored->documents[0]->fields[63]->value, field->value);
	assert_int_equal(dossier.stored->documents[2]->n_rows, FORM_ROWS_MAX);
	m->documents[0]->n_fields++;
	expect_fault(m, "documents[0].fields");
	expect_fault(with_rows(FORM_ROWS_MAX + 1, 4, 8), "documents[2].rows");
	assert_int_equal(dossier_submit(with_rows(1, FORM_CELLS_MAX, 200)), STATUS_OK);
	expect_fault(with_rows(1, FORM_CELLS_MAX + 1, 200), "documents[2].rows");
	expect_fault(with_rows(1, 1, 201), "documents[2].rows");
	expect_fault(with_rows(1, 0, 0), "documents[2].rows");
}

/* What the applicant fills leaves room for the office's words. */
static void an_application_that_fills_the_file_is_refused(void **state)
{
	const size_t room = (size_t)APPLICATION_BYTES_MAX - 60 * 1024, rows = FORM_ROWS_MAX;
	size_t len = 150;

	(void)state;
	dossier_open();
	while (dossier_submit(with_rows(rows, 2, len)) == STATUS_OK)
		len++;
	assert_int_equal(stage.req.status, STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "documents");
	assert_int_equal(fake_pg_sent_count(), 1);
	/* the last that went through was at the limit: one character more in each cell is above */
	assert_true(dossier.body.len <= room && dossier.body.len + 2 * rows > room);
}

static void connecting_costs_nothing_and_says_so(void **state)
{
	(void)state;
	dossier_open();
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
	assert_true(strstr(dossier.stored->no_fee_statement, "不收取任何费用") != NULL);
	assert_true(dossier.stored->complaint_channel[0] != '\0');
}

static void the_same_key_gives_the_same_answer(void **state)
{
	struct slice reply;
	uint8_t *copy;

	(void)state;
	dossier_open();
	stage.keep_key = true;
	assert_int_equal(dossier_submit(dossier_hospital()), STATUS_OK);
	copy = papers_alloc(stage.req.reply.len + 32);
	memcpy(copy, stage.req.reply.data, stage.req.reply.len);
	reply = slice_of(copy, stage.req.reply.len);
	digest_request(copy + reply.len, stage.keys, HOST, submit_method.name, stage.req.body);
	stage_clear();
	promise_answer_kept("reply_load", copy + reply.len, reply, NULL);
	promise_answer_kept("reply_replay", copy + reply.len, reply, NULL);
	fake_pg_answer("application_running", 1, (struct fake_cell[]){FAKE_BOOL(true)}, 1);
	assert_int_equal(stage_call(&submit_method, dossier_hospital()), STATUS_OK);
	assert_true(slice_equal(stage.req.reply, reply));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(what_is_submitted_is_accepted_at_once, "TJ2-7a TJ2-8b JIN15-3.8b"),
		STAGED_PROVES(only_the_host_applies_for_its_internet_hospital, "SX15-2.1 NH123-2.1 TJ2-4"),
		STAGED_PROVES(nobody_applies_against_its_will, "SX15-2.1"),
		STAGED(a_host_is_itself_no_internet_hospital_and_a_stranger_is_none),
		STAGED_PROVES(an_application_goes_to_the_prefectures_office, "JIN15-3.1a SX15-2.1 TJ2-4"),
		STAGED_PROVES(a_region_may_name_another_office, "JIN15-3.1b"),
		STAGED_PROVES(every_missing_document_of_a_hospital_is_told, "JIN15-3.1.1"),
		STAGED_PROVES(each_of_a_pharmacys_five_documents_is_needed, "JIN15-3.1.2"),
		STAGED_PROVES(the_checklist_is_the_regions_at_that_time, "TJ2-6"),
		STAGED_PROVES(a_combined_application_needs_no_designation_yet,
			"SX15-2.2 TJ2-4 JIN15-1.1a"),
		STAGED_PROVES(a_pharmacy_that_is_not_designated_is_told_so, "JIN15-2.1a"),
		STAGED_PROVES(windows_open_in_the_first_month_of_a_quarter, "JIN15-3.8b"),
		STAGED(without_a_calendar_no_deadline_is_promised),
		STAGED(one_application_at_a_time),
		STAGED(of_two_at_once_one_is_told_of_the_other),
		STAGED(faults_of_form_are_named),
		STAGED(as_many_documents_as_the_limit_and_no_more),
		STAGED_PROVES(standard_forms_are_kept_as_data, "JIN15-A.1"),
		STAGED(an_application_that_fills_the_file_is_refused),
		STAGED_PROVES(connecting_costs_nothing_and_says_so, "JIN15-4.2b"),
		STAGED(the_same_key_gives_the_same_answer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("application_submit", tests, stage_open, stage_close);
}
