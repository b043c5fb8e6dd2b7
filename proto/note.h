/* Signed notes: a text and lines of signatures, by C2SP signed-note v1, and the keys that make
 * them.
 *
 *     text, ending in a newline
 *     (empty line)
 *     <em dash> <key name> base64(key id || signature)
 *
 * Two kinds of signatures are known: Ed25519 over the text (0x01, a log's) and the timestamped
 * cosignature of a witness (0x04, C2SP tlog-cosignature v1).  Signatures of unknown keys are left
 * out of account; one of a known key that does not verify refuses the whole note.
 *
 * Key files (not C2SP's): two lines, "rxcirc-note-secret-v1 <type>" (log or witness) and
 * "<name> <base64 seed>".
 *
 * Ownership: nothing here owns memory; names are borrowed.  Threads: any.
 */
#ifndef PROTO_NOTE_H
#define PROTO_NOTE_H

#include "proto/bytes.h"
#include "proto/limits.h"

enum {
	NOTE_NAME_MAX = 200,        /* bytes of a key's name */
	NOTE_KEY_TEXT_MAX = 300,    /* bytes of a verifier key (vkey), with the NUL */
	NOTE_SIGNATURES_MAX = 32,   /* lines of one note; C2SP asks for at least 16 */
	NOTE_MAX = 16 * 1024,       /* bytes of a note */
	NOTE_LINE_MAX = 400,        /* bytes of a signature line, with newline and NUL */
};

enum note_key_type {
	NOTE_ED25519 = 0x01,
	NOTE_COSIGNATURE = 0x04,
};

/* A verifier key. */
struct note_key {
	char name[NOTE_NAME_MAX + 1];
	enum note_key_type type;
	uint8_t id[4];
	uint8_t public_key[PUBLIC_KEY_LEN];
};

/* "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"; false when it is not
 * one, its id is not right, or its point is not sound. */
MUST_CHECK bool note_key_parse(struct note_key *ret, const char *text);
void note_key_format(char text[NOTE_KEY_TEXT_MAX], const struct note_key *key);
/* Not empty, no spaces, no plus, no control characters, valid UTF-8, at most NOTE_NAME_MAX. */
bool note_name_is_good(const char *name);
/* The id follows from the rest.  False: the name is not good, the type not one of those above, or
 * the point not sound. */
MUST_CHECK bool note_key_make(struct note_key *ret, const char *name, enum note_key_type type,
	const uint8_t public_key[PUBLIC_KEY_LEN]);

/* A note taken apart; everything borrowed from the note's bytes. */
struct note {
	struct slice text;        /* with its final newline */
	unsigned count;
	struct note_signature {
		struct slice name;
		uint8_t id[4];
		uint8_t bytes[8 + SIGNATURE_LEN]; /* longer ones are of kinds not known here */
		size_t len;                       /* of the signature, without the id */
	} signatures[NOTE_SIGNATURES_MAX];
};
/* False when it is not a note. */
MUST_CHECK bool note_parse(struct note *ret, struct slice bytes);

enum note_verdict {
	NOTE_GOOD,      /* signed by this key */
	NOTE_UNSIGNED,  /* no signature of this key */
	NOTE_BAD,       /* a signature that claims to be this key's is not */
};
/* *ret_time_s, which may be NULL, is written when it is good: when the cosignature was made, Unix
 * seconds (of several of one witness the latest); 0 for a log's. */
enum note_verdict note_verify(const struct note *note, const struct note_key *key,
	uint64_t *ret_time_s);

/* A signature line, with its newline and a NUL, over `text`.  `secret` is libsodium's 64 bytes;
 * `time_s` counts for cosignatures only.  Returns the length without the NUL, or 0: the text is not
 * one of a note, the secret is not the key's, or the time is above 2^63 - 1. */
size_t note_sign(char line[NOTE_LINE_MAX], struct slice text, const struct note_key *key,
	const uint8_t secret[64], uint64_t time_s);

#endif
