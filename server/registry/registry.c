/* Shelves, most of them shared with the snapshot before. */
#include "registry/registry.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "registry/shelf.h"

struct registry {
	_Atomic int refs;
	int64_t version;
	struct shelf *shelves[REGISTRY_KINDS_NR];
	struct code_table tables[CODE_TABLES_MAX];
	size_t table_count;
};

struct registry_builder {
	struct registry *registry;
	bool is_new[REGISTRY_KINDS_NR];
	/* what the previous snapshot had; each holds a reference until it is kept or dropped */
	struct code_table old[CODE_TABLES_MAX];
	size_t old_count;
	struct shelf *filling; /* of the code table added last */
};

static struct shelf_key by_text(const char *text)
{
	return (struct shelf_key){slice_of_text(text), {NULL, 0}};
}

static struct shelf_key by_digest(const uint8_t *digest)
{
	return (struct shelf_key){slice_of(digest, SHA256_LEN), {NULL, 0}};
}

static struct shelf_key by_two(const char *first, const char *second)
{
	return (struct shelf_key){slice_of_text(first), slice_of_text(second)};
}

static struct shelf_key by_owner(const char *owner_code, const enum item_kind *kind)
{
	return (struct shelf_key){slice_of_text(owner_code), slice_of(kind, sizeof(*kind))};
}

#define KEY_OF(name, type, key) \
	static struct shelf_key name##_key(const void *item) \
	{ \
		const type *v = item; \
		return key; \
	}
KEY_OF(institution, struct institution, by_text(v->code))
KEY_OF(certificate, struct certificate, by_digest(v->spki))
KEY_OF(practitioner, struct practitioner, by_text(v->code))
KEY_OF(practice, struct practice, by_two(v->practitioner_code, v->institution_code))
KEY_OF(practitioner_key, struct practitioner_key, by_digest(v->key_id))
KEY_OF(voucher_key, struct voucher_key, by_digest(v->key_id))
KEY_OF(item, struct item, by_owner(v->owner_code, &v->kind))
KEY_OF(parameter, struct parameter, by_two(v->region, v->name))
KEY_OF(person_block, struct person_block, by_digest(v->person_key))
KEY_OF(agreement, struct agreement, by_text(v->institution_code))
KEY_OF(code, struct code, by_text(v->code))

static struct shelf_key (*const keys[REGISTRY_KINDS_NR])(const void *item) = {
	[REGISTRY_INSTITUTION] = institution_key,
	[REGISTRY_CERTIFICATE] = certificate_key,
	[REGISTRY_PRACTITIONER] = practitioner_key,
	[REGISTRY_PRACTICE] = practice_key,
	[REGISTRY_KEY] = practitioner_key_key,
	[REGISTRY_VOUCHER_KEY] = voucher_key_key,
	[REGISTRY_ITEM] = item_key,
	[REGISTRY_PARAMETER] = parameter_key,
	[REGISTRY_PERSON_BLOCK] = person_block_key,
	[REGISTRY_AGREEMENT] = agreement_key,
};

static const size_t sizes[REGISTRY_KINDS_NR] = {
#define X(id, name, type) [REGISTRY_##id] = sizeof(type),
	REGISTRY_KINDS(X)
#undef X
};

/* ---- building ------------------------------------------------------------------------------- */

int registry_renew(struct registry_builder *b, enum registry_kind kind)
{
	struct shelf *fresh = shelf_new(sizes[kind], keys[kind]);

	if (fresh == NULL)
		return ERR_MEMORY;
	shelf_unref(b->registry->shelves[kind]);
	b->registry->shelves[kind] = fresh;
	b->is_new[kind] = true;
	return 0;
}

static bool builder_take(struct registry_builder *b, const struct registry *previous)
{
	for (int k = 0; k < REGISTRY_KINDS_NR; k++) {
		if (previous != NULL)
			b->registry->shelves[k] = shelf_ref(previous->shelves[k]);
		else if (registry_renew(b, (enum registry_kind)k) < 0)
			return false;
	}
	for (size_t i = 0; previous != NULL && i < previous->table_count; i++) {
		b->registry->tables[i] = previous->tables[i];
		shelf_ref(previous->tables[i].codes);
		b->registry->table_count++;
	}
	return true;
}

struct registry_builder *registry_builder_new(int64_t version, const struct registry *previous)
{
	struct registry_builder *b = calloc(1, sizeof(*b));
	struct registry *r = calloc(1, sizeof(*r));

	if (b == NULL || r == NULL) {
		free(b);
		free(r);
		return NULL;
	}
	atomic_init(&r->refs, 1);
	r->version = version;
	b->registry = r;
	if (!builder_take(b, previous)) {
		registry_builder_free(b);
		return NULL;
	}
	return b;
}

static void builder_drop_old(struct registry_builder *b)
{
	for (size_t i = 0; i < b->old_count; i++)
		shelf_unref(b->old[i].codes);
	b->old_count = 0;
}

void registry_builder_free(struct registry_builder *b)
{
	if (b == NULL)
		return;
	builder_drop_old(b);
	registry_unref(b->registry);
	free(b);
}

static int builder_index(struct registry_builder *b)
{
	struct registry *r = b->registry;
	int result = b->filling == NULL ? 0 : shelf_index(b->filling);

	for (int k = 0; result == 0 && k < REGISTRY_KINDS_NR; k++)
		if (b->is_new[k])
			result = shelf_index(r->shelves[k]);
	return result;
}

struct registry *registry_finish(struct registry_builder *b)
{
	struct registry *r = b->registry;

	if (builder_index(b) < 0) {
		registry_builder_free(b);
		return NULL;
	}
	builder_drop_old(b);
	free(b);
	return r;
}

/* The shelf a record goes to; only what was renewed may grow. */
static struct shelf *growing(struct registry_builder *b, enum registry_kind kind)
{
	ensure(b->is_new[kind]);
	return b->registry->shelves[kind];
}

#define ADD(name, KIND, type, kept) \
	int registry_add_##name(struct registry_builder *b, const type *v) \
	{ \
		struct shelf *s = growing(b, REGISTRY_##KIND); \
		type c = *v; \
		return (kept) ? shelf_add(s, &c) : ERR_MEMORY; \
	}
#define KEEP(member) shelf_keep(s, &c.member)

/* A text that may be left out. */
#define KEEP_OR_NONE(member) (c.member = c.member == NULL ? "" : c.member, KEEP(member))

ADD(institution, INSTITUTION, struct institution, KEEP(code) && KEEP(name) && KEEP(region) &&
	KEEP(host_code) && KEEP(chain_code) && KEEP(filing_no) && KEEP(address) &&
	KEEP_OR_NONE(region_name))
ADD(certificate, CERTIFICATE, struct certificate, KEEP(owner_code) && KEEP(officer) && KEEP(scope))
ADD(practitioner, PRACTITIONER, struct practitioner, KEEP(code) && KEEP(name) &&
	KEEP(independent_since) && KEEP(region) && KEEP(licence_no))
ADD(practice, PRACTICE, struct practice, KEEP(practitioner_code) && KEEP(institution_code) &&
	KEEP(departments))
ADD(key, KEY, struct practitioner_key, shelf_keep_bytes(s, &c.statement) &&
	KEEP(practitioner_code) && KEEP(institution_code))
ADD(voucher_key, VOUCHER_KEY, struct voucher_key, true)
ADD(item, ITEM, struct item, KEEP(owner_code) && KEEP(code) && KEEP(name) && KEEP(number) &&
	KEEP(authority) && KEEP(note))
ADD(parameter, PARAMETER, struct parameter, KEEP(region) && KEEP(name) && KEEP(value) &&
	KEEP(source))
ADD(person_block, PERSON_BLOCK, struct person_block, KEEP(reason))
ADD(agreement, AGREEMENT, struct agreement, KEEP(id) && KEEP(institution_code) &&
	KEEP(host_agreement_id))

void registry_drop_code_tables(struct registry_builder *b)
{
	struct registry *r = b->registry;

	builder_drop_old(b);
	memcpy(b->old, r->tables, sizeof(b->old));
	b->old_count = r->table_count;
	r->table_count = 0;
}

bool registry_keep_code_table(struct registry_builder *b, int64_t id, int64_t effective_from_ms)
{
	struct registry *r = b->registry;

	for (size_t i = 0; i < b->old_count; i++) {
		if (b->old[i].id != id || r->table_count == CODE_TABLES_MAX)
			continue;
		r->tables[r->table_count] = b->old[i];
		shelf_ref(b->old[i].codes);
		r->tables[r->table_count++].effective_from_ms = effective_from_ms;
		return true;
	}
	return false;
}

void registry_take_code_tables(struct registry_builder *b, const struct registry *from)
{
	struct registry *r = b->registry;

	registry_drop_code_tables(b);
	for (size_t i = 0; i < from->table_count; i++) {
		r->tables[i] = from->tables[i];
		shelf_ref(from->tables[i].codes);
	}
	r->table_count = from->table_count;
}

int registry_add_code_table(struct registry_builder *b, int64_t id, enum code_kind kind,
	int64_t effective_from_ms)
{
	struct registry *r = b->registry;
	struct shelf *codes;

	if (r->table_count == CODE_TABLES_MAX)
		return ERR_FULL;
	if (b->filling != NULL && shelf_index(b->filling) < 0)
		return ERR_MEMORY;
	b->filling = NULL;
	codes = shelf_new(sizeof(struct code), code_key);
	if (codes == NULL)
		return ERR_MEMORY;
	b->filling = codes;
	r->tables[r->table_count++] = (struct code_table){id, kind, effective_from_ms, codes};
	return 0;
}

int registry_add_code(struct registry_builder *b, const struct code *v)
{
	struct shelf *s = b->filling;
	struct code c = *v;

	ensure(s != NULL);
	return KEEP(code) && KEEP(name) && KEEP(dosage_form) && KEEP(specification) ?
		shelf_add(s, &c) : ERR_MEMORY;
}

/* ---- life ----------------------------------------------------------------------------------- */

struct registry *registry_ref(struct registry *r)
{
	atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	return r;
}

void registry_unref(struct registry *r)
{
	if (r == NULL || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (int k = 0; k < REGISTRY_KINDS_NR; k++)
		shelf_unref(r->shelves[k]);
	for (size_t i = 0; i < r->table_count; i++)
		shelf_unref(r->tables[i].codes);
	free(r);
}

int64_t registry_version(const struct registry *r)
{
	return r->version;
}

/* ---- looking up ----------------------------------------------------------------------------- */

const struct institution *registry_institution(const struct registry *r, const char *code)
{
	return shelf_find(r->shelves[REGISTRY_INSTITUTION], by_text(code));
}

size_t registry_institutions(const struct registry *r)
{
	return shelf_count(r->shelves[REGISTRY_INSTITUTION]);
}

const struct institution *registry_institution_at(const struct registry *r, size_t index)
{
	return shelf_at(r->shelves[REGISTRY_INSTITUTION], index);
}

size_t registry_count(const struct registry *r, enum registry_kind kind)
{
	return shelf_count(r->shelves[kind]);
}

const void *registry_at(const struct registry *r, enum registry_kind kind, size_t index)
{
	return shelf_at(r->shelves[kind], index);
}

const struct certificate *registry_certificate(const struct registry *r, const uint8_t spki[32])
{
	return shelf_find(r->shelves[REGISTRY_CERTIFICATE], by_digest(spki));
}

const struct practitioner *registry_practitioner(const struct registry *r, const char *code)
{
	return shelf_find(r->shelves[REGISTRY_PRACTITIONER], by_text(code));
}

const struct practice *registry_practice(const struct registry *r, const char *practitioner,
	const char *institution)
{
	return shelf_find(r->shelves[REGISTRY_PRACTICE], by_two(practitioner, institution));
}

const struct practitioner_key *registry_key(const struct registry *r, const uint8_t key_id[32])
{
	return shelf_find(r->shelves[REGISTRY_KEY], by_digest(key_id));
}

const struct voucher_key *registry_voucher_key(const struct registry *r, const uint8_t key_id[32])
{
	return shelf_find(r->shelves[REGISTRY_VOUCHER_KEY], by_digest(key_id));
}

const struct item *registry_item_next(const struct registry *r, const char *owner_code,
	enum item_kind kind, const struct item *prev)
{
	const struct shelf *s = r->shelves[REGISTRY_ITEM];

	return prev == NULL ? shelf_find(s, by_owner(owner_code, &kind)) : shelf_next(s, prev);
}

const struct item *registry_item_held(const struct registry *r, const char *owner_code,
	enum item_kind kind, const char *code, int64_t at_ms)
{
	const struct item *i = NULL;

	while ((i = registry_item_next(r, owner_code, kind, i)) != NULL)
		if (strcmp(i->code, code) == 0 && item_holds(i, at_ms))
			return i;
	return NULL;
}

const struct person_block *registry_person_block(const struct registry *r,
	const uint8_t person_key[PERSON_KEY_LEN], enum block_scope scope, int64_t at_ms)
{
	const struct shelf *s = r->shelves[REGISTRY_PERSON_BLOCK];
	const struct person_block *b = shelf_find(s, by_digest(person_key));

	for (; b != NULL; b = shelf_next(s, b))
		if ((b->scope == scope || b->scope == BLOCK_ALL) && at_ms >= b->from_ms &&
			at_ms < b->until_ms)
			return b;
	return NULL;
}

const struct agreement *registry_agreement_next(const struct registry *r,
	const char *institution_code, const struct agreement *prev)
{
	const struct shelf *s = r->shelves[REGISTRY_AGREEMENT];

	return prev == NULL ? shelf_find(s, by_text(institution_code)) : shelf_next(s, prev);
}

/* Of the agreements of that kind the one that says most just now. */
static const struct agreement *best_agreement(const struct registry *r,
	const char *institution_code, enum agreement_kind kind, int64_t at_ms)
{
	const struct agreement *a = NULL, *best = NULL;

	while ((a = registry_agreement_next(r, institution_code, a)) != NULL)
		if (a->kind == kind)
			best = agreement_better(best, a, at_ms);
	return best;
}

static const struct agreement *agreement_by_id(const struct registry *r,
	const char *institution_code, const char *id)
{
	const struct agreement *a = NULL;

	while ((a = registry_agreement_next(r, institution_code, a)) != NULL)
		if (strcmp(a->id, id) == 0)
			return a;
	return NULL;
}

enum standing registry_standing(const struct registry *r, const struct institution *institution,
	int64_t at_ms)
{
	struct standing_facts f = {.self = institution};

	f.agreement = best_agreement(r, institution->code, standing_needs(institution->kind), at_ms);
	if (institution->host_code[0] != '\0')
		f.host = registry_institution(r, institution->host_code);
	if (f.host != NULL && f.agreement != NULL)
		f.host_agreement = agreement_by_id(r, f.host->code, f.agreement->host_agreement_id);
	if (institution->chain_code[0] != '\0')
		f.chain = registry_institution(r, institution->chain_code);
	return standing_of(&f, at_ms);
}

/* The newest of exactly this region that is in force, or NULL. */
static const struct parameter *parameter_of(const struct registry *r, const char *region,
	const char *name, int64_t at_ms)
{
	const struct shelf *s = r->shelves[REGISTRY_PARAMETER];
	const struct parameter *p = shelf_find(s, by_two(region, name)), *best = NULL;

	for (; p != NULL; p = shelf_next(s, p))
		if (p->from_ms <= at_ms && (best == NULL || p->from_ms > best->from_ms))
			best = p;
	return best;
}

const struct parameter *registry_parameter(const struct registry *r, const char *name,
	const char *region, int64_t at_ms)
{
	char wider[] = "000000";
	const struct parameter *p = parameter_of(r, region, name, at_ms);

	if (p != NULL || strlen(region) != sizeof(wider) - 1)
		return p;
	memcpy(wider, region, 4);
	p = parameter_of(r, wider, name, at_ms);
	if (p != NULL)
		return p;
	memcpy(wider + 2, "00", 2);
	return parameter_of(r, wider, name, at_ms);
}

const char *registry_setting(const struct registry *r, const char *name, const char *region,
	int64_t at_ms)
{
	const struct parameter *p = registry_parameter(r, name, region, at_ms);

	return p == NULL ? NULL : p->value;
}

const char *registry_text(const struct registry *r, enum parameter_id id, const char *region,
	int64_t at_ms)
{
	const char *set = registry_setting(r, parameter_rows[id].name, region, at_ms);

	return set == NULL ? parameter_rows[id].standard : set;
}

int64_t registry_number(const struct registry *r, enum parameter_id id, const char *region,
	int64_t at_ms)
{
	ensure(parameter_rows[id].form == PARAMETER_NUMBER);
	return strtoll(registry_text(r, id, region, at_ms), NULL, 10);
}

bool registry_word(const struct registry *r, enum parameter_id id, const char *region,
	int64_t at_ms, const char *word)
{
	return parameter_has_word(registry_text(r, id, region, at_ms), word);
}

const struct code_table *registry_code_table(const struct registry *r, enum code_kind kind,
	int64_t at_ms)
{
	const struct code_table *best = NULL;

	for (size_t i = 0; i < r->table_count; i++) {
		const struct code_table *t = &r->tables[i];

		if (t->kind == kind && t->effective_from_ms <= at_ms &&
			(best == NULL || t->effective_from_ms > best->effective_from_ms))
			best = t;
	}
	return best;
}

const struct code *registry_code(const struct registry *r, enum code_kind kind, const char *code,
	int64_t at_ms)
{
	const struct code_table *t = registry_code_table(r, kind, at_ms);

	return t == NULL ? NULL : shelf_find(t->codes, by_text(code));
}
