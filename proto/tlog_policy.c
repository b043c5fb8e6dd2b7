/* A policy read from its text. */
#include "proto/tlog_policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/lines.h"

enum {
	MEMBERS_MAX = POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX,
	WORDS_MAX = 3 + MEMBERS_MAX,
	QUOTE_MAX = 60, /* bytes of a word in a problem */
};

static_assert(POLICY_WITNESSES_MAX <= 32, "a set of witnesses is 32 bits");
static_assert(CHECKPOINT_TEXT_MAX + (POLICY_WITNESSES_MAX + 1) * NOTE_LINE_MAX <= NOTE_MAX,
	"they all fit, however long their names are");
static_assert(MEMBERS_MAX <= 64, "a set of members is 64 bits");

/* A policy as it is read. */
struct reading {
	struct policy *p;
	char *problem;
	unsigned line;         /* the number of the line being read */
	bool has_quorum;
	uint64_t grouped;      /* members that are in a group already */
	unsigned words_count;
	struct slice words[WORDS_MAX];
};

/* Say what is wrong with the line.  Always false. */
__attribute__((format(printf, 2, 3))) static bool refuse(struct reading *r, const char *format, ...)
{
	int used = snprintf(r->problem, POLICY_PROBLEM_MAX, "line %u: ", r->line);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(r->problem + used, POLICY_PROBLEM_MAX - (size_t)used, format, args);
	va_end(args);
	return false;
}

/* For "%.*s". */
static int quote_len(struct slice word)
{
	return (int)(word.len < QUOTE_MAX ? word.len : QUOTE_MAX);
}

static bool word_is(struct slice word, const char *text)
{
	return slice_equal(word, slice_of_text(text));
}

/* False when it is longer than `max` bytes. */
static bool word_copy(char *out, struct slice word, size_t max)
{
	if (word.len > max)
		return false;
	memcpy(out, word.data, word.len);
	out[word.len] = '\0';
	return true;
}

/* ---- names --------------------------------------------------------------------------------- */

/* The member of that name, or -1. */
static int member_named(const struct policy *p, struct slice name)
{
	for (unsigned i = 0; i < p->witnesses_count; i++) {
		if (word_is(name, p->witnesses[i].name))
			return (int)i;
	}
	for (unsigned i = 0; i < p->groups_count; i++) {
		if (word_is(name, p->groups[i].name))
			return (int)(POLICY_WITNESSES_MAX + i);
	}
	return -1;
}

/* Witnesses and groups share their names. */
static bool name_define(struct reading *r, char name[NOTE_NAME_MAX + 1], struct slice word)
{
	if (!word_copy(name, word, NOTE_NAME_MAX))
		return refuse(r, "the name is longer than %d bytes", NOTE_NAME_MAX);
	if (word_is(word, "none") || member_named(r->p, word) >= 0)
		return refuse(r, "the name \"%.*s\" is taken", quote_len(word), (const char *)word.data);
	return true;
}

static bool member_find(struct reading *r, struct slice word, int *ret)
{
	*ret = member_named(r->p, word);
	if (*ret < 0)
		return refuse(r, "\"%.*s\" is not defined above", quote_len(word), (const char *)word.data);
	return true;
}

/* ---- logs and witnesses -------------------------------------------------------------------- */

static bool key_read(struct reading *r, struct note_key *key, struct slice word,
	enum note_key_type type)
{
	char text[NOTE_KEY_TEXT_MAX];

	if (!word_copy(text, word, sizeof(text) - 1) || !note_key_parse(key, text))
		return refuse(r, "\"%.*s\" is not a verifier key", quote_len(word),
			(const char *)word.data);
	if (key->type != type)
		return refuse(r, "the key is not %s",
			type == NOTE_ED25519 ? "a log's (type 1)" : "a witness's (type 4)");
	return true;
}

static bool key_is_same(const struct note_key *a, const struct note_key *b)
{
	return memcmp(a->public_key, b->public_key, PUBLIC_KEY_LEN) == 0;
}

/* The word at `at`, if there is one. */
static bool url_read(struct reading *r, char url[POLICY_URL_MAX + 1], unsigned at)
{
	url[0] = '\0';
	if (at < r->words_count && !word_copy(url, r->words[at], POLICY_URL_MAX))
		return refuse(r, "the URL is longer than %d bytes", POLICY_URL_MAX);
	return true;
}

static bool log_read(struct reading *r)
{
	struct policy *p = r->p;
	struct policy_log *log = &p->logs[p->logs_count];

	if (p->logs_count == POLICY_LOGS_MAX)
		return refuse(r, "there are more than %d logs", POLICY_LOGS_MAX);
	if (!key_read(r, &log->key, r->words[1], NOTE_ED25519) || !url_read(r, log->url, 2))
		return false;
	for (unsigned i = 0; i < p->logs_count; i++) {
		if (key_is_same(&p->logs[i].key, &log->key))
			return refuse(r, "the log's key was given before");
	}
	p->logs_count++;
	return true;
}

static bool witness_read(struct reading *r)
{
	struct policy *p = r->p;
	struct policy_witness *witness = &p->witnesses[p->witnesses_count];

	if (p->witnesses_count == POLICY_WITNESSES_MAX)
		return refuse(r, "there are more than %d witnesses", POLICY_WITNESSES_MAX);
	if (!name_define(r, witness->name, r->words[1]) ||
		!key_read(r, &witness->key, r->words[2], NOTE_COSIGNATURE) ||
		!url_read(r, witness->url, 3))
		return false;
	for (unsigned i = 0; i < p->witnesses_count; i++) {
		if (key_is_same(&p->witnesses[i].key, &witness->key))
			return refuse(r, "the witness's key was given before");
	}
	p->witnesses_count++;
	return true;
}

/* ---- groups and the quorum ----------------------------------------------------------------- */

static bool needed_read(struct reading *r, unsigned *ret, struct slice word, unsigned count)
{
	uint64_t needed;

	if (word_is(word, "any"))
		needed = 1;
	else if (word_is(word, "all"))
		needed = count;
	else if (!line_decimal(word, &needed) || needed < 1 || needed > count)
		return refuse(r, "a group of %u needs \"any\", \"all\" or a number from 1 to %u", count,
			count);
	*ret = (unsigned)needed;
	return true;
}

/* Each name stands in one group at most, so that no witness counts twice. */
static bool member_add(struct reading *r, struct policy_group *group, struct slice word)
{
	int member;

	if (!member_find(r, word, &member))
		return false;
	if (r->grouped >> member & 1)
		return refuse(r, "\"%.*s\" is in a group already", quote_len(word),
			(const char *)word.data);
	r->grouped |= UINT64_C(1) << member;
	group->members[group->count++] = (unsigned char)member;
	return true;
}

static bool group_read(struct reading *r)
{
	struct policy *p = r->p;
	struct policy_group *group = &p->groups[p->groups_count];

	if (p->groups_count == POLICY_GROUPS_MAX)
		return refuse(r, "there are more than %d groups", POLICY_GROUPS_MAX);
	if (!name_define(r, group->name, r->words[1]) ||
		!needed_read(r, &group->needed, r->words[2], r->words_count - 3))
		return false;
	group->count = 0;
	for (unsigned i = 3; i < r->words_count; i++) {
		if (!member_add(r, group, r->words[i]))
			return false;
	}
	p->groups_count++;
	return true;
}

static bool quorum_read(struct reading *r)
{
	if (r->has_quorum)
		return refuse(r, "a quorum was given before");
	r->has_quorum = true;
	if (word_is(r->words[1], "none"))
		return true;
	return member_find(r, r->words[1], &r->p->quorum);
}

/* ---- lines --------------------------------------------------------------------------------- */

static const struct kind {
	const char *word;
	unsigned words_min, words_max;
	bool (*read)(struct reading *r);
} kinds[] = {
	{"log", 2, 3, log_read},
	{"witness", 3, 4, witness_read},
	{"group", 4, WORDS_MAX, group_read},
	{"quorum", 2, 2, quorum_read},
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool has_control(struct slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		if ((line.data[i] < ' ' && line.data[i] != '\t') || line.data[i] == 0x7f)
			return true;
	}
	return false;
}

static struct slice without_space(struct slice line)
{
	while (line.len > 0 && is_space(line.data[0]))
		line = slice_of(line.data + 1, line.len - 1);
	return line;
}

static bool words_read(struct reading *r, struct slice line)
{
	r->words_count = 0;
	while (line.len > 0) {
		size_t len = 0;

		while (len < line.len && !is_space(line.data[len]))
			len++;
		if (r->words_count == WORDS_MAX)
			return refuse(r, "there are more than %d words", WORDS_MAX);
		r->words[r->words_count++] = slice_of(line.data, len);
		line = without_space(slice_of(line.data + len, line.len - len));
	}
	return true;
}

static bool line_read(struct reading *r, struct slice line)
{
	if (has_control(line))
		return refuse(r, "there is a control character");
	line = without_space(line);
	if (line.len == 0 || line.data[0] == '#')
		return true;
	if (!words_read(r, line))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *kind = &kinds[i];

		if (!word_is(r->words[0], kind->word))
			continue;
		if (r->words_count < kind->words_min || r->words_count > kind->words_max)
			return refuse(r, "a \"%s\" line has from %u to %u words", kind->word,
				kind->words_min, kind->words_max);
		return kind->read(r);
	}
	return refuse(r, "\"%.*s\" is not log, witness, group or quorum", quote_len(r->words[0]),
		(const char *)r->words[0].data);
}

bool policy_parse(struct policy *ret, struct slice text, char problem[POLICY_PROBLEM_MAX])
{
	struct reading r = {.p = ret, .problem = problem};
	struct slice line;

	problem[0] = '\0';
	ret->logs_count = ret->witnesses_count = ret->groups_count = 0;
	ret->quorum = -1;
	if (text.len > POLICY_BYTES_MAX) {
		(void)snprintf(problem, POLICY_PROBLEM_MAX, "the policy is longer than %d bytes",
			POLICY_BYTES_MAX);
		return false;
	}
	while (line_next(&text, &line)) {
		r.line++;
		if (!line_read(&r, line))
			return false;
	}
	r.line++;
	if (text.len > 0)
		return refuse(&r, "the last line has no newline");
	if (!r.has_quorum)
		return refuse(&r, "no \"quorum\" line was given");
	return true;
}
