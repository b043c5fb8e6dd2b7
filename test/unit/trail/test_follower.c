/* Reading the log as the database has it, and believing nothing of it. */
#include "test/support/tap.h"

#include <errno.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "test/unit/trail/fake_log.h"
#include "test/unit/trail/faults.h"
#include "test/unit/trail/grove.h"
#include "trail/follower.h"

static char folder[GROVE_FOLDER_MAX];
static struct pg_lane *lane;
static struct tree *tree;
static struct awaited *awaited;
static struct follower follower;
static bool is_running;
static unsigned ends;
static enum follower_outcome last;

static void on_done(enum follower_outcome outcome, void *arg)
{
	assert_ptr_equal(arg, &follower);
	assert_false(is_running);
	ends++;
	last = outcome;
}

static int set_up(void **state)
{
	struct follower_options options = {.done = on_done, .arg = &follower};

	(void)state;
	faults_forget();
	folder_make(folder);
	options.lane = lane = lane_open("read");
	options.tree = tree = tree_of(folder);
	assert_int_equal(awaited_new(&awaited), 0);
	options.awaited = awaited;
	follower_init(&follower, &options);
	ends = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(fake_pg_unused(), 0);
	follower_clear(&follower);
	lane_close(lane);
	fake_pg_reset();
	awaited_free(awaited);
	tree_close(tree);
	folder_remove(folder);
	return 0;
}

static void run(enum follower_outcome outcome)
{
	unsigned before = ends;

	is_running = true;
	follower_run(&follower);
	is_running = false;
	fake_pg_run();
	assert_int_equal(ends, before + 1);
	if (last != outcome)
		fail_msg("ended as %d: %s", last, follower.why);
}

static void run_in_vain(enum follower_outcome outcome, const char *why)
{
	run(outcome);
	if (strstr(follower.why, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", follower.why, why);
}

static void no_checkpoint(uint64_t size)
{
	log_says(size, 0, slice_of(NULL, 0));
}

/* What was read is whole, and in the files. */
static void assert_has(uint64_t size)
{
	struct tree *again;

	assert_int_equal(tree_size(tree), size);
	assert_tree_whole(tree);
	again = tree_of(folder);
	assert_int_equal(tree_size(again), size);
	tree_close(again);
}

static void assert_asked_from(uint64_t from)
{
	unsigned query;
	const struct fake_unit *u = fake_pg_last("log_leaves", &query);

	assert_int_equal(fake_number(u, query, 0), from);
	assert_int_equal(fake_number(u, query, 1), FOLLOWER_PAGE);
}

/* ---- a log that grows ---------------------------------------------------------------------- */

static void an_empty_log_is_read(void **state)
{
	(void)state;
	no_checkpoint(0);
	log_tells(0, 0);
	run(FOLLOWER_DONE);
	assert_has(0);
	assert_int_equal(follower.note_len, 0);
}

static void a_log_is_read_page_by_page(void **state)
{
	uint64_t size = 2 * FOLLOWER_PAGE + 10;

	(void)state;
	no_checkpoint(size);
	log_tells(0, FOLLOWER_PAGE);
	no_checkpoint(size);
	log_tells(FOLLOWER_PAGE, 2 * FOLLOWER_PAGE);
	no_checkpoint(size);
	log_tells(2 * FOLLOWER_PAGE, size);
	run(FOLLOWER_DONE);
	assert_int_equal(fake_pg_sent_count(), 3);
	assert_asked_from(2 * FOLLOWER_PAGE);
	assert_has(size);
}

static void a_full_page_is_followed_by_another_question(void **state)
{
	(void)state;
	no_checkpoint(FOLLOWER_PAGE);
	log_tells(0, FOLLOWER_PAGE);
	no_checkpoint(FOLLOWER_PAGE);
	log_tells(FOLLOWER_PAGE, FOLLOWER_PAGE);
	run(FOLLOWER_DONE);
	assert_has(FOLLOWER_PAGE);
}

static void only_what_is_new_is_asked_for(void **state)
{
	(void)state;
	no_checkpoint(5);
	log_tells(0, 5);
	run(FOLLOWER_DONE);
	assert_asked_from(0);
	no_checkpoint(8);
	log_tells(5, 8);
	run(FOLLOWER_DONE);
	assert_asked_from(5);
	no_checkpoint(8);
	log_tells(8, 8);
	run(FOLLOWER_DONE);
	assert_asked_from(8);
	assert_has(8);
}

static void leaves_added_between_the_two_questions_are_taken(void **state)
{
	(void)state;
	no_checkpoint(5);
	log_tells(0, 7);
	run(FOLLOWER_DONE);
	assert_has(7);
	assert_int_equal(follower.size, 5);
}

static void the_published_checkpoint_is_kept(void **state)
{
	static uint8_t note[NOTE_MAX + 1];

	(void)state;
	memset(note, 'n', sizeof(note));
	log_says(3, 2, slice_of(note, NOTE_MAX));
	log_tells(0, 3);
	run(FOLLOWER_DONE);
	assert_int_equal(follower.size, 3);
	assert_int_equal(follower.published_size, 2);
	assert_int_equal(follower.note_len, NOTE_MAX);
	assert_memory_equal(follower.note, note, NOTE_MAX);
	log_says(3, 2, slice_of(note, NOTE_MAX + 1));
	log_tells(3, 3);
	run_in_vain(FOLLOWER_DAMAGED, "checkpoint is too long");
}

static void promises_learn_where_their_leaves_stand(void **state)
{
	struct merkle_hash leaf;

	(void)state;
	leaf_hash_of(2, &leaf);
	awaited_expect(awaited, &leaf, 0);
	no_checkpoint(3);
	log_tells(0, 3);
	run(FOLLOWER_DONE);
	awaited_publish(awaited, 2, 1);
	assert_int_equal(metric_value(&awaited_metrics(awaited)->kept), 0);
	awaited_publish(awaited, 3, 1);
	assert_int_equal(metric_value(&awaited_metrics(awaited)->kept), 1);
}

/* ---- a log that is not what it was --------------------------------------------------------- */

static void a_gap_in_the_places_is_damage(void **state)
{
	(void)state;
	no_checkpoint(6);
	log_tells(0, 2);
	run_in_vain(FOLLOWER_DAMAGED, "place 2 of the log is missing");
	no_checkpoint(6);
	log_tells(3, 6);
	run_in_vain(FOLLOWER_DAMAGED, "place 2 of the log is missing");
	no_checkpoint(6);
	log_lies(2, 6, 4, LIE_PLACE);
	run_in_vain(FOLLOWER_DAMAGED, "place 4 of the log is missing");
	assert_int_equal(tree_size(tree), 4);
}

static void a_log_that_begins_elsewhere_is_damage(void **state)
{
	(void)state;
	no_checkpoint(6);
	log_tells(1, 6);
	run_in_vain(FOLLOWER_DAMAGED, "place 0 of the log is missing");
}

static void a_leaf_told_again_is_damage(void **state)
{
	(void)state;
	no_checkpoint(5);
	log_tells(0, 5);
	run(FOLLOWER_DONE);
	no_checkpoint(6);
	log_tells(4, 6);
	run_in_vain(FOLLOWER_DAMAGED, "place 5 of the log is missing");
}

static void an_altered_event_is_damage_and_is_not_taken(void **state)
{
	static const enum log_lie lies[] = {LIE_LEAF, LIE_HASH, LIE_SHORT_HASH, LIE_LONG_LEAF};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(lies); i++) {
		no_checkpoint(9);
		log_lies(tree_size(tree), 9, 7, lies[i]);
		run_in_vain(FOLLOWER_DAMAGED, "the event at place 7 was altered");
		assert_int_equal(tree_size(tree), 7);
	}
}

static void an_event_that_is_gone_is_damage_and_says_what_helps(void **state)
{
	(void)state;
	no_checkpoint(9);
	log_lies(0, 9, 3, LIE_NO_LEAF);
	run_in_vain(FOLLOWER_DAMAGED, "the event at place 3 is missing");
	assert_non_null(strstr(follower.why, "copy the directory of another node"));
	assert_int_equal(tree_size(tree), 3);
}

static void a_log_shorter_than_before_is_damage(void **state)
{
	(void)state;
	tree_grow(tree, 10);
	no_checkpoint(10);
	log_tells(10, 10);
	run(FOLLOWER_DONE);
	no_checkpoint(9);
	log_tells(10, 10);
	run_in_vain(FOLLOWER_DAMAGED, "has 9 leaves, and 10 were read before");
}

static void a_log_of_a_senseless_length_is_damage(void **state)
{
	(void)state;
	no_checkpoint(UINT64_MAX); /* -1 */
	log_tells(0, 2);
	run_in_vain(FOLLOWER_DAMAGED, "place 2 of the log is missing");
}

/* ---- not now ------------------------------------------------------------------------------- */

static void a_database_that_is_away_changes_nothing(void **state)
{
	(void)state;
	fake_pg_answer_failure("log_state", ERR_DB_AWAY, NULL);
	run(FOLLOWER_AWAY);
	fake_pg_answer_failure("log_state", ERR_TIMEOUT, NULL);
	run(FOLLOWER_AWAY);
	no_checkpoint(3);
	log_tells(0, 3);
	run(FOLLOWER_DONE);
	assert_has(3);
}

static void what_was_read_before_the_database_went_is_kept(void **state)
{
	(void)state;
	no_checkpoint(FOLLOWER_PAGE + 5);
	log_tells(0, FOLLOWER_PAGE);
	no_checkpoint(FOLLOWER_PAGE + 5);
	fake_pg_answer_failure("log_leaves", ERR_DB_AWAY, NULL);
	run(FOLLOWER_AWAY);
	assert_has(FOLLOWER_PAGE);
	no_checkpoint(FOLLOWER_PAGE + 5);
	log_tells(FOLLOWER_PAGE, FOLLOWER_PAGE + 5);
	run(FOLLOWER_DONE);
	assert_has(FOLLOWER_PAGE + 5);
}

static void a_lane_that_is_closed_ends_the_reading(void **state)
{
	(void)state;
	follower_run(&follower);
	lane_close(lane);
	assert_int_equal(ends, 1);
	assert_int_equal(last, FOLLOWER_AWAY);
	lane = lane_open("read");
}

static void a_file_that_cannot_be_written_is_told_with_its_reason(void **state)
{
	(void)state;
	no_checkpoint(5);
	log_tells(0, 5);
	write_fails_at = 1;
	run_in_vain(FOLLOWER_FAILED, strerror(ENOSPC)); /* at the page's end */
	faults_forget();
	tree_close(tree);
	follower.options.tree = tree = tree_of(folder);
	no_checkpoint(300);
	log_tells(0, 300);
	write_fails_at = 1;
	run_in_vain(FOLLOWER_FAILED, strerror(ENOSPC)); /* with the tile */
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(an_empty_log_is_read),
		CASE(a_log_is_read_page_by_page),
		CASE(a_full_page_is_followed_by_another_question),
		CASE(only_what_is_new_is_asked_for),
		CASE(leaves_added_between_the_two_questions_are_taken),
		CASE(the_published_checkpoint_is_kept),
		CASE(promises_learn_where_their_leaves_stand),
		CASE(a_gap_in_the_places_is_damage),
		CASE(a_log_that_begins_elsewhere_is_damage),
		CASE(a_leaf_told_again_is_damage),
		CASE(an_altered_event_is_damage_and_is_not_taken),
		CASE(an_event_that_is_gone_is_damage_and_says_what_helps),
		CASE(a_log_shorter_than_before_is_damage),
		CASE(a_log_of_a_senseless_length_is_damage),
		CASE(a_database_that_is_away_changes_nothing),
		CASE(what_was_read_before_the_database_went_is_kept),
		CASE(a_lane_that_is_closed_ends_the_reading),
		CASE(a_file_that_cannot_be_written_is_told_with_its_reason),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("follower", tests, NULL, NULL);
}
