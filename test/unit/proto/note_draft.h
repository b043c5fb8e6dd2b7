/* Signers whose keys follow from a number, and notes as they grow. */
#ifndef TEST_UNIT_PROTO_NOTE_DRAFT_H
#define TEST_UNIT_PROTO_NOTE_DRAFT_H

#include "proto/note.h"

struct signer {
	struct note_key key;
	uint8_t secret[64];
};
void signer_make(struct signer *s, const char *name, enum note_key_type type, unsigned seed);

/* A note; the text stands at its start. */
struct draft {
	struct writer w;
	size_t text_len;
	uint8_t bytes[NOTE_MAX + 1024];
};
void draft_init(struct draft *d, const char *text);
void draft_sign(struct draft *d, const struct signer *s, uint64_t time_s);
/* A signature of the signer, but over another text. */
void draft_forge(struct draft *d, const struct signer *s);
/* A line as it is given. */
void draft_add(struct draft *d, const char *line);
void draft_copy(struct draft *d, const struct draft *from);
struct slice draft_note(const struct draft *d);

#endif
