/* The log taken along: runs and single events, pinned to one checkpoint, proved, and recorded. */
#include "test/service/exports.h"

#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"
#include "rxcirc/v1/event.pb-c.h"

#define m exports_asked

static void ask_run(uint64_t from, uint64_t until)
{
	exports_begin();
	m.from_index = from;
	m.until_index = until;
	exports_answer_recorded();
}

/* ---- runs ---------------------------------------------------------------------------------- */

static void a_run_leads_to_the_checkpoint_with_what_stands_beside_it(void **state)
{
	static const struct {
		uint64_t from, until;
	} runs[] = {{0, 300}, {0, 1}, {100, 400}, {255, 257}, {256, 512}, {299, 300}, {0, 512}};

	(void)state;
	logbook_fill(700);
	logbook_publish();
	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		const Rxcirc__V1__ExportTrailResponse *reply;

		ask_run(runs[i].from, runs[i].until);
		assert_int_equal(exports_ask(), STATUS_OK);
		reply = exports_reply(700);
		assert_int_equal(reply->next_page_token.len, 0);
		assert_int_equal(reply->run->until_index, runs[i].until);
		exports_expect_run(runs[i].from, runs[i].until, 700);
	}
}

static void a_run_is_read_from_the_files_and_recorded_once(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;

	(void)state;
	logbook_fill(700);
	logbook_publish();
	ask_run(0, 700);
	assert_int_equal(exports_ask(), STATUS_OK);
	assert_int_equal(fake_pg_sent_count(), 1);
	leaf = exports_read_leaf();
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ);
	assert_string_equal(leaf->reason, "年度审计 2026");
	assert_string_equal(leaf->subject, "export");
	assert_string_equal(leaf->institution_code, OFFICE);
	const Rxcirc__V1__ExportTrailResponse *first = exports_reply(700);

	assert_int_equal(first->n_events, EXPORT_RUN_MAX);
	stage_clear();
	assert_int_equal(exports_next(first), STATUS_OK);
	stage_expect_nothing_sent(); /* the second page */
	assert_int_equal(exports_reply(700)->n_events, 700 - EXPORT_RUN_MAX);
	exports_expect_run(0, 700, 700);
}

static void a_page_of_a_run_has_at_most_512_events(void **state)
{
	(void)state;
	logbook_fill(EXPORT_RUN_MAX + 10);
	logbook_publish();
	ask_run(3, 3 + EXPORT_RUN_MAX);
	assert_int_equal(exports_ask(), STATUS_OK);
	assert_int_equal(exports_reply(logbook.size)->next_page_token.len, 0);
	exports_expect_run(3, 3 + EXPORT_RUN_MAX, logbook.size);
	ask_run(3, 4 + EXPORT_RUN_MAX);
	assert_int_equal(exports_ask(), STATUS_OK);
	assert_int_not_equal(exports_reply(logbook.size)->next_page_token.len, 0);
}

static void a_page_too_large_for_a_frame_is_cut_and_goes_on(void **state)
{
	const Rxcirc__V1__ExportTrailResponse *reply;
	static uint8_t bytes[60 * 1024];

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		bytes[0] = (uint8_t)i;
		(void)logbook_add(slice_of(bytes, sizeof(bytes)));
	}
	logbook_publish();
	ask_run(0, 10);
	assert_int_equal(exports_ask(), STATUS_OK);
	reply = exports_reply(10);
	assert_int_equal(reply->n_events, 4);
	for (unsigned told = 4; told < 10; told += (unsigned)reply->n_events) {
		stage_clear();
		assert_int_equal(exports_next(reply), STATUS_OK);
		reply = exports_reply(10);
	}
	exports_expect_run(0, 10, 10);
}

static void a_run_ends_at_the_latest_with_the_checkpoint(void **state)
{
	(void)state;
	logbook_fill(300);
	logbook_publish_of(200);
	ask_run(150, UINT64_MAX);
	assert_int_equal(exports_ask(), STATUS_OK);
	assert_int_equal(exports_reply(200)->run->until_index, 200);
	exports_expect_run(150, 200, 200);
	ask_run(200, 300);
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "from_index, until_index");
	ask_run(20, 20);
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
}

static void a_run_has_no_filter_beside_it(void **state)
{
	static const uint8_t id[RX_ID_LEN];

	(void)state;
	logbook_fill(10);
	logbook_publish();
	ask_run(0, 5);
	m.rx_id = paper_bytes(id, sizeof(id));
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
	ask_run(0, 5);
	m.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED;
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
	ask_run(0, 5);
	m.from_ms = 1;
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
	ask_run(5, 0);
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "from_index, until_index");
	stage_expect_nothing_sent();
}

/* ---- pages of one checkpoint --------------------------------------------------------------- */

static const Rxcirc__V1__ExportTrailResponse *first_page(void)
{
	logbook_fill(600);
	logbook_publish();
	ask_run(0, 600);
	assert_int_equal(exports_ask(), STATUS_OK);
	return exports_reply(600);
}

static void the_pages_are_of_the_checkpoint_of_the_first(void **state)
{
	const Rxcirc__V1__ExportTrailResponse *first = first_page();

	(void)state;
	logbook_fill(900);
	logbook_publish();
	stage_clear();
	m.purpose = paper_text("another word for it");
	assert_int_equal(exports_next(first), STATUS_OK);
	assert_int_equal(exports_reply(600)->n_events, 600 - EXPORT_RUN_MAX);
	exports_expect_run(0, 600, 600);
}

static void a_node_that_has_not_come_so_far_says_later(void **state)
{
	const Rxcirc__V1__ExportTrailResponse *first = first_page();

	(void)state;
	logbook_publish_of(599);
	stage_clear();
	assert_int_equal(exports_next(first), STATUS_BUSY);
	assert_true(stage.req.retry_after_ms > 0);
	logbook_publish();
	assert_int_equal(exports_next(first), STATUS_OK);
}

static void before_anything_is_published_there_is_nothing_to_export(void **state)
{
	(void)state;
	logbook_fill(10);
	ask_run(0, 5);
	assert_int_equal(exports_ask(), STATUS_BUSY);
	assert_true(stage.req.retry_after_ms > 0);
	stage.shop.trail_directory = NULL;
	assert_int_equal(exports_ask(), STATUS_BUSY);
	stage_expect_nothing_sent();
	stage.shop.trail_directory = logbook.folder;
}

static void expect_token_refused(void)
{
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page_token");
	stage_expect_nothing_sent();
}

/* Or somebody could read on what he never said that he reads. */
static void a_token_goes_on_with_nothing_else(void **state)
{
	const Rxcirc__V1__ExportTrailResponse *first = first_page();
	uint8_t token[200];

	(void)state;
	stage_clear();
	m.page_token = first->next_page_token;
	m.from_index = 1;
	expect_token_refused();
	m.from_index = 0;
	m.documents = true;
	expect_token_refused();
	m.documents = false;
	stage_as(CALLER_PROVINCE_OFFICER, "A14000000009", "140000");
	expect_token_refused();
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	stage.caller.spki[0] ^= 1; /* a colleague */
	expect_token_refused();
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	stage.now_ms += (int64_t)PAGE_TOKEN_S_MAX * 1000;
	expect_token_refused();
	stage.now_ms--;
	assert_int_equal(exports_ask(), STATUS_OK);
	assert_in_range(m.page_token.len, 60, sizeof(token));
	memcpy(token, m.page_token.data, m.page_token.len);
	for (size_t i = 0; i < m.page_token.len; i++) {
		token[i] ^= 1;
		m.page_token.data = token;
		expect_token_refused();
		token[i] ^= 1;
	}
}

/* ---- the head ------------------------------------------------------------------------------ */

static void check_consistency(const Rxcirc__V1__ExportConsistency *c, uint64_t size)
{
	struct merkle_hash old_root = logbook_root(c->old_size), root = logbook_root(size);
	struct merkle_proof proof = {.count = (unsigned)c->n_hashes};

	for (size_t i = 0; i < c->n_hashes; i++)
		memcpy(proof.hashes[i].bytes, c->hashes[i].data, SHA256_LEN);
	assert_true(merkle_consistency_holds(c->old_size, &old_root, size, &root, &proof));
}

static void checkpoints_that_were_kept_are_proved_to_be_its_beginning(void **state)
{
	uint64_t sizes[] = {0, 1, 255, 256, 400, 500, 501};
	const Rxcirc__V1__ExportHead *head;

	(void)state;
	logbook_fill(600);
	logbook_publish_of(500);
	ask_run(7, 9);
	m.known_sizes = sizes;
	m.n_known_sizes = ARRAY_LEN(sizes);
	assert_int_equal(exports_ask(), STATUS_OK);
	head = exports_reply(500)->head;
	assert_int_equal(head->n_consistency, ARRAY_LEN(sizes));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		assert_int_equal(head->consistency[i]->old_size, sizes[i]);
		if (sizes[i] <= 500)
			check_consistency(head->consistency[i], 500);
	}
	/* a larger one was kept: the log went back, and no proof says otherwise */
	assert_int_equal(head->consistency[6]->n_hashes, 0);
}

static void at_most_16_checkpoints_ascending(void **state)
{
	uint64_t sizes[EXPORT_SIZES_MAX + 1];

	(void)state;
	logbook_fill(50);
	logbook_publish();
	for (unsigned i = 0; i < ARRAY_LEN(sizes); i++)
		sizes[i] = i + 1;
	ask_run(0, 5);
	m.known_sizes = sizes;
	m.n_known_sizes = EXPORT_SIZES_MAX;
	assert_int_equal(exports_ask(), STATUS_OK);
	assert_int_equal(exports_reply(50)->head->n_consistency, EXPORT_SIZES_MAX);
	stage_clear();
	m.n_known_sizes = EXPORT_SIZES_MAX + 1;
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "known_sizes");
	m.n_known_sizes = 2;
	sizes[1] = sizes[0];
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "known_sizes");
	stage_expect_nothing_sent();
}

static void a_purpose_has_1_to_200_bytes(void **state)
{
	char *purpose = papers_alloc(PURPOSE_MAX + 2);

	(void)state;
	logbook_fill(50);
	logbook_publish();
	ask_run(0, 5);
	memset(purpose, 'p', PURPOSE_MAX);
	m.purpose = purpose;
	assert_int_equal(exports_ask(), STATUS_OK);
	stage_clear();
	purpose[PURPOSE_MAX] = 'p';
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "purpose");
	m.purpose = paper_text("");
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
	stage_expect_nothing_sent();
}

static void what_could_not_be_recorded_is_not_told(void **state)
{
	(void)state;
	logbook_fill(50);
	logbook_publish();
	exports_begin();
	m.until_index = 5;
	fake_pg_answer_failure("event_put", ERR_DB_AWAY, NULL);
	assert_int_equal(exports_ask(), STATUS_DATABASE_AWAY);
}

/* ---- damage -------------------------------------------------------------------------------- */

static void expect_damage(void)
{
	ask_run(0, 400);
	assert_int_equal(exports_ask(), STATUS_DATA_DAMAGED);
	stage_expect_nothing_sent();
}

static void expect_flip_found(const char *file, size_t at)
{
	logbook_flip(file, at);
	expect_damage();
	logbook_flip(file, at);
}

static void damaged_files_are_told_and_nothing_wrong_is_handed_out(void **state)
{
	(void)state;
	logbook_fill(700);
	logbook_publish();
	expect_flip_found("tile/0/001", 500);
	expect_flip_found("tile/0/002", 100); /* right of the run */
	expect_flip_found("tile/entries/001", 1000);
	ask_run(0, 400);
	assert_int_equal(exports_ask(), STATUS_OK);
	logbook_cut("tile/1/000", 31);
	expect_damage();
	logbook_cut("tile/entries/001", 100);
	expect_damage();
	logbook_cut("checkpoint", 20);
	expect_damage();
}

/* ---- whose events -------------------------------------------------------------------------- */

static void answer_regions(const char *const *regions, unsigned count)
{
	struct fake_cell *cells = papers_alloc((count + 1) * 2 * sizeof(*cells));
	unsigned rows = 0;

	for (unsigned i = 0; i < count; i++) {
		if (regions[i] == NULL)
			continue;
		cells[2 * rows] = (struct fake_cell)FAKE_I64(i);
		cells[2 * rows++ + 1] = fake_text(regions[i]);
	}
	fake_pg_answer("export_regions", 2, cells, rows);
}

static void a_city_officer_gets_only_hashes_of_what_happened_elsewhere(void **state)
{
	/* the last two in a month that was detached */
	static const char *const regions[] = {"140105", "140202", "140100", "000000", NULL, NULL};
	const Rxcirc__V1__ExportTrailResponse *reply;
	const bool shown[] = {true, false, true, false, true, false};

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		(void)logbook_add_of(HOSPITAL);
	(void)logbook_add_of("P14020000009"); /* in 140202 */
	logbook_publish();
	ask_run(0, 6);
	stage_as(CALLER_CITY_OFFICER, OFFICE, "140100");
	answer_regions(regions, 6);
	assert_int_equal(exports_ask(), STATUS_OK);
	stage_expect_lane("export_regions", "slow");
	reply = exports_reply(6);
	assert_string_equal(reply->head->scope, "140100");
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(reply->events[i]->leaf.len > 0, shown[i]);
	exports_expect_run(0, 6, 6);
	ask_run(0, 6); /* the province asks nobody */
	assert_int_equal(exports_ask(), STATUS_OK);
	assert_string_equal(exports_reply(6)->head->scope, "");
	assert_int_equal(fake_pg_sent_count(), 1);
}

/* ---- single events ------------------------------------------------------------------------- */

static void each_event_is_proved_oldest_first(void **state)
{
	static const uint64_t places[] = {3, 699, 0, 300};
	const Rxcirc__V1__ExportTrailResponse *reply;
	uint8_t person[PERSON_KEY_LEN];
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	logbook_fill(700);
	logbook_publish();
	m.voucher_id = paper_text(PERSON);
	m.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED;
	logbook_answer("trail_by_person", places, 4);
	exports_answer_recorded();
	assert_int_equal(exports_ask(), STATUS_OK);
	reply = exports_reply(700);
	assert_null(reply->run);
	assert_int_equal(reply->n_events, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(reply->events[i]->index, places[i]);
	assert_int_equal(reply->next_page_token.len, 0);
	digest_person(person, stage.keys, PERSON);
	u = fake_pg_last("trail_by_person", &q);
	assert_string_equal(u->lane, "slow");
	assert_true(slice_equal(fake_value(u, q, 7), slice_of(person, sizeof(person))));
	assert_int_equal(fake_number(u, q, 5), EXPORT_PAGE_MAX);
	assert_int_equal(fake_number(u, q, 8), RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED);
	/* whom it is about sees who took it along, and why */
	u = fake_pg_last("event_put", &q);
	assert_true(slice_equal(fake_value(u, q, 5), slice_of(person, sizeof(person))));
	assert_string_equal(exports_read_leaf()->reason, "年度审计 2026");
}

static void what_the_checkpoint_does_not_cover_yet_is_left_out(void **state)
{
	static const uint64_t places[] = {499, LOGBOOK_NOWHERE, 500, 0};
	const Rxcirc__V1__ExportTrailResponse *reply;

	(void)state;
	logbook_fill(700);
	logbook_publish_of(500);
	m.institution_code = paper_text(HOSPITAL);
	logbook_answer("trail_by_institution", places, 4);
	exports_answer_recorded();
	assert_int_equal(exports_ask(), STATUS_OK);
	reply = exports_reply(500);
	assert_int_equal(reply->n_events, 2);
	assert_int_equal(reply->events[0]->index, 499);
	assert_int_equal(reply->events[1]->index, 0);
}

static void a_full_page_goes_on_behind_what_it_passed_over(void **state)
{
	uint64_t places[EXPORT_PAGE_MAX];
	const Rxcirc__V1__ExportTrailResponse *reply;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	logbook_fill(300);
	logbook_publish();
	for (unsigned i = 0; i < EXPORT_PAGE_MAX; i++)
		places[i] = i;
	places[EXPORT_PAGE_MAX - 1] = LOGBOOK_NOWHERE; /* the last row of the page */
	logbook_answer("trail_by_time", places, EXPORT_PAGE_MAX);
	exports_answer_recorded();
	assert_int_equal(exports_ask(), STATUS_OK);
	reply = exports_reply(300);
	assert_int_equal(reply->n_events, EXPORT_PAGE_MAX - 1);
	stage_clear();
	stage.now_ms += 5000;
	logbook_answer("trail_by_time", places, EXPORT_PAGE_MAX - 1);
	assert_int_equal(exports_next(reply), STATUS_OK);
	u = fake_pg_last("trail_by_time", &q);
	assert_int_equal(fake_pg_sent_count(), 1);
	assert_int_equal(fake_time(u, q, 1), stage.now_ms - 5000 + 1); /* until, as on the first */
	assert_int_equal(fake_time(u, q, 2), noon_ms);
	assert_int_equal(exports_reply(300)->next_page_token.len, 0);
}

static void an_event_that_was_altered_in_its_table_is_damage(void **state)
{
	static const uint64_t places[] = {5};

	(void)state;
	logbook_fill(300);
	logbook_publish();
	logbook.leaves[5] = slice_of_text("altered");
	logbook_answer("trail_by_time", places, 1);
	assert_int_equal(exports_ask(), STATUS_DATA_DAMAGED);
	assert_int_equal(fake_pg_sent_count(), 1); /* nothing is recorded, nothing told */
	logbook.leaves[5] = logbook.leaves[6];
	logbook_answer("trail_by_time", places, 1); /* another event in its place */
	assert_int_equal(exports_ask(), STATUS_DATA_DAMAGED);
}

static void a_filter_is_checked_like_a_query(void **state)
{
	static const uint8_t id[RX_ID_LEN];

	(void)state;
	logbook_fill(30);
	logbook_publish();
	m.rx_id = paper_bytes(id, sizeof(id));
	m.voucher_id = paper_text(PERSON);
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
	exports_begin();
	m.kind = (Rxcirc__V1__EventKind)9999;
	assert_int_equal(exports_ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "kind");
	exports_begin();
	stage_as(CALLER_CITY_OFFICER, OFFICE, "140100");
	m.institution_code = paper_text("P14020000009");
	assert_int_equal(exports_ask(), STATUS_SCOPE_NOT_ALLOWED);
	assert_int_equal(stage_call_bytes(&export_method, slice_of("\x0a", 1)), STATUS_BODY_MALFORMED);
	stage_expect_nothing_sent();
}

/* ---- memory -------------------------------------------------------------------------------- */

static void answer_filter(void)
{
	static const uint64_t places[] = {3, 29};

	exports_answer_recorded();
	logbook_answer("trail_by_time", places, 2);
}

static void memory_that_ends_is_busy(bool all)
{
	uint64_t sizes[] = {7, 20};

	for (unsigned is_run = 0; is_run < 2; is_run++) {
		exports_begin();
		m.until_index = is_run ? 20 : 0;
		m.known_sizes = sizes;
		m.n_known_sizes = 2;
		stage.fail_all = all;
		stage.has_failed = true;
		for (unsigned n = 1; stage.has_failed; n++) {
			stage_clear();
			if (is_run)
				exports_answer_recorded();
			else
				answer_filter();
			stage.fail_at = n;
			if (exports_ask() != STATUS_OK)
				assert_int_equal(stage.req.status, STATUS_BUSY);
			stage.fail_at = 0;
		}
		assert_int_equal(stage.req.status, STATUS_OK);
	}
}

static void every_allocation_fails_once(void **state)
{
	(void)state;
	logbook_fill(30);
	logbook_publish();
	memory_that_ends_is_busy(false);
	memory_that_ends_is_busy(true);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		EXPORTED(a_run_leads_to_the_checkpoint_with_what_stands_beside_it),
		EXPORTED_PROVES(a_run_is_read_from_the_files_and_recorded_once, "C11"),
		EXPORTED(a_page_of_a_run_has_at_most_512_events),
		EXPORTED(a_page_too_large_for_a_frame_is_cut_and_goes_on),
		EXPORTED(a_run_ends_at_the_latest_with_the_checkpoint),
		EXPORTED(a_run_has_no_filter_beside_it),
		EXPORTED(the_pages_are_of_the_checkpoint_of_the_first),
		EXPORTED(a_node_that_has_not_come_so_far_says_later),
		EXPORTED(before_anything_is_published_there_is_nothing_to_export),
		EXPORTED(a_token_goes_on_with_nothing_else),
		EXPORTED(checkpoints_that_were_kept_are_proved_to_be_its_beginning),
		EXPORTED(at_most_16_checkpoints_ascending),
		EXPORTED_PROVES(a_purpose_has_1_to_200_bytes, "C27"),
		EXPORTED_PROVES(what_could_not_be_recorded_is_not_told, "C11"),
		EXPORTED(damaged_files_are_told_and_nothing_wrong_is_handed_out),
		EXPORTED(a_city_officer_gets_only_hashes_of_what_happened_elsewhere),
		EXPORTED(each_event_is_proved_oldest_first),
		EXPORTED(what_the_checkpoint_does_not_cover_yet_is_left_out),
		EXPORTED(a_full_page_goes_on_behind_what_it_passed_over),
		EXPORTED(an_event_that_was_altered_in_its_table_is_damage),
		EXPORTED(a_filter_is_checked_like_a_query),
		EXPORTED(every_allocation_fails_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("export trail", tests, stage_open, stage_close);
}
