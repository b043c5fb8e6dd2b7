/* Checkpoints judged by a policy. */
#include "proto/tlog_policy.h"

#include <stdio.h>
#include <string.h>

bool policy_quorum_holds(const struct policy *p, uint32_t witnesses)
{
	/* Bit i = member i.  A group comes after its members, so one pass is enough. */
	uint64_t held = witnesses & ((UINT64_C(1) << p->witnesses_count) - 1);

	for (unsigned i = 0; i < p->groups_count; i++) {
		const struct policy_group *group = &p->groups[i];
		unsigned count = 0;

		for (unsigned m = 0; m < group->count; m++)
			count += (held >> group->members[m] & 1) != 0;
		if (count >= group->needed)
			held |= UINT64_C(1) << (POLICY_WITNESSES_MAX + i);
	}
	return p->quorum < 0 || (held >> p->quorum & 1) != 0;
}

/* Which log signed.  False when a signature in a log's name is not its own.  A log speaks for the
 * origin of its name only. */
static bool judge_logs(const struct policy *p, const struct note *note, const char *origin,
	struct policy_verdict *v)
{
	for (unsigned i = 0; i < p->logs_count; i++) {
		const struct note_key *key = &p->logs[i].key;
		enum note_verdict verdict = note_verify(note, key, NULL);

		if (verdict == NOTE_BAD) {
			(void)snprintf(v->problem, sizeof(v->problem),
				"a signature in the name of log %u of the policy does not verify", i + 1);
			return false;
		}
		if (verdict == NOTE_GOOD && v->log < 0 && strcmp(key->name, origin) == 0)
			v->log = (int)i;
	}
	return true;
}

/* Which witnesses cosigned, and when.  False when one of the cosignatures is not theirs. */
static bool judge_witnesses(const struct policy *p, const struct note *note,
	struct policy_verdict *v)
{
	for (unsigned i = 0; i < p->witnesses_count; i++) {
		uint64_t time_s = 0;
		enum note_verdict verdict = note_verify(note, &p->witnesses[i].key, &time_s);

		if (verdict == NOTE_BAD) {
			(void)snprintf(v->problem, sizeof(v->problem),
				"a cosignature in the name of witness %u of the policy does not verify", i + 1);
			return false;
		}
		if (verdict != NOTE_GOOD)
			continue;
		if (v->witnesses == 0 || time_s < v->oldest_s)
			v->oldest_s = time_s;
		if (time_s > v->newest_s)
			v->newest_s = time_s;
		v->witnesses |= UINT32_C(1) << i;
	}
	return true;
}

static void refuse(struct policy_verdict *v, const char *problem)
{
	(void)snprintf(v->problem, sizeof(v->problem), "%s", problem);
}

void policy_judge(const struct policy *p, struct slice note, struct policy_verdict *ret)
{
	struct policy_verdict v = {.log = -1};
	struct checkpoint checkpoint;
	struct note parts;

	*ret = v;
	if (!note_parse(&parts, note)) {
		refuse(ret, "it is not a signed note");
		return;
	}
	if (!checkpoint_parse(&checkpoint, parts.text)) {
		refuse(ret, "what is signed is not a checkpoint");
		return;
	}
	if (!judge_logs(p, &parts, checkpoint.origin, &v) || !judge_witnesses(p, &parts, &v)) {
		/* Nothing a forger was at is looked at further. */
		refuse(ret, v.problem);
		return;
	}
	if (v.log < 0) {
		refuse(&v, "none of the policy's logs signed it");
	} else {
		v.checkpoint = checkpoint;
		v.accepted = policy_quorum_holds(p, v.witnesses);
		if (!v.accepted)
			refuse(&v, "the witnesses that cosigned it are not a quorum");
	}
	*ret = v;
}
