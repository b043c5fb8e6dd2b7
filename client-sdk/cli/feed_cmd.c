/* hospital|pharmacy poll and watch: what others did with the institution's prescriptions.
 *
 * Each page is shown first and its cursor kept then, so a page that was broken off comes again:
 * nothing is lost.  With --json the cursor follows its page on a line of its own; who keeps both
 * together gets nothing twice either.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/show.h"

enum {
	CURSOR_LEN_MAX = 256, CURSOR_FILE_MAX = 2 * CURSOR_LEN_MAX + 2, NUMBER_DIGITS = 9,
	AGAIN_MS = 500, /* before a watch that was cut goes on */
};

struct feed {
	const char *as, *resume, *cursor_text, *from, *limit, *seconds, *heartbeat;
	bool hospital; /* else pharmacy */
	struct institution who;
	uint8_t cursor[CURSOR_LEN_MAX];
	size_t cursor_len;
	int64_t from_ms;
	int64_t limit_count, run_s, heartbeat_ms;
	int64_t until_ms; /* of the whole watch; 0 = for ever */
	uint64_t told;
	int result;
};

/* ---- the cursor ---- */

static int cursor_parse(struct feed *f, const char *text)
{
	size_t len = strcspn(text, "\n") / 2;

	if (len > sizeof(f->cursor))
		return -1;
	char hex[2 * CURSOR_LEN_MAX + 1] = "";

	memcpy(hex, text, 2 * len);
	f->cursor_len = len;
	return hex_parse(hex, f->cursor, len);
}

static int cursor_load(struct feed *f)
{
	struct buffer file = {NULL, 0};
	int r;

	if (f->cursor_text && cursor_parse(f, f->cursor_text) < 0)
		return fail(EXIT_USAGE, "--cursor is hexadecimal, from an earlier answer",
			"--cursor 须为先前输出的十六进制游标");
	if (!f->resume || f->cursor_text)
		return 0;
	r = file_read(f->resume, CURSOR_FILE_MAX, &file);
	if (r == -ENOENT)
		return 0; /* the first time */
	if (r < 0)
		return fail_file(f->resume, r);
	r = cursor_parse(f, file.data);
	buffer_clear(&file);
	return r == 0 ? 0 : fail(EXIT_LOCAL_FILE, "%s holds no cursor", "%s 中没有游标", f->resume);
}

static int cursor_take(struct feed *f, ProtobufCBinaryData cursor)
{
	char hex[2 * CURSOR_LEN_MAX + 2];
	size_t len = 2 * cursor.len;
	int r;

	if (cursor.len > sizeof(f->cursor))
		return fail(EXIT_FAULT, "the server's cursor is too long", "服务器的游标过长");
	memcpy(f->cursor, cursor.data, cursor.len);
	f->cursor_len = cursor.len;
	hex_format(cursor.data, cursor.len, hex);
	(void)answer(json_pack("{s:s}", "cursor", hex));
	if (fflush(stdout) != 0)
		return fail(EXIT_LOCAL_FILE, "the output cannot be written", "无法写出结果");
	if (!f->resume)
		return 0;
	hex[len] = '\n';
	r = file_replace(f->resume, hex, len + 1);
	return r < 0 ? fail_file(f->resume, r) : 0;
}

/* ---- what is told ---- */

static void news_show(const Rxcirc__V1__PrescriptionNews *n, const char *code)
{
	bool zh = say_is_chinese();
	char at[CHINA_TIME_LEN + 1];

	china_time_format(n->at_ms, at);
	printf("%s  %-16s %s", at, show_event_kind(n->kind, zh), n->institution_code);
	if (n->practitioner_code[0])
		printf(" %s", n->practitioner_code);
	printf("  %s", code);
	if (n->rx_seq > 0)
		printf(" #%" PRIu64, n->rx_seq);
	if (n->after)
		printf("  %s/%s/%s", show_validity((Rxcirc__V1__Validity)n->after->validity, zh),
			show_review((Rxcirc__V1__ReviewState)n->after->review, zh),
			show_use((Rxcirc__V1__UseState)n->after->use, zh));
	if (n->reason[0])
		printf("  (%s)", n->reason);
	putchar('\n');
}

static json_t *news_json(const Rxcirc__V1__PrescriptionNews *n, const char *code)
{
	char event_id[65] = "";
	json_t *after = json_null();

	if (n->event_id.len <= 32)
		hex_format(n->event_id.data, n->event_id.len, event_id);
	if (n->after)
		after = json_pack("{s:s, s:s, s:s, s:b}", "validity",
			show_validity((Rxcirc__V1__Validity)n->after->validity, false), "review",
			show_review((Rxcirc__V1__ReviewState)n->after->review, false), "use",
			show_use((Rxcirc__V1__UseState)n->after->use, false), "held", (int)n->after->held);
	return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:o, s:s}", "kind",
		show_event_kind(n->kind, false), "rx", code, "rx_seq", (json_int_t)n->rx_seq, "at_ms",
		(json_int_t)n->at_ms, "institution", n->institution_code, "practitioner",
		n->practitioner_code, "reason", n->reason, "after", after, "event_id", event_id);
}

static int page_tell(struct feed *f, Rxcirc__V1__PrescriptionNews **news, size_t count,
	ProtobufCBinaryData cursor)
{
	char code[RXC_RX_CODE_LEN + 1];

	for (size_t i = 0; i < count; i++) {
		if (news[i]->rx_id.len != RXC_RX_ID_LEN)
			return fail(EXIT_FAULT, "the server's answer names no prescription",
				"服务器应答缺少处方编号");
		rxc_rx_code_format(news[i]->rx_id.data, code);
		if (say_is_json())
			(void)answer(news_json(news[i], code));
		else
			news_show(news[i], code);
	}
	f->told += count;
	return cursor_take(f, cursor);
}

/* ---- poll ---- */

static int poll_once(struct feed *f, bool *ret_more)
{
	Rxcirc__V1__PollPrescriptionsRequest request = RXCIRC__V1__POLL_PRESCRIPTIONS_REQUEST__INIT;
	Rxcirc__V1__PollPrescriptionsResponse *reply;
	rxc_error *error = NULL;
	int r;

	request.cursor = pbdata(f->cursor, f->cursor_len);
	request.from_ms = f->cursor_len ? 0 : f->from_ms;
	request.limit = (uint32_t)f->limit_count;
	r = f->hospital ? rxc_hospital_poll(f->who.client, &request, NULL, &reply, &error) :
		rxc_pharmacy_poll(f->who.client, &request, NULL, &reply, &error);
	if (r < 0)
		return report_call(error, false);
	r = page_tell(f, reply->news, reply->n_news, reply->next_cursor);
	*ret_more = reply->more;
	rxcirc__v1__poll_prescriptions_response__free_unpacked(reply, NULL);
	return r;
}

/* One page with --limit, all that is there without. */
static int feed_poll(struct feed *f)
{
	bool more = true;
	int r = 0;

	while (r == 0 && more) {
		r = poll_once(f, &more);
		more = more && f->limit_count == 0;
	}
	return r;
}

/* ---- watch ---- */

static int on_part(const ProtobufCMessage *part, void *user)
{
	const Rxcirc__V1__WatchPrescriptionsResponse *m = (const void *)part;
	struct feed *f = user;

	f->result = page_tell(f, m->news, m->n_news, m->next_cursor);
	return f->result;
}

static int64_t left_ms(const struct feed *f)
{
	return f->until_ms ? f->until_ms - clock_now_ms() : INT64_MAX;
}

static int watch_once(struct feed *f, rxc_error **error)
{
	Rxcirc__V1__WatchPrescriptionsRequest request = RXCIRC__V1__WATCH_PRESCRIPTIONS_REQUEST__INIT;
	const char *method = f->hospital ? "rxcirc.v1.Hospital/WatchPrescriptions" :
		"rxcirc.v1.Pharmacy/WatchPrescriptions";
	int64_t ms = left_ms(f);

	request.cursor = pbdata(f->cursor, f->cursor_len);
	request.from_ms = f->cursor_len ? 0 : f->from_ms;
	request.heartbeat_ms = (uint32_t)f->heartbeat_ms;
	return rxc_client_stream(f->who.client, method, &request.base, ms < HOUR_MS ? (uint32_t)ms : 0,
		on_part, f, error);
}

/* A stream ends after an hour, or because a node is stopped: the next one goes on where it was. */
static int feed_watch(struct feed *f)
{
	if (f->run_s)
		f->until_ms = clock_now_ms() + f->run_s * 1000;
	while (f->result == 0 && left_ms(f) > 0) {
		rxc_error *error = NULL;

		if (watch_once(f, &error) == 0)
			continue;
		if (!rxc_error_is_retryable(error))
			return report_call(error, false);
		note("the watch was cut, going on\n", "订阅中断，继续\n");
		rxc_error_free(error);
		(void)poll(NULL, 0, AGAIN_MS);
	}
	return f->result;
}

/* ---- the commands ---- */

static int number(const char *text, const char *name, int64_t *ret)
{
	if (text && (decimal_parse(text, NUMBER_DIGITS, 0, 0, ret) != DECIMAL_OK || *ret < 1))
		return fail(EXIT_USAGE, "--%s is a number from 1 on", "--%s 须为正整数", name);
	return 0;
}

static int feed_args(struct feed *f, int argc, char **argv, bool watch)
{
	struct args rest;
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &f->as}, {"resume", ARG_TEXT, &f->resume},
		{"cursor", ARG_TEXT, &f->cursor_text}, {"from", ARG_TEXT, &f->from},
		{watch ? "for" : "limit", ARG_TEXT, watch ? &f->seconds : &f->limit},
		{"heartbeat", ARG_TEXT, &f->heartbeat},
	};
	int r = args_parse(&rest, argc, argv, options, watch ? 6 : 5, 0, 0);

	if (r == 0)
		r = number(f->limit, "limit", &f->limit_count);
	if (r == 0)
		r = number(f->seconds, "for", &f->run_s);
	if (r == 0)
		r = number(f->heartbeat, "heartbeat", &f->heartbeat_ms);
	if (r == 0 && f->from && china_time_parse_loose(f->from, &f->from_ms) < 0)
		r = fail(EXIT_USAGE, "--from must be \"yyyy-MM-dd HH:mm:ss\" or milliseconds",
			"--from 须为 “yyyy-MM-dd HH:mm:ss” 或毫秒数");
	return r != 0 ? r : cursor_load(f);
}

static int feed_run(int argc, char **argv, bool hospital, bool watch)
{
	struct feed f = {.hospital = hospital};
	int r = feed_args(&f, argc, argv, watch);

	if (r != 0 || (r = institution_open(&f.who, f.as)) != 0)
		return r;
	r = watch ? feed_watch(&f) : feed_poll(&f);
	if (r == 0)
		r = answer(json_pack("{s:b, s:i, s:I}", "ok", 1, "exit", EXIT_OK, "news",
			(json_int_t)f.told));
	if (r == 0)
		say("%" PRIu64 " news\n", "共 %" PRIu64 " 条\n", f.told);
	institution_close(&f.who);
	return r;
}

int hospital_poll_run(int argc, char **argv)
{
	return feed_run(argc, argv, true, false);
}

int hospital_watch_run(int argc, char **argv)
{
	return feed_run(argc, argv, true, true);
}

int pharmacy_poll_run(int argc, char **argv)
{
	return feed_run(argc, argv, false, false);
}

int pharmacy_watch_run(int argc, char **argv)
{
	return feed_run(argc, argv, false, true);
}
