/* Fields of a registry record from words and back. */
#include <string.h>

#include <rxcirc/v1/agency.pb-c.h>

#include "client-sdk/cli/field.h"
#include "client-sdk/cli/say.h"

#include "test/support/tap.h" /* last: its fail() is a macro */

static void expect(const ProtobufCMessage *message, const char *name, const char *word)
{
	char text[FIELD_TEXT_MAX];

	field_word(message, name, text, sizeof(text));
	assert_string_equal(text, word);
}

static void a_word_is_read_back_as_it_was_set(void **state)
{
	static const struct {
		const char *name, *word;
	} fields[] = {
		{"owner_code", "H14010500321"}, {"kind", "internet-department"}, {"code", "A03.04"},
		{"name", "心血管内科"}, {"from_ms", "2026-03-01"}, {"until_ms", "2026-03-01 08:30:00"},
		{"amount_fen", "1250"}, {"withdrawn", "yes"}, {"evidence_sha256", "00ff10"},
	};
	ProtobufCMessage *item = message_new(&rxcirc__v1__item__descriptor);

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		assert_int_equal(field_set(item, fields[i].name, fields[i].word), 0);
		expect(item, fields[i].name, fields[i].word);
	}
	assert_int_equal(((Rxcirc__V1__Item *)item)->from_ms, INT64_C(1772294400000));
	assert_int_equal(field_set(item, "from_ms", "1772294400001"), 0);
	protobuf_c_message_free_unpacked(item, NULL);
}

static void lists_are_parted_and_set_whole(void **state)
{
	ProtobufCMessage *officer = message_new(&rxcirc__v1__officer__descriptor);
	ProtobufCMessage *practice = message_new(&rxcirc__v1__practice__descriptor);

	(void)state;
	assert_int_equal(field_set(officer, "duties", "registrar;security"), 0);
	expect(officer, "duties", "registrar;security");
	assert_int_equal(field_set(officer, "duties", "audit"), 0);
	expect(officer, "duties", "audit");
	assert_int_not_equal(field_set(officer, "duties", "audit;everything"), 0);
	assert_int_equal(field_set(practice, "departments", "A03;A03.04"), 0);
	assert_int_equal(((Rxcirc__V1__Practice *)practice)->n_departments, 2);
	assert_int_equal(field_set(practice, "departments", ""), 0);
	assert_int_equal(((Rxcirc__V1__Practice *)practice)->n_departments, 0);
	protobuf_c_message_free_unpacked(officer, NULL);
	protobuf_c_message_free_unpacked(practice, NULL);
}

static void what_is_no_value_is_refused(void **state)
{
	static const struct {
		const char *name, *word;
	} faults[] = {
		{"kind", "LICENCE"}, {"kind", "unspecified"}, {"from_ms", "2026-02-30"},
		{"from_ms", "-1"}, {"amount_fen", "1.5"}, {"withdrawn", "true"},
		{"evidence_sha256", "0f1"}, {"evidence_sha256", "zz"}, {"nonsense", "1"},
	};
	ProtobufCMessage *item = message_new(&rxcirc__v1__item__descriptor);

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (field_set(item, faults[i].name, faults[i].word) != EXIT_USAGE)
			fail_msg("%s=%s is taken", faults[i].name, faults[i].word);
	protobuf_c_message_free_unpacked(item, NULL);
}

static void json_says_the_same(void **state)
{
	ProtobufCMessage *officer = message_new(&rxcirc__v1__officer__descriptor);
	ProtobufCMessage *again = message_new(&rxcirc__v1__officer__descriptor);
	json_t *object = json_pack("{s:s, s:b, s:[s,s], s:I, s:s}", "name", "王处长", "provincial", 1,
		"duties", "system", "security", "not_before_ms", (json_int_t)1772294400000,
		"spki_sha256", "0a0b");
	json_t *list = json_pack("{s:[i]}", "duties", 1);
	json_t *shown;

	(void)state;
	assert_int_equal(fields_set(officer, object), 0);
	expect(officer, "duties", "system;security");
	expect(officer, "provincial", "yes");
	shown = fields_json(officer);
	assert_int_equal(fields_set(again, shown), 0);
	assert_int_equal(rxcirc__v1__officer__get_packed_size((Rxcirc__V1__Officer *)again),
		rxcirc__v1__officer__get_packed_size((Rxcirc__V1__Officer *)officer));
	assert_int_equal(fields_set(again, list), EXIT_USAGE);
	json_decref(object);
	json_decref(list);
	json_decref(shown);
	protobuf_c_message_free_unpacked(officer, NULL);
	protobuf_c_message_free_unpacked(again, NULL);
}

static const struct CMUnitTest tests[] = {
	TEST(a_word_is_read_back_as_it_was_set),
	TEST(lists_are_parted_and_set_whole),
	TEST(what_is_no_value_is_refused),
	TEST(json_says_the_same),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/field", tests, NULL, NULL);
}
