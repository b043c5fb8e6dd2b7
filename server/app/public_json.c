/* The public lists as JSON.  Money is written in yuan as an exact decimal. */
#include <stdlib.h>

#include "app/public_view.h"

static void member(struct page *page, const char *name, const char *value)
{
	page_print(page, ",\"%s\":", name);
	page_json(page, value);
}

static void who(struct page *page, const char *name, const struct institution *i)
{
	if (i == NULL)
		return;
	page_print(page, ",\"%s\":{\"code\":", name);
	page_json(page, i->code);
	member(page, "name", i->name);
	page_print(page, "}");
}

static void capabilities(struct page *page, const struct public_view *v,
	const struct institution *i)
{
	const char *comma = "";

	page_print(page, ",\"capabilities\":[");
	for (const char *const *c = public_capabilities; *c != NULL; c++) {
		if (!registry_capability(v->registry, i, *c, v->at_ms))
			continue;
		page_print(page, "%s\"%s\"", comma, *c);
		comma = ",";
	}
	page_print(page, "]");
}

/* What the list and the page of one have in common; the brace stays open. */
static void facts(struct page *page, const struct public_view *v, const struct institution *i)
{
	enum service_state state = registry_service_state(v->registry, i, v->at_ms);

	page_print(page, "{\"code\":");
	page_json(page, i->code);
	member(page, "name", i->name);
	member(page, "kind", public_kind_word((int)i->kind));
	member(page, "kind_name", public_kind_name((int)i->kind, v->query.english));
	member(page, "region", i->region);
	member(page, "region_name", i->region_name);
	member(page, "address", i->address);
	member(page, "filing_no", i->filing_no);
	page_print(page, ",\"non_public\":%s", i->non_public ? "true" : "false");
	member(page, "state", public_state_word(state));
	member(page, "state_name", public_state_name(state, v->query.english));
	who(page, "host", registry_institution(v->registry, i->host_code));
	who(page, "chain", registry_institution(v->registry, i->chain_code));
	capabilities(page, v, i);
}

static void service(struct page *page, const struct item *one)
{
	char from[PUBLIC_DAY_LEN + 1];

	public_day(one->from_ms, from);
	page_print(page, "{\"code\":");
	page_json(page, one->code);
	member(page, "name", one->name);
	page_print(page, ",\"price_yuan\":\"%lld.%02lld\"", (long long)(one->amount_fen / 100),
		(long long)(one->amount_fen % 100));
	member(page, "from", from);
	member(page, "note", one->note);
	page_print(page, "}");
}

static void licence(struct page *page, const struct item *one)
{
	char from[PUBLIC_DAY_LEN + 1], last[PUBLIC_DAY_LEN + 1] = "";

	public_day(one->from_ms, from);
	if (one->until_ms != 0)
		public_day(one->until_ms - 1, last);
	page_print(page, "{\"kind\":");
	page_json(page, one->code);
	member(page, "name", one->name);
	member(page, "from", from);
	member(page, "last_day", last);
	page_print(page, "}");
}

/* At most `limit` of them; `name`_total says how many there are. */
static void items(struct page *page, const struct public_view *v, const struct institution *i,
	enum item_kind kind, size_t limit)
{
	const char *name = kind == ITEM_SERVICE ? "services" : "licences";
	size_t count;
	const struct item **found = public_items(v, i, kind, &count);

	if (found == NULL) {
		page->failed = true;
		return;
	}
	page_print(page, ",\"%s_total\":%zu,\"%s\":[", name, count, name);
	for (size_t n = 0; n < count && n < limit; n++) {
		page_print(page, n == 0 ? "" : ",");
		if (kind == ITEM_SERVICE)
			service(page, found[n]);
		else
			licence(page, found[n]);
	}
	page_print(page, "]");
	free(found);
}

static void head(struct page *page, const struct public_view *v)
{
	page_print(page, "{\"registry_version\":%lld", (long long)registry_version(v->registry));
}

void public_json_list(struct page *page, const struct public_view *v)
{
	head(page, v);
	page_print(page, ",\"total\":%zu,\"page\":%u,\"pages\":%zu,\"institutions\":[", v->total,
		v->query.page, v->pages);
	for (size_t n = 0; n < v->count; n++) {
		page_print(page, n == 0 ? "\n" : ",\n");
		facts(page, v, v->found[v->first + n]);
		items(page, v, v->found[v->first + n], ITEM_SERVICE, PUBLIC_SERVICES_MAX);
		page_print(page, "}");
	}
	page_print(page, "\n]}\n");
}

void public_json_one(struct page *page, const struct public_view *v, const struct institution *i)
{
	head(page, v);
	page_print(page, ",\"institution\":");
	facts(page, v, i);
	items(page, v, i, ITEM_SERVICE, SIZE_MAX);
	items(page, v, i, ITEM_LICENCE, SIZE_MAX);
	page_print(page, "}}\n");
}

void public_json_problem(struct page *page, int code, const char *what)
{
	page_print(page, "{\"error\":%d,\"field\":", code);
	page_json(page, what);
	page_print(page, "}\n");
}
