/* agency decision: what an upload was judged by, and the same judgement made again. */
#include <stdio.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/findings.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

/* A dated fact as a person reads it. */
static void span_show(const char *name, const char *name_zh, const Rxcirc__V1__DatedFact *fact)
{
	char from[CHINA_TIME_LEN + 1];
	char until[CHINA_TIME_LEN + 1];

	printf("  %s: ", say_pick(name, name_zh));
	if (!fact) {
		printf("%s\n", say_pick("none", "无"));
		return;
	}
	china_time_format(fact->from_ms, from);
	china_time_format(fact->until_ms, until);
	printf("%.10s -- %.10s\n", from, fact->until_ms ? until : "");
}

static void facts_show(const Rxcirc__V1__DecisionFacts *facts)
{
	const Rxcirc__V1__DecisionLimits *l = facts->limits;
	char at[CHINA_TIME_LEN + 1];

	china_time_format(facts->decided_at_ms, at);
	say("decided %s, registry version %lld\n", "判定时间 %s，登记库版本 %lld\n", at,
		(long long)facts->registry_version);
	for (size_t i = 0; i < facts->n_tables; i++)
		say("  code table %u: version %lld\n", "  编码库 %u：版本 %lld\n", facts->tables[i]->kind,
			(long long)facts->tables[i]->id);
	span_show("licence to practise", "执业许可证", facts->practice_licence);
	span_show("internet licence", "互联网诊疗资质", facts->internet_licence);
	span_show("department", "诊疗科目", facts->department);
	span_show("internet department", "互联网诊疗科目", facts->internet_department);
	span_show("physician's agreement", "医师补充协议",
		facts->physician ? facts->physician->agreement : NULL);
	if (!l)
		return;
	say("  limits: validity %u/%u days; supply %u, emergency %u, long %u/%u days; %u lines\n",
		"  上限：有效期 %u/%u 天；用药 %u、急诊 %u、长期 %u/%u 天；%u 种\n", l->validity_days_max,
		l->validity_days_long_max, l->supply_days_max, l->supply_days_emergency_max,
		l->supply_days_long_max, l->supply_days_assessed_max, l->western_lines_max);
	say("  benefits: %s; diseases: %s\n", "  待遇：%s；病种：%s\n", l->benefits, l->disease_scope);
}

static void follow_up_show(const Rxcirc__V1__ExplainDecisionResponse *reply)
{
	const Rxcirc__V1__FollowUp *f = reply->follow_up;
	char visited[CHINA_TIME_LEN + 1];
	char checked[CHINA_TIME_LEN + 1];

	if (!f)
		return;
	china_time_format(f->visited_at_ms, visited);
	china_time_format(reply->checked_at_ms, checked);
	say("follow-up: %s on %.10s, %s (%s); relied on by %s at %s\n",
		"复诊凭据：%s，%.10s，%s（%s）；核验医师 %s，%s\n", f->hospital_code, visited,
		f->diagnosis_code, f->document_kind, reply->checked_by, checked);
}

static json_t *limits_json(const Rxcirc__V1__DecisionLimits *l)
{
	if (!l)
		return json_null();
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:s}", "validity_days_max",
		(int)l->validity_days_max, "validity_days_long_max", (int)l->validity_days_long_max,
		"supply_days_max", (int)l->supply_days_max, "supply_days_emergency_max",
		(int)l->supply_days_emergency_max, "supply_days_long_max", (int)l->supply_days_long_max,
		"supply_days_assessed_max", (int)l->supply_days_assessed_max, "western_lines_max",
		(int)l->western_lines_max, "benefits", l->benefits, "disease_scope", l->disease_scope);
}

static int decision_json(const Rxcirc__V1__ExplainDecisionResponse *reply,
	const struct findings *findings)
{
	const Rxcirc__V1__DecisionFacts *facts = reply->facts;
	const Rxcirc__V1__FollowUp *f = reply->follow_up;

	return answer(json_pack("{s:b, s:i, s:b, s:I, s:I, s:o, s:o, s:s, s:I, s:s, s:s}", "ok", 1,
		"exit", EXIT_OK, "same", (int)reply->same, "decided_at_ms",
		(json_int_t)facts->decided_at_ms, "registry_version",
		(json_int_t)facts->registry_version, "limits", limits_json(facts->limits), "findings",
		findings_json(findings), "checked_by", reply->checked_by, "checked_at_ms",
		(json_int_t)reply->checked_at_ms, "follow_up_hospital", f ? f->hospital_code : "",
		"follow_up_diagnosis", f ? f->diagnosis_code : ""));
}

static int decision_tell(const Rxcirc__V1__ExplainDecisionResponse *reply)
{
	struct findings findings = {.items = NULL};
	int r;

	if (!reply->facts)
		return fail(EXIT_FAULT, "the server's answer holds no facts", "服务器应答中没有核验依据");
	findings_add_all(&findings, reply->findings, reply->n_findings);
	if (!say_is_json()) {
		facts_show(reply->facts);
		follow_up_show(reply);
		findings_print(&findings, stdout);
	}
	say("judged again: %s\n", "复核：%s\n", reply->same ?
		say_pick("the same decision", "与当时判定一致") :
		say_pick("ANOTHER decision than then", "与当时判定不一致"));
	r = decision_json(reply, &findings);
	findings_clear(&findings);
	return r;
}

int agency_decision_run(int argc, char **argv)
{
	Rxcirc__V1__ExplainDecisionRequest request = RXCIRC__V1__EXPLAIN_DECISION_REQUEST__INIT;
	Rxcirc__V1__ExplainDecisionResponse *reply;
	const char *as = NULL;
	const char *purpose = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"purpose", ARG_TEXT, &purpose}};
	uint8_t rx_id[RXC_RX_ID_LEN];
	struct institution office;
	struct args args;
	rxc_error *error = NULL;
	int r = args_parse(&args, argc, argv, options, 2, 1, 1);

	if (r == 0)
		r = args_need(purpose, "purpose");
	if (r != 0)
		return r;
	if (rxc_rx_code_parse(args.positional[0], rx_id, &error) < 0) {
		rxc_error_free(error);
		return fail(EXIT_USAGE, "\"%.60s\" is not a prescription code", "“%.60s”不是处方编号",
			args.positional[0]);
	}
	r = institution_open(&office, as);
	if (r != 0)
		return r;
	request.rx_id = pbdata(rx_id, sizeof(rx_id));
	request.purpose = pbtext(purpose);
	if (rxc_agency_explain(office.client, &request, NULL, &reply, &error) < 0) {
		r = report_call(error, false);
	} else {
		r = decision_tell(reply);
		rxcirc__v1__explain_decision_response__free_unpacked(reply, NULL);
	}
	institution_close(&office);
	return r;
}
