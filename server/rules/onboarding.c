/* The rules of onboarding, in the order they are told. */
#include "rules/onboarding.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "domain/parameter.h"

#define ON(event) (1u << APPLICATION_##event)

enum { ANY_KIND = ONBOARDING_HOSPITAL | ONBOARDING_PHARMACY };

/* What a pharmacy may ask for beyond what it has by being connected. */
static const char *const online_capabilities = "online-rx online-otc";
static const char *const given_capability = "outpatient-pooling";

static bool say(char subject[], const char *text)
{
	snprintf(subject, ONBOARDING_SUBJECT_MAX + 1, "%s", text);
	return true;
}

static bool say_word(char subject[], struct slice word)
{
	snprintf(subject, ONBOARDING_SUBJECT_MAX + 1, "%.*s", (int)word.len, (const char *)word.data);
	return true;
}

/* A rule about the whole is broken once or not at all. */
static bool once(bool broken, size_t nth, char subject[])
{
	return broken && nth == 0 && say(subject, "");
}

static bool listed(const char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

/* The nth word of `set` that is not in the list. */
static bool nth_missing(const char *set, const char *const *list, size_t count, size_t nth,
	char subject[])
{
	char word[ONBOARDING_SUBJECT_MAX + 1];
	struct slice each;

	for (size_t i = 0; words_nth(set, i, &each); i++) {
		say_word(word, each);
		if (!listed(list, count, word) && nth-- == 0)
			return say(subject, word);
	}
	return false;
}

static bool not_the_applicant(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(!c->may_apply, nth, subject);
}

static bool not_voluntary(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(!c->voluntary, nth, subject);
}

static bool without_host(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(!c->has_host, nth, subject);
}

/* In a combined case the designation is still to come when the application is made. */
static bool without_agreement(const struct onboarding_case *c, size_t nth, char subject[])
{
	bool still_to_come = c->event == APPLICATION_SUBMIT && c->dates.combined;

	return once(!c->agreement_in_force && !still_to_come, nth, subject);
}

static bool not_standing(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(!c->may_stand, nth, subject);
}

static bool without_licence(const struct onboarding_case *c, size_t nth, char subject[])
{
	int32_t today = date_day_of(c->at_ms);

	for (size_t i = 0; i < c->licence_count; i++) {
		const struct onboarding_licence *l = &c->licences[i];

		if (parameter_has_word(c->terms.licences, l->kind) && today >= l->from_day &&
			today <= l->until_day)
			return false;
	}
	return once(true, nth, subject);
}

static bool unknown_capability(const struct onboarding_case *c, size_t nth, char subject[])
{
	char word[ONBOARDING_SUBJECT_MAX + 1];
	struct slice each;

	for (size_t i = 0; words_nth(c->capabilities, i, &each); i++) {
		say_word(word, each);
		if (!parameter_has_word(online_capabilities, word) && nth-- == 0)
			return say(subject, word);
	}
	return false;
}

static bool window_closed(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(!onboarding_window_open(c->terms.months, c->at_ms), nth, subject);
}

static bool calendar_unknown(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(c->notice_due_ms == WORKDAY_NONE, nth, subject);
}

static bool document_missing(const struct onboarding_case *c, size_t nth, char subject[])
{
	return nth_missing(c->terms.documents, c->documents, c->document_count, nth, subject);
}

static bool noticed_before(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(c->dates.noticed_ms != 0, nth, subject);
}

static bool notice_late(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(c->at_ms > c->notice_due_ms, nth, subject);
}

static bool notice_empty(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(c->requested_count == 0, nth, subject);
}

static bool request_unanswered(const struct onboarding_case *c, size_t nth, char subject[])
{
	for (size_t i = 0; i < c->requested_count; i++)
		if (!listed(c->brought, c->brought_count, c->requested[i]) && nth-- == 0)
			return say(subject, c->requested[i]);
	return false;
}

/* What must be looked at in this step. */
static const char *required_items(const struct onboarding_case *c)
{
	if (c->event == APPLICATION_CHECK)
		return c->terms.documents;
	return c->event == APPLICATION_VERIFY ? c->terms.verification : c->terms.assessment;
}

static const struct onboarding_item *item_of(const struct onboarding_case *c, const char *name)
{
	for (size_t i = 0; i < c->item_count; i++)
		if (strcmp(c->items[i].name, name) == 0)
			return &c->items[i];
	return NULL;
}

/* The nth required item that `wrong` says so of. */
static bool nth_item(const struct onboarding_case *c, size_t nth, char subject[],
	bool (*wrong)(const struct onboarding_case *c, const struct onboarding_item *item))
{
	char word[ONBOARDING_SUBJECT_MAX + 1];
	struct slice each;

	for (size_t i = 0; words_nth(required_items(c), i, &each); i++) {
		say_word(word, each);
		if (wrong(c, item_of(c, word)) && nth-- == 0)
			return say(subject, word);
	}
	return false;
}

static bool is_missing(const struct onboarding_case *c, const struct onboarding_item *item)
{
	(void)c;
	return item == NULL;
}

static bool is_failed(const struct onboarding_case *c, const struct onboarding_item *item)
{
	(void)c;
	return item != NULL && !item->passed;
}

static bool is_unproved(const struct onboarding_case *c, const struct onboarding_item *item)
{
	return item != NULL && (!item->proved || item->at_ms <= 0 || item->at_ms > c->at_ms);
}

static bool item_missing(const struct onboarding_case *c, size_t nth, char subject[])
{
	return nth_item(c, nth, subject, is_missing);
}

static bool item_failed(const struct onboarding_case *c, size_t nth, char subject[])
{
	return nth_item(c, nth, subject, is_failed);
}

static bool item_unproved(const struct onboarding_case *c, size_t nth, char subject[])
{
	return nth_item(c, nth, subject, is_unproved);
}

static bool item_twice(const struct onboarding_case *c, size_t nth, char subject[])
{
	for (size_t i = 0; i < c->item_count; i++)
		if (item_of(c, c->items[i].name) != &c->items[i] && nth-- == 0)
			return say(subject, c->items[i].name);
	return false;
}

static bool not_conformed(const struct onboarding_case *c, size_t nth, char subject[])
{
	return nth_missing(c->terms.conformance, c->conformed, c->conformed_count, nth, subject);
}

/* Persons, not entries: a name twice counts once. */
static bool group_too_small(const struct onboarding_case *c, size_t nth, char subject[])
{
	size_t persons = 0;

	for (size_t i = 0; i < c->group_count; i++)
		persons += c->group[i][0] != '\0' && !listed(c->group, i, c->group[i]);
	return once(persons < ONBOARDING_GROUP_MIN, nth, subject);
}

static bool group_formless(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(!c->group_form, nth, subject);
}

static bool nothing_to_note(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(!c->dates.combined || c->dates.agreement_ms != 0, nth, subject);
}

/* Neither from the future nor from before there was anything to file or sign. */
static bool noted_wrongly(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(c->noted_ms < c->dates.submitted_ms || c->noted_ms > c->at_ms, nth, subject);
}

static bool reason_missing(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(c->reason[0] == '\0', nth, subject);
}

static bool suggestions_missing(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(c->suggestions[0] == '\0', nth, subject);
}

static bool number_missing(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(c->number[0] == '\0', nth, subject);
}

static bool no_such_block(const struct onboarding_case *c, size_t nth, char subject[])
{
	char block[ONBOARDING_SUBJECT_MAX + 1];

	for (size_t i = 0; onboarding_block(c, i, block); i++)
		if (strcmp(block, c->number) == 0)
			return false;
	return once(true, nth, subject);
}

static bool approves_own_assessment(const struct onboarding_case *c, size_t nth, char subject[])
{
	return once(strcmp(c->officer, c->assessor) == 0 ||
		listed(c->group, c->group_count, c->officer), nth, subject);
}

const struct onboarding_rule onboarding_rules[] = {
	{"applicant", "SX15-2.1", ON(SUBMIT), ANY_KIND, "institution_code",
		"only the host may apply for its internet hospital, and a pharmacy for itself",
		"互联网医院须由其依托的实体医疗机构申请，药店须自行申请", not_the_applicant},
	{"voluntary", "SX15-2.1", ON(SUBMIT), ANY_KIND, "voluntary",
		"the applicant must say that it applies of its own will", "须声明自愿申请", not_voluntary},
	{"host", "SX15-2.1", ON(SUBMIT), ONBOARDING_HOSPITAL, "institution_code",
		"an internet hospital must be linked to one host that is a hospital",
		"互联网医院须依托一家实体医疗机构", without_host},
	{"designation", "JIN15-1.1a, SX15-2.2", ON(SUBMIT) | ON(ACTIVATE), ONBOARDING_HOSPITAL,
		"institution_code", "the host has no designation agreement in force",
		"实体医疗机构没有有效的医保定点协议", without_agreement},
	{"agreement", "JIN15-2.1a", ON(SUBMIT) | ON(ACTIVATE), ONBOARDING_PHARMACY,
		"institution_code", "the pharmacy has no agreement in force",
		"零售药店不在医保协议期内", without_agreement},
	{"standing", "JIN15-3.6a", ON(ACTIVATE) | ON(PUBLISH), ANY_KIND, "institution_code",
		"the institution is suspended or closed", "机构已中止或关闭", not_standing},
	{"licence-hospital", "JIN15-1.1a, NT33-N1.1", ON(APPROVE) | ON(ACTIVATE),
		ONBOARDING_HOSPITAL, "institution_code",
		"no valid health licence for an internet hospital or internet diagnosis",
		"没有有效的互联网医院设置或互联网诊疗许可", without_licence},
	{"licence-pharmacy", "JIN15-2.3", ON(APPROVE) | ON(ACTIVATE), ONBOARDING_ONLINE,
		"institution_code", "neither the pharmacy nor its chain's head office has a valid licence",
		"药店或其连锁总部没有有效的互联网药品经营资质", without_licence},
	{"capabilities", "JIN15-2.0b", ON(SUBMIT), ANY_KIND, "capabilities",
		"no such service can be asked for", "不能申请该项服务", unknown_capability},
	{"window", "JIN15-3.8b", ON(SUBMIT), ANY_KIND, "",
		"the region takes no applications this month", "本月不在该地区申报期内", window_closed},
	{"calendar", "TJ2-7b", ON(SUBMIT), ANY_KIND, "",
		"the deadline cannot be computed: the holiday calendar does not know the year",
		"节假日日历缺少相应年份，无法计算期限", calendar_unknown},
	{"documents-hospital", "JIN15-3.1.1, TJ2-6", ON(SUBMIT) | ON(SUPPLEMENT),
		ONBOARDING_HOSPITAL, "documents", "a document is missing", "缺少申请材料",
		document_missing},
	{"documents-pharmacy", "JIN15-3.1.2", ON(SUBMIT) | ON(SUPPLEMENT), ONBOARDING_PHARMACY,
		"documents", "a document is missing", "缺少申请材料", document_missing},
	{"notice-once", "TJ2-7b", ON(NOTIFY), ANY_KIND, "",
		"the one supplement notice was given already", "补正材料只能一次性告知", noticed_before},
	{"notice-late", "TJ2-7b", ON(NOTIFY), ANY_KIND, "",
		"the working days for the supplement notice are over",
		"已超过一次性告知补正的工作日期限", notice_late},
	{"notice-names", "TJ2-7b", ON(NOTIFY), ANY_KIND, "requested",
		"the notice names nothing to supplement", "告知书未列明需补正的材料", notice_empty},
	{"supplement", "TJ2-7b", ON(SUPPLEMENT), ANY_KIND, "documents",
		"what the notice asked for is missing", "未提交告知书要求的材料", request_unanswered},
	{"item-checked", "JIN15-3.2", ON(CHECK), ANY_KIND, "items",
		"a document was not checked", "该项材料未核对", item_missing},
	{"item-verified", "JIN15-3.3, SX15-3.2a, TJ2-5.2, TJ2-5.7", ON(VERIFY), ANY_KIND, "items",
		"an item was not verified", "该项未核验", item_missing},
	{"item-assessed", "TJ2-8d", ON(ASSESS), ANY_KIND, "items",
		"an item of the assessment is missing", "该项未评估", item_missing},
	{"item-failed", "JIN15-3.4", ON(CHECK) | ON(VERIFY) | ON(ASSESS), ANY_KIND, "items",
		"an item has not passed", "该项未通过", item_failed},
	{"item-evidence", "SX15-3.2a, TJ2-8d", ON(CHECK) | ON(VERIFY) | ON(ASSESS), ANY_KIND, "items",
		"an item lacks the digest of its evidence or its date, or the date is to come",
		"该项缺少佐证摘要或日期，或日期晚于当前时间", item_unproved},
	{"item-twice", "TJ2-8d", ON(CHECK) | ON(VERIFY) | ON(ASSESS) | ON(FAIL), ANY_KIND, "items",
		"an item is there twice", "该项重复", item_twice},
	{"conformance", "JIN15-3.3, JIN15-1.1a", ON(VERIFY), ANY_KIND, "conformance",
		"the platform has not seen this method called correctly", "平台未记录到该方法的正确调用",
		not_conformed},
	{"group", "TJ2-8a", ON(FORM_GROUP) | ON(ASSESS), ANY_KIND, "group",
		"an assessment group has at least two members", "评估小组至少两人", group_too_small},
	{"group-form", "TJ2-8a", ON(FORM_GROUP) | ON(ASSESS), ANY_KIND, "group_form",
		"the group assesses by document or on site", "须说明书面或现场评估", group_formless},
	{"note", "TJ2-8b", ON(NOTE_AGREEMENT), ANY_KIND, "",
		"only a combined application waits for the agreement, and once",
		"仅一并申请需记录定点协议，且只记录一次", nothing_to_note},
	{"note-moment", "TJ2-8b", ON(NOTE_AGREEMENT), ANY_KIND, "noted_at_ms",
		"the moment is before the application or to come", "时间早于申请或晚于当前",
		noted_wrongly},
	{"override-reason", "JIN15-2.1b", ON(OVERRIDE), ANY_KIND, "reason",
		"a block is lifted with a reason only", "解除限制须说明理由", reason_missing},
	{"override-block", "JIN15-2.1b", ON(OVERRIDE), ANY_KIND, "number",
		"there is no such block", "没有该项限制", no_such_block},
	{"block", "JIN15-2.1b, JIN15-2.1c", ON(CHECK) | ON(ASSESS) | ON(APPROVE) | ON(ACTIVATE),
		ONBOARDING_ONLINE, "institution_code",
		"a penalty or suspension within the look-back blocks the application",
		"近1年内的行政处罚或协议中止限制该申请", onboarding_block},
	{"fail-reasons", "TJ2-9c", ON(FAIL), ANY_KIND, "reason",
		"a failed application is told its reasons", "不合格须书面告知理由", reason_missing},
	{"fail-suggestions", "TJ2-9c", ON(FAIL), ANY_KIND, "suggestions",
		"a failed application is told what to improve", "不合格须提出整改建议",
		suggestions_missing},
	{"self-approval", "JIN15-3.4", ON(APPROVE), ANY_KIND, "",
		"who assessed may not approve", "评估人员不得核准", approves_own_assessment},
	{"filing-number", "JIN15-3.5", ON(FILE), ANY_KIND, "number",
		"a filing has a number", "备案须有编号", number_missing},
	{"filing-moment", "JIN15-3.5", ON(FILE), ANY_KIND, "noted_at_ms",
		"the moment is before the application or to come", "时间早于申请或晚于当前",
		noted_wrongly},
};
const size_t onboarding_rules_count = ARRAY_LEN(onboarding_rules);

size_t onboarding_judge(const struct onboarding_case *c, struct onboarding_finding *ret,
	size_t cap)
{
	struct onboarding_finding found;
	size_t count = 0;

	for (size_t i = 0; i < onboarding_rules_count; i++) {
		const struct onboarding_rule *rule = &onboarding_rules[i];

		if (!(rule->events & (1u << c->event)) || !(rule->kinds & c->kind))
			continue;
		found.rule = rule;
		for (size_t nth = 0; rule->broken(c, nth, found.subject); nth++) {
			if (count < cap)
				ret[count] = found;
			count++;
		}
	}
	return count;
}

/* Days between the application and what happened before it; what came later is nearer still. */
static bool within_lookback(const struct onboarding_case *c, int32_t day)
{
	return day >= date_day_of(c->dates.submitted_ms) - (int32_t)c->terms.lookback_days;
}

bool onboarding_block(const struct onboarding_case *c, size_t nth, char subject[])
{
	char block[ONBOARDING_SUBJECT_MAX + 1];

	for (size_t i = 0; i < c->penalty_count; i++) {
		snprintf(block, sizeof(block), "penalty:%s", c->penalties[i].id);
		if (within_lookback(c, c->penalties[i].day) &&
			!listed(c->overridden, c->overridden_count, block) && nth-- == 0)
			return say(subject, block);
	}
	if (c->suspended_ms == 0 || !within_lookback(c, date_day_of(c->suspended_ms)) ||
		listed(c->overridden, c->overridden_count, "suspension"))
		return false;
	return nth == 0 && say(subject, "suspension");
}

bool onboarding_capability(unsigned kind, const char *asked, size_t nth, char subject[])
{
	struct slice word;

	if (!(kind & ONBOARDING_PHARMACY))
		return false;
	if (nth == 0)
		return say(subject, given_capability);
	return words_nth(asked, nth - 1, &word) && say_word(subject, word);
}
