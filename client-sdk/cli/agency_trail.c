/* agency trail: what happened, page after page, for a stated purpose. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/identity.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/show.h"

enum { TOKEN_LEN_MAX = 256, LIMIT_DIGITS_MAX = 9 };

struct trail_args {
	const char *as, *rx, *person, *institution, *practitioner, *from, *until, *purpose, *limit;
	uint8_t rx_id[RXC_RX_ID_LEN];
	int64_t from_ms, until_ms;
	int64_t events_max; /* 0 = all */
};

/* A run over the pages. */
struct trail_walk {
	Rxcirc__V1__QueryTrailRequest request;
	uint8_t token[TOKEN_LEN_MAX];
	uint64_t pages, events;
	int64_t events_max;
};

static int trail_args_check(struct trail_args *args)
{
	rxc_error *error = NULL;
	int subjects = (args->rx != NULL) + (args->person != NULL) + (args->institution != NULL) +
		(args->practitioner != NULL);
	int r = args_need(args->purpose, "purpose");

	if (r != 0)
		return r;
	if (subjects > 1)
		return fail(EXIT_USAGE, "only one of --rx, --person, --institution, --practitioner",
			"--rx、--person、--institution、--practitioner 只能选一个");
	if (args->rx && rxc_rx_code_parse(args->rx, args->rx_id, &error) < 0) {
		rxc_error_free(error);
		return fail(EXIT_USAGE, "\"%.60s\" is not a prescription code", "“%.60s”不是处方编号",
			args->rx);
	}
	if ((args->from && china_time_parse_loose(args->from, &args->from_ms) < 0) ||
		(args->until && china_time_parse_loose(args->until, &args->until_ms) < 0))
		return fail(EXIT_USAGE, "--from and --until are \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--from 与 --until 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数");
	if (args->limit && decimal_parse(args->limit, LIMIT_DIGITS_MAX, 0, 0, &args->events_max) !=
		DECIMAL_OK)
		return fail(EXIT_USAGE, "--limit must be a number", "--limit 须为数字");
	return 0;
}

static void state_word(const Rxcirc__V1__StateWord *word, char text[160])
{
	bool chinese = say_is_chinese();

	if (!word || word->validity == 0) {
		(void)snprintf(text, 160, "-");
		return;
	}
	(void)snprintf(text, 160, "%s/%s/%s%s",
		show_validity((Rxcirc__V1__Validity)word->validity, chinese),
		show_review((Rxcirc__V1__ReviewState)word->review, chinese),
		show_use((Rxcirc__V1__UseState)word->use, chinese),
		word->held ? say_pick("/held", "/占用中") : "");
}

static json_t *state_word_json(const Rxcirc__V1__StateWord *word)
{
	if (!word)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:b}", "validity",
		show_validity((Rxcirc__V1__Validity)word->validity, false), "review",
		show_review((Rxcirc__V1__ReviewState)word->review, false), "use",
		show_use((Rxcirc__V1__UseState)word->use, false), "held", (int)word->held);
}

static void rx_code_of(ProtobufCBinaryData rx_id, char code[RXC_RX_CODE_LEN + 1])
{
	code[0] = '\0';
	if (rx_id.len == RXC_RX_ID_LEN)
		rxc_rx_code_format(rx_id.data, code);
}

static void event_show(const Rxcirc__V1__EventLeaf *leaf)
{
	char at[CHINA_TIME_LEN + 1];
	char code[RXC_RX_CODE_LEN + 1];
	char before[160];
	char after[160];

	china_time_format(leaf->at_ms, at);
	rx_code_of(leaf->rx_id, code);
	state_word(leaf->before, before);
	state_word(leaf->after, after);
	printf("%s  %-16s %s", at, show_event_kind(leaf->kind, say_is_chinese()),
		leaf->institution_code);
	if (leaf->practitioner_code[0])
		printf(" %s", leaf->practitioner_code);
	if (code[0])
		printf("  %s", code);
	if (leaf->rx_seq > 0)
		printf(" #%" PRIu64, leaf->rx_seq);
	if (strcmp(before, after) != 0)
		printf("  %s -> %s", before, after);
	if (leaf->n_disclosed)
		printf("  %s %zu", say_pick("disclosed", "出示处方数"), leaf->n_disclosed);
	if (leaf->identity_mode > RXCIRC__V1__IDENTITY_MODE__IDENTITY_MODE_UNSPECIFIED)
		printf("  %s", identity_mode_show(leaf->identity_mode, say_is_chinese()));
	if (leaf->identity_device[0])
		printf(" %s/%s", leaf->identity_device, leaf->identity_operator);
	if (leaf->subject[0])
		printf("  %s", leaf->subject);
	if (leaf->reason[0])
		printf("  (%s)", leaf->reason);
	putchar('\n');
}

static json_t *event_json(const Rxcirc__V1__EventLeaf *leaf, ProtobufCBinaryData leaf_hash)
{
	json_t *disclosed = json_array();
	char code[RXC_RX_CODE_LEN + 1];
	char event_id[65] = "";
	char hash[65] = "";

	for (size_t i = 0; i < leaf->n_disclosed; i++) {
		rx_code_of(leaf->disclosed[i], code);
		json_array_append_new(disclosed, json_string(code));
	}
	rx_code_of(leaf->rx_id, code);
	if (leaf->event_id.len <= 32)
		hex_format(leaf->event_id.data, leaf->event_id.len, event_id);
	if (leaf_hash.len <= 32)
		hex_format(leaf_hash.data, leaf_hash.len, hash);
	return json_pack("{s:s, s:s, s:I, s:s, s:I, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:s,"
		" s:s}", "kind",
		show_event_kind(leaf->kind, false), "event_id", event_id, "at_ms", (json_int_t)leaf->at_ms,
		"rx", code, "rx_seq", (json_int_t)leaf->rx_seq, "institution", leaf->institution_code,
		"practitioner", leaf->practitioner_code, "before", state_word_json(leaf->before), "after",
		state_word_json(leaf->after), "disclosed", disclosed, "reason", leaf->reason, "subject",
		leaf->subject, "leaf_hash", hash, "identity",
		identity_mode_show(leaf->identity_mode, false), "device", leaf->identity_device,
		"operator", leaf->identity_operator);
}

static int page_tell(struct trail_walk *walk, const Rxcirc__V1__QueryTrailResponse *reply)
{
	for (size_t i = 0; i < reply->n_events; i++) {
		const Rxcirc__V1__TrailEvent *event = reply->events[i];

		if (walk->events_max && walk->events >= (uint64_t)walk->events_max)
			return 0;
		Rxcirc__V1__EventLeaf *leaf =
			rxcirc__v1__event_leaf__unpack(NULL, event->leaf.len, event->leaf.data);

		if (!leaf)
			return fail(EXIT_UNVERIFIED, "an event of the trail cannot be read",
				"流水中有一条事件无法解析");
		if (say_is_json())
			(void)answer(event_json(leaf, event->leaf_hash));
		else
			event_show(leaf);
		rxcirc__v1__event_leaf__free_unpacked(leaf, NULL);
		walk->events++;
	}
	return 0;
}

/* One page; *ret_more when there is another. */
static int page_read(struct trail_walk *walk, rxc_client *client, bool *ret_more)
{
	Rxcirc__V1__QueryTrailResponse *reply;
	rxc_error *error = NULL;

	if (rxc_agency_trail(client, &walk->request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	int r = page_tell(walk, reply);

	*ret_more = r == 0 && reply->next_page_token.len > 0 &&
		(!walk->events_max || walk->events < (uint64_t)walk->events_max);
	if (*ret_more && reply->next_page_token.len > sizeof(walk->token))
		r = fail(EXIT_FAULT, "the server's page token is too long", "服务器的分页标记过长");
	if (r == 0 && *ret_more) {
		memcpy(walk->token, reply->next_page_token.data, reply->next_page_token.len);
		walk->request.page_token = pbdata(walk->token, reply->next_page_token.len);
	}
	walk->pages++;
	rxcirc__v1__query_trail_response__free_unpacked(reply, NULL);
	return r;
}

static int trail(const struct trail_args *args, rxc_client *client)
{
	struct trail_walk walk = {.events_max = args->events_max};
	bool more = true;
	int r = 0;

	rxcirc__v1__query_trail_request__init(&walk.request);
	if (args->rx)
		walk.request.rx_id = pbdata(args->rx_id, sizeof(args->rx_id));
	walk.request.voucher_id = pbtext(args->person ? args->person : "");
	walk.request.institution_code = pbtext(args->institution ? args->institution : "");
	walk.request.practitioner_code = pbtext(args->practitioner ? args->practitioner : "");
	walk.request.from_ms = args->from_ms;
	/* a fixed end, so that reading the trail does not follow its own traces for ever */
	walk.request.until_ms = args->until_ms ? args->until_ms : clock_now_ms();
	walk.request.purpose = pbtext(args->purpose);
	while (r == 0 && more)
		r = page_read(&walk, client, &more);
	if (r != 0)
		return r;
	say("%" PRIu64 " events on %" PRIu64 " pages; this reading is recorded with its purpose\n",
		"共 %" PRIu64 " 条事件，%" PRIu64 " 页；本次查询及用途已留痕\n", walk.events, walk.pages);
	return answer(json_pack("{s:b, s:i, s:I, s:I}", "ok", 1, "exit", EXIT_OK, "events",
		(json_int_t)walk.events, "pages", (json_int_t)walk.pages));
}

int agency_trail_run(int argc, char **argv)
{
	struct trail_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"rx", ARG_TEXT, &args.rx},
		{"person", ARG_TEXT, &args.person}, {"institution", ARG_TEXT, &args.institution},
		{"practitioner", ARG_TEXT, &args.practitioner}, {"from", ARG_TEXT, &args.from},
		{"until", ARG_TEXT, &args.until}, {"purpose", ARG_TEXT, &args.purpose},
		{"limit", ARG_TEXT, &args.limit},
	};
	struct institution office;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, 9, 0, 0);

	if (r == 0)
		r = trail_args_check(&args);
	if (r != 0 || (r = institution_open(&office, args.as)) != 0)
		return r;
	r = trail(&args, office.client);
	institution_close(&office);
	return r;
}
