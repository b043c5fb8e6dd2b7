#include "net/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"

enum { PAGE_FIRST = 16 * 1024 };

void page_init(struct page *p)
{
	*p = (struct page){0};
}

void page_clear(struct page *p)
{
	free(p->text);
	page_init(p);
}

static bool page_reserve(struct page *p, size_t len)
{
	size_t cap = p->cap == 0 ? PAGE_FIRST : p->cap;
	char *text;

	if (len > PAGE_LEN_MAX - p->len)
		return false;
	while (cap - p->len < len + 1)
		cap *= 2;
	if (cap == p->cap)
		return true;
	text = realloc(p->text, cap);
	if (text == NULL)
		return false;
	p->text = text;
	p->cap = cap;
	return true;
}

void page_add(struct page *p, const char *bytes, size_t len)
{
	if (p->failed)
		return;
	if (!page_reserve(p, len)) {
		p->failed = true;
		return;
	}
	memcpy(p->text + p->len, bytes, len);
	p->len += len;
	p->text[p->len] = '\0';
}

void page_quote(struct page *p, const char *text)
{
	page_add(p, "\"", 1);
	while (*text != '\0') {
		size_t plain = strcspn(text, "\"\\");

		page_add(p, text, plain);
		text += plain;
		if (*text != '\0') {
			page_add(p, "\\", 1);
			page_add(p, text++, 1);
		}
	}
	page_add(p, "\"", 1);
}

void page_print(struct page *p, const char *format, ...)
{
	va_list args;
	int len;

	if (p->failed)
		return;
	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	ensure(len >= 0);
	if (!page_reserve(p, (size_t)len)) {
		p->failed = true;
		return;
	}
	va_start(args, format);
	(void)vsnprintf(p->text + p->len, p->cap - p->len, format, args); /* as long as above */
	va_end(args);
	p->len += (size_t)len;
}
