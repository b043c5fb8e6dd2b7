/* The step machine: a request is an object that walks a table of named steps.
 *
 * A state is named for what is waited for, a step for what has arrived.  A step ends with op_wait()
 * (give the thread back until op_resume()), op_goto() (go on at once) or op_done(); nothing else.
 *
 * Ownership: the op is embedded in its request; `finished` is called exactly once and is the only
 * place that may free it.  Threads: the loop's own.
 */
#ifndef REQUEST_OP_H
#define REQUEST_OP_H

#include "base/ensure.h"
#include "proto/bytes.h"

struct op;

enum op_verdict_kind { OP_WAIT = 1, OP_GOTO, OP_DONE };
/* Made by the three functions below and by nothing else. */
typedef struct op_verdict {
	enum op_verdict_kind kind;
	unsigned next;
} op_verdict;

#define OP_TO(state) (1u << (state))

struct op_state {
	const char *name;
	op_verdict (*step)(struct op *op);
	unsigned successors; /* OP_TO(..) | OP_TO(..); checked on every move */
};

struct op {
	const struct op_state *states;
	unsigned count;
	unsigned state;
	bool running;
	bool ended;
	void (*finished)(struct op *op);
};

/* Run the first step (state 0) now. */
void op_start(struct op *op, const struct op_state *states, unsigned count,
	void (*finished)(struct op *op));
/* What it waited for has arrived: run the step of the state it is in. */
void op_resume(struct op *op);
const char *op_state_name(const struct op *op);

static inline op_verdict op_wait(unsigned next) { return (op_verdict){OP_WAIT, next}; }
static inline op_verdict op_goto(unsigned next) { return (op_verdict){OP_GOTO, next}; }
static inline op_verdict op_done(void) { return (op_verdict){OP_DONE, 0}; }

#endif
