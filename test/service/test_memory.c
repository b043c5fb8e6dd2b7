/* Memory ends at the n-th allocation, for every n: each request ends once, as BUSY or as it should.
 *
 * Once with that allocation alone failing, once with all after it, too.  An answer that is given
 * in spite of it is word for word the answer of a server with memory.
 */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "proto/voucher.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "rxcirc/v1/directory.pb-c.h"
#include "rxcirc/v1/insured.pb-c.h"

enum { ALLOCATIONS_MAX = 3000 };

static struct ledger l;
static const struct ledger *one = &l;

struct play {
	const char *name;
	const struct method *method;
	const void *(*prepare)(void); /* once: state and message */
	void (*answer)(void);         /* before each call */
	bool is_random;               /* the answer holds something that is new each time */
};

static const struct fake_cell yes[] = {FAKE_BOOL(true), FAKE_BOOL(true)};
static const struct fake_cell no[] = {FAKE_BOOL(false), FAKE_BOOL(false)};

static const Rxcirc__V1__UploadPrescriptionRequest *good_upload(void)
{
	struct rx_paper *paper = papers_alloc(sizeof(*paper));

	rx_paper_init(paper, &stage.province);
	return upload_of(paper, &stage.province);
}

static const void *prepare_upload(void)
{
	scene_as(PHYSICIAN);
	return good_upload();
}

static void answer_new(void)
{
	fake_pg_answer("prescription_put", 2, yes, 1);
}

static const void *prepare_same_upload(void)
{
	const Rxcirc__V1__UploadPrescriptionRequest *m = good_upload();

	scene_as(PHYSICIAN);
	fake_pg_answer("prescription_put", 2, yes, 1);
	ensure(stage_call(&upload_method, m) == STATUS_OK);
	ledger_take_put(&l);
	return m;
}

static void answer_old(void)
{
	fake_pg_answer("prescription_put", 2, no, 1);
	ledger_answer_row(&l);
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	promise_answer_kept("reply_put", l.reply_mac, l.reply, &l.promise);
}

static void answer_replayed(void)
{
	fake_pg_answer("prescription_put", 2, no, 1);
	ledger_answer_row(&l);
	promise_answer_kept("reply_load", l.reply_mac, l.reply, &l.promise);
	ledger_answer_replay(&l);
}

/* Beside an earlier prescription of another drug. */
static const void *prepare_check(void)
{
	const Rxcirc__V1__UploadPrescriptionRequest *upload;
	Rxcirc__V1__CheckPrescriptionRequest *m = papers_alloc(sizeof(*m));
	struct rx_paper *other = papers_alloc(sizeof(*other));

	rx_paper_init(other, &stage.province);
	other->m.hospital_rx_no = paper_text("TYIH-2026-0529-000001");
	other->m.n_lines = 1;
	other->lines[0].drug_code = paper_text(stage.province.drugs[METFORMIN].code);
	other->lines[0].generic_name = paper_text(stage.province.drugs[METFORMIN].name);
	scene_upload(&l, other);
	upload = good_upload();
	rxcirc__v1__check_prescription_request__init(m);
	m->prescription = upload->prescription;
	m->hospital_review = upload->hospital_review;
	scene_as(PHYSICIAN);
	return m;
}

static void answer_check(void)
{
	ledger_answer_search(&one, 1, false);
}

static const void *prepare_explain(void)
{
	Rxcirc__V1__ExplainDecisionRequest *m = papers_alloc(sizeof(*m));

	scene_upload(&l, NULL);
	rxcirc__v1__explain_decision_request__init(m);
	m->rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
	m->purpose = paper_text("complaint");
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	return m;
}

static const void *prepare_rules(void)
{
	Rxcirc__V1__ListRulesRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__list_rules_request__init(m);
	return m;
}

static const void *prepare_parameters(void)
{
	Rxcirc__V1__ListParametersRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__list_parameters_request__init(m);
	return m;
}

static void answer_nothing(void)
{
}

static const void *prepare_get(void)
{
	Rxcirc__V1__GetPrescriptionRequest *m = papers_alloc(sizeof(*m));

	act_prepare(ACT_DISPENSE, &l);
	rxcirc__v1__get_prescription_request__init(m);
	m->rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
	scene_as(PHYSICIAN);
	return m;
}

static void answer_get(void)
{
	ledger_answer_row(&l);
	ledger_answer_documents(&l);
	promise_answer_event();
}

static char *code_for(enum voucher_purpose purpose)
{
	struct voucher v = {.purpose = purpose, .issued_at_ms = noon_ms, .life_s = 60, .id = PERSON};
	char *code = papers_alloc(VOUCHER_TEXT_MAX + 1);

	memcpy(v.key_id, stage.province.voucher_pair.id, KEY_ID_LEN);
	ensure(voucher_issue(code, &v, stage.province.voucher_pair.secret) == 0);
	return code;
}

static const void *prepare_pull(void)
{
	Rxcirc__V1__PullPrescriptionsRequest *m = papers_alloc(sizeof(*m));

	act_prepare(ACT_DISPENSE, &l);
	rxcirc__v1__pull_prescriptions_request__init(m);
	m->voucher_code = code_for(VOUCHER_PURPOSE_PULL);
	scene_as(PHARMACIST);
	return m;
}

static void answer_pull(void)
{
	ledger_answer_search(&one, 1, true);
	fake_pg_answer("voucher_use", 1, yes, 1);
}

static const void *prepare_list(void)
{
	Rxcirc__V1__ListOwnPrescriptionsRequest *m = papers_alloc(sizeof(*m));

	act_prepare(ACT_DISPENSE, &l);
	rxcirc__v1__list_own_prescriptions_request__init(m);
	m->voucher_code = code_for(VOUCHER_PURPOSE_IDENTITY);
	stage_as(CALLER_CHANNEL, CHANNEL, HOME_REGION);
	return m;
}

static void answer_list(void)
{
	ledger_answer_search(&one, 1, false);
	fake_pg_answer("voucher_use", 1, yes, 1);
}

#define ACT(name, ACT) \
	static const void *prepare_##name(void) \
	{ \
		act_prepare(ACT, &l); \
		return act_message(ACT, &l); \
	} \
	static void answer_##name(void) \
	{ \
		ledger_answer_load(&l); \
		ledger_answer_written(act_statement(ACT), true); \
	}
ACT(claim, ACT_CLAIM)
ACT(release, ACT_RELEASE)
ACT(review, ACT_REVIEW)
ACT(dispense, ACT_DISPENSE)
ACT(revoke, ACT_REVOKE)

/* The second time around after a lost race. */
static void answer_lost_once(void)
{
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", false);
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", true);
}

static const void *prepare_trail(void)
{
	Rxcirc__V1__QueryTrailRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__query_trail_request__init(m);
	m->purpose = paper_text("核查");
	m->voucher_id = paper_text(PERSON);
	m->page_size = 2;
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	return m;
}

static void answer_trail(void)
{
	static const uint8_t bytes[64];
	const struct fake_cell rows[] = {
		FAKE_TIME(1), FAKE_BYTES(bytes, 16), FAKE_BYTES(bytes, 50), FAKE_BYTES(bytes, 32),
		FAKE_I64(0),
		FAKE_TIME(2), FAKE_BYTES(bytes, 16), FAKE_BYTES(bytes, 50), FAKE_BYTES(bytes, 32),
		FAKE_I64(7),
	};

	promise_answer_event();
	fake_pg_answer("trail_by_person", 5, rows, 2);
}

static const void *prepare_put(void)
{
	Rxcirc__V1__PutRegistryRecordRequest *m = papers_alloc(sizeof(*m));
	Rxcirc__V1__Region *region = papers_alloc(sizeof(*region));

	rxcirc__v1__put_registry_record_request__init(m);
	m->record = papers_alloc(sizeof(*m->record));
	rxcirc__v1__registry_record__init(m->record);
	rxcirc__v1__region__init(region);
	region->code = paper_text("140105");
	region->name = paper_text("小店区");
	m->record->record_case = RXCIRC__V1__REGISTRY_RECORD__RECORD_REGION;
	m->record->region = region;
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	return m;
}

static void answer_put(void)
{
	static const struct fake_cell cells[] = {FAKE_BOOL(true), FAKE_I64(1)};

	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("region_put", 2, cells, 1);
}

static const void *prepare_service(void)
{
	Rxcirc__V1__PutServiceRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__put_service_request__init(m);
	m->code = paper_text("S1");
	m->name = paper_text("复诊");
	m->from_ms = noon_ms;
	stage_as(CALLER_HOSPITAL, HOSPITAL, HOME_REGION);
	return m;
}

static void answer_service(void)
{
	static const struct fake_cell cells[] = {FAKE_BOOL(true), FAKE_I64(1)};

	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("item_put", 2, cells, 1);
}

/* Officers' duties, departments and statements take the most memory to show. */
static const void *prepare_query(Rxcirc__V1__RegistryKind kind)
{
	Rxcirc__V1__QueryRegistryRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__query_registry_request__init(m);
	m->kind = kind;
	m->page_size = 2;
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	return m;
}

static const void *prepare_query_practices(void)
{
	return prepare_query(RXCIRC__V1__REGISTRY_KIND__REGISTRY_KIND_PRACTICE);
}

static const void *prepare_query_keys(void)
{
	return prepare_query(RXCIRC__V1__REGISTRY_KIND__REGISTRY_KIND_KEY);
}

static const struct method service_method = {"rxcirc.v1.Hospital/PutService", put_service_start};
static const struct method query_method = {"rxcirc.v1.Agency/QueryRegistry",
	query_registry_start};

static const struct play plays[] = {
	{"upload", &upload_method, prepare_upload, answer_new},
	{"same upload, another key", &upload_method, prepare_same_upload, answer_old},
	{"same upload, same key", &upload_method, prepare_same_upload, answer_replayed},
	{"check", &check_method, prepare_check, answer_check},
	{"explain", &explain_method, prepare_explain, answer_get},
	{"rules", &rules_method, prepare_rules, answer_nothing},
	{"parameters", &parameters_method, prepare_parameters, answer_nothing},
	{"get", &get_method, prepare_get, answer_get},
	{"pull", &pull_method, prepare_pull, answer_pull},
	{"list", &list_method, prepare_list, answer_list, true},
	{"claim", &claim_method, prepare_claim, answer_claim},
	{"claim after a lost race", &claim_method, prepare_claim, answer_lost_once},
	{"release", &release_method, prepare_release, answer_release},
	{"review", &review_method, prepare_review, answer_review},
	{"dispense", &dispense_method, prepare_dispense, answer_dispense},
	{"revoke", &revoke_method, prepare_revoke, answer_revoke},
	{"trail", &trail_method, prepare_trail, answer_trail},
	{"put registry record", &put_method, prepare_put, answer_put},
	{"put service", &service_method, prepare_service, answer_service},
	{"query practices", &query_method, prepare_query_practices, answer_nothing},
	{"query keys", &query_method, prepare_query_keys, answer_nothing},
};

static void play_until_enough(const struct play *play, const void *m, struct slice expected)
{
	for (unsigned n = 1; n <= ALLOCATIONS_MAX; n++) {
		enum status_reason status;

		stage_clear();
		play->answer();
		stage.fail_at = n;
		status = stage_call(play->method, m);
		stage.fail_at = 0;
		if (status == STATUS_OK && (play->is_random ? stage.req.reply.len != expected.len :
				!slice_equal(stage.req.reply, expected)))
			fail_msg("%s, allocation %u: another answer", play->name, n);
		if (status != STATUS_OK && status != STATUS_BUSY)
			fail_msg("%s, allocation %u: %s", play->name, n, status_row_of(status)->reason);
		if (stage.has_failed)
			continue;
		assert_int_equal(status, STATUS_OK);
		return;
	}
	fail_msg("%s: more than %d allocations", play->name, ALLOCATIONS_MAX);
}

static void play_each(void **state, bool all)
{
	for (unsigned i = 0; i < ARRAY_LEN(plays); i++) {
		const void *m;
		struct slice reply;
		uint8_t *copy;

		stage.keep_key = true; /* the same request each time */
		m = plays[i].prepare();
		stage_clear();
		plays[i].answer();
		assert_int_equal(stage_call(plays[i].method, m), STATUS_OK);
		copy = papers_alloc(stage.req.reply.len + 1);
		if (stage.req.reply.len > 0)
			memcpy(copy, stage.req.reply.data, stage.req.reply.len);
		reply = slice_of(copy, stage.req.reply.len);
		stage.fail_all = all;
		play_until_enough(&plays[i], m, reply);
		(void)stage_strike(state);
		(void)stage_set(state);
	}
}

static void one_allocation_fails(void **state)
{
	play_each(state, false);
}

static void all_allocations_fail_from_one_on(void **state)
{
	play_each(state, true);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(one_allocation_fails),
		STAGED(all_allocations_fail_from_one_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("memory", tests, stage_open, stage_close);
}
