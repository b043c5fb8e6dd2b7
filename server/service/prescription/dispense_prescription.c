/* Pharmacy/DispensePrescription: hand over, exactly once, never more than is owed.
 *
 * The record names this claim's passed review; the guarded row, the fill and its lines, the
 * event and the answer are one statement, so under any concurrency one hand-over wins and the
 * others are told.
 */
#include <stdio.h>
#include <string.h>

#include "codec/pbmsg.h"
#include "proto/document.h"
#include "registry/registry.h"
#include "rules/fill.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/change.h"
#include "service/services.h"
#include "service/state_reply.h"

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

/* The record's lines as the rule wants them. */
static enum status_reason record_take_lines(struct request *req, struct change *c)
{
	const Rxcirc__V1__DispenseRecord *record = c->paper.body;
	struct fill_line *fills = arena_array(&req->arena, record->n_lines, sizeof(*fills));

	if (fills == NULL)
		return STATUS_BUSY;
	for (size_t i = 0; i < record->n_lines; i++) {
		const Rxcirc__V1__DispensedLine *line = record->lines[i];

		fills[i] = (struct fill_line){line->line_no, line->drug_code, line->quantity_e4,
			line->unit_price_e6, line->amount_fen};
	}
	c->fills = fills;
	c->fill_count = record->n_lines;
	c->total_fen = record->total_fen;
	return STATUS_OK;
}

static enum status_reason dispense_read(struct request *req, struct change *c)
{
	const struct paper_terms terms = {
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD, 1u << ROLE_PHARMACY_PHARMACIST,
		req->caller.code, &rxcirc__v1__dispense_record__descriptor};
	const Rxcirc__V1__DispensePrescriptionRequest *m;
	const Rxcirc__V1__DispenseRecord *record;
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
	status = paper_check_signer(req, &c->paper, record->pharmacist_code, record->dispensed_at_ms);
	return status == STATUS_OK ? record_take_lines(req, c) : status;
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
static void dispense_add(struct change *c)
{
	for (size_t i = 0; i < c->fill_count; i++)
		c->loaded.lines[c->fills[i].line_no - 1].dispensed_e4 += c->fills[i].quantity_e4;
	c->loaded.rx.fills_done++;
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

static enum status_reason dispense_decide(struct request *req, struct change *c)
{
	const Rxcirc__V1__DispensePrescriptionRequest *m = c->message;
	const Rxcirc__V1__DispenseRecord *record = c->paper.body;
	const Rxcirc__V1__SignedDocument *review;
	struct fill_decision d;
	enum status_reason status;

	d = fill_judge(c->loaded.lines, c->loaded.line_count, c->fills, c->fill_count, c->total_fen);
	status = change_apply_held(req, c, d.complete ? LIFE_DISPENSE_ALL : LIFE_DISPENSE_PART,
		m->fencing_token);
	if (status == STATUS_OK)
		status = fill_status(req, d);
	if (status == STATUS_OK)
		status = dispense_check_channel(req, record->channel);
	if (status != STATUS_OK)
		return status;
	if (record->fill_no != (uint32_t)c->loaded.rx.fills_done + 1)
		return record_field(req, "fill_no", "must be the number of fills done, plus one",
			"须为已配次数加一");
	review = bundle_newest(&c->loaded, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW);
	if (review == NULL || !document_is_named_by(review, record->pharmacy_review))
		return STATUS_DOCUMENT_CHAIN_BROKEN;
	c->event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_DISPENSED;
	dispense_add(c);
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
	return m->state == NULL ? NULL : &m->base;
}

static const struct change_kind dispense_kind = {dispense_read, dispense_decide, dispense_reply};

void dispense_prescription_start(struct request *req)
{
	change_run(req, &dispense_kind);
}
