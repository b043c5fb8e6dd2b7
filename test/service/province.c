/* People, places, codes and their keys. */
#include "test/service/province.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "proto/dsse.h"
#include "test/support/tap.h"

void key_pair_make(struct key_pair *k, const char *seed_text)
{
	uint8_t seed[32] = {0};
	size_t len = strlen(seed_text);

	memcpy(seed, seed_text, len < sizeof(seed) ? len : sizeof(seed));
	ensure(crypto_sign_seed_keypair(k->public_key, k->secret, seed) == 0);
	dsse_key_id(k->id, k->public_key);
}

static void person_init(struct person *p, const char *code, const char *name,
	enum practitioner_role role, const char *place)
{
	memset(p, 0, sizeof(*p));
	key_pair_make(&p->pair, code);
	p->practitioner = (struct practitioner){code, name, role, false,
		role == ROLE_PHYSICIAN ? "2010-07-01" : "", HOME_REGION, code + 1};
	p->practice = (struct practice){code, place, false, ""};
	p->key = (struct practitioner_key){
		.practitioner_code = code, .institution_code = place, .role = role,
		.not_before_ms = noon_ms - INT64_C(365) * DAY_MS,
		.not_after_ms = noon_ms + INT64_C(365) * DAY_MS,
	};
	memcpy(p->key.public_key, p->pair.public_key, PUBLIC_KEY_LEN);
	memcpy(p->key.key_id, p->pair.id, KEY_ID_LEN);
}

static void codes_init(struct province *p)
{
	p->drugs[AMLODIPINE] = (struct code){.code = "XC08CAA185A001010104211",
		.name = "苯磺酸氨氯地平片", .class_no = 11, .dosage_form = "", .specification = ""};
	p->drugs[XINKESHU] = (struct code){.code = "ZA09CAX0235010204127",
		.name = "心可舒片", .class_no = 12, .dosage_form = "", .specification = ""};
	p->drugs[METFORMIN] = (struct code){.code = "XA10BAE044A001020103355",
		.name = "盐酸二甲双胍片", .class_no = 11, .dosage_form = "", .specification = ""};
	p->drugs[DIAZEPAM] = (struct code){.code = "XN05CDT001A001010100001",
		.name = "地西泮片", .class_no = 11,
		.flags = CODE_SPECIAL_CONTROL | CODE_LONG_EXCLUDED, .dosage_form = "", .specification = ""};
	p->drugs[ASTRAGALUS] = (struct code){.code = "T000100237",
		.name = "黄芪", .class_no = 13, .dosage_form = "", .specification = ""};
	p->diagnoses[0] = (struct code){.code = "I10.x00x002", .name = "高血压病2级（高危）",
		.class_no = 1, .flags = CODE_CHRONIC | CODE_COMMON, .dosage_form = "", .specification = ""};
	p->diagnoses[1] = (struct code){.code = "E11.900", .name = "2型糖尿病",
		.class_no = 1, .flags = CODE_CHRONIC | CODE_COMMON, .dosage_form = "", .specification = ""};
}

#define PLACE(code_, name_, kind_, region_, host_) \
	{.code = (code_), .name = (name_), .kind = (kind_), .status = INSTITUTION_ACTIVE, \
		.region = (region_), .host_code = (host_), .chain_code = "", .filing_no = "2026-1", \
		.address = ""}

/* What an upload by HOSPITAL needs besides people and codes. */
static void items_init(struct province *p)
{
	province_item(p, HOST, ITEM_LICENCE, "practice");
	province_item(p, HOSPITAL, ITEM_LICENCE, "internet-hospital");
	province_item(p, HOST, ITEM_DEPARTMENT, DEPARTMENT);
	province_item(p, HOSPITAL, ITEM_INTERNET_DEPARTMENT, DEPARTMENT);
	province_item(p, p->people[PHYSICIAN].practitioner.code, ITEM_ADDITIONAL_AGREEMENT, "own");
}

void province_init(struct province *p)
{
	static const struct institution places[PLACES] = {
		PLACE(HOSPITAL, "太原市示例互联网医院", INSTITUTION_INTERNET_HOSPITAL, HOME_REGION, HOST),
		PLACE(HOST, "示例医院", INSTITUTION_HOSPITAL, HOME_REGION, ""),
		PLACE(OTHER_HOSPITAL, "另一医院", INSTITUTION_HOSPITAL, HOME_REGION, ""),
		PLACE(PHARMACY, "药店", INSTITUTION_PHARMACY, HOME_REGION, ""),
		PLACE(OTHER_PHARMACY, "另一药店", INSTITUTION_PHARMACY, HOME_REGION, ""),
		PLACE(CHANNEL, "渠道", INSTITUTION_CHANNEL, HOME_REGION, ""),
		PLACE(OFFICE, "省局", INSTITUTION_AGENCY, "140000", ""),
		PLACE("A14010000000", "太原市医保中心", INSTITUTION_AGENCY, "140100", ""),
		PLACE("K14000000001", "连锁总部", INSTITUTION_CHAIN, "140100", ""),
		PLACE("P14020000009", "大同药店", INSTITUTION_PHARMACY, "140202", ""),
	};

	memset(p, 0, sizeof(*p));
	memcpy(p->places, places, sizeof(places));
	person_init(&p->people[PHYSICIAN], "D140105003217", "李明华", ROLE_PHYSICIAN, HOSPITAL);
	person_init(&p->people[HOSPITAL_PHARMACIST], "HY140105000126", "赵静",
		ROLE_HOSPITAL_PHARMACIST, HOSPITAL);
	person_init(&p->people[PHARMACIST], "YY140105000501", "孙丽", ROLE_PHARMACY_PHARMACIST,
		PHARMACY);
	person_init(&p->people[OTHER_PHARMACIST], "YY140105000502", "周强", ROLE_PHARMACY_PHARMACIST,
		OTHER_PHARMACY);
	person_init(&p->people[OTHER_PHYSICIAN], "D140106000001", "吴敏", ROLE_PHYSICIAN,
		OTHER_HOSPITAL);
	codes_init(p);
	items_init(p);
	key_pair_make(&p->authority, "registry authority");
	key_pair_make(&p->voucher_pair, "e-voucher authority");
	p->voucher_key = (struct voucher_key){.not_before_ms = noon_ms - DAY_MS,
		.not_after_ms = noon_ms + DAY_MS};
	memcpy(p->voucher_key.public_key, p->voucher_pair.public_key, PUBLIC_KEY_LEN);
	memcpy(p->voucher_key.key_id, p->voucher_pair.id, KEY_ID_LEN);
}

struct institution *province_place(struct province *p, const char *code)
{
	for (int i = 0; i < PLACES; i++)
		if (strcmp(p->places[i].code, code) == 0)
			return &p->places[i];
	fail_msg("there is no place %s", code);
	return NULL;
}

struct item *province_item(struct province *p, const char *owner, enum item_kind kind,
	const char *code)
{
	struct item *i = &p->items[p->item_count++];

	ensure(p->item_count <= ITEMS);
	*i = (struct item){.owner_code = owner, .kind = kind, .code = code, .name = "", .number = "",
		.authority = "", .note = "", .from_ms = noon_ms - INT64_C(180) * DAY_MS,
		.until_ms = noon_ms + INT64_C(180) * DAY_MS};
	return i;
}

struct agreement *province_designation(struct province *p, const char *code)
{
	static const char *const ids[AGREEMENTS] = {"AG-2026-00000001", "AG-2026-00000002",
		"AG-2026-00000003", "AG-2026-00000004"};
	struct agreement *g;

	ensure(p->agreement_count < AGREEMENTS);
	g = &p->agreements[p->agreement_count];
	*g = (struct agreement){.id = ids[p->agreement_count++], .kind = AGREEMENT_DESIGNATION,
		.institution_code = code, .host_agreement_id = "",
		.starts_ms = noon_ms - INT64_C(180) * DAY_MS, .ends_ms = noon_ms + INT64_C(180) * DAY_MS,
		.institution_signed_ms = noon_ms - INT64_C(181) * DAY_MS,
		.agency_signed_ms = noon_ms - INT64_C(181) * DAY_MS};
	return g;
}

struct parameter *province_parameter(struct province *p, const char *region, const char *name,
	const char *value)
{
	struct parameter *v = &p->parameters[p->parameter_count++];

	ensure(p->parameter_count <= PARAMETERS);
	*v = (struct parameter){region, name, noon_ms - INT64_C(365) * DAY_MS, value, "a test"};
	return v;
}

static char *text(const char *borrowed)
{
	return (char *)(uintptr_t)borrowed;
}

size_t province_key_statement(const struct province *p, const struct person *person,
	uint8_t *out, size_t cap)
{
	Rxcirc__V1__KeyStatement s = RXCIRC__V1__KEY_STATEMENT__INIT;
	Rxcirc__V1__SignedDocument doc = RXCIRC__V1__SIGNED_DOCUMENT__INIT;
	uint8_t body[1024], signature[SIGNATURE_LEN], public_key[PUBLIC_KEY_LEN], id[KEY_ID_LEN];

	memcpy(public_key, person->key.public_key, sizeof(public_key));
	memcpy(id, p->authority.id, sizeof(id));
	s.public_key = (ProtobufCBinaryData){sizeof(public_key), public_key};
	s.algorithm = text("ed25519");
	s.practitioner_code = text(person->key.practitioner_code);
	s.practitioner_name = text(person->practitioner.name);
	s.role = (Rxcirc__V1__PractitionerRole)person->key.role;
	s.institution_code = text(person->key.institution_code);
	s.not_before_ms = person->key.not_before_ms;
	s.not_after_ms = person->key.not_after_ms;
	s.revoked_from_ms = person->key.revoked_from_ms;
	s.stated_at_ms = noon_ms - DAY_MS;
	ensure(rxcirc__v1__key_statement__get_packed_size(&s) <= sizeof(body));
	doc.kind = RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT;
	doc.body = (ProtobufCBinaryData){rxcirc__v1__key_statement__pack(&s, body), body};
	ensure(dsse_sign(signature, dsse_type_of(doc.kind), slice_of(body, doc.body.len),
		p->authority.secret) == 0);
	doc.key_id = (ProtobufCBinaryData){sizeof(id), id};
	doc.signature = (ProtobufCBinaryData){sizeof(signature), signature};
	ensure(rxcirc__v1__signed_document__get_packed_size(&doc) <= cap);
	return rxcirc__v1__signed_document__pack(&doc, out);
}

static void add_person(const struct province *p, const struct person *person,
	struct registry_builder *b)
{
	struct practitioner_key key = person->key;
	uint8_t statement[2048];

	key.statement = slice_of(statement,
		province_key_statement(p, person, statement, sizeof(statement)));
	if (!person->is_absent)
		ensure(registry_add_practitioner(b, &person->practitioner) == 0);
	if (!person->practice_is_absent)
		ensure(registry_add_practice(b, &person->practice) == 0);
	if (!person->key_is_absent)
		ensure(registry_add_key(b, &key) == 0);
}

static void add_table_of_one(struct registry_builder *b, int64_t id, enum code_kind kind,
	const struct code *code)
{
	if (code == NULL)
		return;
	ensure(registry_add_code_table(b, id, kind, 0) == 0);
	ensure(registry_add_code(b, code) == 0);
}

struct registry *province_registry(const struct province *p)
{
	struct registry_builder *b = registry_builder_new(1, NULL);
	struct registry *r;

	ensure(b != NULL);
	for (int i = 0; i < PLACES; i++)
		if (p->places[i].code != NULL)
			ensure(registry_add_institution(b, &p->places[i]) == 0);
	for (int i = 0; i < PEOPLE; i++)
		add_person(p, &p->people[i], b);
	for (size_t i = 0; i < p->item_count; i++)
		ensure(registry_add_item(b, &p->items[i]) == 0);
	for (size_t i = 0; i < p->parameter_count; i++)
		ensure(registry_add_parameter(b, &p->parameters[i]) == 0);
	for (size_t i = 0; i < p->block_count; i++)
		ensure(registry_add_person_block(b, &p->blocks[i]) == 0);
	ensure(registry_add_code_table(b, 1, CODE_DRUG, 0) == 0);
	for (int i = 0; i < DRUGS; i++)
		ensure(registry_add_code(b, &p->drugs[i]) == 0);
	ensure(registry_add_code_table(b, 2, CODE_DIAGNOSIS, 0) == 0);
	for (int i = 0; i < DIAGNOSES; i++)
		ensure(registry_add_code(b, &p->diagnoses[i]) == 0);
	for (size_t i = 0; i < p->agreement_count; i++)
		ensure(registry_add_agreement(b, &p->agreements[i]) == 0);
	add_table_of_one(b, 4, CODE_DEPARTMENT, p->department);
	add_table_of_one(b, 5, CODE_FREQUENCY, p->frequency);
	add_table_of_one(b, 6, CODE_ROUTE, p->route);
	if (p->holiday_count > 0)
		ensure(registry_add_code_table(b, 3, CODE_CALENDAR, 0) == 0);
	for (size_t i = 0; i < p->holiday_count; i++)
		ensure(registry_add_code(b, &p->holidays[i]) == 0);
	if (!p->voucher_key_is_absent)
		ensure(registry_add_voucher_key(b, &p->voucher_key) == 0);
	r = registry_finish(b);
	ensure(r != NULL);
	return r;
}

struct keyring *province_keyring(void)
{
	static const char *const purposes[] = {"kek 1", "kek 2", "rowmac 1", "rowmac 2", "index 1",
		"ids 1", "grant 1", "receipt 1"};
	char file[1024], problem[KEYRING_PROBLEM_MAX];
	struct keyring *k = NULL;
	int len = 0;

	for (unsigned i = 0; i < ARRAY_LEN(purposes); i++) {
		len += snprintf(file + len, sizeof(file) - (size_t)len, "%s ", purposes[i]);
		for (unsigned b = 0; b < KEYRING_KEY_LEN; b++)
			len += snprintf(file + len, sizeof(file) - (size_t)len, "%02x", 16 * i + b % 16);
		len += snprintf(file + len, sizeof(file) - (size_t)len, "\n");
	}
	ensure(keyring_parse(&k, slice_of(file, (size_t)len), problem) == 0);
	return k;
}
