/* Messages from JSON by their descriptors: what is there is taken, what is wrong is named. */
#include "test/support/tap.h"

#include <string.h>

#include <rxcirc/v1/onboarding.pb-c.h>

#include "client-sdk/cli/pbjson.h"

static ProtobufCMessage *read_as(const ProtobufCMessageDescriptor *type, const char *text,
	char where[PBJSON_WHERE_MAX])
{
	json_t *json = json_loads(text, 0, NULL);
	ProtobufCMessage *m;

	assert_non_null(json);
	m = pbjson_read(json, type, where);
	json_decref(json);
	return m;
}

static void every_kind_of_field_is_read(void **state)
{
	char where[PBJSON_WHERE_MAX];
	Rxcirc__V1__SubmitApplicationRequest *m = (void *)read_as(
		&rxcirc__v1__submit_application_request__descriptor,
		"{\"institution_code\":\"H14010500321\",\"voluntary\":true,"
		"\"capabilities\":[\"online-rx\",\"online-otc\"],\"documents\":[{\"kind\":\"licence\","
		"\"sha256\":\"00ff\",\"size_bytes\":9007199254740993,"
		"\"fields\":[{\"name\":\"名称\",\"value\":\"值\"}],\"rows\":[{\"cells\":[\"a\",\"b\"]}]}]}",
		where);

	(void)state;
	assert_non_null(m);
	assert_string_equal(m->institution_code, "H14010500321");
	assert_true(m->voluntary);
	assert_false(m->combined);
	assert_int_equal(m->n_capabilities, 2);
	assert_string_equal(m->capabilities[1], "online-otc");
	assert_int_equal(m->documents[0]->sha256.len, 2);
	assert_int_equal(m->documents[0]->sha256.data[1], 0xff);
	assert_true(m->documents[0]->size_bytes == UINT64_C(9007199254740993));
	assert_string_equal(m->documents[0]->fields[0]->value, "值");
	assert_string_equal(m->documents[0]->rows[0]->cells[1], "b");
	protobuf_c_message_free_unpacked(&m->base, NULL);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *where;
	} cases[] = {
		{"{\"institution\":\"H\"}", "institution"},
		{"{\"institution_code\":7}", "institution_code"},
		{"{\"voluntary\":\"yes\"}", "voluntary"},
		{"{\"documents\":{}}", "documents"},
		{"{\"documents\":[{\"kind\":\"a\"},{\"kind\":\"b\",\"sha256\":\"0\"}]}",
			"documents[1].sha256"},
		{"{\"documents\":[{\"sha256\":\"zz\"}]}", "documents[0].sha256"},
		{"{\"documents\":[{\"size_bytes\":-1}]}", "documents[0].size_bytes"},
		{"{\"documents\":[{\"fields\":[{\"nam\":\"x\"}]}]}", "documents[0].fields[0].nam"},
		{"{\"capabilities\":[\"a\",null]}", "capabilities[1]"},
	};
	char where[PBJSON_WHERE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(read_as(&rxcirc__v1__submit_application_request__descriptor, cases[i].text,
			where));
		if (strstr(where, cases[i].where) != where ||
			strlen(where) != strlen(cases[i].where))
			fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].text, where, cases[i].where);
	}
	assert_null(read_as(&rxcirc__v1__submit_application_request__descriptor, "[]", where));
}

static void enums_are_words_or_numbers(void **state)
{
	char where[PBJSON_WHERE_MAX];
	Rxcirc__V1__AssessmentGroup *m =
		(void *)read_as(&rxcirc__v1__assessment_group__descriptor, "{\"form\":\"on-site\"}", where);

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->form, RXCIRC__V1__ASSESSMENT_FORM__ASSESSMENT_FORM_ON_SITE);
	protobuf_c_message_free_unpacked(&m->base, NULL);
	m = (void *)read_as(&rxcirc__v1__assessment_group__descriptor, "{\"form\":1}", where);
	assert_int_equal(m->form, RXCIRC__V1__ASSESSMENT_FORM__ASSESSMENT_FORM_DOCUMENT);
	protobuf_c_message_free_unpacked(&m->base, NULL);
	assert_null(read_as(&rxcirc__v1__assessment_group__descriptor, "{\"form\":\"by-phone\"}",
		where));
	assert_string_equal(where, "form");
}

static void one_of_several_is_one(void **state)
{
	char where[PBJSON_WHERE_MAX];
	Rxcirc__V1__AdvanceApplicationRequest *m = (void *)read_as(
		&rxcirc__v1__advance_application_request__descriptor,
		"{\"application_id\":\"AP\",\"approve\":{\"text\":\"同意\"}}", where);

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->act_case, RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_APPROVE);
	assert_string_equal(m->approve->text, "同意");
	protobuf_c_message_free_unpacked(&m->base, NULL);
	assert_null(read_as(&rxcirc__v1__advance_application_request__descriptor,
		"{\"approve\":{},\"publish\":{}}", where));
}

static void what_was_read_is_written_again(void **state)
{
	static const char text[] = "{\"application_id\":\"AP\",\"version\":3,\"form_group\":"
		"{\"members\":[\"甲\",\"乙\"],\"form\":\"document\"}}";
	char where[PBJSON_WHERE_MAX];
	ProtobufCMessage *m =
		read_as(&rxcirc__v1__advance_application_request__descriptor, text, where);
	json_t *again, *first = json_loads(text, 0, NULL);

	(void)state;
	assert_non_null(m);
	again = pbjson_write(m);
	assert_true(json_equal(again, first));
	json_decref(again);
	json_decref(first);
	protobuf_c_message_free_unpacked(m, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_kind_of_field_is_read),
		TEST(what_is_wrong_is_named),
		TEST(enums_are_words_or_numbers),
		TEST(one_of_several_is_one),
		TEST(what_was_read_is_written_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pbjson", tests, NULL, NULL);
}
