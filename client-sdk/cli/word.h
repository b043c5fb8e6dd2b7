/* The words of an enum, in both languages, by its numbers. */
#ifndef CLI_WORD_H
#define CLI_WORD_H

#include <stdbool.h>
#include <stddef.h>

struct word {
	const char *en, *zh;
};

/* words[0] is said of a number that has no word: a newer server may know more. */
const char *word_pick(const struct word *words, size_t count, unsigned value, bool chinese);
#define WORD_PICK(words, value, chinese) \
	word_pick(words, sizeof(words) / sizeof((words)[0]), (unsigned)(value), chinese)

#endif
