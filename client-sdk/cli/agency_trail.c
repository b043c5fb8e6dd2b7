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
#include "client-sdk/cli/trail_filter.h"

enum { TOKEN_LEN_MAX = 256, LIMIT_DIGITS_MAX = 9 };

struct trail_args {
	const char *as, *purpose, *limit;
	struct trail_filter filter;
	bool stream;
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
	int r = args_need(args->purpose, "purpose");

	if (r == 0)
		r = trail_filter_read(&args->filter);
	if (r != 0)
		return r;
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

static void event_show(const Rxcirc__V1__EventLeaf *leaf, uint64_t place)
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
	if (place > 0)
		printf("  @%" PRIu64, place - 1);
	putchar('\n');
}

static json_t *event_json(const Rxcirc__V1__EventLeaf *leaf, const Rxcirc__V1__TrailEvent *event)
{
	ProtobufCBinaryData leaf_hash = event->leaf_hash;
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
		" s:s, s:o}", "kind",
		show_event_kind(leaf->kind, false), "event_id", event_id, "at_ms", (json_int_t)leaf->at_ms,
		"rx", code, "rx_seq", (json_int_t)leaf->rx_seq, "institution", leaf->institution_code,
		"practitioner", leaf->practitioner_code, "before", state_word_json(leaf->before), "after",
		state_word_json(leaf->after), "disclosed", disclosed, "reason", leaf->reason, "subject",
		leaf->subject, "leaf_hash", hash, "identity",
		identity_mode_show(leaf->identity_mode, false), "device", leaf->identity_device,
		"operator", leaf->identity_operator, "index",
		event->place > 0 ? json_integer((json_int_t)event->place - 1) : json_null());
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
			(void)answer(event_json(leaf, event));
		else
			event_show(leaf, event->place);
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

static int pages_read(struct trail_walk *walk, rxc_client *client)
{
	bool more = true;
	int r = 0;

	while (r == 0 && more)
		r = page_read(walk, client, &more);
	return r;
}

/* ---- as a stream ---- */

/* A stream while it runs. */
struct trail_stream {
	struct trail_walk *walk;
	int outcome;
};

static int stream_part(const ProtobufCMessage *part, void *user)
{
	struct trail_stream *s = user;
	struct trail_walk *walk = s->walk;

	s->outcome = page_tell(walk, (const Rxcirc__V1__QueryTrailResponse *)part);
	walk->pages++;
	return s->outcome != 0 || (walk->events_max && walk->events >= (uint64_t)walk->events_max);
}

static int stream_read(struct trail_walk *walk, rxc_client *client)
{
	struct trail_stream s = {.walk = walk};
	rxc_error *error = NULL;

	if (rxc_client_stream(client, "rxcirc.v1.Agency/StreamTrail", &walk->request.base, 0,
		stream_part, &s, &error) < 0)
		return report_call(error, false);
	return s.outcome;
}

static void request_fill(Rxcirc__V1__QueryTrailRequest *request, const struct trail_args *args)
{
	const struct trail_filter *f = &args->filter;

	rxcirc__v1__query_trail_request__init(request);
	if (f->rx)
		request->rx_id = pbdata(f->rx_id, sizeof(f->rx_id));
	request->voucher_id = pbtext(f->person ? f->person : "");
	request->institution_code = pbtext(f->institution ? f->institution : "");
	request->practitioner_code = pbtext(f->practitioner ? f->practitioner : "");
	request->kind = f->event_kind;
	request->from_ms = f->from_ms;
	/* a fixed end, so that reading the trail does not follow its own traces for ever */
	request->until_ms = f->until_ms ? f->until_ms : clock_now_ms();
	request->purpose = pbtext(args->purpose);
}

static int trail(const struct trail_args *args, rxc_client *client)
{
	struct trail_walk walk = {.events_max = args->events_max};
	int r;

	request_fill(&walk.request, args);
	r = args->stream ? stream_read(&walk, client) : pages_read(&walk, client);
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
		TRAIL_FILTER_OPTIONS(&args.filter),
		{"as", ARG_TEXT, &args.as}, {"purpose", ARG_TEXT, &args.purpose},
		{"limit", ARG_TEXT, &args.limit}, {"stream", ARG_FLAG, &args.stream},
	};
	struct institution office;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, TRAIL_FILTER_OPTIONS_COUNT + 4, 0, 0);

	if (r == 0)
		r = trail_args_check(&args);
	if (r != 0 || (r = institution_open(&office, args.as)) != 0)
		return r;
	r = trail(&args, office.client);
	institution_close(&office);
	return r;
}
