/* Six digits of GB/T 2260, read from the left. */
#include "rules/region.h"

#include <string.h>

enum { PREFECTURE_DIGITS = 4 };

/* One word of a list. */
static bool word_covers(const char *word, size_t len, const char *region)
{
	if (len == 1 && word[0] == '*')
		return true;
	while (len > 2 && len % 2 == 0 && word[len - 1] == '0' && word[len - 2] == '0')
		len -= 2;
	return len > 0 && strncmp(word, region, len) == 0;
}

bool region_is_listed(const char *list, const char *region)
{
	for (const char *at = list; *at != '\0';) {
		size_t len = strcspn(at, " ");

		if (word_covers(at, len, region))
			return true;
		at += len;
		at += *at == ' ';
	}
	return false;
}

bool region_is_foreign(const char *a, const char *b)
{
	return a[0] != '\0' && b[0] != '\0' && strncmp(a, b, PREFECTURE_DIGITS) != 0;
}

bool region_is_recognised(const char *a, const char *list_of_a, const char *b,
	const char *list_of_b)
{
	return !region_is_foreign(a, b) ||
		(region_is_listed(list_of_a, b) && region_is_listed(list_of_b, a));
}
