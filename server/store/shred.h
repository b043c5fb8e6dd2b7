/* Data keys destroyed: which there are of a person, and the statement that ends them. */
#ifndef STORE_SHRED_H
#define STORE_SHRED_H

#include "store/registry_tail.h"

extern const struct pg_statement shred_load_sql;
extern const struct pg_statement shred_sql;

/* Prescriptions of a person, or (rx_id) one, that have a key; oldest first, at most `limit`. */
MUST_CHECK int store_shred_load(struct pg_unit *unit, struct arena *arena,
	const uint8_t *person_key, const uint8_t *rx_id, int64_t now_ms, int32_t limit);
struct shred_row {
	struct slice rx_id, person_key; /* borrowed until the unit is cleared */
	bool due;                       /* its retention is over */
};
void store_shred_row(const struct pg_unit *unit, unsigned query, int row, struct shred_row *ret);

/* Destroy these keys, with event, answer and all; registry_tail_changed() says whether any was
 * there. */
MUST_CHECK int store_shred(struct pg_unit *unit, struct arena *arena,
	const struct registry_write *w, const struct slice *rx_ids, size_t count);

#endif
