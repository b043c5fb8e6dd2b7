/* The events of an export: their place in the log, and that each prescription's follow one
 * another. */
#include <string.h>

#include "client-sdk/src/pb.h"
#include "client-sdk/src/trail_check.h"

static void tell_of_event(rxc_trail_check *c, const char *kind, uint64_t index, const char *why)
{
	finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_FAILED, .kind = kind,
		.has_index = true, .index = index}, "event %llu: %s", (unsigned long long)index, why);
}

/* ---- place ---- */

static bool leaf_hash_of(rxc_trail_check *c, const Rxcirc__V1__ExportedEvent *event,
	struct merkle_hash *ret)
{
	if (event->leaf.len > 0) {
		hasher_leaf(c->hasher, pb_slice(event->leaf), ret);
		return true;
	}
	if (event->leaf_hash.len != SHA256_LEN)
		return false;
	memcpy(ret->bytes, event->leaf_hash.data, SHA256_LEN);
	return true;
}

static bool inclusion_holds(const rxc_trail_check *c, const Rxcirc__V1__ExportedEvent *event,
	const struct merkle_hash *hash)
{
	struct merkle_proof proof = {.count = (unsigned)event->n_proof};

	if (event->n_proof > MERKLE_PROOF_MAX || !c->has_checkpoint)
		return false;
	for (size_t i = 0; i < event->n_proof; i++) {
		if (event->proof[i].len != SHA256_LEN)
			return false;
		memcpy(proof.hashes[i].bytes, event->proof[i].data, SHA256_LEN);
	}
	return merkle_inclusion_holds(hash, event->index, c->checkpoint.size, &proof,
		&c->checkpoint.root);
}

static void place_check(rxc_trail_check *c, const Rxcirc__V1__ExportedEvent *event,
	const struct merkle_hash *hash)
{
	if (!c->is_run) {
		if (inclusion_holds(c, event, hash))
			return;
		c->unproved++;
		tell_of_event(c, "event-unproved", event->index,
			"its proof does not lead to the checkpoint's root");
		return;
	}
	if (c->run_is_lost)
		return;
	if (event->index != leaf_run_end(&c->run) || event->index >= c->run_until) {
		c->run_is_lost = true;
		tell_of_event(c, "run-unproved", event->index, "it is not the next one of the run");
		return;
	}
	leaf_run_add(&c->run, c->hasher, hash);
}

/* ---- chains ---- */

static void tell_of_chain(rxc_trail_check *c, const Rxcirc__V1__ExportedEvent *event,
	const Rxcirc__V1__EventLeaf *leaf, const char *kind, const char *why)
{
	c->broken++;
	finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_FAILED, .kind = kind,
		.has_index = true, .index = event->index, .rx_id = leaf->rx_id.data, .seq = leaf->rx_seq},
		"event %llu, change %llu of its prescription: %s", (unsigned long long)event->index,
		(unsigned long long)leaf->rx_seq, why);
}

/* Can events of a prescription be missing between two that are here?  Not in a run that shows
 * everything. */
static bool may_skip(const rxc_trail_check *c)
{
	return !c->is_run || c->withheld > 0;
}

static void gap_tell(rxc_trail_check *c, const Rxcirc__V1__ExportedEvent *event,
	const Rxcirc__V1__EventLeaf *leaf, const struct chain *chain)
{
	uint64_t missing = leaf->rx_seq - chain->seq - 1;

	c->missing += missing;
	if (c->gaps++ >= GAPS_TOLD_MAX)
		return;
	finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_TOLD, .kind = "chain-gap",
		.has_index = true, .index = event->index, .rx_id = chain->rx_id, .seq = leaf->rx_seq,
		.count = missing},
		"event %llu, change %llu of its prescription: the %llu changes before it are not in this "
		"export", (unsigned long long)event->index, (unsigned long long)leaf->rx_seq,
		(unsigned long long)missing);
}

/* The first of its prescription that is here. */
static void chain_begin(rxc_trail_check *c, const Rxcirc__V1__ExportedEvent *event,
	const Rxcirc__V1__EventLeaf *leaf)
{
	if (leaf->rx_seq == 1) {
		if (leaf->previous_leaf.len != 0)
			tell_of_chain(c, event, leaf, "chain-broken", "the first change names one before it");
		return;
	}
	if (leaf->previous_leaf.len != SHA256_LEN)
		tell_of_chain(c, event, leaf, "chain-broken", "it does not name the change before it");
	else if (c->is_run && c->run.run.begin == 0 && !may_skip(c))
		tell_of_chain(c, event, leaf, "chain-broken",
			"the changes before it are nowhere in the log");
	else
		c->begin_later++;
}

static void chain_go_on(rxc_trail_check *c, const Rxcirc__V1__ExportedEvent *event,
	const Rxcirc__V1__EventLeaf *leaf, const struct chain *chain)
{
	if (leaf->rx_seq <= chain->seq)
		tell_of_chain(c, event, leaf, "chain-repeated", "a change with that number, or a later "
			"one, stands before it");
	else if (leaf->rx_seq > chain->seq + 1 && may_skip(c))
		gap_tell(c, event, leaf, chain);
	else if (leaf->rx_seq > chain->seq + 1)
		tell_of_chain(c, event, leaf, "chain-broken",
			"changes before it are missing in the log");
	else if (!slice_equal(pb_slice(leaf->previous_leaf),
			slice_of(chain->head.bytes, SHA256_LEN)))
		tell_of_chain(c, event, leaf, "chain-broken",
			"it does not name the change that stands before it");
}

static int chain_take(rxc_trail_check *c, const Rxcirc__V1__ExportedEvent *event,
	const Rxcirc__V1__EventLeaf *leaf, const struct merkle_hash *hash, struct rxc_error *err)
{
	struct chain *chain;
	bool is_new;

	chain = map_put(&c->chains, leaf->rx_id.data, &is_new);
	if (!chain && c->chains.count == c->chains.count_max) {
		if (!c->chains_are_full)
			tell_of_event(c, "chain-broken", event->index,
				"there are more prescriptions than can be followed at once");
		c->chains_are_full = true;
		return 0;
	}
	if (!chain)
		return error_set_memory(err);
	if (is_new)
		chain_begin(c, event, leaf);
	else
		chain_go_on(c, event, leaf, chain);
	if (leaf->rx_seq > chain->seq) {
		chain->seq = leaf->rx_seq;
		chain->head = *hash;
	}
	return 0;
}

/* ---- one event ---- */

static bool leaf_is_formed(const Rxcirc__V1__EventLeaf *leaf)
{
	return (leaf->format == 1 || leaf->format == 2) && leaf->event_id.len == EVENT_ID_LEN &&
		(leaf->rx_id.len == RX_ID_LEN || (leaf->rx_id.len == 0 && leaf->rx_seq == 0)) &&
		(leaf->ciphertext_sha256.len == 0 || leaf->ciphertext_sha256.len == SHA256_LEN);
}

static int event_take(rxc_trail_check *c, const Rxcirc__V1__ExportedEvent *event,
	struct rxc_error *err)
{
	size_t mark = c->arena.used;
	const Rxcirc__V1__EventLeaf *leaf;
	struct merkle_hash hash;
	int r = 0;

	c->events++;
	if (!leaf_hash_of(c, event, &hash)) {
		c->unproved++;
		c->run_is_lost = true;
		tell_of_event(c, "leaf-malformed", event->index, "neither its bytes nor its hash are here");
		return 0;
	}
	place_check(c, event, &hash);
	c->withheld += event->leaf.len == 0;
	if (event->leaf.len == 0)
		return 0;
	leaf = page_arena_unpack(&c->arena, &rxcirc__v1__event_leaf__descriptor, pb_slice(event->leaf));
	if (!leaf || !leaf_is_formed(leaf)) {
		tell_of_event(c, "leaf-malformed", event->index, "its bytes are not those of an event");
	} else if (leaf->rx_seq > 0) {
		r = chain_take(c, event, leaf, &hash, err);
		if (r == 0 && leaf->ciphertext_sha256.len > 0)
			r = trail_documents_fact(c, leaf, err);
	}
	page_arena_reset(&c->arena, mark);
	return r;
}

int trail_events_take(rxc_trail_check *c, const Rxcirc__V1__ExportTrailResponse *page,
	struct rxc_error *err)
{
	for (size_t i = 0; i < page->n_events; i++)
		if (event_take(c, page->events[i], err) < 0)
			return err->code;
	return 0;
}

void trail_events_end(rxc_trail_check *c)
{
	if (c->withheld > 0)
		finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_TOLD,
			.kind = "event-withheld", .count = c->withheld},
			"%llu events are here by their hash only: outside the officer's scope",
			(unsigned long long)c->withheld);
	if (c->begin_later > 0)
		finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_TOLD,
			.kind = "chain-begins-later", .count = c->begin_later},
			"of %llu prescriptions the first changes are not in this export",
			(unsigned long long)c->begin_later);
	if (c->gaps > 0)
		finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_TOLD,
			.kind = "chain-gaps", .count = c->gaps},
			"in %llu places, %llu changes between those that are here are not in this export",
			(unsigned long long)c->gaps, (unsigned long long)c->missing);
	if (c->chains.count > 0 && c->broken == 0)
		finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_HOLDS,
			.kind = "chains-whole", .count = c->chains.count},
			"of %llu prescriptions each change names the one before it",
			(unsigned long long)c->chains.count);
}
