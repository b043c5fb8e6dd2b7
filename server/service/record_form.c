#include "service/record_form.h"

#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "proto/dsse.h"
#include "service/record_show.h"

/* ---- as it will be shown ------------------------------------------------------------------- */

/* Lengths were checked before. */
static void fixed(uint8_t *out, ProtobufCBinaryData in, size_t len)
{
	ensure(in.len == len);
	memcpy(out, in.data, len);
}

static Rxcirc__V1__RegistryRecord *of_region(struct arena *a, const Rxcirc__V1__Region *m)
{
	struct region *v = arena_zalloc(a, sizeof(*v));

	if (v == NULL)
		return NULL;
	*v = (struct region){m->code, m->name, m->parent};
	return record_show_region(a, v);
}

static Rxcirc__V1__RegistryRecord *of_institution(struct arena *a,
	const Rxcirc__V1__Institution *m)
{
	struct institution *v = arena_zalloc(a, sizeof(*v));

	if (v == NULL)
		return NULL;
	*v = (struct institution){.code = m->code, .name = m->name,
		.kind = (enum institution_kind)m->kind, .status = (enum institution_status)m->status,
		.region = m->region, .host_code = m->host_code, .chain_code = m->chain_code,
		.filing_no = m->filing_no, .address = m->address, .non_public = m->non_public,
		.published = m->published};
	return record_show_institution(a, v);
}

static Rxcirc__V1__RegistryRecord *of_certificate(struct arena *a,
	const Rxcirc__V1__Certificate *m)
{
	struct certificate *v = arena_zalloc(a, sizeof(*v));

	if (v == NULL)
		return NULL;
	*v = (struct certificate){.owner_code = m->institution_code,
		.not_before_ms = m->not_before_ms, .not_after_ms = m->not_after_ms,
		.revoked = m->revoked};
	fixed(v->spki, m->spki_sha256, SHA256_LEN);
	return record_show_certificate(a, v);
}

static Rxcirc__V1__RegistryRecord *of_officer(struct arena *a, const Rxcirc__V1__Officer *m)
{
	struct certificate *v = arena_zalloc(a, sizeof(*v));

	if (v == NULL)
		return NULL;
	*v = (struct certificate){.owner_code = m->office_code, .is_officer = true,
		.is_provincial = m->provincial, .officer = m->name, .scope = m->region,
		.not_before_ms = m->not_before_ms, .not_after_ms = m->not_after_ms,
		.revoked = m->revoked};
	fixed(v->spki, m->spki_sha256, SHA256_LEN);
	for (size_t i = 0; i < m->n_duties; i++)
		v->duties |= DUTY_BIT((unsigned)m->duties[i]);
	return record_show_officer(a, v);
}

static Rxcirc__V1__RegistryRecord *of_practitioner(struct arena *a,
	const Rxcirc__V1__Practitioner *m)
{
	struct practitioner *v = arena_zalloc(a, sizeof(*v));

	if (v == NULL)
		return NULL;
	*v = (struct practitioner){.code = m->code, .name = m->name,
		.role = (enum practitioner_role)m->role, .suspended = m->suspended,
		.independent_since = m->independent_since, .region = m->registered_region,
		.licence_no = m->licence_no};
	return record_show_practitioner(a, v);
}

/* Parted by one space, as the table gives them. */
static const char *departments_of(struct arena *a, const Rxcirc__V1__Practice *m)
{
	size_t len = 1;
	char *text, *at;

	for (size_t i = 0; i < m->n_departments; i++)
		len += strlen(m->departments[i]) + 1;
	text = at = arena_alloc(a, len);
	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < m->n_departments; i++) {
		if (i > 0)
			*at++ = ' ';
		at = stpcpy(at, m->departments[i]);
	}
	*at = '\0';
	return text;
}

static Rxcirc__V1__RegistryRecord *of_practice(struct arena *a, const Rxcirc__V1__Practice *m)
{
	struct practice *v = arena_zalloc(a, sizeof(*v));

	if (v == NULL)
		return NULL;
	*v = (struct practice){.practitioner_code = m->practitioner_code,
		.institution_code = m->institution_code, .ended = m->ended,
		.departments = departments_of(a, m)};
	return v->departments == NULL ? NULL : record_show_practice(a, v);
}

static Rxcirc__V1__RegistryRecord *of_key(struct arena *a, const Rxcirc__V1__PractitionerKey *m)
{
	struct practitioner_key *v = arena_zalloc(a, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->statement = pbmsg_pack(m->statement, a);
	return v->statement.data == NULL ? NULL : record_show_key(a, v);
}

static Rxcirc__V1__RegistryRecord *of_voucher_key(struct arena *a,
	const Rxcirc__V1__VoucherKey *m)
{
	struct voucher_key *v = arena_zalloc(a, sizeof(*v));

	if (v == NULL)
		return NULL;
	*v = (struct voucher_key){.not_before_ms = m->not_before_ms,
		.not_after_ms = m->not_after_ms, .revoked = m->revoked};
	fixed(v->public_key, m->public_key, PUBLIC_KEY_LEN);
	return record_show_voucher_key(a, v);
}

static Rxcirc__V1__RegistryRecord *of_item(struct arena *a, const Rxcirc__V1__Item *m)
{
	struct item *v = arena_zalloc(a, sizeof(*v));

	if (v == NULL)
		return NULL;
	*v = (struct item){.owner_code = m->owner_code, .kind = (enum item_kind)m->kind,
		.code = m->code, .name = m->name, .number = m->number, .authority = m->authority,
		.note = m->note, .from_ms = m->from_ms, .until_ms = m->until_ms,
		.amount_fen = m->amount_fen, .withdrawn = m->withdrawn};
	return record_show_item(a, v);
}

static Rxcirc__V1__RegistryRecord *of_parameter(struct arena *a, const Rxcirc__V1__Parameter *m)
{
	struct parameter *v = arena_zalloc(a, sizeof(*v));

	if (v == NULL)
		return NULL;
	*v = (struct parameter){.region = m->region, .name = m->name, .from_ms = m->from_ms,
		.value = m->value, .source = m->source};
	return record_show_parameter(a, v);
}

static Rxcirc__V1__RegistryRecord *of_person_block(struct arena *a,
	const Rxcirc__V1__PersonBlock *m)
{
	struct person_block *v = arena_zalloc(a, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->scope = (enum block_scope)m->scope;
	v->from_ms = m->from_ms;
	v->until_ms = m->until_ms;
	v->reason = m->reason;
	return record_show_person_block(a, v);
}

Rxcirc__V1__RegistryRecord *record_form_of_put(struct arena *a,
	const Rxcirc__V1__RegistryRecord *put)
{
	switch ((int)put->record_case) {
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_REGION:
		return of_region(a, put->region);
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_INSTITUTION:
		return of_institution(a, put->institution);
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_CERTIFICATE:
		return of_certificate(a, put->certificate);
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTITIONER:
		return of_practitioner(a, put->practitioner);
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTICE:
		return of_practice(a, put->practice);
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_KEY:
		return of_key(a, put->key);
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_VOUCHER_KEY:
		return of_voucher_key(a, put->voucher_key);
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_OFFICER:
		return of_officer(a, put->officer);
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_ITEM:
		return of_item(a, put->item);
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_PARAMETER:
		return of_parameter(a, put->parameter);
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_PERSON_BLOCK:
		return of_person_block(a, put->person_block);
	case RXCIRC__V1__REGISTRY_RECORD__RECORD__NOT_SET:
	default:
		ensure_never("a record that passed its checks");
	}
}

/* ---- its name ------------------------------------------------------------------------------ */

enum { HEX_MAX = 2 * SHA256_LEN + 1 };

static const char *hex_of(char hex[HEX_MAX], const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[2 * len] = '\0';
	return hex;
}

static int key_subject(struct arena *a, const Rxcirc__V1__PractitionerKey *m, const char **ret)
{
	const Rxcirc__V1__KeyStatement *s;
	uint8_t key_id[KEY_ID_LEN];
	char hex[HEX_MAX];
	int r = pbmsg_open(&s, &rxcirc__v1__key_statement__descriptor, a,
		pbmsg_bytes(m->statement->body));

	if (r < 0)
		return r;
	if (s->public_key.len != PUBLIC_KEY_LEN)
		return ERR_MALFORMED;
	dsse_key_id(key_id, s->public_key.data);
	*ret = arena_printf(a, "key/%s/%s", s->practitioner_code, hex_of(hex, key_id, KEY_ID_LEN));
	return 0;
}

static const char *voucher_key_subject(struct arena *a, const Rxcirc__V1__VoucherKey *m)
{
	uint8_t key_id[KEY_ID_LEN];
	char hex[HEX_MAX];

	dsse_key_id(key_id, m->public_key.data);
	return arena_printf(a, "voucher-key/%s", hex_of(hex, key_id, KEY_ID_LEN));
}

/* Scope and beginning are what a person's blocks are told apart by. */
static const char *block_subject(struct arena *a, const struct keyring *keys,
	const Rxcirc__V1__PersonBlock *m, const uint8_t *person_key)
{
	uint8_t mac[DIGEST_LEN], bytes[4 + 8];
	char hex[HEX_MAX];
	struct writer w;

	writer_init(&w, bytes, sizeof(bytes));
	writer_u32(&w, (uint32_t)m->scope);
	writer_u64(&w, (uint64_t)m->from_ms);
	digest_person_record(mac, keys, person_key, writer_written(&w));
	return arena_printf(a, "person-block/%s", hex_of(hex, mac, 8));
}

/* One certificate may change hands, and stay the same record. */
static const char *pin_subject(struct arena *a, ProtobufCBinaryData pin)
{
	char hex[HEX_MAX];

	return arena_printf(a, "certificate/%s", hex_of(hex, pin.data, SHA256_LEN));
}

static int subject_of(struct arena *a, const struct keyring *keys,
	const Rxcirc__V1__RegistryRecord *r, const uint8_t *person_key, const char **ret)
{
	switch ((int)r->record_case) {
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_REGION:
		*ret = arena_printf(a, "region/%s", r->region->code);
		return 0;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_INSTITUTION:
		*ret = arena_printf(a, "institution/%s", r->institution->code);
		return 0;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_CERTIFICATE:
		*ret = pin_subject(a, r->certificate->spki_sha256);
		return 0;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_OFFICER:
		*ret = pin_subject(a, r->officer->spki_sha256);
		return 0;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTITIONER:
		*ret = arena_printf(a, "practitioner/%s", r->practitioner->code);
		return 0;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTICE:
		*ret = arena_printf(a, "practice/%s/%s", r->practice->practitioner_code,
			r->practice->institution_code);
		return 0;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_KEY:
		return key_subject(a, r->key, ret);
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_VOUCHER_KEY:
		*ret = voucher_key_subject(a, r->voucher_key);
		return 0;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_ITEM:
		*ret = arena_printf(a, "item/%s/%d/%lld/%s", r->item->owner_code, (int)r->item->kind,
			(long long)r->item->from_ms, r->item->code);
		return 0;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_PARAMETER:
		*ret = arena_printf(a, "parameter/%s/%s/%lld", r->parameter->name,
			r->parameter->region, (long long)r->parameter->from_ms);
		return 0;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD_PERSON_BLOCK:
		*ret = block_subject(a, keys, r->person_block, person_key);
		return 0;
	case RXCIRC__V1__REGISTRY_RECORD__RECORD__NOT_SET:
	default:
		ensure_never("a record without a kind");
	}
}

int record_form_make(struct arena *a, const struct keyring *keys,
	const Rxcirc__V1__RegistryRecord *shown, const uint8_t *person_key, struct record_form *ret)
{
	struct slice bytes = pbmsg_pack(shown, a);
	const char *subject = NULL;
	int r = subject_of(a, keys, shown, person_key, &subject);

	if (r < 0)
		return r;
	if (bytes.data == NULL || subject == NULL)
		return ERR_MEMORY;
	if (shown->record_case == RXCIRC__V1__REGISTRY_RECORD__RECORD_PERSON_BLOCK)
		digest_person_record(ret->sha256, keys, person_key, bytes);
	else
		digest_sha256(ret->sha256, bytes);
	ret->subject = subject;
	return 0;
}
