/* agency revoke-key: the authority's newer statement about a key, and what it touches. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/record_kind.h"
#include "client-sdk/cli/report.h"

enum { STATEMENT_MAX = 64 * 1024, TOKEN_MAX = 64 };

struct revoke_key_args {
	const char *as, *from, *authority, *statement, *audit_as, *purpose;
	int64_t from_ms;
	struct args rest;
};

static int key_visit(const Rxcirc__V1__RegistryRecord *record, void *user)
{
	Rxcirc__V1__KeyStatement **found = user;
	bool owned;

	if (!*found)
		*found = (Rxcirc__V1__KeyStatement *)record_inside(record, &owned);
	return 0;
}

static int key_find(const struct institution *office, const char *key_id,
	Rxcirc__V1__KeyStatement **ret)
{
	Rxcirc__V1__QueryRegistryRequest request = RXCIRC__V1__QUERY_REGISTRY_REQUEST__INIT;
	int r;

	*ret = NULL;
	request.kind = RXCIRC__V1__REGISTRY_KIND__REGISTRY_KIND_KEY;
	request.code = pbtext(key_id);
	r = record_walk(office, &request, key_visit, ret);
	if (r == 0 && !*ret)
		r = fail(EXIT_REFUSED, "there is no such key", "没有该密钥");
	return r;
}

static int statement_sign(const struct revoke_key_args *args, Rxcirc__V1__KeyStatement *statement,
	Rxcirc__V1__SignedDocument **ret)
{
	rxc_key *authority = NULL;
	rxc_error *error = NULL;
	int r = 0;

	statement->revoked_from_ms = args->from_ms;
	statement->stated_at_ms = clock_now_ms();
	if (rxc_key_load(args->authority, &authority, &error) < 0 ||
		rxc_sign_message(authority, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT,
			&statement->base, ret, &error) < 0)
		r = report_call(error, false);
	rxc_key_free(authority);
	return r;
}

static int statement_keep(const char *path, const Rxcirc__V1__SignedDocument *document)
{
	size_t len = rxcirc__v1__signed_document__get_packed_size(document);
	uint8_t *bytes = malloc(len + 1);
	int r;

	if (!bytes)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	rxcirc__v1__signed_document__pack(document, bytes);
	r = file_write_new(path, bytes, len, 0600);
	free(bytes);
	return r < 0 ? fail_file(path, r) : 0;
}

/* Where two officers are needed they must send the same statement, to the byte: the first keeps it,
 * the second takes it. */
static int statement_have(const struct revoke_key_args *args, Rxcirc__V1__KeyStatement *statement,
	Rxcirc__V1__SignedDocument **ret)
{
	struct buffer file = {NULL, 0};
	int r;

	if (!args->statement || !file_exists(args->statement)) {
		r = statement_sign(args, statement, ret);
		return r == 0 && args->statement ? statement_keep(args->statement, *ret) : r;
	}
	r = file_read(args->statement, STATEMENT_MAX, &file);
	if (r < 0)
		return fail_file(args->statement, r);
	*ret = rxcirc__v1__signed_document__unpack(NULL, file.len, (const uint8_t *)file.data);
	buffer_clear(&file);
	return *ret ? 0 : fail(EXIT_LOCAL_FILE, "%s is no statement", "%s 不是密钥声明",
		args->statement);
}

static int statement_send(const struct institution *office, const struct revoke_key_args *args,
	Rxcirc__V1__SignedDocument *document, const char **ret_outcome)
{
	Rxcirc__V1__PutRegistryRecordRequest request = RXCIRC__V1__PUT_REGISTRY_RECORD_REQUEST__INIT;
	Rxcirc__V1__RegistryRecord record = RXCIRC__V1__REGISTRY_RECORD__INIT;
	Rxcirc__V1__PractitionerKey key = RXCIRC__V1__PRACTITIONER_KEY__INIT;
	Rxcirc__V1__PutRegistryRecordResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	int r;

	key.statement = document;
	record.record_case = RXCIRC__V1__REGISTRY_RECORD__RECORD_KEY;
	record.key = &key;
	request.record = &record;
	r = pending_open(&pending, office, "revoke-key", args->rest.positional[0], &request.base);
	if (r != 0)
		return r;
	if (rxc_agency_put_record(office->client,
			(const Rxcirc__V1__PutRegistryRecordRequest *)pending.request, pending.key, &reply,
			&error) < 0)
		return pending_close(&pending, report_call(error, true));
	*ret_outcome = reply->awaits_second_officer ? "awaits-second-officer" :
		reply->changed ? "changed" : "unchanged";
	rxcirc__v1__put_registry_record_response__free_unpacked(reply, NULL);
	return pending_close(&pending, EXIT_OK);
}

/* ---- what it touches ------------------------------------------------------------------------ */

struct touched {
	json_t *events;
};

static void touched_add(struct touched *touched, const Rxcirc__V1__TrailEvent *event)
{
	Rxcirc__V1__EventLeaf *leaf =
		rxcirc__v1__event_leaf__unpack(NULL, event->leaf.len, event->leaf.data);
	char code[RXC_RX_CODE_LEN + 1] = "";
	char at[CHINA_TIME_LEN + 1];

	if (!leaf)
		return;
	if (leaf->rx_id.len == RXC_RX_ID_LEN && leaf->practitioner_code[0]) {
		rxc_rx_code_format(leaf->rx_id.data, code);
		china_time_format(leaf->at_ms, at);
		say("  %s  %s\n", "  %s  %s\n", at, code);
		json_array_append_new(touched->events,
			json_pack("{s:s, s:I}", "rx", code, "at_ms", (json_int_t)leaf->at_ms));
	}
	rxcirc__v1__event_leaf__free_unpacked(leaf, NULL);
}

static int touched_page(rxc_client *client, Rxcirc__V1__QueryTrailRequest *request,
	struct touched *touched, uint8_t token[TOKEN_MAX])
{
	Rxcirc__V1__QueryTrailResponse *reply;
	rxc_error *error = NULL;
	size_t len;

	if (rxc_agency_trail(client, request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	for (size_t i = 0; i < reply->n_events; i++)
		touched_add(touched, reply->events[i]);
	len = reply->next_page_token.len;
	if (len > 0 && len <= TOKEN_MAX)
		memcpy(token, reply->next_page_token.data, len);
	request->page_token = pbdata(token, len);
	rxcirc__v1__query_trail_response__free_unpacked(reply, NULL);
	return len <= TOKEN_MAX ? 0 :
		fail(EXIT_FAULT, "the server's page token is too long", "服务器的分页标记过长");
}

static int touched_list(const struct revoke_key_args *args,
	const Rxcirc__V1__KeyStatement *statement, struct touched *touched)
{
	Rxcirc__V1__QueryTrailRequest request = RXCIRC__V1__QUERY_TRAIL_REQUEST__INIT;
	struct institution auditor;
	uint8_t token[TOKEN_MAX];
	int r = institution_open(&auditor, args->audit_as);

	if (r != 0)
		return r;
	request.practitioner_code = statement->practitioner_code;
	request.from_ms = args->from_ms;
	request.until_ms = clock_now_ms() + MINUTE_MS;
	request.purpose = pbtext(args->purpose);
	say("signed by %s at or after that moment:\n", "%s 自该时间起签署：\n",
		statement->practitioner_code);
	do {
		r = touched_page(auditor.client, &request, touched, token);
	} while (r == 0 && request.page_token.len > 0);
	institution_close(&auditor);
	return r;
}

static int revoke_key(const struct revoke_key_args *args, const struct institution *office)
{
	struct touched touched = {.events = json_array()};
	Rxcirc__V1__SignedDocument *document = NULL;
	Rxcirc__V1__KeyStatement *statement = NULL;
	const char *outcome = "";
	int r = key_find(office, args->rest.positional[0], &statement);

	if (r == 0)
		r = statement_have(args, statement, &document);
	if (r == 0)
		r = statement_send(office, args, document, &outcome);
	if (r == 0)
		say("key of %s: %s\n", "%s 的密钥：%s\n", statement->practitioner_code, outcome);
	if (r == 0 && args->audit_as)
		r = touched_list(args, statement, &touched);
	if (r == 0)
		r = answer(json_pack("{s:b, s:i, s:s, s:s, s:O}", "ok", 1, "exit", EXIT_OK, "outcome",
			outcome, "practitioner", statement->practitioner_code, "touched", touched.events));
	json_decref(touched.events);
	if (document)
		rxcirc__v1__signed_document__free_unpacked(document, NULL);
	if (statement)
		rxcirc__v1__key_statement__free_unpacked(statement, NULL);
	return r;
}

static int args_check(struct revoke_key_args *args)
{
	int r = args_need(args->from, "from");

	if (r == 0)
		r = args_need(args->authority, "authority");
	if (r == 0 && args->audit_as)
		r = args_need(args->purpose, "purpose");
	if (r == 0 && (china_time_parse_loose(args->from, &args->from_ms) < 0 || args->from_ms <= 0))
		r = fail(EXIT_USAGE, "--from is \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--from 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数");
	return r;
}

int agency_revoke_key_run(int argc, char **argv)
{
	struct revoke_key_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"from", ARG_TEXT, &args.from},
		{"authority", ARG_TEXT, &args.authority}, {"audit-as", ARG_TEXT, &args.audit_as},
		{"purpose", ARG_TEXT, &args.purpose}, {"statement", ARG_TEXT, &args.statement},
	};
	struct institution office;
	int r = args_parse(&args.rest, argc, argv, options, 6, 1, 1);

	if (r == 0)
		r = args_check(&args);
	if (r != 0 || (r = institution_open(&office, args.as)) != 0)
		return r;
	r = revoke_key(&args, &office);
	institution_close(&office);
	return r;
}
