#include "test/unit/trail/rounds.h"

#include <stdio.h>
#include <string.h>

#include "test/support/tap.h"

enum { WAIT_MS = 10 * 1000, LEAVES = 40 };

struct rounds bench;
struct member *const signer = &bench.council.signer, *const witnesses = bench.council.witnesses;

static bool is_starting;
static enum signing_outcome last;

static void on_done(enum signing_outcome outcome, void *arg)
{
	uint64_t again = bench.again;

	assert_ptr_equal(arg, &bench);
	assert_false(is_starting);
	bench.ends++;
	bench.again = 0;
	last = outcome;
	if (again > 0)
		signing_start(bench.signing, again);
}

int round_set_up(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	folder_make(bench.folder);
	bench.loop = loop_new();
	if (bench.loop == NULL || http_open(&bench.http, bench.loop) < 0)
		return -1;
	snprintf(bench.log_folder, sizeof(bench.log_folder), "%s", file_path(bench.folder, "log"));
	bench.tree = tree_of(bench.log_folder);
	tree_grow(bench.tree, LEAVES);
	return 0;
}

int round_tear_down(void **state)
{
	(void)state;
	http_close(bench.http);
	signing_close(bench.signing);
	council_close(&bench.council);
	tree_close(bench.tree);
	loop_free(bench.loop);
	folder_remove(bench.folder);
	return 0;
}

void round_begin_with(const char *quorum, int64_t signer_ms, int64_t witness_ms, int64_t grace_ms)
{
	struct signing_options options = {
		.loop = bench.loop,
		.http = bench.http,
		.tree = bench.tree,
		.policy = &bench.council.policy,
		.signer_ms = signer_ms,
		.witness_ms = witness_ms,
		.grace_ms = grace_ms,
		.done = on_done,
		.arg = &bench,
	};

	council_open(&bench.council, bench.loop, bench.folder, quorum);
	options.signer = council_socket(&bench.council);
	assert_int_equal(signing_open(&bench.signing, &options), 0);
}

void round_begin(const char *quorum)
{
	round_begin_with(quorum, PATIENCE_MS, PATIENCE_MS, GRACE_MS);
}

void round_start(uint64_t size)
{
	is_starting = true;
	signing_start(bench.signing, size);
	is_starting = false;
}

static bool has_ended(void *arg)
{
	return bench.ends >= *(const unsigned *)arg;
}

void round_await(enum signing_outcome outcome)
{
	bench.awaited++;
	assert_true(web_run(bench.loop, has_ended, &bench.awaited, WAIT_MS));
	if (last != outcome)
		fail_msg("ended as %d: %s", last, signing_why(bench.signing));
}

void round_sign(uint64_t size, enum signing_outcome outcome)
{
	round_start(size);
	round_await(outcome);
}

void round_in_vain(uint64_t size, enum signing_outcome outcome, const char *why)
{
	round_sign(size, outcome);
	if (strstr(signing_why(bench.signing), why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", signing_why(bench.signing), why);
}

static bool is_asked(void *arg)
{
	return ((const struct member *)arg)->asked > 0;
}

void await_question(struct member *m)
{
	m->asked = 0;
	assert_true(web_run(bench.loop, is_asked, m, WAIT_MS));
}

static bool has_cosigned(void *arg)
{
	return metric_value(&((const struct witness_metrics *)arg)->cosigned) > 0;
}

void await_cosignature(unsigned i)
{
	const struct witness_metrics *m = signing_witness(bench.signing, i);

	assert_true(web_run(bench.loop, has_cosigned, (void *)(uintptr_t)m, WAIT_MS));
}

void assert_note(uint64_t size, uint32_t cosigned)
{
	struct policy_verdict verdict;
	struct merkle_hash root;

	policy_judge(&bench.council.policy, signing_note(bench.signing), &verdict);
	if (verdict.log != 0)
		fail_msg("%s", verdict.problem);
	assert_int_equal(verdict.checkpoint.size, size);
	assert_string_equal(verdict.checkpoint.origin, COUNCIL_ORIGIN);
	root_of(size, &root);
	assert_memory_equal(verdict.checkpoint.root.bytes, root.bytes, sizeof(root.bytes));
	assert_int_equal(verdict.witnesses, cosigned);
}

void assert_witness(unsigned i, uint64_t size, unsigned cosigned, unsigned away, unsigned refused,
	bool is_up)
{
	const struct witness_metrics *m = signing_witness(bench.signing, i);

	assert_int_equal(metric_value(&m->size), size);
	assert_int_equal(metric_value(&m->cosigned), cosigned);
	assert_int_equal(metric_value(&m->away), away);
	assert_int_equal(metric_value(&m->refused), refused);
	assert_int_equal(metric_value(&m->is_up), is_up);
}
