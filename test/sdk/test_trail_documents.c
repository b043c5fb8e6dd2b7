/* Documents of an export, checked: the ones the trail names, opened, and every signature. */
#include <stdlib.h>
#include <string.h>

#include "test/sdk/seen.h"
#include "test/support/tap.h"

static uint8_t altered[4096];

static void spoil_sealed(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	(void)page_no;
	for (size_t i = 0; i < page->n_documents; i++)
		if (page->documents[i]->seq == 3) {
			memcpy(altered, page->documents[i]->sealed.data, page->documents[i]->sealed.len);
			altered[50] ^= 1;
			page->documents[i]->sealed.data = altered;
		}
}

static void spoil_destroyed_sealed(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	spoil_sealed(page_no, page);
}

static uint8_t wrong_key[32];

static void spoil_key(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	(void)page_no;
	for (size_t i = 0; i < page->n_documents; i++)
		if (page->documents[i]->seq == 2)
			page->documents[i]->key.data = wrong_key;
}

static void spoil_one_key_away(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	(void)page_no;
	for (size_t i = 0; i < page->n_documents; i++)
		if (page->documents[i]->seq == 2)
			page->documents[i]->key.len = 0;
}

static void spoil_move(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	(void)page_no;
	for (size_t i = 0; i < page->n_documents; i++)
		if (page->documents[i]->seq == 3)
			page->documents[i]->seq = 2;
}

static void spoil_statements_away(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	(void)page_no;
	if (page->n_keys > 0)
		page->n_keys = 1;
}

static void spoil_statement(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	(void)page_no;
	if (page->n_keys > 0)
		page->keys[0]->signature.data[0] ^= 1;
}

static void spoiled_documents_are_found(void **state)
{
	static const struct {
		void (*spoil)(size_t page_no, Rxcirc__V1__ExportTrailResponse *page);
		bool destroyed;
		const char *kind, *reason;
	} cases[] = {
		{spoil_sealed, false, "document-unopened", ""},
		{spoil_sealed, false, "document-altered", ""},
		{spoil_destroyed_sealed, true, "document-altered", ""},
		{spoil_key, false, "document-unopened", ""},
		{spoil_one_key_away, false, "document-unverified", ""},
		{spoil_move, false, "document-unopened", ""},
		{spoil_statements_away, false, "document-unverified", "KEY_UNKNOWN"},
		{spoil_statement, false, "statement-refused", "STATEMENT_UNTRUSTED"},
		{spoil_statement, false, "document-unverified", "KEY_UNKNOWN"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct export_plan export = whole_export();
		struct seen seen;
		int at;

		export.spoil = cases[i].spoil;
		export.destroyed = cases[i].destroyed;
		check_plan(&export, &seen);
		if (cases[i].spoil == spoil_statement)
			bundle->key_statements[0]->signature.data[0] ^= 1; /* made whole again */
		at = assert_found(&seen, cases[i].kind, RXC_FINDING_FAILED);
		assert_string_equal(seen.reasons[at], cases[i].reason);
		assert_int_equal(seen_find(&seen, "documents-verified"), -1);
		assert_found(&seen, "run-proved", RXC_FINDING_HOLDS);
	}
}

static void documents_need_an_authority(void **state)
{
	struct export_plan export = whole_export();
	struct wire w = {0};
	struct seen seen;

	(void)state;
	export_draft(&export, &w);
	check_bytes(&w, 1 << 20, NULL, the_log.policy, &seen);
	assert_found(&seen, "documents-unchecked", RXC_FINDING_FAILED);
	wire_clear(&w);
}

/* The document of the second change comes although its event does not. */
static void spoil_event_away(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	(void)page_no;
	for (size_t i = 0; i + 1 < page->n_events; i++)
		if (page->events[i]->index == story.indexes[1]) {
			page->events[i]->leaf.len = 0;
			page->events[i]->leaf_hash =
				(ProtobufCBinaryData){32, the_log.leaves[story.indexes[1]].hash.bytes};
		}
}

static void a_document_without_its_event_is_told_as_unproven(void **state)
{
	struct export_plan export = filtered_export();
	struct seen seen;
	int at;

	(void)state;
	export.spoil = spoil_event_away;
	export.page_events = 0;
	check_plan(&export, &seen);
	assert_nothing_failed(&seen);
	at = assert_found(&seen, "document-unproven", RXC_FINDING_TOLD);
	assert_int_equal(seen.seqs[at], 2);
	assert_found(&seen, "documents-verified", RXC_FINDING_HOLDS);
}

/* What events say of their documents is remembered for so many while no document has come; a
 * document that comes later cannot be held against anything, and that is no proof. */
static void documents_that_come_too_late_are_not_believed(void **state)
{
	static const size_t counts[] = {65536, 65537};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;
		uint8_t id[16] = {1}, rx[16] = {0}, sha[32] = {2};
		struct draft_story late = story;
		struct log_draft log;
		struct wire w = {0};
		struct seen seen;

		log_draft_init(&log, "late.test");
		leaf.format = 1;
		leaf.event_id = (ProtobufCBinaryData){16, id};
		leaf.rx_id = (ProtobufCBinaryData){16, rx};
		leaf.rx_seq = 1;
		leaf.ciphertext_sha256 = (ProtobufCBinaryData){32, sha};
		for (size_t k = 0; k < counts[i]; k++) {
			memcpy(rx + 8, &k, sizeof(k));
			log_draft_add(&log, &leaf);
		}
		/* Somebody's document of the first change, with its last event's page. */
		late.events = late.count = 1;
		late.indexes[0] = counts[i] - 1;
		memset(late.rx_id, 0, sizeof(late.rx_id));
		export_draft(&(struct export_plan){.log = &log, .witnesses = 2, .until = log.count,
			.page_events = 300, .story = &late, .destroyed = true}, &w);
		check_bytes(&w, 1 << 20, plan.trust, log.policy, &seen);
		/* It is no document of any of them; only while they are remembered that is known. */
		if (counts[i] == 65536)
			assert_found(&seen, "document-altered", RXC_FINDING_FAILED);
		else
			assert_found(&seen, "document-unproven", RXC_FINDING_FAILED);
		wire_clear(&w);
		log_draft_clear(&log);
	}
}

/* What the keys say counts at the event's time. */
static void a_key_is_judged_when_the_event_happened(void **state)
{
	Rxcirc__V1__PrescriptionBundle *made;
	struct draft_story other_story;
	struct log_draft log;
	struct plan other;
	struct wire w = {0};
	struct seen seen;
	int at;

	(void)state;
	plan_init(&other);
	/* Revoked one second after the review was signed, when the platform had not received it. */
	plan_state_again(&other, PLAN_OTHER_PHARMACIST)->revoked_from_ms =
		other.rejection.reviewed_at_ms + 500;
	other.statements[other.statements_count - 1].message.stated_at_ms += 1000;
	made = plan_build(&other);
	assert_int_equal(rxc_verify_bundle(other.trust, made, NULL), 0);
	log_draft_init(&log, "key.test");
	draft_story_init(&other_story, &log, &other, made);
	export_draft(&(struct export_plan){.log = &log, .witnesses = 2, .until = log.count,
		.story = &other_story, .statements = made}, &w);
	check_bytes(&w, 1 << 20, other.trust, log.policy, &seen);
	at = assert_found(&seen, "document-unverified", RXC_FINDING_FAILED);
	assert_string_equal(seen.reasons[at], "KEY_REVOKED");
	wire_clear(&w);
	draft_story_clear(&other_story);
	log_draft_clear(&log);
	rxcirc__v1__prescription_bundle__free_unpacked(made, NULL);
	plan_clear(&other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(spoiled_documents_are_found),
		TEST(documents_need_an_authority),
		TEST(a_document_without_its_event_is_told_as_unproven),
		TEST(documents_that_come_too_late_are_not_believed),
		TEST(a_key_is_judged_when_the_event_happened),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("trail documents", tests, seen_begin, seen_end);
}
