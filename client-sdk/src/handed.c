#include "client-sdk/src/handed.h"

#include <string.h>

#define RETURN_KIND(name) RXCIRC__V1__RETURN_KIND__RETURN_KIND_##name

/* How often the whole quantity may be handed over. */
static uint32_t rounds_of(const Rxcirc__V1__Prescription *rx)
{
	return rx->repeat && rx->repeat->fills_max > 1 ? rx->repeat->fills_max : 1;
}

static bool is_twice(const Rxcirc__V1__DispenseRecord *d, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (d->lines[i]->line_no == d->lines[at]->line_no)
			return true;
	return false;
}

static const char *take_line(struct handed *h, const Rxcirc__V1__DispensedLine *line)
{
	const Rxcirc__V1__Prescription *rx = h->prescription;
	int64_t most, *out;

	if (line->line_no < 1 || line->line_no > rx->n_lines || line->line_no > RX_LINES_MAX)
		return "it hands over a line that was not prescribed";
	if (strcmp(line->drug_code, rx->lines[line->line_no - 1]->drug_code) != 0)
		return "it hands over another drug than the line's";
	out = &h->out_e4[line->line_no - 1];
	/* A prescription may name any number; one whose rounds do not fit was not made in earnest. */
	if (line->quantity_e4 <= 0 || __builtin_mul_overflow(rx->lines[line->line_no - 1]->quantity_e4,
		(int64_t)h->round, &most) || most - *out < line->quantity_e4)
		return "it hands over more than was owed";
	*out += line->quantity_e4;
	return NULL;
}

const char *handed_take_record(struct handed *h, const Rxcirc__V1__DispenseRecord *d)
{
	uint32_t round = d->round == 0 ? 1 : d->round;
	const char *why = NULL;

	if (d->fill_no != ++h->records_count)
		return "its number is not that of the next hand-over";
	if (round < h->round || round > rounds_of(h->prescription))
		return "it is of a round that was not open";
	h->round = round;
	for (size_t i = 0; i < d->n_lines && !why; i++)
		why = is_twice(d, i) ? "it hands over one line twice" : take_line(h, d->lines[i]);
	return why;
}

static const Rxcirc__V1__DispensedLine *line_of(const Rxcirc__V1__DispenseRecord *d,
	uint32_t line_no)
{
	for (size_t i = 0; i < d->n_lines; i++)
		if (d->lines[i]->line_no == line_no)
			return d->lines[i];
	return NULL;
}

static int64_t returned_of(const Rxcirc__V1__ReturnRecord *r, uint32_t line_no)
{
	for (size_t i = 0; i < r->n_lines; i++)
		if (r->lines[i]->line_no == line_no)
			return r->lines[i]->quantity_e4;
	return 0;
}

/* Of that hand-over's line not come back yet; each return before was held against it. */
static int64_t left_of(const struct handed *h, const Rxcirc__V1__DispenseRecord *d,
	const Rxcirc__V1__DispensedLine *line)
{
	int64_t left_e4 = line->quantity_e4;

	for (size_t i = 0; i < h->returns_count; i++)
		if (h->returns[i]->fill_no == d->fill_no)
			left_e4 -= returned_of(h->returns[i], line->line_no);
	return left_e4;
}

static const char *take_back(struct handed *h, const Rxcirc__V1__ReturnRecord *r, size_t at,
	const Rxcirc__V1__DispenseRecord *d)
{
	const Rxcirc__V1__ReturnedLine *back = r->lines[at];
	const Rxcirc__V1__DispensedLine *line = line_of(d, back->line_no);

	if (!line || strcmp(line->drug_code, back->drug_code) != 0)
		return "it takes back what that record did not hand over";
	for (size_t i = 0; i < at; i++)
		if (r->lines[i]->line_no == back->line_no)
			return "it takes back one line twice";
	if (back->quantity_e4 <= 0 || back->quantity_e4 > left_of(h, d, line))
		return "it takes back more than was left of that hand-over";
	if (r->kind == RETURN_KIND(REVERSAL))
		h->out_e4[back->line_no - 1] -= back->quantity_e4;
	return NULL;
}

const char *handed_take_return(struct handed *h, const Rxcirc__V1__ReturnRecord *r,
	const Rxcirc__V1__DispenseRecord *d)
{
	const char *why = NULL;

	if (r->return_no != h->returns_count + 1)
		return "its number is not that of the next return";
	if (r->kind != RETURN_KIND(RETURN) && r->kind != RETURN_KIND(REVERSAL))
		return "it is neither a return nor a reversal";
	for (size_t i = 0; i < r->n_lines && !why; i++)
		why = take_back(h, r, i, d);
	if (!why)
		h->returns[h->returns_count++] = r;
	return why;
}
