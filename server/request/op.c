/* One loop, one table: the only place that runs steps. */
#include "request/op.h"

static void op_run(struct op *op)
{
	for (;;) {
		const struct op_state *state = &op->states[op->state];
		op_verdict verdict;

		op->running = true;
		verdict = state->step(op);
		op->running = false;
		if (verdict.kind == OP_DONE)
			break;
		ensure(verdict.kind == OP_WAIT || verdict.kind == OP_GOTO);
		ensure(verdict.next < op->count);
		ensure((state->successors & OP_TO(verdict.next)) != 0);
		op->state = verdict.next;
		if (verdict.kind == OP_WAIT)
			return;
	}
	op->ended = true;
	op->finished(op);
}

void op_start(struct op *op, const struct op_state *states, unsigned count,
	void (*finished)(struct op *op))
{
	*op = (struct op){.states = states, .count = count, .finished = finished};
	op_run(op);
}

void op_resume(struct op *op)
{
	ensure(!op->running);
	ensure(!op->ended);
	op_run(op);
}

const char *op_state_name(const struct op *op)
{
	return op->states == NULL ? "idle" : op->states[op->state].name;
}
