/* Texts as people count them. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

/* Characters (code points) of a valid UTF-8 text. */
size_t text_chars(const char *text);

#endif
