/* Trace codes at a hand-over: what the region asks for, and one sale per code. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "domain/life.h"

#define FIRST "81000010000000000001"
#define SECOND "81000010000000000002"

static struct ledger l;
static Rxcirc__V1__DispenseRecord *record;

static void renew(void)
{
	record = dispense_record_of(l.pharmacy_review, l.rx_id, &stage.province, PHARMACIST);
	record->n_lines = 1;
	record->lines[0]->quantity_e4 = 20000;
	record->lines[0]->amount_fen = 2500;
	record->total_fen = 2500;
}

static void begin(const char *level)
{
	if (level != NULL)
		province_parameter(&stage.province, HOME_REGION, "trace-level", level);
	stage_rebuild();
	act_prepare(ACT_DISPENSE, &l);
	renew();
}

static void scan(size_t count, ...)
{
	char **codes = papers_alloc((count + 1) * sizeof(*codes));
	va_list list;

	va_start(list, count);
	for (size_t i = 0; i < count; i++)
		codes[i] = paper_text(va_arg(list, const char *));
	va_end(list);
	record->lines[0]->trace_codes = codes;
	record->lines[0]->n_trace_codes = count;
}

/* The ledger says this of the first code. */
static enum status_reason dispense_after(int32_t whole, int32_t split)
{
	const struct fake_cell row[] = {FAKE_I64(1), FAKE_I32(whole), FAKE_I32(split), FAKE_I32(0)};
	bool traced = record->lines[0]->n_trace_codes > 0;

	scene_as(PHARMACIST);
	stage_clear();
	ledger_answer_load(&l);
	if (traced)
		fake_pg_answer("trace_codes_load", 4, row, whole + split > 0);
	ledger_answer_written(traced ? "fill_put_traced" : "fill_put", true);
	return stage_call(&dispense_method, dispense_of(&l, record, PHARMACIST));
}

static enum status_reason dispense(void)
{
	return dispense_after(0, 0);
}

static size_t flags(void)
{
	const Rxcirc__V1__DispensePrescriptionResponse *reply =
		stage_reply(&rxcirc__v1__dispense_prescription_response__descriptor);

	return reply->n_flags;
}

static int64_t mode_sold(void)
{
	const struct fake_unit *u;
	unsigned q;
	struct slice modes;

	u = fake_pg_last("fill_put_traced", &q);
	modes = fake_value(u, q, 40);
	return modes.data[modes.len - 1];
}

static void where_codes_are_required_nothing_goes_without(void **state)
{
	(void)state;
	begin("required");
	assert_int_equal(dispense(), STATUS_TRACE_CODE_INVALID);
	stage_expect_found("TRACE", "lines[0].drug_trac_codg");
	scan(1, FIRST);
	assert_int_equal(dispense(), STATUS_TRACE_CODE_INVALID);
	scan(2, FIRST, SECOND);
	assert_int_equal(dispense(), STATUS_OK);
	assert_int_equal(flags(), 0);
	assert_int_equal(mode_sold(), 1);
}

static void where_they_are_only_warned_of_it_is_flagged(void **state)
{
	(void)state;
	begin(NULL); /* the standard */
	assert_int_equal(dispense(), STATUS_OK);
	assert_int_equal(flags(), 1);
}

static void where_they_are_off_nothing_is_said(void **state)
{
	(void)state;
	begin("off");
	assert_int_equal(dispense(), STATUS_OK);
	assert_int_equal(flags(), 0);
}

static void a_drug_may_be_stricter_or_freer_than_its_region(void **state)
{
	(void)state;
	begin("off");
	province_parameter(&stage.province, HOME_REGION, "trace-required-drugs", "XZ99 XC");
	stage_rebuild();
	assert_int_equal(dispense(), STATUS_TRACE_CODE_INVALID);
	province_parameter(&stage.province, HOME_REGION, "trace-exempt-drugs",
		record->lines[0]->drug_code);
	stage_rebuild();
	assert_int_equal(dispense(), STATUS_OK);
	assert_int_equal(flags(), 0);
}

static void a_code_is_sold_once(void **state)
{
	(void)state;
	begin("required");
	scan(2, FIRST, SECOND);
	assert_int_equal(dispense_after(1, 0), STATUS_TRACE_CODE_SOLD);
	stage_expect_found("TRACE", "lines[0].drug_trac_codg");
	assert_int_equal(dispense_after(0, 1), STATUS_TRACE_CODE_SOLD);
	assert_int_equal(dispense_after(0, 0), STATUS_OK);
}

static void where_it_is_only_warned_of_a_second_sale_is_flagged_and_kept_apart(void **state)
{
	(void)state;
	begin("warn");
	scan(2, FIRST, SECOND);
	assert_int_equal(dispense_after(1, 0), STATUS_OK);
	assert_int_equal(flags(), 1);
	assert_int_equal(mode_sold(), 1); /* the second one of the line was never sold */
}

static void a_split_pack_is_sold_in_parts_but_not_whole_as_well(void **state)
{
	(void)state;
	begin("required");
	record->lines[0]->split_pack = 1;
	record->lines[0]->quantity_e4 = 5000;
	record->lines[0]->amount_fen = record->total_fen = 625;
	scan(1, FIRST);
	assert_int_equal(dispense_after(0, 3), STATUS_OK);
	assert_int_equal(mode_sold(), 2);
	assert_int_equal(dispense_after(1, 0), STATUS_TRACE_CODE_SOLD);
}

static void a_code_of_no_family_is_named(void **state)
{
	(void)state;
	begin("warn");
	scan(2, FIRST, "ABC");
	assert_int_equal(dispense(), STATUS_FIELD_INVALID);
	stage_expect_found("TRACE", "lines[0].drug_trac_codg[1]");
	scan(2, FIRST, FIRST);
	assert_int_equal(dispense(), STATUS_FIELD_INVALID);
	stage_expect_found("TRACE", "lines[0].drug_trac_codg[1]");
}

static void one_pack_is_one_code_however_it_is_written(void **state)
{
	(void)state;
	begin("warn");
	scan(2, "(01)06901234567892(21)A1", "(17)271231(01)06901234567892(21)A1");
	assert_int_equal(dispense(), STATUS_FIELD_INVALID);
	stage_expect_found("TRACE", "lines[0].drug_trac_codg[1]");
}

static void an_expired_pack_is_not_sold_whatever_the_region_asks(void **state)
{
	(void)state;
	begin("off");
	scan(2, "(01)06901234567892(21)A1(17)260528", SECOND);
	assert_int_equal(dispense(), STATUS_TRACE_CODE_INVALID);
	scan(2, "(01)06901234567892(21)A1(17)260529", SECOND);
	assert_int_equal(dispense(), STATUS_OK);
}

static void codes_of_two_drugs_on_one_line_are_flagged(void **state)
{
	(void)state;
	begin("required");
	scan(2, FIRST, "82000010000000000002");
	assert_int_equal(dispense(), STATUS_OK);
	assert_int_equal(flags(), 1);
}

static void so_many(size_t line, size_t count)
{
	char **codes = papers_alloc((count + 1) * sizeof(*codes));

	for (size_t i = 0; i < count; i++) {
		codes[i] = papers_alloc(24);
		snprintf(codes[i], 24, "81%02zu%016zu", line, i);
	}
	record->lines[line]->trace_codes = codes;
	record->lines[line]->n_trace_codes = count;
}

static void a_line_has_at_most_200_codes_and_a_record_400(void **state)
{
	(void)state;
	begin("off");
	so_many(0, TRACE_CODES_MAX);
	assert_int_equal(dispense(), STATUS_OK);
	so_many(0, TRACE_CODES_MAX + 1);
	assert_int_equal(dispense(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "lines[].drug_trac_codg");
	record = dispense_record_of(l.pharmacy_review, l.rx_id, &stage.province, PHARMACIST);
	record->lines[2] = record->lines[1];
	so_many(0, TRACE_CODES_MAX);
	so_many(1, TRACE_CODES_MAX);
	assert_int_equal(dispense(), STATUS_OK);
	record->n_lines = 3; /* the same line twice is refused later than too many codes */
	assert_int_equal(dispense(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "lines[].drug_trac_codg");
}

static void a_hand_over_that_lost_the_race_for_a_code_reads_again_and_is_told(void **state)
{
	const struct fake_cell sold[] = {FAKE_I64(1), FAKE_I32(1), FAKE_I32(0), FAKE_I32(0)};

	(void)state;
	begin("required");
	scan(2, FIRST, SECOND);
	scene_as(PHARMACIST);
	stage_clear();
	ledger_answer_load(&l);
	fake_pg_answer("trace_codes_load", 4, sold, 0);
	fake_pg_answer_failure("fill_put_traced", ERR_DB_CHECK, "23514");
	ledger_answer_load(&l);
	fake_pg_answer("trace_codes_load", 4, sold, 1);
	assert_int_equal(stage_call(&dispense_method, dispense_of(&l, record, PHARMACIST)),
		STATUS_TRACE_CODE_SOLD);
	assert_int_equal(fake_pg_unused(), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(where_codes_are_required_nothing_goes_without, "TJ2-23b C20"),
		STAGED_PROVES(where_they_are_only_warned_of_it_is_flagged, "TJ2-23b"),
		STAGED_PROVES(where_they_are_off_nothing_is_said, "TJ2-23b"),
		STAGED_PROVES(a_drug_may_be_stricter_or_freer_than_its_region, "TJ2-23b"),
		STAGED_PROVES(a_code_is_sold_once, "C21"),
		STAGED(where_it_is_only_warned_of_a_second_sale_is_flagged_and_kept_apart),
		STAGED(a_split_pack_is_sold_in_parts_but_not_whole_as_well),
		STAGED(a_code_of_no_family_is_named),
		STAGED(one_pack_is_one_code_however_it_is_written),
		STAGED(an_expired_pack_is_not_sold_whatever_the_region_asks),
		STAGED(codes_of_two_drugs_on_one_line_are_flagged),
		STAGED(a_line_has_at_most_200_codes_and_a_record_400),
		STAGED_PROVES(a_hand_over_that_lost_the_race_for_a_code_reads_again_and_is_told, "C21"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("fill_trace", tests, stage_open, stage_close);
}
