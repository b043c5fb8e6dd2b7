#include "client-sdk/cli/institution.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/receipts.h"
#include "client-sdk/cli/report.h"

enum { CLIENT_CONF_MAX = 64 * 1024 };

int server_parse(const char *text, char **ret_host, uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	int64_t port;

	if (len == 0 || decimal_parse(colon + 1, 5, 0, 0, &port) != DECIMAL_OK || port < 1 ||
		port > 65535)
		return -1;
	if (text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len)) {
		return -1;
	}
	char *host = strndup(text, len);

	if (!host || len == 0) {
		free(host);
		return -1;
	}
	*ret_host = host;
	*ret_port = (uint16_t)port;
	return 0;
}

/* Collect the authorities for checks of stored bundles; the library has refused what is not a
 * well-formed file before. */
static int trust_read(struct institution *institution, char *text)
{
	char *rest = text;
	char *line;

	institution->trust = rxc_trust_new();
	if (!institution->trust)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	while ((line = strsep(&rest, "\n"))) {
		uint8_t authority[RXC_PUBLIC_KEY_LEN];
		rxc_error *error = NULL;
		char value[65];

		if (sscanf(line, " authority %64s", value) != 1)
			continue;
		if (hex_parse(value, authority, sizeof(authority)) < 0)
			return fail(EXIT_LOCAL_FILE, "client.conf: authority \"%s\" is not a key",
				"client.conf：authority“%s”不是密钥", value);
		if (rxc_trust_add_authority(institution->trust, authority, &error) < 0)
			return report_call(error, false);
	}
	return 0;
}

static int globals_apply(rxc_options *options)
{
	uint16_t port;
	char *host;

	if (cli_globals.timeout_ms &&
		rxc_options_set_deadline_ms(options, cli_globals.timeout_ms) < 0)
		return fail(EXIT_USAGE, "--timeout-ms is out of range", "--timeout-ms 超出范围");
	if (!cli_globals.server)
		return 0;
	if (server_parse(cli_globals.server, &host, &port) < 0)
		return fail(EXIT_USAGE, "--server must be ADDRESS:PORT", "--server 须为 地址:端口");
	int r = rxc_options_set_server(options, host, port);

	free(host);
	return r < 0 ? fail(EXIT_USAGE, "--server must be ADDRESS:PORT", "--server 须为 地址:端口") : 0;
}

static int client_open(struct institution *institution, const char *conf)
{
	rxc_options *options = rxc_options_new();
	rxc_error *error = NULL;
	int r;

	if (!options)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	if (rxc_options_load(options, conf, &error) < 0) {
		rxc_options_free(options);
		return report_call(error, false);
	}
	r = globals_apply(options);
	if (r == 0 && rxc_options_set_trust(options, institution->trust) < 0)
		r = fail(EXIT_FAULT, "memory is short", "内存不足");
	receipts_attend(options, institution->folder);
	if (r == 0 && rxc_client_new(options, &institution->client, &error) < 0)
		r = report_call(error, false);
	if (r == 0 && cli_globals.proof)
		rxc_client_want_proof(institution->client, true);
	rxc_options_free(options);
	return r;
}

static int institution_fill(struct institution *institution, const char *folder)
{
	struct buffer text = {NULL, 0};
	char *conf = path_join(folder, "client.conf");
	int r;

	institution->folder = strdup(folder);
	institution->state = path_join(folder, "state");
	if (!conf || !institution->folder || !institution->state) {
		free(conf);
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	}
	for (size_t len = strlen(folder); len > 1 && institution->folder[len - 1] == '/'; len--)
		institution->folder[len - 1] = '\0';
	const char *slash = strrchr(institution->folder, '/');

	institution->code = slash ? slash + 1 : institution->folder;
	r = file_read(conf, CLIENT_CONF_MAX, &text);
	r = r < 0 ? fail_file(conf, r) : trust_read(institution, text.data);
	buffer_clear(&text);
	if (r == 0)
		r = client_open(institution, conf);
	free(conf);
	if (r != 0)
		return r;
	r = folder_make(institution->state);
	return r < 0 ? fail_file(institution->state, r) : 0;
}

int institution_open(struct institution *ret, const char *folder)
{
	int r;

	*ret = (struct institution){.folder = NULL};
	r = args_need(folder, "as");
	if (r == 0)
		r = institution_fill(ret, folder);
	if (r != 0)
		institution_close(ret);
	return r;
}

void institution_close(struct institution *institution)
{
	rxc_client_free(institution->client);
	rxc_trust_free(institution->trust);
	free(institution->folder);
	free(institution->state);
	*institution = (struct institution){.folder = NULL};
}

char *institution_province(const struct institution *institution)
{
	return path_join(institution->folder, "../..");
}
