/* The step machine: steps in order, waits that give back, and moves nobody declared. */
#include "test/support/tap.h"

#include <string.h>

#include "request/op.h"
#include "test/support/death.h"

enum { A, B, C, STATES };

static struct {
	char trace[32];
	unsigned finished;
	op_verdict from_a, from_b, from_c;
} seen;

static void note(char c)
{
	size_t len = strlen(seen.trace);

	if (len + 1 < sizeof(seen.trace)) {
		seen.trace[len] = c;
		seen.trace[len + 1] = '\0';
	}
}

static op_verdict step_a(struct op *op)
{
	(void)op;
	note('a');
	return seen.from_a;
}

static op_verdict step_b(struct op *op)
{
	(void)op;
	note('b');
	return seen.from_b;
}

static op_verdict step_c(struct op *op)
{
	(void)op;
	note('c');
	return seen.from_c;
}

/* A may go to B, B to A or C, C nowhere. */
static const struct op_state states[STATES] = {
	[A] = {"a-wait", step_a, OP_TO(B)},
	[B] = {"b-wait", step_b, OP_TO(A) | OP_TO(C)},
	[C] = {"c-wait", step_c, 0},
};

static void finished(struct op *op)
{
	(void)op;
	note('.');
	seen.finished++;
}

static int fresh(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	return 0;
}

static void steps_follow_each_other_until_done(void **state)
{
	struct op op;

	(void)state;
	seen.from_a = op_goto(B);
	seen.from_b = op_goto(C);
	seen.from_c = op_done();
	op_start(&op, states, STATES, finished);
	assert_string_equal(seen.trace, "abc.");
	assert_int_equal(seen.finished, 1);
}

static void a_wait_gives_the_thread_back_until_it_is_resumed(void **state)
{
	struct op op;

	(void)state;
	seen.from_a = op_wait(B);
	seen.from_b = op_wait(C);
	seen.from_c = op_done();
	op_start(&op, states, STATES, finished);
	assert_string_equal(seen.trace, "a");
	assert_string_equal(op_state_name(&op), "b-wait");
	op_resume(&op);
	assert_string_equal(seen.trace, "ab");
	assert_string_equal(op_state_name(&op), "c-wait");
	op_resume(&op);
	assert_string_equal(seen.trace, "abc.");
	assert_int_equal(seen.finished, 1);
}

static void a_declared_way_back_may_be_taken(void **state)
{
	struct op op;

	(void)state;
	seen.from_a = op_wait(B);
	seen.from_b = op_goto(A);
	op_start(&op, states, STATES, finished);
	op_resume(&op);
	assert_string_equal(seen.trace, "aba");
	seen.from_b = op_goto(C);
	seen.from_c = op_done();
	op_resume(&op);
	assert_string_equal(seen.trace, "ababc.");
}

static void the_first_step_may_be_the_last(void **state)
{
	struct op op;

	(void)state;
	seen.from_a = op_done();
	op_start(&op, states, STATES, finished);
	assert_string_equal(seen.trace, "a.");
}

static void an_op_that_was_not_started_is_idle(void **state)
{
	struct op op = {.states = NULL};

	(void)state;
	assert_string_equal(op_state_name(&op), "idle");
}

static void start_with(void *arg)
{
	struct op op;

	seen.from_a = *(const op_verdict *)arg;
	op_start(&op, states, STATES, finished);
}

static void a_move_that_was_not_declared_stops_the_process(void **state)
{
	op_verdict wrong[] = {op_wait(A), op_wait(C), op_goto(A), op_goto(C)};

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_true(death_of(start_with, &wrong[i]));
}

static void a_state_beyond_the_table_stops_the_process(void **state)
{
	op_verdict wrong = op_wait(STATES);

	(void)state;
	assert_true(death_of(start_with, &wrong));
}

static void a_verdict_nobody_made_stops_the_process(void **state)
{
	op_verdict wrong = {(enum op_verdict_kind)0, B};

	(void)state;
	assert_true(death_of(start_with, &wrong));
	wrong.kind = (enum op_verdict_kind)4;
	assert_true(death_of(start_with, &wrong));
}

static void resume_after_the_end(void *arg)
{
	struct op op;

	(void)arg;
	seen.from_a = op_done();
	op_start(&op, states, STATES, finished);
	op_resume(&op);
}

static void resuming_what_has_ended_stops_the_process(void **state)
{
	(void)state;
	assert_true(death_of(resume_after_the_end, NULL));
}

static op_verdict step_that_resumes_itself(struct op *op)
{
	op_resume(op);
	return op_done();
}

static void resume_inside_a_step(void *arg)
{
	static const struct op_state own[] = {{"own", step_that_resumes_itself, OP_TO(0)}};
	struct op op;

	(void)arg;
	op_start(&op, own, 1, finished);
}

static void resuming_inside_a_step_stops_the_process(void **state)
{
	(void)state;
	assert_true(death_of(resume_inside_a_step, NULL));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(steps_follow_each_other_until_done, fresh),
		cmocka_unit_test_setup(a_wait_gives_the_thread_back_until_it_is_resumed, fresh),
		cmocka_unit_test_setup(a_declared_way_back_may_be_taken, fresh),
		cmocka_unit_test_setup(the_first_step_may_be_the_last, fresh),
		cmocka_unit_test_setup(an_op_that_was_not_started_is_idle, fresh),
		cmocka_unit_test_setup(a_move_that_was_not_declared_stops_the_process, fresh),
		cmocka_unit_test_setup(a_state_beyond_the_table_stops_the_process, fresh),
		cmocka_unit_test_setup(a_verdict_nobody_made_stops_the_process, fresh),
		cmocka_unit_test_setup(resuming_what_has_ended_stops_the_process, fresh),
		cmocka_unit_test_setup(resuming_inside_a_step_stops_the_process, fresh),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("op", tests, NULL, NULL);
}
