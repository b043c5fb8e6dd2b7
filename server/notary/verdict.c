#include "notary/verdict.h"

#include "base/ensure.h"

static const struct verdict_words words[VERDICT_NR] = {
#define X(name, status, word, sentence) [VERDICT_##name] = {status, word, sentence},
	VERDICTS(X)
#undef X
};

const struct verdict_words *verdict_words(enum verdict v)
{
	ensure(v < VERDICT_NR);
	return &words[v];
}

enum verdict verdict_on_signature(const struct petition *p, const struct note_key *keys,
	unsigned count)
{
	enum verdict v = VERDICT_NOT_SIGNED;

	for (unsigned i = 0; i < count; i++)
		switch (note_verify(&p->note, &keys[i], NULL)) {
		case NOTE_GOOD:
			v = VERDICT_SIGN;
			break;
		case NOTE_BAD: /* one that lies spoils the note, whatever the others say */
			return VERDICT_NOT_SIGNED;
		case NOTE_UNSIGNED:
			break;
		}
	return v;
}

static bool root_is(const struct petition *p, const struct merkle_hash *root)
{
	return merkle_hash_equal(&p->checkpoint.root, root);
}

static bool proof_holds(const struct petition *p, const struct checkpoint *last)
{
	return merkle_consistency_holds(last->size, &last->root, p->checkpoint.size,
		&p->checkpoint.root, &p->proof);
}

enum verdict verdict_on_growth(const struct petition *p, const struct checkpoint *last)
{
	uint64_t size = p->checkpoint.size;
	struct merkle_hash empty;

	merkle_empty_hash(&empty);
	if (p->old_size > size)
		return VERDICT_OLD_ABOVE_SIZE;
	if (p->old_size != last->size)
		return VERDICT_CONFLICT;
	if (size == 0 && !root_is(p, &empty))
		return VERDICT_EMPTY_ROOT;
	if (p->old_size == size && !root_is(p, &last->root))
		return VERDICT_OTHER_ROOT;
	if ((p->old_size == 0 || p->old_size == size) && p->proof.count > 0)
		return VERDICT_NEEDLESS_PROOF;
	return proof_holds(p, last) ? VERDICT_SIGN : VERDICT_PROOF_FAILS;
}

enum suspicion verdict_suspicion(enum verdict v, const struct petition *p,
	const struct checkpoint *last)
{
	if (v == VERDICT_NOT_SIGNED) /* anybody may have made it up */
		return SUSPICION_NONE;
	if (p->checkpoint.size < last->size)
		return SUSPICION_ROLLBACK;
	if (p->checkpoint.size == last->size)
		return root_is(p, &last->root) ? SUSPICION_NONE : SUSPICION_FORK;
	return v == VERDICT_PROOF_FAILS ? SUSPICION_BREACH : SUSPICION_NONE;
}
