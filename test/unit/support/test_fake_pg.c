/* The scripted database keeps the contract of db/pg.h, or tests on it would prove nothing. */
#include "base/err.h"
#include "test/support/death.h"
#include "test/support/fake_pg.h"
#include "test/support/tap.h"

static const struct pg_statement stmt_load = {"rx_load", "-", 1};
static const struct pg_statement stmt_store = {"rx_store", "-", 2};
static const struct pg_statement *const statements[] = {&stmt_load, &stmt_store, NULL};

static struct pg_lane *lane;
static unsigned done, closed;

static void on_done(struct pg_unit *unit)
{
	(void)unit;
	done++;
}

static void on_closed(void *arg)
{
	(void)arg;
	closed++;
}

static int open_lane(void **state)
{
	struct pg_lane_options options = {.name = "write", .statements = statements};

	(void)state;
	done = closed = 0;
	return pg_lane_open(&lane, NULL, &options);
}

static int close_lane(void **state)
{
	(void)state;
	pg_lane_close(lane, on_closed, NULL);
	fake_pg_run();
	fake_pg_reset();
	return closed == 1 ? 0 : -1;
}

static void load(struct pg_unit *unit, struct pg_param *param, int64_t id)
{
	pg_unit_init(unit, on_done);
	pg_param_i64(param, id);
	pg_unit_add(unit, &stmt_load, param);
	pg_submit(lane, unit);
}

static void answers_what_was_scripted_and_keeps_what_was_asked(void **state)
{
	const struct slice codes[] = {slice_of_text("a"), slice_of_text("bc")};
	const struct fake_cell row[] = {FAKE_I64(7), FAKE_TEXT("paid"), FAKE_NULL, FAKE_BOOL(true),
		FAKE_TIME(1700000000123), FAKE_BYTES("\0\1", 2), fake_array_text(codes, 2), FAKE_I16(-3),
		FAKE_I32(5)};
	struct pg_array array;
	struct slice element;
	struct pg_param param;
	struct pg_unit unit;

	(void)state;
	fake_pg_answer("rx_load", 9, row, 1);
	load(&unit, &param, -42);
	assert_int_equal(done, 0);
	fake_pg_run();
	assert_int_equal(done, 1);
	assert_int_equal(unit.status, 0);
	assert_int_equal(pg_rows(&unit, 0), 1);
	assert_int_equal(pg_i64(&unit, 0, 0, 0), 7);
	assert_string_equal(pg_text(&unit, 0, 0, 1), "paid");
	assert_true(pg_is_null(&unit, 0, 0, 2));
	assert_true(pg_bool(&unit, 0, 0, 3));
	assert_true(pg_time(&unit, 0, 0, 4) == 1700000000123);
	assert_true(slice_equal(pg_bytes(&unit, 0, 0, 5), slice_of("\0\1", 2)));
	pg_array_open(&array, &unit, 0, 0, 6);
	assert_true(pg_array_next(&array, &element));
	assert_true(pg_array_next(&array, &element));
	assert_true(slice_equal(element, codes[1]));
	assert_false(pg_array_next(&array, &element));
	assert_int_equal(pg_i16(&unit, 0, 0, 7), -3);
	assert_int_equal(pg_i32(&unit, 0, 0, 8), 5);
	pg_unit_clear(&unit);
	assert_int_equal(fake_pg_sent_count(), 1);
	assert_string_equal(fake_pg_sent(0)->lane, "write");
	assert_string_equal(fake_pg_sent(0)->queries[0].statement, "rx_load");
	assert_int_equal(fake_number(fake_pg_sent(0), 0, 0), -42);
	assert_int_equal(fake_pg_unused(), 0);
}

static void failure_ends_the_whole_unit(void **state)
{
	struct pg_param params[3];
	struct pg_unit unit;
	unsigned query;

	(void)state;
	fake_pg_answer("rx_load", 0, NULL, 0);
	fake_pg_answer_failure("rx_store", ERR_DB_UNIQUE, "23505");
	pg_unit_init(&unit, on_done);
	pg_param_i64(&params[0], 1);
	pg_unit_add(&unit, &stmt_load, &params[0]);
	pg_param_text(&params[1], "x");
	pg_param_time(&params[2], 1000);
	pg_unit_add(&unit, &stmt_store, &params[1]);
	pg_submit(lane, &unit);
	fake_pg_run();
	assert_int_equal(unit.status, ERR_DB_UNIQUE);
	assert_string_equal(unit.sqlstate, "23505");
	assert_null(unit.queries[0].result);
	assert_ptr_equal(fake_pg_last("rx_store", &query), fake_pg_sent(0));
	assert_int_equal(query, 1);
	assert_true(slice_equal(fake_value(fake_pg_sent(0), 1, 0), slice_of_text("x")));
	assert_int_equal(fake_time(fake_pg_sent(0), 1, 1), 1000);
	pg_unit_clear(&unit);
}

static void steps_in_order_and_holds_back(void **state)
{
	struct pg_param params[2];
	struct pg_unit first, second;

	(void)state;
	fake_pg_answer_affected("rx_load", 3);
	fake_pg_always("rx_load");
	load(&first, &params[0], 1);
	load(&second, &params[1], 2);
	assert_int_equal(fake_pg_pending(), 2);
	assert_true(fake_pg_step());
	assert_int_equal(pg_affected(&first, 0), 3);
	assert_int_equal(fake_pg_pending(), 1);
	fake_pg_hold("rx_load");
	assert_false(fake_pg_step());
	fake_pg_hold(NULL);
	assert_true(fake_pg_step());
	assert_int_equal(pg_affected(&second, 0), 3);
	assert_false(fake_pg_step());
	pg_unit_clear(&first);
	pg_unit_clear(&second);
}

static void closing_a_lane_ends_its_units(void **state)
{
	struct pg_param param;
	struct pg_unit unit;

	fake_pg_hold("rx_load");
	load(&unit, &param, 1);
	fake_pg_run();
	assert_int_equal(done, 0);
	assert_int_equal(close_lane(state), 0);
	assert_int_equal(done, 1);
	assert_int_equal(unit.status, ERR_DB_AWAY);
	pg_unit_clear(&unit);
	assert_int_equal(open_lane(state), 0);
}

static void attached_to_a_loop_it_answers_by_itself(void **state)
{
	struct loop *loop = loop_new();
	struct pg_param param;
	struct pg_unit unit;

	(void)state;
	assert_non_null(loop);
	fake_pg_attach(loop);
	fake_pg_answer("rx_load", 0, NULL, 0);
	load(&unit, &param, 1);
	assert_int_equal(done, 0);
	loop_stop(loop);
	loop_run(loop);
	assert_int_equal(done, 1);
	assert_int_equal(pg_rows(&unit, 0), 0);
	pg_unit_clear(&unit);
	fake_pg_attach(NULL);
	loop_free(loop);
}

static void run_without_script(void *arg)
{
	struct pg_param param;
	struct pg_unit unit;

	(void)arg;
	load(&unit, &param, 1);
	fake_pg_run();
}

static void statement_without_an_answer_ends_the_program(void **state)
{
	(void)state;
	assert_true(death_of(run_without_script, NULL));
}

static void listener_is_told(void **state)
{
	struct pg_listen *l;

	(void)state;
	assert_int_equal(pg_listen_open(&l, NULL, "", "registry", on_closed, NULL), 0);
	assert_true(pg_listen_is_up(l));
	fake_pg_notify("registry");
	fake_pg_notify("another");
	assert_int_equal(closed, 1);
	fake_pg_set_up(false);
	assert_false(pg_listen_is_up(l));
	assert_false(pg_lane_is_up(lane));
	pg_listen_close(l);
	closed = 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_what_was_scripted_and_keeps_what_was_asked,
			open_lane, close_lane),
		cmocka_unit_test_setup_teardown(failure_ends_the_whole_unit, open_lane, close_lane),
		cmocka_unit_test_setup_teardown(steps_in_order_and_holds_back, open_lane, close_lane),
		cmocka_unit_test_setup_teardown(closing_a_lane_ends_its_units, open_lane, close_lane),
		cmocka_unit_test_setup_teardown(attached_to_a_loop_it_answers_by_itself, open_lane,
			close_lane),
		cmocka_unit_test_setup_teardown(statement_without_an_answer_ends_the_program, open_lane,
			close_lane),
		cmocka_unit_test_setup_teardown(listener_is_told, open_lane, close_lane),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("fake_pg", tests, NULL, NULL);
}
