/* Signed notes, checkpoints and verifier keys.  What parses is written again as the same bytes; a
 * checkpoint is believed only with its log and its quorum, and the reason is given otherwise. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "proto/lines.h"
#include "test/fuzz/log_keys.h"

/* The line of a signature whose bytes are all kept. */
static void put_signature(struct writer *w, const struct note_signature *s)
{
	uint8_t bytes[sizeof(s->id) + sizeof(s->bytes)];

	memcpy(bytes, s->id, sizeof(s->id));
	memcpy(bytes + sizeof(s->id), s->bytes, s->len);
	writer_text(w, "\xe2\x80\x94 ");
	writer_slice(w, s->name);
	writer_text(w, " ");
	line_put_base64(w, slice_of(bytes, sizeof(s->id) + s->len));
	writer_text(w, "\n");
}

static void check_note(struct slice in)
{
	uint8_t again[NOTE_MAX];
	struct note note;
	struct writer w;

	if (!note_parse(&note, in))
		return;
	FUZZ_CHECK(note.count >= 1 && note.count <= NOTE_SIGNATURES_MAX);
	FUZZ_CHECK(note.text.len > 0 && note.text.data[note.text.len - 1] == '\n');
	writer_init(&w, again, sizeof(again));
	writer_slice(&w, note.text);
	writer_text(&w, "\n");
	for (unsigned i = 0; i < note.count; i++) {
		FUZZ_CHECK(note.signatures[i].len > 0 && note.signatures[i].name.len > 0);
		if (note.signatures[i].len > sizeof(note.signatures[i].bytes))
			return;
		put_signature(&w, &note.signatures[i]);
	}
	FUZZ_CHECK(!w.failed && slice_equal(writer_written(&w), in));
}

static void check_checkpoint(struct slice text)
{
	char again[CHECKPOINT_TEXT_MAX];
	struct checkpoint c;

	if (!checkpoint_parse(&c, text))
		return;
	FUZZ_CHECK(c.origin[0] != '\0' && c.size <= MERKLE_SIZE_MAX);
	FUZZ_CHECK(slice_equal(slice_of(again, checkpoint_format(again, &c)), text));
}

static void check_judgement(struct slice in)
{
	struct policy_verdict v;
	char text[CHECKPOINT_TEXT_MAX];

	policy_judge(log_policy(), in, &v);
	FUZZ_CHECK(v.accepted == (v.problem[0] == '\0'));
	FUZZ_CHECK(v.witnesses < 8 && (v.witnesses != 0 || v.newest_s == 0));
	FUZZ_CHECK(v.oldest_s <= v.newest_s && v.newest_s <= INT64_MAX);
	if (!v.accepted)
		return;
	FUZZ_CHECK(v.log == 0 && policy_quorum_holds(log_policy(), v.witnesses));

	size_t len = checkpoint_format(text, &v.checkpoint);

	/* What is believed is what was signed. */
	FUZZ_CHECK(in.len > len && memcmp(in.data, text, len) == 0 && in.data[len] == '\n');
}

static void check_key(struct slice in)
{
	char text[NOTE_KEY_TEXT_MAX], again[NOTE_KEY_TEXT_MAX];
	struct note_key key;

	if (in.len >= sizeof(text) || (in.len > 0 && memchr(in.data, 0, in.len)))
		return;
	if (in.len > 0)
		memcpy(text, in.data, in.len);
	text[in.len] = '\0';
	if (!note_key_parse(&key, text))
		return;
	FUZZ_CHECK(note_name_is_good(key.name));
	note_key_format(again, &key);
	FUZZ_CHECK(strcmp(again, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice in = slice_of(data, len);
	struct note note;

	check_note(in);
	check_checkpoint(in);
	if (note_parse(&note, in))
		check_checkpoint(note.text);
	check_judgement(in);
	check_key(in);
	return 0;
}
