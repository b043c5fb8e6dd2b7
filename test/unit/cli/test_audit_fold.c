/* The fold of a log and its comparison with rows of prescriptions: hand-made leaves, hand-made
 * rows. */
#include <string.h>

#include "test/support/tap.h"
#include "test/unit/cli/audit_draft.h"

enum { LEAF_MAX = 1024 };

static uint8_t person_free[16] = {9};

/* Uploaded, claimed, reviewed, partly dispensed: four changes, three documents. */
static void usual_story(void)
{
	change(EVENT(UPLOADED), "H14010500321", 1, 1, 1, false, 0xd1);
	change(EVENT(CLAIMED), PHARMACY, 1, 1, 1, true, 0);
	change(EVENT(REVIEW_PASSED), PHARMACY, 1, 2, 1, true, 0xd3);
	change(EVENT(DISPENSED), PHARMACY, 1, 2, 2, true, 0xd4);
}

/* The row that goes with it, to be spoiled. */
static struct {
	Rxcirc__V1__AuditedState message;
	Rxcirc__V1__StateWord word;
	Rxcirc__V1__AuditedDocument documents[4], *list[4];
	uint8_t sha[4][32];
	struct merkle_hash head;
} row;

static void row_document(unsigned at, uint64_t number, Rxcirc__V1__DocumentKind kind, uint8_t fill)
{
	rxcirc__v1__audited_document__init(&row.documents[at]);
	memset(row.sha[at], fill, 32);
	row.documents[at].seq = number;
	row.documents[at].kind = kind;
	row.documents[at].sealed_sha256 = data_of(row.sha[at], 32);
	row.list[at] = &row.documents[at];
}

static void row_make(void)
{
	rxcirc__v1__audited_state__init(&row.message);
	rxcirc__v1__state_word__init(&row.word);
	row.head = draft.head;
	row.message.rx_id = data_of(draft.rx, sizeof(draft.rx));
	row.message.version = draft.seq;
	row.message.head_leaf = data_of(row.head.bytes, 32);
	row.word.validity = draft.v;
	row.word.review = draft.r;
	row.word.use = draft.u;
	row.word.held = draft.held;
	row.message.state = &row.word;
	row.message.holder_code = (char *)(uintptr_t)(draft.held ? PHARMACY : "");
	row.message.row_is_sealed = true;
	row.message.has_key = true;
	row_document(0, 1, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION, 0xd1);
	row_document(1, 3, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW, 0xd3);
	row_document(2, 4, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD, 0xd4);
	row.message.documents = row.list;
	row.message.n_documents = 3;
}

static void compare(void)
{
	assert_int_equal(audit_compare_state(&fold, &row.message), 0);
	audit_compare_end(&fold, fold.size, fold.size);
}

/* ---- states ---- */

static void what_follows_from_the_log_agrees(void **state)
{
	(void)state;
	begin(0);
	usual_story();
	row_make();
	compare();
	assert_agrees();
	end();
}

static void spoil_version(void) { row.message.version--; }
static void spoil_head(void) { row.head.bytes[3] ^= 1; }
static void spoil_use(void) { row.word.use = 3; }
static void spoil_review(void) { row.word.review = 1; }
static void spoil_validity(void) { row.word.validity = 2; }
static void spoil_held(void)
{
	row.word.held = false;
	row.message.holder_code = (char *)(uintptr_t)"";
}
static void spoil_holder(void) { row.message.holder_code = (char *)(uintptr_t)OTHER; }
static void spoil_seal(void) { row.message.row_is_sealed = false; }
static void spoil_key(void) { row.message.has_key = false; }
static void spoil_document(void) { row.sha[1][0] ^= 1; }
static void spoil_kind(void) { row.documents[1].kind = 4; }
static void spoil_away(void) { row.message.n_documents = 2; }
static void spoil_more(void)
{
	row_document(3, 2, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_REVOCATION, 0xee);
	row.message.n_documents = 4;
}

static void each_altered_field_of_a_row_is_found(void **state)
{
	static const struct {
		void (*spoil)(void);
		const char *kind;
		uint64_t number;
	} cases[] = {
		{spoil_version, "state-altered", 4}, {spoil_head, "state-altered", 4},
		{spoil_use, "state-altered", 4}, {spoil_review, "state-altered", 4},
		{spoil_validity, "state-altered", 4}, {spoil_held, "state-altered", 4},
		{spoil_holder, "state-altered", 4}, {spoil_seal, "state-altered", 4},
		{spoil_key, "key-missing", 0}, {spoil_document, "document-altered", 3},
		{spoil_kind, "document-altered", 3}, {spoil_away, "document-missing", 4},
		{spoil_more, "unlogged", 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(0);
		usual_story();
		row_make();
		cases[i].spoil();
		compare();
		assert_told(cases[i].kind);
		assert_int_equal(told.seqs[0], cases[i].number);
		assert_true(told.expected[0][0] && told.found[0][0]);
		end();
	}
}

static void missing_and_foreign_rows_are_found(void **state)
{
	(void)state;
	begin(0);
	usual_story();
	audit_compare_end(&fold, fold.size, fold.size);
	assert_told("state-missing");
	end();
	begin(0);
	usual_story();
	row_make();
	assert_int_equal(audit_compare_state(&fold, &row.message), 0);
	row.message.rx_id = data_of(person_free, sizeof(person_free));
	compare();
	assert_told("state-unknown");
	end();
}

static void a_prescription_that_comes_during_the_audit_is_no_alarm(void **state)
{
	uint64_t size;

	(void)state;
	begin(0);
	usual_story();
	row_make();
	size = fold.size; /* the states are read now */
	assert_int_equal(audit_compare_state(&fold, &row.message), 0);
	draft.rx[5] ^= 1;
	draft.seq = 0;
	change(EVENT(UPLOADED), "H14010500321", 1, 1, 1, false, 0xd9);
	audit_compare_end(&fold, size, size);
	assert_agrees();
	audit_compare_end(&fold, fold.size, fold.size);
	assert_told("state-missing");
	end();
}

static void holders_follow_claims_transfers_and_releases(void **state)
{
	(void)state;
	begin(0);
	usual_story();
	change(EVENT(CLAIM_TRANSFERRED), PHARMACY, 1, 1, 2, true, 0);
	row_make();
	row.message.holder_code = (char *)(uintptr_t)OTHER;
	assert_int_equal(audit_compare_state(&fold, &row.message), 0);
	change(EVENT(RELEASED), OTHER, 1, 1, 2, false, 0);
	row_make();
	assert_int_equal(audit_compare_state(&fold, &row.message), 0);
	assert_agrees();
	row.message.holder_code = (char *)(uintptr_t)OTHER;
	compare();
	assert_told("state-altered");
	end();
}

/* A lease that ended by itself, expiry, and the next round of a repeat prescription are
 * computed. */
static void computed_states_are_no_breaks(void **state)
{
	(void)state;
	begin(0);
	usual_story();
	draft.held = false; /* the lease is over, as the next event sees it */
	change(EVENT(CLAIMED), OTHER, 1, 1, 2, true, 0);
	change(EVENT(REVIEW_PASSED), OTHER, 1, 2, 2, true, 0xd6);
	change(EVENT(DISPENSED), OTHER, 1, 2, 3, false, 0xd7);
	draft.u = 1; /* the next round */
	draft.r = 1;
	change(EVENT(CLAIMED), PHARMACY, 1, 1, 1, true, 0);
	draft.v = 3; /* expired */
	change(EVENT(RELEASED), PHARMACY, 3, 1, 1, false, 0);
	assert_agrees();
	draft.v = 1; /* stored as valid */
	row_make();
	row_document(1, 3, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW, 0xd3);
	row.message.n_documents = 0;
	assert_int_equal(audit_compare_state(&fold, &row.message), 0);
	for (unsigned i = 0; i < told.count; i++)
		assert_string_equal(told.kinds[i], "document-missing");
	end();
}

static void changes_that_do_not_follow_are_found(void **state)
{
	(void)state;
	begin(0);
	usual_story();
	draft.head.bytes[0] ^= 1;
	change(EVENT(RELEASED), PHARMACY, 1, 2, 2, false, 0);
	assert_told("chain-broken");
	end();
	begin(0);
	usual_story();
	draft.seq++;
	change(EVENT(RELEASED), PHARMACY, 1, 2, 2, false, 0);
	assert_told("chain-broken");
	assert_string_equal(told.expected[0], "change 5");
	assert_string_equal(told.found[0], "change 6");
	end();
	begin(0);
	usual_story();
	draft.u = 1; /* what was handed over is forgotten */
	change(EVENT(RELEASED), PHARMACY, 1, 2, 1, false, 0);
	assert_told("chain-broken");
	end();
}

/* ---- newer rows ---- */

/* The hash that the next change will have; nothing is kept of it. */
static struct merkle_hash hash_of_next(Rxcirc__V1__EventKind kind, const char *who, uint32_t v,
	uint32_t r, uint32_t u, bool held)
{
	struct audit_fold kept_fold = fold;
	struct draft kept = draft;
	struct merkle_hash hash;

	audit_fold_init(&fold, 1, NULL, NULL);
	change(kind, who, v, r, u, held, 0);
	hash = draft.head;
	audit_fold_clear(&fold);
	fold = kept_fold;
	draft = kept;
	return hash;
}

static void a_row_newer_than_the_log_waits_for_it(void **state)
{
	struct merkle_hash later;

	(void)state;
	begin(0);
	usual_story();
	row_make();
	/* Two changes happen that the log does not show yet; the row was read between them. */
	row.message.version = 5;
	row.word.held = false;
	row.message.holder_code = (char *)(uintptr_t)"";
	later = hash_of_next(EVENT(RELEASED), PHARMACY, 1, 2, 2, false);
	row.head = later;
	assert_int_equal(audit_compare_state(&fold, &row.message), 0);
	assert_int_equal(fold.aside, 1);
	assert_agrees();
	change(EVENT(RELEASED), PHARMACY, 1, 2, 2, false, 0);
	assert_int_equal(fold.aside, 0);
	change(EVENT(CLAIMED), OTHER, 1, 1, 2, true, 0); /* and on it goes */
	audit_compare_end(&fold, fold.size, fold.size);
	assert_agrees();
	end();
}

static void a_newer_row_that_the_log_contradicts_or_never_reaches(void **state)
{
	(void)state;
	begin(0);
	usual_story();
	row_make();
	row.message.version = 5;
	assert_int_equal(audit_compare_state(&fold, &row.message), 0);
	assert_agrees();
	change(EVENT(RELEASED), PHARMACY, 1, 2, 2, false, 0);
	assert_told("state-altered");
	end();
	begin(0);
	usual_story();
	row_make();
	row.message.version = 9;
	compare();
	assert_told("unlogged");
	assert_string_equal(told.expected[0], "version 4");
	assert_string_equal(told.found[0], "version 9");
	end();
}

/* ---- keys ---- */

static void shred(void)
{
	Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;
	ProtobufCBinaryData ids[2] = {data_of(person_free, 16), data_of(draft.rx, 16)};
	struct merkle_hash hash;
	uint8_t id[16] = {2};

	leaf.format = 1;
	leaf.event_id = data_of(id, sizeof(id));
	leaf.kind = EVENT(DATA_KEY_SHREDDED);
	leaf.disclosed = ids;
	leaf.n_disclosed = 2;
	put(&leaf, &hash);
}

static void destroyed_keys_are_gone_and_only_those(void **state)
{
	(void)state;
	begin(0);
	usual_story();
	shred();
	row_make();
	row.message.has_key = false;
	compare();
	assert_agrees();
	end();
	begin(0);
	usual_story();
	shred();
	row_make();
	compare();
	assert_told("key-not-destroyed");
	end();
	/* Destroyed since the log was published. */
	begin(0);
	usual_story();
	row_make();
	row.message.has_key = false;
	assert_int_equal(audit_compare_state(&fold, &row.message), 0);
	assert_int_equal(fold.aside, 1);
	shred();
	assert_int_equal(fold.aside, 0);
	audit_compare_end(&fold, fold.size, fold.size);
	assert_agrees();
	end();
}

/* ---- part of a log ---- */

static void of_a_part_only_what_it_shows_is_held_against_rows(void **state)
{
	(void)state;
	begin(1000);
	draft.seq = 2;
	draft.v = 1;
	draft.r = 1;
	draft.u = 1;
	draft.held = true;
	memset(&draft.head, 5, sizeof(draft.head));
	change(EVENT(REVIEW_PASSED), PHARMACY, 1, 2, 1, true, 0xd3);
	change(EVENT(DISPENSED), PHARMACY, 1, 2, 2, true, 0xd4);
	row_make();
	row.message.has_key = false; /* destroyed before, perhaps */
	row.sha[0][0] ^= 1;          /* of an earlier change: not known here */
	compare();
	assert_agrees();
	assert_int_equal(fold.size, 1002);
	end();
}

static void spoiled_leaves_do_not_accuse_their_prescription(void **state)
{
	static const uint8_t junk[] = {0xff, 0xff, 0xff};
	uint8_t bytes[LEAF_MAX];
	Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;
	size_t len;

	(void)state;
	begin(0);
	usual_story();
	leaf.rx_id = data_of(draft.rx, 16);
	leaf.rx_seq = 5;
	len = rxcirc__v1__event_leaf__pack(&leaf, bytes);
	assert_int_equal(audit_fold_spoiled(&fold, slice_of(bytes, len)), 0);
	assert_int_equal(audit_fold_spoiled(&fold, slice_of(junk, sizeof(junk))), 0);
	assert_int_equal(audit_fold_spoiled(&fold, slice_of(NULL, 0)), 0);
	assert_int_equal(fold.size, 7);
	draft.seq = 5;
	change(EVENT(RELEASED), PHARMACY, 1, 2, 2, false, 0);
	row_make();
	row.word.use = 4;
	compare();
	assert_agrees();
	end();
}

static void bytes_that_are_no_event_are_told(void **state)
{
	static const uint8_t junk[] = {0xff, 0xff, 0xff};
	struct merkle_hash hash;

	(void)state;
	begin(0);
	merkle_leaf_hash(&hash, slice_of(junk, sizeof(junk)));
	assert_int_equal(audit_fold_leaf(&fold, slice_of(junk, sizeof(junk)), &hash), 0);
	assert_told("leaf-altered");
	end();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_follows_from_the_log_agrees),
		TEST(each_altered_field_of_a_row_is_found),
		TEST(missing_and_foreign_rows_are_found),
		TEST(a_prescription_that_comes_during_the_audit_is_no_alarm),
		TEST(holders_follow_claims_transfers_and_releases),
		TEST(computed_states_are_no_breaks),
		TEST(changes_that_do_not_follow_are_found),
		TEST(a_row_newer_than_the_log_waits_for_it),
		TEST(a_newer_row_that_the_log_contradicts_or_never_reaches),
		TEST(destroyed_keys_are_gone_and_only_those),
		TEST(of_a_part_only_what_it_shows_is_held_against_rows),
		TEST(spoiled_leaves_do_not_accuse_their_prescription),
		TEST(bytes_that_are_no_event_are_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("audit fold", tests, NULL, NULL);
}
