#include "client-sdk/cli/findings.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void findings_clear(struct findings *findings)
{
	free(findings->items);
	*findings = (struct findings){.items = NULL};
}

/* A fresh one at the end, or NULL when there is no room. */
static struct finding *findings_grow(struct findings *findings, bool refuse)
{
	findings->refused += refuse;
	if (!findings->items)
		findings->items = calloc(FINDINGS_LOCAL_MAX, sizeof(*findings->items));
	if (!findings->items || findings->count == FINDINGS_LOCAL_MAX) {
		findings->lost++;
		return NULL;
	}
	struct finding *fresh = &findings->items[findings->count++];

	fresh->refuse = refuse;
	return fresh;
}

static void text_set(char *into, size_t size, const char *text)
{
	size_t len = strnlen(text, size - 1);

	/* do not cut a character in two */
	while (len > 0 && text[len] != '\0' && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	memcpy(into, text, len);
	into[len] = '\0';
}

void findings_add(struct findings *findings, bool refuse, const char *rule, const char *field,
	const char *source, const char *en, const char *zh, ...)
{
	struct finding *fresh = findings_grow(findings, refuse);
	va_list args;

	if (!fresh)
		return;
	text_set(fresh->rule, sizeof(fresh->rule), rule);
	text_set(fresh->field, sizeof(fresh->field), field);
	text_set(fresh->source, sizeof(fresh->source), source);
	va_start(args, zh);
	vsnprintf(fresh->message, sizeof(fresh->message), en, args);
	va_end(args);
	va_start(args, zh);
	vsnprintf(fresh->message_zh, sizeof(fresh->message_zh), zh, args);
	va_end(args);
}

void findings_add_all(struct findings *findings, Rxcirc__V1__Finding *const *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool refuse = items[i]->severity != RXCIRC__V1__SEVERITY__SEVERITY_FLAG;
		struct finding *fresh = findings_grow(findings, refuse);

		if (!fresh)
			continue;
		text_set(fresh->rule, sizeof(fresh->rule), items[i]->rule);
		text_set(fresh->field, sizeof(fresh->field), items[i]->field);
		text_set(fresh->source, sizeof(fresh->source), items[i]->source);
		text_set(fresh->message, sizeof(fresh->message), items[i]->message);
		text_set(fresh->message_zh, sizeof(fresh->message_zh), items[i]->message_zh);
	}
}

void findings_print(const struct findings *findings, FILE *stream)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];
		const char *severity = f->refuse ? say_pick("refused", "拒收") : say_pick("flag", "提示");
		const char *message = say_pick(f->message, f->message_zh);

		fprintf(stream, "%3zu. [%s] %s  %s\n     %s\n", i + 1, severity, f->rule, f->field,
			*message ? message : f->message);
		if (f->source[0])
			fprintf(stream, "     %s%s\n", say_pick("source: ", "依据："), f->source);
	}
	if (findings->lost)
		fprintf(stream, "     %s %zu\n", say_pick("not shown:", "未列出："), findings->lost);
}

json_t *findings_json(const struct findings *findings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "rule", f->rule,
			"severity", f->refuse ? "refuse" : "flag", "field", f->field, "source", f->source,
			"message", f->message, "message_zh", f->message_zh));
	}
	return list;
}
