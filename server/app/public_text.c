/* Texts of the registry inside HTML, JSON and addresses. */
#include <string.h>

#include "app/public_view.h"

static void page_bytes(struct page *page, const char *text, size_t len)
{
	page_print(page, "%.*s", (int)len, text);
}

void page_html(struct page *page, const char *text)
{
	while (*text != '\0') {
		size_t plain = strcspn(text, "&<>\"'");

		page_bytes(page, text, plain);
		text += plain;
		if (*text != '\0')
			page_print(page, "&#%d;", *text++);
	}
}

/* "<" too, so that JSON may stand inside HTML. */
void page_json(struct page *page, const char *text)
{
	page_print(page, "\"");
	while (*text != '\0') {
		size_t plain = 0;

		while ((unsigned char)text[plain] >= 0x20 && strchr("\"\\<", text[plain]) == NULL)
			plain++;
		page_bytes(page, text, plain);
		text += plain;
		if (*text != '\0')
			page_print(page, "\\u%04x", (unsigned)(unsigned char)*text++);
	}
	page_print(page, "\"");
}

void page_url(struct page *page, const char *text)
{
	static const char plain_ones[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789-._~";

	while (*text != '\0') {
		size_t plain = strspn(text, plain_ones);

		page_bytes(page, text, plain);
		text += plain;
		if (*text != '\0')
			page_print(page, "%%%02X", (unsigned)(unsigned char)*text++);
	}
}
