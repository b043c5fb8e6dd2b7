/* agency list and agency expiring: the registry's records, for people as a table. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/digest.h"
#include "client-sdk/cli/field.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/record_kind.h"
#include "client-sdk/cli/report.h"

enum { DAYS_STANDARD = 60, DAYS_DIGITS_MAX = 4 };

struct list_args {
	const char *as, *code, *region, *text, *item_kind, *at, *missing, *person, *purpose, *days;
	struct args rest;
};

struct list_walk {
	const struct record_kind *kind;
	uint64_t records;
};

static void head_show(const struct record_kind *kind)
{
	for (size_t i = 0; i < RECORD_COLUMNS_MAX && kind->columns[i].field; i++)
		say("%s%s", "%s%s", i ? " | " : "",
			say_pick(kind->columns[i].english, kind->columns[i].chinese));
	say("\n", "\n");
}

static void row_show(const struct record_kind *kind, const ProtobufCMessage *inside)
{
	for (size_t i = 0; i < RECORD_COLUMNS_MAX && kind->columns[i].field; i++) {
		char text[FIELD_TEXT_MAX];

		field_word(inside, kind->columns[i].field, text, sizeof(text));
		printf("%s%s", i ? " | " : "", text[0] ? text : "-");
	}
	putchar('\n');
}

/* A key's id is not in its statement: it is the digest of the public key. */
static int key_id_set(json_t *object, const ProtobufCMessage *inside)
{
	const Rxcirc__V1__KeyStatement *statement = (const Rxcirc__V1__KeyStatement *)inside;
	uint8_t digest[DIGEST_LEN];
	char hex[2 * DIGEST_LEN + 1];

	if (digest_sha256(statement->public_key.data, statement->public_key.len, digest) < 0)
		return fail(EXIT_FAULT, "SHA-256 is not to be had", "无法计算 SHA-256");
	hex_format(digest, sizeof(digest), hex);
	json_object_set_new(object, "key_id", json_string(hex));
	return 0;
}

static int list_visit(const Rxcirc__V1__RegistryRecord *record, void *user)
{
	struct list_walk *walk = user;
	bool owned;
	ProtobufCMessage *inside = record_inside(record, &owned);
	json_t *object;
	int r = 0;

	if (!inside)
		return fail(EXIT_UNVERIFIED, "a record cannot be read", "有一条登记事项无法解析");
	object = fields_json(inside);
	json_object_set_new(object, "record", json_string(walk->kind->word));
	if (owned)
		r = key_id_set(object, inside);
	if (!say_is_json() && owned)
		printf("%s | ", json_string_value(json_object_get(object, "key_id")));
	if (!say_is_json())
		row_show(walk->kind, inside);
	if (say_is_json())
		(void)answer(object);
	else
		json_decref(object);
	if (owned)
		protobuf_c_message_free_unpacked(inside, NULL);
	walk->records++;
	return r;
}

static int list_end(uint64_t records)
{
	say("%" PRIu64 " records\n", "共 %" PRIu64 " 条\n", records);
	return answer(json_pack("{s:b, s:i, s:I}", "ok", 1, "exit", EXIT_OK, "records",
		(json_int_t)records));
}

/* A word of ItemKind through the field that carries it. */
static int item_kind_set(Rxcirc__V1__QueryRegistryRequest *request, const char *field,
	const char *word)
{
	return word ? field_set(&request->base, field, word) : 0;
}

static int request_fill(Rxcirc__V1__QueryRegistryRequest *request, const struct list_args *args)
{
	int r = item_kind_set(request, "item_kind", args->item_kind);

	if (r == 0)
		r = item_kind_set(request, "missing", args->missing);
	if (r == 0 && args->at && china_time_parse_loose(args->at, &request->at_ms) < 0)
		r = fail(EXIT_USAGE, "--at is \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--at 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数");
	request->code = pbtext(args->code ? args->code : "");
	request->region = pbtext(args->region ? args->region : "");
	request->text = pbtext(args->text ? args->text : "");
	request->voucher_id = pbtext(args->person ? args->person : "");
	request->purpose = pbtext(args->purpose ? args->purpose : "");
	return r;
}

static int list(const struct list_args *args, const struct record_kind *kind)
{
	Rxcirc__V1__QueryRegistryRequest request = RXCIRC__V1__QUERY_REGISTRY_REQUEST__INIT;
	struct list_walk walk = {.kind = kind};
	struct institution office;
	int r = request_fill(&request, args);

	if (r != 0 || (r = institution_open(&office, args->as)) != 0)
		return r;
	request.kind = kind->asked;
	head_show(kind);
	r = record_walk(&office, &request, list_visit, &walk);
	institution_close(&office);
	return r ? r : list_end(walk.records);
}

int agency_list_run(int argc, char **argv)
{
	struct list_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"code", ARG_TEXT, &args.code},
		{"region", ARG_TEXT, &args.region}, {"text", ARG_TEXT, &args.text},
		{"item-kind", ARG_TEXT, &args.item_kind}, {"at", ARG_TEXT, &args.at},
		{"missing", ARG_TEXT, &args.missing}, {"person", ARG_TEXT, &args.person},
		{"purpose", ARG_TEXT, &args.purpose},
	};
	const struct record_kind *kind;
	int r = args_parse(&args.rest, argc, argv, options, 9, 1, 1);

	if (r != 0)
		return r;
	kind = record_kind_find(args.rest.positional[0]);
	return kind ? list(&args, kind) : EXIT_USAGE;
}

static int expiring(const struct list_args *args, int64_t days)
{
	static const char *const words[] = {"item", "certificate", "officer", "key", "voucher-key"};
	struct institution office;
	uint64_t records = 0;
	int r = institution_open(&office, args->as);

	if (r != 0)
		return r;
	for (size_t i = 0; r == 0 && i < sizeof(words) / sizeof(words[0]); i++) {
		Rxcirc__V1__QueryRegistryRequest request = RXCIRC__V1__QUERY_REGISTRY_REQUEST__INIT;
		struct list_walk walk = {.kind = record_kind_find(words[i])};

		request.kind = walk.kind->asked;
		request.region = pbtext(args->region ? args->region : "");
		request.expiring_before_ms = clock_now_ms() + days * DAY_MS;
		head_show(walk.kind);
		r = record_walk(&office, &request, list_visit, &walk);
		records += walk.records;
	}
	institution_close(&office);
	return r ? r : list_end(records);
}

int agency_expiring_run(int argc, char **argv)
{
	struct list_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"days", ARG_TEXT, &args.days},
		{"region", ARG_TEXT, &args.region},
	};
	int64_t days = DAYS_STANDARD;
	int r = args_parse(&args.rest, argc, argv, options, 3, 0, 0);

	if (r == 0 && args.days &&
		decimal_parse(args.days, DAYS_DIGITS_MAX, 0, 0, &days) != DECIMAL_OK)
		r = fail(EXIT_USAGE, "--days must be a number", "--days 须为数字");
	return r ? r : expiring(&args, days);
}
