/* One function per kind of record: the reverse of what service/registry/record_check.c takes in. */
#include "service/record_show.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "rxcirc/v1/document.pb-c.h"

static char *text_of(const char *text)
{
	return (char *)(uintptr_t)text; /* packing does not write */
}

static ProtobufCBinaryData bytes_of(const uint8_t *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

/* A record and its message, made together. */
#define SHOW(name, KIND, Type, type) \
	static void fill_##name(Rxcirc__V1__##Type *m, const struct type *v); \
	Rxcirc__V1__RegistryRecord *record_show_##name(struct arena *a, const void *record) \
	{ \
		Rxcirc__V1__RegistryRecord *r = arena_alloc(a, sizeof(*r)); \
		Rxcirc__V1__##Type *m = arena_alloc(a, sizeof(*m)); \
 \
		if (r == NULL || m == NULL) \
			return NULL; \
		rxcirc__v1__registry_record__init(r); \
		protobuf_c_message_init(&rxcirc__v1__##name##__descriptor, m); \
		fill_##name(m, record); \
		r->record_case = RXCIRC__V1__REGISTRY_RECORD__RECORD_##KIND; \
		r->name = m; \
		return r; \
	} \
	static void fill_##name(Rxcirc__V1__##Type *m, const struct type *v)

SHOW(region, REGION, Region, region)
{
	m->code = text_of(v->code);
	m->name = text_of(v->name);
	m->parent = text_of(v->parent);
}

SHOW(institution, INSTITUTION, Institution, institution)
{
	m->code = text_of(v->code);
	m->name = text_of(v->name);
	m->kind = (Rxcirc__V1__InstitutionKind)v->kind;
	m->status = (Rxcirc__V1__InstitutionStatus)v->status;
	m->region = text_of(v->region);
	m->host_code = text_of(v->host_code);
	m->chain_code = text_of(v->chain_code);
	m->filing_no = text_of(v->filing_no);
	m->address = text_of(v->address);
	m->non_public = v->non_public;
	m->published = v->published;
}

SHOW(certificate, CERTIFICATE, Certificate, certificate)
{
	m->spki_sha256 = bytes_of(v->spki, SHA256_LEN);
	m->institution_code = text_of(v->owner_code);
	m->not_before_ms = v->not_before_ms;
	m->not_after_ms = v->not_after_ms;
	m->revoked = v->revoked;
}

SHOW(practitioner, PRACTITIONER, Practitioner, practitioner)
{
	m->code = text_of(v->code);
	m->name = text_of(v->name);
	m->role = (Rxcirc__V1__PractitionerRole)v->role;
	m->suspended = v->suspended;
	m->independent_since = text_of(v->independent_since);
	m->licence_no = text_of(v->licence_no);
	m->registered_region = text_of(v->region);
}

SHOW(voucher_key, VOUCHER_KEY, VoucherKey, voucher_key)
{
	m->public_key = bytes_of(v->public_key, PUBLIC_KEY_LEN);
	m->not_before_ms = v->not_before_ms;
	m->not_after_ms = v->not_after_ms;
	m->revoked = v->revoked;
}

SHOW(item, ITEM, Item, item)
{
	m->owner_code = text_of(v->owner_code);
	m->kind = (Rxcirc__V1__ItemKind)v->kind;
	m->code = text_of(v->code);
	m->name = text_of(v->name);
	m->number = text_of(v->number);
	m->authority = text_of(v->authority);
	m->from_ms = v->from_ms;
	m->until_ms = v->until_ms;
	m->amount_fen = v->amount_fen;
	m->note = text_of(v->note);
	m->withdrawn = v->withdrawn;
}

SHOW(parameter, PARAMETER, Parameter, parameter)
{
	m->region = text_of(v->region);
	m->name = text_of(v->name);
	m->from_ms = v->from_ms;
	m->value = text_of(v->value);
	m->source = text_of(v->source);
}

SHOW(person_block, PERSON_BLOCK, PersonBlock, person_block)
{
	m->scope = (Rxcirc__V1__BlockScope)v->scope;
	m->from_ms = v->from_ms;
	m->until_ms = v->until_ms;
	m->reason = text_of(v->reason);
}

static bool duties_fill(struct arena *a, Rxcirc__V1__Officer *m, unsigned duties)
{
	m->duties = arena_array(a, DUTY_AUDIT, sizeof(*m->duties));
	if (m->duties == NULL)
		return false;
	for (unsigned duty = DUTY_REGISTRAR; duty <= DUTY_AUDIT; duty++)
		if ((duties & DUTY_BIT(duty)) != 0)
			m->duties[m->n_duties++] = (Rxcirc__V1__OfficerDuty)duty;
	return true;
}

static Rxcirc__V1__RegistryRecord *record_new(struct arena *a,
	Rxcirc__V1__RegistryRecord__RecordCase kind)
{
	Rxcirc__V1__RegistryRecord *r = arena_alloc(a, sizeof(*r));

	if (r != NULL) {
		rxcirc__v1__registry_record__init(r);
		r->record_case = kind;
	}
	return r;
}

Rxcirc__V1__RegistryRecord *record_show_officer(struct arena *a, const void *record)
{
	const struct certificate *v = record;
	Rxcirc__V1__RegistryRecord *r = record_new(a, RXCIRC__V1__REGISTRY_RECORD__RECORD_OFFICER);
	Rxcirc__V1__Officer *m = arena_alloc(a, sizeof(*m));

	if (r == NULL || m == NULL)
		return NULL;
	rxcirc__v1__officer__init(m);
	if (!duties_fill(a, m, v->duties))
		return NULL;
	m->spki_sha256 = bytes_of(v->spki, SHA256_LEN);
	m->office_code = text_of(v->owner_code);
	m->name = text_of(v->officer);
	m->provincial = v->is_provincial;
	m->region = text_of(v->is_provincial ? "" : v->scope);
	m->revoked = v->revoked;
	m->not_before_ms = v->not_before_ms;
	m->not_after_ms = v->not_after_ms;
	r->officer = m;
	return r;
}

/* Department codes parted by one space become one text each. */
static bool departments_fill(struct arena *a, Rxcirc__V1__Practice *m, const char *departments)
{
	size_t len = strlen(departments);
	char *copy = arena_alloc(a, len + 1), *code;

	m->departments = arena_array(a, len / 2 + 1, sizeof(*m->departments));
	if (copy == NULL || m->departments == NULL)
		return false;
	memcpy(copy, departments, len + 1);
	while ((code = strsep(&copy, " ")) != NULL)
		if (*code != '\0')
			m->departments[m->n_departments++] = code;
	return true;
}

Rxcirc__V1__RegistryRecord *record_show_practice(struct arena *a, const void *record)
{
	const struct practice *v = record;
	Rxcirc__V1__RegistryRecord *r = record_new(a, RXCIRC__V1__REGISTRY_RECORD__RECORD_PRACTICE);
	Rxcirc__V1__Practice *m = arena_alloc(a, sizeof(*m));

	if (r == NULL || m == NULL)
		return NULL;
	rxcirc__v1__practice__init(m);
	if (!departments_fill(a, m, v->departments))
		return NULL;
	m->practitioner_code = text_of(v->practitioner_code);
	m->institution_code = text_of(v->institution_code);
	m->ended = v->ended;
	r->practice = m;
	return r;
}

/* The authority's statement as it was verified when the registry was loaded. */
Rxcirc__V1__RegistryRecord *record_show_key(struct arena *a, const void *record)
{
	const struct practitioner_key *v = record;
	Rxcirc__V1__RegistryRecord *r = record_new(a, RXCIRC__V1__REGISTRY_RECORD__RECORD_KEY);
	Rxcirc__V1__PractitionerKey *m = arena_alloc(a, sizeof(*m));
	const Rxcirc__V1__SignedDocument *statement;

	if (r == NULL || m == NULL || pbmsg_open(&statement,
			&rxcirc__v1__signed_document__descriptor, a, v->statement) < 0)
		return NULL;
	rxcirc__v1__practitioner_key__init(m);
	m->statement = (Rxcirc__V1__SignedDocument *)(uintptr_t)statement;
	r->key = m;
	return r;
}
