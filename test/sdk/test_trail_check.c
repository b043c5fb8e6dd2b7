/* Exports of the trail, checked: what holds is told, and each way to spoil one is found. */
#include <stdlib.h>
#include <string.h>

#include "test/sdk/seen.h"
#include "test/support/tap.h"

/* ---- what is good ---- */

static void a_whole_run_with_its_documents_holds(void **state)
{
	struct export_plan export = whole_export();
	struct seen seen;
	int at;

	(void)state;
	check_plan(&export, &seen);
	assert_nothing_failed(&seen);
	assert_int_equal(seen.events, the_log.count);
	at = assert_found(&seen, "checkpoint-signed", RXC_FINDING_HOLDS);
	assert_int_equal(seen.counts[at], 2);
	at = assert_found(&seen, "run-proved", RXC_FINDING_HOLDS);
	assert_int_equal(seen.counts[at], the_log.count);
	at = assert_found(&seen, "chains-whole", RXC_FINDING_HOLDS);
	assert_int_equal(seen.counts[at], 1);
	at = assert_found(&seen, "documents-verified", RXC_FINDING_HOLDS);
	assert_int_equal(seen.counts[at], story.count);
}

static void any_run_holds_at_any_size(void **state)
{
	static const struct {
		uint64_t from, until, size;
	} runs[] = {{0, 1, 1}, {0, 256, 256}, {0, 255, 300}, {1, 2, 2}, {255, 257, 600},
		{256, 512, 700}, {3, 700, 701}, {511, 513, 513}, {699, 700, 700}, {300, 300 + 256, 699}};

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct export_plan export = {.log = &the_log, .witnesses = 2, .from = runs[i].from,
			.until = runs[i].until, .size = runs[i].size, .page_events = 37};
		struct seen seen;

		check_plan(&export, &seen);
		assert_nothing_failed(&seen);
		assert_found(&seen, "run-proved", RXC_FINDING_HOLDS);
	}
}

static void pieces_of_any_size_say_the_same(void **state)
{
	static const size_t pieces[] = {1, 7, 4096, 100000};
	struct export_plan export = whole_export();
	struct seen seen;
	struct wire w = {0};

	(void)state;
	export_draft(&export, &w);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		check_bytes(&w, pieces[i], plan.trust, the_log.policy, &seen);
		assert_nothing_failed(&seen);
		assert_int_equal(seen.events, the_log.count);
	}
	wire_clear(&w);
}

static void a_filtered_export_is_proved_event_by_event(void **state)
{
	struct export_plan export = filtered_export();
	struct seen seen;
	int at;

	(void)state;
	check_plan(&export, &seen);
	assert_nothing_failed(&seen);
	at = assert_found(&seen, "events-proved", RXC_FINDING_HOLDS);
	assert_int_equal(seen.counts[at], story.events);
	at = assert_found(&seen, "documents-verified", RXC_FINDING_HOLDS);
	assert_int_equal(seen.counts[at], story.count);
}

static void gaps_of_a_filter_are_told_and_are_no_failure(void **state)
{
	size_t some[] = {story.indexes[1], story.indexes[3]};
	struct export_plan export = filtered_export();
	struct seen seen;
	int at;

	(void)state;
	export.indexes = some;
	export.indexes_count = 2;
	export.story = NULL;
	check_plan(&export, &seen);
	assert_nothing_failed(&seen);
	at = assert_found(&seen, "chain-gap", RXC_FINDING_TOLD);
	assert_int_equal(seen.counts[at], 1);
	assert_int_equal(seen.seqs[at], 4);
	assert_found(&seen, "chain-begins-later", RXC_FINDING_TOLD);
}

static void an_empty_filtered_export_holds(void **state)
{
	struct export_plan export = filtered_export();
	struct seen seen;

	(void)state;
	export.indexes_count = 0;
	check_plan(&export, &seen);
	assert_nothing_failed(&seen);
	assert_int_equal(seen.events, 0);
}

static void withheld_events_count_by_their_hash(void **state)
{
	struct export_plan export = whole_export();
	struct seen seen;
	int at;

	(void)state;
	export.withheld_from = story.indexes[1];
	export.withheld_until = story.indexes[1] + 1;
	export.story = NULL;
	check_plan(&export, &seen);
	assert_nothing_failed(&seen);
	at = assert_found(&seen, "event-withheld", RXC_FINDING_TOLD);
	assert_int_equal(seen.counts[at], 1);
	assert_found(&seen, "chain-gap", RXC_FINDING_TOLD);
}

static void destroyed_documents_are_told_and_their_proof_holds(void **state)
{
	struct export_plan export = whole_export();
	struct seen seen;

	(void)state;
	export.destroyed = true;
	check_plan(&export, &seen);
	assert_nothing_failed(&seen);
	assert_found(&seen, "document-destroyed", RXC_FINDING_TOLD);
	assert_int_equal(seen_find(&seen, "documents-verified"), -1);
}

/* ---- the checkpoint ---- */

static void a_checkpoint_nobody_vouches_for_is_not_believed(void **state)
{
	struct export_plan export = whole_export();
	struct log_draft other;
	struct wire w = {0};
	struct seen seen;

	(void)state;
	export.witnesses = 1;
	check_plan(&export, &seen);
	assert_found(&seen, "checkpoint-unsigned", RXC_FINDING_FAILED);
	assert_found(&seen, "run-proved", RXC_FINDING_HOLDS); /* of that checkpoint */
	export.witnesses = 2;
	export_draft(&export, &w);
	check_bytes(&w, 1 << 20, plan.trust, NULL, &seen);
	assert_found(&seen, "checkpoint-unsigned", RXC_FINDING_FAILED);
	log_draft_init(&other, "log.test");
	check_bytes(&w, 1 << 20, plan.trust, other.policy, &seen);
	assert_found(&seen, "checkpoint-unsigned", RXC_FINDING_FAILED);
	log_draft_clear(&other);
	wire_clear(&w);
}

static void the_log_continues_what_the_auditor_kept(void **state)
{
	static const uint64_t sizes[] = {1, 256, 300, 701};
	struct export_plan export = whole_export();
	struct seen seen;
	unsigned count = 0;

	(void)state;
	kept_sizes = sizes;
	kept_count = 4;
	export.known_sizes = sizes;
	export.known_count = 4;
	check_plan(&export, &seen);
	kept_count = 0;
	assert_nothing_failed(&seen);
	for (size_t i = 0; i < seen.count; i++)
		count += strcmp(seen.kinds[i], "checkpoint-consistent") == 0;
	assert_int_equal(count, 4);
}

static void spoil_consistency(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	if (page_no == 0)
		page->head->consistency[0]->hashes[1].data[4] ^= 1;
}

static void a_fork_and_missing_proofs_are_found(void **state)
{
	static const uint64_t sizes[] = {300};
	struct export_plan export = whole_export();
	struct seen seen;
	int at;

	(void)state;
	kept_sizes = sizes;
	kept_count = 1;
	check_plan(&export, &seen);
	at = assert_found(&seen, "consistency-missing", RXC_FINDING_FAILED);
	assert_int_equal(seen.indexes[at], 300);
	export.known_sizes = sizes;
	export.known_count = 1;
	export.spoil = spoil_consistency;
	check_plan(&export, &seen);
	assert_found(&seen, "checkpoint-inconsistent", RXC_FINDING_FAILED);
	export.spoil = NULL;
	export.size = 200;
	export.until = 200;
	export.story = NULL;
	check_plan(&export, &seen);
	assert_found(&seen, "checkpoint-newer", RXC_FINDING_FAILED);
	kept_count = 0;
}

static void a_kept_checkpoint_of_another_log_is_refused(void **state)
{
	struct export_plan export = filtered_export();
	struct wire w = {0}, note = {0};
	rxc_trail_check *check;
	struct log_draft other;
	struct seen seen = {.count = 0};

	(void)state;
	log_draft_init(&other, "other.test");
	log_draft_fill(&other, 1);
	log_draft_checkpoint(&other, 1, 2, &note);
	export_draft(&export, &w);
	assert_int_equal(rxc_trail_check_new(plan.trust, on_finding_seen, &seen, &check, NULL), 0);
	assert_int_equal(rxc_trail_check_set_policy(check, "nonsense\n", 9, NULL), RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_trail_check_set_policy(check, the_log.policy, strlen(the_log.policy),
		NULL), 0);
	assert_int_equal(rxc_trail_check_add_checkpoint(check, note.bytes, note.len, NULL), 0);
	assert_int_equal(rxc_trail_check_add_checkpoint(check, "x", 1, NULL), 0);
	assert_int_equal(rxc_trail_check_feed(check, w.bytes, w.len, NULL), 0);
	assert_int_equal(rxc_trail_check_end(check, &seen.holds, NULL), 0);
	assert_found(&seen, "checkpoint-foreign", RXC_FINDING_FAILED);
	rxc_trail_check_free(check);
	log_draft_clear(&other);
	wire_clear(&note);
	wire_clear(&w);
}

static void kept_checkpoints_are_taken_up_to_the_limit(void **state)
{
	static uint8_t large[NOTE_MAX + 1];
	rxc_trail_check *check;

	(void)state;
	assert_int_equal(rxc_trail_check_new(NULL, NULL, NULL, &check, NULL), 0);
	assert_int_equal(rxc_trail_check_add_checkpoint(check, large, 0, NULL), RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_trail_check_add_checkpoint(check, large, NOTE_MAX + 1, NULL),
		RXC_ERR_ARGUMENT);
	for (int i = 0; i < 16; i++)
		assert_int_equal(rxc_trail_check_add_checkpoint(check, large, NOTE_MAX, NULL), 0);
	assert_int_equal(rxc_trail_check_add_checkpoint(check, large, 1, NULL), RXC_ERR_ARGUMENT);
	rxc_trail_check_free(check);
	rxc_trail_check_free(NULL);
}

/* ---- events ---- */

static uint64_t victim; /* the index that is spoiled */

static Rxcirc__V1__ExportedEvent *victim_of(Rxcirc__V1__ExportTrailResponse *page)
{
	for (size_t i = 0; i < page->n_events; i++)
		if (page->events[i]->index == victim)
			return page->events[i];
	return NULL;
}

static uint8_t altered[4096];

static void spoil_leaf(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	Rxcirc__V1__ExportedEvent *event = victim_of(page);

	(void)page_no;
	if (!event)
		return;
	memcpy(altered, event->leaf.data, event->leaf.len);
	altered[event->leaf.len - 1] ^= 1;
	event->leaf.data = altered;
}

static void spoil_order(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	Rxcirc__V1__ExportedEvent *first = page->events[0];

	(void)page_no;
	if (!victim_of(page))
		return;
	page->events[0] = page->events[1];
	page->events[1] = first;
}

static void spoil_proof(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	Rxcirc__V1__ExportedEvent *event = victim_of(page);

	(void)page_no;
	if (event)
		event->proof[2].data[0] ^= 1;
}

static void spoil_nothing_there(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	Rxcirc__V1__ExportedEvent *event = victim_of(page);

	(void)page_no;
	if (event)
		event->leaf.len = 0;
}

static void spoil_left(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	if (page_no == 0)
		page->run->left[0].data[9] ^= 1;
}

static void spoil_right_count(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	if (page_no == 0)
		page->run->n_right--;
}

static void an_altered_event_is_found_in_a_run_and_alone(void **state)
{
	struct export_plan export = whole_export();
	struct seen seen;
	int at;

	(void)state;
	victim = 456;
	export.story = NULL;
	export.spoil = spoil_leaf;
	check_plan(&export, &seen);
	assert_found(&seen, "run-unproved", RXC_FINDING_FAILED);
	export.spoil = spoil_order;
	check_plan(&export, &seen);
	at = assert_found(&seen, "run-unproved", RXC_FINDING_FAILED);
	assert_true(seen.indexes[at] == 400 || seen.indexes[at] == 401);
	export.spoil = spoil_nothing_there;
	check_plan(&export, &seen);
	at = assert_found(&seen, "leaf-malformed", RXC_FINDING_FAILED);
	assert_int_equal(seen.indexes[at], 456);
	export = filtered_export();
	victim = story.indexes[2];
	export.spoil = spoil_proof;
	check_plan(&export, &seen);
	at = assert_found(&seen, "event-unproved", RXC_FINDING_FAILED);
	assert_int_equal(seen.indexes[at], victim);
	assert_int_equal(seen_find(&seen, "events-proved"), -1);
}

static void the_hashes_beside_a_run_count(void **state)
{
	struct export_plan export = {.log = &the_log, .witnesses = 2, .from = 300, .until = 400};
	struct seen seen;

	(void)state;
	export.spoil = spoil_left;
	check_plan(&export, &seen);
	assert_found(&seen, "run-unproved", RXC_FINDING_FAILED);
	export.spoil = spoil_right_count;
	check_plan(&export, &seen);
	assert_found(&seen, "run-unproved", RXC_FINDING_FAILED);
}

/* A log that was wrong from the beginning: its tree holds, its chains do not. */
static void broken_chains_are_found_in_a_sound_tree(void **state)
{
	Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;
	static const struct {
		uint64_t seqs[3];
		bool right[3]; /* whether it names the one before it */
		const char *kind;
	} cases[] = {
		{{1, 2, 3}, {true, true, true}, NULL},
		{{1, 2, 3}, {true, true, false}, "chain-broken"},
		{{1, 3, 4}, {true, true, true}, "chain-broken"},
		{{1, 2, 2}, {true, true, true}, "chain-repeated"},
		{{1, 2, 1}, {true, true, true}, "chain-repeated"},
		{{2, 3, 4}, {true, true, true}, "chain-broken"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t id[16] = {1}, rx[16] = {9}, none[32] = {0};
		struct log_draft log;
		struct wire w = {0};
		struct seen seen;

		log_draft_init(&log, "chain.test");
		leaf.format = 1;
		leaf.event_id = (ProtobufCBinaryData){16, id};
		leaf.rx_id = (ProtobufCBinaryData){16, rx};
		for (size_t k = 0; k < 3; k++) {
			uint8_t *before =
				k > 0 && cases[i].right[k] ? log.leaves[k - 1].hash.bytes : none;

			leaf.rx_seq = cases[i].seqs[k];
			leaf.previous_leaf = (ProtobufCBinaryData){leaf.rx_seq > 1 ? 32 : 0, before};
			log_draft_add(&log, &leaf);
		}
		export_draft(&(struct export_plan){.log = &log, .witnesses = 2, .until = 3}, &w);
		check_bytes(&w, 1 << 20, NULL, log.policy, &seen);
		assert_found(&seen, "run-proved", RXC_FINDING_HOLDS);
		if (cases[i].kind)
			assert_found(&seen, cases[i].kind, RXC_FINDING_FAILED);
		else
			assert_nothing_failed(&seen);
		wire_clear(&w);
		log_draft_clear(&log);
	}
}

/* ---- the file ---- */

static void a_cut_or_mangled_file_is_found(void **state)
{
	struct export_plan export = whole_export();
	struct wire w = {0}, spoiled = {0};
	struct seen seen;

	(void)state;
	export_draft(&export, &w);
	for (size_t cut = 0; cut < w.len; cut += w.len / 23 + 1) {
		struct wire part = {w.bytes, cut};

		check_bytes(&part, 1 << 20, plan.trust, the_log.policy, &seen);
		assert_false(seen.holds);
		assert_found(&seen, "export-cut", RXC_FINDING_FAILED);
	}
	wire_put(&spoiled, "rxcirc-trail-export-v2\n", 23);
	check_bytes(&spoiled, 3, plan.trust, the_log.policy, &seen);
	assert_found(&seen, "export-malformed", RXC_FINDING_FAILED);
	spoiled.len = 0;
	wire_put(&spoiled, w.bytes, w.len);
	wire_put(&spoiled, w.bytes + strlen(RXC_EXPORT_FIRST_LINE), 5000);
	check_bytes(&spoiled, 1 << 20, plan.trust, the_log.policy, &seen);
	assert_false(seen.holds); /* pages behind the last one */
	spoiled.len = 0;
	wire_put(&spoiled, RXC_EXPORT_FIRST_LINE "\xff\xff\xff\xff\xff", 28);
	check_bytes(&spoiled, 1 << 20, plan.trust, the_log.policy, &seen);
	assert_found(&seen, "export-malformed", RXC_FINDING_FAILED);
	wire_clear(&spoiled);
	wire_clear(&w);
}

/* No flipped bit does any harm; where one changes nothing that counts, the proof still leads up. */
static void flipped_bits_do_no_harm(void **state)
{
	struct export_plan export = whole_export();
	struct wire w = {0};
	struct seen seen;

	(void)state;
	export.page_events = 0;
	export.story = NULL;
	export.statements = NULL;
	export.from = 256;
	export.until = 300;
	export_draft(&export, &w);
	for (size_t at = 0; at < w.len; at += 13) {
		w.bytes[at] ^= 4;
		check_bytes(&w, 1 << 20, plan.trust, the_log.policy, &seen);
		w.bytes[at] ^= 4;
		if (seen.holds)
			assert_found(&seen, "run-proved", RXC_FINDING_HOLDS);
	}
	wire_clear(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_whole_run_with_its_documents_holds),
		TEST(any_run_holds_at_any_size),
		TEST(pieces_of_any_size_say_the_same),
		TEST(a_filtered_export_is_proved_event_by_event),
		TEST(gaps_of_a_filter_are_told_and_are_no_failure),
		TEST(an_empty_filtered_export_holds),
		TEST(withheld_events_count_by_their_hash),
		TEST(destroyed_documents_are_told_and_their_proof_holds),
		TEST(a_checkpoint_nobody_vouches_for_is_not_believed),
		TEST(the_log_continues_what_the_auditor_kept),
		TEST(a_fork_and_missing_proofs_are_found),
		TEST(a_kept_checkpoint_of_another_log_is_refused),
		TEST(kept_checkpoints_are_taken_up_to_the_limit),
		TEST(an_altered_event_is_found_in_a_run_and_alone),
		TEST(the_hashes_beside_a_run_count),
		TEST(broken_chains_are_found_in_a_sound_tree),
		TEST(a_cut_or_mangled_file_is_found),
		TEST(flipped_bits_do_no_harm),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("trail check", tests, seen_begin, seen_end);
}
