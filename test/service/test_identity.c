/* A person shows who he is without an e-voucher code, and a person who is suspended. */
#include "test/service/scene.h"

#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"
#include "proto/voucher.h"
#include "rxcirc/v1/insured.pb-c.h"

enum { FRESH_MS = SIGNED_AT_SKEW_MS_MAX, REPEAT_MS = FRESH_MS + VOUCHER_REPEAT_S_MAX * 1000 };

static struct ledger l;
static Rxcirc__V1__PullPrescriptionsRequest pull;
static Rxcirc__V1__IdentityPresentation identity;

/* The person's check at the counter of a region that takes these ways. */
static void begin(const char *modes)
{
	rxcirc__v1__pull_prescriptions_request__init(&pull);
	rxcirc__v1__identity_presentation__init(&identity);
	identity.mode = RXCIRC__V1__IDENTITY_MODE__IDENTITY_MODE_ID_CARD;
	identity.serial = paper_text("CHK-20260529-000017");
	identity.operator_code = paper_text("OP-08");
	identity.device = paper_text("T-14010500001-2");
	identity.voucher_id = paper_text(PERSON);
	identity.checked_at_ms = noon_ms - MINUTE_MS;
	pull.identity = &identity;
	scene_upload(&l, NULL); /* before anybody was kept from anything */
	if (modes != NULL) {
		(void)province_parameter(&stage.province, HOME_REGION, "identity-modes", modes);
		stage_rebuild();
	}
	scene_as(PHARMACIST);
}

static void answer(bool used)
{
	const struct ledger *one = &l;
	const struct fake_cell accepted = FAKE_BOOL(used);

	stage_clear();
	ledger_answer_search(&one, 1, true);
	fake_pg_answer("voucher_use", 1, &accepted, 1);
}

static enum status_reason ask(bool used)
{
	answer(used);
	return stage_call(&pull_method, &pull);
}

static const Rxcirc__V1__EventLeaf *leaf_of(const char *statement, unsigned param)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last(statement, &q);

	return stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, param));
}

/* Refused, with an event and without a look at anybody's prescriptions. */
static void expect_refused(enum status_reason expected, bool person_is_believed)
{
	const struct fake_unit *u;
	unsigned q;

	stage_clear();
	promise_answer_event();
	assert_int_equal(stage_call(&pull_method, &pull), expected);
	assert_int_equal(fake_pg_sent_count(), 1);
	u = fake_pg_last("event_put", &q);
	assert_int_equal(u->queries[q].param[5].is_null, !person_is_believed);
	assert_string_equal(leaf_of("event_put", 10)->reason, status_row_of(expected)->reason);
}

static void each_way_counts_where_its_region_took_it_and_is_recorded(void **state)
{
	static const struct {
		Rxcirc__V1__IdentityMode mode;
		const char *word;
	} ways[] = {
		{RXCIRC__V1__IDENTITY_MODE__IDENTITY_MODE_ID_CARD, "id-card"},
		{RXCIRC__V1__IDENTITY_MODE__IDENTITY_MODE_SOCIAL_CARD, "social-card"},
		{RXCIRC__V1__IDENTITY_MODE__IDENTITY_MODE_FACE, "face"},
	};

	for (unsigned on = 0; on < ARRAY_LEN(ways); on++) {
		begin(ways[on].word);
		for (unsigned i = 0; i < ARRAY_LEN(ways); i++) {
			const Rxcirc__V1__EventLeaf *leaf;

			identity.mode = ways[i].mode;
			if (i != on) {
				expect_refused(STATUS_IDENTITY_MODE_OFF, false);
				continue;
			}
			assert_int_equal(ask(true), STATUS_OK);
			leaf = leaf_of("voucher_use", 9);
			assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED);
			assert_int_equal(leaf->identity_mode, ways[i].mode);
			assert_string_equal(leaf->identity_device, identity.device);
			assert_string_equal(leaf->identity_operator, identity.operator_code);
		}
		(void)stage_strike(state);
		(void)stage_set(state);
	}
}

static void every_way_but_the_e_voucher_is_off_at_first(void **state)
{
	(void)state;
	begin(NULL);
	expect_refused(STATUS_IDENTITY_MODE_OFF, false);
	begin("voucher");
	expect_refused(STATUS_IDENTITY_MODE_OFF, false);
}

/* From writing the prescription to having it in hand nothing but the e-voucher is asked for. */
static void the_whole_way_goes_with_the_e_voucher_only(void **state)
{
	static const char *const modes[] = {NULL, "", "voucher", "id-card social-card face"};
	struct voucher voucher = {.purpose = VOUCHER_PURPOSE_PULL, .issued_at_ms = noon_ms,
		.life_s = 60, .id = PERSON};

	for (unsigned i = 0; i < ARRAY_LEN(modes); i++) {
		begin(modes[i]);
		pull.identity = NULL;
		pull.voucher_code = papers_alloc(VOUCHER_TEXT_MAX + 1);
		memcpy(voucher.key_id, stage.province.voucher_pair.id, KEY_ID_LEN);
		ensure(voucher_issue(pull.voucher_code, &voucher, stage.province.voucher_pair.secret) == 0);
		assert_int_equal(ask(true), STATUS_OK);
		assert_int_equal(leaf_of("voucher_use", 9)->identity_mode,
			RXCIRC__V1__IDENTITY_MODE__IDENTITY_MODE_VOUCHER);
		scene_claim(&l, PHARMACIST);
		scene_review(&l, PHARMACIST, true);
		scene_dispense(&l, PHARMACIST, NULL);
		assert_int_equal(l.use, 3);
		(void)stage_strike(state);
		(void)stage_set(state);
	}
}

static void a_check_is_used_up_once_by_its_serial(void **state)
{
	uint8_t first[VOUCHER_NONCE_LEN];
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin("id-card face");
	assert_int_equal(ask(true), STATUS_OK);
	u = fake_pg_last("voucher_use", &q);
	assert_int_equal(fake_value(u, q, 1).len, VOUCHER_NONCE_LEN);
	assert_int_equal(fake_number(u, q, 0), l.person_key[0] << 8 | l.person_key[1]);
	memcpy(first, fake_value(u, q, 1).data, sizeof(first));
	assert_int_equal(ask(false), STATUS_IDENTITY_CHECK_REPLAYED);
	u = fake_pg_last("voucher_use", &q);
	assert_memory_equal(fake_value(u, q, 1).data, first, sizeof(first));
	assert_string_equal(leaf_of("voucher_use", 13)->reason, "IDENTITY_CHECK_REPLAYED");
	identity.serial = paper_text("CHK-20260529-000018");
	assert_int_equal(ask(true), STATUS_OK);
	u = fake_pg_last("voucher_use", &q);
	assert_memory_not_equal(fake_value(u, q, 1).data, first, sizeof(first));
}

static void a_check_counts_five_minutes_and_its_repetition_a_quarter_of_an_hour_longer(void **state)
{
	(void)state;
	begin("id-card");
	identity.checked_at_ms = noon_ms + FRESH_MS;
	assert_int_equal(ask(true), STATUS_OK);
	identity.checked_at_ms++;
	expect_refused(STATUS_IDENTITY_CHECK_STALE, true);
	identity.checked_at_ms = noon_ms - FRESH_MS;
	assert_int_equal(ask(true), STATUS_OK);
	assert_int_equal(fake_number(fake_pg_sent(1), 0, 16), 1); /* may be new */
	identity.checked_at_ms--;
	assert_int_equal(ask(true), STATUS_OK);
	assert_int_equal(fake_number(fake_pg_sent(1), 0, 16), 0); /* only a repetition */
	assert_int_equal(ask(false), STATUS_IDENTITY_CHECK_STALE);
	identity.checked_at_ms = noon_ms - REPEAT_MS;
	assert_int_equal(ask(true), STATUS_OK);
	identity.checked_at_ms--;
	expect_refused(STATUS_IDENTITY_CHECK_STALE, true);
}

static void an_incomplete_check_shows_nobody(void **state)
{
#define FAULT(spoil, field) \
	begin("id-card"); \
	spoil; \
	stage_clear(); \
	assert_int_equal(stage_call(&pull_method, &pull), STATUS_FIELD_INVALID); \
	stage_expect_found("FIELD", field); \
	stage_expect_nothing_sent(); \
	(void)stage_strike(state); \
	(void)stage_set(state)
	FAULT(identity.mode = 0, "identity.mode");
	FAULT(identity.mode = RXCIRC__V1__IDENTITY_MODE__IDENTITY_MODE_VOUCHER, "identity.mode");
	FAULT(identity.mode = 5, "identity.mode");
	FAULT(identity.serial = paper_text(""), "identity.serial");
	FAULT(identity.serial = paper_text("a b"), "identity.serial");
	FAULT(identity.operator_code = paper_text("王"), "identity.operator_code");
	FAULT(identity.device = paper_text(""), "identity.device");
	FAULT(identity.voucher_id = paper_text(""), "identity.voucher_id");
	FAULT(pull.voucher_code = paper_text("RXV1.AAAA"), "voucher_code, identity");
#undef FAULT
}

/* ---- suspended persons ---------------------------------------------------------------------- */

static struct person_block *block(enum block_scope scope)
{
	struct person_block *b = &stage.province.blocks[stage.province.block_count++];

	digest_person(b->person_key, stage.keys, PERSON);
	b->scope = scope;
	b->from_ms = noon_ms;
	b->until_ms = noon_ms + DAY_MS;
	b->reason = "欺诈骗保，决定书 2026-7";
	return b;
}

static const Rxcirc__V1__PullPrescriptionsResponse *pulled_at(int64_t at_ms)
{
	stage.now_ms = at_ms;
	identity.checked_at_ms = at_ms;
	assert_int_equal(ask(true), STATUS_OK);
	return stage_reply(&rxcirc__v1__pull_prescriptions_response__descriptor);
}

static void whoever_is_suspended_from_everything_is_refused_to_the_millisecond(void **state)
{
	(void)state;
	begin("id-card"); /* uploaded before the block, which refuses uploads, too */
	(void)block(BLOCK_ALL);
	stage_rebuild();
	assert_false(pulled_at(noon_ms - 1)->self_pay_only);
	stage.now_ms = identity.checked_at_ms = noon_ms;
	expect_refused(STATUS_PERSON_BLOCKED, true);
	stage.now_ms = identity.checked_at_ms = noon_ms + DAY_MS - 1;
	expect_refused(STATUS_PERSON_BLOCKED, true);
	assert_false(pulled_at(noon_ms + DAY_MS)->self_pay_only);
}

static void whoever_is_suspended_from_settlement_pays_himself_to_the_millisecond(void **state)
{
	const Rxcirc__V1__PullPrescriptionsResponse *reply;

	(void)state;
	(void)block(BLOCK_SETTLEMENT);
	begin("id-card");
	assert_false(pulled_at(noon_ms - 1)->self_pay_only);
	reply = pulled_at(noon_ms);
	assert_true(reply->self_pay_only);
	assert_string_equal(reply->self_pay_reason, "欺诈骗保，决定书 2026-7");
	assert_int_equal(reply->n_prescriptions, 1);
	assert_true(reply->prescriptions[0]->pull_grant.len > 0);
	assert_true(pulled_at(noon_ms + DAY_MS - 1)->self_pay_only);
	reply = pulled_at(noon_ms + DAY_MS);
	assert_false(reply->self_pay_only);
	assert_string_equal(reply->self_pay_reason, "");
}

static void a_block_of_internet_care_or_of_somebody_else_is_none_here(void **state)
{
	(void)state;
	begin("id-card");
	block(BLOCK_ALL)->person_key[31] ^= 1;
	(void)block(BLOCK_INTERNET);
	stage_rebuild();
	assert_false(pulled_at(noon_ms)->self_pay_only);
}

static enum status_reason list_own(void)
{
	struct voucher voucher = {.purpose = VOUCHER_PURPOSE_IDENTITY, .issued_at_ms = noon_ms,
		.life_s = 60, .id = PERSON};
	Rxcirc__V1__ListOwnPrescriptionsRequest m = RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_REQUEST__INIT;

	m.voucher_code = papers_alloc(VOUCHER_TEXT_MAX + 1);
	memcpy(voucher.key_id, stage.province.voucher_pair.id, KEY_ID_LEN);
	ensure(voucher_issue(m.voucher_code, &voucher, stage.province.voucher_pair.secret) == 0);
	stage_as(CALLER_CHANNEL, CHANNEL, HOME_REGION);
	return stage_call(&list_method, &m);
}

static void the_owner_may_list_under_a_suspension_from_settlement_but_not_from_everything(
	void **state)
{
	const struct fake_cell accepted = FAKE_BOOL(true);
	const Rxcirc__V1__ListOwnPrescriptionsResponse *reply;
	const struct ledger *one = &l;

	(void)state;
	block(BLOCK_SETTLEMENT)->until_ms = noon_ms + 1;
	begin("");
	stage_clear();
	ledger_answer_search(&one, 1, false);
	fake_pg_answer("voucher_use", 1, &accepted, 1);
	assert_int_equal(list_own(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__list_own_prescriptions_response__descriptor);
	assert_int_equal(reply->n_prescriptions, 1);
	assert_true(reply->self_pay_only);
	(void)block(BLOCK_ALL);
	stage_rebuild();
	stage_clear();
	promise_answer_event();
	assert_int_equal(list_own(), STATUS_PERSON_BLOCKED);
	assert_int_equal(fake_pg_sent_count(), 1);
	assert_string_equal(leaf_of("event_put", 10)->reason, "PERSON_BLOCKED");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(each_way_counts_where_its_region_took_it_and_is_recorded, "NH123-4.3"),
		STAGED(every_way_but_the_e_voucher_is_off_at_first),
		STAGED_PROVES(the_whole_way_goes_with_the_e_voucher_only, "NT33-N4.1"),
		STAGED(a_check_is_used_up_once_by_its_serial),
		STAGED(a_check_counts_five_minutes_and_its_repetition_a_quarter_of_an_hour_longer),
		STAGED(an_incomplete_check_shows_nobody),
		STAGED_PROVES(whoever_is_suspended_from_everything_is_refused_to_the_millisecond,
			"SX15-8.9"),
		STAGED_PROVES(whoever_is_suspended_from_settlement_pays_himself_to_the_millisecond,
			"SX15-8.9"),
		STAGED(a_block_of_internet_care_or_of_somebody_else_is_none_here),
		STAGED_PROVES(
			the_owner_may_list_under_a_suspension_from_settlement_but_not_from_everything,
			"SX15-8.9"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("identity", tests, stage_open, stage_close);
}
