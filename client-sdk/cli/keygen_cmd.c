/* rxcirc keygen: a practitioner's key file. */
#include <stdio.h>

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/file.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/report.h"

const char keygen_help[] =
	"rxcirc keygen [--out FILE]\n\n"
	"Makes an Ed25519 signing key for one practitioner, in a new file only its owner can\n"
	"read. Prints the public key, which the agency registers, and the key id.  Without\n"
	"--out the file is named after the key id.  An existing file is never overwritten.\n\n"
	"Example:\n"
	"  rxcirc keygen --out D140105003217.key";
const char keygen_help_zh[] =
	"rxcirc keygen [--out 文件]\n\n"
	"为一名医师或药师生成 Ed25519 签名密钥，写入仅本人可读的新文件，并输出供登记的公钥与密\n"
	"钥标识。不写 --out 时以密钥标识命名；已有文件绝不覆盖。\n\n"
	"示例：\n"
	"  rxcirc keygen --out D140105003217.key";

static int key_tell(const rxc_key *key, const char *path)
{
	uint8_t bytes[RXC_KEY_ID_LEN];
	char public_key[2 * RXC_PUBLIC_KEY_LEN + 1];
	char key_id[2 * RXC_KEY_ID_LEN + 1];

	rxc_key_public(key, bytes);
	hex_format(bytes, RXC_PUBLIC_KEY_LEN, public_key);
	rxc_key_id(key, bytes);
	hex_format(bytes, RXC_KEY_ID_LEN, key_id);
	say("file        %s\npublic key  %s\nkey id      %s\n", "文件      %s\n公钥      %s\n密钥标识  %s\n",
		path, public_key, key_id);
	return answer(json_pack("{s:b, s:i, s:s, s:s, s:s}", "ok", 1, "exit", EXIT_OK, "file", path,
		"public_key", public_key, "key_id", key_id));
}

int keygen_run(int argc, char **argv)
{
	const char *out = NULL;
	const struct arg_option options[] = {{"out", ARG_TEXT, &out}};
	uint8_t key_id[RXC_KEY_ID_LEN];
	char short_id[17];
	char named[40];
	rxc_error *error = NULL;
	rxc_key *key = NULL;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 1, 0, 0);

	if (r != 0)
		return r;
	if (rxc_key_generate(&key, &error) < 0)
		return report_call(error, false);
	rxc_key_id(key, key_id);
	hex_format(key_id, 8, short_id);
	(void)snprintf(named, sizeof(named), "rxcirc-%s.key", short_id);
	if (!out)
		out = named;
	r = rxc_key_save(key, out, &error) < 0 ? report_call(error, false) : key_tell(key, out);
	rxc_key_free(key);
	return r;
}
