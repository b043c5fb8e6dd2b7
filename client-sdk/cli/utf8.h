/* UTF-8: is it, and how many characters. */
#ifndef CLI_UTF8_H
#define CLI_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Strict: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_is_valid(const char *text, size_t len);
/* Characters (code points) of a valid text. */
size_t utf8_length(const char *text);
/* Columns a terminal needs: CJK and full-width characters take two. */
size_t utf8_width(const char *text);

#endif
