/* What a policy may say, and how many of everything. */
#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/proto/policy_draft.h"

/* ---- what a policy may say ----------------------------------------------------------------- */

static void the_policy_of_the_specification_is_read(void **state)
{
	(void)state;
	policy_begin_with(6);
	policy_add("group X-witnesses 2 W0 W1 W2\ngroup Y-witnesses any W3 W4 W5\n");
	policy_add("group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n");
	assert_policy_taken();
	assert_int_equal(policy.logs_count, 1);
	assert_int_equal(policy.witnesses_count, 6);
	assert_int_equal(policy.groups_count, 3);
	assert_string_equal(policy.logs[0].key.name, "example.com/log");
	assert_string_equal(policy.logs[0].url, "");
	assert_string_equal(policy.witnesses[5].name, "W5");
	assert_string_equal(policy.witnesses[5].key.name, "w.example/5");
	assert_string_equal(policy.groups[2].name, "X-and-Y");
	assert_int_equal(policy.groups[0].needed, 2);
	assert_int_equal(policy.groups[1].needed, 1);
	assert_int_equal(policy.groups[2].needed, 2);
	assert_int_equal(policy.quorum, POLICY_WITNESSES_MAX + 2);
}

static void every_set_of_witnesses_is_judged_by_nested_groups(void **state)
{
	(void)state;
	the_policy_of_the_specification_is_read(NULL);
	for (uint32_t set = 0; set < 64; set++) {
		bool is_quorum = __builtin_popcount(set & 7) >= 2 && (set & 56) != 0;

		assert_int_equal(policy_quorum_holds(&policy, set), is_quorum);
		/* Witnesses the policy does not have count for nothing. */
		assert_int_equal(policy_quorum_holds(&policy, set | 0xffffffc0), is_quorum);
	}
}

static void two_of_three_are_a_quorum(void **state)
{
	(void)state;
	policy_begin_with(3);
	policy_add("group all-of-them 2 W0 W1 W2\nquorum all-of-them\n");
	assert_policy_taken();
	for (uint32_t set = 0; set < 8; set++)
		assert_int_equal(policy_quorum_holds(&policy, set), __builtin_popcount(set) >= 2);
}

static void a_number_may_ask_for_one_and_for_all(void **state)
{
	(void)state;
	policy_begin_with(3);
	policy_add("group one 1 W0 W1\ngroup both 2 one W2\nquorum both\n");
	assert_policy_taken();
	for (uint32_t set = 0; set < 8; set++)
		assert_int_equal(policy_quorum_holds(&policy, set), (set & 3) != 0 && (set & 4) != 0);
}

static void a_quorum_may_be_one_witness_or_none(void **state)
{
	(void)state;
	policy_begin_with(3);
	policy_add("quorum W1\n");
	assert_policy_taken();
	assert_int_equal(policy.quorum, 1);
	for (uint32_t set = 0; set < 8; set++)
		assert_int_equal(policy_quorum_holds(&policy, set), (set & 2) != 0);
	policy_begin();
	policy_add("quorum none\n");
	assert_policy_taken();
	assert_int_equal(policy.quorum, -1);
	assert_int_equal(policy.logs_count + policy.witnesses_count + policy.groups_count, 0);
	assert_true(policy_quorum_holds(&policy, 0));
}

static void blanks_comments_urls_and_order_are_free(void **state)
{
	(void)state;
	policy_begin();
	policy_add("# a comment of more words than a line may have: ");
	for (unsigned i = 0; i < 100; i++)
		policy_add("word ");
	policy_add("\n\n \t \n\t # \xe8\xaf\xb4\xe6\x98\x8e \xff\n  witness\t\tfirst \t");
	policy_add(vkey_of(&policy_witnesses[0]));
	policy_add("  https://w.example/\xe8\xaf\xb4\xe6\x98\x8e#x \t\n\tquorum first\t\n");
	policy_add("log ");
	policy_add(vkey_of(&policy_logs[0]));
	policy_add(" https://log.example/\n");
	policy_add("witness any ");
	policy_add(vkey_of(&policy_witnesses[1]));
	policy_add("\ngroup all any any\n");
	assert_policy_taken();
	assert_string_equal(policy.witnesses[0].url, "https://w.example/\xe8\xaf\xb4\xe6\x98\x8e#x");
	assert_string_equal(policy.logs[0].url, "https://log.example/");
	assert_string_equal(policy.witnesses[1].url, "");
	assert_int_equal(policy.quorum, 0);
	assert_string_equal(policy.groups[0].name, "all");
}

static void names_are_octets(void **state)
{
	(void)state;
	/* K and the Kelvin sign are two names, and a name need not be UTF-8. */
	policy_begin();
	policy_add("witness K ");
	policy_add(vkey_of(&policy_witnesses[0]));
	policy_add("\nwitness \xe2\x84\xaa ");
	policy_add(vkey_of(&policy_witnesses[1]));
	policy_add("\nwitness \xff+ ");
	policy_add(vkey_of(&policy_witnesses[2]));
	policy_add("\ngroup k all K \xe2\x84\xaa \xff+\nquorum k\n");
	assert_policy_taken();
	assert_int_equal(policy.groups[0].needed, 3);
}

/* ---- what it may not ----------------------------------------------------------------------- */

static void lines_that_say_nothing_are_refused(void **state)
{
	static const struct {
		const char *lines, *why;
	} cases[] = {
		{"", "line 4: no \"quorum\" line was given"},
		{"quorum none", "line 4: the last line has no newline"},
		{"quorum none\n#", "line 5: the last line has no newline"},
		{"quorum none\nquorum none\n", "line 5: a quorum was given before"},
		{"quorum W0\nquorum none\n", "line 5: a quorum was given before"},
		{"quorum none W0\n", "line 4: a \"quorum\" line has from 2 to 2 words"},
		{"quorum\n", "line 4: a \"quorum\" line has from 2 to 2 words"},
		{"quorum W2\n", "line 4: \"W2\" is not defined above"},
		{"quorum g\ngroup g any W0\n", "line 4: \"g\" is not defined above"},
		{"Quorum none\n", "line 4: \"Quorum\" is not log, witness, group or quorum"},
		{"quorum none # of them\n", "line 4: a \"quorum\" line has from 2 to 2 words"},
		{"log\n", "line 4: a \"log\" line has from 2 to 3 words"},
		{"log a b c\n", "line 4: a \"log\" line has from 2 to 3 words"},
		{"log a\n", "line 4: \"a\" is not a verifier key"},
		{"witness a\n", "line 4: a \"witness\" line has from 3 to 4 words"},
		{"witness a b c d\n", "line 4: a \"witness\" line has from 3 to 4 words"},
		{"witness a b\n", "line 4: \"b\" is not a verifier key"},
		{"group g any\n", "line 4: a \"group\" line has from 4 to 66 words"},
		{"quorum none\r\n", "line 4: there is a control character"},
		{"# \x1f\n", "line 4: there is a control character"},
		{"\x01# a comment\n", "line 4: there is a control character"},
		{"# \x7f\n", "line 4: there is a control character"},
		{"quorum\vnone\n", "line 4: there is a control character"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		policy_begin_with(2);
		policy_add(cases[i].lines);
		assert_policy_refused(cases[i].why);
	}
	policy_begin();
	assert_policy_refused("line 1: no \"quorum\" line was given");
	policy_begin();
	writer_slice(&policy_text, slice_of("quorum none\0\n", 13));
	assert_policy_refused("line 1: there is a control character");
}

static void groups_that_cannot_be_are_refused(void **state)
{
	static const char needs[] =
		"line 5: a group of 2 needs \"any\", \"all\" or a number from 1 to 2";
	static const struct {
		const char *lines, *why;
	} cases[] = {
		{"group g 0 W0 W1\n", needs}, {"group g 3 W0 W1\n", needs}, {"group g -1 W0 W1\n", needs},
		{"group g 01 W0 W1\n", needs}, {"group g +1 W0 W1\n", needs},
		{"group g 0x1 W0 W1\n", needs},
		{"group g most W0 W1\n", needs}, {"group g ALL W0 W1\n", needs},
		{"group g 4294967297 W0 W1\n", needs}, {"group g 18446744073709551617 W0 W1\n", needs},
		/* members that are not there, not yet, or there twice */
		{"group g any none\n", "line 5: \"none\" is not defined above"},
		{"group g any W3\n", "line 5: \"W3\" is not defined above"},
		{"group g any g\n", "line 5: \"g\" is not defined above"},
		{"group g any W0 h\ngroup h any W1\n", "line 5: \"h\" is not defined above"},
		{"group g any W0 W0\n", "line 5: \"W0\" is in a group already"},
		{"group g any W0 W1\ngroup h any W1 W2\n", "line 6: \"W1\" is in a group already"},
		{"group g any W0\ngroup h any g\ngroup i any g\n", "line 7: \"g\" is in a group already"},
		/* names */
		{"group none any W0\n", "line 5: the name \"none\" is taken"},
		{"group W2 any W0\n", "line 5: the name \"W2\" is taken"},
		{"group g any W0\ngroup g any W1\n", "line 6: the name \"g\" is taken"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		policy_begin_with(3);
		policy_add(cases[i].lines);
		assert_policy_refused(cases[i].why);
	}
}

static void a_name_is_given_once(void **state)
{
	(void)state;
	policy_begin_with(1);
	policy_add("witness W0 ");
	policy_add(vkey_of(&policy_witnesses[1]));
	policy_add("\n");
	assert_policy_refused("line 3: the name \"W0\" is taken");
	policy_begin_with(1);
	policy_add("group g any W0\nwitness g ");
	policy_add(vkey_of(&policy_witnesses[1]));
	policy_add("\n");
	assert_policy_refused("line 4: the name \"g\" is taken");
	policy_begin();
	policy_add("witness none ");
	policy_add(vkey_of(&policy_witnesses[1]));
	policy_add("\n");
	assert_policy_refused("line 1: the name \"none\" is taken");
}

/* Two vkeys with one public key are duplicates, whatever their names. */
static void a_key_is_given_once(void **state)
{
	struct signer other;

	(void)state;
	policy_begin_with(0);
	policy_add_log(0);
	assert_policy_refused("line 2: the log's key was given before");
	signer_make(&other, "example.com/other", NOTE_ED25519, 100);
	policy_begin_with(0);
	policy_add("log ");
	policy_add(vkey_of(&other));
	policy_add("\n");
	assert_policy_refused("line 2: the log's key was given before");
	signer_make(&other, "other.example", NOTE_COSIGNATURE, 200);
	policy_begin_with(1);
	policy_add("witness W ");
	policy_add(vkey_of(&other));
	policy_add("\n");
	assert_policy_refused("line 3: the witness's key was given before");
}

static void logs_and_witnesses_have_keys_of_their_own_types(void **state)
{
	(void)state;
	policy_begin();
	policy_add("log ");
	policy_add(vkey_of(&policy_witnesses[0]));
	policy_add("\n");
	assert_policy_refused("line 1: the key is not a log's (type 1)");
	policy_begin();
	policy_add("witness W ");
	policy_add(vkey_of(&policy_logs[0]));
	policy_add("\n");
	assert_policy_refused("line 1: the key is not a witness's (type 4)");
}

/* ---- limits -------------------------------------------------------------------------------- */

static void there_may_be_32_logs_and_no_more(void **state)
{
	(void)state;
	policy_begin();
	for (unsigned i = 0; i < POLICY_LOGS_MAX; i++)
		policy_add_log(i);
	policy_add("quorum none\n");
	assert_policy_taken();
	assert_int_equal(policy.logs_count, 32);
	policy_add_log(POLICY_LOGS_MAX);
	assert_policy_refused("line 34: there are more than 32 logs");
}

static void there_may_be_31_witnesses_and_no_more(void **state)
{
	char name[16];

	(void)state;
	policy_begin_with(POLICY_WITNESSES_MAX);
	policy_add("group g all");
	for (unsigned i = 0; i < POLICY_WITNESSES_MAX; i++) {
		(void)snprintf(name, sizeof(name), " W%u", i);
		policy_add(name);
	}
	policy_add("\nquorum g\n");
	assert_policy_taken();
	assert_int_equal(policy.groups[0].needed, 31);
	assert_true(policy_quorum_holds(&policy, UINT32_MAX >> 1));
	for (unsigned i = 0; i < POLICY_WITNESSES_MAX; i++)
		assert_false(policy_quorum_holds(&policy, ~(UINT32_C(1) << i)));
	policy_add_witness(POLICY_WITNESSES_MAX);
	assert_policy_refused("line 35: there are more than 31 witnesses");
}

/* A chain of groups, each with the one before and one witness while there are any. */
static void there_may_be_32_groups_and_no_more(void **state)
{
	char line[64];

	(void)state;
	policy_begin_with(POLICY_WITNESSES_MAX);
	policy_add("group G0 any W0\n");
	for (unsigned i = 1; i < POLICY_GROUPS_MAX; i++) {
		(void)snprintf(line, sizeof(line),
			i < POLICY_WITNESSES_MAX ? "group G%u all G%u W%u\n" : "group G%u all G%u\n",
			i, i - 1, i);
		policy_add(line);
	}
	policy_add("quorum G31\n");
	assert_policy_taken();
	assert_int_equal(policy.groups_count, 32);
	assert_int_equal(policy.quorum, 62);
	assert_true(policy_quorum_holds(&policy, UINT32_MAX >> 1));
	for (unsigned i = 0; i < POLICY_WITNESSES_MAX; i++)
		assert_false(policy_quorum_holds(&policy, ~(UINT32_C(1) << i)));
	policy_add("group G32 any G31\n");
	assert_policy_refused("line 66: there are more than 32 groups");
}

static void add_many(char c, unsigned count)
{
	char one[2] = {c, '\0'};

	while (count-- > 0)
		policy_add(one);
}

static void names_and_urls_have_an_end(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		policy_begin();
		policy_add("witness ");
		add_many('n', NOTE_NAME_MAX + more);
		policy_add(" ");
		policy_add(vkey_of(&policy_witnesses[0]));
		policy_add("\nquorum none\n");
		if (more)
			assert_policy_refused("line 1: the name is longer than 200 bytes");
		else
			assert_policy_taken();
		policy_begin();
		policy_add("log ");
		policy_add(vkey_of(&policy_logs[0]));
		policy_add(" ");
		add_many('u', POLICY_URL_MAX + more);
		policy_add("\nquorum none\n");
		if (more)
			assert_policy_refused("line 1: the URL is longer than 300 bytes");
		else
			assert_policy_taken();
		policy_begin();
		policy_add("group g any ");
		for (unsigned i = 0; i < 63 + more; i++)
			policy_add("x ");
		policy_add("\n");
		assert_policy_refused(more ? "line 1: there are more than 66 words" :
			"line 1: \"x\" is not defined above");
	}
}

static void the_longest_policy_is_read_and_a_longer_one_refused(void **state)
{
	(void)state;
	policy_begin();
	policy_add("quorum none\n#");
	add_many('x', POLICY_BYTES_MAX - 14);
	policy_add("\n");
	assert_int_equal(policy_text.used, POLICY_BYTES_MAX);
	assert_policy_taken();
	policy_add("\n");
	assert_policy_refused("the policy is longer than 65536 bytes");
}

#define SIXTY "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void a_long_word_is_quoted_in_part(void **state)
{
	(void)state;
	policy_begin();
	add_many('x', 50000);
	policy_add("\n");
	assert_policy_refused("line 1: \"" SIXTY "\" is not log, witness, group or quorum");
	policy_begin();
	policy_add("log ");
	add_many('x', NOTE_KEY_TEXT_MAX);
	policy_add("\n");
	assert_policy_refused("line 1: \"" SIXTY "\" is not a verifier key");
}

static const struct CMUnitTest tests[] = {
	TEST(the_policy_of_the_specification_is_read),
	TEST(every_set_of_witnesses_is_judged_by_nested_groups),
	TEST(two_of_three_are_a_quorum),
	TEST(a_number_may_ask_for_one_and_for_all),
	TEST(a_quorum_may_be_one_witness_or_none),
	TEST(blanks_comments_urls_and_order_are_free),
	TEST(names_are_octets),
	TEST(lines_that_say_nothing_are_refused),
	TEST(groups_that_cannot_be_are_refused),
	TEST(a_name_is_given_once),
	TEST(a_key_is_given_once),
	TEST(logs_and_witnesses_have_keys_of_their_own_types),
	TEST(there_may_be_32_logs_and_no_more),
	TEST(there_may_be_31_witnesses_and_no_more),
	TEST(there_may_be_32_groups_and_no_more),
	TEST(names_and_urls_have_an_end),
	TEST(the_longest_policy_is_read_and_a_longer_one_refused),
	TEST(a_long_word_is_quoted_in_part),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tlog policy", tests, policy_signers_make, NULL);
}
