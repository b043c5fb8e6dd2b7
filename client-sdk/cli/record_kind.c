#include "client-sdk/cli/record_kind.h"

#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/field.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

enum { TOKEN_MAX = 256 };

#define KIND(KIND_) RXCIRC__V1__REGISTRY_KIND__REGISTRY_KIND_##KIND_, \
	RXCIRC__V1__REGISTRY_RECORD__RECORD_##KIND_
#define FROM {"from_ms", "from", "自"}
#define UNTIL {"until_ms", "until", "至"}
#define NOT_BEFORE {"not_before_ms", "from", "自"}
#define NOT_AFTER {"not_after_ms", "until", "至"}
#define NAME {"name", "name", "名称"}

static const struct record_kind kinds[] = {
	{"institution", "institution", KIND(INSTITUTION), {"code"},
		{{"code", "code", "编码"}, NAME, {"kind", "kind", "类别"}, {"status", "status", "状态"},
			{"region", "region", "统筹区"}, {"published", "published", "公布"}}},
	{"certificate", "certificate", KIND(CERTIFICATE), {"spki_sha256"},
		{{"institution_code", "institution", "机构"}, {"spki_sha256", "pin", "公钥指纹"},
			NOT_BEFORE, NOT_AFTER, {"revoked", "revoked", "吊销"}}},
	{"officer", "officer", KIND(OFFICER), {"spki_sha256"},
		{NAME, {"office_code", "office", "经办机构"}, {"duties", "duties", "职责"},
			{"region", "region", "辖区"}, NOT_AFTER, {"revoked", "revoked", "吊销"}}},
	{"practitioner", "practitioner", KIND(PRACTITIONER), {"code"},
		{{"code", "code", "编码"}, NAME, {"role", "role", "角色"},
			{"registered_region", "region", "注册地"}, {"suspended", "suspended", "中止"}}},
	{"practice", "practice", KIND(PRACTICE), {"practitioner_code", "institution_code"},
		{{"practitioner_code", "practitioner", "人员"}, {"institution_code", "institution", "机构"},
			{"departments", "departments", "科室"}, {"ended", "ended", "终止"}}},
	{"key", "key", KIND(KEY), {NULL},
		{{"practitioner_code", "practitioner", "人员"}, {"institution_code", "institution", "机构"},
			{"public_key", "public key", "公钥"}, NOT_BEFORE, NOT_AFTER,
			{"revoked_from_ms", "revoked from", "吊销自"}}},
	{"voucher-key", "voucher_key", KIND(VOUCHER_KEY), {"public_key"},
		{{"public_key", "public key", "公钥"}, NOT_BEFORE, NOT_AFTER,
			{"revoked", "revoked", "吊销"}}},
	{"item", "item", KIND(ITEM), {"owner_code", "kind", "code", "from_ms"},
		{{"owner_code", "owner", "所属"}, {"kind", "kind", "类别"}, {"code", "code", "编码"}, NAME,
			FROM, UNTIL, {"number", "number", "编号"}}},
	{"parameter", "parameter", KIND(PARAMETER), {"region", "name", "from_ms"},
		{{"region", "region", "地区"}, NAME, FROM, {"value", "value", "取值"},
			{"source", "source", "依据"}}},
	{"person-block", "person_block", KIND(PERSON_BLOCK), {"voucher_id", "scope", "from_ms"},
		{{"voucher_id", "voucher id", "凭证号"}, {"scope", "scope", "范围"}, FROM, UNTIL,
			{"reason", "reason", "事由"}}},
};

const struct record_kind *record_kind_find(const char *word)
{
	if (strcmp(word, "block") == 0)
		word = "person-block";
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].word, word) == 0)
			return &kinds[i];
	(void)fail(EXIT_USAGE, "\"%.40s\" is no kind of record; see rxcirc agency list --help",
		"“%.40s”不是登记事项类别，见 rxcirc agency list --help", word);
	return NULL;
}

/* All members of the record's oneof lie at one place; a region's serves for any. */
static ProtobufCMessage **inside_of(const Rxcirc__V1__RegistryRecord *record)
{
	return (ProtobufCMessage **)(void *)(uintptr_t)&record->region;
}

ProtobufCMessage *record_inside(const Rxcirc__V1__RegistryRecord *record, bool *ret_owned)
{
	const Rxcirc__V1__SignedDocument *statement;

	*ret_owned = record->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_KEY;
	if (record->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD__NOT_SET)
		return NULL;
	if (!*ret_owned)
		return *inside_of(record);
	statement = record->key->statement;
	return statement ? (ProtobufCMessage *)rxcirc__v1__key_statement__unpack(NULL,
		statement->body.len, statement->body.data) : NULL;
}

Rxcirc__V1__RegistryRecord *record_new(const struct record_kind *kind)
{
	const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(
		&rxcirc__v1__registry_record__descriptor, kind->field);
	Rxcirc__V1__RegistryRecord *record =
		(Rxcirc__V1__RegistryRecord *)message_new(&rxcirc__v1__registry_record__descriptor);
	ProtobufCMessage *inside = message_new(field->descriptor);

	if (!record || !inside) {
		free(record);
		free(inside);
		return NULL;
	}
	record->record_case = kind->put;
	*inside_of(record) = inside;
	return record;
}

/* One page.  0 and *ret_more, what visit() said, or an exit code after saying why. */
static int page_visit(const struct institution *office,
	Rxcirc__V1__QueryRegistryRequest *request, record_visit visit, void *user,
	uint8_t token[TOKEN_MAX])
{
	Rxcirc__V1__QueryRegistryResponse *reply;
	rxc_error *error = NULL;
	int r = 0;

	if (rxc_agency_query_registry(office->client, request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	for (size_t i = 0; r == 0 && i < reply->n_records; i++)
		r = visit(reply->records[i], user);
	if (reply->next_page_token.len > TOKEN_MAX)
		r = fail(EXIT_FAULT, "the server's page token is too long", "服务器的分页标记过长");
	request->page_token.len = 0;
	if (r == 0 && reply->next_page_token.len > 0) {
		memcpy(token, reply->next_page_token.data, reply->next_page_token.len);
		request->page_token = pbdata(token, reply->next_page_token.len);
	}
	rxcirc__v1__query_registry_response__free_unpacked(reply, NULL);
	return r;
}

int record_walk(const struct institution *office, Rxcirc__V1__QueryRegistryRequest *request,
	record_visit visit, void *user)
{
	uint8_t token[TOKEN_MAX];
	int r;

	do {
		r = page_visit(office, request, visit, user, token);
	} while (r == 0 && request->page_token.len > 0);
	return r;
}
