/* What was handed over and what came back, as the signed records tell it: quantities, rounds, their
 * numbers, and every way in which they contradict each other. */
#include "test/sdk/verdict.h"
#include "test/support/tap.h"

#define KIND(name) RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_##name
#define SPOIL(name, statement) static void name(struct plan *plan) { statement; }

SPOIL(whole_handed_over, plan->handed.quantity_e4 = 30000)
SPOIL(too_much_handed_over, plan->handed.quantity_e4 = 30001)
SPOIL(nothing_handed_over, plan->handed.quantity_e4 = 0)
SPOIL(all_numbers_handed_over, plan->handed.quantity_e4 = INT64_MAX)
SPOIL(other_line_handed_over, plan->handed.line_no = 2)
SPOIL(no_line_handed_over, plan->handed.line_no = 0)
SPOIL(other_drug_handed_over, plan->handed.drug_code = plan_text("XN02BEP"))
SPOIL(second_record_first, plan->dispense.fill_no = 2; plan->back.fill_no = 2)
SPOIL(round_not_prescribed, plan->dispense.round = 2)

static Rxcirc__V1__RepeatRule twice = RXCIRC__V1__REPEAT_RULE__INIT;

static void repeated(struct plan *plan)
{
	twice.fills_max = 2;
	plan->prescription.repeat = &twice;
	plan->dispense.round = 2;
}

SPOIL(repeated_too_much, repeated(plan); plan->handed.quantity_e4 = 60001)
SPOIL(repeated_once_more, repeated(plan); plan->dispense.round = 3)
SPOIL(prescribed_beyond_numbers, repeated(plan); plan->line.quantity_e4 = INT64_MAX)

SPOIL(return_by_other_pharmacy, plan->return_key = plan->keys[PLAN_OTHER_PHARMACIST])
SPOIL(return_by_stranger, plan->return_key = plan->stranger)
SPOIL(return_of_other_rx, plan->back.rx_id.len = 15)
SPOIL(return_elsewhere, plan->back.pharmacy_code = plan_text(PLAN_PHARMACY_2))
SPOIL(return_of_other_fill, plan->back.fill_no = 2)
SPOIL(return_before_dispense, plan->later[2] = PLAN_RETURN; plan->later[3] = PLAN_DISPENSE)
SPOIL(return_whole, plan->returned.quantity_e4 = 20000)
SPOIL(return_too_much, plan->returned.quantity_e4 = 20001)
SPOIL(return_nothing, plan->returned.quantity_e4 = 0)
SPOIL(return_other_line, plan->returned.line_no = 2)
SPOIL(return_other_drug, plan->returned.drug_code = plan_text("XN02BEP"))
SPOIL(return_of_no_kind, plan->back.kind = RXCIRC__V1__RETURN_KIND__RETURN_KIND_UNSPECIFIED)
SPOIL(second_return_first, plan->back.return_no = 2)

/* The same record or return once more, under the next number. */
static void numbered_before_sign(struct plan *plan, Rxcirc__V1__DocumentKind kind,
	ProtobufCMessage *message)
{
	static uint32_t fills, returns;

	(void)message;
	if (kind == KIND(PRESCRIPTION))
		fills = returns = 0;
	else if (kind == KIND(DISPENSE_RECORD))
		plan->dispense.fill_no = ++fills;
	else if (kind == KIND(RETURN_RECORD))
		plan->back.return_no = ++returns;
}

static void once_more(struct plan *plan, enum plan_later what)
{
	plan->before_sign = numbered_before_sign;
	plan->later[plan->later_count++] = what;
}

SPOIL(return_twice, once_more(plan, PLAN_RETURN))
SPOIL(return_twice_too_much, once_more(plan, PLAN_RETURN); plan->returned.quantity_e4 = 10001)
SPOIL(again_after_return, once_more(plan, PLAN_DISPENSE); plan->returned.quantity_e4 = 20000)
SPOIL(again_after_reversal, once_more(plan, PLAN_DISPENSE);
	plan->back.kind = RXCIRC__V1__RETURN_KIND__RETURN_KIND_REVERSAL)
SPOIL(too_much_after_reversal, again_after_reversal(plan); plan->returned.quantity_e4 = 9999)
SPOIL(first_round_twice, repeated(plan); plan->dispense.round = 1;
	once_more(plan, PLAN_DISPENSE))

static const struct spoiled spoileds[] = {
#define S(what, reason, document) {#what, what, NULL, reason, document}
	S(whole_handed_over, NULL, NULL),
	S(too_much_handed_over, "FILL_CONTRADICTED", "dispense record (later document 3)"),
	S(nothing_handed_over, "FILL_CONTRADICTED", "dispense record"),
	S(all_numbers_handed_over, "FILL_CONTRADICTED", "dispense record"),
	S(other_line_handed_over, "FILL_CONTRADICTED", "dispense record"),
	S(no_line_handed_over, "FILL_CONTRADICTED", "dispense record"),
	S(other_drug_handed_over, "FILL_CONTRADICTED", "dispense record"),
	S(second_record_first, "FILL_CONTRADICTED", "dispense record"),
	S(round_not_prescribed, "FILL_CONTRADICTED", "dispense record"),
	S(repeated, NULL, NULL),
	S(repeated_too_much, "FILL_CONTRADICTED", "dispense record"),
	S(repeated_once_more, "FILL_CONTRADICTED", "dispense record"),
	S(prescribed_beyond_numbers, "FILL_CONTRADICTED", "dispense record"),
	S(return_by_other_pharmacy, "KEY_INSTITUTION_FOREIGN", "return record"),
	S(return_by_stranger, "KEY_UNKNOWN", "return record"),
	S(return_of_other_rx, "RX_ID_FOREIGN", "return record"),
	S(return_elsewhere, "INSTITUTION_FOREIGN", "return record"),
	S(return_of_other_fill, "DOCUMENT_CHAIN_BROKEN", "return record"),
	S(return_before_dispense, "DOCUMENT_CHAIN_BROKEN", "return record (later document 3)"),
	S(return_whole, NULL, NULL),
	S(return_too_much, "FILL_CONTRADICTED", "return record (later document 4)"),
	S(return_nothing, "FILL_CONTRADICTED", "return record"),
	S(return_other_line, "FILL_CONTRADICTED", "return record"),
	S(return_other_drug, "FILL_CONTRADICTED", "return record"),
	S(return_of_no_kind, "FILL_CONTRADICTED", "return record"),
	S(second_return_first, "FILL_CONTRADICTED", "return record"),
	S(return_twice, NULL, NULL),
	S(return_twice_too_much, "FILL_CONTRADICTED", "return record (later document 5)"),
	S(again_after_return, "FILL_CONTRADICTED", "dispense record (later document 5)"),
	S(again_after_reversal, NULL, NULL),
	S(too_much_after_reversal, "FILL_CONTRADICTED", "dispense record (later document 5)"),
	S(first_round_twice, "FILL_CONTRADICTED", "dispense record (later document 5)"),
#undef S
};

static void finds_what_contradicts_what_was_handed_over(void **state)
{
	(void)state;
	assert_each_found(spoileds, sizeof(spoileds) / sizeof(spoileds[0]));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(finds_what_contradicts_what_was_handed_over),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("verify fills", tests, NULL, NULL);
}
