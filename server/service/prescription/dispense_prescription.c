/* Pharmacy/DispensePrescription: hand over, exactly once, never more than is owed.
 *
 * The record names this claim's passed review; the guarded row, the fill and its lines, the
 * event and the answer are one statement, so under any concurrency one hand-over wins and the
 * others are told.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "codec/pbmsg.h"
#include "domain/china_date.h"
#include "proto/document.h"
#include "registry/registry.h"
#include "rules/fill.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/change.h"
#include "service/prescription/fill_trace.h"
#include "service/services.h"
#include "service/state_reply.h"

struct dispense {
	struct change change; /* first */
	struct stored_fill fill;
	struct fill_trace trace;
};

static enum status_reason record_field(struct request *req, const char *field, const char *english,
	const char *chinese)
{
	request_find_field(req, field, english, chinese);
	return STATUS_FIELD_INVALID;
}

static enum status_reason record_check_body(struct request *req, struct change *c)
{
	const Rxcirc__V1__DispenseRecord *record = c->paper.body;

	if (!slice_equal(pbmsg_bytes(record->rx_id), slice_of(c->rx_id, RX_ID_LEN)))
		return STATUS_DOCUMENT_CHAIN_BROKEN;
	if (strcmp(record->pharmacy_code, req->caller.code) != 0)
		return STATUS_KEY_FOREIGN;
	if (record->n_lines < 1 || record->n_lines > RX_LINES_MAX)
		return record_field(req, "lines", "1 to 64 lines", "明细须为 1 至 64 行");
	for (size_t i = 0; i < record->n_lines; i++)
		if (record->lines[i]->n_trace_codes > TRACE_CODES_MAX)
			return record_field(req, "lines[].drug_trac_codg", "at most 200 trace codes a line",
				"每行追溯码不得超过 200 个");
	if (strcmp(record->channel, "store") != 0 && strcmp(record->channel, "online") != 0)
		return record_field(req, "channel", "must be \"store\" or \"online\"",
			"须为 store 或 online");
	return STATUS_OK;
}

/* A line that was not handed over names one that exists, once, and says why. */
static enum status_reason record_check_refused(struct request *req,
	const Rxcirc__V1__DispenseRecord *record)
{
	if (record->n_refused_lines > RX_LINES_MAX)
		return record_field(req, "refused_lines", "at most 64", "至多 64 行");
	for (size_t i = 0; i < record->n_refused_lines; i++) {
		const Rxcirc__V1__RefusedLine *r = record->refused_lines[i];

		for (size_t k = 0; k < record->n_lines; k++)
			if (record->lines[k]->line_no == r->line_no)
				return record_field(req, "refused_lines[].line_no",
					"the same line was handed over", "该明细已调配，不能同时拒配");
		if (r->line_no < 1 || r->line_no > RX_LINES_MAX)
			return record_field(req, "refused_lines[].line_no", "no such line", "明细行不存在");
		if (r->refusal < RXCIRC__V1__LINE_REFUSAL__LINE_REFUSAL_OUT_OF_STOCK ||
			(r->refusal > RXCIRC__V1__LINE_REFUSAL__LINE_REFUSAL_QUALITY &&
				r->refusal != RXCIRC__V1__LINE_REFUSAL__LINE_REFUSAL_OTHER))
			return record_field(req, "refused_lines[].refusal", "is no kind of refusal",
				"拒配原因代码无效");
		if (text_chars(r->reason) > RETURN_NOTE_MAX || (r->reason[0] == '\0' &&
			(r->refusal == RXCIRC__V1__LINE_REFUSAL__LINE_REFUSAL_PHARMACIST ||
				r->refusal == RXCIRC__V1__LINE_REFUSAL__LINE_REFUSAL_OTHER)))
			return record_field(req, "refused_lines[].reason",
				"1 to 200 characters; needed with PHARMACIST and OTHER",
				"至多 200 个字符；药师判断及其他原因须填写");
	}
	return STATUS_OK;
}

/* The record's lines as the rule and the store want them. */
static enum status_reason record_take_lines(struct request *req, struct dispense *d)
{
	const Rxcirc__V1__DispenseRecord *record = d->change.paper.body;
	struct fill_line *fills = arena_array(&req->arena, record->n_lines, sizeof(*fills));

	if (fills == NULL)
		return STATUS_BUSY;
	for (size_t i = 0; i < record->n_lines; i++) {
		const Rxcirc__V1__DispensedLine *line = record->lines[i];

		fills[i] = (struct fill_line){line->line_no, line->drug_code, line->quantity_e4,
			line->unit_price_e6, line->amount_fen};
	}
	d->fill = (struct stored_fill){.pharmacist_code = record->pharmacist_code,
		.channel = record->channel, .lines = fills, .line_count = record->n_lines,
		.total_fen = record->total_fen};
	return STATUS_OK;
}

static enum status_reason dispense_read(struct request *req, struct change *c)
{
	const struct paper_terms terms = {
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD, paper_filler_roles(req),
		req->caller.code, &rxcirc__v1__dispense_record__descriptor};
	const Rxcirc__V1__DispensePrescriptionRequest *m;
	const Rxcirc__V1__DispenseRecord *record;
	struct dispense *d = container_of(c, struct dispense, change);
	enum status_reason status;

	status = change_unpack(req, c, &rxcirc__v1__dispense_prescription_request__descriptor);
	if (status != STATUS_OK)
		return status;
	m = c->message;
	status = change_take_rx_id(req, c, m->rx_id);
	if (status == STATUS_OK)
		status = paper_read(req, &terms, m->dispense_record, &c->paper);
	if (status == STATUS_OK)
		status = record_check_body(req, c);
	if (status != STATUS_OK)
		return status;
	record = c->paper.body;
	status = record_check_refused(req, record);
	if (status == STATUS_OK)
		status = record_take_lines(req, d);
	if (status == STATUS_OK)
		status = fill_trace_read(req, record, &d->trace);
	/* last: a refusal of time is told only to whom was not answered before */
	return status == STATUS_OK ? paper_check_signer(req, &c->paper, record->pharmacist_code,
		record->dispensed_at_ms) : status;
}

static int dispense_ask(struct request *req, struct change *c, struct pg_unit *unit)
{
	struct dispense *d = container_of(c, struct dispense, change);

	return fill_trace_ask(req, &d->trace, unit);
}

static enum status_reason fill_status(struct request *req, struct fill_decision d)
{
	static const struct {
		enum status_reason status;
		const char *member, *english, *chinese;
	} problems[] = {
		[FILL_LINE_UNKNOWN] = {STATUS_FIELD_INVALID, "line_no",
			"no such line, or the same line twice", "明细行不存在或重复"},
		[FILL_DRUG_DIFFERS] = {STATUS_FIELD_INVALID, "med_list_codg", "not the drug of this line",
			"药品编码与处方明细不符"},
		[FILL_QUANTITY_NOT_POSITIVE] = {STATUS_FIELD_INVALID, "sel_retn_cnt",
			"the quantity must be positive", "数量必须大于零"},
		[FILL_QUANTITY_EXCEEDED] = {STATUS_QUANTITY_EXCEEDED, "sel_retn_cnt",
			"more than is still owed on this line", "超过该明细剩余应配数量"},
		[FILL_AMOUNT_WRONG] = {STATUS_FIELD_INVALID, "sumamt",
			"the amount is not price times quantity, rounded to fen",
			"金额不等于单价乘数量（四舍五入到分）"},
		[FILL_TOTAL_WRONG] = {STATUS_FIELD_INVALID, "total_fen",
			"the total is not the sum of the lines", "总额不等于明细之和"},
	};
	char *field;

	if (d.problem == FILL_OK)
		return STATUS_OK;
	field = d.problem == FILL_TOTAL_WRONG ? NULL :
		arena_printf(&req->arena, "lines[%zu].%s", d.line, problems[d.problem].member);
	request_find_field(req, field == NULL ? problems[d.problem].member : field,
		problems[d.problem].english, problems[d.problem].chinese);
	return problems[d.problem].status;
}

/* Add the hand-over to the loaded lines: the row's MAC covers them as they will be. */
static void dispense_add(struct request *req, struct dispense *d, bool complete)
{
	struct prescription *rx = &d->change.loaded.rx;

	for (size_t i = 0; i < d->fill.line_count; i++)
		d->change.loaded.lines[d->fill.lines[i].line_no - 1].dispensed_e4 +=
			d->fill.lines[i].quantity_e4;
	rx->fills_done++;
	if (complete)
		rx->next_from_ms = req->received_at_ms + (int64_t)rx->interval_days * DATE_DAY_MS;
}

/* Online sale is for pharmacies that were admitted to it (JIN15-2.0b); asked at every fill, so that
 * what was taken back ends at once. */
static enum status_reason dispense_check_channel(struct request *req, const char *channel)
{
	if (strcmp(channel, "online") != 0 || registry_item_held(req->registry, req->caller.code,
			ITEM_CAPABILITY, "online-rx", req->received_at_ms) != NULL)
		return STATUS_OK;
	request_find(req, "capability", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "channel", "JIN15-2.0b",
		"the pharmacy was not admitted to online sale", "药店未纳入互联网购药医保移动支付服务");
	return STATUS_CAPABILITY_MISSING;
}

/* The record says which hand-over of which round it is, and rests on this claim's review. */
static enum status_reason dispense_check_place(struct request *req, struct change *c)
{
	const Rxcirc__V1__DispenseRecord *record = c->paper.body;
	const Rxcirc__V1__SignedDocument *review;

	if (record->fill_no != (uint32_t)c->loaded.rx.fills_done + 1)
		return record_field(req, "fill_no", "must be the number of fills done, plus one",
			"须为已配次数加一");
	if ((record->round == 0 ? 1 : record->round) != (uint32_t)c->loaded.rx.round)
		return record_field(req, "round", "must be the round that is open", "须为当前可配次序");
	for (size_t i = 0; i < record->n_refused_lines; i++)
		if (record->refused_lines[i]->line_no > c->loaded.line_count)
			return record_field(req, "refused_lines[].line_no", "no such line", "明细行不存在");
	review = bundle_newest(&c->loaded, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW);
	if (review == NULL || !document_is_named_by(review, record->pharmacy_review))
		return STATUS_DOCUMENT_CHAIN_BROKEN;
	return STATUS_OK;
}

static enum status_reason dispense_decide(struct request *req, struct change *c)
{
	struct dispense *d = container_of(c, struct dispense, change);
	const Rxcirc__V1__DispensePrescriptionRequest *m = c->message;
	const Rxcirc__V1__DispenseRecord *record = c->paper.body;
	struct fill_decision fits = fill_judge(c->loaded.lines, c->loaded.line_count,
		c->loaded.rx.round, d->fill.lines, d->fill.line_count, d->fill.total_fen);
	enum status_reason status = change_apply_held(req, c,
		fits.complete ? LIFE_DISPENSE_ALL : LIFE_DISPENSE_PART, m->fencing_token);

	if (status == STATUS_OK)
		status = fill_status(req, fits);
	if (status == STATUS_OK)
		status = dispense_check_channel(req, record->channel);
	if (status == STATUS_OK)
		status = dispense_check_place(req, c);
	if (status == STATUS_OK)
		status = fill_trace_decide(req, record, &d->trace);
	if (status != STATUS_OK)
		return status;
	d->fill.codes = d->trace.marks;
	d->fill.code_count = d->trace.mark_count;
	c->fill = &d->fill;
	c->event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_DISPENSED;
	dispense_add(req, d, fits.complete);
	return STATUS_OK;
}

static const ProtobufCMessage *dispense_reply(struct request *req, struct change *c)
{
	Rxcirc__V1__DispensePrescriptionResponse *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__dispense_prescription_response__init(m);
	m->state = state_reply(req, &c->loaded.rx, c->loaded.lines, c->loaded.line_count);
	m->fill_no = (uint32_t)c->loaded.rx.fills_done;
	m->flags = req->findings; /* what was refused is not answered here */
	m->n_flags = req->findings_count;
	return m->state == NULL ? NULL : &m->base;
}

void dispense_prescription_start(struct request *req)
{
	static const struct change_kind kind = {.read = dispense_read, .decide = dispense_decide,
		.reply = dispense_reply, .ask = dispense_ask};

	change_run_sized(req, &kind, sizeof(struct dispense));
}
