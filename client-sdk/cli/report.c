#include "client-sdk/cli/report.h"

#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/findings.h"

static enum exit_code status_exit_code(const Rxcirc__V1__Status *status)
{
	switch (status->retry_class) {
	case RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_CALLER:
		return EXIT_REFUSED;
	case RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_RETRY:
		return EXIT_RETRY;
	case RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_UNKNOWN:
		return EXIT_UNKNOWN;
	case RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_UNSPECIFIED:
	case RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_FATAL:
	case _RXCIRC__V1__RETRY_CLASS_IS_INT_SIZE:
	default:
		return EXIT_FAULT;
	}
}

static enum exit_code report_exit_code(const rxc_error *error, bool changing)
{
	const Rxcirc__V1__Status *status = rxc_error_status(error);

	switch (rxc_error_code(error)) {
	case RXC_ERR_ARGUMENT:
		return EXIT_USAGE;
	case RXC_ERR_FILE:
		return EXIT_LOCAL_FILE;
	case RXC_ERR_CONNECT:
		return EXIT_RETRY;
	case RXC_ERR_TIMEOUT:
	case RXC_ERR_CLOSED:
		return changing ? EXIT_UNKNOWN : EXIT_RETRY;
	case RXC_ERR_PROTOCOL:
		return changing ? EXIT_UNKNOWN : EXIT_FAULT;
	case RXC_ERR_TLS:
	case RXC_ERR_VERIFY:
		return EXIT_UNVERIFIED;
	case RXC_ERR_STATUS:
		return status ? status_exit_code(status) : EXIT_FAULT;
	default:
		return EXIT_FAULT;
	}
}

static bool lacked_receipt;

bool report_lacked_receipt(void)
{
	return lacked_receipt;
}

static const char *advice(enum exit_code code)
{
	if (lacked_receipt)
		return say_pick("it happened; run the same command again to ask for its receipt",
			"操作已生效，请重复执行同一命令以索取回执");
	if (code == EXIT_RETRY)
		return say_pick("nothing happened; try again later", "未发生任何变更，请稍后重试");
	if (code == EXIT_UNKNOWN)
		return say_pick("the outcome is not known; run the same command again to learn it",
			"结果未知，请重复执行同一命令以确认");
	if (code == EXIT_UNVERIFIED)
		return say_pick("do not use what was sent", "请勿使用收到的内容");
	return NULL;
}

/* The error in Chinese: the server's own sentence, or what kind of failure it is. */
static const char *message_zh(const rxc_error *error)
{
	const Rxcirc__V1__Status *status = rxc_error_status(error);

	if (status && status->message_zh[0])
		return status->message_zh;
	switch (rxc_error_code(error)) {
	case RXC_ERR_MEMORY:
		return "内存不足";
	case RXC_ERR_FILE:
		return "密钥、证书或设置文件不可用";
	case RXC_ERR_CONNECT:
		return "无法连接服务器";
	case RXC_ERR_TLS:
		return "TLS 握手失败，或对方不是指定的服务器";
	case RXC_ERR_PROTOCOL:
		return "服务器违反通信协议";
	case RXC_ERR_TIMEOUT:
		return "服务器未及时应答";
	case RXC_ERR_CLOSED:
		return "连接中断";
	case RXC_ERR_VERIFY:
		return lacked_receipt ? "操作已生效，但回执缺失或无效" : "收到的文书验证不通过";
	default:
		return "调用失败";
	}
}

static void report_people(const rxc_error *error, enum exit_code code,
	const struct findings *findings)
{
	const char *message = rxc_error_message(error);

	if (!say_is_chinese())
		fprintf(stderr, "rxcirc: %s", message);
	else if (rxc_error_status(error))
		fprintf(stderr, "rxcirc: %s", message_zh(error));
	else
		fprintf(stderr, "rxcirc: %s（%s）", message_zh(error), message);
	if (rxc_error_reason(error)[0])
		fprintf(stderr, " [%s]", rxc_error_reason(error));
	fputc('\n', stderr);
	findings_print(findings, stderr);
	if (advice(code))
		fprintf(stderr, "        %s\n", advice(code));
}

static void report_json(const rxc_error *error, enum exit_code code,
	const struct findings *findings)
{
	const Rxcirc__V1__Status *status = rxc_error_status(error);

	(void)answer(json_pack("{s:b, s:i, s:s, s:s, s:i, s:s, s:s, s:i, s:o}", "ok", 0, "exit",
		(int)code, "error", exit_word(code), "reason", rxc_error_reason(error), "code",
		status ? (int)status->code : 0, "message", rxc_error_message(error), "message_zh",
		message_zh(error), "retry_after_ms", status ? (int)status->retry_after_ms : 0,
		"findings", findings_json(findings)));
}

int report_call(rxc_error *error, bool changing)
{
	enum exit_code code = report_exit_code(error, changing);
	const Rxcirc__V1__Status *status = rxc_error_status(error);
	struct findings findings = {.items = NULL};

	lacked_receipt = changing && rxc_error_code(error) == RXC_ERR_VERIFY &&
		strncmp(rxc_error_reason(error), "RECEIPT_", 8) == 0;
	if (status)
		findings_add_all(&findings, status->findings, status->n_findings);
	if (say_is_json())
		report_json(error, code, &findings);
	else
		report_people(error, code, &findings);
	findings_clear(&findings);
	rxc_error_free(error);
	return code;
}
