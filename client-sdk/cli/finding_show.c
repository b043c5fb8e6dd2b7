#include "client-sdk/cli/finding_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/say.h"

enum { SHOWN_PER_KIND = 20, TEXT_ZH_MAX = 400 };

static const struct {
	const char *kind, *zh;
} words[] = {
	{"checkpoint-signed", "检查点由日志签名，并经足够的见证人共签"},
	{"checkpoint-consistent", "日志在所留存的检查点之后只增未改"},
	{"run-proved", "区间内全部事件与日志一致"},
	{"events-proved", "每条事件都在日志中其应在的位置"},
	{"chains-whole", "各处方的变更前后相接"},
	{"documents-verified", "文书与流水所载一致，签名均有效，彼此相符"},
	{"event-withheld", "部分事件不在导出人辖区，仅以散列值列出"},
	{"chain-begins-later", "部分处方的起始变更不在本次导出中"},
	{"chain-gap", "此前的变更不在本次导出中"},
	{"chain-gaps", "若干处之间的变更不在本次导出中"},
	{"document-destroyed", "内容已销毁；其存在与时间的证明仍然有效"},
	{"document-unproven", "其事件不在本次导出中，无法据此证明"},
	{"export-malformed", "文件内容不成格式"},
	{"export-cut", "文件不完整，缺少末页"},
	{"checkpoint-unsigned", "检查点不可信：签名或见证人不满足策略，或未给出策略"},
	{"checkpoint-inconsistent", "日志与所留存的检查点不一致：其中内容被改动过"},
	{"checkpoint-newer", "所留存的检查点比导出的更新：导出较旧，或日志被回退"},
	{"checkpoint-foreign", "所留存的文件不是该日志签名的检查点"},
	{"consistency-missing", "导出中没有自该检查点起的一致性证明"},
	{"run-unproved", "区间与检查点不符：其中至少一条事件不是日志中的"},
	{"event-unproved", "该事件的证明与检查点不符"},
	{"leaf-malformed", "该事件的内容不成格式"},
	{"chain-broken", "该变更与其前一变更不相接"},
	{"chain-repeated", "同一序号或更后的变更已在其前出现"},
	{"document-altered", "保存的文书不是流水所载的那一份"},
	{"document-unopened", "文书无法用所附密钥打开"},
	{"document-malformed", "密封的内容不是应有的文书"},
	{"document-unverified", "文书验证不通过"},
	{"documents-unchecked", "未给出登记机关公钥，文书签名无从核对"},
	{"documents-too-many", "文书过多，不能一次验证，请分次导出"},
	{"statement-refused", "密钥声明不可信"},
};

static const char *word_zh(const char *kind)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].kind, kind) == 0)
			return words[i].zh;
	return kind;
}

static void rx_code_of(const rxc_finding *f, char code[RXC_RX_CODE_LEN + 1])
{
	code[0] = '\0';
	if (rxc_finding_rx_id(f))
		rxc_rx_code_format(rxc_finding_rx_id(f), code);
}

/* The kind's words, where, and how many. */
static void text_zh(const rxc_finding *f, char text[TEXT_ZH_MAX])
{
	size_t used = (size_t)snprintf(text, TEXT_ZH_MAX, "%s", word_zh(rxc_finding_kind(f)));
	uint64_t index;

	if (rxc_finding_index(f, &index))
		used += (size_t)snprintf(text + used, TEXT_ZH_MAX - used,
			strncmp(rxc_finding_kind(f), "checkpoint-", 11) == 0 ? "，共 %" PRIu64 " 条事件" :
			"，事件 %" PRIu64, index);
	if (rxc_finding_seq(f) > 0)
		used += (size_t)snprintf(text + used, TEXT_ZH_MAX - used, "，第 %" PRIu64 " 次变更",
			rxc_finding_seq(f));
	if (rxc_finding_count(f) > 0)
		(void)snprintf(text + used, TEXT_ZH_MAX - used, "，数量 %" PRIu64, rxc_finding_count(f));
}

static const char *verdict_word(int verdict)
{
	return verdict == RXC_FINDING_HOLDS ? "holds" :
		verdict == RXC_FINDING_TOLD ? "told" : "failed";
}

static void show_people(const rxc_finding *f)
{
	static const char *const marks[][2] = {{"ok  ", "通过"}, {"note", "说明"}, {"FAIL", "不符"}};
	char code[RXC_RX_CODE_LEN + 1], zh[TEXT_ZH_MAX];
	const char *mark = marks[rxc_finding_verdict(f)][say_is_chinese()];
	const char *reason = rxc_finding_reason(f);

	rx_code_of(f, code);
	text_zh(f, zh);
	printf("%s  %s%s%s%s%s%s\n", mark, say_pick(rxc_finding_message(f), zh), code[0] ? "  " : "",
		code, reason[0] ? " [" : "", reason, reason[0] ? "]" : "");
}

static void show_json(const rxc_finding *f)
{
	char code[RXC_RX_CODE_LEN + 1], zh[TEXT_ZH_MAX];
	json_t *object;
	uint64_t index;

	rx_code_of(f, code);
	text_zh(f, zh);
	object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "finding",
		rxc_finding_kind(f), "verdict", verdict_word(rxc_finding_verdict(f)), "message",
		rxc_finding_message(f), "message_zh", zh, "rx", code, "seq",
		(json_int_t)rxc_finding_seq(f), "count", (json_int_t)rxc_finding_count(f), "reason",
		rxc_finding_reason(f));
	if (object && rxc_finding_index(f, &index))
		(void)json_object_set_new(object, "index", json_integer((json_int_t)index));
	(void)answer(object); /* one line less when memory is short */
}

/* How often this kind was there before; a kind beyond the table is always shown. */
static uint64_t tally_take(struct finding_tally *t, const char *kind)
{
	unsigned i;

	for (i = 0; i < t->count; i++)
		if (strcmp(t->kinds[i].kind, kind) == 0)
			return t->kinds[i].count++;
	if (i < FINDING_KINDS_MAX) {
		(void)snprintf(t->kinds[i].kind, sizeof(t->kinds[i].kind), "%s", kind);
		t->kinds[i].count = 1;
		t->count++;
	}
	return 0;
}

void finding_show(const rxc_finding *finding, void *user)
{
	struct finding_tally *tally = user;
	uint64_t before = tally_take(tally, rxc_finding_kind(finding));

	tally->failed += rxc_finding_verdict(finding) == RXC_FINDING_FAILED;
	if (say_is_json())
		show_json(finding);
	else if (before < SHOWN_PER_KIND)
		show_people(finding);
}

void finding_show_rest(const struct finding_tally *tally)
{
	for (unsigned i = 0; i < tally->count; i++)
		if (tally->kinds[i].count > SHOWN_PER_KIND)
			say("and %" PRIu64 " more like \"%s\"\n", "另有 %" PRIu64 " 条同类（%s）\n",
				tally->kinds[i].count - SHOWN_PER_KIND, tally->kinds[i].kind);
}
