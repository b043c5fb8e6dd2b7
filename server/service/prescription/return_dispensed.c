/* Pharmacy/ReturnDispensed: goods come back, or a hand-over's record is undone, by line.
 *
 * Only the pharmacy that handed over, inside the region's days and reasons.  What was handed over
 * and what came back before stands in the signed documents of the prescription's file, so they are
 * read, not the tables.  The steps are those of every change (service/change.h).
 */
#include <string.h>

#include "base/text.h"
#include "codec/pbmsg.h"
#include "domain/china_date.h"
#include "proto/document.h"
#include "registry/registry.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/change.h"
#include "service/prescription/handed.h"
#include "service/services.h"
#include "service/state_reply.h"

struct take_back {
	struct change change; /* first */
	struct handed handed;
	struct stored_return stored;
};

static enum status_reason fault(struct request *req, const char *field, const char *english,
	const char *chinese)
{
	request_find_field(req, field, english, chinese);
	return STATUS_FIELD_INVALID;
}

/* The word of a reason in return-reasons, or NULL. */
static const char *reason_word(Rxcirc__V1__ReturnReason reason)
{
	switch ((int)reason) {
	case RXCIRC__V1__RETURN_REASON__RETURN_REASON_QUALITY:
		return "quality";
	case RXCIRC__V1__RETURN_REASON__RETURN_REASON_RECALL:
		return "recall";
	case RXCIRC__V1__RETURN_REASON__RETURN_REASON_ADVERSE:
		return "adverse";
	case RXCIRC__V1__RETURN_REASON__RETURN_REASON_UNDELIVERED:
		return "undelivered";
	case RXCIRC__V1__RETURN_REASON__RETURN_REASON_WRONG_ENTRY:
		return "wrong-entry";
	case RXCIRC__V1__RETURN_REASON__RETURN_REASON_OTHER:
		return "other";
	default:
		return NULL;
	}
}

static enum status_reason record_check_why(struct request *req,
	const Rxcirc__V1__ReturnRecord *record)
{
	bool is_reversal = record->kind == RXCIRC__V1__RETURN_KIND__RETURN_KIND_REVERSAL;
	bool is_entry = record->reason == RXCIRC__V1__RETURN_REASON__RETURN_REASON_WRONG_ENTRY;

	if (!is_reversal && record->kind != RXCIRC__V1__RETURN_KIND__RETURN_KIND_RETURN)
		return fault(req, "kind", "must be RETURN or REVERSAL", "须为退药或冲正");
	if (reason_word(record->reason) == NULL || is_reversal != is_entry)
		return fault(req, "reason", "a reversal's reason is WRONG_ENTRY, a return's is another",
			"冲正原因须为录入错误，退药须为其他原因");
	if (text_chars(record->note) > RETURN_NOTE_MAX || (record->note[0] == '\0' &&
		record->reason == RXCIRC__V1__RETURN_REASON__RETURN_REASON_OTHER))
		return fault(req, "note", "1 to 200 characters with OTHER, else 0 to 200",
			"至多 200 个字符；其他原因须填写说明");
	return STATUS_OK;
}

static enum status_reason record_check_body(struct request *req, struct change *c)
{
	const Rxcirc__V1__ReturnRecord *record = c->paper.body;

	if (!slice_equal(pbmsg_bytes(record->rx_id), slice_of(c->rx_id, RX_ID_LEN)))
		return STATUS_DOCUMENT_CHAIN_BROKEN;
	if (strcmp(record->pharmacy_code, req->caller.code) != 0)
		return STATUS_KEY_FOREIGN;
	if (record->n_lines < 1 || record->n_lines > RX_LINES_MAX)
		return fault(req, "lines", "1 to 64 lines", "明细须为 1 至 64 行");
	return record_check_why(req, record);
}

static enum status_reason return_read(struct request *req, struct change *c)
{
	const struct paper_terms terms = {
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_RETURN_RECORD, paper_filler_roles(req),
		req->caller.code, &rxcirc__v1__return_record__descriptor};
	const Rxcirc__V1__ReturnDispensedRequest *m;
	const Rxcirc__V1__ReturnRecord *record;
	enum status_reason status;

	status = change_unpack(req, c, &rxcirc__v1__return_dispensed_request__descriptor);
	if (status != STATUS_OK)
		return status;
	m = c->message;
	status = change_take_rx_id(req, c, m->rx_id);
	if (status == STATUS_OK)
		status = paper_read(req, &terms, m->return_record, &c->paper);
	if (status == STATUS_OK)
		status = record_check_body(req, c);
	if (status != STATUS_OK)
		return status;
	record = c->paper.body;
	return paper_check_signer(req, &c->paper, record->pharmacist_code, record->returned_at_ms);
}

/* Whose hand-over, which return, when and why. */
static enum status_reason return_check_terms(struct request *req, struct take_back *t)
{
	const Rxcirc__V1__ReturnRecord *record = t->change.paper.body;
	const struct handed *h = &t->handed;
	int64_t days = registry_number(req->registry, PARAM_RETURN_DAYS_MAX, req->caller.region,
		req->received_at_ms);

	if (h->record == NULL || strcmp(h->record->pharmacy_code, req->caller.code) != 0)
		return fault(req, "fill_no", "is no hand-over of this pharmacy", "不是本药店的调配记录");
	if (!document_is_named_by(h->document, record->dispense_record))
		return STATUS_DOCUMENT_CHAIN_BROKEN;
	if (record->return_no != h->returns_done + 1)
		return fault(req, "return_no", "must be the number of returns done, plus one",
			"须为已退次数加一");
	if (req->received_at_ms - h->record->dispensed_at_ms > days * DATE_DAY_MS) {
		request_find(req, "RETURN", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "returned_at_ms",
			"return-days-max", "the region's days for returns have passed", "已超过本地区退药期限");
		return STATUS_RETURN_NOT_ALLOWED;
	}
	if (!registry_word(req->registry, PARAM_RETURN_REASONS, req->caller.region,
			req->received_at_ms, reason_word(record->reason))) {
		request_find(req, "RETURN", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "reason",
			"return-reasons", "the region does not take back for this reason",
			"本地区不接受该原因退药");
		return STATUS_RETURN_NOT_ALLOWED;
	}
	return STATUS_OK;
}

static enum status_reason return_take_lines(struct request *req, struct take_back *t)
{
	const Rxcirc__V1__ReturnRecord *record = t->change.paper.body;
	struct return_line *lines = arena_array(&req->arena, record->n_lines, sizeof(*lines));

	if (lines == NULL)
		return STATUS_BUSY;
	for (size_t i = 0; i < record->n_lines; i++) {
		const Rxcirc__V1__ReturnedLine *l = record->lines[i];

		lines[i] = (struct return_line){l->line_no, l->drug_code, l->quantity_e4, l->amount_fen};
	}
	t->stored = (struct stored_return){.return_no = (int16_t)record->return_no,
		.fill_no = (int16_t)record->fill_no, .kind = (int16_t)record->kind,
		.reason = (int16_t)record->reason, .pharmacist_code = record->pharmacist_code,
		.lines = lines, .line_count = record->n_lines, .total_fen = record->total_fen};
	return STATUS_OK;
}

static enum status_reason return_status(struct request *req, struct return_decision d)
{
	static const struct {
		const char *member, *english, *chinese;
	} problems[] = {
		[RETURN_LINE_UNKNOWN] = {"line_no", "not of that hand-over, or the same line twice",
			"该次调配无此明细或重复"},
		[RETURN_DRUG_DIFFERS] = {"med_list_codg", "not the drug of this line",
			"药品编码与调配明细不符"},
		[RETURN_QUANTITY_NOT_POSITIVE] = {"sel_retn_cnt", "the quantity must be positive",
			"数量必须大于零"},
		[RETURN_QUANTITY_EXCEEDED] = {"sel_retn_cnt", "more than is left of that hand-over",
			"超过该次调配剩余数量"},
		[RETURN_AMOUNT_WRONG] = {"sumamt",
			"the amount is not price times quantity, or what is left of it",
			"金额不等于单价乘数量或剩余金额"},
		[RETURN_TOTAL_WRONG] = {"total_fen", "the total is not the sum of the lines",
			"总额不等于明细之和"},
	};
	char *field;

	if (d.problem == RETURN_OK)
		return STATUS_OK;
	field = d.problem == RETURN_TOTAL_WRONG ? NULL :
		arena_printf(&req->arena, "lines[%zu].%s", d.line, problems[d.problem].member);
	request_find_field(req, field == NULL ? problems[d.problem].member : field,
		problems[d.problem].english, problems[d.problem].chinese);
	return d.problem == RETURN_QUANTITY_EXCEEDED ? STATUS_QUANTITY_EXCEEDED :
		STATUS_FIELD_INVALID;
}

/* The loaded lines as they will be: the row's MAC covers them. */
static void return_subtract(struct take_back *t, bool is_reversal)
{
	for (size_t i = 0; i < t->stored.line_count; i++) {
		const struct return_line *r = &t->stored.lines[i];
		struct prescription_line *line = &t->change.loaded.lines[r->line_no - 1];

		if (is_reversal)
			line->dispensed_e4 -= r->quantity_e4;
		else
			line->returned_e4 += r->quantity_e4;
	}
}

/* What of the lines stands after it: of the open round, or of all of them. */
static enum life_event return_event(const struct take_back *t, bool is_reversal)
{
	const struct bundle *b = &t->change.loaded;
	bool none_of_round = true, none_kept = true;

	for (size_t i = 0; i < b->line_count; i++) {
		const struct prescription_line *l = &b->lines[i];

		none_of_round = none_of_round && prescription_owed_e4(l, b->rx.round) == l->prescribed_e4;
		none_kept = none_kept && l->dispensed_e4 == l->returned_e4;
	}
	if (is_reversal)
		return none_of_round ? LIFE_REVERSE_ALL : LIFE_REVERSE_PART;
	return none_kept && b->rx.use == USE_DISPENSED && b->rx.round == b->rx.fills_max ?
		LIFE_RETURN_ALL : LIFE_RETURN_PART;
}

/* Undoing reaches only into the round that is open: an earlier one made room for the next. */
static enum status_reason return_check_round(struct request *req, const struct take_back *t)
{
	uint32_t round = t->handed.record->round == 0 ? 1 : t->handed.record->round;

	if (round == (uint32_t)t->change.loaded.rx.round)
		return STATUS_OK;
	request_find(req, "RETURN", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "kind", "minInrvDays",
		"the next round has opened: this can be returned, not reversed",
		"下一次配药已开放，只可退药，不可冲正");
	return STATUS_RETURN_NOT_ALLOWED;
}

static enum status_reason return_decide(struct request *req, struct change *c)
{
	struct take_back *t = container_of(c, struct take_back, change);
	const Rxcirc__V1__ReturnRecord *record = c->paper.body;
	bool is_reversal = record->kind == RXCIRC__V1__RETURN_KIND__RETURN_KIND_REVERSAL;
	enum status_reason status = handed_read(req, &c->loaded, record->fill_no, &t->handed);

	if (status == STATUS_OK)
		status = return_check_terms(req, t);
	if (status == STATUS_OK && is_reversal)
		status = return_check_round(req, t);
	if (status == STATUS_OK)
		status = return_take_lines(req, t);
	if (status == STATUS_OK)
		status = return_status(req, return_judge(t->handed.lines, t->handed.line_count,
			t->stored.lines, t->stored.line_count, t->stored.total_fen));
	if (status == STATUS_OK)
		status = handed_take_codes(req, &t->handed, record, &t->stored);
	if (status != STATUS_OK)
		return status;
	return_subtract(t, is_reversal);
	c->event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_RETURNED;
	c->reason = reason_word(record->reason);
	c->back = &t->stored;
	return change_apply(req, c, return_event(t, is_reversal));
}

static const ProtobufCMessage *return_reply(struct request *req, struct change *c)
{
	const struct take_back *t = container_of(c, struct take_back, change);
	Rxcirc__V1__ReturnDispensedResponse *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__return_dispensed_response__init(m);
	m->state = state_reply(req, &c->loaded.rx, c->loaded.lines, c->loaded.line_count);
	m->return_no = (uint32_t)t->stored.return_no;
	return m->state == NULL ? NULL : &m->base;
}

void return_dispensed_start(struct request *req)
{
	static const struct change_kind kind = {.read = return_read, .decide = return_decide,
		.reply = return_reply};

	change_run_sized(req, &kind, sizeof(struct take_back));
}
