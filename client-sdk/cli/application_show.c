#include "client-sdk/cli/application_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/say.h"

static const struct {
	const char *english, *chinese;
} states[] = {
	{"?", "？"}, {"accepted", "已受理"}, {"supplementing", "补正中"}, {"checked", "材料核对通过"},
	{"verified", "系统核验通过"}, {"assessed", "评估合格"}, {"approved", "已核准"},
	{"filed", "已报省级备案"}, {"activated", "已开通"}, {"published", "已公布"},
	{"failed", "评估不合格"}, {"withdrawn", "已撤回"},
};

static const struct {
	const char *english, *chinese;
} events[] = {
	{"?", "？"}, {"submitted", "申请"}, {"supplement notice", "一次性补正告知"},
	{"supplemented", "补正材料"}, {"documents checked", "核对材料"},
	{"conformance run", "接口测试"}, {"systems verified", "系统核验"},
	{"group formed", "组织评估小组"}, {"agreement noted", "记录定点协议签订"},
	{"block lifted", "人工解除限制"}, {"assessed", "评估合格"}, {"failed", "评估不合格"},
	{"approved", "核准纳入"}, {"filed", "报省级备案"}, {"activated", "正式开通"},
	{"published", "公布"}, {"withdrawn", "撤回申请"},
};

enum { STATES = sizeof(states) / sizeof(states[0]), EVENTS = sizeof(events) / sizeof(events[0]) };

const char *application_state_word(Rxcirc__V1__ApplicationState state)
{
	unsigned n = (unsigned)state < STATES ? (unsigned)state : 0;

	return say_pick(states[n].english, states[n].chinese);
}

static const char *event_word(Rxcirc__V1__ApplicationEvent event)
{
	unsigned n = (unsigned)event < EVENTS ? (unsigned)event : 0;

	return say_pick(events[n].english, events[n].chinese);
}

void application_show_line(const Rxcirc__V1__Application *a)
{
	char at[CHINA_TIME_LEN + 1];

	china_time_format(a->submitted_at_ms, at);
	printf("%s  %-12s %s  %s  %s\n", a->id, a->institution_code, a->office_code, at,
		application_state_word(a->state));
}

static void moment(const char *en, const char *zh, int64_t at_ms)
{
	char at[CHINA_TIME_LEN + 1];

	if (at_ms == 0)
		return;
	china_time_format(at_ms, at);
	printf("    %s %s\n", say_pick(en, zh), at);
}

static void text(const char *en, const char *zh, const char *value)
{
	if (value[0])
		printf("    %s %s\n", say_pick(en, zh), value);
}

static void show_items(const char *en, const char *zh, Rxcirc__V1__CheckedItem *const *items,
	size_t count)
{
	if (count > 0)
		printf("  %s\n", say_pick(en, zh));
	for (size_t i = 0; i < count; i++)
		printf("    [%s] %s  %s\n", items[i]->passed ? say_pick("passed", "通过") :
			say_pick("failed", "未通过"), items[i]->name, items[i]->evidence);
}

static void show_lists(const Rxcirc__V1__Application *a)
{
	if (a->n_documents > 0)
		printf("  %s\n", say_pick("documents", "申请材料"));
	for (size_t i = 0; i < a->n_documents; i++)
		printf("    %-24s %s (%" PRIu64 ")\n", a->documents[i]->kind, a->documents[i]->name,
			a->documents[i]->size_bytes);
	for (size_t i = 0; a->notice && i < a->notice->n_documents; i++)
		text("to supplement:", "需补正：", a->notice->documents[i]);
	show_items("document check", "材料核对", a->checked, a->n_checked);
	show_items("system verification", "系统核验", a->verified, a->n_verified);
	show_items("assessment", "评估", a->assessed, a->n_assessed);
	for (size_t i = 0; i < a->n_conformance; i++)
		printf("    [%s] %s  %s\n", a->conformance[i]->passed ? say_pick("passed", "通过") :
			say_pick("failed", "未通过"), a->conformance[i]->method, a->conformance[i]->finding);
	for (size_t i = 0; a->group && i < a->group->n_members; i++)
		text("assessor:", "评估人员：", a->group->members[i]);
	for (size_t i = 0; i < a->n_overrides; i++)
		printf("    %s %s: %s (%s)\n", say_pick("lifted", "已解除"), a->overrides[i]->block,
			a->overrides[i]->reason, a->overrides[i]->officer);
}

void application_show(const Rxcirc__V1__Application *a)
{
	application_show_line(a);
	text("applicant:", "申请机构：", a->applicant_code);
	moment("supplement notice until", "补正告知期限", a->notice_due_ms);
	moment("assessment until", "评估期限", a->assessment_due_ms);
	moment("review, inclusion and publication until", "审核、纳入及公布期限", a->window_due_ms);
	show_lists(a);
	text("filing number:", "备案编号：", a->filing_no);
	text("reasons:", "不合格理由：", a->fail_reason);
	text("suggestions:", "整改建议：", a->fail_suggestions);
	for (size_t i = 0; i < a->n_steps; i++) {
		char at[CHINA_TIME_LEN + 1];

		china_time_format(a->steps[i]->at_ms, at);
		printf("  %2u. %s  %s  %s %s  %s\n", a->steps[i]->seq, at, event_word(a->steps[i]->event),
			a->steps[i]->actor_code, a->steps[i]->officer, a->steps[i]->text);
	}
	text("", "", a->no_fee_statement);
	text("complaints:", "投诉渠道：", a->complaint_channel);
}

static const char *form_title(const char *kind, bool pharmacy)
{
	if (strcmp(kind, "application-form") == 0)
		return pharmacy ? "互联网药品配售医保移动支付结算服务申请表" :
			"互联网诊疗医保支付结算服务申请表";
	if (strcmp(kind, "physician-list") == 0)
		return "“互联网+”医保服务医师名单";
	if (strcmp(kind, "no-penalty-commitment") == 0)
		return "无相关行政处罚承诺书";
	return kind;
}

static void print_form(const Rxcirc__V1__ApplicationDocument *d, bool pharmacy)
{
	printf("\n%s\n", form_title(d->kind, pharmacy));
	for (size_t i = 0; i < d->n_fields; i++)
		printf("  %s：%s\n", d->fields[i]->name, d->fields[i]->value);
	for (size_t i = 0; i < d->n_rows; i++) {
		printf("  %zu.", i + 1);
		for (size_t k = 0; k < d->rows[i]->n_cells; k++)
			printf("  %s", d->rows[i]->cells[k]);
		putchar('\n');
	}
	printf("  %s：%s  SHA-256 ", say_pick("file", "文件"), d->name);
	for (size_t i = 0; i < d->sha256.len; i++)
		printf("%02x", d->sha256.data[i]);
	putchar('\n');
}

void application_print(const Rxcirc__V1__Application *a)
{
	bool pharmacy = a->kind == RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_PHARMACY;
	char at[CHINA_TIME_LEN + 1];

	china_time_format(a->submitted_at_ms, at);
	printf("%s：%s\n%s：%s\n%s：%s\n%s：%s\n", say_pick("application", "申请编号"), a->id,
		say_pick("institution", "机构编码"), a->institution_code, say_pick("applicant", "申请机构"),
		a->applicant_code, say_pick("accepted at", "受理时间"), at);
	for (size_t i = 0; i < a->n_documents; i++)
		print_form(a->documents[i], pharmacy);
	printf("\n%s\n", a->no_fee_statement);
}
