#include "trail/signing.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "proto/lines.h"

enum {
	HTTP_OK = 200, HTTP_CONFLICT = 409, HTTP_FORBIDDEN = 403, HTTP_UNPROCESSABLE = 422,
	ASKED_MAX = 3, /* times in one round: its answer may be out of date by the time it is heard */
	WHY_MAX = 300,
};

enum standing_of_seat { SEAT_COSIGNS, SEAT_AWAY, SEAT_REFUSES };

/* Somebody who is asked: the signer, or a witness. */
struct seat {
	struct signing *signing;
	char url[POLICY_URL_MAX + 32];
	uint64_t known;          /* the size it remembers, as far as we know */
	unsigned asked;          /* in this round */
	enum standing_of_seat standing; /* as it was told last; of a witness */
	bool busy;               /* its call is under way, perhaps of a round before */
	uint64_t size;           /* what it was asked about */
	struct http_call call;
	char question[CHECKPOINT_QUESTION_MAX];
	struct witness_metrics metrics;
};

struct signing {
	struct signing_options options;
	uint64_t size; /* of this round; 0 = idle */
	bool is_signed, has_grace; /* the witnesses are asked; they have been given the last moments */
	char text[CHECKPOINT_TEXT_MAX];
	size_t text_len;
	char note[NOTE_MAX];
	size_t note_len;
	struct seat signer, witnesses[POLICY_WITNESSES_MAX];
	uint32_t cosigned;
	enum signing_outcome outcome;
	char why[WHY_MAX];
	struct loop_timer grace;
	struct loop_task ending; /* done() is never called from inside a start */
};

/* ---- the end of a round -------------------------------------------------------------------- */

static void signing_on_ending(struct loop_task *task)
{
	struct signing *s = container_of(task, struct signing, ending);

	s->size = 0;
	s->is_signed = false;
	s->options.done(s->outcome, s->options.arg);
}

static void signing_end(struct signing *s, enum signing_outcome outcome)
{
	loop_timer_cancel(&s->grace);
	s->outcome = outcome;
	loop_defer(s->options.loop, &s->ending);
}

__attribute__((format(printf, 3, 4)))
static void signing_fail(struct signing *s, enum signing_outcome outcome, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(s->why, sizeof(s->why), format, arguments);
	va_end(arguments);
	signing_end(s, outcome);
}

/* Cosignatures are wanted: signed by the log, and not at its end. */
static bool signing_is_open(const struct signing *s)
{
	return s->is_signed && !s->ending.armed;
}

/* ---- asking -------------------------------------------------------------------------------- */

/* Put the question: the proof from what the seat remembers, and `note`. */
static int seat_ask(struct seat *seat, struct slice note)
{
	struct signing *s = seat->signing;
	struct checkpoint_question q = {.note = note};
	size_t len;
	int r;

	q.old_size = seat->known < s->size ? seat->known : s->size;
	r = merkle_consistency_make(q.old_size, s->size, tree_subtree, s->options.tree, &q.proof);
	if (r < 0)
		return r;
	len = checkpoint_question_format(seat->question, sizeof(seat->question), &q);
	ensure(len > 0); /* a note is at most NOTE_MAX */
	seat->call.url = seat->url;
	seat->call.type = "text/plain; charset=utf-8";
	seat->call.body = slice_of(seat->question, len);
	seat->size = s->size;
	r = http_ask(s->options.http, &seat->call);
	if (r == 0) {
		seat->busy = true;
		seat->asked++;
	}
	return r;
}

/* "1234\n", as 409 tells the size that is remembered. */
static bool size_parse(struct slice text, uint64_t *ret)
{
	struct slice line;

	return line_next(&text, &line) && text.len == 0 && line_decimal(line, ret) &&
		*ret <= MERKLE_SIZE_MAX;
}

/* ---- witnesses ----------------------------------------------------------------------------- */

static struct slice note_of(const struct signing *s)
{
	return slice_of(s->note, s->note_len);
}

static bool witnesses_are_awaited(const struct signing *s)
{
	for (unsigned i = 0; i < s->options.policy->witnesses_count; i++)
		if (s->witnesses[i].busy && s->witnesses[i].size == s->size)
			return true;
	return false;
}

static bool signing_has_quorum(const struct signing *s)
{
	return policy_quorum_holds(s->options.policy, s->cosigned);
}

/* Enough, or nobody left to wait for. */
static void signing_weigh(struct signing *s)
{
	if (!witnesses_are_awaited(s))
		signing_end(s, signing_has_quorum(s) ? SIGNING_DONE : SIGNING_SHORT);
	else if (signing_has_quorum(s) && !s->has_grace) {
		s->has_grace = true;
		loop_timer_set(&s->grace, s->options.grace_ms);
	}
}

static void signing_on_grace(struct loop_timer *timer)
{
	struct signing *s = container_of(timer, struct signing, grace);

	if (signing_is_open(s))
		signing_end(s, SIGNING_DONE);
}

/* The witness's own line of an answer joins the note; lines of others are left out. */
static bool note_take_line(struct signing *s, unsigned i, struct slice lines)
{
	char grown[NOTE_MAX];
	struct slice line = lines;

	while (line.len > 0) {
		const uint8_t *end = memchr(line.data, '\n', line.len);
		size_t len = end == NULL ? line.len : (size_t)(end - line.data) + 1;
		struct note note;

		if (end == NULL || s->note_len + len > sizeof(grown))
			return false;
		memcpy(grown, s->note, s->note_len);
		memcpy(grown + s->note_len, line.data, len);
		if (note_parse(&note, slice_of(grown, s->note_len + len)) &&
			note_verify(&note, &s->options.policy->witnesses[i].key, NULL) == NOTE_GOOD) {
			memcpy(s->note, grown, s->note_len + len);
			s->note_len += len;
			s->cosigned |= UINT32_C(1) << i;
			return true;
		}
		line = slice_of(line.data + len, line.len - len);
	}
	return false;
}

/* Told when it changes. */
static void witness_stands(struct seat *seat, unsigned i, enum standing_of_seat standing,
	const char *why)
{
	const char *name = seat->signing->options.policy->witnesses[i].name;

	metric_set(&seat->metrics.is_up, standing != SEAT_AWAY);
	if (standing == seat->standing)
		return;
	seat->standing = standing;
	if (standing == SEAT_COSIGNS)
		log_info("witness %s cosigns again", name);
	else if (standing == SEAT_AWAY)
		log_warn("witness %s does not cosign: HTTP status %d %s", name, seat->call.status, why);
	else
		log_error("witness %s does not cosign this log: %s (asked about size %llu, it remembers"
			" %llu)", name, why, (unsigned long long)seat->size, (unsigned long long)seat->known);
}

static void witness_is_away(struct seat *seat, unsigned i, const char *why)
{
	metric_add(&seat->metrics.away, 1);
	witness_stands(seat, i, SEAT_AWAY, why);
}

static void witness_refuses(struct seat *seat, unsigned i, const char *why)
{
	metric_add(&seat->metrics.refused, 1);
	witness_stands(seat, i, SEAT_REFUSES, why);
}

/* An answer to the question of a round before was heard too late to be of use. */
static void witness_cosigns(struct seat *seat, unsigned i, bool is_of_this_round)
{
	seat->known = seat->size;
	if (is_of_this_round && !note_take_line(seat->signing, i, seat->call.reply)) {
		witness_refuses(seat, i, "its cosignature is not by the key of the policy");
		return;
	}
	metric_add(&seat->metrics.cosigned, 1);
	metric_set(&seat->metrics.size, seat->size);
	witness_stands(seat, i, SEAT_COSIGNS, "");
}

/* It remembers another size than we thought; true when it is asked again. */
static bool witness_conflicts(struct seat *seat, unsigned i)
{
	struct signing *s = seat->signing;
	uint64_t size;

	if (!size_parse(seat->call.reply, &size)) {
		witness_is_away(seat, i, "its answer cannot be read");
		return false;
	}
	seat->known = size;
	metric_set(&seat->metrics.is_up, 1);
	return size <= s->size && signing_is_open(s) && seat->asked < ASKED_MAX &&
		seat_ask(seat, note_of(s)) == 0;
}

static void witness_answered(struct http_call *call)
{
	struct seat *seat = container_of(call, struct seat, call);
	struct signing *s = seat->signing;
	unsigned i = (unsigned)(seat - s->witnesses);
	bool is_of_this_round = signing_is_open(s) && seat->size == s->size;

	seat->busy = false;
	if (call->status == HTTP_OK)
		witness_cosigns(seat, i, is_of_this_round);
	else if (call->status == HTTP_UNPROCESSABLE || call->status == HTTP_FORBIDDEN)
		witness_refuses(seat, i, "it refused the proof or the signature");
	else if (call->status != HTTP_CONFLICT)
		witness_is_away(seat, i, call->why);
	else if (witness_conflicts(seat, i))
		return;
	if (is_of_this_round)
		signing_weigh(s);
}

static void signing_ask_witnesses(struct signing *s)
{
	const struct policy *policy = s->options.policy;

	s->is_signed = true;
	s->has_grace = false;
	s->cosigned = 0;
	for (unsigned i = 0; i < policy->witnesses_count; i++) {
		struct seat *seat = &s->witnesses[i];

		seat->asked = 0;
		if (policy->witnesses[i].url[0] != '\0' && !seat->busy && seat_ask(seat, note_of(s)) < 0)
			log_warn("could not ask witness %s", policy->witnesses[i].name);
	}
	signing_weigh(s);
}

/* ---- the signer ---------------------------------------------------------------------------- */

/* The bare checkpoint with its empty line; the signature follows. */
static struct slice bare_note(struct signing *s)
{
	memcpy(s->note, s->text, s->text_len);
	s->note[s->text_len] = '\n';
	s->note_len = s->text_len + 1;
	return note_of(s);
}

static void signer_ask(struct signing *s)
{
	int r = seat_ask(&s->signer, bare_note(s));

	if (r < 0)
		signing_fail(s, SIGNING_FAILED, "could not ask the signer: %s", err_text(r));
}

static void signer_signed(struct signing *s, struct slice line)
{
	struct note note;

	s->signer.known = s->signer.size;
	if (line.len > sizeof(s->note) - s->note_len) {
		signing_fail(s, SIGNING_FAILED, "the signer's answer is too long");
		return;
	}
	memcpy(s->note + s->note_len, line.data, line.len);
	s->note_len += line.len;
	if (!note_parse(&note, note_of(s)) ||
		note_verify(&note, &s->options.policy->logs[0].key, NULL) != NOTE_GOOD) {
		signing_fail(s, SIGNING_FAILED,
			"the signer's signature is not by the log's key of the policy");
		return;
	}
	signing_ask_witnesses(s);
}

static void signer_conflict(struct signing *s, struct slice reply)
{
	uint64_t size;

	if (!size_parse(reply, &size)) {
		signing_fail(s, SIGNING_FAILED, "the signer's answer cannot be read");
		return;
	}
	s->signer.known = size;
	if (size > s->size)
		signing_fail(s, SIGNING_AHEAD, "the signer has signed %llu leaves, not only %llu",
			(unsigned long long)size, (unsigned long long)s->size);
	else if (s->signer.asked == ASKED_MAX)
		signing_fail(s, SIGNING_AWAY, "other nodes were faster");
	else
		signer_ask(s);
}

static void signer_answered(struct http_call *call)
{
	struct seat *seat = container_of(call, struct seat, call);
	struct signing *s = seat->signing;

	seat->busy = false;
	switch (call->status) {
	case HTTP_OK:
		signer_signed(s, call->reply);
		return;
	case HTTP_CONFLICT:
		signer_conflict(s, call->reply);
		return;
	case HTTP_UNPROCESSABLE:
		signing_fail(s, SIGNING_REFUSED, "the signer has signed another log of %llu leaves than the"
			" database holds: its first leaves were changed", (unsigned long long)seat->known);
		return;
	case 0:
		signing_fail(s, SIGNING_AWAY, "the signer did not answer: %s", call->why);
		return;
	default:
		signing_fail(s, SIGNING_FAILED, "the signer answered with HTTP status %d", call->status);
	}
}

void signing_start(struct signing *s, uint64_t size)
{
	struct checkpoint c = {.size = size};
	int r;

	ensure(s->size == 0 && size > 0);
	s->size = size;
	s->signer.asked = 0;
	s->why[0] = '\0';
	memcpy(c.origin, s->options.policy->logs[0].key.name, sizeof(c.origin));
	r = merkle_root_make(size, tree_subtree, s->options.tree, &c.root);
	if (r < 0) {
		signing_fail(s, SIGNING_FAILED, "could not compute the root: %s", err_text(r));
		return;
	}
	s->text_len = checkpoint_format(s->text, &c);
	signer_ask(s);
}

/* ---- life ---------------------------------------------------------------------------------- */

struct slice signing_note(const struct signing *s)
{
	return note_of(s);
}

const char *signing_why(const struct signing *s)
{
	return s->why;
}

const struct witness_metrics *signing_witness(const struct signing *s, unsigned i)
{
	return &s->witnesses[i].metrics;
}

/* Those who do not claim to remember so many leaves. */
static uint32_t witnesses_below(const struct signing *s, uint64_t size)
{
	uint32_t below = 0;

	for (unsigned i = 0; i < s->options.policy->witnesses_count; i++)
		if (s->witnesses[i].known < size)
			below |= UINT32_C(1) << i;
	return below;
}

/* What a witness says it remembers is not signed. */
uint64_t signing_known(const struct signing *s)
{
	uint64_t known = s->signer.known;

	for (unsigned i = 0; i < s->options.policy->witnesses_count; i++) {
		uint64_t size = s->witnesses[i].known;

		if (size > known && !policy_quorum_holds(s->options.policy, witnesses_below(s, size)))
			known = size;
	}
	return known;
}

static void seat_init(struct signing *s, struct seat *seat, const char *url, const char *call)
{
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	seat->signing = s;
	ensure(snprintf(seat->url, sizeof(seat->url), "%.*s/%s", (int)len, url, call) <
		(int)sizeof(seat->url));
}

int signing_open(struct signing **ret, const struct signing_options *options)
{
	struct signing *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return ERR_MEMORY;
	if (loop_timer_open(&s->grace, options->loop, signing_on_grace) < 0) {
		free(s);
		return ERR_MEMORY;
	}
	s->options = *options;
	s->ending.run = signing_on_ending;
	list_init(&s->ending.link);
	seat_init(s, &s->signer, "http://signer", "sign-checkpoint");
	s->signer.call.socket = options->signer;
	s->signer.call.timeout_ms = options->signer_ms;
	s->signer.call.done = signer_answered;
	for (unsigned i = 0; i < options->policy->witnesses_count; i++) {
		struct seat *seat = &s->witnesses[i];

		seat_init(s, seat, options->policy->witnesses[i].url, "add-checkpoint");
		seat->call.timeout_ms = options->witness_ms;
		metric_set(&seat->metrics.is_up, 1); /* until it is asked in vain */
		seat->call.done = witness_answered;
	}
	*ret = s;
	return 0;
}

void signing_close(struct signing *s)
{
	if (s == NULL)
		return;
	loop_defer_cancel(&s->ending);
	loop_timer_close(&s->grace);
	free(s);
}
