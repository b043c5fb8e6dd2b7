#include "app/public_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ensure.h"
#include "base/err.h"

static const int64_t CHINA_AHEAD_S = 8 * 3600;

const char *const public_capabilities[] = {"outpatient-pooling", "online-rx", "online-otc", NULL};

bool public_is_listed(const struct registry *registry, const struct institution *i, int64_t at_ms)
{
	enum service_state state;

	if (!i->published || public_kind_word((int)i->kind) == NULL)
		return false;
	state = registry_service_state(registry, i, at_ms);
	if (state == SERVICE_SUSPENDED)
		return registry_word(registry, PARAM_PUBLIC_SUSPENDED, i->region, at_ms, "show");
	return state != SERVICE_NONE;
}

static int compare_items(const void *a, const void *b)
{
	const struct item *one = *(const struct item *const *)a;
	const struct item *other = *(const struct item *const *)b;
	int r = strcmp(one->code, other->code);

	return r != 0 ? r : (one->from_ms < other->from_ms) - (one->from_ms > other->from_ms);
}

const struct item **public_items(const struct public_view *v, const struct institution *i,
	enum item_kind kind, size_t *ret_count)
{
	const struct item *one = NULL, **items;
	size_t count = 0, kept = 0;

	while ((one = registry_item_next(v->registry, i->code, kind, one)) != NULL)
		count++;
	items = calloc(count + 1, sizeof(struct item *));
	if (items == NULL)
		return NULL;
	for (count = 0; (one = registry_item_next(v->registry, i->code, kind, one)) != NULL;)
		if (item_holds(one, v->at_ms))
			items[count++] = one;
	qsort(items, count, sizeof(struct item *), compare_items);
	for (size_t n = 0; n < count; n++)
		if (kept == 0 || strcmp(items[kept - 1]->code, items[n]->code) != 0)
			items[kept++] = items[n];
	*ret_count = kept;
	return items;
}

static bool matches(const struct public_view *v, const struct institution *i)
{
	const struct public_query *q = &v->query;

	if (q->kind != 0 ? (int)i->kind != q->kind : i->kind == INSTITUTION_HOSPITAL)
		return false;
	if (q->region[0] != '\0' && !region_lies_in(i->region, q->region))
		return false;
	if (q->text[0] != '\0' && strcasestr(i->name, q->text) == NULL &&
		strcasestr(i->address, q->text) == NULL && strcasestr(i->code, q->text) == NULL)
		return false;
	return public_is_listed(v->registry, i, v->at_ms);
}

static int compare(const void *a, const void *b)
{
	const struct institution *one = *(const struct institution *const *)a;
	const struct institution *other = *(const struct institution *const *)b;
	int r = strcmp(one->region, other->region);

	if (r == 0)
		r = (one->kind > other->kind) - (one->kind < other->kind);
	return r != 0 ? r : strcmp(one->code, other->code);
}

int public_view_open(struct public_view *v, const struct registry *registry, int64_t at_ms,
	const struct public_query *query)
{
	size_t count = registry_institutions(registry);

	*v = (struct public_view){.registry = registry, .at_ms = at_ms, .query = *query};
	v->found = calloc(count + 1, sizeof(struct institution *));
	if (v->found == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const struct institution *one = registry_institution_at(registry, i);

		if (matches(v, one))
			v->found[v->total++] = one;
	}
	qsort(v->found, v->total, sizeof(struct institution *), compare);
	v->pages = (v->total + PUBLIC_ROWS_MAX - 1) / PUBLIC_ROWS_MAX;
	v->first = (size_t)(query->page - 1) * PUBLIC_ROWS_MAX;
	if (v->first > v->total)
		v->first = v->total;
	v->count = v->total - v->first < PUBLIC_ROWS_MAX ? v->total - v->first : PUBLIC_ROWS_MAX;
	return 0;
}

void public_view_clear(struct public_view *v)
{
	free(v->found);
	v->found = NULL;
}

const char *public_state_word(enum service_state state)
{
	static const char *const words[] = {"none", "in-service", "suspended", "ended"};

	return words[state];
}

const char *public_state_name(enum service_state state, bool english)
{
	static const char *const names[][2] = {{"尚未开通", "not opened"}, {"服务中", "In service"},
		{"已中止", "Suspended"}, {"已终止", "Ended"}};

	return names[state][english];
}

const char *public_kind_name(int kind, bool english)
{
	switch (kind) {
	case INSTITUTION_HOSPITAL:
		return english ? "Hospital" : "定点医疗机构";
	case INSTITUTION_INTERNET_HOSPITAL:
		return english ? "Internet hospital" : "互联网医院";
	case INSTITUTION_PHARMACY:
		return english ? "Retail pharmacy" : "定点零售药店";
	default:
		return "";
	}
}

const char *public_capability_name(const char *code, bool english)
{
	static const char *const names[][3] = {
		{"outpatient-pooling", "门诊统筹结算", "outpatient pooling"},
		{"online-rx", "线上购处方药（移动支付）", "prescriptions online"},
		{"online-otc", "线上购非处方药（个人账户）", "over-the-counter online"},
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i][0], code) == 0)
			return names[i][english ? 2 : 1];
	return code;
}

void public_day(int64_t at_ms, char text[PUBLIC_DAY_LEN + 1])
{
	time_t s = (time_t)(at_ms / 1000 + CHINA_AHEAD_S);
	struct tm day;

	if (gmtime_r(&s, &day) == NULL || strftime(text, PUBLIC_DAY_LEN + 1, "%F", &day) == 0)
		memcpy(text, "-", 2); /* a year of five digits */
}
