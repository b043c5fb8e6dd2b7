/* rxcirc voucher: the demo e-voucher authority; and reading a code for those who present one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qrencode.h>

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/voucher_text.h"

enum { QUIET_ZONE = 4, LIFE_S_DEFAULT = 60, LIFE_S_MAX = 300 };

struct voucher_args {
	const char *province, *id, *purpose, *life, *at;
	bool no_qr;
	uint32_t purpose_code;
	uint32_t life_s;
	int64_t at_ms;
};

int voucher_text_read(const char *given, char text[VOUCHER_TEXT_READ_MAX + 1])
{
	struct buffer input = {NULL, 0};
	size_t len;
	int r = args_need(given, "voucher");

	if (r != 0)
		return r;
	if (strcmp(given, "-") == 0) {
		r = file_read_fd(0, VOUCHER_TEXT_READ_MAX, &input);
		if (r < 0)
			return fail_file("-", r);
		given = input.data;
	}
	len = strcspn(given, " \t\r\n");
	if (len == 0 || len > VOUCHER_TEXT_READ_MAX || given[len + strspn(given + len, " \t\r\n")])
		r = fail(EXIT_USAGE, "--voucher must be one e-voucher code, or - for standard input",
			"--voucher 须为一个电子凭证码，或以 - 从标准输入读取");
	else
		(void)snprintf(text, VOUCHER_TEXT_READ_MAX + 1, "%.*s", (int)len, given);
	buffer_clear(&input);
	return r;
}

static bool is_dark(const QRcode *qr, int x, int y)
{
	return x >= 0 && y >= 0 && x < qr->width && y < qr->width &&
		(qr->data[y * qr->width + x] & 1);
}

/* Two rows of modules in one row of characters.  Light modules are drawn, so that the code reads
 * on a dark screen; the colours are set so that it reads on a light one too. */
static void qr_print(const QRcode *qr)
{
	static const char *const blocks[2][2] = {{"\u2588", "\u2580"}, {"\u2584", " "}};

	for (int y = -QUIET_ZONE; y < qr->width + QUIET_ZONE; y += 2) {
		fputs("\033[97;40m", stdout);
		for (int x = -QUIET_ZONE; x < qr->width + QUIET_ZONE; x++)
			fputs(blocks[is_dark(qr, x, y)][is_dark(qr, x, y + 1)], stdout);
		fputs("\033[0m\n", stdout);
	}
}

static int qr_show(const char *text)
{
	QRcode *qr = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);

	if (!qr)
		return fail(EXIT_FAULT, "the QR code could not be made", "无法生成二维码");
	qr_print(qr);
	QRcode_free(qr);
	return 0;
}

static int voucher_args_check(struct voucher_args *args)
{
	int64_t life_s = LIFE_S_DEFAULT;
	int r = args_need(args->province, "province");

	if (r == 0)
		r = args_need(args->id, "id");
	if (r != 0)
		return r;
	args->purpose_code = RXC_PURPOSE_PULL;
	if (args->purpose && strcmp(args->purpose, "identity") == 0)
		args->purpose_code = RXC_PURPOSE_IDENTITY;
	else if (args->purpose && strcmp(args->purpose, "pull") != 0)
		return fail(EXIT_USAGE, "--purpose must be pull or identity",
			"--purpose 须为 pull（下载外购处方）或 identity（身份认证）");
	if (args->life && (decimal_parse(args->life, 3, 0, 0, &life_s) != DECIMAL_OK || life_s < 1 ||
		life_s > LIFE_S_MAX))
		return fail(EXIT_USAGE, "--life must be 1 to %d seconds", "--life 须为 1 至 %d 秒",
			LIFE_S_MAX);
	args->life_s = (uint32_t)life_s;
	args->at_ms = clock_now_ms();
	if (args->at && china_time_parse_loose(args->at, &args->at_ms) < 0)
		return fail(EXIT_USAGE, "--at-ms must be milliseconds since 1970",
			"--at-ms 须为自 1970 年起的毫秒数");
	return 0;
}

static int voucher_issue(const struct voucher_args *args)
{
	char text[RXC_VOUCHER_TEXT_MAX + 1];
	char until[CHINA_TIME_LEN + 1];
	char *path = path_join(args->province, "voucher.key");
	int64_t expires_ms = args->at_ms + args->life_s * INT64_C(1000);
	rxc_error *error = NULL;
	rxc_key *authority = NULL;

	if (!path)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	int r = rxc_key_load(path, &authority, &error);

	free(path);
	if (r == 0)
		r = rxc_voucher_issue(authority, args->id, args->purpose_code, args->at_ms, args->life_s,
			text, &error);
	rxc_key_free(authority);
	if (r < 0)
		return report_call(error, false);
	china_time_format(expires_ms, until);
	if (!args->no_qr && !say_is_json())
		r = qr_show(text);
	say("%s\n", "%s\n", text);
	note("good until %s\n", "有效期至 %s\n", until);
	if (r == 0)
		r = answer(json_pack("{s:b, s:i, s:s, s:i, s:I}", "ok", 1, "exit", EXIT_OK, "voucher", text,
			"purpose", (int)args->purpose_code, "expires_at_ms", (json_int_t)expires_ms));
	return r;
}

static int voucher_issue_run(int argc, char **argv)
{
	struct voucher_args args = {.province = NULL};
	const struct arg_option options[] = {
		{"province", ARG_TEXT, &args.province}, {"id", ARG_TEXT, &args.id},
		{"purpose", ARG_TEXT, &args.purpose}, {"life", ARG_TEXT, &args.life},
		{"at-ms", ARG_TEXT, &args.at}, {"no-qr", ARG_FLAG, &args.no_qr},
	};
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, 6, 0, 0);

	if (r == 0)
		r = voucher_args_check(&args);
	return r == 0 ? voucher_issue(&args) : r;
}

static const struct command commands[] = {
	{"issue", voucher_issue_run, "a fresh dynamic code, as text and QR", "签发动态凭证码（文本与二维码）",
		"rxcirc voucher issue --province DIR --id VOUCHER_ID [--purpose pull|identity]\n"
		"        [--life SECONDS] [--no-qr] [--at-ms MS]\n\n"
		"Plays the e-voucher authority with DIR/voucher.key: what the person's app would show.\n"
		"A code serves once; pull is for pharmacy pull (02122), identity for insured list\n"
		"(03131).  The text is the only line on standard output with --no-qr.\n\n"
		"Example:\n"
		"  rxcirc voucher issue --province prov --id 140100-EV-6f1d2a --no-qr |\n"
		"      rxcirc pharmacy pull --voucher - --as prov/institutions/P14010500417",
		"rxcirc voucher issue --province 目录 --id 凭证号 [--purpose pull|identity]\n"
		"        [--life 秒] [--no-qr] [--at-ms 毫秒]\n\n"
		"以 目录/voucher.key 充当电子凭证签发方，即参保人手机所示之码。一码一用：pull 用于药店\n"
		"下载（02122），identity 用于本人查询（03131）。加 --no-qr 时标准输出只有码文一行。\n\n"
		"示例：\n"
		"  rxcirc voucher issue --province prov --id 140100-EV-6f1d2a --no-qr |\n"
		"      rxcirc pharmacy pull --voucher - --as prov/institutions/P14010500417"},
	{.name = NULL},
};

int voucher_run(int argc, char **argv)
{
	static const struct command_group group = {"rxcirc voucher", commands,
		"The demo e-voucher authority.  In production the national e-voucher system does this.",
		"演示用电子凭证签发方；正式环境由国家医保电子凭证系统承担。",
		"Example:\n  rxcirc voucher issue --province prov --id 140100-EV-6f1d2a",
		"示例：\n  rxcirc voucher issue --province prov --id 140100-EV-6f1d2a"};

	return group_run(&group, argc, argv);
}
