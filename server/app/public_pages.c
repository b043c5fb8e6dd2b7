#include "app/public_pages.h"

#include <stdio.h>
#include <string.h>

#include "app/public_view.h"
#include "base/err.h"

enum { HTTP_BAD = 400, HTTP_MISSING = 404, HTTP_AWAY = 503 };

static const char html_type[] = "text/html; charset=utf-8";
static const char json_type[] = "application/json; charset=utf-8";

struct asked {
	const struct registry *registry;
	struct public_query query;
	int64_t at_ms;
	bool json;
	struct side_door_page *page;
};

static bool problem(struct asked *a, int code, const char *what)
{
	a->page->code = code;
	a->page->type = a->json ? json_type : html_type;
	if (a->json)
		public_json_problem(&a->page->body, code, what);
	else
		public_html_problem(&a->page->body, code, what, a->query.english);
	return true;
}

/* FNV-1a: who could aim a collision would only not see his own page change. */
static uint64_t text_hash(const struct page *page)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < page->len; i++)
		h = (h ^ (unsigned char)page->text[i]) * 0x100000001b3u;
	return h;
}

static void seal(struct asked *a)
{
	a->page->type = a->json ? json_type : html_type;
	a->page->max_age_s = PUBLIC_AGE_S;
	snprintf(a->page->etag, sizeof(a->page->etag), "\"%016llx\"",
		(unsigned long long)text_hash(&a->page->body));
}

static bool list(struct asked *a)
{
	struct public_view view;

	if (public_view_open(&view, a->registry, a->at_ms, &a->query) < 0)
		return problem(a, HTTP_AWAY, "");
	if (a->json)
		public_json_list(&a->page->body, &view);
	else
		public_html_list(&a->page->body, &view);
	public_view_clear(&view);
	seal(a);
	return true;
}

static bool one(struct asked *a, const char *code)
{
	const struct institution *i = registry_institution(a->registry, code);
	struct public_view view = {.registry = a->registry, .at_ms = a->at_ms, .query = a->query};

	if (i == NULL || !public_is_listed(a->registry, i, a->at_ms))
		return problem(a, HTTP_MISSING, "");
	if (a->json)
		public_json_one(&a->page->body, &view, i);
	else
		public_html_one(&a->page->body, &view, i);
	seal(a);
	return true;
}

/* "list", "list.json": the part before ".json", which is cut off.  False when it is too long. */
static bool cut_suffix(const char *path, char *name, size_t size, bool *ret_json)
{
	static const char suffix[] = ".json";
	size_t len = strlen(path), tail = sizeof(suffix) - 1;

	*ret_json = len > tail && strcmp(path + len - tail, suffix) == 0;
	len -= *ret_json ? tail : 0;
	if (len >= size)
		return false;
	memcpy(name, path, len);
	name[len] = '\0';
	return true;
}

bool public_pages_answer(const char *path, const char *query, const struct registry *registry,
	int64_t now_ms, struct side_door_page *page)
{
	static const char list_path[] = "/public/institutions", one_path[] = "/public/institution/";
	struct asked a = {.registry = registry, .at_ms = now_ms, .page = page};
	char name[64];
	const char *wrong;
	bool is_list, is_one;

	if (!cut_suffix(path, name, sizeof(name), &a.json))
		return false;
	if (a.json && strcmp(name, "/public/interface") == 0) {
		public_json_interface(&page->body);
		seal(&a);
		return true;
	}
	is_list = strcmp(name, list_path) == 0;
	is_one = strncmp(name, one_path, sizeof(one_path) - 1) == 0;
	if (!is_list && !is_one)
		return false;
	wrong = public_query_parse(&a.query, query);
	if (wrong != NULL)
		return problem(&a, HTTP_BAD, wrong);
	if (registry == NULL)
		return problem(&a, HTTP_AWAY, "");
	return is_list ? list(&a) : one(&a, name + sizeof(one_path) - 1);
}
