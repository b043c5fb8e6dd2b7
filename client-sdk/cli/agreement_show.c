#include "client-sdk/cli/agreement_show.h"

#include <stdio.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/say.h"

enum { STATES = 8, EVENTS = 10, DIGEST_TEXT_LEN = 64 };

const char *agreement_state_word(Rxcirc__V1__AgreementState state, bool chinese)
{
	static const char *const words[STATES][2] = {{"?", "？"}, {"draft", "草拟"},
		{"signed-by-one", "一方已签"}, {"in-force", "生效"}, {"suspended", "中止"},
		{"terminated", "解除"}, {"expired", "到期"}, {"concluded", "已签订待生效"}};
	unsigned i = (unsigned)state < STATES ? (unsigned)state : 0;

	return words[i][chinese];
}

static const char *event_word(Rxcirc__V1__AgreementEvent event, bool chinese)
{
	static const char *const words[EVENTS][2] = {{"?", "？"}, {"draft", "草拟"},
		{"sign-institution", "机构签署"}, {"sign-agency", "经办机构签署"}, {"suspend", "中止"},
		{"resume", "恢复"}, {"terminate", "解除"}, {"change-term", "变更期限"},
		{"renew", "续签"}, {"entered", "历史协议登记"}};
	unsigned i = (unsigned)event < EVENTS ? (unsigned)event : 0;

	return words[i][chinese];
}

static void time_text(int64_t at_ms, char text[CHINA_TIME_LEN + 1])
{
	if (at_ms == 0)
		(void)snprintf(text, CHINA_TIME_LEN + 1, "-");
	else
		china_time_format(at_ms, text);
}

static void digest_text(ProtobufCBinaryData digest, char text[DIGEST_TEXT_LEN + 1])
{
	text[0] = '\0';
	if (digest.len == DIGEST_TEXT_LEN / 2)
		hex_format(digest.data, digest.len, text);
}

static void show_clauses(const Rxcirc__V1__Agreement *a)
{
	Rxcirc__V1__AgreementText *text =
		rxcirc__v1__agreement_text__unpack(NULL, a->text.len, a->text.data);
	char digest[DIGEST_TEXT_LEN + 1];

	if (!text)
		return;
	for (size_t i = 0; i < text->n_clauses; i++)
		printf("  [%s] %s\n", text->clauses[i]->name, text->clauses[i]->text);
	digest_text(a->text_sha256, digest);
	printf("  %s %s\n", say_pick("digest of the text", "文本摘要"), digest);
	rxcirc__v1__agreement_text__free_unpacked(text, NULL);
}

static void show_step(const Rxcirc__V1__AgreementStep *s)
{
	char at[CHINA_TIME_LEN + 1];
	char effective[CHINA_TIME_LEN + 1];

	time_text(s->at_ms, at);
	time_text(s->effective_ms, effective);
	printf("  %s  %s  %s %s%s%s", at, event_word(s->event, say_is_chinese()), s->actor_code,
		s->actor_name, say_pick(", from ", "，自 "), effective);
	if (s->cause == RXCIRC__V1__AGREEMENT_CAUSE__AGREEMENT_CAUSE_HOST)
		printf("%s", say_pick(", following its host", "，随实体医疗机构"));
	if (s->reason[0])
		printf("  (%s%s%s)", s->reason, s->legal_basis[0] ? " / " : "", s->legal_basis);
	putchar('\n');
}

void agreement_show(const Rxcirc__V1__Agreement *a)
{
	char from[CHINA_TIME_LEN + 1];
	char until[CHINA_TIME_LEN + 1];
	char due[CHINA_TIME_LEN + 1];

	time_text(a->starts_ms, from);
	time_text(a->ends_ms, until);
	time_text(a->sign_due_ms, due);
	printf("%s  %s  %s  %s  %.10s..%.10s", a->id[0] ? a->id : a->application_id,
		a->institution_code, a->kind == RXCIRC__V1__AGREEMENT_KIND__AGREEMENT_KIND_SUPPLEMENTARY ?
			say_pick("supplementary", "补充协议") : say_pick("designation", "定点协议"),
		agreement_state_word(a->state, say_is_chinese()), from, until);
	if (a->suspended_by_host)
		printf("%s", say_pick("  suspended with its host", "  随实体医疗机构中止"));
	if (a->legacy)
		printf("%s", say_pick("  entered", "  历史协议"));
	if (a->overdue)
		printf("  %s %s", say_pick("OVERDUE since", "逾期未签，期限"), due);
	putchar('\n');
	if (a->text.len > 0)
		show_clauses(a);
	for (size_t i = 0; i < a->n_steps; i++)
		show_step(a->steps[i]);
}

static json_t *step_json(const Rxcirc__V1__AgreementStep *s)
{
	char digest[DIGEST_TEXT_LEN + 1];

	digest_text(s->text_sha256, digest);
	return json_pack("{s:I, s:s, s:b, s:I, s:s, s:s, s:s, s:s, s:s}", "at_ms",
		(json_int_t)s->at_ms, "event", event_word(s->event, false), "by_host",
		(int)(s->cause == RXCIRC__V1__AGREEMENT_CAUSE__AGREEMENT_CAUSE_HOST), "effective_ms",
		(json_int_t)s->effective_ms, "actor", s->actor_code, "name", s->actor_name,
		"text_sha256", digest, "reason", s->reason, "legal_basis", s->legal_basis);
}

static json_t *clauses_json(const Rxcirc__V1__Agreement *a)
{
	Rxcirc__V1__AgreementText *text =
		rxcirc__v1__agreement_text__unpack(NULL, a->text.len, a->text.data);
	json_t *clauses = json_object();

	for (size_t i = 0; text && i < text->n_clauses; i++)
		json_object_set_new(clauses, text->clauses[i]->name,
			json_string(text->clauses[i]->text));
	if (text)
		rxcirc__v1__agreement_text__free_unpacked(text, NULL);
	return clauses;
}

json_t *agreement_json(const Rxcirc__V1__Agreement *a)
{
	json_t *steps = json_array();
	char digest[DIGEST_TEXT_LEN + 1];

	for (size_t i = 0; i < a->n_steps; i++)
		json_array_append_new(steps, step_json(a->steps[i]));
	digest_text(a->text_sha256, digest);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:b, s:s,"
		" s:s, s:b, s:s, s:o, s:o}", "id", a->id, "kind",
		a->kind == RXCIRC__V1__AGREEMENT_KIND__AGREEMENT_KIND_SUPPLEMENTARY ? "supplementary" :
			"designation", "institution", a->institution_code, "host_agreement",
		a->host_agreement_id, "region", a->region, "state", agreement_state_word(a->state, false),
		"suspended_by_own", (int)a->suspended_by_own, "suspended_by_host",
		(int)a->suspended_by_host, "from_ms", (json_int_t)a->starts_ms, "until_ms",
		(json_int_t)a->ends_ms, "suspended_from_ms", (json_int_t)a->suspended_from_ms,
		"ended_from_ms", (json_int_t)a->ended_from_ms, "sign_due_ms", (json_int_t)a->sign_due_ms,
		"overdue", (int)a->overdue, "template", a->template_version, "application",
		a->application_id, "legacy", (int)a->legacy, "text_sha256", digest, "clauses",
		clauses_json(a), "steps", steps);
}

void agreement_task_show(const Rxcirc__V1__AgreementTask *t)
{
	char opened[CHINA_TIME_LEN + 1];

	time_text(t->opened_ms, opened);
	printf("%s  %s  %s  %s %s\n", t->id, t->agreement_id, opened, t->cause_agreement_id,
		event_word(t->cause_event, say_is_chinese()));
}

json_t *agreement_task_json(const Rxcirc__V1__AgreementTask *t)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I}", "task", t->id, "agreement", t->agreement_id,
		"cause_agreement", t->cause_agreement_id, "event", event_word(t->cause_event, false),
		"opened_ms", (json_int_t)t->opened_ms);
}
