/* pharmacy return: goods come back, or a hand-over's record is undone. */
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/pharmacy_step.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/return_lines.h"
#include "client-sdk/cli/show.h"

#define REASON(name) RXCIRC__V1__RETURN_REASON__RETURN_REASON_##name
#define RETURN_KIND(name) RXCIRC__V1__RETURN_KIND__RETURN_KIND_##name

enum { NUMBER_DIGITS_MAX = 5 };

static const struct {
	const char *word;
	Rxcirc__V1__ReturnReason reason;
} reasons[] = {
	{"quality", REASON(QUALITY)}, {"recall", REASON(RECALL)}, {"adverse", REASON(ADVERSE)},
	{"undelivered", REASON(UNDELIVERED)}, {"wrong-entry", REASON(WRONG_ENTRY)},
	{"other", REASON(OTHER)},
};

struct return_args {
	const char *fill, *return_no, *reason, *note;
	struct return_wish wish;
	int64_t fill_number, return_number; /* 0 = not given */
	Rxcirc__V1__ReturnReason why;
};

static int number_take(const char *text, const char *name, int64_t *ret)
{
	*ret = 0;
	if (text && (decimal_parse(text, NUMBER_DIGITS_MAX, 0, 0, ret) != DECIMAL_OK || *ret == 0))
		return fail(EXIT_USAGE, "--%s must be a number from 1 on", "--%s 须为从 1 起的序号", name);
	return 0;
}

static int return_args_check(struct return_args *args)
{
	int r = args_need(args->reason, "reason");

	if (r == 0)
		r = number_take(args->fill, "fill", &args->fill_number);
	if (r == 0)
		r = number_take(args->return_no, "return-no", &args->return_number);
	for (size_t i = 0; r == 0 && i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].word, args->reason) == 0)
			args->why = reasons[i].reason;
	if (r == 0 && args->why == REASON(UNSPECIFIED))
		r = fail(EXIT_USAGE,
			"--reason is one of quality, recall, adverse, undelivered, wrong-entry, other",
			"--reason 须为 quality、recall、adverse、undelivered、wrong-entry、other 之一");
	if (r == 0 && args->why == REASON(OTHER) && (!args->note || !args->note[0]))
		r = fail(EXIT_USAGE, "--reason other needs a --note", "--reason other 须用 --note 说明");
	return r;
}

static int record_sign(const struct pharmacy_step *step, const struct return_args *args,
	const struct rx_handed *handed, struct return_lines *lines,
	Rxcirc__V1__SignedDocument **ret)
{
	struct named_document named;
	Rxcirc__V1__ReturnRecord record;
	rxc_error *error = NULL;

	named_document_fill(&named, handed->document);
	rxcirc__v1__return_record__init(&record);
	record.rx_id = pbdata(step->rx.rx_id, sizeof(step->rx.rx_id));
	record.dispense_record = &named.digest;
	record.pharmacy_code = pbtext(step->pharmacy.code);
	record.pharmacist_code = pbtext(step->by);
	record.fill_no = handed->record->fill_no;
	record.return_no = args->return_number ? (uint32_t)args->return_number :
		handed->returns_done + 1;
	record.kind = args->why == REASON(WRONG_ENTRY) ? RETURN_KIND(REVERSAL) : RETURN_KIND(RETURN);
	record.reason = args->why;
	record.note = pbtext(args->note ? args->note : "");
	record.lines = lines->pointers;
	record.n_lines = lines->count;
	record.returned_at_ms = clock_now_ms();
	record.total_fen = lines->total_fen;
	if (rxc_sign_message(step->pharmacist.key,
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_RETURN_RECORD, &record.base, ret, &error) < 0)
		return report_call(error, false);
	return 0;
}

static int return_sign(const struct pharmacy_step *step, const struct return_args *args,
	Rxcirc__V1__SignedDocument **ret)
{
	struct return_lines lines = {.items = NULL};
	struct rx_handed handed;
	int r = rx_handed_load(&handed, &step->rx, step->pharmacy.code, (uint32_t)args->fill_number);

	if (r == 0)
		r = return_lines_fill(&lines, &args->wish, &handed);
	if (r == 0)
		r = record_sign(step, args, &handed, &lines, ret);
	return_lines_clear(&lines);
	rx_handed_clear(&handed);
	return r;
}

static int return_done(const struct pharmacy_step *step,
	const Rxcirc__V1__ReturnDispensedRequest *request,
	const Rxcirc__V1__ReturnDispensedResponse *reply)
{
	if (!reply->state)
		return fail(EXIT_FAULT, "the server's answer holds no state", "服务器应答缺少处方状态");
	int r = rx_state_save_own(&step->rx, &step->pharmacy, reply->state, request->return_record);

	if (r != 0)
		return r;
	say("taken back, return %u\n", "已退药或冲正，第 %u 次\n", reply->return_no);
	if (!say_is_json())
		show_state(reply->state);
	return answer(json_pack("{s:b, s:i, s:s, s:I, s:o}", "ok", 1, "exit", EXIT_OK, "rx",
		step->rx.code, "return_no", (json_int_t)reply->return_no, "state",
		show_state_json(reply->state)));
}

static int return_send(const struct pharmacy_step *step, Rxcirc__V1__SignedDocument *document)
{
	Rxcirc__V1__ReturnDispensedRequest request = RXCIRC__V1__RETURN_DISPENSED_REQUEST__INIT;
	const Rxcirc__V1__ReturnDispensedRequest *sent;
	Rxcirc__V1__ReturnDispensedResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;

	request.rx_id = pbdata(step->rx.rx_id, sizeof(step->rx.rx_id));
	request.return_record = document;
	int r = pending_open(&pending, &step->pharmacy, "return", step->rx.code, &request.base);

	if (r != 0)
		return r;
	sent = (const Rxcirc__V1__ReturnDispensedRequest *)pending.request;
	if (rxc_pharmacy_return(step->pharmacy.client, sent, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	r = return_done(step, sent, reply);
	rxcirc__v1__return_dispensed_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int pharmacy_return_run(int argc, char **argv)
{
	struct pharmacy_step step = {.as = NULL};
	struct return_args args = {.fill = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &step.as}, {"by", ARG_TEXT, &step.by},
		{"province", ARG_TEXT, &step.province}, {"key", ARG_TEXT, &step.key},
		{"fill", ARG_TEXT, &args.fill}, {"return-no", ARG_TEXT, &args.return_no},
		{"reason", ARG_TEXT, &args.reason}, {"note", ARG_TEXT, &args.note},
		{"line", ARG_LIST, &args.wish.lines}, {"all", ARG_FLAG, &args.wish.all},
	};
	Rxcirc__V1__SignedDocument *document = NULL;
	int r = args_parse(&step.rest, argc, argv, options, 10, 1, 1);

	if (r == 0)
		r = return_args_check(&args);
	if (r == 0)
		r = pharmacy_step_open_unclaimed(&step);
	if (r == 0)
		r = return_sign(&step, &args, &document);
	if (r == 0)
		r = return_send(&step, document);
	if (document)
		rxcirc__v1__signed_document__free_unpacked(document, NULL);
	return pharmacy_step_close(&step, r);
}
