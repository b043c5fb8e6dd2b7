/* rxcirc agency codes query, export, diff: pages of a version, or of what it changes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/codes.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

enum { LIMIT_DIGITS_MAX = 9 };

int codes_asker_open(struct codes_asker *asker, const char *kind_word)
{
	int r = args_need(asker->as, "as");

	if (r != 0)
		return r;
	asker->kind = code_table_kind_find(kind_word);
	return asker->kind ? institution_open(&asker->caller, asker->as) : EXIT_USAGE;
}

void codes_asker_close(struct codes_asker *asker)
{
	institution_close(&asker->caller);
}

int codes_versions(struct codes_asker *asker, Rxcirc__V1__ListCodeVersionsResponse **ret)
{
	Rxcirc__V1__ListCodeVersionsRequest request = RXCIRC__V1__LIST_CODE_VERSIONS_REQUEST__INIT;
	rxc_error *error = NULL;

	request.kind = asker->kind->kind;
	if (rxc_codes_versions(asker->caller.client, &request, NULL, ret, &error) < 0)
		return report_call(error, false);
	return 0;
}

int codes_version_of(struct codes_asker *asker, const char *label, int64_t *ret_id)
{
	Rxcirc__V1__ListCodeVersionsResponse *reply;
	int64_t found = 0;
	int r = codes_versions(asker, &reply);

	if (r != 0)
		return r;
	for (size_t i = 0; i < reply->n_versions; i++)
		if (strcmp(reply->versions[i]->label, label) == 0)
			found = reply->versions[i]->version_id;
	rxcirc__v1__list_code_versions_response__free_unpacked(reply, NULL);
	if (found == 0)
		return fail(EXIT_REFUSED, "%s has no version \"%.60s\"", "%s没有版本“%.60s”",
			say_pick(asker->kind->word, asker->kind->word_zh), label);
	*ret_id = found;
	return 0;
}

/* ---- pages of codes ------------------------------------------------------------------------- */

struct walk {
	Rxcirc__V1__QueryCodesRequest request;
	const struct code_table_kind *kind;
	uint64_t limit, rows; /* limit 0 = all */
	int64_t version_id;
};

static void page_print(struct walk *walk, const Rxcirc__V1__QueryCodesResponse *reply)
{
	for (size_t i = 0; i < reply->n_codes; i++) {
		if (walk->limit && walk->rows == walk->limit)
			return;
		walk->rows++;
		if (say_is_json())
			(void)answer(code_table_json(walk->kind, reply->codes[i]));
		else
			code_table_print(walk->kind, reply->codes[i], stdout);
	}
}

/* *token is the place of the next page, heap, or empty at the end. */
static int page_read(struct walk *walk, rxc_client *client, char **token)
{
	Rxcirc__V1__QueryCodesResponse *reply;
	rxc_error *error = NULL;

	walk->request.page_token = *token;
	if (rxc_codes_query(client, &walk->request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	walk->version_id = reply->version_id;
	page_print(walk, reply);
	free(*token);
	*token = strdup(walk->limit && walk->rows == walk->limit ? "" : reply->next_page_token);
	rxcirc__v1__query_codes_response__free_unpacked(reply, NULL);
	return *token ? 0 : fail(EXIT_FAULT, "memory is short", "内存不足");
}

static int walk_run(struct walk *walk, rxc_client *client)
{
	char *token = strdup("");
	char version[24];
	int r = token ? 0 : fail(EXIT_FAULT, "memory is short", "内存不足");

	if (r == 0 && !say_is_json())
		code_table_print_header(walk->kind, stdout);
	do {
		if (r == 0)
			r = page_read(walk, client, &token);
	} while (r == 0 && token[0]);
	free(token);
	if (r != 0)
		return r;
	if (walk->version_id == 0)
		note("no version was in effect then\n", "当时没有生效的版本\n");
	(void)snprintf(version, sizeof(version), "%" PRId64, walk->version_id);
	return answer(json_pack("{s:b, s:i, s:I, s:s}", "ok", 1, "exit", EXIT_OK, "rows",
		(json_int_t)walk->rows, "version", version));
}

static int asked_walk(struct codes_asker *asker, const char *kind_word, const char *at,
	const char *label, struct walk *walk)
{
	int r = 0;

	if (at && china_time_parse_loose(at, &walk->request.at_ms) < 0)
		return fail(EXIT_USAGE, "--at is \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--at 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数");
	r = codes_asker_open(asker, kind_word);
	if (r == 0 && label)
		r = codes_version_of(asker, label, &walk->request.version_id);
	if (r != 0)
		return r;
	walk->kind = asker->kind;
	walk->request.kind = asker->kind->kind;
	return walk_run(walk, asker->caller.client);
}

int codes_export_run(int argc, char **argv)
{
	struct walk walk = {.limit = 0};
	struct codes_asker asker = {.as = NULL};
	const char *at = NULL, *label = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &asker.as}, {"at", ARG_TEXT, &at},
		{"label", ARG_TEXT, &label}};
	struct args args;
	int r = args_parse(&args, argc, argv, options, 3, 1, 1);

	rxcirc__v1__query_codes_request__init(&walk.request);
	if (r == 0)
		r = asked_walk(&asker, args.positional[0], at, label, &walk);
	codes_asker_close(&asker);
	return r;
}

int codes_query_run(int argc, char **argv)
{
	struct walk walk = {.limit = 0};
	struct codes_asker asker = {.as = NULL};
	const char *at = NULL, *label = NULL, *prefix = "", *part = "", *limit = NULL;
	const char *given_prefix = NULL, *given_part = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &asker.as}, {"at", ARG_TEXT, &at},
		{"label", ARG_TEXT, &label}, {"code", ARG_TEXT, &given_prefix},
		{"name", ARG_TEXT, &given_part}, {"limit", ARG_TEXT, &limit}};
	struct args args;
	int64_t rows = 0;
	int r = args_parse(&args, argc, argv, options, 6, 1, 1);

	if (r == 0 && limit && decimal_parse(limit, LIMIT_DIGITS_MAX, 0, 0, &rows) != DECIMAL_OK)
		r = fail(EXIT_USAGE, "--limit must be a number", "--limit 须为数字");
	rxcirc__v1__query_codes_request__init(&walk.request);
	walk.limit = (uint64_t)rows;
	walk.request.prefix = pbtext(given_prefix ? given_prefix : prefix);
	walk.request.part = pbtext(given_part ? given_part : part);
	if (r == 0)
		r = asked_walk(&asker, args.positional[0], at, label, &walk);
	codes_asker_close(&asker);
	return r;
}

/* ---- differences ---------------------------------------------------------------------------- */

void code_change_show(const struct code_table_kind *kind, const Rxcirc__V1__CodeChange *change)
{
	if (change->before) {
		(void)fputs("- ", stdout);
		code_table_print(kind, change->before, stdout);
	}
	if (change->after) {
		(void)fputs("+ ", stdout);
		code_table_print(kind, change->after, stdout);
	}
}

json_t *code_change_json(const struct code_table_kind *kind,
	const Rxcirc__V1__CodeChange *change)
{
	const char *word = !change->before ? "added" : !change->after ? "removed" : "changed";

	return json_pack("{s:s, s:s, s:o, s:o}", "change", word, "code",
		change->after ? change->after->code : change->before ? change->before->code : "", "before",
		change->before ? code_table_json(kind, change->before) : json_null(), "after",
		change->after ? code_table_json(kind, change->after) : json_null());
}

static int changes_page(const struct codes_asker *asker,
	Rxcirc__V1__DiffCodeVersionsRequest *request, char **token, uint64_t *count)
{
	Rxcirc__V1__DiffCodeVersionsResponse *reply;
	rxc_error *error = NULL;

	request->page_token = *token;
	if (rxc_codes_diff(asker->caller.client, request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	for (size_t i = 0; i < reply->n_changes; i++) {
		if (say_is_json())
			(void)answer(code_change_json(asker->kind, reply->changes[i]));
		else
			code_change_show(asker->kind, reply->changes[i]);
	}
	*count += reply->n_changes;
	free(*token);
	*token = strdup(reply->next_page_token);
	rxcirc__v1__diff_code_versions_response__free_unpacked(reply, NULL);
	return *token ? 0 : fail(EXIT_FAULT, "memory is short", "内存不足");
}

int codes_diff_run(int argc, char **argv)
{
	Rxcirc__V1__DiffCodeVersionsRequest request = RXCIRC__V1__DIFF_CODE_VERSIONS_REQUEST__INIT;
	struct codes_asker asker = {.as = NULL};
	const struct arg_option options[] = {{"as", ARG_TEXT, &asker.as}};
	struct args args;
	uint64_t count = 0;
	char *token = NULL;
	int r = args_parse(&args, argc, argv, options, 1, 3, 3);

	if (r == 0)
		r = codes_asker_open(&asker, args.positional[0]);
	if (r == 0)
		r = codes_version_of(&asker, args.positional[1], &request.from_version_id);
	if (r == 0)
		r = codes_version_of(&asker, args.positional[2], &request.to_version_id);
	if (r == 0 && !(token = strdup("")))
		r = fail(EXIT_FAULT, "memory is short", "内存不足");
	if (r == 0)
		do
			r = changes_page(&asker, &request, &token, &count);
		while (r == 0 && token[0]);
	free(token);
	codes_asker_close(&asker);
	if (r != 0)
		return r;
	say("%" PRIu64 " rows differ\n", "共 %" PRIu64 " 行不同\n", count);
	return answer(json_pack("{s:b, s:i, s:I}", "ok", 1, "exit", EXIT_OK, "changes",
		(json_int_t)count));
}
