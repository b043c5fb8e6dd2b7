/* Filling and clearing a unit of SQL. */
#include <libpq-fe.h>
#include <string.h>

#include "base/ensure.h"
#include "db/pg.h"

void pg_unit_init(struct pg_unit *unit, void (*done)(struct pg_unit *unit))
{
	ensure(done != NULL);
	memset(unit, 0, sizeof(*unit));
	unit->done = done;
	list_init(&unit->link);
}

void pg_unit_add(struct pg_unit *unit, const struct pg_statement *statement,
	struct pg_param *params)
{
	struct pg_query *query;

	ensure(unit->count < PG_UNIT_QUERIES);
	ensure(statement->params >= 0 && statement->params <= PG_PARAMS_MAX);
	ensure(statement->params == 0 || params != NULL);
	query = &unit->queries[unit->count++];
	query->statement = statement;
	query->params = params;
	query->result = NULL;
}

void pg_unit_clear(struct pg_unit *unit)
{
	unsigned i;

	for (i = 0; i < unit->count; i++) {
		PQclear(unit->queries[i].result);
		unit->queries[i].result = NULL;
	}
	unit->count = 0;
}
