/* The public lists for people: plain HTML without scripts, Chinese first. */
#include <stdlib.h>
#include <string.h>

#include "app/public_view.h"
#include "base/ensure.h"

static const char style[] =
	"body{margin:0;background:#f5f7f6;color:#1c2b27;font:17px/1.7 \"Noto Sans SC\",\"Source Han "
	"Sans SC\",\"PingFang SC\",\"Microsoft YaHei\",sans-serif}"
	"header{background:#0b5d4e;color:#fff;padding:1.6rem 1.2rem}header a{color:#fff}"
	"header div,main,footer{max-width:62rem;margin:0 auto}"
	"h1{font-size:1.55rem;font-weight:600;margin:0}header p{margin:.3rem 0 0;color:#d5e8e2}"
	"main{padding:1.2rem}"
	"form{background:#fff;border:1px solid #d7e0dc;border-radius:8px;padding:1rem 1.1rem;"
	"display:flex;flex-wrap:wrap;gap:.8rem 1rem;align-items:end}"
	"label{display:block;font-size:.9rem;color:#47605a}"
	"input,select,button{font:inherit;padding:.35rem .6rem;border:1px solid #9db3ab;"
	"border-radius:5px;background:#fff;color:inherit}"
	"button{background:#0b5d4e;color:#fff;border-color:#0b5d4e;padding:.35rem 1.4rem}"
	":focus-visible{outline:3px solid #e0a100;outline-offset:2px}"
	".sum{color:#47605a;margin:1rem 0 .6rem}"
	"article{background:#fff;border:1px solid #d7e0dc;border-radius:8px;padding:.9rem 1.1rem;"
	"margin:0 0 .8rem}h2{font-size:1.15rem;margin:0}h3{font-size:1rem;margin:1.1rem 0 .3rem}"
	"a{color:#0b5d4e}dl{margin:.3rem 0 0;display:grid;grid-template-columns:max-content 1fr;"
	"gap:.1rem 1rem}dt{color:#47605a}dd{margin:0}"
	"h2 .state{margin-left:.5rem}"
	".state{display:inline-block;font-size:.85rem;padding:0 .6rem;border-radius:1rem;"
	"background:#dff1ea;color:#0b5d4e;border:1px solid #9fd0bf}"
	".suspended{background:#fdf1d8;color:#7a5200;border-color:#e3c27a}"
	".ended{background:#ececec;color:#4a4a4a;border-color:#bbb}"
	"table{border-collapse:collapse;width:100%}"
	"th,td{text-align:left;padding:.35rem .5rem;border-bottom:1px solid #e3eae7}"
	"th{font-weight:600;color:#47605a}td.n,th.n{text-align:right;white-space:nowrap}"
	"nav{display:flex;gap:1rem;margin:1rem 0}"
	"footer{padding:0 1.2rem 2rem;color:#47605a;font-size:.88rem}";

static const char *pick(const struct public_view *v, const char *chinese, const char *english)
{
	return v->query.english ? english : chinese;
}

static void top(struct page *page, bool english, const char *title, const char *head,
	const char *line)
{
	page_print(page, "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>",
		english ? "en" : "zh-CN");
	page_html(page, title);
	page_print(page, "</title><style>%s</style></head>\n<body><header><div><h1>", style);
	page_html(page, head);
	page_print(page, "</h1><p>");
	page_html(page, line);
	page_print(page, "</p></div></header>\n<main>\n");
}

/* The same search on another page or in another language. */
static void page_link(struct page *page, const struct public_view *v, unsigned number,
	bool english, const char *text)
{
	page_print(page, "<a href=\"?page=%u", number);
	if (v->query.region[0] != '\0')
		page_print(page, "&amp;region=%s", v->query.region);
	if (v->query.kind != 0)
		page_print(page, "&amp;kind=%s", public_kind_word(v->query.kind));
	if (v->query.text[0] != '\0') {
		page_print(page, "&amp;q=");
		page_url(page, v->query.text);
	}
	page_print(page, "%s\">%s</a>", english ? "&amp;lang=en" : "", text);
}

static void bottom(struct page *page, const struct public_view *v)
{
	char day[PUBLIC_DAY_LEN + 1];

	public_day(v->at_ms, day);
	page_print(page, "</main>\n<footer><p>");
	page_print(page, "%s %s · %s %lld",
		pick(v, "由处方流转平台登记库自动生成", "Made from the platform's registry"), day,
		pick(v, "登记库版本", "registry version"), (long long)registry_version(v->registry));
	page_print(page, " · ");
	page_link(page, v, v->query.page, !v->query.english, pick(v, "English", "中文"));
	page_print(page, "</p></footer></body></html>\n");
}

/* ---- the form ------------------------------------------------------------------------------- */

static void option(struct page *page, const char *value, const char *name, bool selected)
{
	page_print(page, "<option value=\"");
	page_html(page, value);
	page_print(page, selected ? "\" selected>" : "\">");
	page_html(page, name);
	page_print(page, "</option>");
}

/* The regions in which somebody is listed, each once; the list is in the order of regions. */
static void region_options(struct page *page, const struct public_view *v)
{
	struct public_query everywhere = {.page = 1};
	struct public_view all;
	const char *last = "";

	if (public_view_open(&all, v->registry, v->at_ms, &everywhere) < 0) {
		page->failed = true;
		return;
	}
	for (size_t i = 0; i < all.total; i++) {
		const struct institution *one = all.found[i];

		if (strcmp(one->region, last) == 0)
			continue;
		last = one->region;
		option(page, one->region, one->region_name[0] != '\0' ? one->region_name : one->region,
			strcmp(one->region, v->query.region) == 0);
	}
	public_view_clear(&all);
}

static void form(struct page *page, const struct public_view *v)
{
	static const int kinds[] = {INSTITUTION_INTERNET_HOSPITAL, INSTITUTION_PHARMACY};

	page_print(page, "<form method=\"get\" action=\"/public/institutions\" role=\"search\">"
		"<p style=\"margin:0\"><label for=\"region\">%s</label>"
		"<select id=\"region\" name=\"region\">", pick(v, "统筹地区", "Region"));
	option(page, "", pick(v, "全省", "Whole province"), v->query.region[0] == '\0');
	region_options(page, v);
	page_print(page, "</select></p><p style=\"margin:0\"><label for=\"kind\">%s</label>"
		"<select id=\"kind\" name=\"kind\">", pick(v, "机构类别", "Kind"));
	option(page, "", pick(v, "全部", "All"), v->query.kind == 0);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		option(page, public_kind_word(kinds[i]), public_kind_name(kinds[i], v->query.english),
			v->query.kind == kinds[i]);
	page_print(page, "</select></p><p style=\"margin:0\"><label for=\"q\">%s</label>"
		"<input id=\"q\" name=\"q\" type=\"search\" maxlength=\"30\" value=\"",
		pick(v, "名称、地址或编码", "Name, address or code"));
	page_html(page, v->query.text);
	page_print(page, "\"></p>");
	if (v->query.english)
		page_print(page, "<input type=\"hidden\" name=\"lang\" value=\"en\">");
	page_print(page, "<button>%s</button></form>\n", pick(v, "查询", "Search"));
}

/* ---- one institution ------------------------------------------------------------------------ */

static void state_mark(struct page *page, const struct public_view *v,
	const struct institution *i)
{
	enum service_state state = registry_service_state(v->registry, i, v->at_ms);

	page_print(page, "<span class=\"state %s\">%s</span>", public_state_word(state),
		public_state_name(state, v->query.english));
}

static void term(struct page *page, const char *name, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	page_print(page, "<dt>%s</dt><dd>", name);
	page_html(page, value);
	page_print(page, "</dd>");
}

static void terms(struct page *page, const struct public_view *v, const struct institution *i)
{
	const struct institution *host = registry_institution(v->registry, i->host_code);
	const struct institution *chain = registry_institution(v->registry, i->chain_code);
	const char *between = "";

	page_print(page, "<dl>");
	term(page, pick(v, "类别", "Kind"), public_kind_name((int)i->kind, v->query.english));
	term(page, pick(v, "统筹地区", "Region"),
		i->region_name[0] != '\0' ? i->region_name : i->region);
	term(page, pick(v, "机构编码", "Code"), i->code);
	term(page, pick(v, "地址", "Address"), i->address);
	term(page, pick(v, "依托实体医疗机构", "Host hospital"), host == NULL ? NULL : host->name);
	term(page, pick(v, "连锁总部", "Chain"), chain == NULL ? NULL : chain->name);
	for (const char *const *c = public_capabilities; *c != NULL; c++) {
		if (!registry_capability(v->registry, i, *c, v->at_ms))
			continue;
		if (between[0] == '\0')
			page_print(page, "<dt>%s</dt><dd>", pick(v, "可办业务", "May do"));
		page_print(page, "%s%s", between, public_capability_name(*c, v->query.english));
		between = pick(v, "、", ", ");
	}
	page_print(page, "%s</dl>", between[0] == '\0' ? "" : "</dd>");
}

/* Rows of a table; false when the page cannot be made. */
static const struct item **items(struct page *page, const struct public_view *v,
	const struct institution *i, enum item_kind kind, size_t *ret_count)
{
	const struct item **found = public_items(v, i, kind, ret_count);

	page->failed = page->failed || found == NULL;
	return found;
}

static void name_cell(struct page *page, const struct item *one)
{
	page_print(page, "<tr><td>");
	page_html(page, one->name[0] != '\0' ? one->name : one->code);
	page_print(page, "</td>");
}

/* The services in force with their prices, at most `limit` of them. */
static void services(struct page *page, const struct public_view *v, const struct institution *i,
	size_t limit)
{
	size_t count;
	const struct item **found = items(page, v, i, ITEM_SERVICE, &count);

	if (found == NULL)
		return;
	if (count == 0)
		page_print(page, "<p>%s</p>",
			pick(v, "该机构尚未公布服务内容与价格。", "No services and prices published yet."));
	else
		page_print(page, "<table><tr><th scope=\"col\">%s</th>"
			"<th scope=\"col\" class=\"n\">%s</th></tr>",
			pick(v, "主要服务内容", "Main services"), pick(v, "价格（元）", "Price (yuan)"));
	for (size_t n = 0; n < count && n < limit; n++) {
		name_cell(page, found[n]);
		page_print(page, "<td class=\"n\">%lld.%02lld</td></tr>",
			(long long)(found[n]->amount_fen / 100), (long long)(found[n]->amount_fen % 100));
	}
	page_print(page, "%s", count > 0 ? "</table>" : "");
	if (count > limit)
		page_print(page, "<p>%s %zu</p>", pick(v, "服务项目总数", "Services in all:"), count);
	free(found);
}

static void licences(struct page *page, const struct public_view *v, const struct institution *i)
{
	size_t count;
	const struct item **found = items(page, v, i, ITEM_LICENCE, &count);

	if (found == NULL)
		return;
	page_print(page, "<h3>%s</h3><table><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th>"
		"<th scope=\"col\">%s</th></tr>", pick(v, "许可与资质", "Licences"),
		pick(v, "名称", "Name"), pick(v, "自", "From"), pick(v, "至", "To"));
	for (size_t n = 0; n < count; n++) {
		char from[PUBLIC_DAY_LEN + 1], last[PUBLIC_DAY_LEN + 1] = "—";

		public_day(found[n]->from_ms, from);
		if (found[n]->until_ms != 0)
			public_day(found[n]->until_ms - 1, last);
		name_cell(page, found[n]);
		page_print(page, "<td>%s</td><td>%s</td></tr>", from, last);
	}
	page_print(page, "</table>");
	free(found);
}

void public_html_one(struct page *page, const struct public_view *v, const struct institution *i)
{
	top(page, v->query.english, i->name, i->name,
		public_kind_name((int)i->kind, v->query.english));
	page_print(page, "<nav><a href=\"/public/institutions%s\">%s</a></nav><article>",
		v->query.english ? "?lang=en" : "", pick(v, "← 返回名单", "← The list"));
	state_mark(page, v, i);
	terms(page, v, i);
	page_print(page, "<h3>%s</h3>", pick(v, "服务与价格", "Services and prices"));
	services(page, v, i, SIZE_MAX);
	licences(page, v, i);
	page_print(page, "</article>\n");
	bottom(page, v);
}

/* ---- the list ------------------------------------------------------------------------------- */

void public_html_list(struct page *page, const struct public_view *v)
{
	top(page, v->query.english,
		pick(v, "全省“互联网+”定点医药机构名单", "Internet hospitals and pharmacies"),
		pick(v, "全省“互联网+”定点医药机构名单", "Internet hospitals and pharmacies"),
		pick(v, "医保经办机构统一公布", "Published by the medical insurance agency"));
	form(page, v);
	page_print(page, "<p class=\"sum\" role=\"status\">%s %zu</p>\n",
		pick(v, "机构数", "Institutions:"), v->total);
	for (size_t n = 0; n < v->count; n++) {
		const struct institution *i = v->found[v->first + n];

		page_print(page, "<article><h2><a href=\"/public/institution/");
		page_url(page, i->code);
		page_print(page, "%s\">", v->query.english ? "?lang=en" : "");
		page_html(page, i->name);
		page_print(page, "</a>");
		state_mark(page, v, i);
		page_print(page, "</h2>");
		terms(page, v, i);
		services(page, v, i, PUBLIC_SERVICES_MAX);
		page_print(page, "</article>\n");
	}
	page_print(page, "<nav aria-label=\"%s\">", pick(v, "分页", "Pages"));
	if (v->query.page > 1 && v->pages > 0)
		page_link(page, v, v->query.page - 1, v->query.english,
			pick(v, "上一页", "Previous"));
	if (v->query.page < v->pages)
		page_link(page, v, v->query.page + 1, v->query.english,
			pick(v, "下一页", "Next"));
	page_print(page, "</nav>\n");
	bottom(page, v);
}

void public_html_problem(struct page *page, int code, const char *what, bool english)
{
	const char *line = english ? "There is no such institution on the public list." :
		"公开名单中没有该机构。";

	if (code == 400)
		line = english ? "The search cannot be read." : "查询条件无法识别。";
	else if (code == 503)
		line = english ? "The registry cannot be confirmed at the moment; please try again." :
			"暂时无法确认登记库，请稍后再试。";
	top(page, english, english ? "Public list" : "公开名单", english ? "Public list" : "公开名单", line);
	page_print(page, "<p>");
	page_html(page, what);
	page_print(page, "</p><nav><a href=\"/public/institutions\">%s</a></nav></main>"
		"</body></html>\n",
		english ? "The list" : "返回名单");
}
