/* What a policy makes of a checkpoint. */
#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/proto/policy_draft.h"

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
#define TEXT "example.com/log\n7\n" ROOT "\n"

enum { TIME_S = 1679315147 };

static struct policy_verdict verdict_of(const struct draft *d)
{
	struct policy_verdict v;

	memset(&v, 0xee, sizeof(v));
	policy_judge(&policy, draft_note(d), &v);
	assert_int_equal(v.accepted, v.problem[0] == '\0');
	return v;
}

static void assert_not_accepted(const struct draft *d, const char *why)
{
	struct policy_verdict v = verdict_of(d);

	assert_false(v.accepted);
	assert_string_equal(v.problem, why);
}

static void use_two_of_three(void)
{
	/* After one of more witnesses, of which nothing may be left. */
	policy_begin_with(10);
	policy_add("quorum none\n");
	assert_policy_taken();
	policy_begin_with(3);
	policy_add("group g 2 W0 W1 W2\nquorum g\n");
	assert_policy_taken();
}

static void a_checkpoint_with_its_quorum_is_accepted(void **state)
{
	struct draft d;
	struct policy_verdict v;

	(void)state;
	use_two_of_three();
	draft_init(&d, TEXT);
	draft_sign(&d, &policy_logs[0], 0);
	draft_sign(&d, &policy_witnesses[3], TIME_S - 50); /* of another policy */
	draft_sign(&d, &policy_witnesses[2], TIME_S);
	draft_sign(&d, &policy_witnesses[0], TIME_S - 5);
	v = verdict_of(&d);
	assert_true(v.accepted);
	assert_string_equal(v.checkpoint.origin, "example.com/log");
	assert_int_equal(v.checkpoint.size, 7);
	assert_int_equal(v.log, 0);
	assert_int_equal(v.witnesses, 5);
	assert_int_equal(v.oldest_s, TIME_S - 5);
	assert_int_equal(v.newest_s, TIME_S);
}

static void a_checkpoint_without_its_quorum_is_told_from_one_of_nobody(void **state)
{
	struct draft d;
	struct policy_verdict v;

	(void)state;
	use_two_of_three();
	draft_init(&d, TEXT);
	draft_sign(&d, &policy_logs[0], 0);
	draft_sign(&d, &policy_witnesses[1], TIME_S);
	draft_sign(&d, &policy_witnesses[1], TIME_S); /* twice is once */
	v = verdict_of(&d);
	assert_false(v.accepted);
	assert_string_equal(v.problem, "the witnesses that cosigned it are not a quorum");
	assert_int_equal(v.log, 0);
	assert_int_equal(v.checkpoint.size, 7);
	assert_int_equal(v.witnesses, 2);

	draft_init(&d, TEXT);
	draft_sign(&d, &policy_logs[1], 0);
	draft_sign(&d, &policy_witnesses[0], TIME_S);
	draft_sign(&d, &policy_witnesses[1], TIME_S);
	v = verdict_of(&d);
	assert_false(v.accepted);
	assert_string_equal(v.problem, "none of the policy's logs signed it");
	assert_int_equal(v.log, -1);
	assert_int_equal(v.checkpoint.size, 0);
	assert_string_equal(v.checkpoint.origin, "");
}

static void any_log_of_the_policy_will_do(void **state)
{
	struct draft d;

	(void)state;
	policy_begin();
	policy_add_log(3);
	policy_add_log(4);
	policy_add_log(5);
	policy_add("quorum none\n");
	assert_policy_taken();
	for (unsigned i = 3; i < 6; i++) {
		draft_init(&d, TEXT);
		draft_sign(&d, &policy_logs[i], 0);
		assert_int_equal(verdict_of(&d).log, i - 3);
	}
	draft_init(&d, TEXT);
	draft_sign(&d, &policy_logs[5], 0);
	draft_sign(&d, &policy_logs[4], 0);
	assert_int_equal(verdict_of(&d).log, 1);
	draft_sign(&d, &policy_logs[3], 0);
	assert_int_equal(verdict_of(&d).log, 0);
}

static void a_log_speaks_for_the_origin_of_its_name_only(void **state)
{
	struct draft d;

	(void)state;
	policy_begin_with(0);
	policy_add("quorum none\n");
	assert_policy_taken();
	draft_init(&d, "example.com/other\n7\n" ROOT "\n");
	draft_sign(&d, &policy_logs[0], 0);
	assert_not_accepted(&d, "none of the policy's logs signed it");
}

static void one_false_signature_of_the_policys_keys_refuses_it(void **state)
{
	struct draft sound, d;

	(void)state;
	use_two_of_three();
	draft_init(&sound, TEXT);
	draft_sign(&sound, &policy_logs[0], 0);
	draft_sign(&sound, &policy_witnesses[0], TIME_S);
	draft_sign(&sound, &policy_witnesses[1], TIME_S);
	assert_true(verdict_of(&sound).accepted);

	draft_copy(&d, &sound);
	draft_forge(&d, &policy_witnesses[2]);
	assert_not_accepted(&d,
		"a cosignature in the name of witness 3 of the policy does not verify");
	assert_int_equal(verdict_of(&d).log, -1);
	assert_int_equal(verdict_of(&d).witnesses, 0);

	draft_copy(&d, &sound);
	draft_forge(&d, &policy_logs[0]);
	assert_not_accepted(&d, "a signature in the name of log 1 of the policy does not verify");

	/* Of keys it does not know it takes no account. */
	draft_copy(&d, &sound);
	draft_forge(&d, &policy_witnesses[3]);
	assert_true(verdict_of(&d).accepted);
}

static void what_is_signed_must_be_a_checkpoint(void **state)
{
	struct draft d;

	(void)state;
	use_two_of_three();
	draft_init(&d, TEXT "extension\n");
	draft_sign(&d, &policy_logs[0], 0);
	assert_not_accepted(&d, "what is signed is not a checkpoint");
	draft_init(&d, TEXT);
	assert_not_accepted(&d, "it is not a signed note");
	writer_init(&d.w, d.bytes, sizeof(d.bytes));
	assert_not_accepted(&d, "it is not a signed note");
}

static void a_policy_without_logs_believes_nothing(void **state)
{
	struct draft d;

	(void)state;
	policy_begin();
	policy_add_witness(0);
	policy_add("quorum W0\n");
	assert_policy_taken();
	draft_init(&d, TEXT);
	draft_sign(&d, &policy_logs[0], 0);
	draft_sign(&d, &policy_witnesses[0], TIME_S);
	assert_not_accepted(&d, "none of the policy's logs signed it");
}

/* A log of certificates and three witnesses, as they stood in public in May 2026; the note also has
 * a signature of a kind not known here and one of a witness that is not in the policy. */
static const char public_policy[] =
	"log arche2025h1.staging.ct.transparency.dev+ba2f06c0"
	"+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f\n"
	"witness garden transparency.dev/DEV:witness-little-garden+d8042a87"
	"+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM\n"
	"witness smartit witness1.smartit.nu/witness1+a48c820f"
	"+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO\n"
	"witness remora remora.n621.de+da77ade7"
	"+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2\n"
	"group all-of-them all garden smartit remora\n"
	"quorum all-of-them\n";
static const char public_note[] =
	"arche2025h1.staging.ct.transparency.dev\n"
	"1432088532\n"
	"U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
	"\n"
	"\xe2\x80\x94 arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLf"
	"QFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n"
	"\xe2\x80\x94 arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27l"
	"efwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n"
	"\xe2\x80\x94 transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8n"
	"d8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==\n"
	"\xe2\x80\x94 witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO"
	"0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==\n"
	"\xe2\x80\x94 remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+"
	"aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==\n"
	"\xe2\x80\x94 witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEy"
	"OUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==\n";

static void a_checkpoint_of_the_public_network_is_accepted(void **state)
{
	struct policy_verdict v;

	(void)state;
	policy_begin();
	policy_add(public_policy);
	assert_policy_taken();
	policy_judge(&policy, slice_of_text(public_note), &v);
	assert_string_equal(v.problem, "");
	assert_true(v.accepted);
	assert_int_equal(v.checkpoint.size, 1432088532);
	assert_int_equal(v.witnesses, 7);
	assert_int_equal(v.oldest_s, 0x6a122120);
	assert_int_equal(v.newest_s, 0x6a122120);
}

static const struct CMUnitTest tests[] = {
	TEST(a_checkpoint_with_its_quorum_is_accepted),
	TEST(a_checkpoint_without_its_quorum_is_told_from_one_of_nobody),
	TEST(any_log_of_the_policy_will_do),
	TEST(a_log_speaks_for_the_origin_of_its_name_only),
	TEST(one_false_signature_of_the_policys_keys_refuses_it),
	TEST(what_is_signed_must_be_a_checkpoint),
	TEST(a_policy_without_logs_believes_nothing),
	TEST(a_checkpoint_of_the_public_network_is_accepted),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tlog policy judge", tests, policy_signers_make, NULL);
}
