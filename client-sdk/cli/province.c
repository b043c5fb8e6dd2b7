#include "client-sdk/cli/province.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/report.h"

enum { MADE_AT_MAX = 64, MS_DIGITS_MAX = 14 };

static int made_at_read(struct province *province)
{
	char *path = path_join(province->folder, "made-at");
	struct buffer text = {NULL, 0};
	int r = path ? file_read(path, MADE_AT_MAX, &text) : -ENOMEM;

	if (r == 0 && decimal_parse(text.data, MS_DIGITS_MAX, 0, 0, &province->made_at_ms) !=
		DECIMAL_OK)
		r = -EBADMSG;
	if (r < 0)
		r = fail_file(path ? path : province->folder, r);
	buffer_clear(&text);
	free(path);
	return r;
}

int province_open(struct province *ret, const char *folder)
{
	char *data = path_join(folder, "data");

	*ret = (struct province){.folder = strdup(folder)};
	int r = data && ret->folder ? 0 : fail(EXIT_FAULT, "memory is short", "内存不足");

	if (r == 0)
		r = made_at_read(ret);
	if (r == 0)
		r = province_data_load(&ret->data, data);
	free(data);
	if (r != 0)
		province_close(ret);
	return r;
}

void province_close(struct province *province)
{
	province_data_clear(&province->data);
	free(province->folder);
	province->folder = NULL;
}

char *province_path(const struct province *province, const char *what, const char *name,
	const char *suffix)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s/%s%s", province->folder, what, name, suffix) < 0 ? NULL : path;
}

int province_certificate(const struct province *province, const char *what, const char *name,
	struct certificate_facts *ret)
{
	char *path = province_path(province, what, name, "/cert.pem");
	int r = path ? certificate_read(path, ret) : -ENOMEM;

	if (r < 0)
		r = fail_file(path ? path : name, r);
	free(path);
	return r;
}

int province_public_key(const struct province *province, const char *name,
	uint8_t public_key[RXC_PUBLIC_KEY_LEN])
{
	char *path = path_join(province->folder, name);
	rxc_error *error = NULL;
	rxc_key *key = NULL;

	if (!path)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	int r = rxc_key_load(path, &key, &error) < 0 ? report_call(error, false) : 0;

	free(path);
	if (r == 0)
		rxc_key_public(key, public_key);
	rxc_key_free(key);
	return r;
}
