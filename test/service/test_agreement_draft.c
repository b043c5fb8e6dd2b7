/* A supplementary agreement laid down: what region, host and application say about it. */
#include "test/service/promises.h"

#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"
#include "rxcirc/v1/agreement.pb-c.h"
#include "test/support/calendar.h"

enum { HOUSE_COLUMNS = 27, HOLIDAYS = 400, ASSESSED = 5 };
enum { STARTS_PARAM = 19, ENDS_PARAM, HOST_FROM_PARAM = 23, TEMPLATE_PARAM = 29,
	SIGN_DUE_PARAM = 32, TEXT_PARAM };
#define HOSTS "AG-2026-00000001"

static const struct method draft_method = {"rxcirc.v1.Agreements/DraftAgreement",
	draft_agreement_start};
static Rxcirc__V1__DraftAgreementRequest m;
static Rxcirc__V1__AgreementText text;
static int64_t starts_ms, ends_ms, assessed_ms, suspended_ms;
static int16_t state;
static char long_text[AGREEMENT_REASON_MAX + 2];

static void know_holidays(void)
{
	static char days[HOLIDAYS][DATE_LEN + 1];
	static struct code codes[HOLIDAYS];
	const struct workday_calendar *c = calendar_real();

	for (size_t i = 0; i < c->count; i++) {
		date_write(c->days[i].day, days[i]);
		codes[i] = (struct code){.code = days[i], .name = "", .dosage_form = "",
			.specification = "", .class_no = c->days[i].works ? 2 : 1};
	}
	stage.province.holidays = codes;
	stage.province.holiday_count = c->count;
}

static int open_draft(void **unused)
{
	int r = stage_set(unused);

	know_holidays();
	stage_rebuild();
	stage_as(CALLER_CITY_OFFICER, OFFICE, HOME_REGION);
	stage.now_ms = calendar_at("2026-04-14", 0);
	starts_ms = calendar_at("2026-01-01", 0);
	ends_ms = calendar_at("2027-01-01", 0);
	assessed_ms = calendar_at("2026-04-13", 0);
	suspended_ms = 0;
	state = ASSESSED;
	rxcirc__v1__draft_agreement_request__init(&m);
	rxcirc__v1__agreement_text__init(&text);
	m.text = &text;
	text.kind = RXCIRC__V1__AGREEMENT_KIND__AGREEMENT_KIND_SUPPLEMENTARY;
	text.institution_code = paper_text(HOSPITAL);
	text.host_agreement_id = paper_text(HOSTS);
	text.form = RXCIRC__V1__AGREEMENT_FORM__AGREEMENT_FORM_SEPARATE;
	text.licence = RXCIRC__V1__LICENCE_KIND__LICENCE_KIND_INTERNET_HOSPITAL;
	text.application_id = paper_text("AP-2026-0a1b2c3d");
	return r;
}

static struct fake_cell time_or_null(int64_t at_ms)
{
	const struct fake_cell null = FAKE_NULL, time = FAKE_TIME(at_ms);

	return at_ms == 0 ? null : time;
}

static void answer_asked(void)
{
	const struct fake_cell party[] = {FAKE_I16(INSTITUTION_INTERNET_HOSPITAL),
		FAKE_TEXT(HOME_REGION), FAKE_TEXT(HOST), FAKE_I16(state), time_or_null(assessed_ms)};
	const struct fake_cell house[HOUSE_COLUMNS] = {FAKE_TEXT(HOST), FAKE_I64(7), FAKE_TEXT(""),
		FAKE_TEXT(HOSTS), FAKE_I16(1), FAKE_TEXT(HOST), FAKE_TEXT(""), FAKE_TIME(starts_ms),
		FAKE_TIME(ends_ms), FAKE_TIME(starts_ms), FAKE_TIME(starts_ms),
		time_or_null(suspended_ms), FAKE_NULL, FAKE_NULL, FAKE_NULL, FAKE_NULL, FAKE_I16(0),
		FAKE_TEXT(HOME_REGION), FAKE_I16(0), FAKE_I16(0), FAKE_TEXT(""), FAKE_TEXT(""),
		FAKE_BOOL(true), FAKE_NULL, FAKE_BYTES(HOST, 12), FAKE_BYTES("", 0), FAKE_TEXT("")};

	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("agreement_party", 5, party, 1);
	fake_pg_answer("agreement_house", HOUSE_COLUMNS, house, 1);
}

static enum status_reason draft(void)
{
	static const struct fake_cell put[] = {FAKE_BOOL(true), FAKE_I64(1)};

	stage_clear();
	answer_asked();
	fake_pg_answer("agreement_lay", 2, put, 1);
	return stage_call(&draft_method, &m);
}

static int64_t laid_time(unsigned param)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last("agreement_lay", &q);

	return fake_time(u, q, param);
}

static struct slice laid(unsigned param)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last("agreement_lay", &q);

	return fake_value(u, q, param);
}

/* Five working days: the days of assessment and the weekend do not count, worked weekends do. */
static void it_must_be_signed_within_five_working_days(void **unused)
{
	static const struct {
		const char *assessed, *due;
	} cases[] = {
		{"2026-04-13", "2026-04-20"}, /* Monday to Monday */
		{"2026-04-28", "2026-05-08"}, /* over the holiday of May 1 to 5 */
		{"2026-09-30", "2026-10-13"}, /* over National Day, with Saturday the 10th worked */
		{"2026-02-12", "2026-02-26"}, /* over Spring Festival, with Saturday the 14th worked */
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		Rxcirc__V1__DraftAgreementResponse *reply;

		stage.now_ms = assessed_ms = calendar_at(cases[i].assessed, 1);
		assert_int_equal(draft(), STATUS_OK);
		reply = stage_reply(&rxcirc__v1__draft_agreement_response__descriptor);
		assert_int_equal(reply->sign_due_ms, date_day_ends(calendar_day(cases[i].due)));
		assert_int_equal(laid_time(SIGN_DUE_PARAM), reply->sign_due_ms);
	}
}

static void days_the_calendar_does_not_know_are_not_guessed(void **unused)
{
	(void)unused;
	stage.province.holiday_count = 0;
	stage_rebuild();
	assert_int_equal(draft(), STATUS_AGREEMENT_REFUSED);
	stage_expect_found("AG-CALENDAR", "text.application_id");
}

static void the_region_may_set_other_days(void **unused)
{
	(void)unused;
	(void)province_parameter(&stage.province, HOME_REGION, "sign-days-max", "1");
	stage_rebuild();
	assert_int_equal(draft(), STATUS_OK);
	assert_int_equal(laid_time(SIGN_DUE_PARAM),
		date_day_ends(calendar_day("2026-04-14")));
}

/* Not before the assessment has passed, and not after it failed or was withdrawn. */
static void only_a_passed_application_is_concluded(void **unused)
{
	(void)unused;
	for (state = 0; state <= 11; state++) {
		bool passed = state >= ASSESSED && state <= 9;

		assert_int_equal(draft(), passed ? STATUS_OK : STATUS_AGREEMENT_REFUSED);
		if (!passed)
			stage_expect_found("AG-APPLICATION", "text.application_id");
	}
	state = ASSESSED;
	text.application_id = paper_text("");
	assert_int_equal(draft(), STATUS_AGREEMENT_REFUSED);
	stage_expect_found("AG-APPLICATION", "text.application_id");
}

static void the_hosts_term_is_taken_over_or_must_be_said_right(void **unused)
{
	(void)unused;
	assert_int_equal(draft(), STATUS_OK);
	assert_int_equal(laid_time(STARTS_PARAM), starts_ms);
	assert_int_equal(laid_time(ENDS_PARAM), ends_ms);
	text.starts_ms = starts_ms;
	text.ends_ms = ends_ms;
	assert_int_equal(draft(), STATUS_OK);
	text.ends_ms = ends_ms + 1;
	assert_int_equal(draft(), STATUS_AGREEMENT_REFUSED);
	stage_expect_found("AG-TERM-HOST", "text.starts_ms, text.ends_ms");
}

static void under_a_suspended_host_it_is_suspended_from_the_start(void **unused)
{
	(void)unused;
	suspended_ms = stage.now_ms - 1;
	assert_int_equal(draft(), STATUS_OK);
	assert_int_equal(laid_time(HOST_FROM_PARAM), suspended_ms);
}

/* What both will sign are the stored bytes; the digest that is answered is theirs. */
static void the_text_is_laid_down_verbatim_with_its_template(void **unused)
{
	Rxcirc__V1__DraftAgreementResponse *reply;
	Rxcirc__V1__AgreementText *stored;
	uint8_t digest[SHA256_LEN];

	(void)unused;
	(void)province_parameter(&stage.province, HOME_REGION, "template-supplementary", "2026-2");
	stage_rebuild();
	assert_int_equal(draft(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__draft_agreement_response__descriptor);
	assert_true(slice_equal(laid(TEXT_PARAM),
		slice_of(reply->text.data, reply->text.len)));
	digest_sha256(digest, slice_of(reply->text.data, reply->text.len));
	assert_memory_equal(reply->text_sha256.data, digest, SHA256_LEN);
	stored = stage_unpack(&rxcirc__v1__agreement_text__descriptor,
		laid(TEXT_PARAM));
	assert_string_equal(stored->template_version, "2026-2");
	assert_string_equal(stored->region, HOME_REGION);
	assert_true(slice_equal(laid(TEMPLATE_PARAM), slice_of_text("2026-2")));
	text.template_version = paper_text("2025-1");
	assert_int_equal(draft(), STATUS_AGREEMENT_REFUSED);
	stage_expect_found("AG-TEMPLATE", "text.template_version");
}

static void who_is_not_renewed_needs_a_reason_in_spite_of_it(void **unused)
{
	(void)unused;
	(void)province_item(&stage.province, HOSPITAL, ITEM_NOT_RENEWED, "price");
	stage_rebuild();
	stage.province.items[0].from_ms = stage.now_ms - 1;
	stage.province.items[0].until_ms = 0;
	stage_rebuild();
	assert_int_equal(draft(), STATUS_AGREEMENT_REFUSED);
	stage_expect_found("AG-NOT-RENEWED", "override_reason");
	m.override_reason = paper_text("价格已整改");
	assert_int_equal(draft(), STATUS_OK);
}

static void another_citys_officer_and_institutions_are_refused(void **unused)
{
	(void)unused;
	stage_as(CALLER_CITY_OFFICER, OFFICE, "140200");
	assert_int_equal(draft(), STATUS_SCOPE_NOT_ALLOWED);
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	assert_int_equal(draft(), STATUS_OK);
}

static void reason_and_clauses_have_their_limits(void **unused)
{
	static Rxcirc__V1__AgreementClause clause[AGREEMENT_CLAUSES_MAX + 1];
	static Rxcirc__V1__AgreementClause *list[AGREEMENT_CLAUSES_MAX + 1];

	(void)unused;
	memset(long_text, 'x', AGREEMENT_REASON_MAX);
	long_text[AGREEMENT_REASON_MAX] = '\0';
	m.override_reason = long_text;
	for (unsigned i = 0; i <= AGREEMENT_CLAUSES_MAX; i++) {
		rxcirc__v1__agreement_clause__init(&clause[i]);
		clause[i].name = paper_text("scope");
		clause[i].text = paper_text("范围");
		list[i] = &clause[i];
	}
	text.clauses = list;
	text.n_clauses = AGREEMENT_CLAUSES_MAX;
	assert_int_equal(draft(), STATUS_OK);
	text.n_clauses++;
	assert_int_equal(draft(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "text.clauses");
	text.n_clauses = 0;
	long_text[AGREEMENT_REASON_MAX] = 'x';
	assert_int_equal(draft(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "override_reason");
}

/* Somebody changed the house meanwhile: look again, then it is written. */
static void who_was_too_late_looks_again(void **unused)
{
	static const struct fake_cell put[] = {FAKE_BOOL(true), FAKE_I64(1)};
	static const struct fake_cell late[] = {FAKE_BOOL(false), FAKE_I64(0)};

	(void)unused;
	stage_clear();
	answer_asked();
	fake_pg_answer("agreement_lay", 2, late, 1);
	answer_asked();
	fake_pg_answer("agreement_lay", 2, put, 1);
	assert_int_equal(stage_call(&draft_method, &m), STATUS_OK);
}

int main(void)
{
#define DRAFT(fn) cmocka_unit_test_setup_teardown(fn, open_draft, stage_strike)
#define DRAFT_PROVES(fn, ids) {#fn " [" ids "]", fn, open_draft, stage_strike, NULL}
	static const struct CMUnitTest tests[] = {
		DRAFT_PROVES(it_must_be_signed_within_five_working_days, "TJ2-9a"),
		DRAFT_PROVES(days_the_calendar_does_not_know_are_not_guessed, "TJ2-9a"),
		DRAFT(the_region_may_set_other_days),
		DRAFT_PROVES(only_a_passed_application_is_concluded, "SX15-2.3"),
		DRAFT_PROVES(the_hosts_term_is_taken_over_or_must_be_said_right, "SX15-2.4 TJ2-9b"),
		DRAFT_PROVES(under_a_suspended_host_it_is_suspended_from_the_start, "SX15-2.6"),
		DRAFT_PROVES(the_text_is_laid_down_verbatim_with_its_template, "SX15-9.1 NT33-J2.3"),
		DRAFT_PROVES(who_is_not_renewed_needs_a_reason_in_spite_of_it, "JIN15-4.10g"),
		DRAFT_PROVES(another_citys_officer_and_institutions_are_refused, "SX15-2.1 NH123-2.1"),
		DRAFT(reason_and_clauses_have_their_limits),
		DRAFT(who_was_too_late_looks_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("agreement draft", tests, stage_open, stage_close);
}
