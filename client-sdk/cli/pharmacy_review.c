/* pharmacy review: the pharmacy's own pharmacist passes or rejects. */
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/pharmacy_step.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/show.h"

enum { DURATION_DIGITS_MAX = 5 };

struct review_args {
	const char *reject, *duration;
	bool pass;
	int64_t duration_s;
};

static int review_args_check(struct review_args *args)
{
	if (args->pass == (args->reject != NULL))
		return fail(EXIT_USAGE, "either --pass or --reject REASON is needed",
			"须指定 --pass 或 --reject 原因 之一");
	if (args->reject && args->reject[0] == '\0')
		return fail(EXIT_USAGE, "--reject needs a reason", "--reject 须写明原因");
	args->duration_s = 0;
	if (args->duration && decimal_parse(args->duration, DURATION_DIGITS_MAX, 0, 0,
		&args->duration_s) != DECIMAL_OK)
		return fail(EXIT_USAGE, "--duration must be seconds", "--duration 须为秒数");
	return 0;
}

static int review_sign(const struct pharmacy_step *step, const struct review_args *args,
	Rxcirc__V1__SignedDocument **ret)
{
	struct named_document prescription;
	struct named_document hospital_review;
	Rxcirc__V1__PharmacyReview review;
	rxc_error *error = NULL;

	if (!step->rx.pulled->hospital_review)
		return fail(EXIT_UNVERIFIED, "the stored prescription has no hospital review",
			"保存的处方缺少医院审方");
	named_document_fill(&prescription, step->rx.pulled->prescription);
	named_document_fill(&hospital_review, step->rx.pulled->hospital_review);
	rxcirc__v1__pharmacy_review__init(&review);
	review.rx_id = pbdata(step->rx.rx_id, sizeof(step->rx.rx_id));
	review.prescription = &prescription.digest;
	review.hospital_review = &hospital_review.digest;
	review.pharmacy_code = pbtext(step->pharmacy.code);
	review.pharmacist_code = pbtext(step->by);
	review.pharmacist_name = pbtext(practitioner_name(&step->pharmacist));
	review.result = args->pass ? RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED :
		RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_REJECTED;
	review.reason = pbtext(args->reject ? args->reject : "");
	review.reviewed_at_ms = clock_now_ms();
	review.duration_s = (uint32_t)args->duration_s;
	if (rxc_sign_message(step->pharmacist.key,
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW, &review.base, ret, &error) < 0)
		return report_call(error, false);
	return 0;
}

static int review_done(const struct pharmacy_step *step,
	const Rxcirc__V1__SubmitReviewRequest *request, const Rxcirc__V1__SubmitReviewResponse *reply)
{
	if (!reply->state)
		return fail(EXIT_FAULT, "the server's answer holds no state", "服务器应答缺少处方状态");
	int r = rx_state_save_own(&step->rx, &step->pharmacy, reply->state, request->review);

	if (r != 0)
		return r;
	if (!say_is_json())
		show_state(reply->state);
	return answer(json_pack("{s:b, s:i, s:s, s:o}", "ok", 1, "exit", EXIT_OK, "rx", step->rx.code,
		"state", show_state_json(reply->state)));
}

static int review_send(const struct pharmacy_step *step, Rxcirc__V1__SignedDocument *document)
{
	Rxcirc__V1__SubmitReviewRequest request = RXCIRC__V1__SUBMIT_REVIEW_REQUEST__INIT;
	const Rxcirc__V1__SubmitReviewRequest *sent;
	Rxcirc__V1__SubmitReviewResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;

	request.rx_id = pbdata(step->rx.rx_id, sizeof(step->rx.rx_id));
	request.fencing_token = step->rx.fencing_token;
	request.review = document;
	int r = pending_open(&pending, &step->pharmacy, "review", step->rx.code, &request.base);

	if (r != 0)
		return r;
	sent = (const Rxcirc__V1__SubmitReviewRequest *)pending.request;
	if (rxc_pharmacy_review(step->pharmacy.client, sent, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	r = review_done(step, sent, reply);
	rxcirc__v1__submit_review_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int pharmacy_review_run(int argc, char **argv)
{
	struct pharmacy_step step = {.as = NULL};
	struct review_args args = {.reject = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &step.as}, {"by", ARG_TEXT, &step.by},
		{"province", ARG_TEXT, &step.province}, {"key", ARG_TEXT, &step.key},
		{"pass", ARG_FLAG, &args.pass}, {"reject", ARG_TEXT, &args.reject},
		{"duration", ARG_TEXT, &args.duration},
	};
	Rxcirc__V1__SignedDocument *document = NULL;
	int r = args_parse(&step.rest, argc, argv, options, 7, 1, 1);

	if (r == 0)
		r = review_args_check(&args);
	if (r == 0)
		r = pharmacy_step_open(&step);
	if (r == 0)
		r = review_sign(&step, &args, &document);
	if (r == 0)
		r = review_send(&step, document);
	if (document)
		rxcirc__v1__signed_document__free_unpacked(document, NULL);
	return pharmacy_step_close(&step, r);
}
