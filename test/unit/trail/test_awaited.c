/* Promises given, seen to be kept, or told to be late. */
#include "test/support/tap.h"

#include <stdlib.h>
#include <string.h>

#include "test/unit/trail/grove.h"
#include "trail/awaited.h"

#define SECOND_US INT64_C(1000000)
#define PROMISE_US (PROMISE_MS * INT64_C(1000))

static struct awaited *awaited;

static int set_up(void **state)
{
	(void)state;
	dice_seed(7);
	return awaited_new(&awaited);
}

static int tear_down(void **state)
{
	(void)state;
	awaited_free(awaited);
	return 0;
}

/* Leaves by a number; three neighbours fall into one bucket. */
static struct merkle_hash hash_of(uint32_t number)
{
	struct merkle_hash hash = {{0}};
	uint32_t bucket = number / 3;

	memcpy(hash.bytes, &bucket, sizeof(bucket));
	memcpy(hash.bytes + 4, &number, sizeof(number));
	return hash;
}

static void expect(uint32_t number, int64_t since_us)
{
	struct merkle_hash hash = hash_of(number);

	awaited_expect(awaited, &hash, since_us);
}

static void place(uint32_t number, uint64_t index)
{
	struct merkle_hash hash = hash_of(number);

	awaited_place(awaited, &hash, index);
}

static void assert_numbers(uint64_t open, uint64_t kept, uint64_t late, uint64_t forgotten)
{
	const struct awaited_metrics *m = awaited_metrics(awaited);

	assert_int_equal(metric_value(&m->open), open);
	assert_int_equal(metric_value(&m->kept), kept);
	assert_int_equal(metric_value(&m->late), late);
	assert_int_equal(metric_value(&m->forgotten), forgotten);
}

static unsigned overdue(int64_t now_us)
{
	struct merkle_hash example;

	return awaited_overdue(awaited, now_us, &example);
}

/* ---- kept ---------------------------------------------------------------------------------- */

static void a_promise_is_kept_when_its_leaf_stands_in_a_published_checkpoint(void **state)
{
	(void)state;
	expect(1, 0);
	assert_numbers(1, 0, 0, 0);
	awaited_publish(awaited, 100, 1);
	assert_numbers(1, 0, 0, 0); /* where it stands is not known yet */
	place(1, 100);
	awaited_publish(awaited, 100, 2);
	assert_numbers(1, 0, 0, 0); /* behind the checkpoint */
	awaited_publish(awaited, 101, 3);
	assert_numbers(0, 1, 0, 0);
	awaited_publish(awaited, 102, 4);
	assert_numbers(0, 1, 0, 0);
}

static void the_leaf_may_be_read_before_its_promise_is_heard_of(void **state)
{
	(void)state;
	place(1, 7);
	assert_numbers(0, 0, 0, 0);
	expect(1, 0);
	assert_numbers(1, 0, 0, 0);
	awaited_publish(awaited, 7, 1);
	assert_numbers(1, 0, 0, 0);
	awaited_publish(awaited, 8, 1);
	assert_numbers(0, 1, 0, 0);
}

static void a_leaf_nobody_was_promised_is_of_no_account(void **state)
{
	(void)state;
	place(1, 0);
	awaited_publish(awaited, 1, 0);
	assert_int_equal(overdue(100 * PROMISE_US), 0);
	assert_numbers(0, 0, 0, 0);
}

static void the_same_promise_twice_is_one(void **state)
{
	(void)state;
	expect(1, 0);
	expect(1, 5 * SECOND_US);
	assert_numbers(1, 0, 0, 0);
	place(1, 3);
	expect(1, 6 * SECOND_US);
	assert_numbers(1, 0, 0, 0);
	assert_int_equal(overdue(PROMISE_US + 1), 1); /* the first one counts */
	assert_numbers(0, 0, 1, 0);
}

static void a_promise_repeated_after_it_was_kept_is_kept_at_the_next_checkpoint(void **state)
{
	(void)state;
	expect(1, 0);
	place(1, 3);
	awaited_publish(awaited, 4, 1);
	expect(1, 100 * PROMISE_US);
	assert_numbers(1, 1, 0, 0);
	assert_int_equal(overdue(100 * PROMISE_US + 1), 0);
	awaited_publish(awaited, 4, 2);
	assert_numbers(0, 2, 0, 0);
}

static void a_leaf_placed_twice_stands_where_it_was_placed_last(void **state)
{
	(void)state;
	expect(1, 0);
	place(1, 3);
	place(1, 9);
	awaited_publish(awaited, 9, 1);
	assert_numbers(1, 0, 0, 0);
	awaited_publish(awaited, 10, 1);
	assert_numbers(0, 1, 0, 0);
}

static void neighbours_in_a_bucket_are_told_apart(void **state)
{
	(void)state;
	for (uint32_t i = 30; i < 33; i++)
		expect(i, 0);
	place(31, 0);
	awaited_publish(awaited, 1, 1);
	assert_numbers(2, 1, 0, 0);
	place(30, 1);
	place(32, 2);
	awaited_publish(awaited, 3, 1);
	assert_numbers(0, 3, 0, 0);
}

static void how_long_it_took_is_observed(void **state)
{
	const struct awaited_metrics *m = awaited_metrics(awaited);

	(void)state;
	expect(1, SECOND_US);
	place(1, 0);
	awaited_publish(awaited, 1, SECOND_US + 1234);
	assert_int_equal(atomic_load(&m->us.sum), 1234);
}

/* ---- late ---------------------------------------------------------------------------------- */

static void a_promise_is_late_after_its_time_and_not_at_it(void **state)
{
	struct merkle_hash example = {{0}}, wanted = hash_of(1);

	(void)state;
	expect(1, 5);
	assert_int_equal(awaited_overdue(awaited, PROMISE_US + 5, &example), 0);
	assert_numbers(1, 0, 0, 0);
	assert_int_equal(awaited_overdue(awaited, PROMISE_US + 6, &example), 1);
	assert_memory_equal(example.bytes, wanted.bytes, sizeof(example.bytes));
	assert_numbers(0, 0, 1, 0);
	/* counted once */
	assert_int_equal(overdue(100 * PROMISE_US), 0);
	assert_numbers(0, 0, 1, 0);
}

static void a_leaf_that_is_placed_but_not_published_is_late_too(void **state)
{
	(void)state;
	expect(1, 0);
	place(1, 5);
	expect(2, 0);
	expect(3, SECOND_US);
	assert_int_equal(overdue(PROMISE_US + 1), 2);
	assert_numbers(1, 0, 2, 0);
	awaited_publish(awaited, 6, PROMISE_US + 2);
	assert_numbers(1, 0, 2, 0); /* not kept as well as late */
}

static void an_example_is_only_written_when_there_is_one(void **state)
{
	struct merkle_hash example = {{9, 9}};

	(void)state;
	expect(1, 0);
	assert_int_equal(awaited_overdue(awaited, 0, &example), 0);
	assert_int_equal(example.bytes[0], 9);
}

/* ---- full ---------------------------------------------------------------------------------- */

static void the_fullest_table_is_kept_and_one_more_forgets_the_oldest(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < AWAITED_MAX; i++)
		expect(i, 0);
	assert_numbers(AWAITED_MAX, 0, 0, 0);
	expect(AWAITED_MAX, 0);
	assert_numbers(AWAITED_MAX, 0, 0, 1);
	place(0, 0); /* the one that was forgotten is a mere leaf now, and forgets the next */
	assert_numbers(AWAITED_MAX - 1, 0, 0, 2);
	for (uint32_t i = 1; i <= AWAITED_MAX; i++)
		place(i, i);
	assert_true(metric_value(&awaited_metrics(awaited)->forgotten) > 2);
}

static void leaves_give_way_without_being_missed(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3 * AWAITED_MAX; i++)
		place(i, i);
	assert_numbers(0, 0, 0, 0);
	expect(3 * AWAITED_MAX - 1, 0);
	expect(2 * AWAITED_MAX + 1, 0); /* the oldest that is left beside it */
	awaited_publish(awaited, 3 * AWAITED_MAX, 1);
	assert_numbers(0, 2, 0, 0);
}

/* ---- against a simple list ----------------------------------------------------------------- */

enum { NUMBERS = 2 * AWAITED_MAX, STEPS = 500 * 1000, LOOK_EVERY = 5000 };

/* What is known of every number; `ring` has those the table remembers, in the order they came. */
static struct model {
	struct {
		bool known, expected, placed;
		uint64_t index;
		int64_t since_us;
	} leaves[NUMBERS];
	uint32_t ring[AWAITED_MAX];
	uint32_t count, at;
	uint64_t open, kept, late, forgotten;
} model;

static void model_know(uint32_t number)
{
	uint32_t gone = model.ring[model.at];

	if (model.leaves[number].known)
		return;
	if (model.count == AWAITED_MAX) {
		model.forgotten += model.leaves[gone].expected;
		model.open -= model.leaves[gone].expected;
		memset(&model.leaves[gone], 0, sizeof(model.leaves[gone]));
	} else {
		model.count++;
	}
	model.leaves[number].known = true;
	model.ring[model.at] = number;
	model.at = (model.at + 1) % AWAITED_MAX;
}

static void model_expect(uint32_t number, int64_t since_us)
{
	model_know(number);
	if (model.leaves[number].expected)
		return;
	model.leaves[number].expected = true;
	model.leaves[number].since_us = since_us;
	model.open++;
}

static void model_place(uint32_t number, uint64_t index)
{
	model_know(number);
	model.leaves[number].placed = true;
	model.leaves[number].index = index;
}

static void model_settle(uint32_t number, uint64_t *counter)
{
	model.leaves[number].expected = false;
	model.open--;
	++*counter;
}

static void model_look(uint64_t size, int64_t now_us)
{
	for (uint32_t i = 0; i < NUMBERS; i++)
		if (model.leaves[i].expected && model.leaves[i].placed && model.leaves[i].index < size)
			model_settle(i, &model.kept);
	for (uint32_t i = 0; i < NUMBERS; i++)
		if (model.leaves[i].expected && now_us - model.leaves[i].since_us > PROMISE_US)
			model_settle(i, &model.late);
}

static void look(uint64_t size, int64_t now_us)
{
	uint64_t late = model.late;
	unsigned found;

	awaited_publish(awaited, size, now_us);
	found = overdue(now_us);
	model_look(size, now_us);
	assert_int_equal(found, model.late - late);
	assert_numbers(model.open, model.kept, model.late, model.forgotten);
}

static void any_order_of_events_comes_out_as_in_a_simple_list(void **state)
{
	uint64_t next_index = 0;
	int64_t now_us = 0;

	(void)state;
	for (uint32_t step = 1; step <= STEPS; step++) {
		/* mostly new ones, as they come; some again */
		uint32_t number = dice(8) == 0 ? dice(NUMBERS) : step % NUMBERS;

		now_us += dice(step / (STEPS / 4) % 2 == 0 ? 40 : 400); /* in haste, and at leisure */
		if (dice(3) == 0) {
			place(number, next_index);
			model_place(number, next_index++);
		}
		if (dice(3) != 0) {
			expect(number, now_us);
			model_expect(number, now_us);
		}
		if (step % LOOK_EVERY == 0)
			look(next_index - dice(1000), now_us);
	}
	assert_true(model.kept > 0 && model.late > 0 && model.forgotten > 0);
	now_us += PROMISE_US + 1;
	look(0, now_us);
	assert_int_equal(model.open, 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_promise_is_kept_when_its_leaf_stands_in_a_published_checkpoint),
		CASE(the_leaf_may_be_read_before_its_promise_is_heard_of),
		CASE(a_leaf_nobody_was_promised_is_of_no_account),
		CASE(the_same_promise_twice_is_one),
		CASE(a_promise_repeated_after_it_was_kept_is_kept_at_the_next_checkpoint),
		CASE(a_leaf_placed_twice_stands_where_it_was_placed_last),
		CASE(neighbours_in_a_bucket_are_told_apart),
		CASE(how_long_it_took_is_observed),
		CASE(a_promise_is_late_after_its_time_and_not_at_it),
		CASE(a_leaf_that_is_placed_but_not_published_is_late_too),
		CASE(an_example_is_only_written_when_there_is_one),
		CASE(the_fullest_table_is_kept_and_one_more_forgets_the_oldest),
		CASE(leaves_give_way_without_being_missed),
		CASE(any_order_of_events_comes_out_as_in_a_simple_list),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("awaited", tests, NULL, NULL);
}
