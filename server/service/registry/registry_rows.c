#include "service/registry/registry_rows.h"

#include <string.h>

#include "base/ensure.h"
#include "registry/service_state.h"

static const char *region_of_institution(const struct registry *r, const char *code)
{
	const struct institution *i = registry_institution(r, code);

	return i == NULL ? "" : i->region;
}

/* Where somebody belongs: an institution, or a practitioner. */
static const char *region_of_owner(const struct registry *r, const char *code)
{
	const struct practitioner *p = registry_practitioner(r, code);

	return p != NULL ? p->region : region_of_institution(r, code);
}

static void hex_of(struct registry_row *ret, const uint8_t *digest)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_LEN; i++) {
		ret->hex[2 * i] = digits[digest[i] >> 4];
		ret->hex[2 * i + 1] = digits[digest[i] & 15];
	}
}

static bool institution(const struct registry *r, const void *record, struct registry_row *ret)
{
	const struct institution *v = record;

	(void)r;
	ret->region = v->region;
	ret->codes[0] = v->code;
	ret->codes[1] = v->host_code;
	ret->codes[2] = v->chain_code;
	ret->texts[0] = v->name;
	ret->texts[1] = v->code;
	ret->texts[2] = v->filing_no;
	ret->texts[3] = v->address;
	return true;
}

static void certificate(const struct registry *r, const struct certificate *v,
	struct registry_row *ret)
{
	ret->region = v->is_officer && !v->is_provincial ? v->scope :
		region_of_institution(r, v->owner_code);
	hex_of(ret, v->spki);
	ret->codes[0] = v->owner_code;
	ret->codes[1] = ret->hex;
	ret->texts[0] = v->officer;
	ret->from_ms = v->not_before_ms;
	ret->until_ms = v->not_after_ms;
	ret->is_void = v->revoked;
}

static bool institution_certificate(const struct registry *r, const void *record,
	struct registry_row *ret)
{
	const struct certificate *v = record;

	certificate(r, v, ret);
	return !v->is_officer;
}

static bool officer(const struct registry *r, const void *record, struct registry_row *ret)
{
	const struct certificate *v = record;

	certificate(r, v, ret);
	return v->is_officer;
}

static bool practitioner(const struct registry *r, const void *record, struct registry_row *ret)
{
	const struct practitioner *v = record;

	(void)r;
	ret->region = v->region;
	ret->codes[0] = v->code;
	ret->texts[0] = v->name;
	ret->texts[1] = v->code;
	ret->texts[2] = v->licence_no;
	return true;
}

static bool practice(const struct registry *r, const void *record, struct registry_row *ret)
{
	const struct practice *v = record;

	ret->region = region_of_institution(r, v->institution_code);
	ret->codes[0] = v->practitioner_code;
	ret->codes[1] = v->institution_code;
	ret->is_void = v->ended;
	return true;
}

static bool key(const struct registry *r, const void *record, struct registry_row *ret)
{
	const struct practitioner_key *v = record;

	ret->region = region_of_institution(r, v->institution_code);
	hex_of(ret, v->key_id);
	ret->codes[0] = v->practitioner_code;
	ret->codes[1] = v->institution_code;
	ret->codes[2] = ret->hex;
	ret->from_ms = v->not_before_ms;
	ret->until_ms = v->not_after_ms;
	if (v->revoked_from_ms != 0 && v->revoked_from_ms < v->not_after_ms)
		ret->until_ms = v->revoked_from_ms;
	ret->is_void = v->revoked_from_ms != 0 && v->revoked_from_ms <= v->not_before_ms;
	return true;
}

static bool voucher_key(const struct registry *r, const void *record, struct registry_row *ret)
{
	const struct voucher_key *v = record;

	(void)r;
	hex_of(ret, v->key_id);
	ret->codes[0] = ret->hex;
	ret->from_ms = v->not_before_ms;
	ret->until_ms = v->not_after_ms;
	ret->is_void = v->revoked;
	return true;
}

static bool item(const struct registry *r, const void *record, struct registry_row *ret)
{
	const struct item *v = record;

	ret->region = region_of_owner(r, v->owner_code);
	ret->codes[0] = v->owner_code;
	ret->texts[0] = v->name;
	ret->texts[1] = v->code;
	ret->texts[2] = v->number;
	ret->texts[3] = v->authority;
	ret->from_ms = v->from_ms;
	ret->until_ms = v->until_ms;
	ret->is_void = v->withdrawn;
	return true;
}

static bool parameter(const struct registry *r, const void *record, struct registry_row *ret)
{
	const struct parameter *v = record;

	(void)r;
	ret->region = v->region;
	ret->codes[0] = v->name;
	ret->texts[0] = v->name;
	ret->texts[1] = v->source;
	ret->from_ms = v->from_ms;
	return true;
}

static bool person_block(const struct registry *r, const void *record, struct registry_row *ret)
{
	const struct person_block *v = record;

	(void)r;
	ret->from_ms = v->from_ms;
	ret->until_ms = v->until_ms;
	return true;
}

const struct registry_rows *registry_rows_of(Rxcirc__V1__RegistryKind kind)
{
#define ROWS(KIND) [RXCIRC__V1__REGISTRY_KIND__REGISTRY_KIND_##KIND]
	static const struct registry_rows rows[] = {
		ROWS(INSTITUTION) = {REGISTRY_INSTITUTION, institution, record_show_institution},
		ROWS(CERTIFICATE) = {REGISTRY_CERTIFICATE, institution_certificate,
			record_show_certificate},
		ROWS(OFFICER) = {REGISTRY_CERTIFICATE, officer, record_show_officer},
		ROWS(PRACTITIONER) = {REGISTRY_PRACTITIONER, practitioner, record_show_practitioner},
		ROWS(PRACTICE) = {REGISTRY_PRACTICE, practice, record_show_practice},
		ROWS(KEY) = {REGISTRY_KEY, key, record_show_key},
		ROWS(VOUCHER_KEY) = {REGISTRY_VOUCHER_KEY, voucher_key, record_show_voucher_key},
		ROWS(ITEM) = {REGISTRY_ITEM, item, record_show_item},
		ROWS(PARAMETER) = {REGISTRY_PARAMETER, parameter, record_show_parameter},
		ROWS(PERSON_BLOCK) = {REGISTRY_PERSON_BLOCK, person_block, record_show_person_block},
	};
#undef ROWS

	return kind > 0 && (size_t)kind < ARRAY_LEN(rows) ? &rows[kind] : NULL;
}

/* ---- what is asked --------------------------------------------------------------------------- */

static bool holds_at(const struct registry_row *row, int64_t at_ms)
{
	return !row->is_void && at_ms >= row->from_ms && (row->until_ms == 0 || at_ms < row->until_ms);
}

static bool any_equals(const char *const texts[ROW_TEXTS_MAX], const char *wanted)
{
	for (size_t i = 0; i < ROW_TEXTS_MAX; i++)
		if (texts[i] != NULL && strcmp(texts[i], wanted) == 0)
			return true;
	return false;
}

static bool any_contains(const char *const texts[ROW_TEXTS_MAX], const char *part)
{
	for (size_t i = 0; i < ROW_TEXTS_MAX; i++)
		if (texts[i] != NULL && strcasestr(texts[i], part) != NULL)
			return true;
	return false;
}

/* A province's parameters are every city's business; what has no region is everybody's. */
static bool in_scope(const struct registry_row *row, const struct registry_rows *rows,
	const char *scope)
{
	if (scope[0] == '\0' || row->region == NULL)
		return true;
	return region_lies_in(row->region, scope) ||
		(rows->kind == REGISTRY_PARAMETER && region_lies_in(scope, row->region));
}

/* The later record that goes on where this one ends. */
static bool is_renewed(const struct registry *r, const struct item *v)
{
	return registry_item_held(r, v->owner_code, v->kind, v->code, v->until_ms) != NULL;
}

static bool is_wanted_item(const struct registry *r, const struct item *v,
	const struct registry_asked *asked)
{
	const Rxcirc__V1__QueryRegistryRequest *m = asked->message;

	if (m->item_kind != 0 && (int)m->item_kind != (int)v->kind)
		return false;
	return m->expiring_before_ms == 0 || !is_renewed(r, v);
}

/* The value in force is the newest of its region; earlier ones no longer hold. */
static bool is_in_force(const struct registry *r, const struct parameter *v, int64_t at_ms)
{
	for (size_t i = 0; i < registry_count(r, REGISTRY_PARAMETER); i++) {
		const struct parameter *other = registry_at(r, REGISTRY_PARAMETER, i);

		if (other->from_ms > v->from_ms && other->from_ms <= at_ms &&
			strcmp(other->name, v->name) == 0 && strcmp(other->region, v->region) == 0)
			return false;
	}
	return true;
}

/* A published institution that lacks every item of that kind. */
static bool is_missing(const struct registry *r, const struct institution *v,
	enum item_kind kind, int64_t at_ms)
{
	const struct item *i = NULL;

	while ((i = registry_item_next(r, v->code, kind, i)) != NULL)
		if (item_holds(i, at_ms))
			return false;
	return v->published;
}

static bool is_of_its_kind(const struct registry *r, const struct registry_rows *rows,
	const void *record, const struct registry_asked *asked, int64_t at_ms)
{
	const Rxcirc__V1__QueryRegistryRequest *m = asked->message;
	const struct person_block *block = record;

	switch (rows->kind) {
	case REGISTRY_ITEM:
		return is_wanted_item(r, record, asked);
	case REGISTRY_PARAMETER:
		return m->at_ms == 0 || is_in_force(r, record, m->at_ms);
	case REGISTRY_INSTITUTION:
		return m->missing == 0 || is_missing(r, record, (enum item_kind)m->missing, at_ms);
	case REGISTRY_PERSON_BLOCK:
		return asked->person_key != NULL &&
			memcmp(block->person_key, asked->person_key, PERSON_KEY_LEN) == 0;
	case REGISTRY_CERTIFICATE:
	case REGISTRY_PRACTITIONER:
	case REGISTRY_PRACTICE:
	case REGISTRY_KEY:
	case REGISTRY_VOUCHER_KEY:
	case REGISTRY_AGREEMENT: /* read through Agreements/QueryAgreements */
	case REGISTRY_KINDS_NR:
		break;
	}
	return true;
}

bool registry_row_matches(const struct registry *r, const struct registry_rows *rows,
	const void *record, const struct registry_asked *asked)
{
	const Rxcirc__V1__QueryRegistryRequest *m = asked->message;
	struct registry_row row = {0};
	int64_t at_ms = m->at_ms != 0 ? m->at_ms : asked->now_ms;

	if (!rows->describe(r, record, &row) || !in_scope(&row, rows, asked->scope))
		return false;
	if (m->region[0] != '\0' && (row.region == NULL || !region_lies_in(row.region, m->region)))
		return false;
	if (m->code[0] != '\0' && !any_equals(row.codes, m->code))
		return false;
	if (m->text[0] != '\0' && !any_contains(row.texts, m->text))
		return false;
	if ((m->at_ms != 0 || m->expiring_before_ms != 0) && !holds_at(&row, at_ms))
		return false;
	if (m->expiring_before_ms != 0 &&
		(row.until_ms == 0 || row.until_ms >= m->expiring_before_ms))
		return false;
	return is_of_its_kind(r, rows, record, asked, at_ms);
}
