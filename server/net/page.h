/* A text that is put together piece by piece and has a greatest length.
 *
 * Ownership: the page owns its text.  Threads: one.
 */
#ifndef NET_PAGE_H
#define NET_PAGE_H

#include "proto/bytes.h"

enum { PAGE_LEN_MAX = 1024 * 1024 };

struct page {
	char *text;
	size_t len, cap;
	bool failed; /* sticky: above PAGE_LEN_MAX, or out of memory */
};

void page_init(struct page *p);
void page_clear(struct page *p);
void page_add(struct page *p, const char *bytes, size_t len);
/* Between double quotes, with quotes and backslashes escaped: the value of a label. */
void page_quote(struct page *p, const char *text);
void page_print(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
