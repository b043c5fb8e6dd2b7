/* Proofs to be kept, questions to witnesses, paths of tiles and bundles of leaves.  What parses is
 * written again as the same bytes; a proof holds for one leaf only. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "proto/tile.h"
#include "proto/tlog_proof.h"
#include "test/fuzz/log_keys.h"

static void check_holding(const struct tlog_proof *p)
{
	char problem[POLICY_PROBLEM_MAX];
	struct merkle_hash leaf;

	merkle_leaf_hash(&leaf, p->extra);

	bool holds = tlog_proof_holds(p, &leaf, log_policy(), problem);

	FUZZ_CHECK(holds == (problem[0] == '\0'));
	leaf.bytes[p->index % SHA256_LEN] ^= 1;
	FUZZ_CHECK(!tlog_proof_holds(p, &leaf, log_policy(), problem));
	FUZZ_CHECK(problem[0] != '\0');
}

static void check_proof(struct slice in)
{
	static uint8_t extra[TILE_ENTRY_MAX];
	static char again[TLOG_PROOF_MAX];
	struct tlog_proof p;

	if (!tlog_proof_parse(&p, in, extra, sizeof(extra)))
		return;
	FUZZ_CHECK(p.proof.count <= MERKLE_PROOF_MAX && p.index < MERKLE_SIZE_MAX);
	FUZZ_CHECK(slice_equal(slice_of(again, tlog_proof_format(again, sizeof(again), &p)), in));
	check_holding(&p);
}

static void check_question(struct slice in)
{
	static char again[CHECKPOINT_QUESTION_MAX];
	struct checkpoint_question q;

	if (!checkpoint_question_parse(&q, in))
		return;
	FUZZ_CHECK(q.proof.count <= MERKLE_PROOF_MAX && q.old_size <= MERKLE_SIZE_MAX);

	size_t len = checkpoint_question_format(again, sizeof(again), &q);

	FUZZ_CHECK(slice_equal(slice_of(again, len), in));
}

static void check_path(struct slice in)
{
	char path[TILE_PATH_MAX * 2], again[TILE_PATH_MAX];
	struct tile_id id;

	if (in.len >= sizeof(path) || (in.len > 0 && memchr(in.data, 0, in.len)))
		return;
	if (in.len > 0)
		memcpy(path, in.data, in.len);
	path[in.len] = '\0';
	if (!tile_path_parse(path, &id))
		return;
	FUZZ_CHECK(id.level >= TILE_LEVEL_ENTRIES && id.level <= TILE_LEVEL_MAX);
	FUZZ_CHECK(id.width >= 1 && id.width <= TILE_WIDTH);
	tile_path(again, &id);
	FUZZ_CHECK(strcmp(again, path) == 0);
}

static void check_bundle(struct slice in)
{
	uint8_t again[4096];
	struct reader r;
	struct slice leaf;
	struct writer w;

	if (in.len > sizeof(again))
		return;
	reader_init(&r, in);
	writer_init(&w, again, sizeof(again));
	while (tile_entry_next(&r, &leaf))
		tile_entry_put(&w, leaf);
	FUZZ_CHECK(!w.failed && w.used <= in.len);
	FUZZ_CHECK(w.used == 0 || memcmp(again, in.data, w.used) == 0);
	FUZZ_CHECK(r.failed == (w.used < in.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice in = slice_of(data, len);

	check_proof(in);
	check_question(in);
	check_path(in);
	check_bundle(in);
	return 0;
}
