#include "notary/notary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"

enum { MS_PER_S = 1000 };

/* What is signed, and what is kept of it. */
struct signed_note {
	size_t line_len, len;
	char line[NOTE_LINE_MAX];
	uint8_t bytes[NOTE_MAX];
};

/* VERDICT_SIGN, or why it cannot be. */
static enum verdict note_make(struct signed_note *ret, const struct note_secret *secret,
	struct slice text, struct slice lines)
{
	int64_t now_s = clock_wall_ms() / MS_PER_S;
	struct writer w;

	/* A cosignature says when; a wrong time would be signed for good. */
	if (note_secret_key(secret)->type == NOTE_COSIGNATURE && now_s < CLOCK_S_MIN)
		return VERDICT_NO_TIME;
	ret->line_len = note_secret_sign(secret, ret->line, text, (uint64_t)now_s);
	if (ret->line_len == 0)
		return VERDICT_MALFORMED;
	writer_init(&w, ret->bytes, sizeof(ret->bytes));
	writer_slice(&w, text);
	writer_text(&w, "\n");
	writer_slice(&w, lines);
	writer_text(&w, ret->line);
	ret->len = w.used;
	/* It may have been as large as notes may be, and now there is a line more. */
	return w.failed ? VERDICT_MALFORMED : VERDICT_SIGN;
}

/* ---- beginning ----------------------------------------------------------------------------- */

/* The memory of a log nothing was signed for: an empty tree, in our own words. */
static enum notary_start memory_begin(struct notary_log *log, const struct note_secret *secret,
	char problem[NOTARY_PROBLEM_MAX])
{
	struct checkpoint nothing = {.size = 0};
	char text[CHECKPOINT_TEXT_MAX];
	struct signed_note note;
	enum verdict v;

	memcpy(nothing.origin, log->origin, sizeof(nothing.origin));
	merkle_empty_hash(&nothing.root);
	v = note_make(&note, secret, slice_of(text, checkpoint_format(text, &nothing)),
		slice_of(NULL, 0));
	if (v == VERDICT_SIGN && memory_keep(log->memory, slice_of(note.bytes, note.len)) == 0)
		return NOTARY_STARTED;
	snprintf(problem, NOTARY_PROBLEM_MAX, "could not begin the memory of \"%s\": %s", log->origin,
		v == VERDICT_SIGN ? strerror(errno) : verdict_words(v)->sentence);
	return NOTARY_NO_PLACE;
}

enum notary_start notary_open(struct notary_log *log, const char *path,
	const struct note_secret *secret, bool may_begin, bool *ret_begun,
	char problem[NOTARY_PROBLEM_MAX])
{
	char said[MEMORY_PROBLEM_MAX];
	enum notary_start start = NOTARY_NO_PLACE;
	int r = memory_open(&log->memory, path, said);

	*ret_begun = false;
	if (r == 0) {
		r = memory_read(log->memory, log->origin, note_secret_key(secret), said);
		if (r == ERR_NOT_FOUND && may_begin) {
			*ret_begun = true;
			return memory_begin(log, secret, problem);
		}
		if (r == ERR_NOT_FOUND || r == ERR_DAMAGED)
			start = NOTARY_NO_MEMORY;
	}
	if (r == 0)
		return NOTARY_STARTED;
	snprintf(problem, NOTARY_PROBLEM_MAX, "%s%s", said, r == ERR_NOT_FOUND ?
		"; only if nothing was ever signed with this key for this log, begin with --new" : "");
	return start;
}

void notary_close(struct notary_log *log)
{
	memory_close(log->memory);
	log->memory = NULL;
}

bool notary_has_signed(const struct notary_log *log)
{
	struct note note;

	/* What was only begun is signed by nobody but us. */
	ensure(note_parse(&note, memory_note(log->memory)));
	return memory_last(log->memory)->size > 0 || note.count > 1;
}

/* ---- answering ----------------------------------------------------------------------------- */

void notary_sign(struct notary_log *log, const struct note_secret *secret,
	const struct petition *p, struct slice lines, struct http_answer *a)
{
	struct signed_note note;
	enum verdict v = note_make(&note, secret, p->text, lines);
	struct slice bytes = slice_of(note.bytes, v == VERDICT_SIGN ? note.len : 0);

	if (v == VERDICT_SIGN && !slice_equal(bytes, memory_note(log->memory)) &&
		memory_keep(log->memory, bytes) < 0) {
		log_error("could not write the memory of \"%s\": %s", log->origin, strerror(errno));
		v = VERDICT_NOT_KEPT;
	}
	if (v != VERDICT_SIGN) {
		notary_refuse(log, v, p, a);
		return;
	}
	log->answers[VERDICT_SIGN]++;
	log_debug("signed origin=\"%s\" size=%" PRIu64, log->origin, p->checkpoint.size);
	http_answer_init(a, verdict_words(VERDICT_SIGN)->status);
	http_answer_say(a, "%s", note.line);
}

/* What the operator is told, and how loudly.  Each has a site of its own: a flood of one kind must
 * not hold back another. */
static const struct {
	enum log_level level;
	const char *what;
} tellings[] = {
	[SUSPICION_NONE] = {LOG_LEVEL_INFO, "refused"},
	/* Of two server nodes the slower may come late; and anybody may show a witness an old
	 * checkpoint again.  A server whose database has lost leaves halts and says so itself. */
	[SUSPICION_ROLLBACK] = {LOG_LEVEL_WARN, "refused a ROLLBACK: more than this was signed;"},
	[SUSPICION_FORK] = {LOG_LEVEL_ERROR,
		"refused a FORK: another root was signed for this size;"},
	[SUSPICION_BREACH] = {LOG_LEVEL_ERROR,
		"refused a FORK or a wrong proof: nothing shows that the log only grew;"},
};

static void tell_operator(const struct notary_log *log, enum verdict v, const struct petition *p)
{
	static struct log_site sites[ARRAY_LEN(tellings)];
	const struct checkpoint *asked = &p->checkpoint, *last = memory_last(log->memory);
	enum suspicion s = verdict_suspicion(v, p, last);
	enum log_level level = tellings[s].level;

	if (level <= log_level())
		log_write(&sites[s], level, "%s origin=\"%s\" reason=%s asked_old=%" PRIu64
			" asked_size=%" PRIu64 " signed_size=%" PRIu64, tellings[s].what, asked->origin,
			verdict_words(v)->word, p->old_size, asked->size, last->size);
}

/* Two checkpoints of one size, both signed by the log, convict it. */
static void keep_proof(const struct notary_log *log, enum verdict v, const struct petition *p)
{
	if (log->is_witnessed &&
		verdict_suspicion(v, p, memory_last(log->memory)) == SUSPICION_FORK &&
		memory_keep_fork(log->memory, p->bytes) < 0)
		log_error("could not keep the proof of the fork of \"%s\": %s", log->origin,
			strerror(errno));
}

void notary_refuse(struct notary_log *log, enum verdict v, const struct petition *p,
	struct http_answer *a)
{
	const struct verdict_words *words = verdict_words(v);

	log->answers[v]++;
	if (v == VERDICT_MALFORMED) {
		log_info("refused reason=%s", words->word);
	} else if (log->memory == NULL || v == VERDICT_LOG_NOT_KNOWN) {
		log_info("refused origin=\"%s\" reason=%s", p->checkpoint.origin, words->word);
	} else {
		tell_operator(log, v, p);
		keep_proof(log, v, p);
	}
	http_answer_line(a, words->status, words->sentence);
	if (v != VERDICT_CONFLICT)
		return;
	http_answer_init(a, words->status);
	a->type = "text/x.tlog.size";
	http_answer_say(a, "%" PRIu64 "\n", memory_last(log->memory)->size);
}
