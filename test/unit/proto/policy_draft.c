/* Policies for the tests. */
#include "test/unit/proto/policy_draft.h"

#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>

#include "proto/dsse.h"

struct signer policy_logs[POLICY_SIGNERS], policy_witnesses[POLICY_SIGNERS];
struct writer policy_text;
struct policy policy;

static char text[POLICY_BYTES_MAX + 1024], problem[POLICY_PROBLEM_MAX];

int policy_signers_make(void **state)
{
	char name[32];

	(void)state;
	if (dsse_self_test() < 0)
		return -1;
	for (unsigned i = 0; i < POLICY_SIGNERS; i++) {
		signer_make(&policy_logs[i], "example.com/log", NOTE_ED25519, 100 + i);
		(void)snprintf(name, sizeof(name), "w.example/%u", i);
		signer_make(&policy_witnesses[i], name, NOTE_COSIGNATURE, 200 + i);
	}
	return 0;
}

void policy_begin(void)
{
	writer_init(&policy_text, (uint8_t *)text, sizeof(text));
}

void policy_add(const char *words)
{
	writer_text(&policy_text, words);
	assert_false(policy_text.failed);
}

const char *vkey_of(const struct signer *s)
{
	static char vkey[NOTE_KEY_TEXT_MAX];

	note_key_format(vkey, &s->key);
	return vkey;
}

void policy_add_log(unsigned i)
{
	policy_add("log ");
	policy_add(vkey_of(&policy_logs[i]));
	policy_add("\n");
}

void policy_add_witness(unsigned i)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "witness W%u ", i);
	policy_add(name);
	policy_add(vkey_of(&policy_witnesses[i]));
	policy_add("\n");
}

void policy_begin_with(unsigned witnesses_count)
{
	policy_begin();
	policy_add_log(0);
	for (unsigned i = 0; i < witnesses_count; i++)
		policy_add_witness(i);
}

static bool is_policy(void)
{
	bool is = policy_parse(&policy, writer_written(&policy_text), problem);

	assert_int_equal(is, problem[0] == '\0');
	assert_true(strlen(problem) < POLICY_PROBLEM_MAX);
	return is;
}

void assert_policy_taken(void)
{
	if (!is_policy())
		fail_msg("refused: %s", problem);
}

void assert_policy_refused(const char *why)
{
	assert_false(is_policy());
	if (strcmp(problem, why) != 0)
		fail_msg("refused because of \"%s\", not of \"%s\"", problem, why);
}
