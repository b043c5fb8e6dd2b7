/* Signed notes: the words of the specification, and everything next to them. */
#include "test/support/tap.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "proto/dsse.h"
#include "proto/note.h"
#include "test/unit/proto/note_draft.h"

#define DASH "\xe2\x80\x94 "
#define EXAMPLE_TEXT "This is an example message.\n"
#define EXAMPLE_BASE64 \
	"Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
#define EXAMPLE_LINE DASH "example.com/foo " EXAMPLE_BASE64 "\n"
#define TEXT "example.com/log\n7\nwhatever\n"

enum { TIME_S = 1679315147 };

static const char example_vkey[] =
	"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

/* Of the tests: a log, and two witnesses of which one has the log's name. */
static struct signer the_log, witness, namesake;

static int make_signers(void **state)
{
	(void)state;
	if (dsse_self_test() < 0)
		return -1;
	signer_make(&the_log, "example.com/log", NOTE_ED25519, 1);
	signer_make(&witness, "w.example/1", NOTE_COSIGNATURE, 2);
	signer_make(&namesake, "example.com/log", NOTE_COSIGNATURE, 3);
	return 0;
}

/* ---- what the tests share ------------------------------------------------------------------ */

static bool is_note(const char *text)
{
	struct note note;

	return note_parse(&note, slice_of_text(text));
}

static enum note_verdict verdict_of(const struct draft *d, const struct note_key *key,
	uint64_t *ret_time_s)
{
	struct note note;

	assert_true(note_parse(&note, draft_note(d)));
	return note_verify(&note, key, ret_time_s);
}

/* ---- the form of notes --------------------------------------------------------------------- */

static void a_note_may_have_empty_lines_and_any_script(void **state)
{
	static const char text[] = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di "
		"sole:\n\n\xc3\xa8 subito sera.\n\x7f\n\n";
	struct draft d;
	struct note note;

	(void)state;
	draft_init(&d, text);
	draft_sign(&d, &the_log, 0);
	assert_true(note_parse(&note, draft_note(&d)));
	assert_true(slice_equal(note.text, slice_of_text(text)));
	assert_int_equal(note_verify(&note, &the_log.key, NULL), NOTE_GOOD);
	assert_true(is_note("\n\n" EXAMPLE_LINE));
}

static void what_is_not_a_note_is_refused(void **state)
{
	static const char *const refused[] = {
		"", "\n", "\n\n", EXAMPLE_TEXT, EXAMPLE_TEXT "\n", EXAMPLE_LINE, "\n" EXAMPLE_LINE,
		EXAMPLE_TEXT EXAMPLE_LINE, "text\n\n\n", EXAMPLE_TEXT "\n" EXAMPLE_LINE "\n",
		EXAMPLE_TEXT "\n" EXAMPLE_LINE "more\n", EXAMPLE_TEXT "\n" EXAMPLE_LINE EXAMPLE_TEXT,
		EXAMPLE_TEXT "\n" DASH "example.com/foo " EXAMPLE_BASE64, /* no newline */
		/* control characters, in the text and in the lines */
		"a\tb\n\n" EXAMPLE_LINE, "a\r\n\n" EXAMPLE_LINE, "a\n\r\n" EXAMPLE_LINE,
		"\1\n\n" EXAMPLE_LINE,
		"a\x1f\n\n" EXAMPLE_LINE, EXAMPLE_TEXT "\n" DASH "example.com/foo " EXAMPLE_BASE64 "\r\n",
		/* what is not UTF-8 */
		"\xff\n\n" EXAMPLE_LINE, "\xc3\n\n" EXAMPLE_LINE, "\xed\xa0\x80\n\n" EXAMPLE_LINE,
		EXAMPLE_TEXT "\n\xe2\x80 example.com/foo " EXAMPLE_BASE64 "\n",
		/* another dash, and spaces elsewhere */
		EXAMPLE_TEXT "\n- example.com/foo " EXAMPLE_BASE64 "\n",
		EXAMPLE_TEXT "\n\xe2\x80\x93 example.com/foo " EXAMPLE_BASE64 "\n",
		EXAMPLE_TEXT "\n\xe2\x80\x94" "example.com/foo " EXAMPLE_BASE64 "\n",
		EXAMPLE_TEXT "\n " DASH "example.com/foo " EXAMPLE_BASE64 "\n",
		EXAMPLE_TEXT "\n" DASH " example.com/foo " EXAMPLE_BASE64 "\n",
		EXAMPLE_TEXT "\n" DASH "example.com/foo  " EXAMPLE_BASE64 "\n",
		EXAMPLE_TEXT "\n" DASH "example.com/foo " EXAMPLE_BASE64 " \n",
		/* no name, no signature, a name that cannot be */
		EXAMPLE_TEXT "\n" DASH "\n", EXAMPLE_TEXT "\n" DASH "example.com/foo\n",
		EXAMPLE_TEXT "\n" DASH "example.com/foo \n", EXAMPLE_TEXT "\n" DASH EXAMPLE_BASE64 "\n",
		EXAMPLE_TEXT "\n" DASH " " EXAMPLE_BASE64 "\n",
		EXAMPLE_TEXT "\n" DASH "example.com+foo " EXAMPLE_BASE64 "\n",
		EXAMPLE_TEXT "\n" DASH "example.com\xc2\xa0" "foo " EXAMPLE_BASE64 "\n",
		/* base64: an id alone, bits left over, no padding, too much of it */
		EXAMPLE_TEXT "\n" DASH "example.com/foo Uw2QOg==\n",
		EXAMPLE_TEXT "\n" DASH "example.com/foo Uw2QOkl=\n",
		EXAMPLE_TEXT "\n" DASH "example.com/foo Uw2QOkk\n",
		EXAMPLE_TEXT "\n" DASH "example.com/foo Uw2QOkk==\n",
		EXAMPLE_TEXT "\n" DASH "example.com/foo Uw2Q_kk=\n",
	};

	(void)state;
	assert_true(is_note(EXAMPLE_TEXT "\n" EXAMPLE_LINE));
	assert_true(is_note(EXAMPLE_TEXT "\n" DASH "example.com/foo Uw2QOkk=\n"));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (is_note(refused[i]))
			fail_msg("note %zu is taken", i);
	}
}

static void a_nul_is_a_control_character(void **state)
{
	char bytes[] = "a b\n\n" EXAMPLE_LINE;
	struct note note;

	(void)state;
	assert_true(note_parse(&note, slice_of(bytes, sizeof(bytes) - 1)));
	bytes[1] = '\0';
	assert_false(note_parse(&note, slice_of(bytes, sizeof(bytes) - 1)));
}

/* With signatures of `count` keys nobody knows in front of the log's. */
static void draft_with(struct draft *d, unsigned count)
{
	draft_init(d, TEXT);
	for (unsigned i = 1; i < count; i++)
		draft_add(d, EXAMPLE_LINE);
	draft_sign(d, &the_log, 0);
}

static void many_signatures_are_taken_and_one_too_many_refused(void **state)
{
	struct draft d;
	struct note note;

	(void)state;
	for (unsigned count = 1; count <= NOTE_SIGNATURES_MAX; count++) {
		draft_with(&d, count);
		assert_int_equal(verdict_of(&d, &the_log.key, NULL), NOTE_GOOD);
	}
	draft_with(&d, NOTE_SIGNATURES_MAX + 1);
	assert_false(note_parse(&note, draft_note(&d)));
	static_assert(NOTE_SIGNATURES_MAX >= 16, "C2SP signed-note");
}

static void the_largest_note_is_taken_and_a_larger_one_refused(void **state)
{
	static char text[NOTE_MAX + 2];
	struct draft d;
	struct note note;
	size_t len = NOTE_MAX - 1 - (sizeof(EXAMPLE_LINE) - 1);

	(void)state;
	memset(text, 't', sizeof(text));
	text[len - 1] = '\n';
	text[len] = '\0';
	draft_init(&d, text);
	draft_add(&d, EXAMPLE_LINE);
	assert_int_equal(d.w.used, NOTE_MAX);
	assert_true(note_parse(&note, draft_note(&d)));
	text[len - 1] = 't';
	text[len] = '\n';
	text[len + 1] = '\0';
	draft_init(&d, text);
	draft_add(&d, EXAMPLE_LINE);
	assert_int_equal(d.w.used, NOTE_MAX + 1);
	assert_false(note_parse(&note, draft_note(&d)));
}

static void a_signature_of_a_kind_not_known_may_be_long(void **state)
{
	static char base64[NOTE_MAX];
	char line[64];
	struct draft d;
	struct note note;

	(void)state;
	/* 2432 bytes, as of a post-quantum signature with its time. */
	memset(base64, 'A', 3248);
	draft_init(&d, TEXT);
	(void)snprintf(line, sizeof(line), DASH "%s ", the_log.key.name);
	draft_add(&d, line);
	draft_add(&d, base64);
	draft_add(&d, "\n");
	draft_sign(&d, &the_log, 0);
	assert_true(note_parse(&note, draft_note(&d)));
	assert_int_equal(note.signatures[0].len, 2432);
	assert_int_equal(note_verify(&note, &the_log.key, NULL), NOTE_GOOD);
	/* The same in a known key's name is not its signature. */
	memcpy(note.signatures[0].id, the_log.key.id, 4);
	assert_int_equal(note_verify(&note, &the_log.key, NULL), NOTE_BAD);
}

static void a_signer_nobody_knows_may_have_a_long_name(void **state)
{
	char name[NOTE_NAME_MAX * 2];
	struct draft d;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	draft_init(&d, TEXT);
	draft_add(&d, DASH);
	draft_add(&d, name);
	draft_add(&d, " " EXAMPLE_BASE64 "\n");
	draft_sign(&d, &the_log, 0);
	assert_int_equal(verdict_of(&d, &the_log.key, NULL), NOTE_GOOD);
}

/* ---- signatures ---------------------------------------------------------------------------- */

static void the_example_of_the_specification_verifies(void **state)
{
	struct note_key key;
	struct note note;
	uint64_t time_s = 7;

	(void)state;
	assert_true(note_key_parse(&key, example_vkey));
	assert_string_equal(key.name, "example.com/foo");
	assert_int_equal(key.type, NOTE_ED25519);
	assert_true(note_parse(&note, slice_of_text(EXAMPLE_TEXT "\n" EXAMPLE_LINE)));
	assert_true(slice_equal(note.text, slice_of_text(EXAMPLE_TEXT)));
	assert_int_equal(note.count, 1);
	assert_int_equal(note.signatures[0].len, SIGNATURE_LEN);
	assert_int_equal(note_verify(&note, &key, &time_s), NOTE_GOOD);
	assert_int_equal(time_s, 0);
	assert_int_equal(note_verify(&note, &key, NULL), NOTE_GOOD);
}

static void a_cosignature_covers_header_time_and_text(void **state)
{
	static const char covered[] = "cosignature/v1\ntime 1679315147\n" TEXT;
	uint8_t signature[SIGNATURE_LEN];
	static const uint8_t time[8] = {0, 0, 0, 0, 0x64, 0x18, 0x50, 0xcb};
	struct draft d;
	struct note note;
	uint64_t time_s;

	(void)state;
	draft_init(&d, TEXT);
	draft_sign(&d, &witness, TIME_S);
	assert_true(note_parse(&note, draft_note(&d)));
	assert_int_equal(note.signatures[0].len, sizeof(time) + SIGNATURE_LEN);
	assert_memory_equal(note.signatures[0].bytes, time, sizeof(time));
	crypto_sign_detached(signature, NULL, (const uint8_t *)covered, strlen(covered),
		witness.secret);
	assert_memory_equal(note.signatures[0].bytes + sizeof(time), signature, SIGNATURE_LEN);
	assert_int_equal(note_verify(&note, &witness.key, &time_s), NOTE_GOOD);
	assert_int_equal(time_s, TIME_S);
}

static void of_several_cosignatures_the_latest_time_counts(void **state)
{
	struct draft d;
	uint64_t time_s;

	(void)state;
	draft_init(&d, TEXT);
	draft_sign(&d, &witness, TIME_S);
	draft_sign(&d, &witness, TIME_S + 9);
	draft_sign(&d, &witness, TIME_S + 3);
	assert_int_equal(verdict_of(&d, &witness.key, &time_s), NOTE_GOOD);
	assert_int_equal(time_s, TIME_S + 9);
}

static void a_key_that_did_not_sign_is_told_from_one_that_did_falsely(void **state)
{
	struct note_key other;
	struct draft d;
	uint64_t time_s = 7;

	(void)state;
	draft_init(&d, TEXT);
	draft_sign(&d, &the_log, 0);
	draft_sign(&d, &witness, TIME_S);
	assert_int_equal(verdict_of(&d, &the_log.key, NULL), NOTE_GOOD);
	assert_int_equal(verdict_of(&d, &witness.key, NULL), NOTE_GOOD);
	/* The same name with another id, and the same id with another name, are other keys. */
	assert_int_equal(verdict_of(&d, &namesake.key, &time_s), NOTE_UNSIGNED);
	other = the_log.key;
	other.name[0] = 'f';
	assert_int_equal(verdict_of(&d, &other, &time_s), NOTE_UNSIGNED);
	/* Name and id of the log, but not its key. */
	other = the_log.key;
	memcpy(other.public_key, witness.key.public_key, PUBLIC_KEY_LEN);
	assert_int_equal(verdict_of(&d, &other, &time_s), NOTE_BAD);
	assert_int_equal(time_s, 7);
}

static void one_false_signature_spoils_a_good_one(void **state)
{
	struct draft d;

	(void)state;
	draft_init(&d, TEXT);
	draft_sign(&d, &the_log, 0);
	draft_forge(&d, &the_log);
	assert_int_equal(verdict_of(&d, &the_log.key, NULL), NOTE_BAD);
}

static void a_signature_does_not_serve_as_a_cosignature(void **state)
{
	struct signer cosigner = the_log;
	struct draft d;
	struct note note;

	(void)state;
	/* The same key and name in both roles: the ids differ. */
	assert_true(note_key_make(&cosigner.key, the_log.key.name, NOTE_COSIGNATURE,
		the_log.key.public_key));
	draft_init(&d, TEXT);
	draft_sign(&d, &the_log, 0);
	assert_int_equal(verdict_of(&d, &cosigner.key, NULL), NOTE_UNSIGNED);
	assert_true(note_parse(&note, draft_note(&d)));
	memcpy(note.signatures[0].id, cosigner.key.id, 4);
	assert_int_equal(note_verify(&note, &cosigner.key, NULL), NOTE_BAD);

	draft_init(&d, TEXT);
	draft_sign(&d, &cosigner, TIME_S);
	assert_true(note_parse(&note, draft_note(&d)));
	memcpy(note.signatures[0].id, the_log.key.id, 4);
	assert_int_equal(note_verify(&note, &the_log.key, NULL), NOTE_BAD);
}

/* Flip every bit of a note with one signature: never again a good one. */
static void refuse_every_flipped_bit(struct draft *d, const struct note_key *key)
{
	for (size_t bit = 0; bit < d->w.used * 8; bit++) {
		uint8_t mask = (uint8_t)(1 << bit % 8);
		struct note note;

		d->bytes[bit / 8] ^= mask;
		if (note_parse(&note, draft_note(d)) &&
			note_verify(&note, key, NULL) == NOTE_GOOD)
			fail_msg("bit %zu of byte %zu does not count", bit % 8, bit / 8);
		d->bytes[bit / 8] ^= mask;
	}
	assert_int_equal(verdict_of(d, key, NULL), NOTE_GOOD);
}

static void every_flipped_bit_is_seen(void **state)
{
	struct draft d;

	(void)state;
	draft_init(&d, TEXT);
	draft_sign(&d, &the_log, 0);
	refuse_every_flipped_bit(&d, &the_log.key);
	draft_init(&d, TEXT);
	draft_sign(&d, &witness, TIME_S);
	refuse_every_flipped_bit(&d, &witness.key);
}

static void a_cosignature_beyond_the_end_of_time_is_refused(void **state)
{
	char line[NOTE_LINE_MAX];
	uint8_t bytes[256];
	struct draft d;
	struct note note;
	struct writer w;
	uint64_t time_s;

	(void)state;
	draft_init(&d, TEXT);
	draft_sign(&d, &witness, INT64_MAX);
	assert_true(note_parse(&note, draft_note(&d)));
	assert_int_equal(note_verify(&note, &witness.key, &time_s), NOTE_GOOD);
	assert_int_equal(time_s, INT64_MAX);

	/* Signed all the same, by somebody who does not care. */
	writer_init(&w, bytes, sizeof(bytes));
	writer_text(&w, "cosignature/v1\ntime 9223372036854775808\n" TEXT);
	memset(note.signatures[0].bytes, 0, 8);
	note.signatures[0].bytes[0] = 0x80;
	crypto_sign_detached(note.signatures[0].bytes + 8, NULL, bytes, w.used, witness.secret);
	assert_int_equal(note_verify(&note, &witness.key, &time_s), NOTE_BAD);
	assert_int_equal(note_sign(line, slice_of_text(TEXT), &witness.key, witness.secret,
		(uint64_t)INT64_MAX + 1), 0);
}

static void what_cannot_be_a_note_is_not_signed(void **state)
{
	static const char *const refused[] = {"", "no newline", "\n\nx", "tab\t\n", "\xff\n", "\r\n"};
	static char text[NOTE_MAX + 2];
	char line[NOTE_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct slice s = slice_of_text(refused[i]);

		assert_int_equal(note_sign(line, s, &the_log.key, the_log.secret, 0), 0);
		assert_int_equal(note_sign(line, s, &witness.key, witness.secret, TIME_S), 0);
	}
	memset(text, 't', sizeof(text));
	text[NOTE_MAX - 1] = text[NOTE_MAX] = '\n';
	assert_true(note_sign(line, slice_of(text, NOTE_MAX), &witness.key, witness.secret, 1) > 0);
	assert_int_equal(
		note_sign(line, slice_of(text, NOTE_MAX + 1), &witness.key, witness.secret, 1), 0);
	/* Another key's secret. */
	assert_int_equal(note_sign(line, slice_of_text(TEXT), &the_log.key, witness.secret, 0), 0);
}

static const struct CMUnitTest tests[] = {
	TEST(a_note_may_have_empty_lines_and_any_script),
	TEST(what_is_not_a_note_is_refused),
	TEST(a_nul_is_a_control_character),
	TEST(many_signatures_are_taken_and_one_too_many_refused),
	TEST(the_largest_note_is_taken_and_a_larger_one_refused),
	TEST(a_signature_of_a_kind_not_known_may_be_long),
	TEST(a_signer_nobody_knows_may_have_a_long_name),
	TEST(the_example_of_the_specification_verifies),
	TEST(a_cosignature_covers_header_time_and_text),
	TEST(of_several_cosignatures_the_latest_time_counts),
	TEST(a_key_that_did_not_sign_is_told_from_one_that_did_falsely),
	TEST(one_false_signature_spoils_a_good_one),
	TEST(a_signature_does_not_serve_as_a_cosignature),
	TEST(every_flipped_bit_is_seen),
	TEST(a_cosignature_beyond_the_end_of_time_is_refused),
	TEST(what_cannot_be_a_note_is_not_signed),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("note", tests, make_signers, NULL);
}
