/* pharmacy dispense: hand over, exactly once. */
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/dispense_lines.h"
#include "client-sdk/cli/findings.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/pharmacy_step.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/show.h"

static int record_sign(const struct pharmacy_step *step, const struct dispense_wish *wish,
	Rxcirc__V1__SignedDocument **ret)
{
	const Rxcirc__V1__PrescriptionState *now = rx_state_now(&step->rx);
	const Rxcirc__V1__SignedDocument *review =
		rx_state_passed_review(&step->rx, step->pharmacy.code);
	struct dispense_lines lines = {.items = NULL};
	struct named_document named;
	Rxcirc__V1__DispenseRecord record;
	rxc_error *error = NULL;

	if (!review)
		return fail(EXIT_LOCAL_FILE, "%s was not reviewed here; run pharmacy review first",
			"本机构尚未审方 %s，请先执行 pharmacy review", step->rx.code);
	int r = dispense_lines_fill(&lines, wish, step->rx.prescription, now);

	if (r != 0)
		return r;
	named_document_fill(&named, review);
	rxcirc__v1__dispense_record__init(&record);
	record.rx_id = pbdata(step->rx.rx_id, sizeof(step->rx.rx_id));
	record.pharmacy_review = &named.digest;
	record.pharmacy_code = pbtext(step->pharmacy.code);
	record.pharmacist_code = pbtext(step->by);
	record.fill_no = now->fills_done + 1;
	record.round = now->round;
	record.lines = lines.pointers;
	record.n_lines = lines.count;
	record.refused_lines = lines.refusals.pointers;
	record.n_refused_lines = lines.refusals.count;
	record.dispensed_at_ms = clock_now_ms();
	record.channel = pbtext(wish->online ? "online" : "store");
	record.total_fen = lines.total_fen;
	if (rxc_sign_message(step->pharmacist.key,
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD, &record.base, ret, &error) < 0)
		r = report_call(error, false);
	dispense_lines_clear(&lines);
	return r;
}

static int dispense_done(const struct pharmacy_step *step,
	const Rxcirc__V1__DispensePrescriptionRequest *request,
	const Rxcirc__V1__DispensePrescriptionResponse *reply)
{
	struct findings flags = {.items = NULL};

	if (!reply->state)
		return fail(EXIT_FAULT, "the server's answer holds no state", "服务器应答缺少处方状态");
	int r = rx_state_save_own(&step->rx, &step->pharmacy, reply->state, request->dispense_record);

	if (r != 0)
		return r;
	findings_add_all(&flags, reply->flags, reply->n_flags);
	say("dispensed, fill %u\n", "已调配，第 %u 次\n", reply->fill_no);
	if (!say_is_json()) {
		show_state(reply->state);
		findings_print(&flags, stdout);
	}
	r = answer(json_pack("{s:b, s:i, s:s, s:I, s:o, s:o}", "ok", 1, "exit", EXIT_OK, "rx",
		step->rx.code, "fill_no", (json_int_t)reply->fill_no, "state",
		show_state_json(reply->state), "flags", findings_json(&flags)));
	findings_clear(&flags);
	return r;
}

static int dispense_send(const struct pharmacy_step *step, Rxcirc__V1__SignedDocument *document)
{
	Rxcirc__V1__DispensePrescriptionRequest request =
		RXCIRC__V1__DISPENSE_PRESCRIPTION_REQUEST__INIT;
	const Rxcirc__V1__DispensePrescriptionRequest *sent;
	Rxcirc__V1__DispensePrescriptionResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;

	request.rx_id = pbdata(step->rx.rx_id, sizeof(step->rx.rx_id));
	request.fencing_token = step->rx.fencing_token;
	request.dispense_record = document;
	int r = pending_open(&pending, &step->pharmacy, "dispense", step->rx.code, &request.base);

	if (r != 0)
		return r;
	sent = (const Rxcirc__V1__DispensePrescriptionRequest *)pending.request;
	if (rxc_pharmacy_dispense(step->pharmacy.client, sent, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	r = dispense_done(step, sent, reply);
	rxcirc__v1__dispense_prescription_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int pharmacy_dispense_run(int argc, char **argv)
{
	struct pharmacy_step step = {.as = NULL};
	struct dispense_wish wish = {.all = false};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &step.as}, {"by", ARG_TEXT, &step.by},
		{"province", ARG_TEXT, &step.province}, {"key", ARG_TEXT, &step.key},
		{"line", ARG_LIST, &wish.lines}, {"lot", ARG_LIST, &wish.lots},
		{"refuse", ARG_LIST, &wish.refusals}, {"online", ARG_FLAG, &wish.online},
		{"all", ARG_FLAG, &wish.all}, {"split-pack", ARG_FLAG, &wish.split_pack},
	};
	Rxcirc__V1__SignedDocument *document = NULL;
	int r = args_parse(&step.rest, argc, argv, options, 10, 1, 1);

	if (r == 0)
		r = pharmacy_step_open(&step);
	if (r == 0)
		r = record_sign(&step, &wish, &document);
	if (r == 0)
		r = dispense_send(&step, document);
	if (document)
		rxcirc__v1__signed_document__free_unpacked(document, NULL);
	return pharmacy_step_close(&step, r);
}
