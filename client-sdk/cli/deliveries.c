/* pharmacy deliveries, agency deliveries: hand-overs whose money and goods disagree (NT33-N5.2). */
#include "client-sdk/cli/deliveries.h"

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

enum { MARK_MAX = 64, DAYS_DEFAULT = 30, KINDS = 5 };

const char *const delivery_words[] = {"", "ordered", "collected", "under-way", "signed", "failed",
	"returned", "cancelled", NULL};

struct walk {
	Rxcirc__V1__ReconcileDeliveriesRequest request;
	uint8_t next[MARK_MAX];
	bool is_officer;
	json_t *gaps;
};

static const char *kind_word(Rxcirc__V1__DeliveryGapKind kind, bool chinese)
{
	static const char *const words[KINDS][2] = {{"?", "?"}, {"no-order", "线上支付未下配送单"},
		{"not-signed", "逾期未签收"}, {"not-settled", "已签收未结算"},
		{"not-delivered", "已支付未送达"}};

	return words[(unsigned)kind < KINDS ? kind : 0][chinese];
}

static const char *event_word(Rxcirc__V1__DeliveryEvent event)
{
	return delivery_words[(unsigned)event < sizeof(delivery_words) / sizeof(delivery_words[0]) - 1
		? event : 0];
}

static void gap_tell(struct walk *walk, const Rxcirc__V1__DeliveryGap *gap)
{
	char code[RXC_RX_CODE_LEN + 1] = "";
	char at[CHINA_TIME_LEN + 1];

	if (gap->rx_id.len == RXC_RX_ID_LEN)
		rxc_rx_code_format(gap->rx_id.data, code);
	china_time_format(gap->at_ms, at);
	say("%s  %s  %s  fill %u  %s %s %s\n", "%s  %s  %s  第 %u 次调配  %s %s %s\n", at,
		gap->pharmacy_code, code, gap->fill_no, kind_word(gap->kind, say_is_chinese()),
		gap->delivery_no, event_word(gap->event));
	json_array_append_new(walk->gaps, json_pack(
		"{s:s, s:s, s:I, s:s, s:s, s:I, s:s, s:s, s:I}", "kind", kind_word(gap->kind, false), "rx",
		code, "fill_no", (json_int_t)gap->fill_no, "pharmacy", gap->pharmacy_code, "region",
		gap->region, "at_ms", (json_int_t)gap->at_ms, "delivery", gap->delivery_no, "event",
		event_word(gap->event), "event_at_ms", (json_int_t)gap->event_at_ms));
}

static int page_ask(struct walk *walk, rxc_client *client, bool *ret_more)
{
	Rxcirc__V1__ReconcileDeliveriesResponse *reply;
	rxc_error *error = NULL;
	int r = walk->is_officer ?
		rxc_agency_deliveries(client, &walk->request, NULL, &reply, &error) :
		rxc_pharmacy_deliveries(client, &walk->request, NULL, &reply, &error);

	if (r < 0)
		return report_call(error, false);
	for (size_t i = 0; i < reply->n_gaps; i++)
		gap_tell(walk, reply->gaps[i]);
	*ret_more = reply->next.len > 0;
	if (reply->next.len > sizeof(walk->next))
		r = fail(EXIT_FAULT, "the server's page mark is too long", "服务器的分页标记过长");
	else if (*ret_more)
		memcpy(walk->next, reply->next.data, reply->next.len);
	walk->request.after = pbdata(walk->next, *ret_more ? reply->next.len : 0);
	rxcirc__v1__reconcile_deliveries_response__free_unpacked(reply, NULL);
	return r;
}

static int walk_all(struct walk *walk, const struct institution *who)
{
	bool more = true;
	int r = 0;

	walk->gaps = json_array();
	while (r == 0 && more)
		r = page_ask(walk, who->client, &more);
	if (r != 0) {
		json_decref(walk->gaps);
		return r;
	}
	say("%zu disagreements\n", "共 %zu 条不一致\n", json_array_size(walk->gaps));
	r = json_array_size(walk->gaps) > 0 ? EXIT_REFUSED : EXIT_OK;
	(void)answer(json_pack("{s:b, s:i, s:o}", "ok", r == EXIT_OK, "exit", r, "gaps", walk->gaps));
	return r;
}

static int time_read(const char *text, const char *option, int64_t *at_ms)
{
	if (!text || china_time_parse_loose(text, at_ms) == 0)
		return 0;
	return fail(EXIT_USAGE, "--%s must be a day, \"yyyy-MM-dd HH:mm:ss\" or milliseconds",
		"--%s 须为日期、“yyyy-MM-dd HH:mm:ss” 或毫秒数", option);
}

static int deliveries(int argc, char **argv, bool is_officer)
{
	const char *as = NULL, *from = NULL, *until = NULL, *region = NULL, *pharmacy = NULL;
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &as}, {"from", ARG_TEXT, &from}, {"until", ARG_TEXT, &until},
		{"region", ARG_TEXT, &region}, {"pharmacy", ARG_TEXT, &pharmacy}};
	struct walk walk = {.is_officer = is_officer};
	struct institution who;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, is_officer ? 5 : 3, 0, 0);

	rxcirc__v1__reconcile_deliveries_request__init(&walk.request);
	walk.request.from_ms = clock_now_ms() - DAYS_DEFAULT * DAY_MS;
	walk.request.region = pbtext(region ? region : "");
	walk.request.pharmacy_code = pbtext(pharmacy ? pharmacy : "");
	if (r == 0)
		r = time_read(from, "from", &walk.request.from_ms);
	if (r == 0)
		r = time_read(until, "until", &walk.request.until_ms);
	if (r != 0 || (r = institution_open(&who, as)) != 0)
		return r;
	r = walk_all(&walk, &who);
	institution_close(&who);
	return r;
}

int pharmacy_deliveries_run(int argc, char **argv)
{
	return deliveries(argc, argv, false);
}

int agency_deliveries_run(int argc, char **argv)
{
	return deliveries(argc, argv, true);
}
