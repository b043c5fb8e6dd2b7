#include "notary/witness_page.h"

#include <inttypes.h>

enum { LABEL_MAX = 2 * NOTE_NAME_MAX + 1 };

/* A name as it stands between quotes. */
static const char *label_of(char label[LABEL_MAX], const char *origin)
{
	char *at = label;

	for (; *origin != '\0'; origin++) {
		if (*origin == '"' || *origin == '\\')
			*at++ = '\\';
		*at++ = *origin;
	}
	*at = '\0';
	return label;
}

static void page_refusals(const struct notary_log *log, struct http_answer *a)
{
	char label[LABEL_MAX];

	for (unsigned v = VERDICT_SIGN + 1; v < VERDICT_NR; v++)
		if (log->answers[v] > 0)
			http_answer_say(a, "rxcirc_witness_refused_total{origin=\"%s\",reason=\"%s\"}"
				" %" PRIu64 "\n", label_of(label, log->origin),
				verdict_words((enum verdict)v)->word, log->answers[v]);
}

void witness_page(const struct witness *w, struct http_answer *a)
{
	char label[LABEL_MAX];

	a->type = "text/plain; version=0.0.4; charset=utf-8";
	http_answer_say(a, "# HELP rxcirc_witness_size Leaves of what was cosigned last.\n"
		"# TYPE rxcirc_witness_size gauge\n");
	for (unsigned i = 0; i < w->logs_count; i++)
		http_answer_say(a, "rxcirc_witness_size{origin=\"%s\"} %" PRIu64 "\n",
			label_of(label, w->logs[i].origin), memory_last(w->logs[i].memory)->size);
	http_answer_say(a, "# HELP rxcirc_witness_signed_total Cosignatures since the start.\n"
		"# TYPE rxcirc_witness_signed_total counter\n");
	for (unsigned i = 0; i < w->logs_count; i++)
		http_answer_say(a, "rxcirc_witness_signed_total{origin=\"%s\"} %" PRIu64 "\n",
			label_of(label, w->logs[i].origin), w->logs[i].answers[VERDICT_SIGN]);
	http_answer_say(a, "# HELP rxcirc_witness_refused_total Refusals since the start, by reason;"
		" without origin: of logs not known.\n"
		"# TYPE rxcirc_witness_refused_total counter\n");
	for (unsigned i = 0; i < w->logs_count; i++)
		page_refusals(&w->logs[i], a);
	page_refusals(&w->others, a);
}
