/* The hashes of a proof, read and written. */
#include "proto/proof_lines.h"

#include "proto/lines.h"

static_assert((SHA256_LEN + 2) / 3 * 4 + 1 == 45, "a hash and its newline");

bool proof_lines_read(struct merkle_proof *ret, struct slice *rest)
{
	struct slice line;

	ret->count = 0;
	while (line_next(rest, &line)) {
		if (line.len == 0)
			return true;
		if (ret->count == MERKLE_PROOF_MAX || !line_hash(line, ret->hashes[ret->count].bytes))
			return false;
		ret->count++;
	}
	return false;
}

void proof_lines_put(struct writer *w, const struct merkle_proof *proof)
{
	if (proof->count > MERKLE_PROOF_MAX) {
		w->failed = true;
		return;
	}
	for (unsigned i = 0; i < proof->count; i++) {
		line_put_base64(w, slice_of(proof->hashes[i].bytes, SHA256_LEN));
		writer_text(w, "\n");
	}
	writer_text(w, "\n");
}
