/* settlements: what does not go together; with --review, what the automatic review finds. */
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/findings.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/settlement.h"

enum { MARK_MAX = 64, YUAN_MAX = 32, WORD_MAX = 32 };

struct list_args {
	const char *as, *from, *until, *institution, *region, *gap;
	bool review, all;
	struct args rest;
	int64_t from_ms, until_ms;
	uint8_t mark[MARK_MAX];
};

/* The mark of the next page is kept beyond the answer it came in; false at the end. */
static bool keep_mark(struct list_args *args, ProtobufCBinaryData next, ProtobufCBinaryData *after)
{
	if (next.len == 0 || next.len > sizeof(args->mark))
		return false;
	memcpy(args->mark, next.data, next.len);
	*after = pbdata(args->mark, next.len);
	return true;
}

static const char *gap_chinese(int gap)
{
	static const char *const words[] = {"", "调配未结算", "结算无调配", "退药未冲正", "缺少票据"};

	return gap > 0 && gap < 5 ? words[gap] : "";
}

static void gap_tell(const Rxcirc__V1__GapRow *row, json_t *rows)
{
	char word[WORD_MAX], fill[YUAN_MAX], settled[YUAN_MAX], code[RXC_RX_CODE_LEN + 1] = "";

	if (row->rx_id.len == RXC_RX_ID_LEN)
		rxc_rx_code_format(row->rx_id.data, code);
	settlement_word_of(SETTLEMENT_GAPS, (int)row->gap, word, sizeof(word));
	settlement_yuan(row->fill_fen, fill, sizeof(fill));
	settlement_yuan(row->settled_fen, settled, sizeof(settled));
	json_array_append_new(rows, json_pack("{s:s, s:s, s:I, s:s, s:s, s:I, s:I}", "gap", word, "rx",
		code, "fill_no", (json_int_t)row->fill_no, "institution", row->institution_code,
		"settlement", row->settlement_id, "fill_fen", (json_int_t)row->fill_fen, "settled_fen",
		(json_int_t)row->settled_fen));
	say("%s  %s fill %u  %s %s  handed over %s, settled %s\n",
		"%s  %s 第 %u 次调配  %s %s  调配净额 %s，结算 %s\n",
		say_is_chinese() ? gap_chinese((int)row->gap) : word, code, row->fill_no,
		row->institution_code, row->settlement_id, fill, settled);
}

static json_t *counts_json(const Rxcirc__V1__ReconcileSettlementsResponse *reply, size_t *ret_sum)
{
	json_t *counts = json_object();
	char word[WORD_MAX];

	*ret_sum = 0;
	for (size_t i = 0; i < reply->n_counts; i++) {
		settlement_word_of(SETTLEMENT_GAPS, (int)reply->counts[i]->gap, word, sizeof(word));
		json_object_set_new(counts, word, json_integer(reply->counts[i]->count));
		say("%s: %u\n", "%s：%u\n",
			say_is_chinese() ? gap_chinese((int)reply->counts[i]->gap) : word,
			reply->counts[i]->count);
		*ret_sum += reply->counts[i]->count;
	}
	return counts;
}

static int reconcile(struct list_args *args, const struct institution *who)
{
	Rxcirc__V1__ReconcileSettlementsRequest request =
		RXCIRC__V1__RECONCILE_SETTLEMENTS_REQUEST__INIT;
	Rxcirc__V1__ReconcileSettlementsResponse *reply;
	json_t *rows = json_array(), *counts = NULL;
	rxc_error *error = NULL;
	size_t sum = 0;
	int gap, r = settlement_word(args->gap, "gap", SETTLEMENT_GAPS, &gap);

	request.from_ms = args->from_ms;
	request.until_ms = args->until_ms;
	request.gap = (Rxcirc__V1__SettlementGap)gap;
	request.institution_code = pbtext(args->institution ? args->institution : "");
	request.region = pbtext(args->region ? args->region : "");
	for (bool more = true; more && r == 0;) {
		if (rxc_settlement_gaps(who->client, &request, NULL, &reply, &error) < 0) {
			r = report_call(error, false);
			break;
		}
		for (size_t i = 0; i < reply->n_rows; i++)
			gap_tell(reply->rows[i], rows);
		more = keep_mark(args, reply->next, &request.after);
		if (!more)
			counts = counts_json(reply, &sum);
		rxcirc__v1__reconcile_settlements_response__free_unpacked(reply, NULL);
	}
	if (r != 0) {
		json_decref(rows);
		return r;
	}
	r = sum > 0 ? EXIT_REFUSED : EXIT_OK;
	(void)answer(json_pack("{s:b, s:i, s:o, s:o}", "ok", sum == 0, "exit", r, "rows", rows,
		"counts", counts));
	return r;
}

/* ---- the automatic review ---- */

static void review_tell(const Rxcirc__V1__SettlementReview *s, json_t *rows)
{
	struct findings findings = {.items = NULL};
	char kind[WORD_MAX], total[YUAN_MAX], code[RXC_RX_CODE_LEN + 1] = "";

	if (s->rx_id.len == RXC_RX_ID_LEN)
		rxc_rx_code_format(s->rx_id.data, code);
	settlement_word_of(SETTLEMENT_KINDS, (int)s->fee_kind, kind, sizeof(kind));
	settlement_yuan(s->total_fen, total, sizeof(total));
	findings_add_all(&findings, s->findings, s->n_findings);
	say("%s fill %u  %s  %s  payee %s  %s yuan%s%s\n",
		"%s 第 %u 次调配  %s  %s  结算对象 %s  %s 元%s%s\n", code, s->fill_no, s->settlement_id,
		kind, s->payee_code, total, s->sampled ? say_pick("  SAMPLED", "  抽样") : "",
		s->paid ? say_pick("  paid", "  已审核支付") : "");
	if (!say_is_json())
		findings_print(&findings, stdout);
	json_array_append_new(rows, json_pack(
		"{s:s, s:I, s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:b, s:b, s:o}", "rx", code,
		"fill_no", (json_int_t)s->fill_no, "settlement", s->settlement_id, "kind", kind, "payee",
		s->payee_code, "reporter", s->reporter_code, "internet", (int)s->internet, "cross_region",
		(int)s->cross_region, "total_fen", (json_int_t)s->total_fen, "pooled_fund_fen",
		(json_int_t)s->pooled_fund_fen, "refused_fen", (json_int_t)s->refused_fen, "sampled",
		(int)s->sampled, "paid", (int)s->paid, "findings", findings_json(&findings)));
	findings_clear(&findings);
}

static int review(struct list_args *args, const struct institution *who)
{
	Rxcirc__V1__ReviewSettlementsRequest request = RXCIRC__V1__REVIEW_SETTLEMENTS_REQUEST__INIT;
	Rxcirc__V1__ReviewSettlementsResponse *reply;
	json_t *rows = json_array();
	rxc_error *error = NULL;
	size_t looked_at = 0;

	request.from_ms = args->from_ms;
	request.until_ms = args->until_ms;
	request.payee_code = pbtext(args->institution ? args->institution : "");
	request.all = args->all;
	for (bool more = true; more;) {
		if (rxc_settlements_review(who->client, &request, NULL, &reply, &error) < 0) {
			json_decref(rows);
			return report_call(error, false);
		}
		for (size_t i = 0; i < reply->n_settlements; i++)
			review_tell(reply->settlements[i], rows);
		looked_at += reply->looked_at;
		more = keep_mark(args, reply->next, &request.after);
		rxcirc__v1__review_settlements_response__free_unpacked(reply, NULL);
	}
	say("%zu settlements looked at\n", "已审核 %zu 笔结算\n", looked_at);
	return answer(json_pack("{s:b, s:i, s:I, s:o}", "ok", 1, "exit", EXIT_OK, "looked_at",
		(json_int_t)looked_at, "settlements", rows));
}

int settlements_run(int argc, char **argv)
{
	struct list_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"from", ARG_TEXT, &args.from},
		{"until", ARG_TEXT, &args.until}, {"institution", ARG_TEXT, &args.institution},
		{"region", ARG_TEXT, &args.region}, {"gap", ARG_TEXT, &args.gap},
		{"review", ARG_FLAG, &args.review}, {"all", ARG_FLAG, &args.all},
	};
	struct institution who;
	int r = args_parse(&args.rest, argc, argv, options, 8, 0, 0);

	if (r == 0)
		r = args_need(args.from, "from");
	if (r == 0)
		r = settlement_time(args.from, "from", &args.from_ms);
	if (r == 0)
		r = settlement_time(args.until, "until", &args.until_ms);
	if (r != 0 || (r = institution_open(&who, args.as)) != 0)
		return r;
	r = args.review ? review(&args, &who) : reconcile(&args, &who);
	institution_close(&who);
	return r;
}
