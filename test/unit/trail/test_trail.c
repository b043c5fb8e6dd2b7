/* The cycle: places given out, a checkpoint signed and published, another node's taken over, and a
 * halt when things contradict each other.
 */
#include "test/support/tap.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "test/unit/trail/station.h"

static struct database *const database = &station.database;
static struct member *const signer = &station.council.signer;
static struct member *const witnesses = station.council.witnesses;

/* What another node has published, signed by all. */
static void other_publishes(uint64_t size)
{
	char note[NOTE_MAX];
	size_t len = council_note(&station.council, size, COUNCIL_WITNESSES, note);

	database_publish(database, size, note, len);
	member_remembers(signer, size);
	for (unsigned i = 0; i < COUNCIL_WITNESSES; i++)
		member_remembers(&witnesses[i], size);
}

static void assert_numbers(uint64_t size, uint64_t sequenced, uint64_t checkpoints)
{
	const struct trail_metrics *m = trail_metrics(station.trail);

	assert_int_equal(metric_value(&m->size), size);
	assert_int_equal(metric_value(&m->sequenced), sequenced);
	assert_int_equal(metric_value(&m->checkpoints), checkpoints);
}

/* Nothing is asked of anybody any more. */
static void assert_halted(void)
{
	unsigned sent, asked;

	await_trouble(TRAIL_HALTED);
	sent = fake_pg_sent_count();
	asked = signer->asked;
	run_for_a_while();
	assert_int_equal(fake_pg_sent_count(), sent);
	assert_int_equal(signer->asked, asked);
	assert_int_equal(station_trouble(), TRAIL_HALTED);
}

/* ---- published ----------------------------------------------------------------------------- */

static void events_get_places_and_a_checkpoint(void **state)
{
	int64_t before_ms = clock_wall_ms();

	(void)state;
	database->queued = 5;
	station_start();
	await_published(5);
	assert_published(5);
	assert_numbers(5, 5, 1);
	assert_int_equal(station_trouble(), TRAIL_WELL);
	assert_in_range(metric_value(&trail_metrics(station.trail)->published_at_ms), before_ms,
		clock_wall_ms());
}

static void a_log_that_grows_is_published_again_and_again(void **state)
{
	(void)state;
	station_start();
	for (uint64_t size = 3; size < 60; size += 7) {
		database->queued = size - database->size;
		await_published(size);
		assert_published(size);
	}
	assert_int_equal(station_trouble(), TRAIL_WELL);
}

static void nobody_is_asked_while_nothing_happens(void **state)
{
	unsigned asked;

	(void)state;
	station_start();
	run_rounds();
	assert_int_equal(signer->asked, 0);
	database->queued = 2;
	await_published(2);
	asked = signer->asked;
	run_rounds();
	assert_int_equal(signer->asked, asked);
	assert_int_equal(database->publishes, 1);
}

static void more_events_than_one_round_takes_are_published_all_the_same(void **state)
{
	(void)state;
	database->queued = 9000;
	station_start();
	await_published(9000);
	assert_published(9000);
	assert_numbers(9000, 9000, metric_value(&trail_metrics(station.trail)->checkpoints));
}

static void after_a_restart_it_goes_on_where_it_was(void **state)
{
	(void)state;
	database->queued = 300;
	station_start();
	await_published(300);
	station_stop();
	database->queued = 20;
	station_start();
	await_published(320);
	assert_published(320);
	assert_numbers(320, 20, 1);
}

static void a_lost_directory_is_made_again_from_the_database(void **state)
{
	(void)state;
	database->queued = 300;
	station_start();
	await_published(300);
	station_stop();
	folder_remove(station_log());
	station_start();
	await_published(300);
	assert_published(300);
	assert_numbers(300, 0, 0);
}

/* ---- other nodes --------------------------------------------------------------------------- */

static void the_checkpoint_of_another_node_is_taken_over(void **state)
{
	(void)state;
	database->size = 7;
	other_publishes(7);
	station_start();
	await_published(7);
	assert_published(7);
	assert_int_equal(signer->asked, 0);
	assert_numbers(7, 0, 0);
}

static void leaves_of_another_node_are_left_to_it_for_a_while(void **state)
{
	(void)state;
	database->size = 7;
	station_start();
	run_rounds();
	assert_int_equal(signer->asked, 0);
	station_skew_ms += 1000;
	await_published(7);
	assert_published(7);
	assert_numbers(7, 0, 1);
}

/* While the other one publishes there is always something that is not published yet. */
static void a_node_that_publishes_is_not_taken_over_from(void **state)
{
	(void)state;
	station_start();
	for (uint64_t size = 5; size < 30; size += 5) {
		database->size = size + 3;
		other_publishes(size);
		await_published(size);
		run_rounds();
		station_skew_ms += 600;
	}
	assert_int_equal(signer->asked, 0);
}

/* Between our reading and our question another node gives places, signs and publishes. */
static void other_is_faster(struct member *m, struct web_question *q)
{
	m->manner = member_is_honest;
	database->size = 9;
	other_publishes(9);
	member_is_honest(m, q);
}

static void when_another_node_was_faster_its_checkpoint_counts(void **state)
{
	(void)state;
	signer->manner = other_is_faster;
	database->queued = 7;
	station_start();
	await_published(9);
	assert_published(9);
	assert_int_equal(signer->asked, 1);
	assert_int_equal(station_trouble(), TRAIL_WELL);
}

/* ---- contradictions ------------------------------------------------------------------------ */

static void a_published_checkpoint_of_another_key_halts_the_trail(void **state)
{
	struct signer other;

	(void)state;
	database->size = 7;
	other_publishes(7);
	signer_make(&other, COUNCIL_ORIGIN, NOTE_ED25519, 999);
	database->note_len = council_note(&(struct council){.signer = {.signer = other}}, 7, 0,
		database->note);
	station_start();
	assert_halted();
	assert_int_equal(file_len(station_log(), "checkpoint"), -1);
}

static void a_published_checkpoint_of_other_leaves_halts_the_trail(void **state)
{
	(void)state;
	database->size = 7;
	other_publishes(6);
	database->published_size = 7; /* of which the note does not speak */
	station_start();
	assert_halted();
}

static void a_published_checkpoint_of_more_leaves_than_there_are_halts_the_trail(void **state)
{
	(void)state;
	database->size = 7;
	other_publishes(8);
	station_start();
	assert_halted();
	assert_int_equal(file_len(station_log(), "checkpoint"), -1);
}

static void a_published_checkpoint_with_another_root_halts_the_trail(void **state)
{
	struct checkpoint c = {.origin = COUNCIL_ORIGIN, .size = 7};
	char text[CHECKPOINT_TEXT_MAX], line[NOTE_LINE_MAX];
	size_t len = checkpoint_format(text, &c);

	(void)state;
	assert_true(note_sign(line, slice_of(text, len), &signer->signer.key, signer->signer.secret,
		0) > 0);
	database->size = 7;
	database->published_size = 7;
	database->note_len = (size_t)snprintf(database->note, NOTE_MAX, "%s\n%s", text, line);
	station_start();
	assert_halted();
}

static void a_published_checkpoint_that_is_none_halts_the_trail(void **state)
{
	(void)state;
	database->size = 7;
	database_publish(database, 7, "garbage", 7);
	station_start();
	assert_halted();
}

static void an_altered_event_halts_the_trail(void **state)
{
	(void)state;
	database->queued = 7;
	database->liar = 4;
	database->lie = LIE_LEAF;
	station_start();
	assert_halted();
	assert_int_equal(signer->asked, 0);
}

static void a_log_that_became_shorter_halts_the_trail(void **state)
{
	(void)state;
	database->queued = 7;
	station_start();
	await_published(7);
	database->size = 6;
	assert_halted();
}

static void a_signer_that_knows_another_log_halts_the_trail(void **state)
{
	(void)state;
	member_remembers_other(signer, 3);
	database->queued = 7;
	station_start();
	assert_halted();
	assert_int_equal(database->publishes, 0);
}

/* As when an older backup of the database was restored. */
static void a_signer_that_knows_more_leaves_than_the_database_halts_the_trail(void **state)
{
	(void)state;
	member_remembers(signer, 30);
	database->queued = 7;
	station_start();
	assert_halted();
	assert_int_equal(database->publishes, 0);
}

static void witnesses_that_know_more_leaves_than_the_database_halt_the_trail(void **state)
{
	(void)state;
	member_remembers(&witnesses[0], 30);
	member_remembers(&witnesses[1], 30);
	database->queued = 7;
	station_start();
	assert_halted();
	assert_int_equal(database->publishes, 0);
}

static void what_a_single_witness_claims_halts_nothing(void **state)
{
	(void)state;
	witnesses[1].size = UINT64_C(1) << 60;
	database->queued = 7;
	station_start();
	await_published(7);
	assert_published(7);
	run_rounds();
	assert_int_equal(station_trouble(), TRAIL_WELL);
}

static void files_that_cannot_be_written_halt_the_trail(void **state)
{
	(void)state;
	station_start();
	run_rounds();
	folder_remove(station_log());
	file_put(station.folder, "log", "x", 1);
	database->queued = 7;
	assert_halted();
	assert_int_equal(signer->asked, 0);
}

/* ---- not now ------------------------------------------------------------------------------- */

static void while_the_signer_is_away_events_wait(void **state)
{
	(void)state;
	signer->manner = member_cuts;
	database->queued = 7;
	station_start();
	await_trouble(TRAIL_SIGNER_AWAY);
	assert_int_equal(database->publishes, 0);
	signer->manner = member_is_honest;
	await_published(7);
	assert_published(7);
	await_trouble(TRAIL_WELL);
}

static void without_a_quorum_nothing_is_published_until_there_is_one(void **state)
{
	(void)state;
	witnesses[0].manner = member_cuts;
	witnesses[2].manner = member_cuts;
	database->queued = 7;
	station_start();
	await_trouble(TRAIL_NO_QUORUM);
	assert_int_equal(database->publishes, 0);
	witnesses[2].manner = member_is_honest;
	await_published(7);
	assert_published(7);
	await_trouble(TRAIL_WELL);
}

static void without_a_quorum_it_is_published_when_that_is_wanted(void **state)
{
	struct policy_verdict verdict;

	(void)state;
	station.publishes_without_quorum = true;
	witnesses[0].manner = member_cuts;
	witnesses[2].manner = member_cuts;
	database->queued = 7;
	station_start();
	await_published(7);
	assert_published(7);
	policy_judge(&station.council.policy, slice_of(database->note, database->note_len), &verdict);
	assert_false(verdict.accepted);
	assert_int_equal(verdict.witnesses, 2);
}

static void a_database_that_was_away_is_well_again_without_a_new_event(void **state)
{
	(void)state;
	database->queued = 7;
	station_start();
	await_published(7);
	database->read_fails = database->sequence_fails = ERR_DB_AWAY;
	await_trouble(TRAIL_DATABASE_AWAY);
	database->read_fails = database->sequence_fails = 0;
	await_trouble(TRAIL_WELL);
	assert_numbers(7, 7, 1);
}

static void places_that_cannot_be_given_out_are_trouble_though_the_log_is_read(void **state)
{
	(void)state;
	database->sequence_fails = ERR_DB_REFUSED;
	database->size = 7;
	other_publishes(7);
	station_start();
	await_published(7);
	await_trouble(TRAIL_DATABASE_AWAY);
	run_rounds();
	assert_int_equal(station_trouble(), TRAIL_DATABASE_AWAY);
	database->size = 9;
	other_publishes(9);
	await_published(9);
	assert_int_equal(station_trouble(), TRAIL_DATABASE_AWAY);
	database->sequence_fails = 0;
	await_trouble(TRAIL_WELL);
}

static void a_checkpoint_that_could_not_be_stored_is_signed_again(void **state)
{
	static const int ways[] = {ERR_DB_AWAY, ERR_OUTCOME_UNKNOWN};

	(void)state;
	station_start();
	for (unsigned i = 0; i < ARRAY_LEN(ways); i++) {
		database->publish_fails = ways[i];
		database->queued = 7;
		await_trouble(TRAIL_DATABASE_AWAY);
		assert_int_equal(database->published_size, 7 * i);
		database->publish_fails = 0;
		await_published(7 * (i + 1));
		assert_published(7 * (i + 1));
		await_trouble(TRAIL_WELL);
	}
}

/* ---- the ends ------------------------------------------------------------------------------ */

static void a_trail_without_its_directory_is_not_opened(void **state)
{
	char problem[TRAIL_PROBLEM_MAX] = "";
	struct trail *trail = NULL;
	struct trail_options options = {
		.loop = station.loop,
		.directory = file_path(station.folder, "file"),
		.signer = council_socket(&station.council),
		.policy = &station.council.policy,
	};

	(void)state;
	file_put(station.folder, "file", "x", 1);
	assert_int_equal(trail_open(&trail, &options, problem), ERR_SYSTEM);
	assert_null(trail);
	assert_non_null(strstr(problem, "could not open the log in"));
}

static void a_trail_may_be_closed_at_any_moment(void **state)
{
	(void)state;
	for (int ms = 0; ms < 40; ms++) {
		database->queued = 3;
		witnesses[0].manner = ms % 2 == 0 ? member_holds : member_is_honest;
		station_start();
		web_run_ms(station.loop, ms);
		station_stop();
		witnesses[0].held_count = 0;
	}
	witnesses[0].manner = member_is_honest;
	station_start();
	station_skew_ms += 1000;
	await_published(database->size + database->queued);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, station_set_up, station_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(events_get_places_and_a_checkpoint),
		CASE(a_log_that_grows_is_published_again_and_again),
		CASE(nobody_is_asked_while_nothing_happens),
		CASE(more_events_than_one_round_takes_are_published_all_the_same),
		CASE(after_a_restart_it_goes_on_where_it_was),
		CASE(a_lost_directory_is_made_again_from_the_database),
		CASE(the_checkpoint_of_another_node_is_taken_over),
		CASE(leaves_of_another_node_are_left_to_it_for_a_while),
		CASE(a_node_that_publishes_is_not_taken_over_from),
		CASE(when_another_node_was_faster_its_checkpoint_counts),
		CASE(a_published_checkpoint_of_another_key_halts_the_trail),
		CASE(a_published_checkpoint_of_other_leaves_halts_the_trail),
		CASE(a_published_checkpoint_of_more_leaves_than_there_are_halts_the_trail),
		CASE(a_published_checkpoint_with_another_root_halts_the_trail),
		CASE(a_published_checkpoint_that_is_none_halts_the_trail),
		CASE(an_altered_event_halts_the_trail),
		CASE(a_log_that_became_shorter_halts_the_trail),
		CASE(a_signer_that_knows_another_log_halts_the_trail),
		CASE(a_signer_that_knows_more_leaves_than_the_database_halts_the_trail),
		CASE(witnesses_that_know_more_leaves_than_the_database_halt_the_trail),
		CASE(what_a_single_witness_claims_halts_nothing),
		CASE(files_that_cannot_be_written_halt_the_trail),
		CASE(while_the_signer_is_away_events_wait),
		CASE(without_a_quorum_nothing_is_published_until_there_is_one),
		CASE(without_a_quorum_it_is_published_when_that_is_wanted),
		CASE(a_database_that_was_away_is_well_again_without_a_new_event),
		CASE(places_that_cannot_be_given_out_are_trouble_though_the_log_is_read),
		CASE(a_checkpoint_that_could_not_be_stored_is_signed_again),
		CASE(a_trail_without_its_directory_is_not_opened),
		CASE(a_trail_may_be_closed_at_any_moment),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (http_process_start() < 0)
		return 1;
	return cmocka_run_group_tests_name("trail", tests, NULL, NULL);
}
