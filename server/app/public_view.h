/* What the public lists show: the published institutions of one snapshot at one moment, as a
 * reader asked for them.
 *
 * Ownership: the view borrows the registry; public_view_clear() frees its own array.
 * Threads: any.
 */
#ifndef APP_PUBLIC_VIEW_H
#define APP_PUBLIC_VIEW_H

#include "app/public_query.h"
#include "net/page.h"
#include "registry/service_state.h"

enum {
	PUBLIC_ROWS_MAX = 50,     /* institutions on one page */
	PUBLIC_SERVICES_MAX = 10, /* of each on the list; all stand on its own page */
};

struct public_view {
	const struct registry *registry;
	int64_t at_ms;
	struct public_query query;
	const struct institution **found; /* all that match, in their order */
	size_t total;
	size_t first, count; /* of the page asked for */
	size_t pages;
};

/* 0 or ERR_MEMORY. */
MUST_CHECK int public_view_open(struct public_view *v, const struct registry *registry,
	int64_t at_ms, const struct public_query *query);
void public_view_clear(struct public_view *v);

/* Whether it stands on the list at all, whatever is asked for. */
bool public_is_listed(const struct registry *registry, const struct institution *i, int64_t at_ms);

/* The items of one owner and kind that are in force, by code; of several of one code (prices) the
 * newest.  The array is the caller's, to be freed; NULL when memory is short. */
const struct item **public_items(const struct public_view *v, const struct institution *i,
	enum item_kind kind, size_t *ret_count);
/* The capabilities that are told, ends with NULL. */
extern const char *const public_capabilities[];

/* Words and names in either language. */
const char *public_state_word(enum service_state state);
const char *public_state_name(enum service_state state, bool english);
const char *public_kind_name(int kind, bool english);
const char *public_capability_name(const char *code, bool english);

/* "2026-03-01", the day in China. */
enum { PUBLIC_DAY_LEN = 10 };
void public_day(int64_t at_ms, char text[PUBLIC_DAY_LEN + 1]);

/* The three ways out of one view; `i` for the page about one institution. */
void public_json_list(struct page *page, const struct public_view *v);
void public_json_one(struct page *page, const struct public_view *v, const struct institution *i);
void public_html_list(struct page *page, const struct public_view *v);
void public_html_one(struct page *page, const struct public_view *v, const struct institution *i);
/* A page that says why there is none: `code` 400 (about `what`), 404 or 503. */
void public_html_problem(struct page *page, int code, const char *what, bool english);
void public_json_problem(struct page *page, int code, const char *what);
/* The interface specification in force: methods, limits, reasons. */
void public_json_interface(struct page *page);

/* Text with what would be markup written so that it is not; of JSON with its quotes. */
void page_html(struct page *page, const char *text);
void page_json(struct page *page, const char *text);
/* A query value, percent-encoded. */
void page_url(struct page *page, const char *text);

#endif
