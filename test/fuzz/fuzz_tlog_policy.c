/* Policies.  What is taken means the same when written again, and more witnesses never undo a
 * quorum; what is refused says why. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "proto/lines.h"
#include "proto/tlog_policy.h"

enum { TEXT_MAX_BYTES = 2 * POLICY_BYTES_MAX };

static void put_words(struct writer *w, const char *a, const char *b, const char *c)
{
	writer_text(w, a);
	writer_text(w, " ");
	writer_text(w, b);
	writer_text(w, " ");
	writer_text(w, c);
}

static const char *name_of(const struct policy *p, unsigned member)
{
	if (member < POLICY_WITNESSES_MAX)
		return p->witnesses[member].name;
	return p->groups[member - POLICY_WITNESSES_MAX].name;
}

static void put_group(struct writer *w, const struct policy *p, const struct policy_group *group)
{
	FUZZ_CHECK(group->needed >= 1 && group->needed <= group->count);
	writer_text(w, "group ");
	writer_text(w, group->name);
	writer_text(w, " ");
	line_put_decimal(w, group->needed);
	for (unsigned i = 0; i < group->count; i++) {
		writer_text(w, " ");
		writer_text(w, name_of(p, group->members[i]));
	}
	writer_text(w, "\n");
}

static void put_policy(struct writer *w, const struct policy *p)
{
	char vkey[NOTE_KEY_TEXT_MAX];

	for (unsigned i = 0; i < p->logs_count; i++) {
		note_key_format(vkey, &p->logs[i].key);
		put_words(w, "log", vkey, p->logs[i].url);
		writer_text(w, "\n");
	}
	for (unsigned i = 0; i < p->witnesses_count; i++) {
		note_key_format(vkey, &p->witnesses[i].key);
		put_words(w, "witness", p->witnesses[i].name, vkey);
		put_words(w, "", p->witnesses[i].url, "\n");
	}
	for (unsigned i = 0; i < p->groups_count; i++)
		put_group(w, p, &p->groups[i]);
	put_words(w, "quorum", p->quorum < 0 ? "none" : name_of(p, (unsigned)p->quorum), "\n");
}

static void check_quorum(const struct policy *p)
{
	uint32_t set = 0;
	bool held = policy_quorum_holds(p, set);

	FUZZ_CHECK(held == (p->quorum < 0));
	for (unsigned i = 0; i < 32; i++) {
		bool holds = policy_quorum_holds(p, set |= UINT32_C(1) << i * 11 % 32);

		FUZZ_CHECK(holds || !held);
		held = holds;
	}
	/* All of them are always enough. */
	FUZZ_CHECK(held);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct policy policy, same;
	static uint8_t texts[2][TEXT_MAX_BYTES];
	char problem[POLICY_PROBLEM_MAX];
	struct writer w[2];

	if (!policy_parse(&policy, slice_of(data, len), problem)) {
		FUZZ_CHECK(problem[0] != '\0' && strnlen(problem, sizeof(problem)) < sizeof(problem));
		return 0;
	}
	FUZZ_CHECK(problem[0] == '\0');
	check_quorum(&policy);
	writer_init(&w[0], texts[0], sizeof(texts[0]));
	put_policy(&w[0], &policy);
	FUZZ_CHECK(!w[0].failed);
	FUZZ_CHECK(policy_parse(&same, writer_written(&w[0]), problem));
	writer_init(&w[1], texts[1], sizeof(texts[1]));
	put_policy(&w[1], &same);
	FUZZ_CHECK(slice_equal(writer_written(&w[0]), writer_written(&w[1])));
	return 0;
}
