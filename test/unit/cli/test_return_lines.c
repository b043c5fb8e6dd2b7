/* What --all and --line make of a hand-over, after what came back of it before. */
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/exit_code.h"
#include "client-sdk/cli/return_lines.h"

#include "test/support/tap.h" /* last: its fail() is a macro */

/* Line 1: three packs at 0.335 with a code each; line 3: 5 at 26.80 without codes. */
struct counter {
	Rxcirc__V1__DispenseRecord record;
	Rxcirc__V1__DispensedLine handed[2], *handed_pointers[2];
	Rxcirc__V1__ReturnRecord back;
	Rxcirc__V1__ReturnedLine returned, *returned_pointer;
	struct rx_handed of;
	struct return_wish wish;
	struct return_lines lines;
};

static char drugs[2][8] = {"XA", "ZB"};
static char packs[3][4] = {"a1", "a2", "a3"};
static char *codes[3] = {packs[0], packs[1], packs[2]};

static void counter_open(struct counter *c)
{
	memset(c, 0, sizeof(*c));
	rxcirc__v1__dispense_record__init(&c->record);
	for (size_t i = 0; i < 2; i++) {
		rxcirc__v1__dispensed_line__init(&c->handed[i]);
		c->handed[i].line_no = i ? 3 : 1;
		c->handed[i].drug_code = drugs[i];
		c->handed[i].quantity_e4 = i ? 50000 : 30000;
		c->handed[i].unit_price_e6 = i ? 26800000 : 335000;
		c->handed[i].amount_fen = i ? 13400 : 101; /* 1.005 yuan, half up */
		c->handed_pointers[i] = &c->handed[i];
	}
	c->handed[0].trace_codes = codes;
	c->handed[0].n_trace_codes = 3;
	c->record.lines = c->handed_pointers;
	c->record.n_lines = 2;
	c->of.record = &c->record;
}

/* One pack of line 1 came back before, for 34 fen. */
static void one_is_back(struct counter *c)
{
	rxcirc__v1__return_record__init(&c->back);
	rxcirc__v1__returned_line__init(&c->returned);
	c->returned.line_no = 1;
	c->returned.drug_code = drugs[0];
	c->returned.quantity_e4 = 10000;
	c->returned.amount_fen = 34;
	c->returned.trace_codes = &codes[1];
	c->returned.n_trace_codes = 1;
	c->returned_pointer = &c->returned;
	c->back.lines = &c->returned_pointer;
	c->back.n_lines = 1;
	c->of.returns[0] = &c->back;
	c->of.returns_count = 1;
}

static int fill(struct counter *c)
{
	return return_lines_fill(&c->lines, &c->wish, &c->of);
}

static void wish(struct counter *c, const char *text)
{
	c->wish.lines.items[c->wish.lines.count++] = text;
}

static void all_takes_everything_with_its_codes_and_amounts(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	c.wish.all = true;
	assert_int_equal(fill(&c), 0);
	assert_int_equal(c.lines.count, 2);
	assert_true(c.lines.pointers[0]->quantity_e4 == 30000);
	assert_true(c.lines.pointers[0]->amount_fen == 101);
	assert_int_equal(c.lines.pointers[0]->n_trace_codes, 3);
	assert_int_equal(c.lines.pointers[1]->line_no, 3);
	assert_string_equal(c.lines.pointers[1]->drug_code, "ZB");
	assert_int_equal(c.lines.pointers[1]->n_trace_codes, 0);
	assert_true(c.lines.total_fen == 13501);
	return_lines_clear(&c.lines);
}

/* 0.335 rounds up to 34 fen; three times that would be more than was paid. */
static void parts_are_worth_their_price_and_the_last_what_is_left(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	wish(&c, "1=1@a3");
	assert_int_equal(fill(&c), 0);
	assert_true(c.lines.total_fen == 34);
	return_lines_clear(&c.lines);
	one_is_back(&c);
	assert_int_equal(fill(&c), 0);
	assert_true(c.lines.total_fen == 34);
	return_lines_clear(&c.lines);
	c.wish.lines.count = 0;
	wish(&c, "1=2");
	assert_int_equal(fill(&c), 0);
	assert_true(c.lines.total_fen == 101 - 34);
	return_lines_clear(&c.lines);
}

static void a_part_is_never_worth_more_than_is_left(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	one_is_back(&c);
	c.returned.amount_fen = 80;
	wish(&c, "1=1@a3");
	assert_int_equal(fill(&c), 0);
	assert_true(c.lines.total_fen == 21);
	return_lines_clear(&c.lines);
}

static void the_last_of_a_line_takes_the_codes_that_are_left(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	one_is_back(&c);
	wish(&c, "1=2");
	assert_int_equal(fill(&c), 0);
	assert_int_equal(c.lines.pointers[0]->n_trace_codes, 2);
	assert_string_equal(c.lines.pointers[0]->trace_codes[0], "a1");
	assert_string_equal(c.lines.pointers[0]->trace_codes[1], "a3");
	return_lines_clear(&c.lines);
}

static void named_codes_are_taken_as_they_are(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	wish(&c, "1=2@a1,a3");
	c.wish.all = true;
	assert_int_equal(fill(&c), 0);
	assert_int_equal(c.lines.count, 2);
	assert_int_equal(c.lines.pointers[0]->n_trace_codes, 2);
	assert_string_equal(c.lines.pointers[0]->trace_codes[1], "a3");
	return_lines_clear(&c.lines);
}

static void assert_refused(const char *text)
{
	struct counter c;

	counter_open(&c);
	one_is_back(&c);
	if (text)
		wish(&c, text);
	assert_int_equal(fill(&c), EXIT_USAGE);
	return_lines_clear(&c.lines);
}

static void what_was_not_handed_over_or_is_back_is_refused(void **state)
{
	(void)state;
	assert_refused(NULL);
	assert_refused("2=1");
	assert_refused("65=1");
	assert_refused("1=0");
	assert_refused("1=2.0001");
	assert_refused("1=1@b7");
	assert_refused("1=1@");
	assert_refused("1");
}

static void a_line_is_named_once_and_something_is_left(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	wish(&c, "3=1");
	wish(&c, "3=2");
	assert_int_equal(fill(&c), EXIT_USAGE);
	return_lines_clear(&c.lines);
	counter_open(&c);
	one_is_back(&c);
	c.returned.quantity_e4 = 30000;
	c.record.n_lines = 1;
	c.wish.all = true;
	assert_int_equal(fill(&c), EXIT_USAGE);
	return_lines_clear(&c.lines);
}

static const struct CMUnitTest tests[] = {
	TEST(all_takes_everything_with_its_codes_and_amounts),
	TEST(parts_are_worth_their_price_and_the_last_what_is_left),
	TEST(a_part_is_never_worth_more_than_is_left),
	TEST(the_last_of_a_line_takes_the_codes_that_are_left),
	TEST(named_codes_are_taken_as_they_are),
	TEST(what_was_not_handed_over_or_is_back_is_refused),
	TEST(a_line_is_named_once_and_something_is_left),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/return_lines", tests, NULL, NULL);
}
