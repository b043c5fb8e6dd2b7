/* Parameters of one query, bound in order and counted against the statement. */
#ifndef STORE_BINDER_H
#define STORE_BINDER_H

#include "base/arena.h"
#include "db/pg_value.h"

struct binder {
	const struct pg_statement *statement;
	struct pg_param *params;
	int bound;
};

/* False when the arena is exhausted. */
MUST_CHECK bool binder_open(struct binder *b, struct arena *arena,
	const struct pg_statement *statement);
/* The next parameter to fill. */
struct pg_param *binder_next(struct binder *b);
/* The next parameter is an array, whose room is the arena's.  0, or ERR_MEMORY. */
MUST_CHECK int binder_texts(struct binder *b, struct arena *arena, const struct slice *v,
	size_t count);
MUST_CHECK int binder_byte_strings(struct binder *b, struct arena *arena, const struct slice *v,
	size_t count);
MUST_CHECK int binder_i64s(struct binder *b, struct arena *arena, const int64_t *v, size_t count);
MUST_CHECK int binder_times(struct binder *b, struct arena *arena, const int64_t *at_ms,
	size_t count);
/* Every parameter is bound: add the query to the unit. */
void binder_close(struct binder *b, struct pg_unit *unit);

#endif
