/* agency show: one prescription's whole story -- documents, money, goods, who did what -- and what
 * of it is missing.
 */
#include <stdio.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/show.h"
#include "client-sdk/cli/word.h"

typedef Rxcirc__V1__ShowPrescriptionResponse story;

static const struct word fees[] = {{"?", "?"}, {"consultation", "诊察费"},
	{"hospital drugs", "医院药品"}, {"retail drugs", "零售药店药品"},
	{"third party's drugs", "第三方药品"}};
static const struct word receipts[] = {{"?", "?"}, {"e-bill", "电子票据"},
	{"e-invoice", "电子发票"}, {"paper, mailed", "邮寄纸质票据"}};
static const struct word steps[] = {{"?", "?"}, {"paid", "审核支付"}, {"refused", "拒付"},
	{"appealed", "申诉"}, {"upheld", "维持拒付"}, {"withdrawn", "撤销拒付"}};
static const struct word legs[] = {{"?", "?"}, {"ordered", "下单"}, {"collected", "揽收"},
	{"under way", "配送中"}, {"signed", "签收"}, {"failed", "配送失败"}, {"returned", "退回药店"},
	{"cancelled", "取消"}};
static const struct word gaps[] = {{"?", "?"}, {"no encounter is named", "缺就诊标识"},
	{"no real-name authentication", "缺实名认证流水"}, {"trace codes are missing", "追溯码不全"},
	{"handed over and not settled", "已调配未结算"},
	{"all came back, its settlement stands", "已全部退回但结算未冲正"},
	{"settled, no receipt", "已结算无票据"}, {"bought online, not ordered to deliver", "线上购药无配送单"},
	{"ordered, not signed for", "配送未签收"}};

static void money(int64_t fen, char text[DECIMAL_TEXT_MAX])
{
	decimal_format(fen, 2, 2, text);
}

static json_t *events_show(const story *s)
{
	json_t *list = json_array();

	say("what happened:\n", "经过：\n");
	for (size_t i = 0; i < s->n_events; i++) {
		Rxcirc__V1__EventLeaf *leaf = rxcirc__v1__event_leaf__unpack(NULL,
			s->events[i]->leaf.len, s->events[i]->leaf.data);
		char at[CHINA_TIME_LEN + 1];

		if (!leaf)
			continue;
		china_time_format(leaf->at_ms, at);
		say("  %s  %s  %s %s  %s\n", "  %s  %s  %s %s  %s\n", at,
			show_event_kind(leaf->kind, say_is_chinese()), leaf->institution_code,
			leaf->practitioner_code, leaf->reason);
		json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:s, s:I}", "at_ms",
			(json_int_t)leaf->at_ms, "kind", show_event_kind(leaf->kind, false), "institution",
			leaf->institution_code, "practitioner", leaf->practitioner_code, "reason",
			leaf->reason, "seq", (json_int_t)leaf->rx_seq));
		rxcirc__v1__event_leaf__free_unpacked(leaf, NULL);
	}
	if (s->more_events)
		say("  and more: rxcirc agency trail --rx\n", "  更多见 rxcirc agency trail --rx\n");
	return list;
}

static json_t *steps_show(const Rxcirc__V1__StoryPayment *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n_steps; i++) {
		const Rxcirc__V1__StoryStep *s = p->steps[i];
		char at[CHINA_TIME_LEN + 1], amount[DECIMAL_TEXT_MAX];

		china_time_format(s->at_ms, at);
		money(s->amount_fen, amount);
		say("      %s  line %u %s %s %s by %s: %s\n", "      %s  第 %u 行 %s %s %s，%s：%s\n", at,
			s->line_no, WORD_PICK(steps, s->step, say_is_chinese()), s->rule, amount,
			s->actor_code, s->note);
		json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I}", "line",
			(json_int_t)s->line_no, "step", WORD_PICK(steps, s->step, false), "rule",
			s->rule, "amount", amount, "actor", s->actor_code, "note", s->note, "at_ms",
			(json_int_t)s->at_ms));
	}
	return list;
}

static json_t *receipts_show(const Rxcirc__V1__StoryPayment *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n_receipts; i++) {
		const Rxcirc__V1__StoryReceipt *r = p->receipts[i];

		say("      receipt: %s %s\n", "      票据：%s %s\n",
			WORD_PICK(receipts, r->kind, say_is_chinese()), r->number);
		json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "kind",
			WORD_PICK(receipts, r->kind, false), "number", r->number, "issued_at_ms",
			(json_int_t)r->issued_at_ms));
	}
	return list;
}

static json_t *payment_show(const Rxcirc__V1__StoryPayment *p)
{
	char at[CHINA_TIME_LEN + 1], total[DECIMAL_TEXT_MAX], fund[DECIMAL_TEXT_MAX];
	char account[DECIMAL_TEXT_MAX], cash[DECIMAL_TEXT_MAX], delivery[DECIMAL_TEXT_MAX];

	china_time_format(p->settled_at_ms, at);
	money(p->total_fen, total);
	money(p->pooled_fund_fen, fund);
	money(p->personal_account_fen, account);
	money(p->cash_fen, cash);
	money(p->delivery_fee_fen, delivery);
	say("  %s  hand-over %u, %s: %s = fund %s + account %s + cash %s; delivery %s; paid to %s%s\n",
		"  %s  第 %u 次调配 %s：%s = 统筹 %s + 个账 %s + 现金 %s；配送费 %s；付给 %s%s\n", at,
		p->fill_no, WORD_PICK(fees, p->fee_kind, say_is_chinese()), total, fund, account, cash,
		delivery, p->payee_code, p->reversal ? say_pick(" -- REVERSED", "——已冲正") : "");
	return json_pack(
		"{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:I}",
		"fill", (json_int_t)p->fill_no, "settlement", (json_int_t)p->settlement_no, "fee",
		WORD_PICK(fees, p->fee_kind, false), "settlement_id", p->settlement_id, "reporter",
		p->reporter_code, "payee", p->payee_code, "total", total, "pooled_fund", fund,
		"personal_account", account, "cash", cash, "delivery_fee", delivery, "channel", p->channel,
		"internet", (int)p->internet, "cross_region", (int)p->cross_region, "reversed",
		p->reversal != NULL, "settled_at_ms", (json_int_t)p->settled_at_ms);
}

static json_t *payments_show(const story *s)
{
	json_t *list = json_array();

	say("money:\n", "资金：\n");
	for (size_t i = 0; i < s->n_payments; i++) {
		json_t *object = payment_show(s->payments[i]);

		json_object_set_new(object, "receipts", receipts_show(s->payments[i]));
		json_object_set_new(object, "steps", steps_show(s->payments[i]));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *deliveries_show(const story *s)
{
	json_t *list = json_array();

	say("goods:\n", "物流：\n");
	for (size_t i = 0; i < s->n_deliveries; i++) {
		const Rxcirc__V1__StoryDelivery *d = s->deliveries[i];
		json_t *way = json_array();

		say("  hand-over %u: %s by %s to %s\n", "  第 %u 次调配：%s，%s，送往 %s\n", d->fill_no,
			d->delivery_no, d->carrier_name, d->region);
		for (size_t k = 0; k < d->n_legs; k++) {
			char at[CHINA_TIME_LEN + 1];

			china_time_format(d->legs[k]->at_ms, at);
			say("      %s  %s\n", "      %s  %s\n", at,
				WORD_PICK(legs, d->legs[k]->event, say_is_chinese()));
			json_array_append_new(way, json_pack("{s:s, s:I}", "event",
				WORD_PICK(legs, d->legs[k]->event, false), "at_ms",
				(json_int_t)d->legs[k]->at_ms));
		}
		json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:o}", "fill",
			(json_int_t)d->fill_no, "delivery_no", d->delivery_no, "carrier", d->carrier_name,
			"region", d->region, "legs", way));
	}
	return list;
}

static json_t *ratings_show(const story *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n_ratings; i++) {
		say("rated: hand-over %u with %u of 5\n", "评价：第 %u 次调配 %u 分（满分 5）\n",
			s->ratings[i]->fill_no, s->ratings[i]->score);
		json_array_append_new(list, json_pack("{s:I, s:I}", "fill",
			(json_int_t)s->ratings[i]->fill_no, "score", (json_int_t)s->ratings[i]->score));
	}
	return list;
}

static json_t *missing_show(const story *s)
{
	json_t *list = json_array();

	if (s->n_missing == 0)
		say("information, money and goods are whole\n", "信息流、资金流、物流齐全\n");
	for (size_t i = 0; i < s->n_missing; i++) {
		const Rxcirc__V1__StoryGap *g = s->missing[i];

		say("MISSING: hand-over %u: %s\n", "缺失：第 %u 次调配：%s\n", g->fill_no,
			WORD_PICK(gaps, g->kind, say_is_chinese()));
		json_array_append_new(list, json_pack("{s:I, s:s}", "fill", (json_int_t)g->fill_no, "gap",
			WORD_PICK(gaps, g->kind, false)));
	}
	return list;
}

static int story_tell(const story *s)
{
	json_t *bundle = show_bundle_json(s->prescription);
	json_t *events, *payments, *deliveries, *ratings, *missing;

	if (!say_is_json())
		show_bundle(s->prescription);
	if (s->documents_left_out)
		say("the documents do not fit beside the rest\n", "文书过多，未随本次应答列出\n");
	events = events_show(s);
	payments = payments_show(s);
	deliveries = deliveries_show(s);
	ratings = ratings_show(s);
	missing = missing_show(s);
	return answer(json_pack("{s:b, s:i, s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "ok", 1, "exit",
		EXIT_OK, "prescription", bundle, "events", events, "more_events", (int)s->more_events,
		"payments", payments, "deliveries", deliveries, "ratings", ratings, "missing", missing));
}

int agency_show_run(int argc, char **argv)
{
	Rxcirc__V1__ShowPrescriptionRequest request = RXCIRC__V1__SHOW_PRESCRIPTION_REQUEST__INIT;
	const char *as = NULL, *purpose = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"purpose", ARG_TEXT, &purpose}};
	uint8_t rx_id[RXC_RX_ID_LEN];
	struct institution office;
	struct args args;
	story *reply;
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
	if (rxc_agency_show(office.client, &request, NULL, &reply, &error) < 0) {
		r = report_call(error, false);
	} else {
		r = story_tell(reply);
		rxcirc__v1__show_prescription_response__free_unpacked(reply, NULL);
	}
	institution_close(&office);
	return r;
}
