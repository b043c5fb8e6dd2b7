#include "notary/witness.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "notary/witness_page.h"

enum { DASH_LEN = sizeof("\xe2\x80\x94 ") - 1 }; /* what a signature line begins with */

/* ---- logs and keys ------------------------------------------------------------------------- */

static struct notary_log *witness_log(struct witness *w, const char *origin)
{
	for (unsigned i = 0; i < w->logs_count; i++)
		if (strcmp(w->logs[i].origin, origin) == 0)
			return &w->logs[i];
	return NULL;
}

bool witness_add(struct witness *w, const char *vkey, char problem[NOTARY_PROBLEM_MAX])
{
	struct note_key *key = &w->keys[w->keys_count];
	const char *wrong = NULL;

	if (w->keys_count == WITNESS_LOGS_MAX) {
		wrong = "is one too many";
	} else if (!note_key_parse(key, vkey)) {
		wrong = "is no verifier key";
	} else {
		for (unsigned i = 0; i < w->keys_count; i++)
			if (strcmp(w->keys[i].name, key->name) == 0 &&
				memcmp(w->keys[i].id, key->id, sizeof(key->id)) == 0)
				wrong = "is given twice";
	}
	if (wrong != NULL) {
		snprintf(problem, NOTARY_PROBLEM_MAX, "--log \"%.*s\" %s", NOTE_KEY_TEXT_MAX, vkey, wrong);
		return false;
	}
	w->keys_count++;
	if (witness_log(w, key->name) == NULL) {
		struct notary_log *log = &w->logs[w->logs_count++];

		*log = (struct notary_log){.is_witnessed = true};
		memcpy(log->origin, key->name, sizeof(log->origin));
	}
	return true;
}

void witness_origin_hash(char text[ORIGIN_HASH_LEN + 1], const char *origin)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hash[SHA256_LEN];

	digest_sha256(hash, slice_of_text(origin));
	for (unsigned i = 0; i < sizeof(hash); i++) {
		*text++ = digits[hash[i] >> 4];
		*text++ = digits[hash[i] & 15];
	}
	*text = '\0';
}

static enum notary_start witness_open_log(struct witness *w, struct notary_log *log,
	const char *state, bool may_begin, bool *begun, char problem[NOTARY_PROBLEM_MAX])
{
	char path[MEMORY_PATH_MAX + 1], name[ORIGIN_HASH_LEN + 1];
	enum notary_start start;
	int len;

	witness_origin_hash(name, log->origin);
	len = snprintf(path, sizeof(path), "%s/%s", state, name);
	if (len < 0 || (size_t)len >= sizeof(path)) {
		snprintf(problem, NOTARY_PROBLEM_MAX, "the path of the state is too long");
		return NOTARY_MISUSED;
	}
	start = notary_open(log, path, w->secret, may_begin, begun, problem);
	if (start == NOTARY_STARTED)
		log_info("%s origin=\"%s\" size=%" PRIu64 " file=%s", *begun ? "began" : "remembers",
			log->origin, memory_last(log->memory)->size, name);
	return start;
}

enum notary_start witness_open(struct witness *w, const char *state,
	const struct note_secret *secret, bool begin, char problem[NOTARY_PROBLEM_MAX])
{
	enum notary_start start = NOTARY_STARTED;
	bool any_begun = false, begun;

	ensure(w->logs_count > 0);
	w->secret = secret;
	for (unsigned i = 0; i < w->logs_count && start == NOTARY_STARTED; i++) {
		start = witness_open_log(w, &w->logs[i], state, begin, &begun, problem);
		any_begun |= begun;
	}
	if (start == NOTARY_STARTED && begin && !any_begun) {
		snprintf(problem, NOTARY_PROBLEM_MAX,
			"there is a memory of every log already; --new is for the first start of a log only");
		start = NOTARY_MISUSED;
	}
	if (start != NOTARY_STARTED)
		witness_close(w);
	return start;
}

void witness_close(struct witness *w)
{
	for (unsigned i = 0; i < w->logs_count; i++)
		notary_close(&w->logs[i]);
}

/* ---- cosigning ----------------------------------------------------------------------------- */

/* The keys that stand for a log, which lie anywhere among all. */
static unsigned keys_of(const struct witness *w, const char *origin,
	struct note_key ret[WITNESS_LOGS_MAX])
{
	unsigned count = 0;

	for (unsigned i = 0; i < w->keys_count; i++)
		if (strcmp(w->keys[i].name, origin) == 0)
			ret[count++] = w->keys[i];
	return count;
}

static enum verdict witness_judge(struct witness *w, struct slice body, struct petition *p,
	struct notary_log **ret_log)
{
	struct note_key keys[WITNESS_LOGS_MAX];
	struct notary_log *log;
	enum verdict v;

	*ret_log = &w->others;
	if (!petition_read_signed(p, body))
		return VERDICT_MALFORMED;
	log = witness_log(w, p->checkpoint.origin);
	if (log == NULL)
		return VERDICT_LOG_NOT_KNOWN;
	*ret_log = log;
	v = verdict_on_signature(p, keys, keys_of(w, log->origin, keys));
	return v == VERDICT_SIGN ? verdict_on_growth(p, memory_last(log->memory)) : v;
}

static bool is_signature_of(const struct note_signature *s, const struct note_key *key)
{
	return slice_equal(s->name, slice_of_text(key->name)) &&
		memcmp(s->id, key->id, sizeof(key->id)) == 0;
}

/* The first line this key has signed with, with its newline; empty when there is none. */
static struct slice line_of(const struct petition *p, const struct note_key *key)
{
	const uint8_t *line, *end = p->bytes.data + p->bytes.len;

	for (unsigned i = 0; i < p->note.count; i++) {
		if (!is_signature_of(&p->note.signatures[i], key))
			continue;
		line = p->note.signatures[i].name.data - DASH_LEN;
		end = memchr(line, '\n', (size_t)(end - line));
		ensure(end != NULL); /* a note ends in one */
		return slice_of(line, (size_t)(end - line) + 1);
	}
	return slice_of(NULL, 0);
}

/* The lines by which the log has signed, one per key: monitors want them beside ours.  Those of
 * keys not known here are not kept: anybody may have added them. */
static void lines_keep(const struct witness *w, const struct petition *p, struct writer *lines)
{
	struct note_key keys[WITNESS_LOGS_MAX];
	unsigned count = keys_of(w, p->checkpoint.origin, keys);

	/* One place of the note is ours. */
	for (unsigned i = 0, kept = 0; i < count && kept < NOTE_SIGNATURES_MAX - 1; i++) {
		struct slice line = line_of(p, &keys[i]);

		writer_slice(lines, line);
		kept += line.len > 0;
	}
}

static void witness_add_checkpoint(struct witness *w, struct slice body, struct http_answer *a)
{
	uint8_t kept[NOTE_MAX];
	struct petition p;
	struct notary_log *log;
	struct writer lines;
	enum verdict v = witness_judge(w, body, &p, &log);

	if (v != VERDICT_SIGN) {
		notary_refuse(log, v, &p, a);
		return;
	}
	writer_init(&lines, kept, sizeof(kept));
	lines_keep(w, &p, &lines);
	ensure(!lines.failed); /* they all stand in one note */
	notary_sign(log, w->secret, &p, writer_written(&lines), a);
}

/* ---- answering ----------------------------------------------------------------------------- */

/* "/<hash>/checkpoint" of a log that something was signed for, or NULL. */
static const struct notary_log *witness_log_at(const struct witness *w, const char *path)
{
	char hash[ORIGIN_HASH_LEN + 1], own[ORIGIN_HASH_LEN + sizeof("//checkpoint")];

	for (unsigned i = 0; i < w->logs_count; i++) {
		witness_origin_hash(hash, w->logs[i].origin);
		snprintf(own, sizeof(own), "/%s/checkpoint", hash);
		if (strcmp(path, own) == 0 && notary_has_signed(&w->logs[i]))
			return &w->logs[i];
	}
	return NULL;
}

static void witness_get(const struct witness *w, const char *path, struct http_answer *a)
{
	const struct notary_log *log;

	if (strcmp(path, "/healthz") == 0) {
		http_answer_line(a, 200, "ok");
	} else if (strcmp(path, "/metrics") == 0) {
		witness_page(w, a);
	} else if ((log = witness_log_at(w, path)) != NULL) {
		struct slice note = memory_note(log->memory);

		http_answer_say(a, "%.*s", (int)note.len, (const char *)note.data);
	} else {
		http_answer_line(a, 404, NULL);
	}
}

void witness_answer(struct witness *w, const struct http_request *request,
	struct http_answer *a)
{
	bool is_add = strcmp(request->path, "/add-checkpoint") == 0;

	if (is_add && request->method == HTTP_POST) {
		witness_add_checkpoint(w, request->body, a);
	} else if (!is_add && request->method <= HTTP_HEAD) {
		witness_get(w, request->path, a);
	} else {
		http_answer_line(a, 405, NULL);
		a->allow = is_add ? "POST" : "GET, HEAD";
	}
}
