#include "client-sdk/cli/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/word.h"

const char *show_validity(Rxcirc__V1__Validity validity, bool chinese)
{
	static const struct word words[] = {
		{"unspecified", "未知"}, {"valid", "有效"}, {"revoked", "已撤销"}, {"expired", "已过期"}};

	return WORD_PICK(words, validity, chinese);
}

const char *show_review(Rxcirc__V1__ReviewState review, bool chinese)
{
	static const struct word words[] = {
		{"unspecified", "未知"}, {"hospital-passed", "医院审方通过"},
		{"pharmacy-passed", "药店审方通过"}, {"pharmacy-rejected", "药店审方不通过"}};

	return WORD_PICK(words, review, chinese);
}

const char *show_use(Rxcirc__V1__UseState use, bool chinese)
{
	static const struct word words[] = {{"unspecified", "未知"}, {"unused", "未使用"},
		{"partly-dispensed", "部分调配"}, {"dispensed", "已调配"},
		{"returned", "已全部退药"}};

	return WORD_PICK(words, use, chinese);
}

const char *show_event_kind(Rxcirc__V1__EventKind kind, bool chinese)
{
	/* by number; 28 and 29 are not given out */
	static const struct word words[] = {{"unspecified", "未知"}, {"uploaded", "上传"},
		{"revoked", "撤销"}, {"pulled", "下载"}, {"presentation-refused", "出示凭证被拒"},
		{"claimed", "占用"}, {"released", "释放"}, {"review-passed", "药店审方通过"},
		{"review-rejected", "药店审方不通过"}, {"dispensed", "调配"}, {"listed", "本人查询"},
		{"trail-read", "经办查询"}, {"registry-changed", "登记变更"}, {"hospital-read", "医院查询"},
		{"settled", "结算上报"}, {"returned", "退药或冲正"}, {"claim-renewed", "延长占用"},
		{"claim-transferred", "转交门店"}, {"settlement-reversed", "结算冲正"},
		{"receipt-reported", "票据上报"}, {"settlement-refused", "拒付审核"},
		{"charges-declared", "费用申报"}, {"charges-decided", "审核支付"},
		{"delivery-reported", "配送上报"}, {"rated", "满意度评价"}, {"code-asked", "追溯码查询"},
		{"downloaded", "取方"}, {"data-key-shredded", "密钥销毁"}, {"28", "28"}, {"29", "29"},
		{"day-declared", "按日申报"}, {"identity-checked", "实名认证上报"}};

	return WORD_PICK(words, kind, chinese);
}

bool show_event_kind_parse(const char *word, Rxcirc__V1__EventKind *ret)
{
	for (int kind = 1; kind <= RXCIRC__V1__EVENT_KIND__EVENT_KIND_IDENTITY_CHECKED; kind++) {
		if (strcmp(word, show_event_kind((Rxcirc__V1__EventKind)kind, false)) != 0)
			continue;
		*ret = (Rxcirc__V1__EventKind)kind;
		return true;
	}
	return false;
}

static const char *show_kind(Rxcirc__V1__DocumentKind kind, bool chinese)
{
	static const struct word words[] = {{"unspecified", "未知"}, {"prescription", "处方"},
		{"hospital-review", "医院审方"}, {"pharmacy-review", "药店审方"},
		{"dispense-record", "调配记录"}, {"revocation", "撤销"}, {"key-statement", "密钥声明"},
		{"return-record", "退药记录"}};

	return WORD_PICK(words, kind, chinese);
}

/* "valid, hospital-passed, unused" in the language wanted. */
static void show_state_line(const Rxcirc__V1__PrescriptionState *state, char text[160])
{
	bool chinese = say_is_chinese();

	(void)snprintf(text, 160, chinese ? "%s，%s，%s" : "%s, %s, %s",
		show_validity(state->validity, chinese), show_review(state->review, chinese),
		show_use(state->use, chinese));
}

/* Of a repeat prescription: which time it is, and when the next one opens. */
static void show_round(const Rxcirc__V1__PrescriptionState *state)
{
	char opens[CHINA_TIME_LEN + 1];

	if (state->fills_max <= 1)
		return;
	say("    round %u of %u\n", "    第 %u/%u 次\n", state->round, state->fills_max);
	if (state->next_round_from_ms) {
		china_time_format(state->next_round_from_ms, opens);
		say("    the next round opens %s\n", "    下一次可配时间 %s\n", opens);
	}
}

/* What is owed and what came back, once something was handed over. */
static void show_owed(const Rxcirc__V1__PrescriptionState *state)
{
	for (size_t i = 0; i < state->n_lines; i++) {
		const Rxcirc__V1__LineState *line = state->lines[i];
		char dispensed[DECIMAL_TEXT_MAX];
		char owed[DECIMAL_TEXT_MAX];
		char returned[DECIMAL_TEXT_MAX];

		if (line->dispensed_e4 == 0)
			continue;
		decimal_format(line->dispensed_e4, 4, 0, dispensed);
		decimal_format(line->owed_e4, 4, 0, owed);
		decimal_format(line->returned_e4, 4, 0, returned);
		say("    line %u: dispensed %s, owed %s, returned %s\n",
			"    第 %u 条：已调配 %s，未发 %s，已退 %s\n", line->line_no, dispensed, owed, returned);
	}
}

void show_state(const Rxcirc__V1__PrescriptionState *state)
{
	char until[CHINA_TIME_LEN + 1];
	char line[160];

	show_state_line(state, line);
	china_time_format(state->valid_until_ms, until);
	say("%s  %s, until %s\n", "%s  %s，有效期至 %s\n", state->rx_code, line, until);
	if (state->holder_code[0]) {
		china_time_format(state->held_until_ms, until);
		say("    held by %s until %s\n", "    由 %s 占用至 %s\n", state->holder_code, until);
	}
	show_round(state);
	show_owed(state);
}

json_t *show_state_json(const Rxcirc__V1__PrescriptionState *state)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < state->n_lines; i++) {
		const Rxcirc__V1__LineState *line = state->lines[i];
		char prescribed[DECIMAL_TEXT_MAX];
		char dispensed[DECIMAL_TEXT_MAX];
		char owed[DECIMAL_TEXT_MAX];
		char returned[DECIMAL_TEXT_MAX];

		decimal_format(line->prescribed_e4, 4, 0, prescribed);
		decimal_format(line->dispensed_e4, 4, 0, dispensed);
		decimal_format(line->owed_e4, 4, 0, owed);
		decimal_format(line->returned_e4, 4, 0, returned);
		json_array_append_new(lines, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "line",
			(json_int_t)line->line_no, "drug_code", line->drug_code, "prescribed", prescribed,
			"dispensed", dispensed, "owed", owed, "returned", returned));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "rx",
		state->rx_code, "validity", show_validity(state->validity, false), "review",
		show_review(state->review, false), "use", show_use(state->use, false), "version",
		(json_int_t)state->version, "received_at_ms", (json_int_t)state->received_at_ms,
		"valid_until_ms", (json_int_t)state->valid_until_ms, "holder", state->holder_code,
		"held_until_ms", (json_int_t)state->held_until_ms, "fills_done",
		(json_int_t)state->fills_done, "fills_max", (json_int_t)state->fills_max, "round",
		(json_int_t)state->round, "next_round_from_ms", (json_int_t)state->next_round_from_ms,
		"lines", lines);
}

void show_damaged(const ProtobufCBinaryData *rx_ids, size_t count, json_t *list)
{
	for (size_t i = 0; i < count; i++) {
		char code[RXC_RX_CODE_LEN + 1];

		if (rx_ids[i].len != RXC_RX_ID_LEN)
			continue;
		rxc_rx_code_format(rx_ids[i].data, code);
		json_array_append_new(list, json_string(code));
		say("NOT SHOWN: %s is damaged at the platform; call the operator\n",
			"未列出：处方 %s 在平台的存储记录已损坏，请联系平台运维\n", code);
	}
}

size_t show_signature_count(const Rxcirc__V1__PrescriptionBundle *bundle)
{
	return (bundle->prescription != NULL) + (bundle->hospital_review != NULL) + bundle->n_later +
		bundle->n_key_statements;
}

static Rxcirc__V1__Prescription *prescription_of(const Rxcirc__V1__PrescriptionBundle *bundle)
{
	if (!bundle->prescription)
		return NULL;
	return rxcirc__v1__prescription__unpack(NULL, bundle->prescription->body.len,
		bundle->prescription->body.data);
}

static const char *text_of(const char *text)
{
	return text ? text : "";
}

static void show_line(const Rxcirc__V1__DrugLine *line, size_t number,
	const Rxcirc__V1__PrescriptionState *state)
{
	char quantity[DECIMAL_TEXT_MAX];
	char dose[DECIMAL_TEXT_MAX];
	char dispensed[DECIMAL_TEXT_MAX] = "0";

	decimal_format(line->quantity_e4, 4, 0, quantity);
	decimal_format(line->dose_e4, 4, 0, dose);
	for (size_t i = 0; i < state->n_lines; i++) {
		if (state->lines[i]->line_no == number)
			decimal_format(state->lines[i]->dispensed_e4, 4, 0, dispensed);
	}
	say("    %zu. %s %s  %s %s, dispensed %s  (%s%s %s %s)  %s\n",
		"    %zu. %s %s  %s %s，已调配 %s  （%s%s %s %s）  %s\n", number, line->generic_name,
		line->specification, quantity, line->quantity_unit, dispensed, dose, line->dose_unit,
		line->frequency_name, line->herb_note[0] ? line->herb_note : line->route_name,
		line->drug_code);
}

void show_bundle(const Rxcirc__V1__PrescriptionBundle *bundle)
{
	Rxcirc__V1__Prescription *rx = prescription_of(bundle);
	char issued[CHINA_TIME_LEN + 1];

	if (bundle->state)
		show_state(bundle->state);
	if (!rx || !bundle->state) {
		if (rx)
			rxcirc__v1__prescription__free_unpacked(rx, NULL);
		return;
	}
	china_time_format(rx->issued_at_ms, issued);
	say("    %s, %s %s, issued %s\n", "    %s，医师 %s %s，开具于 %s\n", rx->hospital_code,
		rx->physician ? rx->physician->code : "", rx->physician ? rx->physician->name : "", issued);
	if (rx->patient)
		say("    patient %s\n", "    患者 %s\n", rx->patient->name);
	for (size_t i = 0; i < rx->n_diagnoses; i++)
		say("    diagnosis %s %s\n", "    诊断 %s %s\n", rx->diagnoses[i]->code,
			rx->diagnoses[i]->name);
	for (size_t i = 0; i < rx->n_lines; i++)
		show_line(rx->lines[i], i + 1, bundle->state);
	for (size_t i = 0; i < bundle->n_later; i++)
		say("    later: %s\n", "    后续文书：%s\n",
			show_kind(bundle->later[i]->kind, say_is_chinese()));
	rxcirc__v1__prescription__free_unpacked(rx, NULL);
}

static json_t *document_json(const Rxcirc__V1__SignedDocument *document)
{
	char key_id[2 * RXC_KEY_ID_LEN + 1] = "";

	if (document->key_id.len == RXC_KEY_ID_LEN)
		hex_format(document->key_id.data, document->key_id.len, key_id);
	return json_pack("{s:s, s:s}", "kind", show_kind(document->kind, false), "key_id", key_id);
}

static json_t *lines_json(const Rxcirc__V1__Prescription *rx)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < rx->n_lines; i++) {
		const Rxcirc__V1__DrugLine *line = rx->lines[i];
		char quantity[DECIMAL_TEXT_MAX];
		char price[DECIMAL_TEXT_MAX];
		char amount[DECIMAL_TEXT_MAX];

		decimal_format(line->quantity_e4, 4, 0, quantity);
		decimal_format(line->unit_price_e6, 6, 2, price);
		decimal_format(line->amount_fen, 2, 2, amount);
		json_array_append_new(lines, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "line",
			(json_int_t)(i + 1), "drug_code", line->drug_code, "generic_name", line->generic_name,
			"specification", line->specification, "quantity", quantity, "unit", line->quantity_unit,
			"unit_price", price, "amount", amount));
	}
	return lines;
}

static json_t *prescription_json(const Rxcirc__V1__Prescription *rx)
{
	const char *physician = rx->physician ? rx->physician->code : NULL;
	const char *patient = rx->patient ? rx->patient->name : NULL;

	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "hospital", rx->hospital_code,
		"hospital_rx_no", rx->hospital_rx_no, "physician", text_of(physician), "patient_name",
		text_of(patient), "issued_at_ms", (json_int_t)rx->issued_at_ms, "validity_days",
		(json_int_t)rx->validity_days, "lines", lines_json(rx));
}

json_t *show_bundle_json(const Rxcirc__V1__PrescriptionBundle *bundle)
{
	json_t *object = bundle->state ? show_state_json(bundle->state) : json_object();
	Rxcirc__V1__Prescription *rx = prescription_of(bundle);
	json_t *documents = json_array();

	if (rx) {
		json_object_set_new(object, "prescription", prescription_json(rx));
		rxcirc__v1__prescription__free_unpacked(rx, NULL);
	}
	if (bundle->prescription)
		json_array_append_new(documents, document_json(bundle->prescription));
	if (bundle->hospital_review)
		json_array_append_new(documents, document_json(bundle->hospital_review));
	for (size_t i = 0; i < bundle->n_later; i++)
		json_array_append_new(documents, document_json(bundle->later[i]));
	json_object_set_new(object, "documents", documents);
	json_object_set_new(object, "verified_signatures",
		json_integer((json_int_t)show_signature_count(bundle)));
	return object;
}
