/* One function per kind of record. */
#include "service/record_check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "codec/pbmsg.h"
#include "domain/moment.h"
#include "proto/document.h"
#include "registry/registry.h"
#include "rules/upload.h"

struct checking {
	struct request *req;
	struct checked_record *out;
	size_t faults;
	bool exhausted; /* the arena is */
};

static void fault(struct checking *c, const char *field, const char *english, const char *chinese)
{
	request_find_field(c->req, field, english, chinese);
	c->faults++;
}

static bool is_digits(const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isdigit((unsigned char)text[i]))
			return false;
	return text[count] == '\0';
}

static bool is_institution_code(const char *code)
{
	return isupper((unsigned char)code[0]) && is_digits(code + 1, 11);
}

static bool is_practitioner_code(const char *code)
{
	size_t letters = isupper((unsigned char)code[0]) ? 1 : 0;

	if (letters == 1 && isupper((unsigned char)code[1]))
		letters = 2;
	return letters > 0 && is_digits(code + letters, 12);
}

static void want_institution(struct checking *c, const char *field, const char *code)
{
	if (!is_institution_code(code))
		fault(c, field, "must be a letter and 11 digits", "须为 1 位字母加 11 位数字");
}

static void want_practitioner(struct checking *c, const char *field, const char *code)
{
	if (!is_practitioner_code(code))
		fault(c, field, "must be 1 or 2 letters and 12 digits", "须为 1 至 2 位字母加 12 位数字");
}

static void want_region(struct checking *c, const char *field, const char *code)
{
	if (!is_digits(code, REGION_CODE_LEN))
		fault(c, field, "must be 6 digits (GB/T 2260)", "须为 6 位行政区划代码（GB/T 2260）");
}

static void want_text(struct checking *c, const char *field, const char *text, size_t len_max)
{
	size_t len = strlen(text);

	if (len == 0)
		fault(c, field, "is missing", "缺少必填项");
	else if (len > len_max)
		fault(c, field, "is too long", "长度超限");
}

static void want_period(struct checking *c, const char *field, int64_t from_ms, int64_t until_ms)
{
	if (from_ms <= 0 || until_ms <= from_ms || !moment_is_sound(until_ms))
		fault(c, field, "must begin after 1970 and end after it begins", "起止时间无效");
}

/* Enums arrive as whatever number was sent. */
static void want_within(struct checking *c, const char *field, int value, int min, int max)
{
	if (value < min || value > max)
		fault(c, field, "is not one of the values defined", "不在取值范围内");
}

static void want_digest(struct checking *c, const char *field, ProtobufCBinaryData digest)
{
	if (digest.len != SHA256_LEN)
		fault(c, field, "must be 32 bytes", "必须为 32 字节");
}

static void name_subject(struct checking *c, const char *kind, const char *code)
{
	const char *subject = arena_printf(&c->req->arena, "%s/%s", kind, code);

	c->exhausted = c->exhausted || subject == NULL;
	c->out->subject = subject;
}

static void check_region(struct checking *c, const Rxcirc__V1__Region *v)
{
	want_region(c, "region.code", v->code);
	want_text(c, "region.name", v->name, 200);
	if (v->parent[0] != '\0')
		want_region(c, "region.parent", v->parent);
	name_subject(c, "region", v->code);
}

static void check_institution(struct checking *c, const Rxcirc__V1__Institution *v)
{
	bool is_internet = v->kind ==
		RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_INTERNET_HOSPITAL;

	want_institution(c, "institution.code", v->code);
	want_text(c, "institution.name", v->name, 600);
	want_region(c, "institution.region", v->region);
	want_within(c, "institution.kind", (int)v->kind, INSTITUTION_HOSPITAL, INSTITUTION_AGENCY);
	want_within(c, "institution.status", (int)v->status, INSTITUTION_ACTIVE, INSTITUTION_CLOSED);
	if (is_internet)
		want_institution(c, "institution.host_code", v->host_code);
	else if (v->host_code[0] != '\0')
		fault(c, "institution.host_code", "only an internet hospital has a host (SX15-2.1)",
			"仅互联网医院须关联实体医疗机构（SX15-2.1）");
	name_subject(c, "institution", v->code);
}

static void check_certificate(struct checking *c, const Rxcirc__V1__Certificate *v)
{
	want_digest(c, "certificate.spki_sha256", v->spki_sha256);
	want_institution(c, "certificate.institution_code", v->institution_code);
	want_period(c, "certificate.not_after_ms", v->not_before_ms, v->not_after_ms);
	name_subject(c, "certificate", v->institution_code);
}

static void check_officer(struct checking *c, const Rxcirc__V1__Officer *v)
{
	want_digest(c, "officer.spki_sha256", v->spki_sha256);
	want_institution(c, "officer.office_code", v->office_code);
	want_text(c, "officer.name", v->name, 150);
	if (!v->provincial) /* a provincial officer's scope is the province */
		want_region(c, "officer.region", v->region);
	want_period(c, "officer.not_after_ms", v->not_before_ms, v->not_after_ms);
	name_subject(c, "officer", v->office_code);
}

static void check_practitioner(struct checking *c, const Rxcirc__V1__Practitioner *v)
{
	want_practitioner(c, "practitioner.code", v->code);
	want_text(c, "practitioner.name", v->name, 150);
	want_region(c, "practitioner.registered_region", v->registered_region);
	want_within(c, "practitioner.role", (int)v->role, ROLE_PHYSICIAN, ROLE_PHARMACY_PHARMACIST);
	if (v->role == RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_PHYSICIAN &&
		rules_age_years(v->independent_since, c->req->received_at_ms) < 0)
		fault(c, "practitioner.independent_since", "must be a past day, yyyy-MM-dd (TJ2-20a)",
			"须为过去的日期 yyyy-MM-dd（TJ2-20a）");
	name_subject(c, "practitioner", v->code);
}

static void check_practice(struct checking *c, const Rxcirc__V1__Practice *v)
{
	want_practitioner(c, "practice.practitioner_code", v->practitioner_code);
	want_institution(c, "practice.institution_code", v->institution_code);
	for (size_t i = 0; i < v->n_departments; i++)
		want_text(c, "practice.departments", v->departments[i], CODE_MAX);
	name_subject(c, "practice", v->practitioner_code);
}

static void check_voucher_key(struct checking *c, const Rxcirc__V1__VoucherKey *v)
{
	want_period(c, "voucher_key.not_after_ms", v->not_before_ms, v->not_after_ms);
	if (v->public_key.len != PUBLIC_KEY_LEN || !dsse_key_is_sound(v->public_key.data))
		fault(c, "voucher_key.public_key", "must be a sound Ed25519 public key",
			"须为合格的 Ed25519 公钥");
	else
		dsse_key_id(c->out->key_id, v->public_key.data);
	c->out->subject = "voucher-key";
}

static void check_drugs(struct checking *c, const Rxcirc__V1__DrugBatch *v)
{
	if (v->n_drugs < 1 || v->n_drugs > REGISTRY_BATCH_MAX)
		fault(c, "drugs", "1 to 500 drugs a batch", "每批须为 1 至 500 种药品");
	for (size_t i = 0; i < v->n_drugs; i++) {
		want_text(c, "drugs[].code", v->drugs[i]->code, CODE_MAX);
		want_text(c, "drugs[].generic_name", v->drugs[i]->generic_name, 300);
		want_within(c, "drugs[].kind", (int)v->drugs[i]->kind, 11, 13);
	}
	c->out->subject = "drugs";
}

static void check_diagnoses(struct checking *c, const Rxcirc__V1__DiagnosisBatch *v)
{
	if (v->n_diagnoses < 1 || v->n_diagnoses > REGISTRY_BATCH_MAX)
		fault(c, "diagnoses", "1 to 500 diagnoses a batch", "每批须为 1 至 500 条诊断");
	for (size_t i = 0; i < v->n_diagnoses; i++) {
		want_text(c, "diagnoses[].code", v->diagnoses[i]->code, 30);
		want_text(c, "diagnoses[].name", v->diagnoses[i]->name, 300);
		want_within(c, "diagnoses[].type", (int)v->diagnoses[i]->type, 1, 3);
	}
	c->out->subject = "diagnoses";
}

static int compare_codes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A code twice in one batch would touch one row twice in one statement. */
static void check_repeats(struct checking *c, const Rxcirc__V1__RegistryRecord *r)
{
	bool drugs = r->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_DRUGS;
	size_t count = drugs ? r->drugs->n_drugs : r->diagnoses->n_diagnoses;
	const char **codes = arena_array(&c->req->arena, count + 1, sizeof(*codes));

	c->exhausted = c->exhausted || codes == NULL;
	if (codes == NULL || c->faults > 0)
		return;
	for (size_t i = 0; i < count; i++)
		codes[i] = drugs ? r->drugs->drugs[i]->code : r->diagnoses->diagnoses[i]->code;
	qsort(codes, count, sizeof(*codes), compare_codes);
	for (size_t i = 1; i < count; i++)
		if (strcmp(codes[i - 1], codes[i]) == 0)
			fault(c, drugs ? "drugs[].code" : "diagnoses[].code", "stands twice in this batch",
				"同一批次内编码重复");
}

/* The statement is the authority's word; the key's owner proves possession the first time. */
static enum status_reason check_key(struct checking *c, const Rxcirc__V1__PractitionerKey *v)
{
	const Rxcirc__V1__SignedDocument *doc = v->statement;
	const Rxcirc__V1__KeyStatement *s;
	const struct practitioner_key *known;
	int r;

	if (doc == NULL || document_verify(doc, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT,
			c->req->shop->authority_key) != 0)
		return STATUS_SIGNATURE_INVALID;
	r = pbmsg_open(&s, &rxcirc__v1__key_statement__descriptor, &c->req->arena,
		pbmsg_bytes(doc->body));
	if (r < 0)
		return r == ERR_MEMORY ? STATUS_BUSY : STATUS_DOCUMENT_MALFORMED;
	if (s->public_key.len != PUBLIC_KEY_LEN || strcmp(s->algorithm, "ed25519") != 0 ||
		!dsse_key_is_sound(s->public_key.data))
		return STATUS_KEY_UNSOUND;
	dsse_key_id(c->out->key_id, s->public_key.data);
	c->out->statement = s;
	known = registry_key(c->req->registry, c->out->key_id);
	if (known != NULL && (strcmp(known->practitioner_code, s->practitioner_code) != 0 ||
			strcmp(known->institution_code, s->institution_code) != 0 ||
			(int)known->role != (int)s->role))
		return STATUS_KEY_FOREIGN;
	if (known == NULL && (v->possession_signature.len != SIGNATURE_LEN ||
			dsse_verify(v->possession_signature.data, DSSE_TYPE_KEY_POSSESSION,
				pbmsg_bytes(s->public_key), s->public_key.data) != 0))
		return STATUS_SIGNATURE_INVALID;
	want_practitioner(c, "key.practitioner_code", s->practitioner_code);
	want_institution(c, "key.institution_code", s->institution_code);
	want_period(c, "key.not_after_ms", s->not_before_ms, s->not_after_ms);
	want_within(c, "key.role", (int)s->role, ROLE_PHYSICIAN, ROLE_PHARMACY_PHARMACIST);
	if (s->stated_at_ms <= 0 || !moment_is_sound(s->stated_at_ms))
		fault(c, "key.stated_at_ms", "is missing or not a moment", "缺少必填项或时间无效");
	if (!moment_is_sound(s->revoked_from_ms))
		fault(c, "key.revoked_from_ms", "is not a moment", "时间无效");
	name_subject(c, "key", s->practitioner_code);
	return STATUS_OK;
}

enum status_reason record_check(struct request *req, const Rxcirc__V1__RegistryRecord *record,
	struct checked_record *ret)
{
	struct checking c = {.req = req, .out = ret};
	enum status_reason status = STATUS_OK;

	memset(ret, 0, sizeof(*ret));
	ret->subject = "";
	switch (record == NULL ? RXCIRC__V1__REGISTRY_RECORD__RECORD__NOT_SET : record->record_case) {
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_REGION:
		check_region(&c, record->region);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_INSTITUTION:
		check_institution(&c, record->institution);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_CERTIFICATE:
		check_certificate(&c, record->certificate);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTITIONER:
		check_practitioner(&c, record->practitioner);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTICE:
		check_practice(&c, record->practice);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_KEY:
		status = check_key(&c, record->key);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_VOUCHER_KEY:
		check_voucher_key(&c, record->voucher_key);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_DRUGS:
		check_drugs(&c, record->drugs);
		check_repeats(&c, record);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_DIAGNOSES:
		check_diagnoses(&c, record->diagnoses);
		check_repeats(&c, record);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_OFFICER:
		check_officer(&c, record->officer);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD__NOT_SET:
	default:
		fault(&c, "record", "exactly one record must be given", "须给出且仅给出一条登记记录");
		break;
	}
	if (status != STATUS_OK)
		return status;
	if (c.exhausted)
		return STATUS_BUSY;
	return c.faults > 0 ? STATUS_REGISTRY_RECORD_INVALID : STATUS_OK;
}
