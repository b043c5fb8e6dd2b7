/* Proofs to be kept: read, written, and checked under a policy. */
#include "proto/tlog_proof.h"

#include <stdio.h>
#include <string.h>

#include "proto/lines.h"
#include "proto/proof_lines.h"
#include "proto/tile.h"

#define FIRST_LINE "c2sp.org/tlog-proof@v1\n"

static_assert(sizeof(FIRST_LINE) + sizeof("extra ") + (TILE_ENTRY_MAX + 2) / 3 * 4 +
	sizeof("index ") + LINE_DECIMAL_MAX + PROOF_LINES_MAX + NOTE_MAX <= TLOG_PROOF_MAX,
	"the longest proof fits");

size_t tlog_proof_format(char *out, size_t cap, const struct tlog_proof *p)
{
	struct writer w;

	writer_init(&w, (uint8_t *)out, cap < TLOG_PROOF_MAX ? cap : TLOG_PROOF_MAX);
	writer_text(&w, FIRST_LINE);
	if (p->extra.len > 0) {
		writer_text(&w, "extra ");
		line_put_base64(&w, p->extra);
		writer_text(&w, "\n");
	}
	writer_text(&w, "index ");
	line_put_decimal(&w, p->index);
	writer_text(&w, "\n");
	proof_lines_put(&w, &p->proof);
	writer_slice(&w, p->note);
	return w.failed ? 0 : w.used;
}

/* The line after the first: "extra", which is left out rather than empty, or "index" already. */
static bool extra_read(struct tlog_proof *p, struct slice *line, struct slice *rest,
	uint8_t *extra, size_t cap)
{
	size_t len;

	p->extra = slice_of(NULL, 0);
	if (!line_skip(line, "extra "))
		return true;
	if (!line_base64(*line, extra, cap, &len) || len == 0)
		return false;
	p->extra = slice_of(extra, len);
	return line_next(rest, line);
}

bool tlog_proof_parse(struct tlog_proof *ret, struct slice text, uint8_t *extra, size_t extra_cap)
{
	struct slice line;

	if (text.len > TLOG_PROOF_MAX || !line_skip(&text, FIRST_LINE) || !line_next(&text, &line) ||
		!extra_read(ret, &line, &text, extra, extra_cap))
		return false;
	if (!line_skip(&line, "index ") || !line_decimal(line, &ret->index) ||
		ret->index >= MERKLE_SIZE_MAX || !proof_lines_read(&ret->proof, &text))
		return false;
	ret->note = text;
	return text.len > 0 && text.len <= NOTE_MAX;
}

bool tlog_proof_holds(const struct tlog_proof *p, const struct merkle_hash *leaf,
	const struct policy *policy, char problem[POLICY_PROBLEM_MAX])
{
	struct policy_verdict v;

	policy_judge(policy, p->note, &v);
	memcpy(problem, v.problem, POLICY_PROBLEM_MAX);
	if (!v.accepted)
		return false;
	if (p->index >= v.checkpoint.size) {
		(void)snprintf(problem, POLICY_PROBLEM_MAX,
			"the leaf's place lies beyond the checkpoint's tree");
		return false;
	}
	if (!merkle_inclusion_holds(leaf, p->index, v.checkpoint.size, &p->proof,
			&v.checkpoint.root)) {
		(void)snprintf(problem, POLICY_PROBLEM_MAX,
			"the hashes do not lead from the leaf to the checkpoint's root");
		return false;
	}
	return true;
}
