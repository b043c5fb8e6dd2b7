/* Records in arrays, found by open-addressed tables made once at the end. */
#include "registry/registry.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"

enum {
	REGISTRY_RECORDS_MAX = 4 * 1000 * 1000, /* of one kind */
	TEXT_BLOCK = 256 * 1024,                /* bytes of copied texts per block */
};

/* Copied texts; freed together. */
struct text_block {
	struct text_block *next;
	size_t used, cap;
	char bytes[];
};

/* One kind of record: an array, and slots that hold index + 1. */
struct shelf {
	uint8_t *items;
	size_t size, count, cap;
	uint32_t *slots;
	size_t mask;
};

enum shelf_kind {
	SHELF_INSTITUTION,
	SHELF_CERTIFICATE,
	SHELF_PRACTITIONER,
	SHELF_PRACTICE,
	SHELF_KEY,
	SHELF_VOUCHER_KEY,
	SHELF_DRUG,
	SHELF_DIAGNOSIS,
	SHELVES,
};

struct registry {
	_Atomic int refs;
	int64_t version;
	struct text_block *texts;
	struct shelf shelves[SHELVES];
};

struct registry_builder {
	struct registry *registry;
};

static const size_t sizes[SHELVES] = {
	[SHELF_INSTITUTION] = sizeof(struct institution),
	[SHELF_CERTIFICATE] = sizeof(struct certificate),
	[SHELF_PRACTITIONER] = sizeof(struct practitioner),
	[SHELF_PRACTICE] = sizeof(struct practice),
	[SHELF_KEY] = sizeof(struct practitioner_key),
	[SHELF_VOUCHER_KEY] = sizeof(struct voucher_key),
	[SHELF_DRUG] = sizeof(struct drug),
	[SHELF_DIAGNOSIS] = sizeof(struct diagnosis_code),
};

/* What a record is found by, in at most two parts. */
struct shelf_key {
	struct slice first, second;
};

static struct shelf_key key_of(enum shelf_kind kind, const void *item)
{
	struct shelf_key k = {{NULL, 0}, {NULL, 0}};

	switch (kind) {
	case SHELF_INSTITUTION:
		k.first = slice_of_text(((const struct institution *)item)->code);
		break;
	case SHELF_CERTIFICATE:
		k.first = slice_of(((const struct certificate *)item)->spki, SHA256_LEN);
		break;
	case SHELF_PRACTITIONER:
		k.first = slice_of_text(((const struct practitioner *)item)->code);
		break;
	case SHELF_PRACTICE:
		k.first = slice_of_text(((const struct practice *)item)->practitioner_code);
		k.second = slice_of_text(((const struct practice *)item)->institution_code);
		break;
	case SHELF_KEY:
		k.first = slice_of(((const struct practitioner_key *)item)->key_id, KEY_ID_LEN);
		break;
	case SHELF_VOUCHER_KEY:
		k.first = slice_of(((const struct voucher_key *)item)->key_id, KEY_ID_LEN);
		break;
	case SHELF_DRUG:
		k.first = slice_of_text(((const struct drug *)item)->code);
		break;
	case SHELF_DIAGNOSIS:
		k.first = slice_of_text(((const struct diagnosis_code *)item)->code);
		break;
	case SHELVES:
		break;
	}
	return k;
}

/* FNV-1a: the records come from the agency's registry, not from a peer who could aim collisions. */
static uint64_t hash_part(uint64_t h, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.data[i]) * 0x100000001b3u;
	return (h ^ 0xff) * 0x100000001b3u;
}

static uint64_t hash_key(struct shelf_key k)
{
	uint64_t h = hash_part(hash_part(0xcbf29ce484222325u, k.first), k.second);

	return h ^ h >> 29;
}

static bool keys_equal(struct shelf_key a, struct shelf_key b)
{
	return slice_equal(a.first, b.first) && slice_equal(a.second, b.second);
}

static int shelf_add(struct shelf *s, const void *item)
{
	if (s->count == s->cap) {
		size_t cap = s->cap == 0 ? 64 : 2 * s->cap;
		uint8_t *grown;

		if (cap > REGISTRY_RECORDS_MAX)
			return ERR_MEMORY;
		grown = realloc(s->items, cap * s->size);
		if (grown == NULL)
			return ERR_MEMORY;
		s->items = grown;
		s->cap = cap;
	}
	memcpy(s->items + s->count++ * s->size, item, s->size);
	return 0;
}

static int shelf_index(struct shelf *s, enum shelf_kind kind)
{
	size_t slots = 16;

	while (slots < 2 * s->count)
		slots *= 2;
	s->slots = calloc(slots, sizeof(*s->slots));
	if (s->slots == NULL)
		return ERR_MEMORY;
	s->mask = slots - 1;
	for (size_t i = 0; i < s->count; i++) {
		size_t at = hash_key(key_of(kind, s->items + i * s->size)) & s->mask;

		while (s->slots[at] != 0)
			at = (at + 1) & s->mask;
		s->slots[at] = (uint32_t)i + 1;
	}
	return 0;
}

static const void *shelf_find(const struct registry *r, enum shelf_kind kind, struct shelf_key k)
{
	const struct shelf *s = &r->shelves[kind];

	for (size_t at = hash_key(k) & s->mask; s->slots[at] != 0; at = (at + 1) & s->mask) {
		const void *item = s->items + (s->slots[at] - 1) * s->size;

		if (keys_equal(key_of(kind, item), k))
			return item;
	}
	return NULL;
}

static char *text_copy(struct registry *r, struct slice text)
{
	struct text_block *b = r->texts;
	char *copy;

	if (b == NULL || b->cap - b->used < text.len + 1) {
		size_t cap = text.len + 1 > TEXT_BLOCK ? text.len + 1 : TEXT_BLOCK;

		b = malloc(sizeof(*b) + cap);
		if (b == NULL)
			return NULL;
		b->next = r->texts;
		b->used = 0;
		b->cap = cap;
		r->texts = b;
	}
	copy = b->bytes + b->used;
	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	b->used += text.len + 1;
	return copy;
}

/* Copy the text behind *text into the registry. */
static bool keep(struct registry *r, const char **text)
{
	*text = text_copy(r, slice_of_text(*text));
	return *text != NULL;
}

struct registry_builder *registry_builder_new(int64_t version)
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
	for (int k = 0; k < SHELVES; k++)
		r->shelves[k].size = sizes[k];
	b->registry = r;
	return b;
}

void registry_builder_free(struct registry_builder *b)
{
	if (b == NULL)
		return;
	registry_unref(b->registry);
	free(b);
}

struct registry *registry_finish(struct registry_builder *b)
{
	struct registry *r = b->registry;

	for (int k = 0; k < SHELVES; k++) {
		if (shelf_index(&r->shelves[k], (enum shelf_kind)k) < 0) {
			registry_builder_free(b);
			return NULL;
		}
	}
	free(b);
	return r;
}

struct registry *registry_ref(struct registry *r)
{
	atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	return r;
}

void registry_unref(struct registry *r)
{
	if (r == NULL || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (int k = 0; k < SHELVES; k++) {
		free(r->shelves[k].items);
		free(r->shelves[k].slots);
	}
	for (struct text_block *b = r->texts, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(r);
}

int64_t registry_version(const struct registry *r)
{
	return r->version;
}

static int add(struct registry_builder *b, enum shelf_kind kind, const void *item, bool kept)
{
	return kept ? shelf_add(&b->registry->shelves[kind], item) : ERR_MEMORY;
}

int registry_add_institution(struct registry_builder *b, const struct institution *v)
{
	struct institution c = *v;

	return add(b, SHELF_INSTITUTION, &c, keep(b->registry, &c.code) && keep(b->registry, &c.name) &&
		keep(b->registry, &c.region) && keep(b->registry, &c.host_code));
}

int registry_add_certificate(struct registry_builder *b, const struct certificate *v)
{
	struct certificate c = *v;

	return add(b, SHELF_CERTIFICATE, &c,
		keep(b->registry, &c.owner_code) && keep(b->registry, &c.scope));
}

int registry_add_practitioner(struct registry_builder *b, const struct practitioner *v)
{
	struct practitioner c = *v;

	return add(b, SHELF_PRACTITIONER, &c,
		keep(b->registry, &c.code) && keep(b->registry, &c.name) &&
			keep(b->registry, &c.independent_since) && keep(b->registry, &c.region));
}

int registry_add_practice(struct registry_builder *b, const struct practice *v)
{
	struct practice c = *v;

	return add(b, SHELF_PRACTICE, &c, keep(b->registry, &c.practitioner_code) &&
		keep(b->registry, &c.institution_code));
}

int registry_add_key(struct registry_builder *b, const struct practitioner_key *v)
{
	struct practitioner_key c = *v;

	c.statement.data = (const uint8_t *)text_copy(b->registry, v->statement);
	return add(b, SHELF_KEY, &c, c.statement.data != NULL &&
		keep(b->registry, &c.practitioner_code) && keep(b->registry, &c.institution_code));
}

int registry_add_voucher_key(struct registry_builder *b, const struct voucher_key *v)
{
	return add(b, SHELF_VOUCHER_KEY, v, true);
}

int registry_add_drug(struct registry_builder *b, const struct drug *v)
{
	struct drug c = *v;

	return add(b, SHELF_DRUG, &c, keep(b->registry, &c.code) && keep(b->registry, &c.generic_name));
}

int registry_add_diagnosis(struct registry_builder *b, const struct diagnosis_code *v)
{
	struct diagnosis_code c = *v;

	return add(b, SHELF_DIAGNOSIS, &c, keep(b->registry, &c.code) && keep(b->registry, &c.name));
}

static struct shelf_key by_text(const char *text)
{
	return (struct shelf_key){slice_of_text(text), {NULL, 0}};
}

static struct shelf_key by_digest(const uint8_t *digest)
{
	return (struct shelf_key){slice_of(digest, SHA256_LEN), {NULL, 0}};
}

const struct institution *registry_institution(const struct registry *r, const char *code)
{
	return shelf_find(r, SHELF_INSTITUTION, by_text(code));
}

const struct certificate *registry_certificate(const struct registry *r, const uint8_t spki[32])
{
	return shelf_find(r, SHELF_CERTIFICATE, by_digest(spki));
}

const struct practitioner *registry_practitioner(const struct registry *r, const char *code)
{
	return shelf_find(r, SHELF_PRACTITIONER, by_text(code));
}

const struct practice *registry_practice(const struct registry *r, const char *practitioner,
	const char *institution)
{
	struct shelf_key k = {slice_of_text(practitioner), slice_of_text(institution)};

	return shelf_find(r, SHELF_PRACTICE, k);
}

const struct practitioner_key *registry_key(const struct registry *r, const uint8_t key_id[32])
{
	return shelf_find(r, SHELF_KEY, by_digest(key_id));
}

const struct voucher_key *registry_voucher_key(const struct registry *r, const uint8_t key_id[32])
{
	return shelf_find(r, SHELF_VOUCHER_KEY, by_digest(key_id));
}

const struct drug *registry_drug(const struct registry *r, const char *code)
{
	return shelf_find(r, SHELF_DRUG, by_text(code));
}

const struct diagnosis_code *registry_diagnosis(const struct registry *r, const char *code)
{
	return shelf_find(r, SHELF_DIAGNOSIS, by_text(code));
}
