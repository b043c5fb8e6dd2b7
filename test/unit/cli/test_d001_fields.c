/* Every row of the layout's tables: mandatory fields removed, each limit at it and one above. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/cli/d001_sample.h"

#include "test/support/tap.h" /* last: its fail() is a macro */

static struct sample_read *read;

static const struct d001_object *const objects[] = {&d001_header, &d001_visit, &d001_line,
	&d001_diagnosis, &d001_review, &d001_extras, &d001_follow_up, &d001_long, &d001_guardian};

enum { OBJECTS = sizeof(objects) / sizeof(objects[0]) };

/* A sample that holds every object. */
static json_t *full_sample(void)
{
	json_t *root = sample_load("rx-hypertension.json");

	json_object_set_new(json_object_get(root, "extras"), "guardian",
		json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", "王大力", "psnCertType", "01", "certno",
			"140105196203151235", "relation", "父亲", "confirmed", 1));
	return root;
}

/* Read the full sample with one field replaced (or removed when `value` is NULL). */
static void read_with(const struct d001_object *object, const char *field, json_t *value)
{
	json_t *root = full_sample();
	json_t *at = sample_object(root, object);

	assert_true(json_is_object(at));
	if (value)
		json_object_set_new(at, field, value);
	else
		json_object_del(at, field);
	sample_read(root, read);
	json_decref(root);
}

static void assert_has(const char *rule, const struct d001_object *object, const char *field,
	bool expected)
{
	char path[128];

	sample_path(object, field, path);
	if (sample_has(read, rule, path) != expected)
		fail_msg("%s %s %s", rule, path, expected ? "is not found" : "is found");
}

#define EACH_FIELD(object, field) \
	for (size_t o_ = 0; o_ < OBJECTS; o_++) \
		for (const struct d001_object *object = objects[o_]; object; object = NULL) \
			for (const struct d001_field *field = object->fields; \
				field < object->fields + object->count; field++)

static void the_full_sample_is_good(void **state)
{
	json_t *root = full_sample();

	(void)state;
	sample_read(root, read);
	assert_int_equal(read->findings.refused, 0);
	assert_non_null(read->record.rx.patient->guardian);
	assert_true(read->record.guardian.confirmed);
	sample_clear(read);
	json_decref(root);
}

static void each_mandatory_field_removed_is_named(void **state)
{
	unsigned seen = 0;

	(void)state;
	EACH_FIELD(object, field) {
		if (field->need == D001_MAY)
			continue;
		read_with(object, field->name, NULL);
		assert_has("D001-MISSING", object, field->name, true);
		assert_true(read->findings.refused > 0);
		sample_clear(read);
		read_with(object, field->name, json_null());
		assert_has("D001-MISSING", object, field->name, true);
		sample_clear(read);
		if (field->kind == D001_OBJECT)
			continue;
		read_with(object, field->name, json_string(""));
		assert_has("D001-MISSING", object, field->name, true);
		sample_clear(read);
		seen++;
	}
	assert_true(seen > 60);
}

static void each_optional_field_may_be_absent(void **state)
{
	(void)state;
	EACH_FIELD(object, field) {
		if (field->need != D001_MAY)
			continue;
		read_with(object, field->name, NULL);
		assert_has("D001-MISSING", object, field->name, false);
		sample_clear(read);
	}
}

/* `count` times the character, as JSON text. */
static json_t *repeated(const char *character, size_t count)
{
	size_t len = strlen(character);
	char *text = test_malloc(len * count + 1);

	for (size_t i = 0; i < count; i++)
		memcpy(text + i * len, character, len);
	text[len * count] = '\0';
	json_t *value = json_string(text);

	test_free(text);
	return value;
}

static void each_text_holds_its_limit_and_not_one_more(void **state)
{
	unsigned seen = 0;

	(void)state;
	EACH_FIELD(object, field) {
		/* characters count, not bytes; the platform's own limit of bytes comes first for two */
		const char *character = field->length * 3 <= D001_TEXT_BYTES_MAX ? "验" : "x";

		if (field->kind != D001_TEXT)
			continue;
		read_with(object, field->name, repeated(character, field->length));
		assert_has("D001-LENGTH", object, field->name, false);
		sample_clear(read);
		read_with(object, field->name, repeated(character, field->length + 1));
		assert_has("D001-LENGTH", object, field->name, true);
		assert_true(read->findings.refused > 0);
		sample_clear(read);
		seen++;
	}
	assert_true(seen > 80);
}

static void a_text_holds_4000_bytes_and_not_one_more(void **state)
{
	json_t *value = repeated("验", 1333); /* 3999 bytes */
	char *text;

	(void)state;
	for (int more = 1; more <= 2; more++) {
		assert_true(asprintf(&text, "%s%.*s", json_string_value(value), more, "xx") > 0);
		read_with(&d001_visit, "diseCondDscr", json_string(text));
		assert_has("D001-LENGTH", &d001_visit, "diseCondDscr", more == 2);
		sample_clear(read);
		free(text);
	}
	json_decref(value);
}

/* nines before and behind the point */
static json_t *nines(unsigned before, unsigned behind)
{
	char text[80] = "";

	memset(text, '9', before);
	if (behind > 0) {
		text[before] = '.';
		memset(text + before + 1, '9', behind);
	}
	return json_string(text);
}

static void each_number_holds_its_digits_and_not_one_more(void **state)
{
	unsigned seen = 0;

	(void)state;
	EACH_FIELD(object, field) {
		unsigned before = field->length - field->scale;

		if ((field->kind != D001_NUMBER && field->kind != D001_COUNT) ||
			strcmp(field->name, "valiDays") == 0) /* has a range of its own, below */
			continue;
		read_with(object, field->name, nines(before, field->scale));
		assert_has("D001-DECIMAL", object, field->name, false);
		sample_clear(read);
		read_with(object, field->name, nines(before + 1, 0));
		assert_has("D001-DECIMAL", object, field->name, true);
		sample_clear(read);
		read_with(object, field->name, nines(before, field->scale + 1));
		assert_has("D001-DECIMAL", object, field->name, true);
		sample_clear(read);
		seen++;
	}
	assert_true(seen > 15);
}

static void numbers_are_text_or_integers_never_floats(void **state)
{
	(void)state;
	read_with(&d001_line, "drugCnt", json_integer(4));
	assert_int_equal(read->findings.refused, 0);
	assert_true(read->record.lines[0].line.quantity_e4 == 40000);
	sample_clear(read);
	read_with(&d001_line, "drugPric", json_real(12.5));
	assert_has("D001-TYPE", &d001_line, "drugPric", true);
	sample_clear(read);
	read_with(&d001_line, "drugCnt", json_string("4e0"));
	assert_has("D001-DECIMAL", &d001_line, "drugCnt", true);
	sample_clear(read);
	read_with(&d001_line, "drugCnt", json_integer(-4));
	assert_has("D001-DECIMAL", &d001_line, "drugCnt", true);
	sample_clear(read);
	read_with(&d001_visit, "patnName", json_integer(4));
	assert_has("D001-TYPE", &d001_visit, "patnName", true);
	sample_clear(read);
}

static void codes_times_and_digests_of_another_form_are_named(void **state)
{
	static const char *const rules[] = {[D001_FLAG] = "D001-CODE", [D001_CHOICE] = "D001-CODE",
		[D001_TIME] = "D001-TIME", [D001_SHA256] = "D001-CODE", [D001_TRUTH] = "D001-TYPE"};

	(void)state;
	EACH_FIELD(object, field) {
		bool ruled = field->kind < sizeof(rules) / sizeof(rules[0]);
		const char *rule = ruled ? rules[field->kind] : NULL;

		if (!rule)
			continue;
		read_with(object, field->name, json_string("zz"));
		assert_has(rule, object, field->name, true);
		assert_true(read->findings.refused > 0);
		sample_clear(read);
	}
}

static void control_characters_are_refused(void **state)
{
	(void)state;
	read_with(&d001_visit, "patnName", json_string("王\x1b[31m"));
	assert_has("D001-TEXT", &d001_visit, "patnName", true);
	sample_clear(read);
	read_with(&d001_visit, "diseCondDscr", json_string("一\n二\t三"));
	assert_has("D001-TEXT", &d001_visit, "diseCondDscr", false);
	sample_clear(read);
	read_with(&d001_header, "mdtrtCertNo", json_string("140100 EV"));
	assert_has("D001-TEXT", &d001_header, "mdtrtCertNo", true);
	sample_clear(read);
}

static void fields_nobody_knows_are_flagged(void **state)
{
	(void)state;
	read_with(&d001_line, "longRxflag", json_string("1"));
	assert_has("D001-UNKNOWN-FIELD", &d001_line, "longRxflag", true);
	assert_int_equal(read->findings.refused, 0);
	sample_clear(read);
}

static int open_read(void **state)
{
	(void)state;
	read = test_malloc(sizeof(*read));
	return 0;
}

static int close_read(void **state)
{
	(void)state;
	test_free(read);
	return 0;
}

static const struct CMUnitTest tests[] = {
	TEST(the_full_sample_is_good),
	TEST(each_mandatory_field_removed_is_named),
	TEST(each_optional_field_may_be_absent),
	TEST(each_text_holds_its_limit_and_not_one_more),
	TEST(a_text_holds_4000_bytes_and_not_one_more),
	TEST(each_number_holds_its_digits_and_not_one_more),
	TEST(numbers_are_text_or_integers_never_floats),
	TEST(codes_times_and_digests_of_another_form_are_named),
	TEST(control_characters_are_refused),
	TEST(fields_nobody_knows_are_flagged),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/d001_fields", tests, open_read, close_read);
}
