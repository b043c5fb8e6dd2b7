/* The head of an export: who vouches for its checkpoint, and whether the log only grew since the
 * checkpoints the auditor kept. */
#include <string.h>

#include "client-sdk/src/pb.h"
#include "client-sdk/src/trail_check.h"

static void tell_failed(rxc_trail_check *c, const char *kind, const char *why)
{
	finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_FAILED, .kind = kind}, "%s",
		why);
}

/* What a note says, whoever signed it. */
static bool checkpoint_read(struct slice bytes, struct checkpoint *ret)
{
	struct note note;

	return note_parse(&note, bytes) && checkpoint_parse(ret, note.text);
}

static void checkpoint_judge(rxc_trail_check *c, struct slice bytes)
{
	struct policy_verdict v;

	c->has_checkpoint = checkpoint_read(bytes, &c->checkpoint);
	if (!c->has_policy) {
		tell_failed(c, "checkpoint-unsigned",
			"no policy was given: nobody says whose signatures make the checkpoint believed");
		return;
	}
	policy_judge(&c->policy, bytes, &v);
	if (!v.accepted) {
		tell_failed(c, "checkpoint-unsigned", v.problem);
		return;
	}
	finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_HOLDS,
		.kind = "checkpoint-signed", .has_index = true, .index = v.checkpoint.size,
		.count = (unsigned)__builtin_popcount(v.witnesses)},
		"the checkpoint of %llu events is signed by the log %s and cosigned by %d witnesses, a "
		"quorum of the policy", (unsigned long long)v.checkpoint.size, v.checkpoint.origin,
		__builtin_popcount(v.witnesses));
}

/* ---- consistency ---- */

static bool hash_take(struct merkle_hash *ret, ProtobufCBinaryData data)
{
	if (data.len != SHA256_LEN)
		return false;
	memcpy(ret->bytes, data.data, SHA256_LEN);
	return true;
}

static bool hashes_take(struct merkle_hash *ret, size_t max, const ProtobufCBinaryData *data,
	size_t count)
{
	if (count > max)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!hash_take(&ret[i], data[i]))
			return false;
	return true;
}

static void tell_of_kept(rxc_trail_check *c, int verdict, const char *kind, uint64_t size,
	const char *text)
{
	finding_tell(&c->desk, &(struct rxc_finding){.verdict = verdict, .kind = kind,
		.has_index = true, .index = size}, "kept checkpoint of %llu events: %s",
		(unsigned long long)size, text);
}

/* The kept one, believed as far as the log's own signature goes. */
static bool kept_read(rxc_trail_check *c, const struct kept_checkpoint *kept,
	struct checkpoint *ret)
{
	struct slice bytes = slice_of(kept->note, kept->note_len);
	struct policy_verdict v = {.log = -1};

	if (!checkpoint_read(bytes, ret)) {
		tell_failed(c, "checkpoint-foreign", "a kept file is not a checkpoint");
		return false;
	}
	if (c->has_policy)
		policy_judge(&c->policy, bytes, &v);
	if (c->has_policy && v.log < 0) {
		tell_of_kept(c, RXC_FINDING_FAILED, "checkpoint-foreign", ret->size, v.problem);
		return false;
	}
	if (c->has_checkpoint && strcmp(ret->origin, c->checkpoint.origin) != 0) {
		tell_of_kept(c, RXC_FINDING_FAILED, "checkpoint-foreign", ret->size,
			"it is of another log");
		return false;
	}
	return true;
}

static const Rxcirc__V1__ExportConsistency *consistency_of(const Rxcirc__V1__ExportHead *head,
	uint64_t size)
{
	for (size_t i = 0; i < head->n_consistency; i++)
		if (head->consistency[i]->old_size == size)
			return head->consistency[i];
	return NULL;
}

static void kept_check(rxc_trail_check *c, const struct kept_checkpoint *kept)
{
	const Rxcirc__V1__ExportHead *head = (const void *)c->head;
	const Rxcirc__V1__ExportConsistency *given;
	struct merkle_proof proof = {.count = 0};
	struct checkpoint old;

	if (!c->has_checkpoint || !kept_read(c, kept, &old))
		return;
	if (old.size > c->checkpoint.size) {
		tell_of_kept(c, RXC_FINDING_FAILED, "checkpoint-newer", old.size,
			"it is newer than the export's: the export is an old one, or the log went back");
		return;
	}
	given = consistency_of(head, old.size);
	if (!given && old.size != 0 && old.size != c->checkpoint.size) {
		tell_of_kept(c, RXC_FINDING_FAILED, "consistency-missing", old.size,
			"the export brings no proof from it");
		return;
	}
	if (given && old.size != 0 && old.size != c->checkpoint.size)
		proof.count = (unsigned)given->n_hashes;
	if ((proof.count > 0 && !hashes_take(proof.hashes, MERKLE_PROOF_MAX, given->hashes,
			given->n_hashes)) ||
		!merkle_consistency_holds(old.size, &old.root, c->checkpoint.size, &c->checkpoint.root,
			&proof))
		tell_of_kept(c, RXC_FINDING_FAILED, "checkpoint-inconsistent", old.size,
			"the export's log is not a continuation of it: what it held was changed");
	else
		tell_of_kept(c, RXC_FINDING_HOLDS, "checkpoint-consistent", old.size,
			"the export's log continues it unchanged");
}

/* ---- a run's surroundings ---- */

static bool side_take(struct merkle_run *side, uint64_t begin, uint64_t end,
	const ProtobufCBinaryData *hashes, size_t count)
{
	if (count != merkle_run_width(begin, end) || !hashes_take(side->nodes, 2 * MERKLE_LEVELS,
			hashes, count))
		return false;
	side->begin = begin;
	side->end = end;
	side->count = (unsigned)count;
	return true;
}

static void run_take(rxc_trail_check *c, const Rxcirc__V1__ExportRun *run)
{
	c->is_run = true;
	c->run_until = run->until_index;
	leaf_run_init(&c->run, run->from_index);
	c->run_is_lost = !c->has_checkpoint || run->from_index > run->until_index ||
		run->until_index > c->checkpoint.size || c->checkpoint.size > MERKLE_SIZE_MAX ||
		!side_take(&c->left, 0, run->from_index, run->left, run->n_left) ||
		!side_take(&c->right, run->until_index, c->checkpoint.size, run->right, run->n_right);
	if (c->run_is_lost)
		tell_failed(c, "run-unproved",
			"the hashes beside the run do not fit it and the checkpoint");
}

int trail_head_take(rxc_trail_check *c, const Rxcirc__V1__ExportTrailResponse *page,
	struct rxc_error *err)
{
	c->head = pb_copy(&page->head->base);
	if (!c->head)
		return error_set_memory(err);
	checkpoint_judge(c, pb_slice(page->head->checkpoint));
	for (unsigned i = 0; i < c->kept_count; i++)
		kept_check(c, &c->kept[i]);
	if (page->run)
		run_take(c, page->run);
	return 0;
}

/* ---- the end ---- */

static bool run_leads_to_root(rxc_trail_check *c)
{
	struct merkle_hash root;

	leaf_run_close(&c->run, c->hasher);
	if (!merkle_run_join(&c->left, &c->run.run) || !merkle_run_join(&c->left, &c->right))
		return false;
	merkle_run_root(&c->left, &root);
	return merkle_hash_equal(&root, &c->checkpoint.root);
}

static void run_end(rxc_trail_check *c)
{
	uint64_t begin = c->run.run.begin, end = leaf_run_end(&c->run);

	if (c->run_is_lost)
		return; /* told already */
	if (end != c->run_until)
		finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_FAILED,
			.kind = "run-unproved", .has_index = true, .index = end},
			"the run ends at event %llu, not at %llu as it says", (unsigned long long)end,
			(unsigned long long)c->run_until);
	else if (!run_leads_to_root(c))
		finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_FAILED,
			.kind = "run-unproved", .has_index = true, .index = begin},
			"the events %llu to %llu do not lead to the checkpoint's root: at least one of them, "
			"or of the hashes beside them, is not the log's", (unsigned long long)begin,
			(unsigned long long)end - 1);
	else
		finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_HOLDS,
			.kind = "run-proved", .has_index = true, .index = begin, .count = end - begin},
			"all %llu events from %llu on stand in the log as they are here",
			(unsigned long long)(end - begin), (unsigned long long)begin);
}

void trail_head_end(rxc_trail_check *c)
{
	if (c->is_run)
		run_end(c);
	else if (c->unproved == 0 && c->has_checkpoint)
		finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_HOLDS,
			.kind = "events-proved", .count = c->events},
			"each of the %llu events stands in the log at its place",
			(unsigned long long)c->events);
}
