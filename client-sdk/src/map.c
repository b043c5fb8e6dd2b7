#include "client-sdk/src/map.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/limits.h"

enum { CAP_MIN = 1024, SEED_LEN = 16 };

static_assert(SEED_LEN == crypto_shorthash_KEYBYTES, "SipHash");

void map_init(struct map *m, size_t key_len, size_t entry_len, size_t count_max)
{
	*m = (struct map){.key_len = key_len, .entry_len = entry_len, .count_max = count_max};
	randombytes_buf(m->seed, sizeof(m->seed));
}

void map_clear(struct map *m)
{
	free(m->used);
	free(m->entries);
	*m = (struct map){0};
}

static uint8_t *entry_at(const struct map *m, size_t slot)
{
	return m->entries + slot * m->entry_len;
}

/* Where the key stands, or the free slot where it would. */
static size_t slot_of(const struct map *m, const void *key)
{
	uint64_t hash;
	size_t slot;

	crypto_shorthash((uint8_t *)&hash, key, m->key_len, m->seed);
	for (slot = hash & (m->cap - 1); m->used[slot]; slot = (slot + 1) & (m->cap - 1))
		if (memcmp(entry_at(m, slot), key, m->key_len) == 0)
			break;
	return slot;
}

void *map_find(const struct map *m, const void *key)
{
	size_t slot;

	if (m->cap == 0)
		return NULL;
	slot = slot_of(m, key);
	return m->used[slot] ? entry_at(m, slot) : NULL;
}

/* At most three quarters are ever used. */
static bool map_grow(struct map *m)
{
	struct map grown = *m;

	grown.cap = m->cap ? 2 * m->cap : CAP_MIN;
	grown.used = calloc(grown.cap, 1);
	grown.entries = malloc(grown.cap * m->entry_len);
	if (!grown.used || !grown.entries) {
		free(grown.used);
		free(grown.entries);
		return false;
	}
	for (size_t i = 0; i < m->cap; i++) {
		size_t slot;

		if (!m->used[i])
			continue;
		slot = slot_of(&grown, entry_at(m, i));
		grown.used[slot] = 1;
		memcpy(entry_at(&grown, slot), entry_at(m, i), m->entry_len);
	}
	free(m->used);
	free(m->entries);
	*m = grown;
	return true;
}

void *map_put(struct map *m, const void *key, bool *ret_new)
{
	size_t slot = m->cap ? slot_of(m, key) : 0;

	*ret_new = false;
	if (m->cap && m->used[slot])
		return entry_at(m, slot);
	if (m->count == m->count_max)
		return NULL;
	if (m->count >= m->cap / 4 * 3) {
		if (!map_grow(m))
			return NULL;
		slot = slot_of(m, key);
	}
	m->count++;
	m->used[slot] = 1;
	memset(entry_at(m, slot), 0, m->entry_len);
	memcpy(entry_at(m, slot), key, m->key_len);
	*ret_new = true;
	return entry_at(m, slot);
}

void *map_next(const struct map *m, size_t *at)
{
	while (*at < m->cap)
		if (m->used[(*at)++])
			return entry_at(m, *at - 1);
	return NULL;
}
