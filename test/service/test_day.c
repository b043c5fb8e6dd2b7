/* A hospital's day and its real-name checks: what is written, what is told, and every limit. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"
#include "domain/china_date.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "service/lateness.h"
#include "store/day.h"

static const struct method declare_method = {"rxcirc.v1.Hospital/DeclareDay", declare_day_start};
static const struct method own_method = {"rxcirc.v1.Hospital/ReconcileDay", reconcile_day_start};
static const struct method all_method = {"rxcirc.v1.Agency/ReconcileDay", reconcile_day_start};
static const struct method report_method = {"rxcirc.v1.Hospital/ReportIdentityCheck",
	report_identity_check_start};

static Rxcirc__V1__DeclareDayRequest day;
static Rxcirc__V1__ReconcileDayRequest ask;
static Rxcirc__V1__ReportIdentityCheckRequest report;

static char *kept(const char *text)
{
	char *copy = papers_alloc(strlen(text) + 1);

	memcpy(copy, text, strlen(text) + 1);
	return copy;
}

static void begin(void)
{
	rxcirc__v1__declare_day_request__init(&day);
	day.day = paper_text("2026-05-29"); /* noon_ms lies in it */
	day.business_type = RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET;
	day.revision = 1;
	rxcirc__v1__reconcile_day_request__init(&ask);
	ask.day = paper_text("2026-05-29");
	rxcirc__v1__report_identity_check_request__init(&report);
	report.serial = paper_text("AUTH-1");
	report.voucher_id = paper_text(PERSON);
	report.mode = RXCIRC__V1__IDENTITY_MODE__IDENTITY_MODE_FACE;
	report.checked_at_ms = noon_ms;
	report.channel = paper_text("app-1");
	report.passed = true;
	scene_as(PHYSICIAN);
	stage_clear();
}

static void number_page(size_t count)
{
	day.numbers = papers_alloc((count + 1) * sizeof(*day.numbers));
	for (day.n_numbers = 0; day.n_numbers < count; day.n_numbers++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "N-%zu", day.n_numbers);
		day.numbers[day.n_numbers] = kept(text);
	}
	day.count = (uint32_t)count;
}

static void answer_entry(const char *statement, bool key_is_new, bool fits)
{
	const struct fake_cell cells[] = {FAKE_BOOL(key_is_new), FAKE_BOOL(fits)};

	fake_pg_answer(statement, 2, cells, 1);
}

static enum status_reason declare(bool key_is_new, bool fits)
{
	stage_clear();
	answer_entry("day_declare", key_is_new, fits);
	return stage_call(&declare_method, &day);
}

/* ---- declaring ------------------------------------------------------------------------------ */

static void a_declared_page_is_one_statement_with_its_event(void **state)
{
	const Rxcirc__V1__DeclareDayResponse *reply;
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	number_page(3);
	assert_int_equal(declare(true, true), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__declare_day_response__descriptor);
	assert_int_equal(reply->numbers, 3);
	assert_int_equal(fake_pg_sent_count(), 1);
	u = fake_pg_last("day_declare", &q);
	assert_string_equal(u->lane, "write");
	assert_true(slice_equal(fake_value(u, q, 2), slice_of_text(HOSPITAL)));
	assert_true(u->queries[q].param[11].is_null); /* about nobody */
	assert_int_equal(fake_number(u, q, 12), date_day_of(noon_ms));
	assert_int_equal(fake_number(u, q, 13), 2);
	assert_int_equal(fake_number(u, q, 14), 1);
	assert_int_equal(fake_number(u, q, 15), 3);
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 9));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_DAY_DECLARED);
	assert_string_equal(leaf->subject, "day/2026-05-29/internet/1");
	assert_null(memmem(leaf->subject_sha256.data, leaf->subject_sha256.len, "N-1", 3));
}

static void a_page_has_500_numbers_a_day_5000_and_a_number_40_characters(void **state)
{
	char number[HOSPITAL_NUMBER_MAX + 2];

	(void)state;
	begin();
	number_page(DAY_PAGE_MAX);
	day.count = DAY_NUMBERS_MAX;
	assert_int_equal(declare(true, true), STATUS_OK);
	day.count++;
	assert_int_equal(declare(true, true), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "count");
	number_page(DAY_PAGE_MAX + 1);
	assert_int_equal(declare(true, true), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "numbers");
	number_page(1);
	memset(number, 'x', sizeof(number));
	number[HOSPITAL_NUMBER_MAX + 1] = '\0';
	day.numbers[0] = kept(number);
	assert_int_equal(declare(true, true), STATUS_FIELD_INVALID);
	number[HOSPITAL_NUMBER_MAX] = '\0';
	day.numbers[0] = kept(number);
	assert_int_equal(declare(true, true), STATUS_OK);
	day.numbers[0] = paper_text("");
	assert_int_equal(declare(true, true), STATUS_FIELD_INVALID);
	number_page(0); /* a day without any */
	assert_int_equal(declare(true, true), STATUS_OK);
}

static void faults_of_a_declaration(void **state)
{
	static const char *const days[] = {"", "2026-5-29", "2026-02-29", "29.05.2026", "2026-05-30",
		"2025-05-27"};

	(void)state;
	begin();
	for (unsigned i = 0; i < ARRAY_LEN(days); i++) {
		day.day = paper_text(days[i]);
		assert_int_equal(declare(true, true), STATUS_FIELD_INVALID);
		stage_expect_found("FIELD", "day");
		stage_expect_nothing_sent();
	}
	day.day = paper_text("2025-05-28"); /* 366 days back */
	assert_int_equal(declare(true, true), STATUS_OK);
	day.revision = 99;
	assert_int_equal(declare(true, true), STATUS_OK);
	day.revision = 100;
	assert_int_equal(declare(true, true), STATUS_FIELD_INVALID);
	day.revision = 0;
	assert_int_equal(declare(true, true), STATUS_FIELD_INVALID);
	begin();
	day.business_type = RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_UNSPECIFIED;
	assert_int_equal(declare(true, true), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "business_type");
}

static void another_count_under_the_same_revision_is_refused(void **state)
{
	(void)state;
	begin();
	assert_int_equal(declare(false, false), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "count");
}

/* ---- entries, by the example of a declaration ------------------------------------------------ */

/* The first call's digest and answer, as they were stored. */
static void store_first(uint8_t mac[32], struct slice *reply)
{
	unsigned q;
	const struct fake_unit *u;
	uint8_t *kept;

	stage.keep_key = true;
	assert_int_equal(declare(true, true), STATUS_OK);
	u = fake_pg_last("day_declare", &q);
	memcpy(mac, fake_value(u, q, 4).data, 32);
	kept = papers_alloc(fake_value(u, q, 5).len + 1);
	memcpy(kept, fake_value(u, q, 5).data, fake_value(u, q, 5).len);
	*reply = slice_of(kept, fake_value(u, q, 5).len);
}

static enum status_reason again(const uint8_t *mac, struct slice reply)
{
	stage_clear();
	answer_entry("day_declare", false, true);
	promise_answer_kept("reply_replay", mac, reply, NULL);
	return stage_call(&declare_method, &day);
}

static void the_same_call_again_gets_the_same_answer_behind_a_barrier(void **state)
{
	struct slice reply;
	uint8_t mac[32];

	(void)state;
	begin();
	number_page(2);
	store_first(mac, &reply);
	assert_int_equal(again(mac, reply), STATUS_OK);
	assert_true(slice_equal(stage.req.reply, reply));
	stage_expect_lane("reply_replay", "write");
	number_page(1); /* another request under the same key */
	assert_int_equal(again(mac, reply), STATUS_IDEMPOTENCY_KEY_REUSED);
}

static void an_unknown_outcome_is_asked_again_and_never_told_as_a_failure(void **state)
{
	struct slice reply;
	uint8_t mac[32];

	(void)state;
	begin();
	number_page(2);
	store_first(mac, &reply);
	stage_clear();
	fake_pg_answer_failure("day_declare", ERR_OUTCOME_UNKNOWN, NULL);
	answer_entry("day_declare", true, true);
	assert_int_equal(stage_call(&declare_method, &day), STATUS_OK);
	assert_int_equal(fake_pg_sent_count(), 2);
	stage_clear();
	fake_pg_answer_failure("day_declare", ERR_OUTCOME_UNKNOWN, NULL);
	fake_pg_answer_failure("day_declare", ERR_DB_AWAY, NULL);
	assert_int_equal(stage_call(&declare_method, &day), STATUS_OUTCOME_UNKNOWN);
	stage_clear();
	fake_pg_answer_failure("day_declare", ERR_DB_CONFLICT, NULL);
	fake_pg_always("day_declare");
	assert_int_equal(stage_call(&declare_method, &day), STATUS_CONTENDED);
	assert_int_equal(fake_pg_sent_count(), 4);
}

static void every_allocation_of_an_entry_may_fail(void **state)
{
	(void)state;
	begin();
	number_page(3);
	for (stage.fail_at = 1;; stage.fail_at++) {
		enum status_reason status = declare(true, true);

		if (!stage.has_failed) {
			assert_int_equal(status, STATUS_OK);
			break;
		}
		assert_int_equal(status, STATUS_BUSY);
	}
	assert_true(stage.fail_at > 5);
}

/* ---- reconciling ----------------------------------------------------------------------------- */

static const struct day_counts agreeing = {.declared = true, .declared_at_ms = 1, .count = 3,
	.numbers = 3, .received = 3};

static void answer_counts(const struct day_counts *n, unsigned hospitals)
{
	struct fake_cell *cells = papers_alloc(11 * hospitals * sizeof(*cells));

	for (unsigned i = 0; i < hospitals; i++) {
		const int64_t numbers[] = {n->count, n->numbers, n->received, n->missing, n->undeclared,
			n->reused, n->late, n->late_ms_max, n->unreported};

		cells[11 * i] = (struct fake_cell)FAKE_BOOL(n->declared);
		cells[11 * i + 1] = n->declared ? (struct fake_cell)FAKE_TIME(n->declared_at_ms) :
			(struct fake_cell)FAKE_NULL;
		for (unsigned c = 0; c < ARRAY_LEN(numbers); c++)
			cells[11 * i + 2 + c] = (struct fake_cell)FAKE_I64(numbers[c]);
	}
	fake_pg_answer("day_counts", 11, cells, hospitals);
}

static const Rxcirc__V1__ReconcileDayResponse *own_day(const struct day_counts *n)
{
	stage_clear();
	answer_counts(n, 1);
	fake_pg_answer("day_numbers", 6, NULL, 0);
	assert_int_equal(stage_call(&own_method, &ask), STATUS_OK);
	assert_int_equal(fake_pg_unused(), 0);
	return stage_reply(&rxcirc__v1__reconcile_day_response__descriptor);
}

static void anything_that_does_not_agree_is_an_alarm(void **state)
{
	struct day_counts n = agreeing;

	(void)state;
	begin();
	assert_false(own_day(&n)->hospitals[0]->alarm);
	n.late = n.unreported = 2; /* told, but the day is whole */
	assert_false(own_day(&n)->hospitals[0]->alarm);
#define ALARM(change) \
	n = agreeing; \
	change; \
	assert_true(own_day(&n)->hospitals[0]->alarm)
	ALARM(n.declared = false);
	ALARM(n.count = 4);
	ALARM(n.missing = 1);
	ALARM(n.undeclared = 1);
	ALARM(n.reused = 1);
#undef ALARM
}

static void a_hospital_sees_its_own_day_only_on_the_slow_lane(void **state)
{
	(void)state;
	begin();
	(void)own_day(&agreeing);
	stage_expect_lane("day_counts", "slow");
	ask.hospital_code = paper_text(HOSPITAL);
	(void)own_day(&agreeing);
	ask.hospital_code = paper_text(OTHER_HOSPITAL);
	stage_clear();
	assert_int_equal(stage_call(&own_method, &ask), STATUS_SCOPE_NOT_ALLOWED);
	stage_expect_nothing_sent();
}

static void an_officer_sees_the_hospitals_of_the_own_scope(void **state)
{
	const Rxcirc__V1__ReconcileDayResponse *reply;

	(void)state;
	begin();
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	ask.page_size = 1;
	stage_clear();
	answer_counts(&agreeing, 1);
	assert_int_equal(stage_call(&all_method, &ask), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__reconcile_day_response__descriptor);
	assert_string_equal(reply->hospitals[0]->hospital_code, HOSPITAL);
	stage_as(CALLER_CITY_OFFICER, OFFICE, "149900");
	stage_clear();
	assert_int_equal(stage_call(&all_method, &ask), STATUS_OK); /* nobody there */
	stage_expect_nothing_sent();
	ask.hospital_code = paper_text(HOSPITAL);
	assert_int_equal(stage_call(&all_method, &ask), STATUS_SCOPE_NOT_ALLOWED);
	ask.hospital_code = paper_text(PHARMACY);
	assert_int_equal(stage_call(&all_method, &ask), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "hospital_code");
}

/* So many numbers that do not agree. */
static void answer_numbers(unsigned count)
{
	struct fake_cell *cells = papers_alloc(6 * (count + 1) * sizeof(*cells));
	uint8_t (*macs)[32] = papers_alloc(32 * (count + 1));

	for (unsigned i = 0; i < count; i++) {
		char text[16];

		(void)snprintf(text, sizeof(text), "N-%03u", i);
		memset(macs[i], (int)i, 32);
		cells[6 * i] = fake_text(kept(text));
		cells[6 * i + 1] = (struct fake_cell)FAKE_BYTES(macs[i], 32);
		cells[6 * i + 2] = (struct fake_cell)FAKE_BOOL(true);
		cells[6 * i + 3] = (struct fake_cell)FAKE_I64(0);
		cells[6 * i + 4] = (struct fake_cell)FAKE_BOOL(false);
		cells[6 * i + 5] = (struct fake_cell)FAKE_NULL;
	}
	fake_pg_answer("day_numbers", 6, cells, count);
}

static const Rxcirc__V1__ReconcileDayResponse *page_of(unsigned rows)
{
	stage_clear();
	answer_counts(&agreeing, 1);
	answer_numbers(rows);
	assert_int_equal(stage_call(&own_method, &ask), STATUS_OK);
	return stage_reply(&rxcirc__v1__reconcile_day_response__descriptor);
}

static void numbers_come_in_pages_of_500_and_go_on_where_the_last_ended(void **state)
{
	const Rxcirc__V1__ReconcileDayResponse *reply;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	reply = page_of(DAY_PAGE_MAX);
	assert_int_equal(reply->n_numbers, DAY_PAGE_MAX);
	assert_int_equal(reply->next.len, 0);
	reply = page_of(DAY_PAGE_MAX + 1);
	assert_int_equal(reply->n_numbers, DAY_PAGE_MAX);
	assert_int_equal(reply->next.len, 32 + 5);
	ask.after = reply->next;
	(void)page_of(0);
	u = fake_pg_last("day_numbers", &q);
	assert_true(slice_equal(fake_value(u, q, 3), slice_of_text("N-499")));
	assert_int_equal(fake_value(u, q, 4).len, 32);
	assert_int_equal(fake_number(u, q, 5), DAY_PAGE_MAX + 1);
	ask.after = paper_bytes("short", 5);
	stage_clear();
	assert_int_equal(stage_call(&own_method, &ask), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "after");
	begin();
	ask.page_size = DAY_PAGE_MAX + 1;
	assert_int_equal(stage_call(&own_method, &ask), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page_size");
	begin();
	ask.day = paper_text("2026-13-01");
	assert_int_equal(stage_call(&own_method, &ask), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "day");
}

/* ---- real-name checks ------------------------------------------------------------------------ */

static void a_reported_check_is_stored_as_digests_of_its_person(void **state)
{
	static const char *const secrets[] = {PERSON, "AUTH-1", "PAY-77"};
	const struct fake_unit *u;
	uint8_t person[PERSON_KEY_LEN];
	unsigned q;

	(void)state;
	begin();
	report.payment_order = paper_text("PAY-77");
	answer_entry("identity_check_put", true, true);
	assert_int_equal(stage_call(&report_method, &report), STATUS_OK);
	u = fake_pg_last("identity_check_put", &q);
	digest_person(person, stage.keys, PERSON);
	assert_int_equal(fake_number(u, q, 0), person[0] << 8 | person[1]);
	assert_true(slice_equal(fake_value(u, q, 11), slice_of(person, sizeof(person))));
	for (int p = 0; p < u->queries[q].params; p++)
		for (unsigned s = 0; s < ARRAY_LEN(secrets); s++) {
			struct slice v = u->queries[q].param[p].value;

			assert_true(v.len == 0 ||
				memmem(v.data, v.len, secrets[s], strlen(secrets[s])) == NULL);
		}
}

static void the_upload_names_its_check_by_the_same_digest(void **state)
{
	struct rx_paper *paper = papers_alloc(sizeof(*paper));
	uint8_t serial[32];
	const struct fake_unit *u;
	const struct fake_cell is_new[] = {FAKE_BOOL(true), FAKE_BOOL(true)};
	unsigned q;

	(void)state;
	begin();
	rx_paper_init(paper, &stage.province);
	report.serial = paper_text(paper->m.real_name_serial);
	answer_entry("identity_check_put", true, true);
	assert_int_equal(stage_call(&report_method, &report), STATUS_OK);
	u = fake_pg_last("identity_check_put", &q);
	memcpy(serial, fake_value(u, q, 12).data, 32);
	stage_clear();
	fake_pg_answer("prescription_put", 2, is_new, 1);
	assert_int_equal(stage_call(&upload_method, upload_of(paper, &stage.province)), STATUS_OK);
	u = fake_pg_last("prescription_put", &q);
	assert_memory_equal(fake_value(u, q, 30).data, serial, 32);
	assert_int_equal(fake_number(u, q, 27), date_day_of(paper->m.issued_at_ms));
}

static void faults_of_a_reported_check(void **state)
{
	char long_text[SERIAL_MAX + 2];

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	long_text[SERIAL_MAX + 1] = '\0';
#define FAULT(spoil, field) \
	begin(); \
	spoil; \
	assert_int_equal(stage_call(&report_method, &report), STATUS_FIELD_INVALID); \
	stage_expect_found("FIELD", field); \
	stage_expect_nothing_sent()
	FAULT(report.serial = paper_text(""), "serial");
	FAULT(report.serial = kept(long_text), "serial");
	FAULT(report.voucher_id = paper_text(""), "voucher_id");
	FAULT(report.mode = 0, "mode");
	FAULT(report.mode = 5, "mode");
	FAULT(report.checked_at_ms = 0, "checked_at_ms");
	FAULT(report.checked_at_ms = noon_ms + SIGNED_AT_SKEW_MS_MAX + 1, "checked_at_ms");
	FAULT(report.channel = paper_text("a b"), "channel");
	FAULT(long_text[65] = '\0'; report.payment_order = kept(long_text), "payment_order");
#undef FAULT
	begin();
	long_text[64] = '\0';
	report.payment_order = kept(long_text);
	answer_entry("identity_check_put", true, true);
	assert_int_equal(stage_call(&report_method, &report), STATUS_OK);
	stage_clear();
	answer_entry("identity_check_put", false, false);
	assert_int_equal(stage_call(&report_method, &report), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "serial");
}

/* ---- lateness -------------------------------------------------------------------------------- */

static void every_new_upload_is_counted_by_its_hospital(void **state)
{
	static struct lateness late;
	struct ledger l;

	(void)state;
	memset(&late, 0, sizeof(late));
	stage.shop.lateness = &late;
	begin();
	scene_upload(&l, NULL);
	stage.shop.lateness = NULL;
	assert_non_null(lateness_find(&late, HOSPITAL));
	assert_null(lateness_at(&late, 1));
}

static void what_more_than_128_hospitals_say_is_told_together(void **state)
{
	static struct lateness late;
	char code[INSTITUTION_CODE_MAX + 1];

	(void)state;
	memset(&late, 0, sizeof(late));
	for (unsigned i = 0; i < LATENESS_HOSPITALS_MAX + 2; i++) {
		(void)snprintf(code, sizeof(code), "H%011u", i);
		lateness_observe(&late, code, -5);
		assert_int_equal(lateness_find(&late, code) != NULL, i < LATENESS_HOSPITALS_MAX);
	}
	assert_string_equal(lateness_at(&late, LATENESS_HOSPITALS_MAX)->hospital, LATENESS_OTHERS);
	assert_null(lateness_at(&late, LATENESS_HOSPITALS_MAX + 1));
	assert_int_equal(late.rows[LATENESS_HOSPITALS_MAX].ms.buckets[0], 2);
	assert_int_equal(late.rows[LATENESS_HOSPITALS_MAX].ms.sum, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(a_declared_page_is_one_statement_with_its_event, "JIN15-1.3a"),
		STAGED(a_page_has_500_numbers_a_day_5000_and_a_number_40_characters),
		STAGED(faults_of_a_declaration),
		STAGED(another_count_under_the_same_revision_is_refused),
		STAGED(the_same_call_again_gets_the_same_answer_behind_a_barrier),
		STAGED(an_unknown_outcome_is_asked_again_and_never_told_as_a_failure),
		STAGED(every_allocation_of_an_entry_may_fail),
		STAGED_PROVES(anything_that_does_not_agree_is_an_alarm, "JIN15-1.3a"),
		STAGED(a_hospital_sees_its_own_day_only_on_the_slow_lane),
		STAGED(an_officer_sees_the_hospitals_of_the_own_scope),
		STAGED(numbers_come_in_pages_of_500_and_go_on_where_the_last_ended),
		STAGED_PROVES(a_reported_check_is_stored_as_digests_of_its_person, "TJ2-23a"),
		STAGED_PROVES(the_upload_names_its_check_by_the_same_digest, "TJ2-23a"),
		STAGED(faults_of_a_reported_check),
		STAGED_PROVES(every_new_upload_is_counted_by_its_hospital, "TJ2-23a"),
		STAGED(what_more_than_128_hospitals_say_is_told_together),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("day", tests, stage_open, stage_close);
}
