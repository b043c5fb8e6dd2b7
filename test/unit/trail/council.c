#include "test/unit/trail/council.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "proto/checkpoint.h"
#include "test/support/tap.h"

enum { COSIGNED_AT_S = 1795900000 };

/* ---- answers ------------------------------------------------------------------------------- */

void member_holds(struct member *m, struct web_question *q)
{
	ensure(m->held_count < COUNCIL_HELD);
	m->held[m->held_count++] = q;
}

void member_says(struct member *m, struct web_question *q)
{
	web_answer_text(q, m->status, m->text);
}

void member_cuts(struct member *m, struct web_question *q)
{
	(void)m;
	web_cut(q);
}

static void answer_size(struct member *m, struct web_question *q)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)m->size);
	web_answer_text(q, 409, text);
}

/* The text that is to be signed; a witness wants the log's signature under it. */
static struct slice text_of(const struct member *m, struct slice bytes)
{
	struct note note;

	if (m->is_witness) {
		ensure(note_parse(&note, bytes));
		ensure(note.count > 0);
		return note.text;
	}
	ensure(bytes.len > 2 && bytes.data[bytes.len - 1] == '\n' && bytes.data[bytes.len - 2] == '\n');
	return slice_of(bytes.data, bytes.len - 1);
}

void member_is_honest(struct member *m, struct web_question *q)
{
	struct checkpoint_question question;
	struct checkpoint checkpoint;
	char line[NOTE_LINE_MAX];
	struct slice text;

	assert_string_equal(q->path, m->is_witness ? "/add-checkpoint" : "/sign-checkpoint");
	ensure(checkpoint_question_parse(&question, q->body));
	m->last_old_size = question.old_size;
	text = text_of(m, question.note);
	ensure(checkpoint_parse(&checkpoint, text));
	assert_string_equal(checkpoint.origin, COUNCIL_ORIGIN);
	if (question.old_size != m->size || checkpoint.size < m->size) {
		answer_size(m, q);
		return;
	}
	if (!merkle_consistency_holds(m->size, &m->root, checkpoint.size, &checkpoint.root,
			&question.proof)) {
		web_answer_text(q, 422, "");
		return;
	}
	m->size = checkpoint.size;
	m->root = checkpoint.root;
	ensure(note_sign(line, text, &m->signer.key, m->signer.secret,
		m->is_witness ? COSIGNED_AT_S : 0) > 0);
	web_answer_text(q, 200, line);
}

void member_answers_held(struct member *m)
{
	struct web_question *q = m->held[0];

	ensure(m->held_count > 0);
	m->held_count--;
	memmove(&m->held[0], &m->held[1], m->held_count * sizeof(m->held[0]));
	member_is_honest(m, q);
}

static void member_asked(struct web *web, struct web_question *q)
{
	struct member *m = web->arg;

	m->asked++;
	m->manner(m, q);
}

/* ---- what they remember -------------------------------------------------------------------- */

void member_remembers(struct member *m, uint64_t size)
{
	m->size = size;
	root_of(size, &m->root);
}

void member_remembers_other(struct member *m, uint64_t size)
{
	member_remembers(m, size);
	m->root.bytes[0] ^= 1;
}

static size_t text_make(uint64_t size, char text[CHECKPOINT_TEXT_MAX])
{
	struct checkpoint checkpoint = {.origin = COUNCIL_ORIGIN, .size = size};

	root_of(size, &checkpoint.root);
	return checkpoint_format(text, &checkpoint);
}

void member_line(const struct member *m, uint64_t size, char line[NOTE_LINE_MAX])
{
	char text[CHECKPOINT_TEXT_MAX];
	size_t len = text_make(size, text);

	ensure(note_sign(line, slice_of(text, len), &m->signer.key, m->signer.secret,
		m->is_witness ? COSIGNED_AT_S : 0) > 0);
}

size_t council_note(const struct council *c, uint64_t size, unsigned witnesses,
	char note[NOTE_MAX])
{
	char text[CHECKPOINT_TEXT_MAX], line[NOTE_LINE_MAX];
	int len;

	(void)text_make(size, text);
	member_line(&c->signer, size, line);
	len = snprintf(note, NOTE_MAX, "%s\n%s", text, line);
	for (unsigned i = 0; i < witnesses; i++) {
		member_line(&c->witnesses[i], size, line);
		len += snprintf(note + len, NOTE_MAX - (size_t)len, "%s", line);
	}
	return (size_t)len;
}

/* ---- life ---------------------------------------------------------------------------------- */

const char *council_socket(const struct council *c)
{
	static char path[GROVE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/signer", c->folder);
	return path;
}

void member_come_back(struct council *c, struct member *m)
{
	ensure(!m->is_witness && m->web == NULL);
	m->web = web_open(c->loop, council_socket(c), member_asked, m);
}

static void member_open(struct council *c, struct member *m, bool is_witness, unsigned i)
{
	char name[32];

	memset(m, 0, sizeof(*m));
	snprintf(name, sizeof(name), is_witness ? "witness.example/w%u" : COUNCIL_ORIGIN, i);
	signer_make(&m->signer, name, is_witness ? NOTE_COSIGNATURE : NOTE_ED25519, 100 + i);
	m->is_witness = is_witness;
	m->manner = member_is_honest;
	root_of(0, &m->root);
	m->web = web_open(c->loop, is_witness ? NULL : council_socket(c), member_asked, m);
}

static void policy_make(struct council *c, const char *quorum)
{
	char text[4096], vkey[NOTE_KEY_TEXT_MAX], problem[POLICY_PROBLEM_MAX] = "";
	int len;

	note_key_format(vkey, &c->signer.signer.key);
	len = snprintf(text, sizeof(text), "log %s\n", vkey);
	for (unsigned i = 0; i < COUNCIL_WITNESSES; i++) {
		note_key_format(vkey, &c->witnesses[i].signer.key);
		len += snprintf(text + len, sizeof(text) - (size_t)len, "witness w%u %s %s/\n", i, vkey,
			c->witnesses[i].web->url);
	}
	snprintf(text + len, sizeof(text) - (size_t)len, "%s", quorum);
	if (!policy_parse(&c->policy, slice_of_text(text), problem))
		fail_msg("%s", problem);
}

void council_open(struct council *c, struct loop *loop, const char *folder, const char *quorum)
{
	memset(c, 0, sizeof(*c));
	c->loop = loop;
	c->folder = folder;
	member_open(c, &c->signer, false, 0);
	for (unsigned i = 0; i < COUNCIL_WITNESSES; i++)
		member_open(c, &c->witnesses[i], true, i);
	policy_make(c, quorum);
}

void council_close(struct council *c)
{
	web_close(c->signer.web);
	for (unsigned i = 0; i < COUNCIL_WITNESSES; i++)
		web_close(c->witnesses[i].web);
}
