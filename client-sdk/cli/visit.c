#include "client-sdk/cli/visit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/say.h"

int visit_save(const struct institution *channel, ProtobufCBinaryData grant)
{
	char *path = path_join(channel->state, "visit");
	int r = path ? file_replace(path, grant.data, grant.len) : -ENOMEM;

	if (r < 0)
		r = fail_file(path ? path : "visit", r);
	free(path);
	return r;
}

int visit_load(const struct institution *channel, struct visit *ret)
{
	char *path = path_join(channel->state, "visit");
	struct buffer file = {NULL, 0};
	int r = path ? file_read(path, sizeof(ret->grant), &file) : -ENOMEM;

	if (r == 0) {
		memcpy(ret->grant, file.data, file.len);
		ret->len = file.len;
	} else if (r == -ENOENT) {
		r = fail(EXIT_LOCAL_FILE, "no visit here; run insured list with the person's e-voucher",
			"尚无本次查询授权，请先凭医保电子凭证执行 insured list");
	} else {
		r = fail_file(path ? path : "visit", r);
	}
	buffer_clear(&file);
	free(path);
	return r;
}

ProtobufCBinaryData visit_grant(const struct visit *visit)
{
	return pbdata(visit->grant, visit->len);
}

int visit_rx_id(const char *code, uint8_t rx_id[RXC_RX_ID_LEN])
{
	rxc_error *error = NULL;

	if (rxc_rx_code_parse(code, rx_id, &error) == 0)
		return 0;
	rxc_error_free(error);
	return fail(EXIT_USAGE, "\"%.60s\" is not a prescription code", "“%.60s”不是处方编号", code);
}
