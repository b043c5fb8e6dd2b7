#include "client-sdk/cli/audit_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/say.h"

/* By kind: what it means. */
static const struct {
	const char *kind, *en, *zh;
} words[] = {
	{"event-forged", "an event of the log was not written by the platform", "日志中的事件不是平台写入的"},
	{"event-altered", "an event in the tables is not the one the log has", "表中的事件与日志不同"},
	{"event-unplaced", "an event of the tables never came into the log", "表中的事件未写入日志"},
	{"event-missing", "an event of the log is not in the tables", "日志中的事件不在表中"},
	{"state-altered", "a prescription's row is not what follows from the log",
		"处方状态与日志推得的不同"},
	{"state-missing", "a prescription of the log has no row", "日志中的处方在表中没有记录"},
	{"state-unknown", "a row of a prescription that the log does not know", "表中的处方在日志中不存在"},
	{"document-altered", "a stored document is not the one the log names", "保存的文书与日志所载不同"},
	{"document-missing", "a document that the log names is not there", "日志所载的文书不存在"},
	{"key-missing", "a data key is gone without an event", "数据密钥不见了，日志中没有销毁事件"},
	{"key-not-destroyed", "a data key is there although the log says it was destroyed",
		"日志载明已销毁的数据密钥仍然存在"},
	{"registry-altered", "a record of the registry is not the one the log has",
		"登记事项与日志所载不同"},
	{"registry-missing", "a record of the log is not in the registry", "日志所载的登记事项不存在"},
	{"unlogged", "something stands in the tables that no event put there",
		"表中的内容没有相应的日志事件"},
	{"chain-broken", "a prescription's changes do not follow one another", "处方的变更前后不相接"},
	{"leaf-altered", "a leaf of the log is not the one that was signed", "日志的叶与所签名的不同"},
	{"tile-altered", "a file of the log is not what follows from the leaves and the root",
		"日志文件与叶及根不符"},
	{"log-forked", "THE LOG SHOWS TWO HISTORIES", "日志出现两段不同的历史（分叉）"},
	{"log-rolled-back", "THE LOG WENT BACK", "日志被回退"},
	{"tables-rolled-back", "the tables have fewer places than the published log",
		"表中的位置少于已发布的日志"},
	{"checkpoint-unsigned", "the checkpoint is not vouched for", "检查点未获足够签名"},
};

static const char *word_of(const char *kind, bool chinese)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].kind, kind) == 0)
			return chinese ? words[i].zh : words[i].en;
	return kind;
}

static void show_people(const struct discrepancy *d, const char *code)
{
	printf("%s  %s: %s", say_pick("DIFFERS", "不符"), d->kind,
		word_of(d->kind, say_is_chinese()));
	if (d->has_index)
		printf(say_is_chinese() ? "；事件 %" PRIu64 : "; event %" PRIu64, d->index);
	if (code[0])
		printf("%s%s", say_pick("; ", "；"), code);
	if (d->seq > 0)
		printf(" #%" PRIu64, d->seq);
	if (d->subject[0])
		printf("%s%s", say_pick("; ", "；"), d->subject);
	printf("%s%s%s%s\n", say_pick("; expected ", "；应为 "), d->expected,
		say_pick("; found ", "；实为 "), d->found);
}

static void show_json(const struct discrepancy *d, const char *code)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "discrepancy", d->kind,
		"message", word_of(d->kind, false), "message_zh", word_of(d->kind, true), "rx", code,
		"seq", (json_int_t)d->seq, "subject", d->subject, "expected", d->expected, "found",
		d->found);

	if (object && d->has_index)
		(void)json_object_set_new(object, "index", json_integer((json_int_t)d->index));
	(void)answer(object); /* one line less when memory is short */
}

void audit_show(const struct discrepancy *d, void *user)
{
	char code[RXC_RX_CODE_LEN + 1] = "";

	(void)user;
	if (d->rx_id)
		rxc_rx_code_format(d->rx_id, code);
	if (say_is_json())
		show_json(d, code);
	else
		show_people(d, code);
}
