/* insured stock, hospital stock: where drugs are in stock; agency stock: how old the feeds are. */
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

enum { QUANTITY_DIGITS = 12, QUANTITY_SCALE = 4, LIMIT_DIGITS = 6, LIMIT_DEFAULT = 50,
	MARK_MAX = 64, CODE_SIZE = 64 };

struct search {
	Rxcirc__V1__FindStockRequest request;
	Rxcirc__V1__StockWant wants[ARGS_LIST_MAX], *list[ARGS_LIST_MAX];
	char codes[ARGS_LIST_MAX][CODE_SIZE];
	uint8_t next[MARK_MAX];
	int64_t limit;
	bool is_hospital;
	json_t *places;
};

/* "CODE=QUANTITY" */
static int want_read(struct search *s, const char *text, size_t index)
{
	const char *equals = strchr(text, '=');
	Rxcirc__V1__StockWant *want = &s->wants[index];

	rxcirc__v1__stock_want__init(want);
	if (!equals || equals == text || equals - text >= CODE_SIZE ||
		decimal_parse(equals + 1, QUANTITY_DIGITS, QUANTITY_SCALE, QUANTITY_SCALE,
			&want->quantity_e4) != DECIMAL_OK)
		return fail(EXIT_USAGE, "--want is CODE=QUANTITY, like XD03AA...=4",
			"--want 须为 药品编码=数量，如 XD03AA...=4");
	memcpy(s->codes[index], text, (size_t)(equals - text));
	want->drug_code = s->codes[index];
	s->list[index] = want;
	return 0;
}

static const char *accept_word(int accept, bool chinese)
{
	if (accept > 0)
		return chinese ? "全部有货" : "all";
	return accept == 0 ? chinese ? "部分有货" : "part" : chinese ? "无货" : "none";
}

static void place_tell(struct search *s, const Rxcirc__V1__StockPlace *p)
{
	json_t *missing = json_array();
	char total[DECIMAL_TEXT_MAX];
	char as_of[CHINA_TIME_LEN + 1] = "-";

	for (size_t i = 0; i < p->n_missing; i++)
		json_array_append_new(missing, json_string(
			p->missing[i] >= 1 && p->missing[i] <= s->request.n_wants ?
			s->codes[p->missing[i] - 1] : "?"));
	decimal_format(p->total_fen, 2, 2, total);
	if (p->as_of_ms > 0)
		china_time_format(p->as_of_ms, as_of);
	say("%s  %s  %s  %s yuan  as of %s%s  %s\n", "%s  %s  %s  %s 元  库存时间 %s%s  %s\n", p->code,
		p->name, accept_word(p->accept, say_is_chinese()), total, as_of,
		p->stale ? say_pick(" (stale)", "（已过期）") : "", p->address);
	json_array_append_new(s->places, json_pack(
		"{s:s, s:s, s:s, s:s, s:i, s:o, s:I, s:I, s:b}", "code", p->code, "name", p->name,
		"address", p->address, "region", p->region, "accept", (int)p->accept, "missing", missing,
		"total_fen", (json_int_t)p->total_fen, "as_of_ms", (json_int_t)p->as_of_ms, "stale",
		(int)p->stale));
}

static int page_ask(struct search *s, rxc_client *client, bool *ret_more)
{
	Rxcirc__V1__FindStockResponse *reply;
	rxc_error *error = NULL;
	int r = s->is_hospital ?
		rxc_hospital_find_stock(client, &s->request, NULL, &reply, &error) :
		rxc_insured_find_stock(client, &s->request, NULL, &reply, &error);

	if (r < 0)
		return report_call(error, false);
	for (size_t i = 0; i < reply->n_places; i++)
		if ((json_int_t)json_array_size(s->places) < s->limit)
			place_tell(s, reply->places[i]);
	*ret_more = reply->next.len > 0 && (json_int_t)json_array_size(s->places) < s->limit;
	if (reply->next.len > sizeof(s->next))
		r = fail(EXIT_FAULT, "the server's page mark is too long", "服务器的分页标记过长");
	else if (*ret_more)
		memcpy(s->next, reply->next.data, reply->next.len);
	s->request.after = pbdata(s->next, *ret_more ? reply->next.len : 0);
	rxcirc__v1__find_stock_response__free_unpacked(reply, NULL);
	return r;
}

static int search_run(struct search *s, const struct institution *who)
{
	bool more = true;
	int r = 0;

	s->places = json_array();
	while (r == 0 && more)
		r = page_ask(s, who->client, &more);
	if (r != 0) {
		json_decref(s->places);
		return r;
	}
	say("%zu institutions; equals stand in an order that changes from search to search\n",
		"共 %zu 家；条件相同者次序每次查询随机\n", json_array_size(s->places));
	return answer(json_pack("{s:b, s:i, s:o}", "ok", 1, "exit", EXIT_OK, "places", s->places));
}

static int find(int argc, char **argv, bool is_hospital)
{
	const char *as = NULL, *region = NULL, *limit = NULL;
	struct arg_list wants = {.count = 0};
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"region", ARG_TEXT, &region},
		{"limit", ARG_TEXT, &limit}, {"want", ARG_LIST, &wants}};
	struct search s = {.is_hospital = is_hospital, .limit = LIMIT_DEFAULT};
	struct institution who;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, 4, 0, 0);

	rxcirc__v1__find_stock_request__init(&s.request);
	if (r == 0)
		r = args_need(wants.count > 0 ? wants.items[0] : NULL, "want");
	for (size_t i = 0; r == 0 && i < wants.count; i++)
		r = want_read(&s, wants.items[i], i);
	if (r == 0 && limit && decimal_parse(limit, LIMIT_DIGITS, 0, 0, &s.limit) != DECIMAL_OK)
		r = fail(EXIT_USAGE, "--limit is a number of institutions", "--limit 须为机构数");
	s.request.wants = s.list;
	s.request.n_wants = wants.count;
	s.request.region = pbtext(region ? region : "");
	if (r != 0 || (r = institution_open(&who, as)) != 0)
		return r;
	r = search_run(&s, &who);
	institution_close(&who);
	return r;
}

int insured_stock_run(int argc, char **argv)
{
	return find(argc, argv, false);
}

int hospital_stock_run(int argc, char **argv)
{
	return find(argc, argv, true);
}

/* ---- the age of feeds ----------------------------------------------------------------------- */

static void feed_tell(json_t *feeds, const Rxcirc__V1__StockFeed *f)
{
	char as_of[CHINA_TIME_LEN + 1] = "-";

	if (f->as_of_ms > 0)
		china_time_format(f->as_of_ms, as_of);
	say("%s  %s  as of %s, %u drugs in stock%s\n", "%s  %s  库存时间 %s，有货药品 %u 个%s\n",
		f->pharmacy_code, f->region, as_of, f->drugs,
		f->stale ? say_pick("  STALE", "  已过期") : "");
	json_array_append_new(feeds, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:b}", "pharmacy",
		f->pharmacy_code, "region", f->region, "as_of_ms", (json_int_t)f->as_of_ms,
		"received_at_ms", (json_int_t)f->received_at_ms, "complete_as_of_ms",
		(json_int_t)f->complete_as_of_ms, "drugs", (json_int_t)f->drugs, "stale", (int)f->stale));
}

static int feeds_walk(rxc_client *client, Rxcirc__V1__ListStockFeedsRequest *request,
	json_t *feeds)
{
	char after[CODE_SIZE] = "";

	do {
		Rxcirc__V1__ListStockFeedsResponse *reply;
		rxc_error *error = NULL;

		request->after = after;
		if (rxc_agency_stock_feeds(client, request, NULL, &reply, &error) < 0)
			return report_call(error, false);
		for (size_t i = 0; i < reply->n_feeds; i++)
			feed_tell(feeds, reply->feeds[i]);
		(void)snprintf(after, sizeof(after), "%s", reply->next);
		rxcirc__v1__list_stock_feeds_response__free_unpacked(reply, NULL);
	} while (after[0] != '\0');
	return 0;
}

int agency_stock_run(int argc, char **argv)
{
	const char *as = NULL, *region = NULL;
	bool stale = false;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"region", ARG_TEXT, &region},
		{"stale", ARG_FLAG, &stale}};
	Rxcirc__V1__ListStockFeedsRequest request = RXCIRC__V1__LIST_STOCK_FEEDS_REQUEST__INIT;
	struct institution office;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, 3, 0, 0);

	request.region = pbtext(region ? region : "");
	request.stale_only = stale;
	if (r != 0 || (r = institution_open(&office, as)) != 0)
		return r;
	json_t *feeds = json_array();

	r = feeds_walk(office.client, &request, feeds);
	institution_close(&office);
	if (r != 0) {
		json_decref(feeds);
		return r;
	}
	say("%zu pharmacies\n", "共 %zu 家药店\n", json_array_size(feeds));
	return answer(json_pack("{s:b, s:i, s:o}", "ok", 1, "exit", EXIT_OK, "feeds", feeds));
}
