/* In which order places are shown, and that the order prefers nobody. */
#include "test/support/tap.h"

#include <stdio.h>
#include <stdlib.h>

#include "rules/stock.h"

enum { PLACES = 20, SEARCHES = 4000 };

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

/* `better` stands before `worse`, whatever their spins are. */
static void expect_before(struct stock_rank better, struct stock_rank worse)
{
	for (unsigned s = 0; s < 2; s++) {
		better.spin = s;
		worse.spin = 1 - s;
		assert_int_equal(sign(stock_rank_compare(&better, &worse)), -1);
		assert_int_equal(sign(stock_rank_compare(&worse, &better)), 1);
	}
}

static void what_is_there_counts_before_where_and_when(void **state)
{
	static const struct stock_rank all = {STOCK_ALL, false, true, 0, "A"};
	static const struct stock_rank part = {STOCK_PART, true, false, 0, "B"};
	static const struct stock_rank nothing = {STOCK_NOTHING, true, false, 0, "C"};
	struct stock_rank near = part, far = part, fresh = part, stale = part;

	(void)state;
	expect_before(all, part);
	expect_before(part, nothing);
	expect_before(all, nothing);
	far.near = false;
	near.stale = true; /* near and stale before far and fresh */
	expect_before(near, far);
	stale.stale = true;
	expect_before(fresh, stale);
}

static void everything_part_or_nothing(void **state)
{
	(void)state;
	assert_int_equal(stock_accept_of(0, 3), STOCK_NOTHING);
	assert_int_equal(stock_accept_of(5, 3), STOCK_PART);
	assert_int_equal(stock_accept_of(7, 3), STOCK_ALL);
	assert_int_equal(stock_accept_of(8, 3), STOCK_NOTHING);
	assert_int_equal(stock_accept_of(1, 1), STOCK_ALL);
	assert_int_equal(stock_accept_of(UINT64_MAX, 64), STOCK_ALL);
	assert_int_equal(stock_accept_of(UINT64_MAX - 1, 64), STOCK_PART);
	assert_int_equal(stock_accept_of(UINT64_MAX / 2, 64), STOCK_PART);
	assert_int_equal(stock_accept_of(0, 64), STOCK_NOTHING);
}

/* Among equals each stands first as often as any other: within five standard deviations. */
static void nobody_is_preferred_among_equals(void **state)
{
	unsigned first[PLACES] = {0}, last[PLACES] = {0};

	(void)state;
	for (uint64_t seed = 0; seed < SEARCHES; seed++) {
		uint64_t least = UINT64_MAX, most = 0;
		unsigned head = 0, tail = 0;

		for (unsigned p = 0; p < PLACES; p++) {
			char code[16];
			uint64_t spin;

			(void)snprintf(code, sizeof(code), "P140105%05u", p);
			spin = stock_spin(seed, code);
			if (spin < least) {
				least = spin;
				head = p;
			}
			if (spin >= most) {
				most = spin;
				tail = p;
			}
		}
		first[head]++;
		last[tail]++;
	}
	for (unsigned p = 0; p < PLACES; p++) { /* expected 200, standard deviation 13.8 */
		assert_in_range(first[p], 130, 270);
		assert_in_range(last[p], 130, 270);
	}
}

static void one_search_has_one_order(void **state)
{
	(void)state;
	assert_true(stock_spin(7, "P14010500001") == stock_spin(7, "P14010500001"));
	assert_true(stock_spin(7, "P14010500001") != stock_spin(8, "P14010500001"));
	assert_true(stock_spin(7, "P14010500001") != stock_spin(7, "P14010500002"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_is_there_counts_before_where_and_when),
		TEST(everything_part_or_nothing),
		PROVES(nobody_is_preferred_among_equals, "JIN15-1.3c NT33-N2.3"),
		TEST(one_search_has_one_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stock", tests, NULL, NULL);
}
