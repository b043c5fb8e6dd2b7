#include "client-sdk/cli/return_lines.h"

#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/say.h"

/* What is left of one line of the hand-over. */
struct left {
	int64_t quantity_e4, amount_fen;
};

static const Rxcirc__V1__ReturnedLine *returned_of(const Rxcirc__V1__ReturnRecord *back,
	uint32_t line_no)
{
	for (size_t i = 0; i < back->n_lines; i++)
		if (back->lines[i]->line_no == line_no)
			return back->lines[i];
	return NULL;
}

static struct left left_of(const struct rx_handed *handed, const Rxcirc__V1__DispensedLine *line)
{
	struct left left = {line->quantity_e4, line->amount_fen};

	for (size_t i = 0; i < handed->returns_count; i++) {
		const Rxcirc__V1__ReturnedLine *back = returned_of(handed->returns[i], line->line_no);

		left.quantity_e4 -= back ? back->quantity_e4 : 0;
		left.amount_fen -= back ? back->amount_fen : 0;
	}
	return left;
}

static bool is_back(const struct rx_handed *handed, uint32_t line_no, const char *code)
{
	for (size_t i = 0; i < handed->returns_count; i++) {
		const Rxcirc__V1__ReturnedLine *back = returned_of(handed->returns[i], line_no);

		for (size_t k = 0; back && k < back->n_trace_codes; k++)
			if (strcmp(back->trace_codes[k], code) == 0)
				return true;
	}
	return false;
}

static void codes_take_left(struct return_line *item, const struct rx_handed *handed,
	const Rxcirc__V1__DispensedLine *line)
{
	item->line.n_trace_codes = 0;
	for (size_t i = 0; i < line->n_trace_codes && item->line.n_trace_codes < LINE_CODES_MAX; i++)
		if (!is_back(handed, line->line_no, line->trace_codes[i]))
			item->codes[item->line.n_trace_codes++] = line->trace_codes[i];
}

static int codes_check(const struct return_line *item, const Rxcirc__V1__DispensedLine *line)
{
	for (size_t i = 0; i < item->line.n_trace_codes; i++) {
		size_t k = 0;

		while (k < line->n_trace_codes && strcmp(line->trace_codes[k], item->codes[i]) != 0)
			k++;
		if (k == line->n_trace_codes)
			return fail(EXIT_USAGE, "\"%.100s\" is no trace code of line %u of that hand-over",
				"“%.100s”不是该次调配第 %u 条的追溯码", item->codes[i], line->line_no);
	}
	return 0;
}

static bool is_named(const struct return_lines *lines, uint32_t line_no)
{
	for (size_t i = 0; i < lines->count; i++)
		if (lines->items[i].line.line_no == line_no)
			return true;
	return false;
}

static int64_t worth_fen(const Rxcirc__V1__DispensedLine *line, struct left left,
	int64_t quantity_e4)
{
	int64_t fen;

	if (quantity_e4 == left.quantity_e4 ||
		decimal_amount_fen(line->unit_price_e6, quantity_e4, &fen) < 0)
		return left.amount_fen;
	return fen < left.amount_fen ? fen : left.amount_fen;
}

static int line_add(struct return_lines *lines, const struct rx_handed *handed,
	const Rxcirc__V1__DispensedLine *line, int64_t quantity_e4, struct return_line **ret)
{
	struct left left = left_of(handed, line);
	struct return_line *item = &lines->items[lines->count];

	if (lines->count == RETURN_LINES_MAX || is_named(lines, line->line_no))
		return fail(EXIT_USAGE, "line %u is named twice", "第 %u 条重复", line->line_no);
	if (quantity_e4 > left.quantity_e4)
		return fail(EXIT_USAGE, "of line %u less is left of that hand-over",
			"第 %u 条超过该次调配剩余数量", line->line_no);
	rxcirc__v1__returned_line__init(&item->line);
	item->line.line_no = line->line_no;
	item->line.drug_code = line->drug_code;
	item->line.quantity_e4 = quantity_e4;
	item->line.amount_fen = worth_fen(line, left, quantity_e4);
	item->line.trace_codes = item->codes;
	lines->total_fen += item->line.amount_fen; /* of amounts that were handed over: no overflow */
	if (quantity_e4 == left.quantity_e4)
		codes_take_left(item, handed, line);
	lines->pointers[lines->count++] = &item->line;
	*ret = item;
	return 0;
}

static const Rxcirc__V1__DispensedLine *handed_line(const struct rx_handed *handed, size_t index)
{
	for (size_t i = 0; i < handed->record->n_lines; i++)
		if (handed->record->lines[i]->line_no == index + 1)
			return handed->record->lines[i];
	return NULL;
}

static int line_wish(struct return_lines *lines, const struct rx_handed *handed, const char *text)
{
	const Rxcirc__V1__DispensedLine *line;
	struct return_line *item = NULL;
	int64_t quantity_e4;
	size_t index = 0;
	char *rest = NULL;
	char *codes = NULL;
	int r = line_wish_cut("line", text, RETURN_LINES_MAX, &index, &rest);

	if (r != 0)
		return r;
	line = handed_line(handed, index);
	if (!line)
		r = fail(EXIT_USAGE, "line %zu was not handed over then", "该次未调配第 %zu 条", index + 1);
	if (r == 0)
		r = line_wish_quantity(rest, &quantity_e4, &codes);
	if (r == 0)
		r = line_add(lines, handed, line, quantity_e4, &item);
	if (r != 0) {
		free(rest);
		return r;
	}
	item->text = rest;
	if (codes)
		r = line_wish_codes(codes, item->codes, &item->line.n_trace_codes);
	return r == 0 ? codes_check(item, line) : r;
}

static int wish_fill(struct return_lines *lines, const struct return_wish *wish,
	const struct rx_handed *handed)
{
	struct return_line *item;
	int r = 0;

	for (size_t i = 0; r == 0 && i < wish->lines.count; i++)
		r = line_wish(lines, handed, wish->lines.items[i]);
	for (size_t i = 0; r == 0 && wish->all && i < handed->record->n_lines; i++) {
		const Rxcirc__V1__DispensedLine *line = handed->record->lines[i];
		int64_t left_e4 = is_named(lines, line->line_no) ? 0 : left_of(handed, line).quantity_e4;

		if (left_e4 > 0)
			r = line_add(lines, handed, line, left_e4, &item);
	}
	if (r == 0 && lines->count == 0)
		r = fail(EXIT_USAGE, "nothing is left of that hand-over", "该次调配已无可退数量");
	return r;
}

int return_lines_fill(struct return_lines *ret, const struct return_wish *wish,
	const struct rx_handed *handed)
{
	*ret = (struct return_lines){.items = NULL};
	if (!wish->all && wish->lines.count == 0)
		return fail(EXIT_USAGE, "either --all or --line N=QTY is needed",
			"须指定 --all 或 --line 序号=数量");
	ret->items = calloc(RETURN_LINES_MAX, sizeof(*ret->items));
	if (!ret->items)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	return wish_fill(ret, wish, handed);
}

void return_lines_clear(struct return_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->items[i].text);
	free(lines->items);
	*lines = (struct return_lines){.items = NULL};
}
