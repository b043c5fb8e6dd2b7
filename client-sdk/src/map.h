/* A hash map of fixed-size entries, each beginning with its key; open addressing, a random seed.
 *
 * Ownership: map_init() .. map_clear(); entries move when one is added.  Threads: one at a time.
 */
#ifndef SDK_MAP_H
#define SDK_MAP_H

#include "proto/bytes.h"

struct map {
	size_t key_len, entry_len;
	size_t count, count_max;
	size_t cap; /* a power of two, or 0 */
	uint8_t *used, *entries;
	uint8_t seed[16];
};

/* `count_max` entries at most. */
void map_init(struct map *m, size_t key_len, size_t entry_len, size_t count_max);
void map_clear(struct map *m);
/* NULL when it is not there. */
void *map_find(const struct map *m, const void *key);
/* The entry of this key, a new one zeroed behind the key.  NULL when memory is short or the map is
 * full. */
void *map_put(struct map *m, const void *key, bool *ret_new);
/* One after the other, from *at = 0; NULL at the end. */
void *map_next(const struct map *m, size_t *at);

#endif
