#include "notary/petition.h"

#include "proto/lines.h"

enum { TEXT_LINES = 3 }; /* origin, size, root */

bool petition_text_read(struct checkpoint *ret, struct slice text)
{
	struct slice rest = text, line;

	for (unsigned i = 0; i < TEXT_LINES; i++)
		if (!line_next(&rest, &line))
			return false;
	text.len -= rest.len;
	while (rest.len > 0)
		if (!line_next(&rest, &line) || line.len == 0)
			return false;
	return checkpoint_parse(ret, text);
}

static bool question_read(struct petition *p, struct slice body)
{
	struct checkpoint_question q;

	if (!checkpoint_question_parse(&q, body))
		return false;
	p->old_size = q.old_size;
	p->proof = q.proof;
	p->bytes = q.note;
	return true;
}

bool petition_read_bare(struct petition *ret, struct slice body)
{
	if (!question_read(ret, body) || ret->bytes.data[ret->bytes.len - 1] != '\n')
		return false;
	ret->note = (struct note){.count = 0};
	ret->text = slice_of(ret->bytes.data, ret->bytes.len - 1);
	return checkpoint_parse(&ret->checkpoint, ret->text);
}

bool petition_read_signed(struct petition *ret, struct slice body)
{
	if (!question_read(ret, body) || !note_parse(&ret->note, ret->bytes))
		return false;
	ret->text = ret->note.text;
	return petition_text_read(&ret->checkpoint, ret->text);
}
