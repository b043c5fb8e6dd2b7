#include "client-sdk/cli/trust_args.h"

#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/report.h"

enum { KEYS_FILE_MAX = 64 * 1024, AUTHORITIES_MAX = 8 };

static int key_add(const char *hex, const char *name, uint8_t keys[][RXC_PUBLIC_KEY_LEN],
	size_t max, size_t *count)
{
	if (*count == max)
		return fail(EXIT_USAGE, "--%s: more than %zu keys", "--%s：公钥超过 %zu 个", name, max);
	if (hex_parse(hex, keys[*count], RXC_PUBLIC_KEY_LEN) < 0)
		return fail(EXIT_USAGE, "--%s: \"%.70s\" is not a key of 64 hexadecimal digits",
			"--%s：“%.70s”不是 64 位十六进制公钥", name, hex);
	(*count)++;
	return 0;
}

/* The lines "<name> HEX" of a file; others are for others. */
static int keys_of_file(const char *path, const char *name, uint8_t keys[][RXC_PUBLIC_KEY_LEN],
	size_t max, size_t *count)
{
	struct buffer file = {NULL, 0};
	size_t before = *count;
	char *rest, *line;
	int r = file_read(path, KEYS_FILE_MAX, &file);

	if (r < 0)
		return fail_file(path, r);
	rest = file.data;
	while (r == 0 && (line = strsep(&rest, "\n"))) {
		char word[32], value[80];

		if (sscanf(line, " %31s %79s", word, value) == 2 && strcmp(word, name) == 0)
			r = key_add(value, name, keys, max, count);
	}
	buffer_clear(&file);
	if (r == 0 && *count == before)
		r = fail(EXIT_LOCAL_FILE, "\"%s\" has no line \"%s HEX\"", "“%s”中没有 “%s 十六进制” 行",
			path, name);
	return r;
}

int trust_args_keys(const struct arg_list *given, const char *name,
	uint8_t keys[][RXC_PUBLIC_KEY_LEN], size_t max, size_t *ret_count)
{
	uint8_t probe[RXC_PUBLIC_KEY_LEN];
	int r = 0;

	*ret_count = 0;
	for (size_t i = 0; r == 0 && i < given->count; i++)
		r = hex_parse(given->items[i], probe, sizeof(probe)) == 0 ?
			key_add(given->items[i], name, keys, max, ret_count) :
			keys_of_file(given->items[i], name, keys, max, ret_count);
	return r;
}

int trust_args_policy(const char *path, struct buffer *ret)
{
	int r = args_need(path, "policy");

	if (r != 0)
		return r;
	r = file_read(path, POLICY_FILE_MAX, ret);
	return r < 0 ? fail_file(path, r) : 0;
}

static int trust_make(const struct arg_list *authorities, rxc_trust **ret)
{
	uint8_t keys[AUTHORITIES_MAX][RXC_PUBLIC_KEY_LEN];
	rxc_trust *trust = rxc_trust_new();
	rxc_error *error = NULL;
	size_t count = 0;
	int r = trust ? 0 : fail(EXIT_FAULT, "memory is short", "内存不足");

	if (r == 0)
		r = trust_args_keys(authorities, "authority", keys, AUTHORITIES_MAX, &count);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (rxc_trust_add_authority(trust, keys[i], &error) < 0)
			r = report_call(error, false);
	if (r != 0)
		rxc_trust_free(trust);
	else
		*ret = trust;
	return r;
}

static int checkpoints_add(rxc_trail_check *check, const struct arg_list *paths)
{
	rxc_error *error = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < paths->count; i++) {
		struct buffer note = {NULL, 0};

		r = file_read(paths->items[i], CHECKPOINT_FILE_MAX, &note);
		if (r < 0)
			r = fail_file(paths->items[i], r);
		else if (rxc_trail_check_add_checkpoint(check, note.data, note.len, &error) < 0)
			r = report_call(error, false);
		buffer_clear(&note);
	}
	return r;
}

static int check_make(const struct trust_args *args, const rxc_trust *trust,
	rxc_on_finding on_finding, void *user, rxc_trail_check **ret)
{
	struct buffer policy = {NULL, 0};
	rxc_trail_check *check = NULL;
	rxc_error *error = NULL;
	int r = trust_args_policy(args->policy, &policy);

	if (r == 0 && (rxc_trail_check_new(trust, on_finding, user, &check, &error) < 0 ||
		rxc_trail_check_set_policy(check, policy.data, policy.len, &error) < 0))
		r = report_call(error, false);
	if (r == 0)
		r = checkpoints_add(check, args->checkpoints);
	buffer_clear(&policy);
	if (r != 0)
		rxc_trail_check_free(check);
	else
		*ret = check;
	return r;
}

int trust_args_check(const struct trust_args *args, rxc_on_finding on_finding, void *user,
	rxc_trail_check **ret)
{
	rxc_trust *made = NULL;
	int r = args->trust ? 0 : trust_make(args->authorities, &made);

	if (r == 0)
		r = check_make(args, args->trust ? args->trust : made, on_finding, user, ret);
	rxc_trust_free(made);
	return r;
}
