#include "client-sdk/cli/line_refusals.h"

#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/line_wish.h"
#include "client-sdk/cli/say.h"
#include "client-sdk/cli/utf8.h"

#define REFUSAL(name) RXCIRC__V1__LINE_REFUSAL__LINE_REFUSAL_##name

static const struct {
	const char *word;
	Rxcirc__V1__LineRefusal refusal;
	bool needs_reason;
} kinds[] = {
	{"out-of-stock", REFUSAL(OUT_OF_STOCK), false},
	{"pharmacist", REFUSAL(PHARMACIST), true},
	{"person", REFUSAL(PERSON), false},
	{"quality", REFUSAL(QUALITY), false},
	{"other", REFUSAL(OTHER), true},
};

static int refusal_take(Rxcirc__V1__RefusedLine *line, char *text)
{
	char *reason = strchr(text, ':');

	if (reason)
		*reason++ = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].word, text) != 0)
			continue;
		if (kinds[i].needs_reason && (!reason || !reason[0]))
			return fail(EXIT_USAGE, "--refuse N=%s:REASON needs the reason",
				"--refuse 序号=%s:原因 须写明原因", text);
		if (reason && utf8_length(reason) > REFUSAL_REASON_MAX)
			return fail(EXIT_USAGE, "the reason has more than %d characters",
				"原因超过 %d 个字符", REFUSAL_REASON_MAX);
		line->refusal = kinds[i].refusal;
		if (reason)
			line->reason = reason;
		return 0;
	}
	return fail(EXIT_USAGE,
		"\"%.40s\" is none of out-of-stock, pharmacist, person, quality, other",
		"“%.40s”不是 out-of-stock、pharmacist、person、quality、other 之一", text);
}

int line_refusals_fill(struct line_refusals *ret, const struct arg_list *wishes, size_t line_count)
{
	*ret = (struct line_refusals){.count = 0};
	for (size_t i = 0; i < wishes->count && i < LINE_REFUSALS_MAX; i++) {
		Rxcirc__V1__RefusedLine *line = &ret->items[i];
		size_t index = 0;
		int r = line_wish_cut("refuse", wishes->items[i], line_count, &index, &ret->texts[i]);

		if (r != 0)
			return r;
		if (line_refusals_has(ret, index)) {
			free(ret->texts[i]);
			return fail(EXIT_USAGE, "line %zu is named twice", "第 %zu 条重复", index + 1);
		}
		rxcirc__v1__refused_line__init(line);
		line->line_no = (uint32_t)index + 1;
		ret->pointers[ret->count++] = line;
		r = refusal_take(line, ret->texts[i]);
		if (r != 0)
			return r;
	}
	return 0;
}

void line_refusals_clear(struct line_refusals *refusals)
{
	for (size_t i = 0; i < refusals->count; i++)
		free(refusals->texts[i]);
	refusals->count = 0;
}

bool line_refusals_has(const struct line_refusals *refusals, size_t index)
{
	for (size_t i = 0; i < refusals->count; i++)
		if (refusals->items[i].line_no == index + 1)
			return true;
	return false;
}
