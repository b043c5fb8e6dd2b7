/* An open-addressed table of heads; records of one key hang on each other. */
#include "registry/shelf.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"

enum { TEXT_BLOCK = 64 * 1024 }; /* bytes of copied texts per block */

/* Copied texts; freed together. */
struct text_block {
	struct text_block *next;
	size_t used, cap;
	char bytes[];
};

struct shelf {
	_Atomic int refs;
	struct shelf_key (*key_of)(const void *item);
	uint8_t *items;
	size_t size, count, cap;
	uint32_t *slots; /* index + 1 of a key's first record; 0 = none */
	uint32_t *nexts; /* per record: index + 1 of the next of the same key */
	size_t mask;
	struct text_block *texts;
};

struct shelf *shelf_new(size_t item_size, struct shelf_key (*key_of)(const void *item))
{
	struct shelf *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	atomic_init(&s->refs, 1);
	s->size = item_size;
	s->key_of = key_of;
	return s;
}

struct shelf *shelf_ref(struct shelf *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void shelf_unref(struct shelf *s)
{
	if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	free(s->items);
	free(s->slots);
	free(s->nexts);
	for (struct text_block *b = s->texts, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(s);
}

static char *text_copy(struct shelf *s, struct slice text)
{
	struct text_block *b = s->texts;
	char *copy;

	if (b == NULL || b->cap - b->used < text.len + 1) {
		size_t cap = text.len + 1 > TEXT_BLOCK ? text.len + 1 : TEXT_BLOCK;

		b = malloc(sizeof(*b) + cap);
		if (b == NULL)
			return NULL;
		b->next = s->texts;
		b->used = 0;
		b->cap = cap;
		s->texts = b;
	}
	copy = b->bytes + b->used;
	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	b->used += text.len + 1;
	return copy;
}

bool shelf_keep(struct shelf *s, const char **text)
{
	*text = text_copy(s, slice_of_text(*text));
	return *text != NULL;
}

bool shelf_keep_bytes(struct shelf *s, struct slice *bytes)
{
	bytes->data = (const uint8_t *)text_copy(s, *bytes);
	return bytes->data != NULL;
}

int shelf_add(struct shelf *s, const void *item)
{
	ensure(s->slots == NULL); /* what was indexed is shared and never changes */
	if (s->count == s->cap) {
		size_t cap = s->cap == 0 ? 64 : 2 * s->cap;
		uint8_t *grown;

		if (cap > SHELF_RECORDS_MAX)
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

static uint64_t hash_word(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

/* Eight bytes at a time, the last ones with the length.  Nothing stronger is needed: the records
 * come from the agency's registry, not from a peer who could aim collisions. */
static uint64_t hash_part(uint64_t h, struct slice s)
{
	uint64_t word, rest = 0;
	size_t at = 0;

	for (; s.len - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, s.data + at, sizeof(word));
		h = hash_word(h, word);
	}
	if (at < s.len)
		memcpy(&rest, s.data + at, s.len - at);
	return hash_word(h, rest ^ (uint64_t)s.len << 56);
}

static uint64_t hash_key(struct shelf_key k)
{
	return hash_part(hash_part(0xcbf29ce484222325u, k.first), k.second);
}

static bool keys_equal(struct shelf_key a, struct shelf_key b)
{
	return slice_equal(a.first, b.first) && slice_equal(a.second, b.second);
}

const void *shelf_at(const struct shelf *s, size_t index)
{
	ensure(index < s->count);
	return s->items + index * s->size;
}

size_t shelf_count(const struct shelf *s)
{
	return s->count;
}

/* The slot of a key: its own, or the empty one where it would stand. */
static size_t slot_of(const struct shelf *s, struct shelf_key k)
{
	size_t at = hash_key(k) & s->mask;

	while (s->slots[at] != 0 && !keys_equal(s->key_of(shelf_at(s, s->slots[at] - 1)), k))
		at = (at + 1) & s->mask;
	return at;
}

int shelf_index(struct shelf *s)
{
	size_t slots = 16;

	while (slots < 2 * s->count)
		slots *= 2;
	s->nexts = calloc(s->count + 1, sizeof(*s->nexts));
	s->slots = s->nexts == NULL ? NULL : calloc(slots, sizeof(*s->slots));
	if (s->slots == NULL)
		return ERR_MEMORY;
	s->mask = slots - 1;
	for (size_t i = 0; i < s->count; i++) {
		size_t at = slot_of(s, s->key_of(shelf_at(s, i)));

		s->nexts[i] = s->slots[at];
		s->slots[at] = (uint32_t)i + 1;
	}
	return 0;
}

const void *shelf_find(const struct shelf *s, struct shelf_key k)
{
	uint32_t head = s->slots[slot_of(s, k)];

	return head == 0 ? NULL : shelf_at(s, head - 1);
}

const void *shelf_next(const struct shelf *s, const void *item)
{
	size_t index = (size_t)((const uint8_t *)item - s->items) / s->size;
	uint32_t next;

	ensure(index < s->count);
	next = s->nexts[index];
	return next == 0 ? NULL : shelf_at(s, next - 1);
}
