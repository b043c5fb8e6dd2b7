/* insured show: one of the person's own, with its reviews and hand-overs. */
#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/show.h"
#include "client-sdk/cli/visit.h"

static const char *result_word(Rxcirc__V1__ReviewResult result, bool chinese)
{
	if (result == RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED)
		return chinese ? "通过" : "passed";
	return chinese ? "不通过" : "rejected";
}

static json_t *review_show(const Rxcirc__V1__OwnReview *m)
{
	char at[CHINA_TIME_LEN + 1];

	china_time_format(m->reviewed_at_ms, at);
	say("    review %s  %s %s: %s  %s\n", "    审方 %s  %s %s：%s  %s\n", at, m->institution_code,
		m->institution_name, result_word(m->result, say_is_chinese()), m->reason);
	return json_pack("{s:s, s:s, s:s, s:s, s:I}", "institution", m->institution_code, "name",
		m->institution_name, "result", result_word(m->result, false), "reason", m->reason,
		"reviewed_at_ms", (json_int_t)m->reviewed_at_ms);
}

static json_t *line_show(const Rxcirc__V1__OwnFillLine *m)
{
	char quantity[DECIMAL_TEXT_MAX], returned[DECIMAL_TEXT_MAX], price[DECIMAL_TEXT_MAX];
	char amount[DECIMAL_TEXT_MAX];

	decimal_format(m->quantity_e4, 4, 0, quantity);
	decimal_format(m->returned_e4, 4, 0, returned);
	decimal_format(m->unit_price_e6, 6, 2, price);
	decimal_format(m->amount_fen, 2, 2, amount);
	say("        %u. %s  %s x %s = %s, returned %s, lot %s %s\n",
		"        %u. %s  %s × %s = %s，已退 %s，批号 %s %s\n", m->line_no,
		m->generic_name[0] ? m->generic_name : m->drug_code, quantity, price, amount, returned,
		m->lot_no, m->expiry_date);
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "line",
		(json_int_t)m->line_no, "drug_code", m->drug_code, "generic_name", m->generic_name,
		"quantity", quantity, "returned", returned, "unit_price", price, "amount", amount, "lot",
		m->lot_no, "expiry", m->expiry_date);
}

static json_t *fill_show(const Rxcirc__V1__OwnFill *m)
{
	json_t *lines = json_array();
	char at[CHINA_TIME_LEN + 1], total[DECIMAL_TEXT_MAX];

	china_time_format(m->dispensed_at_ms, at);
	decimal_format(m->total_fen, 2, 2, total);
	say("    hand-over %u %s  %s %s (%s), %s yuan\n", "    第 %u 次调配 %s  %s %s（%s），%s 元\n",
		m->fill_no, at, m->pharmacy_code, m->pharmacy_name, m->channel, total);
	for (size_t i = 0; i < m->n_lines; i++)
		json_array_append_new(lines, line_show(m->lines[i]));
	return json_pack("{s:I, s:s, s:s, s:I, s:s, s:s, s:o}", "fill", (json_int_t)m->fill_no,
		"pharmacy", m->pharmacy_code, "name", m->pharmacy_name, "dispensed_at_ms",
		(json_int_t)m->dispensed_at_ms, "channel", m->channel, "total", total, "lines", lines);
}

static int own_tell(const Rxcirc__V1__ShowOwnPrescriptionResponse *reply)
{
	json_t *reviews = json_array(), *fills = json_array();
	json_t *bundle = show_bundle_json(reply->prescription);

	if (!say_is_json())
		show_bundle(reply->prescription);
	for (size_t i = 0; i < reply->n_reviews; i++)
		json_array_append_new(reviews, review_show(reply->reviews[i]));
	for (size_t i = 0; i < reply->n_fills; i++)
		json_array_append_new(fills, fill_show(reply->fills[i]));
	if (reply->revoked_at_ms != 0)
		say("    revoked by %s: %s\n", "    由 %s 撤销：%s\n", reply->revoked_by,
			reply->revoked_reason);
	return answer(json_pack("{s:b, s:i, s:b, s:o, s:o, s:o, s:s, s:s, s:b}", "ok", 1, "exit",
		EXIT_OK, "verified", 1, "prescription", bundle, "reviews", reviews, "fills", fills,
		"revoked_by", reply->revoked_by, "revoked_reason", reply->revoked_reason, "abridged",
		(int)reply->abridged));
}

static int own(const struct institution *channel, const char *code)
{
	Rxcirc__V1__ShowOwnPrescriptionRequest request =
		RXCIRC__V1__SHOW_OWN_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__ShowOwnPrescriptionResponse *reply;
	uint8_t rx_id[RXC_RX_ID_LEN];
	struct visit visit;
	rxc_error *error = NULL;
	int r = visit_rx_id(code, rx_id);

	if (r == 0)
		r = visit_load(channel, &visit);
	if (r != 0)
		return r;
	request.own_grant = visit_grant(&visit);
	request.rx_id = (ProtobufCBinaryData){sizeof(rx_id), rx_id};
	if (rxc_insured_show(channel->client, &request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	r = own_tell(reply);
	rxcirc__v1__show_own_prescription_response__free_unpacked(reply, NULL);
	return r;
}

int insured_show_run(int argc, char **argv)
{
	const char *as = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	struct institution channel;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r != 0 || (r = institution_open(&channel, as)) != 0)
		return r;
	r = own(&channel, args.positional[0]);
	institution_close(&channel);
	return r;
}
