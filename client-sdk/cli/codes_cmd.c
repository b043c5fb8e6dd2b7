/* The group `rxcirc agency codes`: import a version of a code table, list them, take one back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/code_import.h"
#include "client-sdk/cli/codes.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

enum { IMPORT_TIMEOUT_MS = 60 * 1000, VERSION_TEXT_MAX = 24 };

/* ---- import --------------------------------------------------------------------------------- */

static void import_show(const struct code_import *import)
{
	const Rxcirc__V1__PublishCodeVersionResponse *report = import->report;
	char at[CHINA_TIME_LEN + 1];

	china_time_format(import->effective_from_was_ms, at);
	if (import->unchanged) {
		say("%s version \"%s\" stands there already, in effect from %s\n",
			"%s版本“%s”已发布，自 %s 起生效\n",
			say_pick(import->table->kind->word, import->table->kind->word_zh),
			import->label_used, at);
		return;
	}
	say("%s version \"%s\": %zu rows, in effect from %s\n", "%s版本“%s”：%zu 行，自 %s 起生效\n",
		say_pick(import->table->kind->word, import->table->kind->word_zh), import->label_used,
		import->table->table.count, at);
	say("against the version before it: %u added, %u changed, %u removed\n",
		"与前一版本相比：新增 %u，变更 %u，移除 %u\n", report->added, report->changed,
		report->removed);
	for (size_t i = 0; i < report->n_examples && !say_is_json(); i++)
		code_change_show(import->table->kind, report->examples[i]);
}

static json_t *import_json(const struct code_import *import)
{
	const Rxcirc__V1__PublishCodeVersionResponse *report = import->report;
	json_t *examples = json_array();
	char version[VERSION_TEXT_MAX];

	(void)snprintf(version, sizeof(version), "%" PRId64, import->version_id);
	for (size_t i = 0; report && i < report->n_examples; i++)
		json_array_append_new(examples, code_change_json(import->table->kind,
			report->examples[i]));
	return json_pack("{s:b, s:i, s:s, s:s, s:s, s:i, s:b, s:I, s:i, s:i, s:i, s:o}", "ok", 1,
		"exit", EXIT_OK, "kind", import->table->kind->word, "version", version, "label",
		import->label_used, "rows", (int)import->table->table.count, "unchanged",
		(int)import->unchanged, "effective_from_ms", (json_int_t)import->effective_from_was_ms,
		"added", report ? (int)report->added : 0, "changed", report ? (int)report->changed : 0,
		"removed", report ? (int)report->removed : 0, "examples", examples);
}

static int import_run(int argc, char **argv)
{
	struct code_import import = {.label = NULL};
	const char *as = NULL, *from = NULL, *source = NULL;
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &as}, {"label", ARG_TEXT, &import.label}, {"from", ARG_TEXT, &from},
		{"source", ARG_TEXT, &source},
	};
	const struct code_table_kind *kind = NULL;
	struct code_table table;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 4, 2, 2);

	if (r == 0)
		r = args_need(import.label, "label");
	if (r == 0)
		r = args_need(as, "as");
	if (r == 0 && from && china_time_parse_loose(from, &import.effective_from_ms) < 0)
		r = fail(EXIT_USAGE, "--from is \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--from 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数");
	if (r == 0 && !(kind = code_table_kind_find(args.positional[0])))
		r = EXIT_USAGE;
	if (r != 0 || (r = code_table_load(&table, kind, args.positional[1])) != 0)
		return r;
	/* comparing two national tables takes longer than other calls */
	if (!cli_globals.timeout_ms)
		cli_globals.timeout_ms = IMPORT_TIMEOUT_MS;
	import.officer_folder = as;
	import.table = &table;
	import.source = source ? source : args.positional[1];
	r = code_import_run(&import);
	if (r == 0) {
		import_show(&import);
		r = answer(import_json(&import));
	} else {
		note("broken off; run the same command again to go on\n", "已中断，请重复执行同一命令继续\n");
	}
	code_import_clear(&import);
	code_table_clear(&table);
	return r;
}

/* ---- versions ------------------------------------------------------------------------------- */

static const char *state_word(const Rxcirc__V1__CodeVersion *v, bool chinese)
{
	if (v->in_effect)
		return chinese ? "现行" : "in effect";
	switch (v->state) {
	case RXCIRC__V1__CODE_VERSION_STATE__CODE_VERSION_STATE_LOADING:
		return chinese ? "装载中" : "loading";
	case RXCIRC__V1__CODE_VERSION_STATE__CODE_VERSION_STATE_WITHDRAWN:
		return chinese ? "已撤回" : "withdrawn";
	case RXCIRC__V1__CODE_VERSION_STATE__CODE_VERSION_STATE_PUBLISHED:
	case RXCIRC__V1__CODE_VERSION_STATE__CODE_VERSION_STATE_UNSPECIFIED:
	case _RXCIRC__V1__CODE_VERSION_STATE_IS_INT_SIZE:
	default:
		if (v->effective_from_ms > clock_now_ms())
			return chinese ? "待生效" : "ahead";
		return chinese ? "历史" : "past";
	}
}

static void version_show(const Rxcirc__V1__CodeVersion *v)
{
	char from[CHINA_TIME_LEN + 1] = "-";
	char version[VERSION_TEXT_MAX];

	if (v->effective_from_ms > 0)
		china_time_format(v->effective_from_ms, from);
	(void)snprintf(version, sizeof(version), "%" PRId64, v->version_id);
	say("%-20s %-10s %-19s %7u rows  +%u ~%u -%u  %s\n",
		"%-20s %-10s %-19s %7u 行  +%u ~%u -%u  %s\n", v->label,
		state_word(v, say_is_chinese()), from, v->rows, v->added, v->changed, v->removed,
		v->source);
	(void)answer(json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:i, s:i, s:i}", "version", version,
		"label", v->label, "state", state_word(v, false), "source", v->source, "rows",
		(int)v->rows, "effective_from_ms", (json_int_t)v->effective_from_ms, "added",
		(int)v->added, "changed", (int)v->changed, "removed", (int)v->removed));
}

static int versions_run(int argc, char **argv)
{
	Rxcirc__V1__ListCodeVersionsResponse *reply = NULL;
	struct codes_asker asker = {.as = NULL};
	const struct arg_option options[] = {{"as", ARG_TEXT, &asker.as}};
	struct args args;
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r == 0)
		r = codes_asker_open(&asker, args.positional[0]);
	if (r == 0)
		r = codes_versions(&asker, &reply);
	for (size_t i = 0; r == 0 && i < reply->n_versions; i++)
		version_show(reply->versions[i]);
	if (r == 0) {
		r = answer(json_pack("{s:b, s:i, s:i}", "ok", 1, "exit", EXIT_OK, "versions",
			(int)reply->n_versions));
		rxcirc__v1__list_code_versions_response__free_unpacked(reply, NULL);
	}
	codes_asker_close(&asker);
	return r;
}

/* ---- withdraw ------------------------------------------------------------------------------- */

static int withdraw_run(int argc, char **argv)
{
	Rxcirc__V1__WithdrawCodeVersionRequest request =
		RXCIRC__V1__WITHDRAW_CODE_VERSION_REQUEST__INIT;
	Rxcirc__V1__WithdrawCodeVersionResponse *reply;
	struct codes_asker asker = {.as = NULL};
	const char *reason = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &asker.as},
		{"reason", ARG_TEXT, &reason}};
	rxc_error *error = NULL;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 2, 2, 2);

	if (r == 0)
		r = args_need(reason, "reason");
	if (r == 0)
		r = codes_asker_open(&asker, args.positional[0]);
	if (r == 0)
		r = codes_version_of(&asker, args.positional[1], &request.version_id);
	if (r == 0) {
		request.reason = pbtext(reason);
		if (rxc_codes_withdraw(asker.caller.client, &request, NULL, &reply, &error) < 0)
			r = report_call(error, true);
		else
			rxcirc__v1__withdraw_code_version_response__free_unpacked(reply, NULL);
	}
	codes_asker_close(&asker);
	if (r != 0)
		return r;
	say("withdrawn\n", "已撤回\n");
	return answer(json_pack("{s:b, s:i}", "ok", 1, "exit", EXIT_OK));
}

/* ---- the group ------------------------------------------------------------------------------ */

static const struct command commands[] = {
	{"import", import_run, "make a CSV file a new version", "将 CSV 文件导入为新版本", codes_import_help,
		codes_import_help_zh},
	{"versions", versions_run, "which versions there are", "列出各版本", codes_help, codes_help_zh},
	{"query", codes_query_run, "codes by prefix or part of the name", "按编码前缀或名称查询", codes_help,
		codes_help_zh},
	{"export", codes_export_run, "the whole table as CSV", "整表导出为 CSV", codes_help, codes_help_zh},
	{"diff", codes_diff_run, "what one version changes against another", "比较两个版本", codes_help,
		codes_help_zh},
	{"withdraw", withdraw_run, "take back a version not in effect yet", "撤回尚未生效的版本", codes_help,
		codes_help_zh},
	{.name = NULL},
};

int agency_codes_run(int argc, char **argv)
{
	static const struct command_group group = {"rxcirc agency codes", commands, codes_synopsis,
		codes_synopsis_zh,
		"Example:\n"
		"  rxcirc agency codes import drugs drugs.csv --label 2026-12 --from 2026-12-01 \\\n"
		"      --as prov/officers/registrar",
		"示例：\n"
		"  rxcirc agency codes import drugs drugs.csv --label 2026-12 --from 2026-12-01 \\\n"
		"      --as prov/officers/registrar"};

	return group_run(&group, argc, argv);
}
