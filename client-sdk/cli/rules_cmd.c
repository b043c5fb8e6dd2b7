/* The group `rxcirc rules`: what a prescription must be, here and on that day. */
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

/* Where and when; every command of the group has these. */
struct rules_args {
	const char *as, *region, *at;
	int64_t at_ms; /* 0 = now */
	struct args rest;
};

static int rules_args_parse(struct rules_args *args, int argc, char **argv, size_t positional)
{
	const struct arg_option options[] = {{"as", ARG_TEXT, &args->as},
		{"region", ARG_TEXT, &args->region}, {"at", ARG_TEXT, &args->at}};
	int r = args_parse(&args->rest, argc, argv, options, 3, positional, positional);

	if (r != 0)
		return r;
	if (args->at && china_time_parse_loose(args->at, &args->at_ms) < 0)
		return fail(EXIT_USAGE, "--at is \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--at 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数");
	return 0;
}

static const char *severity_word(Rxcirc__V1__Severity severity)
{
	if (severity == RXCIRC__V1__SEVERITY__SEVERITY_REFUSE)
		return "refuse";
	return severity == RXCIRC__V1__SEVERITY__SEVERITY_FLAG ? "flag" : "off";
}

static const char *severity_said(Rxcirc__V1__Severity severity)
{
	if (severity == RXCIRC__V1__SEVERITY__SEVERITY_REFUSE)
		return say_pick("refuse", "拒收");
	return severity == RXCIRC__V1__SEVERITY__SEVERITY_FLAG ? say_pick("flag", "提示") :
		say_pick("off", "停用");
}

static json_t *parameter_json(const Rxcirc__V1__ParameterState *p)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "name", p->name, "value",
		p->value, "standard", p->standard, "region", p->region, "from_ms",
		(json_int_t)p->from_ms, "source", p->source, "meaning", p->meaning, "meaning_zh",
		p->meaning_zh);
}

static void parameter_show(const Rxcirc__V1__ParameterState *p)
{
	char from[CHINA_TIME_LEN + 1];

	china_time_format(p->from_ms, from);
	printf("  %-26s %s\n", p->name, p->value[0] ? p->value : say_pick("(nothing)", "（空）"));
	printf("      %s", say_pick(p->meaning, p->meaning_zh));
	if (p->region[0])
		printf("%s %s %s %.10s  %s", say_pick("; set by", "；由"), p->region,
			say_pick("from", "设定，起于"), from, p->source);
	else
		printf("%s  %s", say_pick("; the standard", "；缺省值"), p->source);
	putchar('\n');
}

static json_t *rule_json(const Rxcirc__V1__RuleState *rule)
{
	json_t *parameters = json_array();

	for (size_t i = 0; i < rule->n_parameters; i++)
		json_array_append_new(parameters, parameter_json(rule->parameters[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "id", rule->id,
		"severity", severity_word(rule->severity), "standard", severity_word(rule->standard),
		"source", rule->source, "field", rule->field, "message", rule->message, "message_zh",
		rule->message_zh, "explanation", rule->explanation, "explanation_zh",
		rule->explanation_zh, "parameters", parameters);
}

/* The rules of the place and time asked for; the caller frees. */
static int rules_ask(const struct rules_args *args, Rxcirc__V1__ListRulesResponse **ret)
{
	Rxcirc__V1__ListRulesRequest request = RXCIRC__V1__LIST_RULES_REQUEST__INIT;
	struct institution caller;
	rxc_error *error = NULL;
	int r = institution_open(&caller, args->as);

	if (r != 0)
		return r;
	request.region = pbtext(args->region ? args->region : "");
	request.at_ms = args->at_ms;
	r = rxc_directory_rules(caller.client, &request, NULL, ret, &error) < 0 ?
		report_call(error, false) : 0;
	institution_close(&caller);
	return r;
}

static void place_say(const char *region, int64_t at_ms)
{
	char at[CHINA_TIME_LEN + 1];

	china_time_format(at_ms, at);
	say("region %s, %s\n", "地区 %s，%s\n", region, at);
}

static int rules_tell(const Rxcirc__V1__ListRulesResponse *reply)
{
	json_t *list = json_array();

	place_say(reply->region, reply->at_ms);
	for (size_t i = 0; i < reply->n_rules; i++) {
		const Rxcirc__V1__RuleState *rule = reply->rules[i];

		json_array_append_new(list, rule_json(rule));
		if (!say_is_json())
			printf("%-24s %-7s %s\n", rule->id, severity_said(rule->severity),
				say_pick(rule->message, rule->message_zh));
	}
	return answer(json_pack("{s:b, s:i, s:s, s:I, s:o}", "ok", 1, "exit", EXIT_OK, "region",
		reply->region, "at_ms", (json_int_t)reply->at_ms, "rules", list));
}

static int rules_list_run(int argc, char **argv)
{
	struct rules_args args = {.as = NULL};
	Rxcirc__V1__ListRulesResponse *reply;
	int r = rules_args_parse(&args, argc, argv, 0);

	if (r != 0 || (r = rules_ask(&args, &reply)) != 0)
		return r;
	r = rules_tell(reply);
	rxcirc__v1__list_rules_response__free_unpacked(reply, NULL);
	return r;
}

static int rule_tell(const Rxcirc__V1__ListRulesResponse *reply, const char *id)
{
	const Rxcirc__V1__RuleState *rule = NULL;

	for (size_t i = 0; !rule && i < reply->n_rules; i++)
		if (strcmp(reply->rules[i]->id, id) == 0)
			rule = reply->rules[i];
	if (!rule)
		return fail(EXIT_USAGE, "there is no rule \"%.40s\"; rxcirc rules list", "没有规则“%.40s”，"
			"参见 rxcirc rules list", id);
	if (say_is_json())
		return answer(json_pack("{s:b, s:i, s:s, s:I, s:o}", "ok", 1, "exit", EXIT_OK, "region",
			reply->region, "at_ms", (json_int_t)reply->at_ms, "rule", rule_json(rule)));
	place_say(reply->region, reply->at_ms);
	printf("%s  [%s]\n%s\n\n%s\n\n%s %s\n%s %s\n", rule->id, severity_said(rule->severity),
		say_pick(rule->message, rule->message_zh),
		say_pick(rule->explanation, rule->explanation_zh), say_pick("source:", "依据："),
		rule->source, say_pick("field:", "字段："), rule->field);
	if (rule->severity != rule->standard)
		printf("%s %s\n", say_pick("by default:", "缺省："), severity_said(rule->standard));
	for (size_t i = 0; i < rule->n_parameters; i++)
		parameter_show(rule->parameters[i]);
	return 0;
}

static int rules_explain_run(int argc, char **argv)
{
	struct rules_args args = {.as = NULL};
	Rxcirc__V1__ListRulesResponse *reply;
	int r = rules_args_parse(&args, argc, argv, 1);

	if (r != 0 || (r = rules_ask(&args, &reply)) != 0)
		return r;
	r = rule_tell(reply, args.rest.positional[0]);
	rxcirc__v1__list_rules_response__free_unpacked(reply, NULL);
	return r;
}

static int parameters_tell(const Rxcirc__V1__ListParametersResponse *reply)
{
	json_t *list = json_array();

	place_say(reply->region, reply->at_ms);
	for (size_t i = 0; i < reply->n_parameters; i++) {
		json_array_append_new(list, parameter_json(reply->parameters[i]));
		if (!say_is_json())
			parameter_show(reply->parameters[i]);
	}
	return answer(json_pack("{s:b, s:i, s:s, s:I, s:o}", "ok", 1, "exit", EXIT_OK, "region",
		reply->region, "at_ms", (json_int_t)reply->at_ms, "parameters", list));
}

static int rules_parameters_run(int argc, char **argv)
{
	Rxcirc__V1__ListParametersRequest request = RXCIRC__V1__LIST_PARAMETERS_REQUEST__INIT;
	Rxcirc__V1__ListParametersResponse *reply;
	struct rules_args args = {.as = NULL};
	struct institution caller;
	rxc_error *error = NULL;
	int r = rules_args_parse(&args, argc, argv, 0);

	if (r != 0 || (r = institution_open(&caller, args.as)) != 0)
		return r;
	request.region = pbtext(args.region ? args.region : "");
	request.at_ms = args.at_ms;
	if (rxc_directory_parameters(caller.client, &request, NULL, &reply, &error) < 0) {
		r = report_call(error, false);
	} else {
		r = parameters_tell(reply);
		rxcirc__v1__list_parameters_response__free_unpacked(reply, NULL);
	}
	institution_close(&caller);
	return r;
}

static const struct command commands[] = {
	{"list", rules_list_run, "every rule at upload and whether it refuses, flags or is off",
		"上传规则一览：拒收、提示或停用",
		"rxcirc rules list --as DIR/institutions/CODE [--region CODE] [--at TIME]\n\n"
		"The rules as they stand in a region (the caller's own) at a moment (now).\n\n"
		"Example:\n"
		"  rxcirc rules list --region 140100 --at 2026-01-01 \\\n"
		"      --as prov/institutions/H14010500321",
		"rxcirc rules list --as 目录/institutions/编码 [--region 区划代码] [--at 时间]\n\n"
		"列出某地区（缺省为本机构所在地）某时刻（缺省为现在）的规则。\n\n"
		"示例：\n"
		"  rxcirc rules list --region 140100 --at 2026-01-01 \\\n"
		"      --as prov/institutions/H14010500321"},
	{"explain", rules_explain_run, "one rule: what it wants, why, and its parameters",
		"解释一条规则：要求、依据与参数",
		"rxcirc rules explain ID --as DIR/institutions/CODE [--region CODE] [--at TIME]\n\n"
		"Example:\n"
		"  rxcirc rules explain RX-SUPPLY --as prov/institutions/H14010500321",
		"rxcirc rules explain 规则号 --as 目录/institutions/编码 [--region 区划代码] [--at 时间]\n\n"
		"示例：\n"
		"  rxcirc rules explain RX-SUPPLY --as prov/institutions/H14010500321"},
	{"parameters", rules_parameters_run, "every parameter, its value and where that comes from",
		"全部参数、现值及其出处",
		"rxcirc rules parameters --as DIR/institutions/CODE [--region CODE] [--at TIME]\n\n"
		"The nearest region that sets a parameter decides, then the standard.  Switches of\n"
		"rules (rule.ID) follow where they are set.\n\n"
		"Example:\n"
		"  rxcirc rules parameters --as prov/institutions/H14010500321 --json",
		"rxcirc rules parameters --as 目录/institutions/编码 [--region 区划代码] [--at 时间]\n\n"
		"以最近一级设定的地区为准，否则为缺省值；已设定的规则开关（rule.规则号）列在其后。\n\n"
		"示例：\n"
		"  rxcirc rules parameters --as prov/institutions/H14010500321 --json"},
	{.name = NULL},
};

int rules_run(int argc, char **argv)
{
	static const struct command_group group = {"rxcirc rules", commands,
		"What a prescription must be to circulate, by region and day.",
		"处方流转规则与参数，按地区与日期。",
		"Example:\n  rxcirc rules list --as prov/institutions/H14010500321",
		"示例：\n  rxcirc rules list --as prov/institutions/H14010500321"};

	return group_run(&group, argc, argv);
}
