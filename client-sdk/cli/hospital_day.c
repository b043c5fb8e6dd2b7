/* hospital declare, reconcile and identity: the day, and the real-name checks behind it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/day.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/identity.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

enum { DAY_FILE_MAX = 1024 * 1024, NUMBERS_MAX = 5000, PAGE_MAX = 500, REVISION_DIGITS_MAX = 2 };

struct declare_args {
	const char *as, *day, *business, *revision;
	bool from_state;
	struct args rest;
};

/* The numbers of a file, each once, in order; pointers into the buffer. */
struct numbers {
	struct buffer file;
	char *items[NUMBERS_MAX];
	size_t count;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One number per line; blank lines and blanks around do not count. */
static int numbers_split(struct numbers *n)
{
	char *save = NULL;

	for (char *line = strtok_r(n->file.data, "\r\n", &save); line;
		line = strtok_r(NULL, "\r\n", &save)) {
		line += strspn(line, " \t");
		for (size_t len = strlen(line); len > 0 && strchr(" \t", line[len - 1]); len--)
			line[len - 1] = '\0';
		if (*line == '\0')
			continue;
		if (n->count == NUMBERS_MAX)
			return fail(EXIT_LOCAL_FILE, "more than %d numbers of one day",
				"一日超过 %d 个处方号", NUMBERS_MAX);
		n->items[n->count++] = line;
	}
	qsort(n->items, n->count, sizeof(n->items[0]), by_text);
	size_t kept = 0;

	for (size_t i = 0; i < n->count; i++)
		if (kept == 0 || strcmp(n->items[kept - 1], n->items[i]) != 0)
			n->items[kept++] = n->items[i];
	n->count = kept;
	return 0;
}

static int numbers_read(struct numbers *n, const struct declare_args *args,
	const struct institution *hospital, Rxcirc__V1__BusinessType business)
{
	char *notes = args->from_state ? day_notes_path(hospital, args->day, business) : NULL;
	const char *path = args->from_state ? notes : args->rest.positional[0];
	int r = path ? 0 : -ENOMEM;

	if (r == 0)
		r = strcmp(path, "-") == 0 ? file_read_fd(0, DAY_FILE_MAX, &n->file) :
			file_read(path, DAY_FILE_MAX, &n->file);
	if (r == -ENOENT && args->from_state) /* nothing was issued */
		r = 0;
	else if (r < 0)
		r = fail_file(path ? path : "", r);
	else
		r = numbers_split(n);
	free(notes);
	return r;
}

static int declare_send(const struct institution *hospital, struct numbers *n,
	Rxcirc__V1__DeclareDayRequest *request)
{
	size_t at = 0;

	request->count = (uint32_t)n->count;
	do {
		Rxcirc__V1__DeclareDayResponse *reply;
		rxc_error *error = NULL;

		request->numbers = n->items + at;
		request->n_numbers = n->count - at < PAGE_MAX ? n->count - at : PAGE_MAX;
		/* a page sent again changes nothing, so a lost answer needs no memory here */
		if (rxc_hospital_declare_day(hospital->client, request, NULL, &reply, &error) < 0)
			return report_call(error, true);
		at += request->n_numbers;
		rxcirc__v1__declare_day_response__free_unpacked(reply, NULL);
	} while (at < n->count);
	return 0;
}

static int declare(const struct declare_args *args, const struct institution *hospital,
	int64_t revision)
{
	Rxcirc__V1__DeclareDayRequest request = RXCIRC__V1__DECLARE_DAY_REQUEST__INIT;
	struct numbers *n = calloc(1, sizeof(*n));
	int r = n ? day_business(args->business, &request.business_type) :
		fail(EXIT_FAULT, "memory is short", "内存不足");

	request.day = pbtext(args->day);
	request.revision = (uint32_t)revision;
	if (r == 0)
		r = numbers_read(n, args, hospital, request.business_type);
	if (r == 0)
		r = declare_send(hospital, n, &request);
	if (r == 0) {
		say("declared %zu prescriptions of %s\n", "已申报 %zu 张处方（%s）\n", n->count, args->day);
		r = answer(json_pack("{s:b, s:i, s:s, s:I, s:I}", "ok", 1, "exit", EXIT_OK, "day",
			args->day, "declared", (json_int_t)n->count, "revision", (json_int_t)revision));
	}
	if (n)
		buffer_clear(&n->file);
	free(n);
	return r;
}

int hospital_declare_run(int argc, char **argv)
{
	struct declare_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"day", ARG_TEXT, &args.day},
		{"business", ARG_TEXT, &args.business}, {"revision", ARG_TEXT, &args.revision},
		{"from-state", ARG_FLAG, &args.from_state},
	};
	struct institution hospital;
	int64_t revision = 1;
	int r = args_parse(&args.rest, argc, argv, options, 5, 0, 1);

	if (r == 0)
		r = day_check(args.day);
	if (r == 0 && args.from_state == (args.rest.count == 1))
		r = fail(EXIT_USAGE, "either a file of numbers or --from-state",
			"须指定处方号文件或 --from-state 之一");
	if (r == 0 && args.revision &&
		decimal_parse(args.revision, REVISION_DIGITS_MAX, 0, 0, &revision) != DECIMAL_OK)
		r = fail(EXIT_USAGE, "--revision is a number from 1 to 99", "--revision 须为 1 至 99");
	if (r != 0 || (r = institution_open(&hospital, args.as)) != 0)
		return r;
	r = declare(&args, &hospital, revision);
	institution_close(&hospital);
	return r;
}

int hospital_reconcile_run(int argc, char **argv)
{
	const char *as = NULL, *day = NULL, *business = NULL;
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &as}, {"day", ARG_TEXT, &day}, {"business", ARG_TEXT, &business}};
	struct institution hospital;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 3, 0, 0);

	if (r == 0)
		r = day_check(day);
	if (r != 0 || (r = institution_open(&hospital, as)) != 0)
		return r;
	r = day_reconcile(&hospital, false, day, business, NULL);
	institution_close(&hospital);
	return r;
}

/* ---- identity ------------------------------------------------------------------------------- */

struct identity_args {
	const char *as, *serial, *person, *mode, *channel, *at, *order;
	bool failed;
};

static int identity_report(const struct identity_args *args, const struct institution *hospital)
{
	Rxcirc__V1__ReportIdentityCheckRequest request =
		RXCIRC__V1__REPORT_IDENTITY_CHECK_REQUEST__INIT;
	Rxcirc__V1__ReportIdentityCheckResponse *reply;
	rxc_error *error = NULL;

	request.serial = pbtext(args->serial);
	request.voucher_id = pbtext(args->person);
	request.channel = pbtext(args->channel);
	request.payment_order = pbtext(args->order ? args->order : "");
	request.passed = !args->failed;
	request.checked_at_ms = clock_now_ms();
	if (args->at && china_time_parse_loose(args->at, &request.checked_at_ms) < 0)
		return fail(EXIT_USAGE, "--at must be \"yyyy-MM-dd HH:mm:ss\" or milliseconds",
			"--at 须为 “yyyy-MM-dd HH:mm:ss” 或毫秒数");
	int r = identity_mode_parse(args->mode ? args->mode : "voucher", &request.mode);

	if (r != 0)
		return r;
	if (rxc_hospital_identity(hospital->client, &request, NULL, &reply, &error) < 0)
		return report_call(error, true);
	rxcirc__v1__report_identity_check_response__free_unpacked(reply, NULL);
	say("real-name check recorded\n", "实名认证记录已上报\n");
	return answer(json_pack("{s:b, s:i, s:s}", "ok", 1, "exit", EXIT_OK, "serial", args->serial));
}

int hospital_identity_run(int argc, char **argv)
{
	struct identity_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"serial", ARG_TEXT, &args.serial},
		{"person", ARG_TEXT, &args.person}, {"mode", ARG_TEXT, &args.mode},
		{"channel", ARG_TEXT, &args.channel}, {"at", ARG_TEXT, &args.at},
		{"order", ARG_TEXT, &args.order}, {"failed", ARG_FLAG, &args.failed},
	};
	struct institution hospital;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, 8, 0, 0);

	if (r == 0)
		r = args_need(args.serial, "serial");
	if (r == 0)
		r = args_need(args.person, "person");
	if (r == 0)
		r = args_need(args.channel, "channel");
	if (r != 0 || (r = institution_open(&hospital, args.as)) != 0)
		return r;
	r = identity_report(&args, &hospital);
	institution_close(&hospital);
	return r;
}
