/* Checkpoints, and the question put to a signer or witness. */
#include "proto/checkpoint.h"

#include <string.h>

#include "proto/lines.h"
#include "proto/proof_lines.h"

static_assert(NOTE_NAME_MAX + 1 + LINE_DECIMAL_MAX + (SHA256_LEN + 2) / 3 * 4 + 2 <=
	CHECKPOINT_TEXT_MAX, "the longest checkpoint fits");
static_assert(sizeof("old ") + LINE_DECIMAL_MAX + PROOF_LINES_MAX + NOTE_MAX <=
	CHECKPOINT_QUESTION_MAX, "the longest question fits");

size_t checkpoint_format(char text[CHECKPOINT_TEXT_MAX], const struct checkpoint *c)
{
	struct writer w;

	writer_init(&w, (uint8_t *)text, CHECKPOINT_TEXT_MAX);
	writer_text(&w, c->origin);
	writer_text(&w, "\n");
	line_put_decimal(&w, c->size);
	writer_text(&w, "\n");
	line_put_base64(&w, slice_of(c->root.bytes, SHA256_LEN));
	writer_text(&w, "\n");
	writer_u8(&w, 0);
	return w.used - 1;
}

/* An origin need not look like a key's name: it may have spaces. */
static bool origin_read(char origin[NOTE_NAME_MAX + 1], struct slice line)
{
	uint32_t c;

	if (line.len == 0 || line.len > NOTE_NAME_MAX)
		return false;
	memcpy(origin, line.data, line.len);
	origin[line.len] = '\0';
	while (line.len > 0) {
		if (!line_char(&line, &c) || c < LINE_CHAR_FIRST)
			return false;
	}
	return true;
}

bool checkpoint_parse(struct checkpoint *ret, struct slice text)
{
	struct slice origin, size, root;
	struct checkpoint c = {.size = 0};

	if (!line_next(&text, &origin) || !line_next(&text, &size) || !line_next(&text, &root) ||
		text.len > 0)
		return false;
	if (!origin_read(c.origin, origin) || !line_decimal(size, &c.size) ||
		c.size > MERKLE_SIZE_MAX || !line_hash(root, c.root.bytes))
		return false;
	*ret = c;
	return true;
}

size_t checkpoint_question_format(char *out, size_t cap, const struct checkpoint_question *q)
{
	struct writer w;

	writer_init(&w, (uint8_t *)out, cap);
	writer_text(&w, "old ");
	line_put_decimal(&w, q->old_size);
	writer_text(&w, "\n");
	proof_lines_put(&w, &q->proof);
	writer_slice(&w, q->note);
	return w.failed ? 0 : w.used;
}

bool checkpoint_question_parse(struct checkpoint_question *ret, struct slice bytes)
{
	struct slice line;

	if (bytes.len > CHECKPOINT_QUESTION_MAX || !line_next(&bytes, &line) ||
		!line_skip(&line, "old ") || !line_decimal(line, &ret->old_size) ||
		ret->old_size > MERKLE_SIZE_MAX || !proof_lines_read(&ret->proof, &bytes))
		return false;
	ret->note = bytes;
	return bytes.len > 0 && bytes.len <= NOTE_MAX;
}
