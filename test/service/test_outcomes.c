/* What a change answers when the database does not simply say yes.
 *
 * Each of the five changes, at each of its waits: every way a unit may end.
 */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"
#include "service/change.h"

static struct ledger l;

static const struct {
	int err;
	enum status_reason reason;
} plain[] = {
	{ERR_DB_AWAY, STATUS_DATABASE_AWAY},
	{ERR_TIMEOUT, STATUS_DEADLINE_EXCEEDED},
	{ERR_FULL, STATUS_BUSY},
	{ERR_DB_REFUSED, STATUS_INTERNAL},
};

#define FOR_EACH_ACT(act) \
	for (enum act act = 0; act < ACTS; act++, (void)stage_strike(state), (void)stage_set(state))

static void expect(enum act act, enum status_reason expected)
{
	enum status_reason status = stage_call(act_method(act), act_message(act, &l));

	if (status != expected)
		fail_msg("%s: %s instead of %s", act_method(act)->name, status_row_of(status)->reason,
			status_row_of(expected)->reason);
}

static void a_failed_load_ends_the_request(void **state)
{
	static const char *const statements[] = {"prescription_load", "reply_load", "documents_load"};

	FOR_EACH_ACT(act) {
		act_prepare(act, &l);
		for (unsigned s = 0; s < 3; s++) {
			for (unsigned i = 0; i < ARRAY_LEN(plain); i++) {
				stage_clear();
				if (s > 0)
					ledger_answer_row(&l);
				if (s > 1)
					fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
				fake_pg_answer_failure(statements[s], plain[i].err, "XX000");
				expect(act, plain[i].reason);
				assert_int_equal(fake_pg_sent_count(), 1);
			}
		}
	}
}

static void a_failed_write_ends_the_request(void **state)
{
	FOR_EACH_ACT(act) {
		act_prepare(act, &l);
		for (unsigned i = 0; i < ARRAY_LEN(plain); i++) {
			stage_clear();
			ledger_answer_load(&l);
			fake_pg_answer_failure(act_statement(act), plain[i].err, "XX000");
			expect(act, plain[i].reason);
			assert_int_equal(fake_pg_sent_count(), 2);
		}
	}
}

/* After these the request looks again: somebody was faster, or nobody knows. */
static const int looks_again[] = {ERR_OUTCOME_UNKNOWN, ERR_DB_UNIQUE, ERR_DB_CONFLICT};

static void a_write_nobody_knows_about_is_looked_up_and_done_again(void **state)
{
	FOR_EACH_ACT(act) {
		act_prepare(act, &l);
		for (unsigned i = 0; i < ARRAY_LEN(looks_again); i++) {
			stage_clear();
			ledger_answer_load(&l);
			fake_pg_answer_failure(act_statement(act), looks_again[i], "23505");
			ledger_answer_load(&l);
			ledger_answer_written(act_statement(act), true);
			expect(act, STATUS_OK);
			assert_int_equal(fake_pg_sent_count(), 4);
			assert_int_equal(fake_pg_unused(), 0);
		}
	}
}

/* The write had happened: its own answer is found under its key and given, made durable first. */
static void an_unknown_write_that_did_happen_gives_its_own_answer(void **state)
{
	FOR_EACH_ACT(act) {
		struct ledger after;

		act_prepare(act, &l);
		stage.keep_key = true;
		ledger_answer_load(&l);
		ledger_answer_written(act_statement(act), true);
		expect(act, STATUS_OK);
		after = l;
		ledger_take_change(&after);
		assert_memory_equal(after.reply_key, stage.key, IDEMPOTENCY_KEY_LEN);
		stage_clear();
		ledger_answer_load(&l);
		fake_pg_answer_failure(act_statement(act), ERR_OUTCOME_UNKNOWN, NULL);
		ledger_answer_replied(&after, after.reply_mac, after.reply);
		ledger_answer_replay(&after);
		expect(act, STATUS_OK);
		assert_true(slice_equal(stage.req.reply, after.reply));
		promise_expect(&after.promise);
		stage_expect_lane("reply_replay", "write");
		assert_int_equal(fake_pg_unused(), 0);
	}
}

static void a_lost_race_is_decided_again_from_what_stands_there_now(void **state)
{
	(void)state;
	/* another pharmacy claimed in between */
	act_prepare(ACT_CLAIM, &l);
	struct ledger other = l;

	scene_claim(&other, OTHER_PHARMACIST);
	scene_as(PHARMACIST);
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", false);
	ledger_answer_load(&other);
	expect(ACT_CLAIM, STATUS_CLAIM_HELD);
	assert_int_equal(fake_pg_unused(), 0);
}

static void a_hand_over_that_lost_against_a_revocation_is_refused(void **state)
{
	struct ledger other;

	(void)state;
	act_prepare(ACT_DISPENSE, &l);
	other = l;
	scene_revoke(&other);
	scene_as(PHARMACIST);
	ledger_answer_load(&l);
	ledger_answer_written("fill_put", false);
	ledger_answer_load(&other);
	expect(ACT_DISPENSE, STATUS_PRESCRIPTION_REVOKED);
	assert_int_equal(fake_pg_unused(), 0);
}

/* In the retry nothing of the first, lost decision may remain. */
static void the_second_try_is_guarded_by_the_new_version(void **state)
{
	struct ledger moved;

	(void)state;
	act_prepare(ACT_REVOKE, &l);
	moved = l;
	scene_claim(&moved, PHARMACIST);
	scene_as(PHYSICIAN);
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", false);
	ledger_answer_load(&moved);
	ledger_answer_written("rx_change", true);
	expect(ACT_REVOKE, STATUS_OK);
	ledger_take_change(&moved); /* checks version, chain and digest against the newer row */
	assert_int_equal(moved.version, 3);
	assert_true(moved.leaf->before->held);
}

static void a_race_lost_every_time_ends_as_contended(void **state)
{
	FOR_EACH_ACT(act) {
		act_prepare(act, &l);
		for (unsigned i = 0; i < CHANGE_TRIES_MAX; i++) {
			ledger_answer_load(&l);
			ledger_answer_written(act_statement(act), false);
		}
		expect(act, STATUS_CONTENDED);
		assert_int_equal(fake_pg_sent_count(), 2 * CHANGE_TRIES_MAX);
		assert_int_equal(fake_pg_unused(), 0);
	}
}

static void the_last_try_may_succeed(void **state)
{
	FOR_EACH_ACT(act) {
		act_prepare(act, &l);
		for (unsigned i = 0; i < CHANGE_TRIES_MAX; i++) {
			ledger_answer_load(&l);
			ledger_answer_written(act_statement(act), i == CHANGE_TRIES_MAX - 1);
		}
		expect(act, STATUS_OK);
	}
}

static void what_stays_unknown_is_told_as_unknown(void **state)
{
	static const struct {
		int err;
		enum status_reason reason;
	} last[] = {
		{ERR_OUTCOME_UNKNOWN, STATUS_OUTCOME_UNKNOWN},
		{ERR_DB_UNIQUE, STATUS_CONTENDED},
		{ERR_DB_CONFLICT, STATUS_CONTENDED},
	};

	FOR_EACH_ACT(act) {
		act_prepare(act, &l);
		for (unsigned e = 0; e < ARRAY_LEN(last); e++) {
			stage_clear();
			for (unsigned i = 0; i < CHANGE_TRIES_MAX; i++) {
				ledger_answer_load(&l);
				fake_pg_answer_failure(act_statement(act), last[e].err, "23505");
			}
			expect(act, last[e].reason);
			assert_int_equal(fake_pg_unused(), 0);
		}
	}
}

/* Once a write is unknown, "the database is away" on looking again must not be told as "nothing
 * happened": the caller would believe it. */
static void an_unknown_write_stays_unknown_when_looking_fails(void **state)
{
	FOR_EACH_ACT(act) {
		act_prepare(act, &l);
		for (unsigned i = 0; i < ARRAY_LEN(plain); i++) {
			stage_clear();
			ledger_answer_load(&l);
			fake_pg_answer_failure(act_statement(act), ERR_OUTCOME_UNKNOWN, NULL);
			fake_pg_answer_failure("prescription_load", plain[i].err, NULL);
			expect(act, STATUS_OUTCOME_UNKNOWN);
		}
	}
}

/* The same key and the same request: the stored answer, behind a barrier that makes it durable. */
static void the_same_request_gets_the_stored_answer(void **state)
{
	FOR_EACH_ACT(act) {
		struct ledger after;
		const void *m;

		act_prepare(act, &l);
		stage.keep_key = true;
		m = act_message(act, &l);
		ledger_answer_load(&l);
		ledger_answer_written(act_statement(act), true);
		assert_int_equal(stage_call(act_method(act), m), STATUS_OK);
		after = l;
		ledger_take_change(&after);
		stage_clear();
		ledger_answer_replied(&after, after.reply_mac, after.reply);
		ledger_answer_replay(&after);
		assert_int_equal(stage_call(act_method(act), m), STATUS_OK);
		assert_true(slice_equal(stage.req.reply, after.reply));
		promise_expect(&after.promise);
		assert_int_equal(fake_pg_sent_count(), 2);
		assert_string_equal(fake_pg_sent(1)->lane, "write");
		assert_int_equal(fake_pg_unused(), 0);
	}
}

/* However late it comes: validity of keys and grants, and clocks, were judged the first time. */
static void the_stored_answer_is_given_however_late_it_is_asked_for(void **state)
{
	FOR_EACH_ACT(act) {
		struct ledger after;
		const void *m;

		act_prepare(act, &l);
		stage.keep_key = true;
		m = act_message(act, &l);
		ledger_answer_load(&l);
		ledger_answer_written(act_statement(act), true);
		assert_int_equal(stage_call(act_method(act), m), STATUS_OK);
		after = l;
		ledger_take_change(&after);
		for (int i = 0; i < PEOPLE; i++)
			stage.province.people[i].key.revoked_from_ms = noon_ms + 1;
		stage_rebuild();
		stage.now_ms = noon_ms + INT64_C(400) * DAY_MS;
		ledger_answer_replied(&after, after.reply_mac, after.reply);
		ledger_answer_replay(&after);
		if (stage_call(act_method(act), m) != STATUS_OK)
			fail_msg("%s: %s", act_method(act)->name, status_row_of(stage.req.status)->reason);
		assert_true(slice_equal(stage.req.reply, after.reply));
		promise_expect(&after.promise);
	}
}

static void the_same_key_for_another_request_is_refused(void **state)
{
	FOR_EACH_ACT(act) {
		uint8_t other_mac[32];

		act_prepare(act, &l);
		memset(other_mac, 7, sizeof(other_mac));
		ledger_answer_replied(&l, other_mac, slice_of("x", 1));
		expect(act, STATUS_IDEMPOTENCY_KEY_REUSED);
		assert_int_equal(fake_pg_sent_count(), 1);
	}
}

/* The key counts per institution, method and body. */
static void a_request_is_known_by_caller_method_and_body(void **state)
{
	struct ledger first, second;

	(void)state;
	act_prepare(ACT_CLAIM, &l);
	first = second = l;
	scene_claim(&first, PHARMACIST);
	scene_claim(&second, OTHER_PHARMACIST);
	assert_memory_not_equal(first.reply_mac, second.reply_mac, 32);
}

static void a_replay_that_fails_ends_the_request(void **state)
{
	FOR_EACH_ACT(act) {
		const void *m;
		uint8_t mac[32];

		act_prepare(act, &l);
		stage.keep_key = true;
		m = act_message(act, &l);
		ledger_answer_load(&l);
		ledger_answer_written(act_statement(act), true);
		assert_int_equal(stage_call(act_method(act), m), STATUS_OK);
		struct ledger after = l;

		ledger_take_change(&after);
		memcpy(mac, after.reply_mac, sizeof(mac));
		for (unsigned i = 0; i < ARRAY_LEN(plain); i++) {
			stage_clear();
			ledger_answer_replied(&after, mac, after.reply);
			fake_pg_answer_failure("reply_replay", plain[i].err, NULL);
			assert_int_equal(stage_call(act_method(act), m), plain[i].reason);
		}
		stage_clear();
		ledger_answer_replied(&after, mac, after.reply);
		fake_pg_answer_failure("reply_replay", ERR_OUTCOME_UNKNOWN, NULL);
		assert_int_equal(stage_call(act_method(act), m), STATUS_OUTCOME_UNKNOWN);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(a_failed_load_ends_the_request),
		STAGED(a_failed_write_ends_the_request),
		STAGED(a_write_nobody_knows_about_is_looked_up_and_done_again),
		STAGED(an_unknown_write_that_did_happen_gives_its_own_answer),
		STAGED(a_lost_race_is_decided_again_from_what_stands_there_now),
		STAGED_PROVES(a_hand_over_that_lost_against_a_revocation_is_refused, "C17"),
		STAGED(the_second_try_is_guarded_by_the_new_version),
		STAGED(a_race_lost_every_time_ends_as_contended),
		STAGED(the_last_try_may_succeed),
		STAGED(what_stays_unknown_is_told_as_unknown),
		STAGED(an_unknown_write_stays_unknown_when_looking_fails),
		STAGED(the_same_request_gets_the_stored_answer),
		STAGED(the_stored_answer_is_given_however_late_it_is_asked_for),
		STAGED(the_same_key_for_another_request_is_refused),
		STAGED(a_request_is_known_by_caller_method_and_body),
		STAGED(a_replay_that_fails_ends_the_request),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("outcomes", tests, stage_open, stage_close);
}
