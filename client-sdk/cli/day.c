/* What hospitals and officers ask about a day. */
#include "client-sdk/cli/day.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

enum { PAGE_MARK_MAX = 256 };

int day_business(const char *word, Rxcirc__V1__BusinessType *ret)
{
	*ret = RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET;
	if (word && strcmp(word, "offline") == 0)
		*ret = RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_OFFLINE;
	else if (word && strcmp(word, "internet") != 0)
		return fail(EXIT_USAGE, "--business is internet or offline",
			"--business 须为 internet（互联网）或 offline（线下）");
	return 0;
}

int day_check(const char *day)
{
	int64_t at_ms;

	if (day && china_date_parse(day, &at_ms) == 0)
		return 0;
	return fail(EXIT_USAGE, "--day must be a day yyyy-MM-dd", "--day 须为 yyyy-MM-dd 格式的日期");
}

char *day_notes_path(const struct institution *hospital, const char *day,
	Rxcirc__V1__BusinessType business)
{
	char *path = NULL;

	return asprintf(&path, "%s/issued-%.10s-%s", hospital->state, day,
		business == RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_OFFLINE ? "offline" : "internet") < 0 ?
		NULL : path;
}

/* One line, on disk when it returns. */
static int line_append(const char *path, const char *text)
{
	char *line = NULL;
	int len = asprintf(&line, "%s\n", text);
	int fd = len < 0 ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	int r = len < 0 ? -ENOMEM : fd < 0 ? -errno : 0;

	if (r == 0 && (write(fd, line, (size_t)len) != len || fsync(fd) < 0))
		r = -EIO;
	if (fd >= 0)
		(void)close(fd);
	if (len >= 0)
		free(line);
	return r;
}

int day_note(const struct institution *hospital, const Rxcirc__V1__Prescription *rx)
{
	char day[CHINA_TIME_LEN + 1];

	china_time_format(rx->issued_at_ms, day);
	char *path = day_notes_path(hospital, day, rx->business_type);

	if (!path)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	int r = line_append(path, rx->hospital_rx_no);

	if (r < 0)
		r = fail_file(path, r);
	free(path);
	return r;
}

/* ---- reconciliation ------------------------------------------------------------------------- */

struct day_walk {
	Rxcirc__V1__ReconcileDayRequest request;
	uint8_t next[PAGE_MARK_MAX];
	bool is_later; /* a page after the first */
	json_t *hospitals, *numbers;
	size_t alarms;
	bool is_officer;
};

static const char *alarm_words(const Rxcirc__V1__HospitalDay *h)
{
	if (!h->declared)
		return say_pick("ALARM: declared nothing", "告警：未申报");
	if (h->alarm)
		return say_pick("ALARM", "告警");
	return say_pick("agrees", "一致");
}

static void hospital_tell(struct day_walk *walk, const Rxcirc__V1__HospitalDay *h)
{
	walk->alarms += h->alarm != 0;
	json_array_append_new(walk->hospitals, json_pack(
		"{s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "hospital",
		h->hospital_code, "alarm", (int)h->alarm, "declared", (int)h->declared, "count",
		(json_int_t)h->count, "numbers", (json_int_t)h->numbers, "received",
		(json_int_t)h->received, "missing", (json_int_t)h->missing, "undeclared",
		(json_int_t)h->undeclared, "reused", (json_int_t)h->reused, "late", (json_int_t)h->late,
		"lateness_ms_max", (json_int_t)h->lateness_ms_max, "unreported",
		(json_int_t)h->unreported, "declared_at_ms", (json_int_t)h->declared_at_ms));
	say("%s  declared %u of %u, received %u, missing %u, undeclared %u, reused %u; late %u "
		"(at most %" PRId64 " ms), real-name checks not reported %u  %s\n",
		"%s  申报 %u/%u，接收 %u，缺失 %u，未申报 %u，重号 %u；迟报 %u（最长 %" PRId64
		" 毫秒），实名认证未上报 %u  %s\n",
		h->hospital_code, h->numbers, h->count, h->received, h->missing, h->undeclared, h->reused,
		h->late, h->lateness_ms_max, h->unreported, alarm_words(h));
}

static const char *number_words(const Rxcirc__V1__DayNumber *n)
{
	if (n->declared && n->received == 0)
		return say_pick("declared, not received", "已申报未接收");
	if (!n->declared)
		return say_pick("received, not declared", "已接收未申报");
	return say_pick("used more than once", "处方号重复使用");
}

static void number_tell(struct day_walk *walk, const Rxcirc__V1__DayNumber *n)
{
	json_t *codes = json_array();

	say("    %s  %s\n", "    %s  %s\n", n->number[0] ? n->number : "-", number_words(n));
	for (size_t i = 0; i < n->n_rx_ids; i++) {
		char code[RXC_RX_CODE_LEN + 1] = "";

		if (n->rx_ids[i].len == RXC_RX_ID_LEN)
			rxc_rx_code_format(n->rx_ids[i].data, code);
		json_array_append_new(codes, json_string(code));
		say("        %s\n", "        %s\n", code);
	}
	json_array_append_new(walk->numbers, json_pack("{s:s, s:b, s:I, s:b, s:o}", "number",
		n->number, "declared", (int)n->declared, "received", (json_int_t)n->received, "reused",
		(int)n->reused, "rx", codes));
}

static int page_ask(struct day_walk *walk, rxc_client *client, bool *ret_more)
{
	Rxcirc__V1__ReconcileDayResponse *reply;
	rxc_error *error = NULL;
	int r = walk->is_officer ?
		rxc_agency_reconcile_day(client, &walk->request, NULL, &reply, &error) :
		rxc_hospital_reconcile_day(client, &walk->request, NULL, &reply, &error);

	if (r < 0)
		return report_call(error, false);
	/* further pages of numbers repeat the hospital's line */
	for (size_t i = 0; i < reply->n_hospitals; i++)
		if (!walk->is_later || reply->n_numbers == 0)
			hospital_tell(walk, reply->hospitals[i]);
	for (size_t i = 0; i < reply->n_numbers; i++)
		number_tell(walk, reply->numbers[i]);
	walk->is_later = true;
	*ret_more = reply->next.len > 0;
	if (reply->next.len > sizeof(walk->next))
		r = fail(EXIT_FAULT, "the server's page mark is too long", "服务器的分页标记过长");
	else if (*ret_more)
		memcpy(walk->next, reply->next.data, reply->next.len);
	walk->request.after = pbdata(walk->next, *ret_more ? reply->next.len : 0);
	rxcirc__v1__reconcile_day_response__free_unpacked(reply, NULL);
	return r;
}

int day_reconcile(const struct institution *who, bool is_officer, const char *day,
	const char *business, const char *hospital)
{
	struct day_walk walk = {.is_officer = is_officer};
	bool more = true;
	int r;

	rxcirc__v1__reconcile_day_request__init(&walk.request);
	walk.request.day = pbtext(day);
	walk.request.hospital_code = pbtext(hospital ? hospital : "");
	r = day_business(business, &walk.request.business_type);
	walk.hospitals = json_array();
	walk.numbers = json_array();
	while (r == 0 && more)
		r = page_ask(&walk, who->client, &more);
	if (r != 0) {
		json_decref(walk.hospitals);
		json_decref(walk.numbers);
		return r;
	}
	say("%zu hospitals, %zu alarms\n", "共 %zu 家医疗机构，%zu 条告警\n",
		json_array_size(walk.hospitals), walk.alarms);
	r = walk.alarms > 0 ? EXIT_REFUSED : EXIT_OK;
	(void)answer(json_pack("{s:b, s:i, s:s, s:I, s:o, s:o}", "ok", r == EXIT_OK, "exit", r, "day",
		day, "alarms", (json_int_t)walk.alarms, "hospitals", walk.hospitals, "numbers",
		walk.numbers));
	return r;
}
