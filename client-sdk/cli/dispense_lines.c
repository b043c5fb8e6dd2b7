#include "client-sdk/cli/dispense_lines.h"

#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/line_wish.h"
#include "client-sdk/cli/say.h"

static struct dispense_line *line_of(struct dispense_lines *lines, size_t index)
{
	for (size_t i = 0; i < lines->count; i++) {
		if (lines->items[i].line.line_no == index + 1)
			return &lines->items[i];
	}
	return NULL;
}

static int line_add(struct dispense_lines *lines, const Rxcirc__V1__Prescription *rx, size_t index,
	int64_t quantity_e4, struct dispense_line **ret)
{
	struct dispense_line *item = &lines->items[lines->count];

	if (lines->count == DISPENSE_LINES_MAX || line_of(lines, index))
		return fail(EXIT_USAGE, "line %zu is named twice", "第 %zu 条重复", index + 1);
	rxcirc__v1__dispensed_line__init(&item->line);
	item->line.line_no = (uint32_t)index + 1;
	item->line.drug_code = rx->lines[index]->drug_code;
	item->line.quantity_e4 = quantity_e4;
	item->line.unit_price_e6 = rx->lines[index]->unit_price_e6;
	if (decimal_amount_fen(item->line.unit_price_e6, quantity_e4, &item->line.amount_fen) < 0 ||
		item->line.amount_fen > INT64_MAX - lines->total_fen)
		return fail(EXIT_USAGE, "the amount of line %zu is too large", "第 %zu 条金额过大",
			index + 1);
	lines->total_fen += item->line.amount_fen;
	lines->pointers[lines->count++] = &item->line;
	*ret = item;
	return 0;
}

static int line_wish(struct dispense_lines *lines, const Rxcirc__V1__Prescription *rx,
	const char *text)
{
	struct dispense_line *item = NULL;
	int64_t quantity_e4;
	size_t index = 0;
	char *rest = NULL;
	char *codes = NULL;
	int r = line_wish_cut("line", text, rx->n_lines, &index, &rest);

	if (r != 0)
		return r;
	r = line_wish_quantity(rest, &quantity_e4, &codes);
	if (r == 0)
		r = line_add(lines, rx, index, quantity_e4, &item);
	if (r != 0) {
		free(rest);
		return r;
	}
	item->texts[0] = rest;
	item->line.trace_codes = item->traces;
	return codes ? line_wish_codes(codes, item->traces, &item->line.n_trace_codes) : 0;
}

static int lot_wish(struct dispense_lines *lines, const Rxcirc__V1__Prescription *rx,
	const char *text)
{
	size_t index = 0;
	char *rest = NULL;
	int64_t day_ms;
	int r = line_wish_cut("lot", text, rx->n_lines, &index, &rest);

	if (r != 0)
		return r;
	struct dispense_line *item = line_of(lines, index);
	char *expiry = strchr(rest, '@');

	if (expiry)
		*expiry++ = '\0';
	if (!item || item->texts[1]) {
		free(rest);
		return fail(EXIT_USAGE, "--lot names line %zu, which is not dispensed or has its lot",
			"--lot 所指第 %zu 条未调配或已有批号", index + 1);
	}
	item->texts[1] = rest;
	item->line.lot_no = rest;
	if (!expiry)
		return 0;
	if (china_date_parse(expiry, &day_ms) < 0)
		return fail(EXIT_USAGE, "\"%.40s\" is not a date yyyy-MM-dd", "“%.40s”不是 yyyy-MM-dd 日期",
			expiry);
	item->line.expiry_date = expiry;
	return 0;
}

/* What is still owed of a line in the open round. */
static int64_t owed_e4(const Rxcirc__V1__Prescription *rx,
	const Rxcirc__V1__PrescriptionState *state, size_t index)
{
	for (size_t i = 0; i < state->n_lines; i++) {
		if (state->lines[i]->line_no == index + 1)
			return state->lines[i]->owed_e4;
	}
	return rx->lines[index]->quantity_e4;
}

/* A record says what was handed over; who hands over nothing rejects or releases. */
static int refusals_check(const struct dispense_lines *lines)
{
	if (lines->refusals.count > 0 && lines->count == 0)
		return fail(EXIT_USAGE, "every line is refused; reject the review or release the claim",
			"所有明细均拒配，请改为审方不通过或释放占用");
	for (size_t i = 0; i < lines->count; i++)
		if (line_refusals_has(&lines->refusals, lines->items[i].line.line_no - 1))
			return fail(EXIT_USAGE, "line %u is both handed over and refused",
				"第 %u 条不能既调配又拒配", lines->items[i].line.line_no);
	return 0;
}

static int wish_fill(struct dispense_lines *lines, const struct dispense_wish *wish,
	const Rxcirc__V1__Prescription *rx, const Rxcirc__V1__PrescriptionState *state)
{
	struct dispense_line *item;
	int r = line_refusals_fill(&lines->refusals, &wish->refusals, rx->n_lines);

	for (size_t i = 0; r == 0 && i < wish->lines.count; i++)
		r = line_wish(lines, rx, wish->lines.items[i]);
	for (size_t i = 0; r == 0 && wish->all && i < rx->n_lines; i++) {
		int64_t owed = line_of(lines, i) || line_refusals_has(&lines->refusals, i) ? 0 :
			owed_e4(rx, state, i);

		if (owed > 0)
			r = line_add(lines, rx, i, owed, &item);
	}
	/* nothing owed: ask for the whole again and let the platform judge, it knows better */
	bool nothing_owed = lines->count == 0 && lines->refusals.count == 0;

	if (r == 0)
		r = refusals_check(lines);

	for (size_t i = 0; r == 0 && nothing_owed && i < rx->n_lines; i++)
		r = line_add(lines, rx, i, rx->lines[i]->quantity_e4, &item);
	for (size_t i = 0; r == 0 && i < wish->lots.count; i++)
		r = lot_wish(lines, rx, wish->lots.items[i]);
	for (size_t i = 0; i < lines->count; i++)
		lines->items[i].line.split_pack = wish->split_pack;
	return r;
}

int dispense_lines_fill(struct dispense_lines *ret, const struct dispense_wish *wish,
	const Rxcirc__V1__Prescription *rx, const Rxcirc__V1__PrescriptionState *state)
{
	if (!wish->all && wish->lines.count == 0)
		return fail(EXIT_USAGE, "either --all or --line N=QTY is needed",
			"须指定 --all 或 --line 序号=数量");
	*ret = (struct dispense_lines){.items = calloc(DISPENSE_LINES_MAX, sizeof(*ret->items))};
	if (!ret->items)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	int r = wish_fill(ret, wish, rx, state);

	if (r != 0)
		dispense_lines_clear(ret);
	return r;
}

void dispense_lines_clear(struct dispense_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		free(lines->items[i].texts[0]);
		free(lines->items[i].texts[1]);
	}
	line_refusals_clear(&lines->refusals);
	free(lines->items);
	*lines = (struct dispense_lines){.items = NULL};
}
