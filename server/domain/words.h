/* Sets of words as parameters hold them (domain/parameter.h), one word after the other.
 *
 * Pure.  Threads: any.
 */
#ifndef DOMAIN_WORDS_H
#define DOMAIN_WORDS_H

#include "proto/bytes.h"

/* The nth word from 0, as a slice of the set; false when there are fewer. */
MUST_CHECK bool words_nth(const char *set, size_t nth, struct slice *ret);

#endif
