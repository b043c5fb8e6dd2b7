/* agency put: one record of the registry from fields, a JSON file, or the record there is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/certificate.h"
#include "client-sdk/cli/field.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/record_kind.h"
#include "client-sdk/cli/report.h"

enum { RECORD_FILE_MAX = 256 * 1024, NAME_MAX_LEN = 60 };

struct put_args {
	const char *as, *file, *certificate;
	bool change;
	struct args rest;
};

/* Looking for the record that is to be changed. */
struct put_search {
	const struct record_kind *kind;
	const ProtobufCMessage *wanted; /* its key fields say which */
	Rxcirc__V1__RegistryRecord *found;
	unsigned count;
};

/* "name=value" into the message. */
static int pair_set(ProtobufCMessage *message, const char *pair)
{
	const char *equals = strchr(pair, '=');
	char name[NAME_MAX_LEN + 1];

	if (!equals || equals - pair > NAME_MAX_LEN)
		return fail(EXIT_USAGE, "\"%.60s\" is not FIELD=VALUE", "“%.60s”不是 字段=取值", pair);
	memcpy(name, pair, (size_t)(equals - pair));
	name[equals - pair] = '\0';
	return field_set(message, name, equals + 1);
}

static int file_set(ProtobufCMessage *message, const char *path)
{
	struct buffer text = {NULL, 0};
	json_error_t error;
	json_t *object;
	int r = strcmp(path, "-") == 0 ? file_read_fd(0, RECORD_FILE_MAX, &text) :
		file_read(path, RECORD_FILE_MAX, &text);

	if (r < 0)
		return fail_file(path, r);
	object = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);
	buffer_clear(&text);
	if (!json_is_object(object))
		r = fail(EXIT_LOCAL_FILE, "%s is not a JSON object", "%s 不是 JSON 对象", path);
	else
		r = fields_set(message, object);
	json_decref(object);
	return r;
}

static int certificate_set(ProtobufCMessage *message, const char *path)
{
	struct certificate_facts facts;
	char hex[2 * DIGEST_LEN + 1];
	char at[24];
	int r = certificate_read(path, &facts);

	if (r < 0)
		return fail_file(path, r);
	hex_format(facts.spki_sha256, DIGEST_LEN, hex);
	r = field_set(message, "spki_sha256", hex);
	(void)snprintf(at, sizeof(at), "%lld", (long long)facts.not_before_ms);
	if (r == 0)
		r = field_set(message, "not_before_ms", at);
	(void)snprintf(at, sizeof(at), "%lld", (long long)facts.not_after_ms);
	return r ? r : field_set(message, "not_after_ms", at);
}

static int args_apply(const struct put_args *args, ProtobufCMessage *message)
{
	int r = args->certificate ? certificate_set(message, args->certificate) : 0;

	if (r == 0 && args->file)
		r = file_set(message, args->file);
	for (size_t i = 1; r == 0 && i < args->rest.count; i++)
		r = pair_set(message, args->rest.positional[i]);
	return r;
}

static bool keys_agree(const struct put_search *search, const ProtobufCMessage *other)
{
	for (size_t i = 0; i < RECORD_KEYS_MAX && search->kind->keys[i]; i++) {
		char wanted[FIELD_TEXT_MAX];
		char has[FIELD_TEXT_MAX];

		field_word(search->wanted, search->kind->keys[i], wanted, sizeof(wanted));
		field_word(other, search->kind->keys[i], has, sizeof(has));
		if (strcmp(wanted, has) != 0)
			return false;
	}
	return true;
}

/* A copy, because the answer goes. */
static int search_visit(const Rxcirc__V1__RegistryRecord *record, void *user)
{
	struct put_search *search = user;
	bool owned;
	ProtobufCMessage *inside = record_inside(record, &owned);
	size_t len = rxcirc__v1__registry_record__get_packed_size(record);
	uint8_t *bytes;

	if (!inside || !keys_agree(search, inside) || search->count++ > 0)
		return 0;
	bytes = malloc(len + 1);
	if (!bytes)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	rxcirc__v1__registry_record__pack(record, bytes);
	search->found = rxcirc__v1__registry_record__unpack(NULL, len, bytes);
	free(bytes);
	return search->found ? 0 : fail(EXIT_FAULT, "memory is short", "内存不足");
}

/* The record that stands there takes the place of the empty one. */
static int record_search(const struct institution *office, const struct record_kind *kind,
	Rxcirc__V1__RegistryRecord **record)
{
	Rxcirc__V1__QueryRegistryRequest request = RXCIRC__V1__QUERY_REGISTRY_REQUEST__INIT;
	struct put_search search = {.kind = kind};
	char code[FIELD_TEXT_MAX] = "";
	bool owned;
	int r;

	search.wanted = record_inside(*record, &owned);
	if (kind->put == RXCIRC__V1__REGISTRY_RECORD__RECORD_PERSON_BLOCK)
		return fail(EXIT_USAGE, "a block is put whole, without --change",
			"个人限制须完整登记，不能用 --change");
	request.kind = kind->asked;
	/* of parameters and voucher keys the first key field is no code; they are few */
	if (kind->put != RXCIRC__V1__REGISTRY_RECORD__RECORD_PARAMETER &&
		kind->put != RXCIRC__V1__REGISTRY_RECORD__RECORD_VOUCHER_KEY)
		field_word(search.wanted, kind->keys[0], code, sizeof(code));
	request.code = code;
	r = record_walk(office, &request, search_visit, &search);
	if (r == 0 && search.count == 0)
		r = fail(EXIT_REFUSED, "no such record stands there", "没有这条登记事项");
	if (r != 0 || !search.found) {
		if (search.found)
			rxcirc__v1__registry_record__free_unpacked(search.found, NULL);
		return r;
	}
	rxcirc__v1__registry_record__free_unpacked(*record, NULL);
	*record = search.found;
	return 0;
}

static int put_tell(const Rxcirc__V1__PutRegistryRecordResponse *reply)
{
	const char *outcome = reply->awaits_second_officer ? "awaits-second-officer" :
		reply->changed ? "changed" : "unchanged";

	if (reply->awaits_second_officer)
		say("a second officer must run the same command within 7 days\n",
			"须由另一名经办人员在 7 日内执行同一命令\n");
	else
		say("%s\n", "%s\n", reply->changed ? say_pick("changed", "已变更") :
			say_pick("unchanged: it stood there already", "未变：原已如此"));
	return answer(json_pack("{s:b, s:i, s:s}", "ok", 1, "exit", EXIT_OK, "outcome", outcome));
}

static int put_send(const struct institution *office, const struct record_kind *kind,
	Rxcirc__V1__RegistryRecord *record)
{
	Rxcirc__V1__PutRegistryRecordRequest request = RXCIRC__V1__PUT_REGISTRY_RECORD_REQUEST__INIT;
	Rxcirc__V1__PutRegistryRecordResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	bool owned;
	json_t *object = fields_json(record_inside(record, &owned));
	char *subject = json_dumps(object, JSON_SORT_KEYS | JSON_COMPACT);
	int r;

	json_decref(object);
	request.record = record;
	r = subject ? pending_open(&pending, office, kind->word, subject, &request.base) :
		fail(EXIT_FAULT, "memory is short", "内存不足");
	free(subject);
	if (r != 0)
		return r;
	if (rxc_agency_put_record(office->client,
			(const Rxcirc__V1__PutRegistryRecordRequest *)pending.request, pending.key, &reply,
			&error) < 0)
		return pending_close(&pending, report_call(error, true));
	r = put_tell(reply);
	rxcirc__v1__put_registry_record_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

static int put(const struct put_args *args, const struct institution *office,
	const struct record_kind *kind)
{
	Rxcirc__V1__RegistryRecord *record = record_new(kind);
	bool owned;
	int r = record ? args_apply(args, record_inside(record, &owned)) :
		fail(EXIT_FAULT, "memory is short", "内存不足");

	if (r == 0 && args->change) {
		r = record_search(office, kind, &record);
		if (r == 0)
			r = args_apply(args, record_inside(record, &owned));
	}
	if (r == 0)
		r = put_send(office, kind, record);
	if (record)
		rxcirc__v1__registry_record__free_unpacked(record, NULL);
	return r;
}

int agency_put_run(int argc, char **argv)
{
	struct put_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"file", ARG_TEXT, &args.file},
		{"certificate", ARG_TEXT, &args.certificate}, {"change", ARG_FLAG, &args.change},
	};
	const struct record_kind *kind;
	struct institution office;
	int r = args_parse(&args.rest, argc, argv, options, 4, 1, ARGS_POSITIONAL_MAX);

	if (r != 0)
		return r;
	kind = record_kind_find(args.rest.positional[0]);
	if (!kind)
		return EXIT_USAGE;
	if (kind->put == RXCIRC__V1__REGISTRY_RECORD__RECORD_KEY)
		return fail(EXIT_USAGE, "a key needs its owner's proof: province import, or revoke-key",
			"密钥须附持有证明：用 province import 或 revoke-key");
	r = institution_open(&office, args.as);
	if (r != 0)
		return r;
	r = put(&args, &office, kind);
	institution_close(&office);
	return r;
}
