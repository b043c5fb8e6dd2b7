/* One function per kind of record. */
#include "service/registry/record_check.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "domain/moment.h"
#include "proto/document.h"
#include "registry/registry.h"
#include "rules/upload.h"
#include "service/want.h"

struct checking {
	struct want want;
	struct checked_record *out;
};

static void check_region(struct checking *c, const Rxcirc__V1__Region *v)
{
	want_region(&c->want, "region.code", v->code);
	want_text(&c->want, "region.name", v->name, 200);
	if (v->parent[0] != '\0')
		want_region(&c->want, "region.parent", v->parent);
}

static void check_institution(struct checking *c, const Rxcirc__V1__Institution *v)
{
	bool is_internet = v->kind ==
		RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_INTERNET_HOSPITAL;

	want_institution(&c->want, "institution.code", v->code);
	want_text(&c->want, "institution.name", v->name, 600);
	want_region(&c->want, "institution.region", v->region);
	want_within(&c->want, "institution.kind", (int)v->kind, INSTITUTION_HOSPITAL,
		INSTITUTION_CHAIN);
	want_within(&c->want, "institution.status", (int)v->status, INSTITUTION_ACTIVE,
		INSTITUTION_APPLYING);
	if (v->chain_code[0] != '\0')
		want_institution(&c->want, "institution.chain_code", v->chain_code);
	want_short(&c->want, "institution.filing_no", v->filing_no, CODE_MAX);
	want_short(&c->want, "institution.address", v->address, 600);
	if (is_internet)
		want_institution(&c->want, "institution.host_code", v->host_code);
	else if (v->host_code[0] != '\0')
		want_fault(&c->want, "institution.host_code",
			"only an internet hospital has a host (SX15-2.1)", "仅互联网医院须关联实体医疗机构（SX15-2.1）");
}

static void check_certificate(struct checking *c, const Rxcirc__V1__Certificate *v)
{
	want_digest(&c->want, "certificate.spki_sha256", v->spki_sha256);
	want_institution(&c->want, "certificate.institution_code", v->institution_code);
	want_period(&c->want, "certificate.not_after_ms", v->not_before_ms, v->not_after_ms);
}

/* The three administrators are different persons: who runs the system or hands out certificates
 * does not audit himself (C29). */
static void check_duties(struct checking *c, const Rxcirc__V1__Officer *v)
{
	const unsigned runs = DUTY_BIT(DUTY_SYSTEM) | DUTY_BIT(DUTY_SECURITY);
	const struct caller *caller = &c->want.req->caller;
	unsigned held = 0;

	if (v->n_duties < 1 || v->n_duties > DUTY_AUDIT)
		want_fault(&c->want, "officer.duties", "1 to 4 duties must be given", "须给出 1 至 4 项职责");
	for (size_t i = 0; i < v->n_duties; i++) {
		want_within(&c->want, "officer.duties", (int)v->duties[i], DUTY_REGISTRAR, DUTY_AUDIT);
		if ((unsigned)v->duties[i] <= DUTY_AUDIT && (held & DUTY_BIT((unsigned)v->duties[i])) != 0)
			want_fault(&c->want, "officer.duties", "stands twice", "职责重复");
		held |= (unsigned)v->duties[i] <= DUTY_AUDIT ? DUTY_BIT((unsigned)v->duties[i]) : 0;
	}
	if ((held & DUTY_BIT(DUTY_AUDIT)) != 0 && (held & runs) != 0)
		want_fault(&c->want, "officer.duties",
			"audit cannot be held together with system or security (C29)",
			"审计职责不得与系统管理、安全管理职责兼任（C29）");
	if (slice_equal(pbmsg_bytes(v->spki_sha256), slice_of(caller->spki, SHA256_LEN)) &&
		(held & ~caller->duties) != 0)
		want_fault(&c->want, "officer.duties", "nobody gives himself a duty (C29)",
			"不得为本人增设职责（C29）");
}

static void check_officer(struct checking *c, const Rxcirc__V1__Officer *v)
{
	want_digest(&c->want, "officer.spki_sha256", v->spki_sha256);
	want_institution(&c->want, "officer.office_code", v->office_code);
	want_text(&c->want, "officer.name", v->name, 150);
	if (!v->provincial) /* a provincial officer's scope is the province */
		want_region(&c->want, "officer.region", v->region);
	want_period(&c->want, "officer.not_after_ms", v->not_before_ms, v->not_after_ms);
	check_duties(c, v);
}

static void check_practitioner(struct checking *c, const Rxcirc__V1__Practitioner *v)
{
	want_practitioner(&c->want, "practitioner.code", v->code);
	want_text(&c->want, "practitioner.name", v->name, 150);
	want_region(&c->want, "practitioner.registered_region", v->registered_region);
	want_within(&c->want, "practitioner.role", (int)v->role, ROLE_PHYSICIAN,
		ROLE_PHARMACY_PHARMACIST);
	if (v->role == RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_PHYSICIAN &&
		rules_age_years(v->independent_since, c->want.req->received_at_ms) < 0)
		want_fault(&c->want, "practitioner.independent_since",
			"must be a past day, yyyy-MM-dd (TJ2-20a)", "须为过去的日期 yyyy-MM-dd（TJ2-20a）");
}

static void check_practice(struct checking *c, const Rxcirc__V1__Practice *v)
{
	want_practitioner(&c->want, "practice.practitioner_code", v->practitioner_code);
	want_institution(&c->want, "practice.institution_code", v->institution_code);
	for (size_t i = 0; i < v->n_departments; i++)
		want_text(&c->want, "practice.departments", v->departments[i], CODE_MAX);
}

static void check_voucher_key(struct checking *c, const Rxcirc__V1__VoucherKey *v)
{
	want_period(&c->want, "voucher_key.not_after_ms", v->not_before_ms, v->not_after_ms);
	if (v->public_key.len != PUBLIC_KEY_LEN || !dsse_key_is_sound(v->public_key.data))
		want_fault(&c->want, "voucher_key.public_key", "must be a sound Ed25519 public key",
			"须为合格的 Ed25519 公钥");
	else
		dsse_key_id(c->out->key_id, v->public_key.data);
}

static bool owner_is_sound(const char *code)
{
	return code_is_institution(code) || code_is_practitioner(code);
}

static void check_item(struct checking *c, const Rxcirc__V1__Item *v)
{
	struct want *w = &c->want;

	if (!owner_is_sound(v->owner_code))
		want_fault(w, "item.owner_code", "must be an institution's or a practitioner's code",
			"须为机构编码或人员编码");
	want_within(w, "item.kind", (int)v->kind, ITEM_LICENCE, ITEM_KINDS - 1);
	want_text(w, "item.code", v->code, CODE_MAX);
	want_short(w, "item.name", v->name, ITEM_NAME_MAX);
	want_short(w, "item.number", v->number, ITEM_NAME_MAX);
	want_short(w, "item.authority", v->authority, ITEM_NAME_MAX);
	want_short(w, "item.note", v->note, ITEM_NOTE_MAX);
	if (v->from_ms <= 0 || !moment_is_sound(v->from_ms))
		want_fault(w, "item.from_ms", "must be a moment after 1970", "须为 1970 年之后的时间");
	else if (v->until_ms != 0)
		want_period(w, "item.until_ms", v->from_ms, v->until_ms);
	if (v->amount_fen < 0)
		want_fault(w, "item.amount_fen", "must not be negative", "不得为负");
	if (v->evidence_sha256.len != 0)
		want_digest(w, "item.evidence_sha256", v->evidence_sha256);
}

/* "rule.<ID>" switches a rule; every other name stands in the table of parameters. */
static bool parameter_is_sound(const Rxcirc__V1__Parameter *v, bool *ret_known)
{
	static const struct parameter_row rule_switch = {.form = PARAMETER_WORD,
		.words = "refuse flag off"};
	const struct parameter_row *row = parameter_find(v->name);

	if (row == NULL && strncmp(v->name, "rule.", 5) == 0 && upload_rule_find(v->name + 5) != NULL)
		row = &rule_switch;
	*ret_known = row != NULL;
	return row != NULL && parameter_value_is_sound(row, v->value);
}

static void check_parameter(struct checking *c, const Rxcirc__V1__Parameter *v)
{
	struct want *w = &c->want;
	bool known;

	want_region(w, "parameter.region", v->region);
	if (!parameter_is_sound(v, &known) && known)
		want_fault(w, "parameter.value", "is outside what this parameter may be",
			"取值不符合该参数的规定");
	if (!known)
		want_fault(w, "parameter.name", "is not a parameter or rule of this platform",
			"不是本平台的参数或规则");
	if (v->from_ms <= 0 || !moment_is_sound(v->from_ms))
		want_fault(w, "parameter.from_ms", "must be a moment after 1970", "须为 1970 年之后的时间");
	want_text(w, "parameter.source", v->source, PARAMETER_SOURCE_MAX * 3);
}

static void check_person_block(struct checking *c, const Rxcirc__V1__PersonBlock *v)
{
	struct want *w = &c->want;

	want_text(w, "person_block.voucher_id", v->voucher_id, VOUCHER_ID_MAX);
	want_within(w, "person_block.scope", (int)v->scope, BLOCK_INTERNET, BLOCK_ALL);
	want_period(w, "person_block.until_ms", v->from_ms, v->until_ms);
	want_text(w, "person_block.reason", v->reason, ITEM_NOTE_MAX);
	c->out->person = v->voucher_id;
}

static const char *institution_region(const struct request *req, const char *code)
{
	const struct institution *i = registry_institution(req->registry, code);

	return i == NULL ? "" : i->region;
}

/* The statement is the authority's word; the key's owner proves possession the first time. */
static enum status_reason check_key(struct checking *c, const Rxcirc__V1__PractitionerKey *v)
{
	const Rxcirc__V1__SignedDocument *doc = v->statement;
	const Rxcirc__V1__KeyStatement *s;
	const struct practitioner_key *known;
	int r;

	if (doc == NULL || document_verify(doc, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT,
			c->want.req->shop->authority_key) != 0)
		return STATUS_SIGNATURE_INVALID;
	r = pbmsg_open(&s, &rxcirc__v1__key_statement__descriptor, &c->want.req->arena,
		pbmsg_bytes(doc->body));
	if (r < 0)
		return r == ERR_MEMORY ? STATUS_BUSY : STATUS_DOCUMENT_MALFORMED;
	if (s->public_key.len != PUBLIC_KEY_LEN || strcmp(s->algorithm, "ed25519") != 0 ||
		!dsse_key_is_sound(s->public_key.data))
		return STATUS_KEY_UNSOUND;
	dsse_key_id(c->out->key_id, s->public_key.data);
	c->out->statement = s;
	known = registry_key(c->want.req->registry, c->out->key_id);
	if (known != NULL && (strcmp(known->practitioner_code, s->practitioner_code) != 0 ||
			strcmp(known->institution_code, s->institution_code) != 0 ||
			(int)known->role != (int)s->role))
		return STATUS_KEY_FOREIGN;
	if (known == NULL && (v->possession_signature.len != SIGNATURE_LEN ||
			dsse_verify(v->possession_signature.data, DSSE_TYPE_KEY_POSSESSION,
				pbmsg_bytes(s->public_key), s->public_key.data) != 0))
		return STATUS_SIGNATURE_INVALID;
	want_practitioner(&c->want, "key.practitioner_code", s->practitioner_code);
	want_institution(&c->want, "key.institution_code", s->institution_code);
	want_period(&c->want, "key.not_after_ms", s->not_before_ms, s->not_after_ms);
	want_within(&c->want, "key.role", (int)s->role, ROLE_PHYSICIAN, ROLE_PHARMACY_PHARMACIST);
	if (s->stated_at_ms <= 0 || !moment_is_sound(s->stated_at_ms))
		want_fault(&c->want, "key.stated_at_ms", "is missing or not a moment", "缺少必填项或时间无效");
	if (!moment_is_sound(s->revoked_from_ms))
		want_fault(&c->want, "key.revoked_from_ms", "is not a moment", "时间无效");
	c->out->action = "key";
	c->out->region = institution_region(c->want.req, s->institution_code);
	return STATUS_OK;
}

/* Whose work a kind of record is. */
static unsigned duty_of(Rxcirc__V1__RegistryRecord__RecordCase kind)
{
	static const enum duty duties[] = {
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_REGION] = DUTY_SYSTEM,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_INSTITUTION] = DUTY_REGISTRAR,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_CERTIFICATE] = DUTY_SECURITY,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTITIONER] = DUTY_REGISTRAR,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTICE] = DUTY_REGISTRAR,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_KEY] = DUTY_SECURITY,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_VOUCHER_KEY] = DUTY_SECURITY,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_OFFICER] = DUTY_SECURITY,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_ITEM] = DUTY_REGISTRAR,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_PARAMETER] = DUTY_SYSTEM,
		[RXCIRC__V1__REGISTRY_RECORD__RECORD_PERSON_BLOCK] = DUTY_REGISTRAR,
	};

	return kind > 0 && (size_t)kind < ARRAY_LEN(duties) ? DUTY_BIT(duties[kind]) : DUTIES_ALL;
}

enum status_reason record_check(struct request *req, const Rxcirc__V1__RegistryRecord *record,
	struct checked_record *ret)
{
	struct checking c = {.want = {.req = req}, .out = ret};
	enum status_reason status = STATUS_OK;

	memset(ret, 0, sizeof(*ret));
	ret->region = "";
	if (record != NULL && (duty_of(record->record_case) & req->caller.duties) == 0)
		return STATUS_DUTY_NOT_HELD;
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
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_OFFICER:
		check_officer(&c, record->officer);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_ITEM:
		check_item(&c, record->item);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_PARAMETER:
		check_parameter(&c, record->parameter);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_PERSON_BLOCK:
		check_person_block(&c, record->person_block);
		break;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD__NOT_SET:
	default:
		want_fault(&c.want, "record", "exactly one record must be given", "须给出且仅给出一条登记记录");
		break;
	}
	if (status != STATUS_OK)
		return status;
	return want_status(&c.want);
}
