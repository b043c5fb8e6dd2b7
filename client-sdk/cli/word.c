#include "client-sdk/cli/word.h"

const char *word_pick(const struct word *words, size_t count, unsigned value, bool chinese)
{
	const struct word *word = &words[value < count && words[value].en ? value : 0];

	return chinese ? word->zh : word->en;
}
