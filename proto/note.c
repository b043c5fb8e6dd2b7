/* Keys of notes, and notes taken apart, verified and signed. */
#include "proto/note.h"

#include <sodium.h>
#include <string.h>

#include "proto/dsse.h"
#include "proto/lines.h"

#define EM_DASH "\xe2\x80\x94"

enum {
	ID_LEN = sizeof(((struct note_key *)0)->id),
	KEY_BYTES = 1 + PUBLIC_KEY_LEN,            /* of a vkey: the type and the point */
	TIME_LEN = 8,                              /* bytes before a cosignature */
	KNOWN_MAX = TIME_LEN + SIGNATURE_LEN,      /* bytes of the longest signature known here */
	DECODED_MAX = NOTE_MAX / 4 * 3,            /* bytes of the longest signature of a note */
	COSIGNED_MAX = 64 + NOTE_MAX,              /* bytes under a cosignature */
};

static_assert(NOTE_NAME_MAX + 1 + 2 * ID_LEN + 1 + (KEY_BYTES + 2) / 3 * 4 < NOTE_KEY_TEXT_MAX,
	"the longest verifier key fits");
static_assert(3 + 1 + NOTE_NAME_MAX + 1 + (ID_LEN + KNOWN_MAX + 2) / 3 * 4 + 2 <= NOTE_LINE_MAX,
	"the longest line fits");

/* ---- names and keys ------------------------------------------------------------------------ */

/* Characters Unicode gives the property White_Space, beside the control characters. */
static bool is_space(uint32_t c)
{
	return c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
		(c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
		c == 0x205f || c == 0x3000;
}

/* A name as anybody may have one, of any length. */
static bool name_is_formed(struct slice name)
{
	uint32_t c;

	if (name.len == 0)
		return false;
	while (name.len > 0) {
		if (!line_char(&name, &c) || c < LINE_CHAR_FIRST || c == '+' || is_space(c))
			return false;
	}
	return true;
}

bool note_name_is_good(const char *name)
{
	struct slice s = slice_of_text(name);

	return s.len <= NOTE_NAME_MAX && name_is_formed(s);
}

/* SHA-256(name || newline || type || key), its first bytes. */
static void make_id(struct note_key *key)
{
	uint8_t hash[crypto_hash_sha256_BYTES], mark[2] = {'\n', (uint8_t)key->type};
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *)key->name, strlen(key->name));
	crypto_hash_sha256_update(&state, mark, sizeof(mark));
	crypto_hash_sha256_update(&state, key->public_key, PUBLIC_KEY_LEN);
	crypto_hash_sha256_final(&state, hash);
	memcpy(key->id, hash, ID_LEN);
}

static bool type_is_known(unsigned type)
{
	return type == NOTE_ED25519 || type == NOTE_COSIGNATURE;
}

bool note_key_make(struct note_key *ret, const char *name, enum note_key_type type,
	const uint8_t public_key[PUBLIC_KEY_LEN])
{
	struct note_key key = {.type = type};

	if (!note_name_is_good(name) || !type_is_known(type) || !dsse_key_is_sound(public_key))
		return false;
	memcpy(key.name, name, strlen(name));
	memcpy(key.public_key, public_key, PUBLIC_KEY_LEN);
	make_id(&key);
	*ret = key;
	return true;
}

void note_key_format(char text[NOTE_KEY_TEXT_MAX], const struct note_key *key)
{
	char id[2 * ID_LEN + 1];
	uint8_t bytes[KEY_BYTES] = {(uint8_t)key->type};
	struct writer w;

	memcpy(bytes + 1, key->public_key, PUBLIC_KEY_LEN);
	writer_init(&w, (uint8_t *)text, NOTE_KEY_TEXT_MAX);
	writer_text(&w, key->name);
	writer_text(&w, "+");
	writer_text(&w, sodium_bin2hex(id, sizeof(id), key->id, ID_LEN));
	writer_text(&w, "+");
	line_put_base64(&w, slice_of(bytes, sizeof(bytes)));
	writer_u8(&w, 0);
}

bool note_key_parse(struct note_key *ret, const char *text)
{
	char name[NOTE_NAME_MAX + 1], same[NOTE_KEY_TEXT_MAX];
	uint8_t bytes[KEY_BYTES];
	size_t len, name_len = strcspn(text, "+");
	struct note_key key;

	/* The name ends at the first plus; base64 may have more of them. */
	if (name_len > NOTE_NAME_MAX || strlen(text) <= name_len + 1 + 2 * ID_LEN + 1)
		return false;
	memcpy(name, text, name_len);
	name[name_len] = '\0';
	if (!line_base64(slice_of_text(text + name_len + 1 + 2 * ID_LEN + 1), bytes, sizeof(bytes),
			&len) || len != KEY_BYTES || !type_is_known(bytes[0]))
		return false;
	if (!note_key_make(&key, name, (enum note_key_type)bytes[0], bytes + 1))
		return false;
	/* There is one way to write a key, so this judges its id, too. */
	note_key_format(same, &key);
	if (strcmp(same, text) != 0)
		return false;
	*ret = key;
	return true;
}

/* ---- notes --------------------------------------------------------------------------------- */

static bool is_note_text(struct slice s)
{
	uint32_t c;

	while (s.len > 0) {
		if (!line_char(&s, &c) || (c < LINE_CHAR_FIRST && c != '\n'))
			return false;
	}
	return true;
}

/* Part a note at its last empty line. */
static bool split(struct slice bytes, struct slice *ret_text, struct slice *ret_lines)
{
	for (size_t i = bytes.len; i >= 2; i--) {
		if (bytes.data[i - 1] != '\n' || bytes.data[i - 2] != '\n')
			continue;
		*ret_text = slice_of(bytes.data, i - 1);
		*ret_lines = slice_of(bytes.data + i, bytes.len - i);
		return true;
	}
	return false;
}

/* "<em dash> <name> <base64>", without the newline. */
static bool signature_parse(struct note_signature *ret, struct slice line)
{
	uint8_t bytes[DECODED_MAX];
	size_t len;

	if (!line_skip(&line, EM_DASH " "))
		return false;

	const uint8_t *space = line.len > 0 ? memchr(line.data, ' ', line.len) : NULL;

	if (!space)
		return false;
	ret->name = slice_of(line.data, (size_t)(space - line.data));

	struct slice base64 = slice_of(space + 1, line.len - ret->name.len - 1);

	if (!name_is_formed(ret->name) || !line_base64(base64, bytes, sizeof(bytes), &len) ||
		len <= ID_LEN)
		return false;
	ret->len = len - ID_LEN;
	memcpy(ret->id, bytes, ID_LEN);
	memcpy(ret->bytes, bytes + ID_LEN, ret->len < KNOWN_MAX ? ret->len : KNOWN_MAX);
	return true;
}

bool note_parse(struct note *ret, struct slice bytes)
{
	struct slice lines, line;

	ret->count = 0;
	if (bytes.len > NOTE_MAX || !is_note_text(bytes) || !split(bytes, &ret->text, &lines) ||
		lines.len == 0)
		return false;
	while (lines.len > 0) {
		if (ret->count == NOTE_SIGNATURES_MAX || !line_next(&lines, &line) ||
			!signature_parse(&ret->signatures[ret->count], line))
			return false;
		ret->count++;
	}
	return true;
}

/* ---- signatures ---------------------------------------------------------------------------- */

/* What a cosignature covers; false when the text is too long for a note. */
static bool cosigned_bytes(struct writer *w, uint8_t bytes[COSIGNED_MAX], uint64_t time_s,
	struct slice text)
{
	writer_init(w, bytes, COSIGNED_MAX);
	writer_text(w, "cosignature/v1\ntime ");
	line_put_decimal(w, time_s);
	writer_text(w, "\n");
	writer_slice(w, text);
	return !w->failed;
}

static bool cosignature_verify(const struct note_signature *s, struct slice text,
	const uint8_t public_key[PUBLIC_KEY_LEN], uint64_t *ret_time_s)
{
	uint8_t bytes[COSIGNED_MAX];
	struct reader r;
	struct writer w;

	reader_init(&r, slice_of(s->bytes, TIME_LEN));
	*ret_time_s = reader_u64(&r);
	return *ret_time_s <= INT64_MAX && cosigned_bytes(&w, bytes, *ret_time_s, text) &&
		crypto_sign_verify_detached(s->bytes + TIME_LEN, bytes, w.used, public_key) == 0;
}

static bool signature_verify(const struct note_signature *s, struct slice text,
	const struct note_key *key, uint64_t *ret_time_s)
{
	*ret_time_s = 0;
	if (key->type == NOTE_COSIGNATURE)
		return s->len == KNOWN_MAX && cosignature_verify(s, text, key->public_key, ret_time_s);
	return s->len == SIGNATURE_LEN &&
		crypto_sign_verify_detached(s->bytes, text.data, text.len, key->public_key) == 0;
}

enum note_verdict note_verify(const struct note *note, const struct note_key *key,
	uint64_t *ret_time_s)
{
	enum note_verdict verdict = NOTE_UNSIGNED;
	struct slice name = slice_of_text(key->name);
	uint64_t time_s, latest_s = 0;

	for (unsigned i = 0; i < note->count; i++) {
		const struct note_signature *s = &note->signatures[i];

		/* Only name and id together say whose signature it claims to be. */
		if (!slice_equal(s->name, name) || memcmp(s->id, key->id, ID_LEN) != 0)
			continue;
		if (!signature_verify(s, note->text, key, &time_s))
			return NOTE_BAD;
		verdict = NOTE_GOOD;
		latest_s = time_s > latest_s ? time_s : latest_s;
	}
	if (verdict == NOTE_GOOD && ret_time_s)
		*ret_time_s = latest_s;
	return verdict;
}

/* The bytes of a signature, without the id.  Returns their length, or 0. */
static size_t signature_make(uint8_t signature[KNOWN_MAX], struct slice text,
	const struct note_key *key, const uint8_t secret[64], uint64_t time_s)
{
	uint8_t bytes[COSIGNED_MAX];
	struct writer w, out;

	if (key->type == NOTE_ED25519) {
		(void)crypto_sign_detached(signature, NULL, text.data, text.len, secret); /* never fails */
		return SIGNATURE_LEN;
	}
	if (time_s > INT64_MAX || !cosigned_bytes(&w, bytes, time_s, text))
		return 0;
	writer_init(&out, signature, TIME_LEN);
	writer_u64(&out, time_s);
	(void)crypto_sign_detached(signature + TIME_LEN, NULL, bytes, w.used, secret);
	return KNOWN_MAX;
}

size_t note_sign(char line[NOTE_LINE_MAX], struct slice text, const struct note_key *key,
	const uint8_t secret[64], uint64_t time_s)
{
	uint8_t bytes[ID_LEN + KNOWN_MAX];
	struct writer w;

	/* What a reader would refuse is not signed, nor anything with another key's secret. */
	if (text.len == 0 || text.len > NOTE_MAX || text.data[text.len - 1] != '\n' ||
		!is_note_text(text) ||
		memcmp(secret + crypto_sign_SEEDBYTES, key->public_key, PUBLIC_KEY_LEN) != 0)
		return 0;

	size_t len = signature_make(bytes + ID_LEN, text, key, secret, time_s);

	if (len == 0)
		return 0;
	memcpy(bytes, key->id, ID_LEN);
	writer_init(&w, (uint8_t *)line, NOTE_LINE_MAX);
	writer_text(&w, EM_DASH " ");
	writer_text(&w, key->name);
	writer_text(&w, " ");
	line_put_base64(&w, slice_of(bytes, ID_LEN + len));
	writer_text(&w, "\n");
	writer_u8(&w, 0);
	return w.used - 1;
}
