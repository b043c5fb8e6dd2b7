/* Counting, so that SQL text and C never disagree unnoticed. */
#include "store/binder.h"

#include "base/ensure.h"

bool binder_open(struct binder *b, struct arena *arena, const struct pg_statement *statement)
{
	ensure(statement->params <= PG_PARAMS_MAX);
	b->statement = statement;
	b->bound = 0;
	b->params = arena_array(arena, (size_t)statement->params + 1, sizeof(*b->params));
	return b->params != NULL;
}

struct pg_param *binder_next(struct binder *b)
{
	ensure(b->bound < b->statement->params);
	return &b->params[b->bound++];
}

void binder_close(struct binder *b, struct pg_unit *unit)
{
	ensure(b->bound == b->statement->params);
	pg_unit_add(unit, b->statement, b->params);
}
