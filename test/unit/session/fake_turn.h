/* A loop whose turns end when the test says so, and clocks the test sets. */
#ifndef TEST_UNIT_SESSION_FAKE_TURN_H
#define TEST_UNIT_SESSION_FAKE_TURN_H

#include "loop/loop.h"

struct loop {
	struct list tasks;
};

extern int64_t fake_wall_ms;
extern int64_t fake_mono_us;

void fake_loop_init(struct loop *loop);
/* The end of one turn: what was armed before runs. */
void fake_loop_turn(struct loop *loop);

#endif
