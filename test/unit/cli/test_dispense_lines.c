/* What --all, --line and --lot make of a prescription. */
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/dispense_lines.h"
#include "client-sdk/cli/exit_code.h"

#include "test/support/tap.h" /* last: its fail() is a macro */

/* Two lines: 4 boxes at 12.50 and 5 at 26.80; of the first one box is gone. */
struct counter {
	Rxcirc__V1__Prescription rx;
	Rxcirc__V1__PrescriptionState now;
	Rxcirc__V1__DrugLine drugs[2];
	Rxcirc__V1__DrugLine *drug_pointers[2];
	Rxcirc__V1__LineState states[2];
	Rxcirc__V1__LineState *state_pointers[2];
	struct dispense_wish wish;
	struct dispense_lines lines;
};

static char codes[2][8] = {"XA", "ZB"};

static void counter_open(struct counter *c)
{
	memset(c, 0, sizeof(*c));
	rxcirc__v1__prescription__init(&c->rx);
	rxcirc__v1__prescription_state__init(&c->now);
	for (uint32_t i = 0; i < 2; i++) {
		rxcirc__v1__drug_line__init(&c->drugs[i]);
		rxcirc__v1__line_state__init(&c->states[i]);
		c->drugs[i].drug_code = codes[i];
		c->drugs[i].quantity_e4 = i ? 50000 : 40000;
		c->drugs[i].unit_price_e6 = i ? 26800000 : 12500000;
		c->states[i].line_no = i + 1;
		c->states[i].prescribed_e4 = c->states[i].owed_e4 = c->drugs[i].quantity_e4;
		c->drug_pointers[i] = &c->drugs[i];
		c->state_pointers[i] = &c->states[i];
	}
	c->states[0].dispensed_e4 = 10000;
	c->states[0].owed_e4 = 30000;
	c->rx.lines = c->drug_pointers;
	c->rx.n_lines = 2;
	c->now.lines = c->state_pointers;
	c->now.n_lines = 2;
}

static int fill(struct counter *c)
{
	return dispense_lines_fill(&c->lines, &c->wish, &c->rx, &c->now);
}

static void add(struct arg_list *list, const char *text)
{
	list->items[list->count++] = text;
}

/* One wish by --line is refused as usage. */
static void assert_line_refused(const char *text)
{
	struct counter c;

	counter_open(&c);
	add(&c.wish.lines, text);
	assert_int_equal(fill(&c), EXIT_USAGE);
}

static void all_takes_what_is_still_owed(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	c.wish.all = true;
	assert_int_equal(fill(&c), 0);
	assert_int_equal(c.lines.count, 2);
	assert_int_equal(c.lines.pointers[0]->line_no, 1);
	assert_true(c.lines.pointers[0]->quantity_e4 == 30000);
	assert_true(c.lines.pointers[0]->amount_fen == 3750);
	assert_string_equal(c.lines.pointers[1]->drug_code, "ZB");
	assert_true(c.lines.pointers[1]->amount_fen == 13400);
	assert_true(c.lines.total_fen == 17150);
	dispense_lines_clear(&c.lines);
}

static void all_leaves_out_finished_lines_and_keeps_named_ones(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	c.states[0].owed_e4 = 0;
	c.wish.all = true;
	add(&c.wish.lines, "2=1.5");
	assert_int_equal(fill(&c), 0);
	assert_int_equal(c.lines.count, 1);
	assert_int_equal(c.lines.pointers[0]->line_no, 2);
	assert_true(c.lines.pointers[0]->quantity_e4 == 15000);
	dispense_lines_clear(&c.lines);
}

/* Whether a further fill is open is the platform's to say. */
static void all_asks_for_everything_when_nothing_is_owed(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	c.states[0].owed_e4 = 0;
	c.states[1].owed_e4 = 0;
	c.wish.all = true;
	assert_int_equal(fill(&c), 0);
	assert_int_equal(c.lines.count, 2);
	assert_true(c.lines.pointers[0]->quantity_e4 == 40000);
	assert_true(c.lines.pointers[1]->quantity_e4 == 50000);
	dispense_lines_clear(&c.lines);
}

/* Of a repeat prescription everything was handed over once; what is owed is told by the state. */
static void all_takes_the_open_round(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	c.states[0].dispensed_e4 = 40000;
	c.states[0].owed_e4 = 40000;
	c.states[1].dispensed_e4 = 50000;
	c.states[1].owed_e4 = 20000;
	c.wish.all = true;
	assert_int_equal(fill(&c), 0);
	assert_true(c.lines.pointers[0]->quantity_e4 == 40000);
	assert_true(c.lines.pointers[1]->quantity_e4 == 20000);
	dispense_lines_clear(&c.lines);
}

static void a_refused_line_is_left_out_with_its_reason(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	c.wish.all = true;
	add(&c.wish.refusals, "2=pharmacist:剂量存疑");
	assert_int_equal(fill(&c), 0);
	assert_int_equal(c.lines.count, 1);
	assert_int_equal(c.lines.pointers[0]->line_no, 1);
	assert_int_equal(c.lines.refusals.count, 1);
	assert_int_equal(c.lines.refusals.pointers[0]->line_no, 2);
	assert_int_equal(c.lines.refusals.pointers[0]->refusal,
		RXCIRC__V1__LINE_REFUSAL__LINE_REFUSAL_PHARMACIST);
	assert_string_equal(c.lines.refusals.pointers[0]->reason, "剂量存疑");
	dispense_lines_clear(&c.lines);
}

/* --all with one --refuse more. */
static int fill_refusing(const char *text)
{
	struct counter c;
	int r;

	counter_open(&c);
	c.wish.all = true;
	add(&c.wish.refusals, text);
	r = fill(&c);
	if (r == 0)
		dispense_lines_clear(&c.lines);
	return r;
}

static void refusals_are_of_a_known_kind_and_some_need_a_reason(void **state)
{
	static const char *const good[] = {"1=out-of-stock", "1=person", "1=quality:漏液",
		"2=other:x", "2=pharmacist:y"};
	static const char *const bad[] = {"1", "1=", "3=person", "0=person", "1=stock", "1=other",
		"1=other:", "1=pharmacist"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(fill_refusing(good[i]), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(fill_refusing(bad[i]), EXIT_USAGE);
}

static void a_reason_has_200_characters_at_most(void **state)
{
	char text[3 * (REFUSAL_REASON_MAX + 1) + 16];
	size_t at = (size_t)snprintf(text, sizeof(text), "1=other:");

	(void)state;
	for (int i = 0; i < REFUSAL_REASON_MAX; i++, at += 3)
		memcpy(text + at, "药", 4);
	assert_int_equal(fill_refusing(text), 0);
	memcpy(text + at, "x", 2);
	assert_int_equal(fill_refusing(text), EXIT_USAGE);
}

static void not_every_line_is_refused_and_none_both_ways(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	c.wish.all = true;
	add(&c.wish.refusals, "1=person");
	add(&c.wish.refusals, "2=person");
	assert_int_equal(fill(&c), EXIT_USAGE);
	counter_open(&c);
	add(&c.wish.lines, "1=1");
	add(&c.wish.refusals, "1=person");
	assert_int_equal(fill(&c), EXIT_USAGE);
	counter_open(&c);
	c.wish.all = true;
	add(&c.wish.refusals, "1=person");
	add(&c.wish.refusals, "1=quality");
	assert_int_equal(fill(&c), EXIT_USAGE);
}

static void a_line_carries_its_trace_codes_and_lot(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	add(&c.wish.lines, "1=2@81234567890123456789,81234567890123456790");
	add(&c.wish.lots, "1=B2026@2028-05-31");
	c.wish.split_pack = true;
	assert_int_equal(fill(&c), 0);
	assert_int_equal(c.lines.pointers[0]->n_trace_codes, 2);
	assert_string_equal(c.lines.pointers[0]->trace_codes[1], "81234567890123456790");
	assert_string_equal(c.lines.pointers[0]->lot_no, "B2026");
	assert_string_equal(c.lines.pointers[0]->expiry_date, "2028-05-31");
	assert_true(c.lines.pointers[0]->split_pack);
	dispense_lines_clear(&c.lines);
}

static void malformed_lines_are_refused(void **state)
{
	(void)state;
	assert_line_refused("1");
	assert_line_refused("=1");
	assert_line_refused("1=");
	assert_line_refused("0=1");
	assert_line_refused("3=1");
	assert_line_refused("1000=1");
	assert_line_refused("x=1");
	assert_line_refused("1=0");
	assert_line_refused("1=-1");
	assert_line_refused("1=1.00001");
	assert_line_refused("1=@812");
	assert_line_refused("1=1@");
	assert_line_refused("1=1@812,,813");
}

static void a_line_is_named_once_and_something_is_wished(void **state)
{
	struct counter c;

	(void)state;
	counter_open(&c);
	assert_int_equal(fill(&c), EXIT_USAGE);
	add(&c.wish.lines, "1=1");
	add(&c.wish.lines, "1=2");
	assert_int_equal(fill(&c), EXIT_USAGE);
	counter_open(&c);
	add(&c.wish.lines, "1=1");
	add(&c.wish.lots, "2=B1"); /* not dispensed */
	assert_int_equal(fill(&c), EXIT_USAGE);
	counter_open(&c);
	add(&c.wish.lines, "1=1");
	add(&c.wish.lots, "1=B1@2028-02-30");
	assert_int_equal(fill(&c), EXIT_USAGE);
}

static void trace_codes_have_their_limits(void **state)
{
	static char text[LINE_CODES_MAX * 2 + 16];
	static char one[LINE_CODE_LEN_MAX + 16];
	struct counter c;

	(void)state;
	(void)snprintf(text, sizeof(text), "1=1@x");
	for (int i = 1; i < LINE_CODES_MAX; i++)
		memcpy(text + 3 + 2 * (size_t)i, ",x", 3);
	counter_open(&c);
	add(&c.wish.lines, text);
	assert_int_equal(fill(&c), 0);
	assert_int_equal(c.lines.pointers[0]->n_trace_codes, LINE_CODES_MAX);
	dispense_lines_clear(&c.lines);
	memcpy(text + strlen(text), ",x", 3);
	assert_line_refused(text);
	(void)snprintf(one, sizeof(one), "1=1@%0*d", LINE_CODE_LEN_MAX, 1);
	counter_open(&c);
	add(&c.wish.lines, one);
	assert_int_equal(fill(&c), 0);
	dispense_lines_clear(&c.lines);
	memcpy(one + strlen(one), "1", 2);
	assert_line_refused(one);
}

static const struct CMUnitTest tests[] = {
	TEST(all_takes_what_is_still_owed),
	TEST(all_leaves_out_finished_lines_and_keeps_named_ones),
	TEST(all_asks_for_everything_when_nothing_is_owed),
	TEST(all_takes_the_open_round),
	TEST(a_refused_line_is_left_out_with_its_reason),
	TEST(refusals_are_of_a_known_kind_and_some_need_a_reason),
	TEST(a_reason_has_200_characters_at_most),
	TEST(not_every_line_is_refused_and_none_both_ways),
	TEST(a_line_carries_its_trace_codes_and_lot),
	TEST(malformed_lines_are_refused),
	TEST(a_line_is_named_once_and_something_is_wished),
	TEST(trace_codes_have_their_limits),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/dispense_lines", tests, NULL, NULL);
}
