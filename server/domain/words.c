#include "domain/words.h"

#include <string.h>

bool words_nth(const char *set, size_t nth, struct slice *ret)
{
	for (;;) {
		size_t len;

		set += strspn(set, " ");
		len = strcspn(set, " ");
		if (len == 0)
			return false;
		if (nth-- == 0) {
			*ret = slice_of(set, len);
			return true;
		}
		set += len;
	}
}
