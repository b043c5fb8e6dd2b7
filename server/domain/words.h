/* Sets of words as parameters hold them: "form licence physician-list", blanks between.
 *
 * Pure.  Threads: any.
 */
#ifndef DOMAIN_WORDS_H
#define DOMAIN_WORDS_H

#include "proto/bytes.h"

enum { WORD_MAX = 50 }; /* characters of one word */

/* The nth word from 0, as a slice of the set; false when there are fewer. */
MUST_CHECK bool words_nth(const char *set, size_t nth, struct slice *ret);
bool words_have(const char *set, const char *word);

#endif
