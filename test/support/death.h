/* Does this stop the process?  For limits whose excess is a bug and ends in ensure(). */
#ifndef TEST_SUPPORT_DEATH_H
#define TEST_SUPPORT_DEATH_H

#include <stdbool.h>

/* Runs fn(arg) in a child, quietly; true when abort() ended it. */
bool death_of(void (*fn)(void *arg), void *arg);

#endif
