/* Records of one kind, found by key: an array, an index made once, and the texts they point to.
 *
 * Several records may have the same key; they are walked with shelf_next().
 * Ownership: reference-counted (atomic), because snapshots that follow one another share the
 * shelves that did not change.  Threads: any, once indexed.
 */
#ifndef REGISTRY_SHELF_H
#define REGISTRY_SHELF_H

#include "proto/bytes.h"

enum { SHELF_RECORDS_MAX = 4 * 1000 * 1000 };

/* What a record is found by, in at most two parts. */
struct shelf_key {
	struct slice first, second;
};

struct shelf;

/* NULL when memory is exhausted. */
struct shelf *shelf_new(size_t item_size, struct shelf_key (*key_of)(const void *item));
struct shelf *shelf_ref(struct shelf *s);
void shelf_unref(struct shelf *s); /* NULL ok */

/* Copy the text behind *text into the shelf; false when memory is exhausted. */
MUST_CHECK bool shelf_keep(struct shelf *s, const char **text);
MUST_CHECK bool shelf_keep_bytes(struct shelf *s, struct slice *bytes);
/* Copy the record.  0 or ERR_MEMORY. */
MUST_CHECK int shelf_add(struct shelf *s, const void *item);
/* Once, after everything was added.  0 or ERR_MEMORY. */
MUST_CHECK int shelf_index(struct shelf *s);

/* The first record of that key, or NULL. */
const void *shelf_find(const struct shelf *s, struct shelf_key key);
/* The next one with the key of `item`, which is of this shelf; NULL at the end. */
const void *shelf_next(const struct shelf *s, const void *item);
size_t shelf_count(const struct shelf *s);
const void *shelf_at(const struct shelf *s, size_t index);

#endif
