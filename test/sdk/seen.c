#include "test/sdk/seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/support/tap.h"

enum { LOG_FILL = 700 };

struct log_draft the_log;
struct plan plan;
Rxcirc__V1__PrescriptionBundle *bundle;
struct draft_story story;

void on_finding_seen(const rxc_finding *f, void *user)
{
	struct seen *seen = user;
	size_t at = seen->count++;

	assert_true(at < SEEN_MAX);
	(void)snprintf(seen->kinds[at], sizeof(seen->kinds[at]), "%s", rxc_finding_kind(f));
	(void)snprintf(seen->reasons[at], sizeof(seen->reasons[at]), "%s", rxc_finding_reason(f));
	seen->verdicts[at] = rxc_finding_verdict(f);
	(void)rxc_finding_index(f, &seen->indexes[at]);
	seen->counts[at] = rxc_finding_count(f);
	seen->seqs[at] = rxc_finding_seq(f);
	assert_true(strlen(rxc_finding_message(f)) > 10);
	assert_true(rxc_finding_seq(f) == 0 || rxc_finding_rx_id(f));
}

const uint64_t *kept_sizes;
size_t kept_count;

void check_bytes(const struct wire *w, size_t piece, const rxc_trust *trust,
	const char *policy, struct seen *seen)
{
	rxc_trail_check *check;
	size_t fed = 0;

	*seen = (struct seen){.count = 0};
	assert_int_equal(rxc_trail_check_new(trust, on_finding_seen, seen, &check, NULL), 0);
	if (policy)
		assert_int_equal(rxc_trail_check_set_policy(check, policy, strlen(policy), NULL), 0);
	for (size_t i = 0; i < kept_count; i++) {
		struct wire note = {0};

		log_draft_checkpoint(&the_log, kept_sizes[i], 0, &note);
		assert_int_equal(rxc_trail_check_add_checkpoint(check, note.bytes, note.len, NULL), 0);
		wire_clear(&note);
	}
	while (fed < w->len) {
		size_t more = w->len - fed < piece ? w->len - fed : piece;

		assert_int_equal(rxc_trail_check_feed(check, w->bytes + fed, more, NULL), 0);
		fed += more;
	}
	assert_int_equal(rxc_trail_check_end(check, &seen->holds, NULL), 0);
	seen->events = rxc_trail_check_events(check);
	rxc_trail_check_free(check);
}

void check_plan(const struct export_plan *export, struct seen *seen)
{
	struct wire w = {0};

	export_draft(export, &w);
	check_bytes(&w, 1 << 20, plan.trust, the_log.policy, seen);
	wire_clear(&w);
}

int seen_find(const struct seen *seen, const char *kind)
{
	for (size_t i = 0; i < seen->count; i++)
		if (strcmp(seen->kinds[i], kind) == 0)
			return (int)i;
	return -1;
}

int assert_found(const struct seen *seen, const char *kind, int verdict)
{
	int at = seen_find(seen, kind);

	if (at < 0) {
		for (size_t i = 0; i < seen->count; i++)
			print_message("#   found %s (%d) %s\n", seen->kinds[i], seen->verdicts[i],
				seen->reasons[i]);
		fail_msg("\"%s\" was not found", kind);
	}
	assert_int_equal(seen->verdicts[at], verdict);
	assert_true(verdict != RXC_FINDING_FAILED || !seen->holds);
	return at;
}

void assert_nothing_failed(const struct seen *seen)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->verdicts[i] == RXC_FINDING_FAILED)
			fail_msg("%s %s", seen->kinds[i], seen->reasons[i]);
	assert_true(seen->holds);
}

struct export_plan whole_export(void)
{
	return (struct export_plan){.log = &the_log, .witnesses = 2, .until = the_log.count,
		.page_events = 100, .story = &story, .statements = bundle};
}

struct export_plan filtered_export(void)
{
	return (struct export_plan){.log = &the_log, .witnesses = 2, .indexes = story.indexes,
		.indexes_count = story.events, .page_events = 2, .story = &story, .statements = bundle};
}

int seen_begin(void **state)
{
	(void)state;
	plan_init(&plan);
	bundle = plan_build(&plan);
	log_draft_init(&the_log, "log.test");
	for (unsigned i = 0; i < LOG_FILL; i++) {
		log_draft_fill(&the_log, i);
		if (i == 350)
			draft_story_init(&story, &the_log, &plan, bundle);
	}
	return 0;
}

int seen_end(void **state)
{
	(void)state;
	draft_story_clear(&story);
	log_draft_clear(&the_log);
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	plan_clear(&plan);
	return 0;
}
