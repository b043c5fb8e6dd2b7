/* What becomes of a petition: signed, or why not.
 *
 * The numbers and the order of the checks are those of C2SP tlog-witness; a log's own signer
 * answers the same way.  Nothing is read or written here.
 *
 * Threads: any.
 */
#ifndef NOTARY_VERDICT_H
#define NOTARY_VERDICT_H

#include "notary/petition.h"

/* X(name, HTTP status, word, sentence) */
#define VERDICTS(X) \
	X(SIGN, 200, "signed", "signed") \
	X(MALFORMED, 400, "malformed", "this is not a question about a checkpoint") \
	X(LOG_NOT_KNOWN, 404, "log_not_known", "no such log is signed for here") \
	X(NOT_SIGNED, 403, "not_signed", "no key of the log has signed this checkpoint") \
	X(OLD_ABOVE_SIZE, 400, "old_above_size", "the old size is above the checkpoint's") \
	X(CONFLICT, 409, "conflict", "the old size is not that of the last signed checkpoint") \
	X(EMPTY_ROOT, 422, "empty_root", "an empty tree has another root hash") \
	X(NEEDLESS_PROOF, 422, "needless_proof", "the proof of no growth, or from nothing, is empty") \
	X(OTHER_ROOT, 422, "other_root", "another root hash was signed for this size") \
	X(PROOF_FAILS, 422, "proof_fails", "the proof does not lead from the last signed tree here") \
	X(NOT_KEPT, 500, "not_kept", "what is signed could not be written down first") \
	X(NO_TIME, 500, "no_time", "the clock of this machine is not set")

enum verdict {
#define X(name, status, word, sentence) VERDICT_##name,
	VERDICTS(X)
#undef X
	VERDICT_NR,
};

struct verdict_words {
	int status;
	const char *word;     /* for numbers about it */
	const char *sentence; /* for whoever asked */
};
const struct verdict_words *verdict_words(enum verdict v);

/* Whether one of the keys the log is known by has signed: VERDICT_SIGN or VERDICT_NOT_SIGNED. */
enum verdict verdict_on_signature(const struct petition *p, const struct note_key *keys,
	unsigned count);
/* Whether the tree only grew since the last checkpoint that was signed. */
enum verdict verdict_on_growth(const struct petition *p, const struct checkpoint *last);

/* Beside the answer, what a refusal of a known log's checkpoint says of the log. */
enum suspicion {
	SUSPICION_NONE,
	SUSPICION_ROLLBACK, /* it is smaller than what was signed */
	SUSPICION_FORK,     /* another root was signed for the same size */
	SUSPICION_BREACH,   /* larger, and not shown to have grown from what was signed */
};
enum suspicion verdict_suspicion(enum verdict v, const struct petition *p,
	const struct checkpoint *last);

#endif
