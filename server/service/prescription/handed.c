#include "service/prescription/handed.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"

enum { PACK_E4 = 10000 };

static enum status_reason open_body(struct request *req, const Rxcirc__V1__SignedDocument *doc,
	const ProtobufCMessageDescriptor *type, void *ret_message)
{
	int r = pbmsg_open(ret_message, type, &req->arena, pbmsg_bytes(doc->body));

	if (r < 0)
		return r == ERR_MEMORY ? STATUS_BUSY : STATUS_DATA_DAMAGED;
	return STATUS_OK;
}

static enum status_reason take_document(struct request *req,
	const Rxcirc__V1__SignedDocument *doc, uint32_t fill_no, struct handed *h)
{
	const Rxcirc__V1__DispenseRecord *record;
	enum status_reason status = STATUS_OK;

	if (doc->kind == RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_RETURN_RECORD) {
		status = open_body(req, doc, &rxcirc__v1__return_record__descriptor,
			&h->returns[h->returns_done]);
		h->returns_done += status == STATUS_OK;
	} else if (doc->kind == RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD) {
		status = open_body(req, doc, &rxcirc__v1__dispense_record__descriptor, &record);
		if (status == STATUS_OK && record->fill_no == fill_no) {
			h->document = doc;
			h->record = record;
		}
	}
	return status;
}

static void subtract(struct handed *h, const Rxcirc__V1__ReturnRecord *back)
{
	for (size_t i = 0; i < back->n_lines; i++) {
		for (size_t k = 0; k < h->line_count; k++) {
			if (h->lines[k].line.line_no != back->lines[i]->line_no)
				continue;
			h->lines[k].returned_e4 += back->lines[i]->quantity_e4;
			h->lines[k].returned_fen += back->lines[i]->amount_fen;
		}
	}
}

enum status_reason handed_read(struct request *req, const struct bundle *b, uint32_t fill_no,
	struct handed *ret)
{
	struct handed h = {.returns = arena_array(&req->arena, LATER_DOCUMENTS_MAX,
		sizeof(*h.returns))};
	enum status_reason status = h.returns == NULL ? STATUS_BUSY : STATUS_OK;

	for (size_t i = 0; i < b->later_count && status == STATUS_OK; i++)
		status = take_document(req, b->later[i], fill_no, &h);
	if (status != STATUS_OK)
		return status;
	if (h.record != NULL) {
		h.line_count = h.record->n_lines;
		h.lines = arena_array(&req->arena, h.line_count, sizeof(*h.lines));
		if (h.lines == NULL)
			return STATUS_BUSY;
		for (size_t i = 0; i < h.line_count; i++) {
			const Rxcirc__V1__DispensedLine *l = h.record->lines[i];

			h.lines[i] = (struct handed_line){{l->line_no, l->drug_code, l->quantity_e4,
				l->unit_price_e6, l->amount_fen}, 0, 0};
		}
		for (uint32_t i = 0; i < h.returns_done; i++)
			if (h.returns[i]->fill_no == fill_no)
				subtract(&h, h.returns[i]);
	}
	*ret = h;
	return STATUS_OK;
}

static const Rxcirc__V1__DispensedLine *line_of(const struct handed *h, uint32_t line_no)
{
	for (size_t i = 0; i < h->record->n_lines; i++)
		if (h->record->lines[i]->line_no == line_no)
			return h->record->lines[i];
	return NULL;
}

/* Codes are compared as they are kept: a GS1 string may come written in another way. */
static bool has_code(char *const *codes, size_t count, const char *kept)
{
	struct trace_code code;

	for (size_t i = 0; i < count; i++)
		if (trace_code_read(codes[i], &code) && strcmp(code.text, kept) == 0)
			return true;
	return false;
}

static bool is_back(const struct handed *h, uint32_t line_no, const char *kept)
{
	for (uint32_t n = 0; n < h->returns_done; n++) {
		const Rxcirc__V1__ReturnRecord *r = h->returns[n];

		if (r->fill_no != h->record->fill_no)
			continue;
		for (size_t i = 0; i < r->n_lines; i++)
			if (r->lines[i]->line_no == line_no &&
				has_code(r->lines[i]->trace_codes, r->lines[i]->n_trace_codes, kept))
				return true;
	}
	return false;
}

static enum status_reason codes_fault(struct request *req, size_t line, const char *english,
	const char *chinese)
{
	char *field = arena_printf(&req->arena, "lines[%zu].drug_trac_codg", line);

	request_find(req, "TRACE", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE,
		field == NULL ? "drug_trac_codg" : field, "C21", english, chinese);
	return STATUS_FIELD_INVALID;
}

/* How many of the line's codes are still with the person. */
static size_t codes_left(const struct handed *h, const Rxcirc__V1__DispensedLine *line)
{
	size_t left = 0;
	struct trace_code code;

	for (size_t i = 0; i < line->n_trace_codes; i++)
		left += trace_code_read(line->trace_codes[i], &code) &&
			!is_back(h, line->line_no, code.text);
	return left;
}

static bool is_last_of_line(const struct handed *h, const Rxcirc__V1__ReturnedLine *back)
{
	for (size_t i = 0; i < h->line_count; i++)
		if (h->lines[i].line.line_no == back->line_no)
			return h->lines[i].line.quantity_e4 - h->lines[i].returned_e4 == back->quantity_e4;
	return false;
}

/* Of whole packs a code each; out of split ones all that are left with the last of the line. */
static enum status_reason check_count(struct request *req, const struct handed *h, size_t at,
	const Rxcirc__V1__ReturnedLine *back)
{
	const Rxcirc__V1__DispensedLine *line = line_of(h, back->line_no);
	size_t left = codes_left(h, line);

	if (left == 0)
		return STATUS_OK;
	if (is_last_of_line(h, back) && back->n_trace_codes != left)
		return codes_fault(req, at, "with the last of a line all its codes come back",
			"全部退回时须退回全部追溯码");
	if (!line->split_pack && line->n_trace_codes * PACK_E4 == (size_t)line->quantity_e4 &&
		(int64_t)back->n_trace_codes * PACK_E4 != back->quantity_e4)
		return codes_fault(req, at, "of whole packs as many codes as packs",
			"整包装退回的追溯码个数须与数量一致");
	return STATUS_OK;
}

enum status_reason handed_take_codes(struct request *req, const struct handed *h,
	const Rxcirc__V1__ReturnRecord *record, struct stored_return *ret)
{
	struct trace_mark *marks = arena_array(&req->arena, TRACE_RECORD_MAX, sizeof(*marks));
	size_t count = 0;

	if (marks == NULL)
		return STATUS_BUSY;
	for (size_t i = 0; i < record->n_lines; i++) {
		const Rxcirc__V1__ReturnedLine *back = record->lines[i];
		const Rxcirc__V1__DispensedLine *line = line_of(h, back->line_no);
		enum status_reason status;

		for (size_t k = 0; k < back->n_trace_codes; k++) {
			struct trace_code *code = arena_alloc(&req->arena, sizeof(*code));

			if (code == NULL)
				return STATUS_BUSY;
			if (!trace_code_read(back->trace_codes[k], code) || count == TRACE_RECORD_MAX ||
				!has_code(line->trace_codes, line->n_trace_codes, code->text) ||
				is_back(h, back->line_no, code->text) ||
				has_code(back->trace_codes, k, code->text))
				return codes_fault(req, i, "is no code of that line that is still out",
					"不是该行尚未退回的追溯码");
			marks[count++] = (struct trace_mark){digest_trace_bucket(code->text), code->text,
				(int16_t)back->line_no, TRACE_WHOLE};
		}
		status = check_count(req, h, i, back);
		if (status != STATUS_OK)
			return status;
	}
	ret->codes = marks;
	ret->code_count = count;
	return STATUS_OK;
}
