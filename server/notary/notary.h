/* A log that is signed for, and what signer and witness do alike: sign and remember, or refuse.
 *
 * Ownership: the caller owns the struct; notary_open() fills it, notary_close() empties it.
 * Threads: one.
 */
#ifndef NOTARY_NOTARY_H
#define NOTARY_NOTARY_H

#include "crypto/note_secret.h"
#include "notary/http.h"
#include "notary/memory.h"
#include "notary/verdict.h"

enum {
	NOTARY_PROBLEM_MAX = 1600, /* bytes of a sentence */
	CLOCK_S_MIN = 1700000000,  /* a clock before this was never set */
};
static_assert((int)MEMORY_PROBLEM_MAX + 150 <= (int)NOTARY_PROBLEM_MAX,
	"what a memory says fits, and what to do about it");

struct notary_log {
	char origin[NOTE_NAME_MAX + 1];
	/* A witness's: checkpoints come from anybody, signed by the log.  Otherwise they come from
	 * the log itself. */
	bool is_witnessed;
	struct memory *memory;        /* NULL: stands for all logs that are not known */
	uint64_t answers[VERDICT_NR]; /* how often what was answered */
};

/* What an operator has to do about a failed start. */
enum notary_start {
	NOTARY_STARTED,
	NOTARY_MISUSED,    /* a beginning was asked for where there is none */
	NOTARY_NO_MEMORY,  /* it is missing, damaged, or another's */
	NOTARY_NO_PLACE,   /* the system, or another process, is in the way */
};

/* Open the memory at `path`; `may_begin` makes one that knows nothing yet where there is none.
 * Anything but NOTARY_STARTED comes with one sentence. */
MUST_CHECK enum notary_start notary_open(struct notary_log *log, const char *path,
	const struct note_secret *secret, bool may_begin, bool *ret_begun,
	char problem[NOTARY_PROBLEM_MAX]);
void notary_close(struct notary_log *log);
/* False as long as the memory was only begun. */
bool notary_has_signed(const struct notary_log *log);

/* Sign, remember, and only then answer with the line.  `lines` are the signatures of others that
 * stay with the note.  May end in a refusal. */
void notary_sign(struct notary_log *log, const struct note_secret *secret,
	const struct petition *p, struct slice lines, struct http_answer *a);
/* Answer why not, and tell the operator.  Of a malformed petition nothing is looked at. */
void notary_refuse(struct notary_log *log, enum verdict v, const struct petition *p,
	struct http_answer *a);

#endif
