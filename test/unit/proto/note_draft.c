/* Signers and notes for the tests. */
#include "test/unit/proto/note_draft.h"

#include "test/support/tap.h"

#include <sodium.h>
#include <string.h>

void signer_make(struct signer *s, const char *name, enum note_key_type type, unsigned seed)
{
	uint8_t bytes[crypto_sign_SEEDBYTES] = {(uint8_t)seed, (uint8_t)(seed >> 8)};
	uint8_t public_key[PUBLIC_KEY_LEN];

	assert_int_equal(crypto_sign_seed_keypair(public_key, s->secret, bytes), 0);
	assert_true(note_key_make(&s->key, name, type, public_key));
}

void draft_add(struct draft *d, const char *line)
{
	writer_text(&d->w, line);
	assert_false(d->w.failed);
}

void draft_init(struct draft *d, const char *text)
{
	writer_init(&d->w, d->bytes, sizeof(d->bytes));
	d->text_len = strlen(text);
	draft_add(d, text);
	draft_add(d, "\n");
}

void draft_copy(struct draft *d, const struct draft *from)
{
	*d = *from;
	d->w.start = d->bytes;
}

static void add_signature(struct draft *d, struct slice text, const struct signer *s,
	uint64_t time_s)
{
	char line[NOTE_LINE_MAX];
	size_t len = note_sign(line, text, &s->key, s->secret, time_s);

	assert_true(len > 0);
	assert_int_equal(strlen(line), len);
	draft_add(d, line);
}

void draft_sign(struct draft *d, const struct signer *s, uint64_t time_s)
{
	add_signature(d, slice_of(d->bytes, d->text_len), s, time_s);
}

void draft_forge(struct draft *d, const struct signer *s)
{
	add_signature(d, slice_of_text("another text\n"), s, 1);
}

struct slice draft_note(const struct draft *d)
{
	return writer_written(&d->w);
}
