/* Person and credential, and that the four modules of SX15-6.1 answer one without the other. */
#include "rules/identity.h"

#include <string.h>

#include "base/ensure.h"
#include "domain/life.h"
#include "proto/document.h"
#include "proto/rxid.h"
#include "rules/upload.h"
#include "test/support/tap.h"

static const int64_t now_ms = 1780027200000;
enum { FRESH_MS = SIGNED_AT_SKEW_MS_MAX, LATE_MS = FRESH_MS + VOUCHER_REPEAT_S_MAX * 1000 };

static struct identity_check sound(void)
{
	return (struct identity_check){IDENTITY_FACE, "S-1", "OP-1", "T-1", "140100-EV-1", now_ms};
}

static enum identity_verdict judge(const struct identity_check *c, const char *modes)
{
	const char *field;

	return identity_judge(c, modes, now_ms, &field);
}

static void person_and_credential_match_within_five_minutes(void **state)
{
	struct identity_check c = sound();

	(void)state;
	assert_int_equal(judge(&c, "voucher face"), IDENTITY_ACCEPTED);
	c.checked_at_ms = now_ms + FRESH_MS;
	assert_int_equal(judge(&c, "face"), IDENTITY_ACCEPTED);
	c.checked_at_ms = now_ms + FRESH_MS + 1;
	assert_int_equal(judge(&c, "face"), IDENTITY_STALE);
	c.checked_at_ms = now_ms - FRESH_MS;
	assert_int_equal(judge(&c, "face"), IDENTITY_ACCEPTED);
	c.checked_at_ms = now_ms - FRESH_MS - 1;
	assert_int_equal(judge(&c, "face"), IDENTITY_LATE);
	c.checked_at_ms = now_ms - LATE_MS;
	assert_int_equal(judge(&c, "face"), IDENTITY_LATE);
	c.checked_at_ms = now_ms - LATE_MS - 1;
	assert_int_equal(judge(&c, "face"), IDENTITY_STALE);
	c.checked_at_ms = INT64_MIN;
	assert_int_equal(judge(&c, "face"), IDENTITY_STALE);
	c.checked_at_ms = INT64_MAX;
	assert_int_equal(judge(&c, "face"), IDENTITY_STALE);
}

static void a_way_counts_only_where_it_is_switched_on(void **state)
{
	struct identity_check c = sound();

	(void)state;
	assert_int_equal(judge(&c, ""), IDENTITY_OFF);
	assert_int_equal(judge(&c, "voucher id-card social-card"), IDENTITY_OFF);
	c.mode = IDENTITY_ID_CARD;
	assert_int_equal(judge(&c, "id-card"), IDENTITY_ACCEPTED);
	c.mode = IDENTITY_SOCIAL_CARD;
	assert_int_equal(judge(&c, "id-card"), IDENTITY_OFF);
	assert_int_equal(judge(&c, "social-card"), IDENTITY_ACCEPTED);
}

static void codes_have_one_to_fifty_letters_digits_and_marks(void **state)
{
	char text[CODE_MAX + 2];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[CODE_MAX + 1] = '\0';
	assert_false(identity_code_is_sound(text));
	text[CODE_MAX] = '\0';
	assert_true(identity_code_is_sound(text));
	assert_true(identity_code_is_sound("A.b-C_9"));
	assert_false(identity_code_is_sound(""));
	assert_false(identity_code_is_sound("a b"));
	assert_false(identity_code_is_sound("王"));
}

static void what_is_missing_is_named(void **state)
{
	struct identity_check c = sound();
	const char *field = NULL;

	(void)state;
	c.mode = IDENTITY_VOUCHER;
	assert_int_equal(identity_judge(&c, "voucher", now_ms, &field), IDENTITY_INCOMPLETE);
	assert_string_equal(field, "identity.mode");
	c = sound();
	c.mode = -1;
	assert_int_equal(identity_judge(&c, "face", now_ms, &field), IDENTITY_INCOMPLETE);
	c = sound();
	c.serial = "";
	assert_int_equal(identity_judge(&c, "face", now_ms, &field), IDENTITY_INCOMPLETE);
	assert_string_equal(field, "identity.serial");
}

/* Each answers from its own inputs: none needs a server, a database or one of the others. */
static void the_four_modules_answer_one_without_the_other(void **state)
{
	const struct identity_check c = sound();
	const struct upload_rule *follow_up = upload_rule_find("RX-FOLLOW-UP");
	struct upload_facts facts = {.internet = true};
	const Rxcirc__V1__SignedDocument unsigned_doc = RXCIRC__V1__SIGNED_DOCUMENT__INIT;
	const uint8_t key[PUBLIC_KEY_LEN] = {1};
	uint8_t rx_id[RX_ID_LEN] = {1, 2, 3}, back[RX_ID_LEN];
	char code[RX_CODE_LEN + 1];
	struct life life = {VALIDITY_VALID, REVIEW_HOSPITAL_PASSED, USE_UNUSED, HOLD_FREE};

	(void)state;
	/* person and credential */
	assert_int_equal(judge(&c, "face"), IDENTITY_ACCEPTED);
	/* follow-up eligibility */
	assert_non_null(follow_up);
	assert_false(follow_up->whole(&facts));
	facts.follow_up_complete = true;
	assert_true(follow_up->whole(&facts));
	/* authentication: signature and traceable number */
	assert_true(document_verify(&unsigned_doc,
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION, key) != 0);
	rx_code_format(code, rx_id);
	assert_true(rx_code_parse(back, slice_of_text(code)) == 0);
	assert_memory_equal(back, rx_id, RX_ID_LEN);
	code[5] = code[5] == '2' ? '3' : '2';
	assert_true(rx_code_parse(back, slice_of_text(code)) != 0);
	/* circulation */
	assert_int_equal(life_apply(&life, LIFE_CLAIM), LIFE_ALLOWED);
	assert_int_equal(life.hold, HOLD_MINE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(person_and_credential_match_within_five_minutes, "SX15-6.1"),
		PROVES(a_way_counts_only_where_it_is_switched_on, "NH123-4.3"),
		cmocka_unit_test(codes_have_one_to_fifty_letters_digits_and_marks),
		cmocka_unit_test(what_is_missing_is_named),
		PROVES(the_four_modules_answer_one_without_the_other, "SX15-6.1"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rules/identity", tests, NULL, NULL);
}
