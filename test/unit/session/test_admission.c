/* The numbers of the budgets, at the limit and one above it. */
#include <pthread.h>
#include <stdio.h>

#include "base/ensure.h"
#include "session/admission.h"
#include "support/tap.h"

enum { US_PER_S = 1000 * 1000, NOW_US = 77 * US_PER_S };

static void the_burst_is_granted_and_one_call_more_is_refused(void **state)
{
	struct admission *a = admission_new(200, 400);

	(void)state;
	for (int i = 0; i < 400; i++)
		assert_int_equal(admission_take(a, "P14010000003", NOW_US), 0);
	assert_int_equal(admission_take(a, "P14010000003", NOW_US), 5); /* 1 s / 200 */
	admission_free(a);
}

static void a_refused_call_costs_nothing(void **state)
{
	struct admission *a = admission_new(10, 1);

	(void)state;
	assert_int_equal(admission_take(a, "P14010000003", NOW_US), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(admission_take(a, "P14010000003", NOW_US), 100);
	assert_int_equal(admission_take(a, "P14010000003", NOW_US + 99 * 1000), 1);
	assert_int_equal(admission_take(a, "P14010000003", NOW_US + 99 * 1000 + 999), 1);
	assert_int_equal(admission_take(a, "P14010000003", NOW_US + 100 * 1000), 0);
	assert_int_equal(admission_take(a, "P14010000003", NOW_US + 100 * 1000), 100);
	admission_free(a);
}

static void the_rate_is_granted_for_ever_and_no_more(void **state)
{
	struct admission *a = admission_new(200, 400);
	unsigned granted = 0;

	(void)state;
	/* Four calls where one is due, for ten seconds: the burst, then the rate. */
	for (int64_t t = 0; t < 10 * US_PER_S; t += 1250)
		granted += admission_take(a, "P14010000003", NOW_US + t) == 0;
	assert_in_range(granted, 400 + 10 * 200 - 1, 400 + 10 * 200);
	admission_free(a);
}

static void the_bucket_fills_to_the_burst_and_not_beyond(void **state)
{
	struct admission *a = admission_new(200, 400);
	int64_t later = NOW_US + 3600LL * US_PER_S;

	(void)state;
	for (int i = 0; i < 400; i++)
		assert_int_equal(admission_take(a, "P14010000003", NOW_US), 0);
	for (int i = 0; i < 400; i++)
		assert_int_equal(admission_take(a, "P14010000003", later), 0);
	assert_true(admission_take(a, "P14010000003", later) > 0);
	admission_free(a);
}

static void institutions_do_not_share_a_budget(void **state)
{
	struct admission *a = admission_new(1, 1);
	char code[16];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		snprintf(code, sizeof(code), "P%011d", i);
		assert_int_equal(admission_take(a, code, NOW_US), 0);
	}
	for (int i = 0; i < 2000; i++) {
		snprintf(code, sizeof(code), "P%011d", i);
		assert_int_equal(admission_take(a, code, NOW_US), 1000);
	}
	admission_free(a);
}

static void more_institutions_than_places_are_all_served(void **state)
{
	struct admission *a = admission_new(1, 1);
	unsigned granted = 0;
	char code[16];

	(void)state;
	for (int i = 0; i < 2 * ADMISSION_SETS * ADMISSION_WAYS; i++) {
		snprintf(code, sizeof(code), "P%011d", i);
		granted += admission_take(a, code, NOW_US) == 0;
	}
	assert_int_equal(granted, 2 * ADMISSION_SETS * ADMISSION_WAYS);
	admission_free(a);
}

static void new_numbers_count_from_the_next_call(void **state)
{
	struct admission *a = admission_new(10, 1);

	(void)state;
	assert_int_equal(admission_take(a, "P14010000003", NOW_US), 0);
	assert_true(admission_take(a, "P14010000003", NOW_US) > 0);
	admission_set(a, 10, 3);
	assert_int_equal(admission_take(a, "P14010000003", NOW_US), 0);
	assert_int_equal(admission_take(a, "P14010000003", NOW_US), 0);
	assert_true(admission_take(a, "P14010000003", NOW_US) > 0);
	admission_set(a, ADMISSION_CALLS_PER_S_MAX, ADMISSION_BURST_MAX);
	assert_int_equal(admission_take(a, "P14010000003", NOW_US), 0);
	admission_free(a);
}

static void a_pace_per_day_is_even_once_the_burst_is_used_up(void **state)
{
	/* 45,000 a day is asked, 28,800 are granted: one each three seconds, whatever is tried. */
	struct admission *a = admission_new_daily(28800, 10);
	unsigned granted = 0;

	(void)state;
	for (int64_t t = 0; t < 3600LL * US_PER_S; t += 1920 * 1000)
		granted += admission_take(a, "P14010000003", NOW_US + t) == 0;
	assert_in_range(granted, 10 + 1200 - 1, 10 + 1200);
	assert_int_equal(admission_take(a, "P14010000004", NOW_US), 0);
	admission_set_daily(a, 1, 1);
	assert_int_equal(admission_take(a, "P14010000005", NOW_US), 0);
	assert_int_equal(admission_take(a, "P14010000005", NOW_US), 24 * 3600 * 1000);
	admission_free(a);
}

enum { THREADS = 4, TRIES = 20000 };

struct taker {
	struct admission *admission;
	unsigned granted;
};

static void *taker_run(void *arg)
{
	struct taker *t = arg;

	for (int i = 0; i < TRIES; i++)
		t->granted += admission_take(t->admission, "P14010000003", NOW_US) == 0;
	return NULL;
}

static void workers_together_are_granted_one_budget(void **state)
{
	struct admission *a = admission_new(200, 5000);
	struct taker takers[THREADS];
	pthread_t threads[THREADS];
	unsigned granted = 0;

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		takers[i] = (struct taker){.admission = a};
		assert_int_equal(pthread_create(&threads[i], NULL, taker_run, &takers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		granted += takers[i].granted;
	}
	assert_int_equal(granted, 5000);
	admission_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_burst_is_granted_and_one_call_more_is_refused),
		TEST(a_refused_call_costs_nothing),
		TEST(the_rate_is_granted_for_ever_and_no_more),
		TEST(the_bucket_fills_to_the_burst_and_not_beyond),
		TEST(institutions_do_not_share_a_budget),
		TEST(more_institutions_than_places_are_all_served),
		TEST(new_numbers_count_from_the_next_call),
		TEST(a_pace_per_day_is_even_once_the_burst_is_used_up),
		TEST(workers_together_are_granted_one_budget),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("admission", tests, NULL, NULL);
}
