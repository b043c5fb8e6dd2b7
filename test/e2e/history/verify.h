/* Was every answer of a finished history a possible one?
 *
 * Every change raises the version by one and tells it, so the changes have an order; played
 * through the model in that order each must be allowed and its answer must be the model's state.
 * A refusal must have a true reason in one of the states it may have met: those between what was
 * known when it was sent and what could have happened before it was answered.
 */
#ifndef TEST_E2E_HISTORY_VERIFY_H
#define TEST_E2E_HISTORY_VERIFY_H

#include "test/e2e/history/history.h"

/* How many answers cannot be; each is written to stderr. */
unsigned long verify(struct history *h);

#endif
