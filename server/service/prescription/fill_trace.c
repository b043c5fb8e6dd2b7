#include "service/prescription/fill_trace.h"

#include <string.h>

#include "crypto/digest.h"
#include "db/pg_value.h"
#include "domain/china_date.h"
#include "registry/registry.h"
#include "service/change.h"

enum { HERBAL_CLASS = 13 }; /* nat: rxItemTypeCode of herbal pieces, which carry no codes (C20) */

static enum status_reason code_fault(struct request *req, size_t line, size_t code,
	const char *english, const char *chinese)
{
	char *field = arena_printf(&req->arena, "lines[%zu].drug_trac_codg[%zu]", line, code);

	request_find(req, "TRACE", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE,
		field == NULL ? "drug_trac_codg" : field, "TJ2-23b", english, chinese);
	return STATUS_FIELD_INVALID;
}

static size_t record_codes(const Rxcirc__V1__DispenseRecord *record)
{
	size_t count = 0;

	for (size_t i = 0; i < record->n_lines; i++)
		count += record->lines[i]->n_trace_codes;
	return count;
}

/* Of the code's kept form: written in another way it is still the same pack. */
static bool is_marked(const struct fill_trace *t, const char *code)
{
	for (size_t i = 0; i < t->mark_count; i++)
		if (strcmp(t->marks[i].code, code) == 0)
			return true;
	return false;
}

static enum status_reason take_codes(struct request *req, const Rxcirc__V1__DispensedLine *line,
	size_t at, struct fill_trace *t)
{
	t->lines[at].codes = t->codes + t->mark_count;
	t->lines[at].code_count = line->n_trace_codes;
	for (size_t k = 0; k < line->n_trace_codes; k++) {
		struct trace_code *code = &t->codes[t->mark_count];

		if (!trace_code_read(line->trace_codes[k], code))
			return code_fault(req, at, k,
				"is no trace code: 20 digits beginning with 8, GS1 with GTIN and serial, or digits",
				"不是追溯码：须为 8 开头的 20 位数字、含 GTIN 与序列号的 GS1 码或企业自有数字码");
		if (is_marked(t, code->text))
			return code_fault(req, at, k, "the same code twice", "追溯码重复");
		t->marks[t->mark_count++] = (struct trace_mark){digest_trace_bucket(code->text), code->text,
			(int16_t)line->line_no, TRACE_WHOLE};
	}
	return STATUS_OK;
}

enum status_reason fill_trace_read(struct request *req, const Rxcirc__V1__DispenseRecord *record,
	struct fill_trace *ret)
{
	size_t count = record_codes(record);
	enum status_reason status = STATUS_OK;

	if (count > TRACE_RECORD_MAX) {
		request_find_field(req, "lines[].drug_trac_codg", "at most 400 trace codes a record",
			"每份调配记录追溯码不得超过 400 个");
		return STATUS_FIELD_INVALID;
	}
	ret->lines = arena_array(&req->arena, record->n_lines, sizeof(*ret->lines));
	ret->codes = arena_array(&req->arena, count + 1, sizeof(*ret->codes));
	ret->marks = arena_array(&req->arena, count + 1, sizeof(*ret->marks));
	ret->mark_count = 0;
	if (ret->lines == NULL || ret->codes == NULL || ret->marks == NULL)
		return STATUS_BUSY;
	for (size_t i = 0; i < record->n_lines && status == STATUS_OK; i++) {
		ret->lines[i] = (struct trace_line){.split = record->lines[i]->split_pack,
			.quantity_e4 = record->lines[i]->quantity_e4};
		status = take_codes(req, record->lines[i], i, ret);
	}
	return status;
}

int fill_trace_ask(struct request *req, struct fill_trace *t, struct pg_unit *unit)
{
	return t->mark_count == 0 ? 0 :
		store_trace_codes_load(unit, &req->arena, t->marks, t->mark_count);
}

/* Whether a drug code stands in the region's list, whole or by its beginning. */
static bool is_listed(const struct request *req, enum parameter_id list, const char *drug)
{
	const char *words = registry_text(req->registry, list, req->caller.region,
		req->received_at_ms);

	for (const char *at = words; *at != '\0';) {
		size_t n = strcspn(at, " ");

		if (n > 0 && strncmp(drug, at, n) == 0)
			return true;
		at += n;
		at += *at == ' ';
	}
	return false;
}

static enum trace_level level_of(const struct request *req, const char *drug)
{
	if (is_listed(req, PARAM_TRACE_REQUIRED_DRUGS, drug) ||
		registry_word(req->registry, PARAM_TRACE_LEVEL, req->caller.region, req->received_at_ms,
			"required"))
		return TRACE_LEVEL_REQUIRED;
	return registry_word(req->registry, PARAM_TRACE_LEVEL, req->caller.region,
		req->received_at_ms, "warn") ? TRACE_LEVEL_WARN : TRACE_LEVEL_OFF;
}

static bool is_exempt(const struct request *req, const char *drug)
{
	const struct code *code = registry_code(req->registry, CODE_DRUG, drug,
		req->received_at_ms);

	return (code != NULL && code->class_no == HERBAL_CLASS) ||
		is_listed(req, PARAM_TRACE_EXEMPT_DRUGS, drug);
}

/* Flags are part of the answer: t->exhausted when one could not be noted. */
static void find(struct request *req, struct fill_trace *t, size_t line, bool refuse,
	const char *english, const char *chinese)
{
	char *field = arena_printf(&req->arena, "lines[%zu].drug_trac_codg", line);
	size_t before = req->findings_count;

	request_find(req, "TRACE", refuse ? RXCIRC__V1__SEVERITY__SEVERITY_REFUSE :
		RXCIRC__V1__SEVERITY__SEVERITY_FLAG, field == NULL ? "drug_trac_codg" : field,
		"TJ2-23b C20 C21", english, chinese);
	if (field == NULL || (req->findings_count == before && before < FINDINGS_MAX))
		t->exhausted = true;
}

/* yyyymmdd */
static int32_t today_of(const struct request *req)
{
	struct china_date d = date_of_day(date_day_of(req->received_at_ms));

	return d.year * 10000 + d.month * 100 + d.day;
}

static bool judge_line(struct request *req, const Rxcirc__V1__DispensedLine *line, size_t at,
	struct fill_trace *trace)
{
	static const struct {
		const char *english, *chinese;
	} words[] = {
		[TRACE_MISSING] = {"no trace code was scanned", "未扫追溯码"},
		[TRACE_COUNT] = {"not as many trace codes as whole packs", "追溯码个数与整包装数量不符"},
		[TRACE_EXPIRED] = {"the code says the drug has expired", "追溯码显示药品已过有效期"},
		[TRACE_MIXED] = {"the codes name different drugs", "追溯码对应的药品不一致"},
	};
	struct trace_line *t = &trace->lines[at];
	enum trace_problem problem;
	bool refuse;

	t->level = level_of(req, line->drug_code);
	t->exempt = is_exempt(req, line->drug_code);
	t->today = today_of(req);
	problem = trace_judge_line(t, &refuse);
	if (problem != TRACE_OK)
		find(req, trace, at, refuse, words[problem].english, words[problem].chinese);
	return problem != TRACE_OK && refuse;
}

/* The ledger's answer per mark; none means never sold. */
static struct trace_sales *sales_of(struct request *req, const struct fill_trace *t)
{
	struct trace_sales *sales = arena_array(&req->arena, t->mark_count + 1, sizeof(*sales));

	if (sales == NULL)
		return NULL;
	memset(sales, 0, (t->mark_count + 1) * sizeof(*sales));
	for (int row = 0; t->mark_count > 0 && row < pg_rows(&req->unit, CHANGE_QUERY_OWN); row++) {
		size_t mark;
		struct trace_sales s = store_trace_code_read(&req->unit, CHANGE_QUERY_OWN, row, &mark);

		if (mark < t->mark_count)
			sales[mark] = s;
	}
	return sales;
}

enum status_reason fill_trace_decide(struct request *req,
	const Rxcirc__V1__DispenseRecord *record, struct fill_trace *t)
{
	struct trace_sales *sales = sales_of(req, t);
	bool invalid = false, sold = false;
	size_t mark = 0;

	t->exhausted = false;
	if (sales == NULL)
		return STATUS_BUSY;
	for (size_t i = 0; i < record->n_lines; i++) {
		bool repeated = false, refuse;

		invalid = judge_line(req, record->lines[i], i, t) || invalid;
		for (size_t k = 0; k < t->lines[i].code_count; k++, mark++) {
			t->marks[mark].mode = trace_judge_code(&t->lines[i], sales[mark], &refuse);
			repeated = repeated || t->marks[mark].mode == TRACE_FLAGGED;
			sold = sold || refuse;
		}
		if (repeated)
			find(req, t, i, t->lines[i].level == TRACE_LEVEL_REQUIRED,
				"a trace code of this line was sold before", "本行追溯码此前已有销售记录");
	}
	if (t->exhausted)
		return STATUS_BUSY;
	if (sold)
		return STATUS_TRACE_CODE_SOLD;
	return invalid ? STATUS_TRACE_CODE_INVALID : STATUS_OK;
}
