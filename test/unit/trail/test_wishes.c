/* Proofs for those who wait: granted with the checkpoint of their event, and always ended. */
#include "test/support/tap.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "proto/tlog_proof.h"
#include "test/unit/trail/station.h"

enum { WISHES = TRAIL_WISHES_MAX + 1, PATIENCE_MS = 60 * 1000, MANY = 700 };

static struct database *const database = &station.database;
static struct wish wishes[WISHES];
static unsigned granted[WISHES]; /* how often */
static unsigned ended, proved;
static bool is_wishing;

static void on_granted(struct wish *wish)
{
	assert_false(is_wishing);
	granted[wish - wishes]++;
	ended++;
	proved += wish->proof != NULL;
}

static void forget_wishes(void)
{
	for (unsigned i = 0; i < WISHES; i++)
		free(wishes[i].proof);
	memset(wishes, 0, sizeof(wishes));
	memset(granted, 0, sizeof(granted));
	ended = proved = 0;
}

static int tear_down(void **state)
{
	int r = station_tear_down(state);

	forget_wishes();
	return r;
}

/* Wish i, for the event that stands or will stand at this place. */
static void wish_for(unsigned i, uint64_t place, int64_t patience_ms)
{
	struct wish *wish = &wishes[i];
	struct merkle_hash leaf;

	leaf_hash_of(place, &leaf);
	wish->home = station.loop;
	wish->granted = on_granted;
	wish->until_mono_ms = clock_mono_ms() + patience_ms;
	wish->promise.at_ms = clock_wall_ms();
	event_id_of(place, wish->promise.event_id);
	memcpy(wish->promise.leaf_hash, leaf.bytes, sizeof(leaf.bytes));
	is_wishing = true;
	trail_wish(station.trail, wish);
	is_wishing = false;
}

static bool so_many_ended(void *arg)
{
	return ended >= *(const unsigned *)arg;
}

static void await_ends(unsigned count)
{
	if (!web_run(station.loop, so_many_ended, &count, STATION_WAIT_MS))
		fail_msg("%u of %u wishes have ended", ended, count);
	assert_int_equal(ended, count);
}

/* The proof is believed by whoever has nothing but the policy, and carries the event. */
static void assert_proved(unsigned i, uint64_t place)
{
	uint8_t extra[GROVE_LEAF_MAX], room[GROVE_LEAF_MAX];
	struct slice leaf = leaf_of(place, room);
	char problem[POLICY_PROBLEM_MAX];
	struct merkle_hash hash;
	struct tlog_proof p;

	assert_int_equal(granted[i], 1);
	assert_non_null(wishes[i].proof);
	assert_true(tlog_proof_parse(&p, slice_of(wishes[i].proof, wishes[i].proof_len), extra,
		sizeof(extra)));
	assert_int_equal(p.index, place);
	assert_true(slice_equal(p.extra, leaf));
	merkle_leaf_hash(&hash, p.extra);
	if (!tlog_proof_holds(&p, &hash, &station.council.policy, problem))
		fail_msg("%s", problem);
}

static void assert_unproved(unsigned i)
{
	assert_int_equal(granted[i], 1);
	assert_null(wishes[i].proof);
}

/* ---- granted ------------------------------------------------------------------------------- */

static void a_wish_is_granted_when_its_event_is_published(void **state)
{
	(void)state;
	station_start();
	wish_for(0, 3, PATIENCE_MS);
	run_rounds();
	assert_int_equal(ended, 0);
	database->queued = 7;
	await_ends(1);
	assert_proved(0, 3);
}

static void a_wish_for_what_is_published_already_is_granted_at_once(void **state)
{
	(void)state;
	database->queued = 700;
	station_start();
	await_published(700);
	for (unsigned i = 0; i < 20; i++)
		wish_for(i, i * 36, PATIENCE_MS);
	await_ends(20);
	for (unsigned i = 0; i < 20; i++)
		assert_proved(i, i * 36);
	assert_int_equal(station.council.signer.asked, 1); /* no new checkpoint was needed */
}

static void of_several_wishes_each_is_granted_with_its_checkpoint(void **state)
{
	(void)state;
	station_start();
	wish_for(0, 2, PATIENCE_MS);
	wish_for(1, 12, PATIENCE_MS);
	database->queued = 10;
	await_ends(1);
	assert_proved(0, 2);
	database->queued = 10;
	await_ends(2);
	assert_proved(1, 12);
}

static void the_same_event_may_be_wished_for_twice(void **state)
{
	(void)state;
	station_start();
	wish_for(0, 2, PATIENCE_MS);
	wish_for(1, 2, PATIENCE_MS);
	database->queued = 10;
	await_ends(2);
	assert_proved(0, 2);
	assert_proved(1, 2);
}

static void a_checkpoint_of_another_node_grants_wishes_too(void **state)
{
	char note[NOTE_MAX];

	(void)state;
	station_start();
	wish_for(0, 5, PATIENCE_MS);
	database->size = 9;
	run_rounds();
	assert_int_equal(ended, 0); /* it stands in the log, and in no checkpoint */
	database_publish(database, 9, note, council_note(&station.council, 9, 2, note));
	await_ends(1);
	assert_proved(0, 5);
}

/* More than are asked for at once, under one checkpoint. */
static void as_many_as_wait_are_granted_by_one_checkpoint(void **state)
{
	(void)state;
	database->queued = MANY;
	station_start();
	await_published(MANY);
	for (unsigned i = 0; i < MANY; i++)
		wish_for(i, i, PATIENCE_MS);
	await_ends(MANY);
	assert_int_equal(proved, MANY);
	assert_proved(MANY - 1, MANY - 1);
}

/* Whose events are nowhere hold up nobody. */
static void those_in_vain_do_not_stand_in_the_way_of_the_others(void **state)
{
	(void)state;
	database->queued = 10;
	station_start();
	await_published(10);
	for (unsigned i = 0; i < 600; i++)
		wish_for(i, 100 * 1000 + i, PATIENCE_MS);
	run_rounds();
	wish_for(600, 7, PATIENCE_MS);
	await_ends(1);
	assert_proved(600, 7);
	for (unsigned i = 601; i < 605; i++)
		wish_for(i, i - 590, PATIENCE_MS);
	database->queued = 10;
	await_ends(5);
	assert_proved(604, 14);
}

static void a_database_that_was_away_is_asked_for_places_again(void **state)
{
	(void)state;
	database->queued = 10;
	station_start();
	await_published(10);
	database->places_fail = ERR_DB_AWAY;
	wish_for(0, 7, PATIENCE_MS);
	run_rounds();
	assert_int_equal(ended, 0);
	assert_true(database->place_questions > 0);
	database->places_fail = 0;
	await_ends(1);
	assert_proved(0, 7);
}

/* ---- not granted --------------------------------------------------------------------------- */

static void a_wish_ends_when_its_time_is_over(void **state)
{
	(void)state;
	station_start();
	wish_for(0, 3, 500);
	wish_for(1, 4, 5000);
	run_rounds();
	assert_int_equal(ended, 0);
	station_skew_ms += 500;
	await_ends(1);
	assert_unproved(0);
	database->queued = 7;
	await_ends(2);
	assert_proved(1, 4);
}

static void a_wish_that_comes_too_late_ends_at_once(void **state)
{
	(void)state;
	station_start();
	wish_for(0, 3, -1);
	await_ends(1);
	assert_unproved(0);
}

static void while_the_trail_is_halted_wishes_end_in_their_time(void **state)
{
	(void)state;
	database->queued = 7;
	database->liar = 2;
	station_start();
	await_trouble(TRAIL_HALTED);
	wish_for(0, 3, 50);
	await_ends(1);
	assert_unproved(0);
}

static void so_many_may_wait_and_one_more_is_sent_home(void **state)
{
	(void)state;
	station_start();
	for (unsigned i = 0; i < TRAIL_WISHES_MAX; i++)
		wish_for(i, i, PATIENCE_MS);
	run_rounds();
	assert_int_equal(ended, 0);
	wish_for(TRAIL_WISHES_MAX, 1, PATIENCE_MS);
	await_ends(1);
	assert_unproved(TRAIL_WISHES_MAX);
	database->queued = TRAIL_WISHES_MAX;
	await_ends(WISHES);
	assert_int_equal(proved, TRAIL_WISHES_MAX);
}

/* A proof is only handed out when it proves what was promised. */
static void an_event_that_is_not_the_one_promised_is_not_proved(void **state)
{
	(void)state;
	database->queued = 10;
	station_start();
	await_published(10);
	wish_for(0, 3, PATIENCE_MS);
	wishes[0].promise.leaf_hash[31] ^= 1; /* it has not been received yet */
	await_ends(1);
	assert_unproved(0);
}

static void what_a_damaged_file_would_prove_is_not_handed_out(void **state)
{
	(void)state;
	database->queued = 600;
	station_start();
	await_published(600);
	file_flip(station_log(), "tile/0/000", 9 * SHA256_LEN);
	wish_for(0, 8, PATIENCE_MS);   /* its neighbour */
	wish_for(1, 300, PATIENCE_MS); /* of another tile */
	file_flip(station_log(), "tile/entries/001", 3);
	wish_for(2, 256, PATIENCE_MS);
	file_set_len(station_log(), "tile/entries/002", 20);
	wish_for(3, 590, PATIENCE_MS);
	await_ends(4);
	assert_unproved(0);
	assert_proved(1, 300);
	assert_unproved(2);
	assert_unproved(3);
}

/* ---- the end ------------------------------------------------------------------------------- */

static void closing_the_trail_ends_every_wish(void **state)
{
	(void)state;
	station_start();
	for (unsigned i = 0; i < 300; i++)
		wish_for(i, i, PATIENCE_MS);
	run_rounds();
	station_stop();
	assert_int_equal(ended, 300);
	assert_int_equal(proved, 0);
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(granted[i], 1);
}

static void closing_while_places_are_asked_for_ends_every_wish(void **state)
{
	(void)state;
	database->queued = 10;
	station_start();
	await_published(10);
	database->holds = true;
	for (unsigned i = 0; i < 300; i++)
		wish_for(i, i, PATIENCE_MS);
	web_run_ms(station.loop, 50);
	station_stop();
	assert_int_equal(ended, 300);
	database->holds = false;
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, station_set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_wish_is_granted_when_its_event_is_published),
		CASE(a_wish_for_what_is_published_already_is_granted_at_once),
		CASE(of_several_wishes_each_is_granted_with_its_checkpoint),
		CASE(the_same_event_may_be_wished_for_twice),
		CASE(a_checkpoint_of_another_node_grants_wishes_too),
		CASE(as_many_as_wait_are_granted_by_one_checkpoint),
		CASE(those_in_vain_do_not_stand_in_the_way_of_the_others),
		CASE(a_database_that_was_away_is_asked_for_places_again),
		CASE(a_wish_ends_when_its_time_is_over),
		CASE(a_wish_that_comes_too_late_ends_at_once),
		CASE(while_the_trail_is_halted_wishes_end_in_their_time),
		CASE(so_many_may_wait_and_one_more_is_sent_home),
		CASE(an_event_that_is_not_the_one_promised_is_not_proved),
		CASE(what_a_damaged_file_would_prove_is_not_handed_out),
		CASE(closing_the_trail_ends_every_wish),
		CASE(closing_while_places_are_asked_for_ends_every_wish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (http_process_start() < 0)
		return 1;
	return cmocka_run_group_tests_name("wishes", tests, NULL, NULL);
}
