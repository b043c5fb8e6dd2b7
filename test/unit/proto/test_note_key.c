/* Keys of notes: their names, ids, types and points. */
#include "test/support/tap.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "proto/dsse.h"
#include "test/unit/proto/note_draft.h"

static const char example_vkey[] =
	"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

static struct signer the_log, witness;

static int make_signers(void **state)
{
	(void)state;
	if (dsse_self_test() < 0)
		return -1;
	signer_make(&the_log, "example.com/log", NOTE_ED25519, 1);
	signer_make(&witness, "w.example/1", NOTE_COSIGNATURE, 2);
	return 0;
}

static void a_name_has_no_spaces_no_plus_and_no_control_characters(void **state)
{
	static const char *const good[] = {
		"a", "example.com/foo", "oid/1.3.6.1", "\xe8\x99\x9a", "\xc3\xa9", "=", "\xf0\x9f\x8c\xb2",
		"\x7f", "\xe2\x80\x8b" /* U+200B takes no room, but is no space */,
	};
	static const char *const refused[] = {
		"", " ", "a b", " a", "a ", "a+b", "+", "a\tb", "a\nb", "a\rb", "a\vb", "a\fb", "a\1",
		"\x1f", "\x85", "\xff", "\xc3", "a\xe2\x80",
		/* U+0085, 00A0, 1680, 2000, 2005, 200A, 2028, 2029, 202F, 205F, 3000 */
		"a\xc2\x85", "a\xc2\xa0", "a\xe1\x9a\x80", "a\xe2\x80\x80", "a\xe2\x80\x85",
		"a\xe2\x80\x8a", "a\xe2\x80\xa8", "a\xe2\x80\xa9", "a\xe2\x80\xaf",
		"a\xe2\x81\x9f", "a\xe3\x80\x80",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(note_name_is_good(good[i]));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (note_name_is_good(refused[i]))
			fail_msg("name %zu is good", i);
	}
}

static void the_longest_name_is_good_and_a_longer_one_is_not(void **state)
{
	char name[NOTE_NAME_MAX + 2], text[NOTE_KEY_TEXT_MAX];
	struct note_key key, again;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[NOTE_NAME_MAX + 1] = '\0';
	assert_false(note_name_is_good(name));
	assert_false(note_key_make(&key, name, NOTE_ED25519, the_log.key.public_key));
	name[NOTE_NAME_MAX] = '\0';
	assert_true(note_name_is_good(name));
	assert_true(note_key_make(&key, name, NOTE_COSIGNATURE, the_log.key.public_key));
	note_key_format(text, &key);
	assert_true(note_key_parse(&again, text));
	assert_string_equal(again.name, name);
	/* The same with one byte more in front. */
	memmove(text + 1, text, strlen(text) + 1);
	assert_false(note_key_parse(&again, text));
	memset(text, 'n', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_false(note_key_parse(&again, text));
}

static void a_key_reads_as_it_is_written(void **state)
{
	const struct note_key *const keys[] = {&the_log.key, &witness.key};
	char text[NOTE_KEY_TEXT_MAX];
	struct note_key again;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		note_key_format(text, keys[i]);
		assert_true(note_key_parse(&again, text));
		assert_string_equal(again.name, keys[i]->name);
		assert_int_equal(again.type, keys[i]->type);
		assert_memory_equal(again.id, keys[i]->id, sizeof(again.id));
		assert_memory_equal(again.public_key, keys[i]->public_key, PUBLIC_KEY_LEN);
	}
	assert_true(note_key_parse(&again, example_vkey));
	note_key_format(text, &again);
	assert_string_equal(text, example_vkey);
}

static void the_id_follows_from_name_type_and_key(void **state)
{
	uint8_t hash[crypto_hash_sha256_BYTES], bytes[64];
	struct note_key other;
	struct writer w;

	(void)state;
	writer_init(&w, bytes, sizeof(bytes));
	writer_text(&w, "w.example/1\n\4");
	writer_slice(&w, slice_of(witness.key.public_key, PUBLIC_KEY_LEN));
	crypto_hash_sha256(hash, bytes, w.used);
	assert_memory_equal(witness.key.id, hash, 4);
	assert_true(note_key_make(&other, "w.example/1", NOTE_ED25519, witness.key.public_key));
	assert_memory_not_equal(other.id, witness.key.id, 4);
}

static void what_is_not_a_key_is_refused(void **state)
{
	static const char *const refused[] = {
		"", "+", "++", "example.com/foo", "example.com/foo+530d903a", "example.com/foo+530d903a+",
		/* another id, and the same one written otherwise */
		"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+0530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo-530d903a-AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		/* another name, one that cannot be, and none */
		"example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/f o+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		/* a space around */
		" example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k ",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
		/* a byte less, and one more */
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAA==",
	};
	struct note_key key;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (note_key_parse(&key, refused[i]))
			fail_msg("key %zu is taken", i);
	}
}

/* A verifier key whose id is right, whatever the rest. */
static void vkey_of(char text[NOTE_KEY_TEXT_MAX], uint8_t type, const uint8_t point[32])
{
	uint8_t hash[crypto_hash_sha256_BYTES], bytes[2 + 1 + PUBLIC_KEY_LEN] = {'n', '\n', type};
	char hex[9], base64[64];

	memcpy(bytes + 3, point, PUBLIC_KEY_LEN);
	crypto_hash_sha256(hash, bytes, sizeof(bytes));
	sodium_bin2hex(hex, sizeof(hex), hash, 4);
	sodium_bin2base64(base64, sizeof(base64), bytes + 2, sizeof(bytes) - 2,
		sodium_base64_VARIANT_ORIGINAL);
	(void)snprintf(text, NOTE_KEY_TEXT_MAX, "n+%s+%s", hex, base64);
}

static void a_key_of_another_type_is_refused(void **state)
{
	char text[NOTE_KEY_TEXT_MAX];
	struct note_key key;

	(void)state;
	for (unsigned type = 0; type <= UINT8_MAX; type++) {
		bool is_known = type == NOTE_ED25519 || type == NOTE_COSIGNATURE;

		vkey_of(text, (uint8_t)type, the_log.key.public_key);
		assert_int_equal(note_key_parse(&key, text), is_known);
		assert_int_equal(note_key_make(&key, "n", type, the_log.key.public_key), is_known);
	}
}

static void a_key_whose_point_is_not_sound_is_refused(void **state)
{
	static const uint8_t unsound[][PUBLIC_KEY_LEN] = {
		{0},      /* of order 4 */
		{1},      /* the neutral element */
		{2},      /* on no curve */
		/* of order 2L: the base point and (0, -1) */
		{0x95, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99,
			0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99,
			0x99, 0x99, 0x99, 0x99, 0x99, 0x99},
	};
	char text[NOTE_KEY_TEXT_MAX];
	struct note_key key;

	(void)state;
	vkey_of(text, NOTE_ED25519, the_log.key.public_key);
	assert_true(note_key_parse(&key, text));
	for (size_t i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++) {
		vkey_of(text, NOTE_ED25519, unsound[i]);
		assert_false(note_key_parse(&key, text));
		assert_false(note_key_make(&key, "n", NOTE_ED25519, unsound[i]));
	}
}

static const struct CMUnitTest tests[] = {
	TEST(a_name_has_no_spaces_no_plus_and_no_control_characters),
	TEST(the_longest_name_is_good_and_a_longer_one_is_not),
	TEST(a_key_reads_as_it_is_written),
	TEST(the_id_follows_from_name_type_and_key),
	TEST(what_is_not_a_key_is_refused),
	TEST(a_key_of_another_type_is_refused),
	TEST(a_key_whose_point_is_not_sound_is_refused),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("note key", tests, make_signers, NULL);
}
