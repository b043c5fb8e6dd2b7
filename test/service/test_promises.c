/* What an answer promises: exactly the event it stands for, the same again when the call is
 * repeated, and nothing where nothing was written. */
#include "test/service/records.h"

#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"
#include "crypto/own_grant.h"
#include "proto/voucher.h"
#include "rxcirc/v1/event.pb-c.h"
#include "rxcirc/v1/insured.pb-c.h"

static const struct method declare_method = {"rxcirc.v1.Hospital/DeclareDay", declare_day_start};
static const struct method download_method = {"rxcirc.v1.Pharmacy/DownloadPrescription",
	download_prescription_start};

static const struct fake_cell yes[] = {FAKE_BOOL(true), FAKE_BOOL(true)};
static const struct fake_cell no[] = {FAKE_BOOL(false), FAKE_BOOL(false)};
static const struct fake_cell known[] = {FAKE_BOOL(false), FAKE_BOOL(true)};

static struct ledger l;

#define FOR_EACH_ACT(act) \
	for (enum act act = 0; act < ACTS; act++, (void)stage_strike(state), (void)stage_set(state))

/* The promise of what this statement wrote, whose leaf names the event, too. */
static struct promise written(const char *statement, const struct promise_params *params,
	Rxcirc__V1__EventKind kind)
{
	struct promise wrote = promise_written(statement, params);
	unsigned q;
	const struct fake_unit *u = fake_pg_last(statement, &q);
	const Rxcirc__V1__EventLeaf *leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor,
		fake_value(u, q, params->leaf));

	assert_int_equal(leaf->kind, kind);
	assert_int_equal(leaf->event_id.len, EVENT_ID_LEN);
	assert_memory_equal(leaf->event_id.data, wrote.event_id, EVENT_ID_LEN);
	assert_int_equal(leaf->at_ms, wrote.at_ms);
	return wrote;
}

static struct slice copy_of(struct slice v)
{
	return slice_of(memcpy(papers_alloc(v.len + 1), v.data, v.len), v.len);
}

/* ---- uploads ---- */

static enum status_reason upload(const Rxcirc__V1__UploadPrescriptionRequest *message)
{
	scene_as(PHYSICIAN);
	return stage_call(&upload_method, message);
}

static const Rxcirc__V1__UploadPrescriptionRequest *uploaded(void)
{
	struct rx_paper *paper = papers_alloc(sizeof(*paper));
	const Rxcirc__V1__UploadPrescriptionRequest *message;
	const struct fake_unit *u;
	struct promise wrote;
	unsigned q;

	stage_clear();
	rx_paper_init(paper, &stage.province);
	message = upload_of(paper, &stage.province);
	fake_pg_answer("prescription_put", 2, yes, 1);
	assert_int_equal(upload(message), STATUS_OK);
	wrote = written("prescription_put", &promise_of_upload,
		RXCIRC__V1__EVENT_KIND__EVENT_KIND_UPLOADED);
	promise_expect(&wrote);
	u = fake_pg_last("prescription_put", &q);
	assert_int_equal(fake_time(u, q, 7), wrote.at_ms); /* as it is kept with the answer */
	ledger_take_put(&l);
	return message;
}

static void an_upload_promises_its_event(void **state)
{
	(void)state;
	(void)uploaded();
}

static void an_upload_again_promises_what_was_promised_first(void **state)
{
	const void *message;

	(void)state;
	stage.keep_key = true;
	message = uploaded();
	stage_clear();
	stage.now_ms += MINUTE_MS;
	fake_pg_answer("prescription_put", 2, no, 1);
	ledger_answer_row(&l);
	promise_answer_kept("reply_load", l.reply_mac, l.reply, &l.promise);
	ledger_answer_replay(&l);
	assert_int_equal(upload(message), STATUS_OK);
	promise_expect(&l.promise);
}

/* Not the event that this call would have written, had it come first. */
static void an_upload_under_another_key_promises_the_first_ones_event(void **state)
{
	struct promise attempt;
	const void *message;

	(void)state;
	message = uploaded();
	stage_clear();
	stage.now_ms += MINUTE_MS;
	fake_pg_answer("prescription_put", 2, no, 1);
	ledger_answer_row(&l);
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	promise_answer_kept("reply_put", l.upload_mac, l.reply, &l.promise);
	assert_int_equal(upload(message), STATUS_OK);
	promise_expect(&l.promise);
	attempt = promise_written("prescription_put", &promise_of_upload);
	assert_memory_not_equal(attempt.event_id, l.promise.event_id, EVENT_ID_LEN);
	assert_int_not_equal(attempt.at_ms, l.promise.at_ms);
}

static void a_refused_upload_promises_nothing(void **state)
{
	const Rxcirc__V1__UploadPrescriptionRequest *message;
	struct rx_paper *paper = papers_alloc(sizeof(*paper));

	(void)state;
	(void)uploaded();
	stage_clear();
	rx_paper_init(paper, &stage.province);
	paper->lines[0].quantity_e4 += 10000; /* another paper under the same number */
	message = upload_of(paper, &stage.province);
	fake_pg_answer("prescription_put", 2, no, 1);
	ledger_answer_row(&l);
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	assert_int_equal(upload(message), STATUS_HOSPITAL_NUMBER_REUSED);
	promise_expect(NULL);
	stage_clear();
	paper->m.real_name_serial = paper_text("");
	assert_int_equal(upload(upload_of(paper, &stage.province)), STATUS_RULES_REFUSED);
	promise_expect(NULL);
	stage_clear();
	fake_pg_answer_failure("prescription_put", ERR_DB_AWAY, NULL);
	assert_int_equal(upload(message), STATUS_DATABASE_AWAY);
	promise_expect(NULL);
}

/* ---- changes ---- */

static enum status_reason act_call(enum act act, const void *message)
{
	return stage_call(act_method(act), message);
}

static void a_change_promises_its_event(void **state)
{
	static const Rxcirc__V1__EventKind kinds[ACTS] = {
		[ACT_CLAIM] = RXCIRC__V1__EVENT_KIND__EVENT_KIND_CLAIMED,
		[ACT_RELEASE] = RXCIRC__V1__EVENT_KIND__EVENT_KIND_RELEASED,
		[ACT_REVIEW] = RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVIEW_PASSED,
		[ACT_DISPENSE] = RXCIRC__V1__EVENT_KIND__EVENT_KIND_DISPENSED,
		[ACT_REVOKE] = RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVOKED,
	};

	FOR_EACH_ACT(act) {
		struct promise wrote;

		act_prepare(act, &l);
		ledger_answer_load(&l);
		ledger_answer_written(act_statement(act), true);
		assert_int_equal(act_call(act, act_message(act, &l)), STATUS_OK);
		wrote = written(act_statement(act), &promise_of_change, kinds[act]);
		promise_expect(&wrote);
	}
}

/* Of two tries only the second has happened. */
static void a_change_tried_again_promises_the_event_of_the_last_try(void **state)
{
	FOR_EACH_ACT(act) {
		struct promise wrote;

		act_prepare(act, &l);
		ledger_answer_load(&l);
		ledger_answer_written(act_statement(act), false);
		ledger_answer_load(&l);
		ledger_answer_written(act_statement(act), true);
		assert_int_equal(act_call(act, act_message(act, &l)), STATUS_OK);
		assert_int_equal(fake_pg_sent_count(), 4);
		wrote = promise_written(act_statement(act), &promise_of_change);
		promise_expect(&wrote);
	}
}

static void a_change_that_was_not_made_promises_nothing(void **state)
{
	FOR_EACH_ACT(act) {
		uint8_t other_mac[32] = {7};
		const void *message;

		act_prepare(act, &l);
		message = act_message(act, &l);
		ledger_answer_nothing();
		assert_int_equal(act_call(act, message), STATUS_PRESCRIPTION_NOT_FOUND);
		promise_expect(NULL);
		stage_clear();
		ledger_answer_replied(&l, other_mac, slice_of("x", 1));
		assert_int_equal(act_call(act, message), STATUS_IDEMPOTENCY_KEY_REUSED);
		promise_expect(NULL);
		stage_clear();
		ledger_answer_load(&l);
		fake_pg_answer_failure(act_statement(act), ERR_DB_AWAY, NULL);
		assert_int_equal(act_call(act, message), STATUS_DATABASE_AWAY);
		promise_expect(NULL);
		stage_clear(); /* another one was faster, and what it left does not fit */
		ledger_answer_load(&l);
		ledger_answer_written(act_statement(act), false);
		ledger_answer_nothing();
		assert_int_equal(act_call(act, message), STATUS_PRESCRIPTION_NOT_FOUND);
		promise_expect(NULL);
	}
}

/* Before there were promises the answer was kept alone. */
static void an_answer_kept_without_an_event_promises_nothing(void **state)
{
	FOR_EACH_ACT(act) {
		const void *message;

		act_prepare(act, &l);
		stage.keep_key = true;
		message = act_message(act, &l);
		ledger_answer_load(&l);
		ledger_answer_written(act_statement(act), true);
		assert_int_equal(act_call(act, message), STATUS_OK);
		ledger_take_change(&l);
		stage_clear();
		ledger_answer_replied(&l, l.reply_mac, l.reply);
		promise_answer_kept("reply_replay", l.reply_mac, l.reply, NULL);
		assert_int_equal(act_call(act, message), STATUS_OK);
		assert_true(slice_equal(stage.req.reply, l.reply));
		promise_expect(NULL);
	}
}

/* ---- entries ---- */

static Rxcirc__V1__DeclareDayRequest day;

static enum status_reason declare(const struct fake_cell *said)
{
	stage_clear();
	rxcirc__v1__declare_day_request__init(&day);
	day.day = paper_text("2026-05-29"); /* noon_ms lies in it */
	day.business_type = RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET;
	day.revision = 1;
	scene_as(PHYSICIAN);
	fake_pg_answer("day_declare", 2, said, 1);
	return stage_call(&declare_method, &day);
}

static enum status_reason declare_again(struct slice mac, struct slice reply,
	const struct promise *promise)
{
	stage_clear();
	fake_pg_answer("day_declare", 2, known, 1);
	promise_answer_kept("reply_replay", mac.data, reply, promise);
	return stage_call(&declare_method, &day);
}

static void an_entry_promises_its_event_and_the_same_again(void **state)
{
	struct slice mac, reply;
	const struct fake_unit *u;
	struct promise wrote;
	unsigned q;

	(void)state;
	stage.keep_key = true;
	assert_int_equal(declare(yes), STATUS_OK);
	wrote = written("day_declare", &promise_of_entry,
		RXCIRC__V1__EVENT_KIND__EVENT_KIND_DAY_DECLARED);
	promise_expect(&wrote);
	u = fake_pg_last("day_declare", &q);
	mac = copy_of(fake_value(u, q, 4));
	reply = copy_of(fake_value(u, q, 5));
	stage.now_ms += MINUTE_MS;
	assert_int_equal(declare_again(mac, reply, &wrote), STATUS_OK);
	promise_expect(&wrote);
	assert_int_equal(declare_again(mac, reply, NULL), STATUS_OK);
	promise_expect(NULL);
	day.revision = 2; /* another call */
	assert_int_equal(declare_again(mac, reply, &wrote), STATUS_IDEMPOTENCY_KEY_REUSED);
	promise_expect(NULL);
}

static void an_entry_that_does_not_fit_promises_nothing(void **state)
{
	(void)state;
	assert_int_equal(declare(no), STATUS_FIELD_INVALID);
	promise_expect(NULL);
	stage_clear();
	fake_pg_answer_failure("day_declare", ERR_OUTCOME_UNKNOWN, NULL);
	fake_pg_answer_failure("day_declare", ERR_DB_AWAY, NULL);
	assert_int_equal(stage_call(&declare_method, &day), STATUS_OUTCOME_UNKNOWN);
	promise_expect(NULL);
}

/* ---- the registry ---- */

static void a_registry_change_promises_its_event_and_the_same_again(void **state)
{
	struct slice mac, reply;
	const struct fake_unit *u;
	struct promise wrote;
	unsigned q;

	(void)state;
	stage.keep_key = true;
	records_begin();
	CHOOSE(region, REGION);
	record_answer("region_put", true);
	assert_int_equal(record_put(), STATUS_OK);
	wrote = written("region_put", &promise_of_registry,
		RXCIRC__V1__EVENT_KIND__EVENT_KIND_REGISTRY_CHANGED);
	promise_expect(&wrote);
	u = fake_pg_last("region_put", &q);
	mac = copy_of(fake_value(u, q, 9));
	reply = copy_of(fake_value(u, q, 10));
	stage.now_ms += MINUTE_MS;
	for (unsigned i = 0; i < 2; i++) {
		const struct promise *kept = i == 0 ? &wrote : NULL;

		stage_clear();
		promise_answer_kept("reply_load", mac.data, reply, kept);
		promise_answer_kept("reply_replay", mac.data, reply, kept);
		assert_int_equal(record_put(), STATUS_OK);
		promise_expect(kept);
	}
}

/* Nothing new: the trail says nothing of it. */
static void an_unchanged_record_promises_nothing(void **state)
{
	(void)state;
	records_begin();
	CHOOSE(region, REGION);
	record_answer("region_put", false);
	assert_int_equal(record_put(), STATUS_OK);
	promise_expect(NULL);
}

static void a_refused_record_promises_nothing(void **state)
{
	uint8_t other_mac[32] = {7};

	(void)state;
	records_begin();
	CHOOSE(region, REGION);
	promise_answer_kept("reply_load", other_mac, slice_of("x", 1), NULL);
	assert_int_equal(record_put(), STATUS_IDEMPOTENCY_KEY_REUSED);
	promise_expect(NULL);
	stage_clear();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer_failure("region_put", ERR_DB_REFUSED, "23514");
	assert_int_equal(record_put(), STATUS_REGISTRY_RECORD_INVALID);
	promise_expect(NULL);
}

/* ---- showing an e-voucher, downloading ---- */

static const char *code(enum voucher_purpose purpose)
{
	struct voucher v = {.purpose = purpose, .issued_at_ms = noon_ms, .life_s = 60, .id = PERSON};
	char *text = papers_alloc(VOUCHER_TEXT_MAX + 1);

	memcpy(v.key_id, stage.province.voucher_pair.id, KEY_ID_LEN);
	ensure(voucher_issue(text, &v, stage.province.voucher_pair.secret) == 0);
	return text;
}

static void answer_shown(bool open, bool accepted)
{
	const struct fake_cell used = FAKE_BOOL(accepted);
	const struct ledger *one = &l;

	stage_clear();
	ledger_answer_search(&one, 1, open);
	fake_pg_answer("voucher_use", 1, &used, 1);
}

static void an_accepted_presentation_promises_the_event_that_it_was_accepted(void **state)
{
	Rxcirc__V1__PullPrescriptionsRequest pull = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;
	Rxcirc__V1__ListOwnPrescriptionsRequest list = RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_REQUEST__INIT;
	struct promise wrote;

	(void)state;
	scene_upload(&l, NULL);
	pull.voucher_code = paper_text(code(VOUCHER_PURPOSE_PULL));
	scene_as(PHARMACIST);
	answer_shown(true, true);
	assert_int_equal(stage_call(&pull_method, &pull), STATUS_OK);
	wrote = written("voucher_use", &promise_of_use, RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED);
	promise_expect(&wrote);
	list.voucher_code = paper_text(code(VOUCHER_PURPOSE_IDENTITY));
	stage_as(CALLER_CHANNEL, CHANNEL, HOME_REGION);
	answer_shown(false, true);
	assert_int_equal(stage_call(&list_method, &list), STATUS_OK);
	wrote = written("voucher_use", &promise_of_use, RXCIRC__V1__EVENT_KIND__EVENT_KIND_LISTED);
	promise_expect(&wrote);
}

static void a_list_by_grant_promises_the_event_that_was_written_alone(void **state)
{
	Rxcirc__V1__ListOwnPrescriptionsRequest list = RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_REQUEST__INIT;
	uint8_t grant[OWN_GRANT_LEN];
	const struct ledger *one = &l;
	struct promise wrote;

	(void)state;
	scene_upload(&l, NULL);
	own_grant_make(grant, stage.keys, l.person_key, CHANNEL, noon_ms + 1);
	list.own_grant = paper_bytes(grant, sizeof(grant));
	stage_as(CALLER_CHANNEL, CHANNEL, HOME_REGION);
	stage_clear();
	ledger_answer_search(&one, 1, false);
	promise_answer_event();
	assert_int_equal(stage_call(&list_method, &list), STATUS_OK);
	wrote = written("event_put", &promise_of_event, RXCIRC__V1__EVENT_KIND__EVENT_KIND_LISTED);
	promise_expect(&wrote);
}

/* The trail knows of the refusal; whoever was refused gets no receipt for it. */
static void a_refused_presentation_promises_nothing(void **state)
{
	Rxcirc__V1__PullPrescriptionsRequest pull = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;

	(void)state;
	scene_upload(&l, NULL);
	pull.voucher_code = paper_text(code(VOUCHER_PURPOSE_PULL));
	scene_as(PHARMACIST);
	answer_shown(true, false);
	assert_int_equal(stage_call(&pull_method, &pull), STATUS_VOUCHER_REPLAYED);
	promise_expect(NULL);
	answer_shown(true, true);
	promise_answer_event();
	pull.voucher_code = paper_text(code(VOUCHER_PURPOSE_IDENTITY));
	assert_int_equal(stage_call(&pull_method, &pull), STATUS_VOUCHER_PURPOSE);
	assert_int_equal(fake_pg_sent_count(), 1); /* the event */
	promise_expect(NULL);
}

static enum status_reason download(bool accepted)
{
	Rxcirc__V1__DownloadPrescriptionRequest download =
		RXCIRC__V1__DOWNLOAD_PRESCRIPTION_REQUEST__INIT;
	const struct fake_cell used = FAKE_BOOL(accepted);
	uint8_t grant[DOWNLOAD_GRANT_LEN], nonce[VOUCHER_NONCE_LEN] = {0x77};

	download_grant_make(grant, stage.keys, l.rx_id, PHARMACY, nonce, noon_ms + 1);
	download.rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
	download.download_grant = paper_bytes(grant, sizeof(grant));
	scene_as(PHARMACIST);
	stage_clear();
	ledger_answer_row(&l);
	ledger_answer_documents(&l);
	fake_pg_answer("voucher_use", 1, &used, 1);
	return stage_call(&download_method, &download);
}

static void a_download_promises_its_event_and_a_refused_one_nothing(void **state)
{
	struct promise wrote;

	(void)state;
	scene_upload(&l, NULL);
	assert_int_equal(download(true), STATUS_OK);
	wrote = written("voucher_use", &promise_of_use,
		RXCIRC__V1__EVENT_KIND__EVENT_KIND_DOWNLOADED);
	promise_expect(&wrote);
	assert_int_equal(download(false), STATUS_DOWNLOAD_GRANT_USED);
	promise_expect(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(an_upload_promises_its_event),
		STAGED(an_upload_again_promises_what_was_promised_first),
		STAGED(an_upload_under_another_key_promises_the_first_ones_event),
		STAGED(a_refused_upload_promises_nothing),
		STAGED(a_change_promises_its_event),
		STAGED(a_change_tried_again_promises_the_event_of_the_last_try),
		STAGED(a_change_that_was_not_made_promises_nothing),
		STAGED(an_answer_kept_without_an_event_promises_nothing),
		STAGED(an_entry_promises_its_event_and_the_same_again),
		STAGED(an_entry_that_does_not_fit_promises_nothing),
		STAGED(a_registry_change_promises_its_event_and_the_same_again),
		STAGED(an_unchanged_record_promises_nothing),
		STAGED(a_refused_record_promises_nothing),
		STAGED(an_accepted_presentation_promises_the_event_that_it_was_accepted),
		STAGED(a_list_by_grant_promises_the_event_that_was_written_alone),
		STAGED(a_refused_presentation_promises_nothing),
		STAGED(a_download_promises_its_event_and_a_refused_one_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("promises", tests, stage_open, stage_close);
}
