/* The rules and parameters as anybody registered may read them, in any region, on any day. */
#include "test/service/scene.h"

#include <string.h>

#include "base/ensure.h"
#include "rules/upload.h"
#include "rxcirc/v1/directory.pb-c.h"

static const Rxcirc__V1__ListRulesResponse *rules(const char *region, int64_t at_ms)
{
	Rxcirc__V1__ListRulesRequest m = RXCIRC__V1__LIST_RULES_REQUEST__INIT;

	m.region = paper_text(region);
	m.at_ms = at_ms;
	assert_int_equal(stage_call(&rules_method, &m), STATUS_OK);
	stage_expect_nothing_sent();
	return stage_reply(&rxcirc__v1__list_rules_response__descriptor);
}

static const Rxcirc__V1__RuleState *rule(const char *id, const char *region, int64_t at_ms)
{
	const Rxcirc__V1__ListRulesResponse *all = rules(region, at_ms);

	for (size_t i = 0; i < all->n_rules; i++)
		if (strcmp(all->rules[i]->id, id) == 0)
			return all->rules[i];
	fail_msg("%s is not listed", id);
	return NULL;
}

static const Rxcirc__V1__ListParametersResponse *parameters(const char *region, int64_t at_ms)
{
	Rxcirc__V1__ListParametersRequest m = RXCIRC__V1__LIST_PARAMETERS_REQUEST__INIT;

	m.region = paper_text(region);
	m.at_ms = at_ms;
	assert_int_equal(stage_call(&parameters_method, &m), STATUS_OK);
	stage_expect_nothing_sent();
	return stage_reply(&rxcirc__v1__list_parameters_response__descriptor);
}

static const Rxcirc__V1__ParameterState *parameter(const char *name, const char *region,
	int64_t at_ms)
{
	const Rxcirc__V1__ListParametersResponse *all = parameters(region, at_ms);

	for (size_t i = 0; i < all->n_parameters; i++)
		if (strcmp(all->parameters[i]->name, name) == 0)
			return all->parameters[i];
	return NULL;
}

static void every_rule_is_listed_with_what_it_is(void **state)
{
	const Rxcirc__V1__ListRulesResponse *all;

	(void)state;
	all = rules("", 0);
	assert_string_equal(all->region, HOME_REGION);
	assert_int_equal(all->at_ms, noon_ms);
	assert_int_equal(all->n_rules, upload_rules_count);
	for (size_t i = 0; i < all->n_rules; i++) {
		const Rxcirc__V1__RuleState *m = all->rules[i];

		assert_string_equal(m->id, upload_rules[i].id);
		assert_string_equal(m->source, upload_rules[i].source);
		assert_string_equal(m->field, upload_rules[i].field);
		assert_string_equal(m->message_zh, upload_rules[i].chinese);
		assert_string_equal(m->explanation, upload_rules[i].explanation);
		assert_string_equal(m->explanation_zh, upload_rules[i].explanation_zh);
		assert_int_equal(m->severity, m->standard);
		assert_int_equal(m->n_parameters > 0, upload_rules[i].parameters[0] != '\0');
	}
}

static void severity_and_parameters_are_those_of_place_and_day(void **state)
{
	struct parameter *p;
	const Rxcirc__V1__RuleState *m;

	(void)state;
	p = province_parameter(&stage.province, "140100", "rule.RX-SUPPLY", "off");
	p->from_ms = noon_ms;
	p = province_parameter(&stage.province, "140000", "supply-days-max", "14");
	p->from_ms = noon_ms;
	stage_rebuild();
	m = rule("RX-SUPPLY", HOME_REGION, noon_ms);
	assert_int_equal(m->severity, RXCIRC__V1__SEVERITY__SEVERITY_UNSPECIFIED);
	assert_int_equal(m->standard, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE);
	assert_int_equal(m->n_parameters, 2);
	assert_string_equal(m->parameters[0]->name, "supply-days-max");
	assert_string_equal(m->parameters[0]->value, "14");
	m = rule("RX-SUPPLY", "140200", noon_ms);
	assert_int_equal(m->severity, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE);
	assert_string_equal(m->parameters[0]->value, "14");
	m = rule("RX-SUPPLY", HOME_REGION, noon_ms - 1);
	assert_int_equal(m->severity, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE);
	assert_string_equal(m->parameters[0]->value, "7");
}

static void every_parameter_says_where_its_value_comes_from(void **state)
{
	const Rxcirc__V1__ParameterState *m;

	(void)state;
	assert_int_equal(parameters("", 0)->n_parameters, PARAMETERS_NR);
	m = parameter("supply-days-max", "", 0);
	assert_string_equal(m->value, "7");
	assert_string_equal(m->standard, "7");
	assert_string_equal(m->region, "");
	assert_int_equal(m->from_ms, 0);
	assert_string_equal(m->source, "C2");
	assert_true(m->meaning[0] != '\0' && m->meaning_zh[0] != '\0');
	province_parameter(&stage.province, "140000", "supply-days-max", "14")->from_ms = noon_ms;
	stage_rebuild();
	m = parameter("supply-days-max", HOME_REGION, noon_ms);
	assert_string_equal(m->value, "14");
	assert_string_equal(m->standard, "7");
	assert_string_equal(m->region, "140000");
	assert_int_equal(m->from_ms, noon_ms);
	assert_string_equal(m->source, "a test");
	assert_string_equal(parameter("supply-days-max", "", noon_ms - 1)->value, "7");
	assert_string_equal(parameter("supply-days-max", "130000", noon_ms)->value, "7");
}

static void switches_are_listed_where_they_are_set(void **state)
{
	const Rxcirc__V1__ParameterState *m;

	(void)state;
	province_parameter(&stage.province, "140100", "rule.RX-HOST", "flag");
	stage_rebuild();
	m = parameter("rule.RX-HOST", HOME_REGION, 0);
	assert_non_null(m);
	assert_string_equal(m->value, "flag");
	assert_string_equal(m->standard, "refuse");
	assert_string_equal(m->region, "140100");
	assert_null(parameter("rule.RX-HOST", "140200", 0));
}

static void what_is_no_place_or_time_is_refused(void **state)
{
	static const char *const wrong[] = {"1401", "1401055", "14010a", "太原市"};
	Rxcirc__V1__ListRulesRequest m = RXCIRC__V1__LIST_RULES_REQUEST__INIT;
	Rxcirc__V1__ListParametersRequest p = RXCIRC__V1__LIST_PARAMETERS_REQUEST__INIT;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
		m.region = p.region = paper_text(wrong[i]);
		assert_int_equal(stage_call(&rules_method, &m), STATUS_FIELD_INVALID);
		stage_expect_found("FIELD", "region");
		assert_int_equal(stage_call(&parameters_method, &p), STATUS_FIELD_INVALID);
		stage_expect_found("FIELD", "region");
	}
	m.region = p.region = paper_text("");
	m.at_ms = p.at_ms = -1;
	assert_int_equal(stage_call(&rules_method, &m), STATUS_FIELD_INVALID);
	assert_int_equal(stage_call(&parameters_method, &p), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "at_ms");
	m.at_ms = INT64_MAX;
	assert_int_equal(stage_call(&rules_method, &m), STATUS_FIELD_INVALID);
	assert_int_equal(stage_call_bytes(&rules_method, slice_of("\x0a\x7f", 2)),
		STATUS_BODY_MALFORMED);
	assert_int_equal(stage_call_bytes(&parameters_method, slice_of("\x0a\x7f", 2)),
		STATUS_BODY_MALFORMED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(every_rule_is_listed_with_what_it_is, "JIN15-4.1 TJ2-12a"),
		STAGED_PROVES(severity_and_parameters_are_those_of_place_and_day,
			"JIN15-4.1 JIN15-4.11a TJ2-30"),
		STAGED_PROVES(every_parameter_says_where_its_value_comes_from, "JIN15-4.1 JIN15-4.11a"),
		STAGED(switches_are_listed_where_they_are_set),
		STAGED(what_is_no_place_or_time_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("directory", tests, stage_open, stage_close);
}
