/* The query string of the public lists.  What is taken lies within its bounds, and written into an
 * address again it means the same; what is refused names a field. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "app/public_view.h"

static void check_bounds(const struct public_query *q)
{
	FUZZ_CHECK(q->region[0] == '\0' ||
		(strlen(q->region) == 6 && strspn(q->region, "0123456789") == 6));
	FUZZ_CHECK(q->kind == 0 || public_kind_word(q->kind) != NULL);
	FUZZ_CHECK(strnlen(q->text, sizeof(q->text)) <= PUBLIC_TEXT_MAX);
	FUZZ_CHECK(public_text_is_sound(q->text));
	FUZZ_CHECK(q->page >= 1 && q->page <= PUBLIC_PAGE_MAX);
}

static void check_again(const struct public_query *q)
{
	struct public_query again;
	struct page page;

	page_init(&page);
	page_print(&page, "page=%u&region=%s&kind=%s&lang=%s&q=", q->page, q->region,
		q->kind == 0 ? "" : public_kind_word(q->kind), q->english ? "en" : "zh");
	page_url(&page, q->text);
	FUZZ_CHECK(!page.failed && public_query_parse(&again, page.text) == NULL);
	FUZZ_CHECK(memcmp(q->region, again.region, sizeof(again.region)) == 0);
	FUZZ_CHECK(strcmp(q->text, again.text) == 0 && q->kind == again.kind);
	FUZZ_CHECK(q->page == again.page && q->english == again.english);
	page_clear(&page);
}

/* Nothing of a text gets out of its place in the page. */
static void check_markup(const char *text)
{
	struct page page;

	page_init(&page);
	page_html(&page, text);
	FUZZ_CHECK(page.text == NULL || strpbrk(page.text, "<>\"'") == NULL);
	page_clear(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct public_query q = {.page = 77};
	char *text = malloc(len + 1);
	const char *wrong;

	FUZZ_CHECK(text != NULL);
	if (len > 0)
		memcpy(text, data, len);
	text[len] = '\0';
	wrong = public_query_parse(&q, text);
	if (wrong == NULL) {
		check_bounds(&q);
		check_again(&q);
	} else {
		FUZZ_CHECK(q.page == 77 && wrong[0] != '\0');
	}
	check_markup(text);
	free(text);
	return 0;
}
