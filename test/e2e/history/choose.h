/* What a player does next: mostly what makes sense, and every now and then what does not. */
#ifndef TEST_E2E_HISTORY_CHOOSE_H
#define TEST_E2E_HISTORY_CHOOSE_H

#include "test/e2e/history/history.h"

/* Sets kind and actor, of an act everything it says, of a repeat what is repeated. */
void choose(struct history *h, struct call *c);

#endif
