#include "db/pg_value.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "base/ensure.h"

static const PGresult *pg_result_of(const struct pg_unit *u, unsigned query)
{
	ensure(query < u->count && u->queries[query].result != NULL);
	return u->queries[query].result;
}

static void pg_value_check(const PGresult *result, int row, int column)
{
	ensure(row >= 0 && row < PQntuples(result));
	ensure(column >= 0 && column < PQnfields(result));
	ensure(PQfformat(result, column) == 1);
}

int pg_rows(const struct pg_unit *u, unsigned query)
{
	return PQntuples(pg_result_of(u, query));
}

int64_t pg_affected(const struct pg_unit *u, unsigned query)
{
	/* libpq asks for a non-const result but only reads it. */
	(void)pg_result_of(u, query);
	return strtoll(PQcmdTuples(u->queries[query].result), NULL, 10);
}

bool pg_is_null(const struct pg_unit *u, unsigned query, int row, int column)
{
	const PGresult *result = pg_result_of(u, query);

	pg_value_check(result, row, column);
	return PQgetisnull(result, row, column) != 0;
}

struct slice pg_bytes(const struct pg_unit *u, unsigned query, int row, int column)
{
	const PGresult *result = pg_result_of(u, query);

	ensure(!pg_is_null(u, query, row, column));
	return slice_of(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

/* A big-endian integer that must be exactly `len` bytes wide. */
static uint64_t pg_value_integer(const struct pg_unit *u, unsigned query, int row, int column,
	size_t len)
{
	struct slice s = pg_bytes(u, query, row, column);
	uint64_t v = 0;
	size_t i;

	ensure(s.len == len);
	for (i = 0; i < len; i++)
		v = v << 8 | s.data[i];
	return v;
}

int16_t pg_i16(const struct pg_unit *u, unsigned query, int row, int column)
{
	return (int16_t)pg_value_integer(u, query, row, column, 2);
}

int32_t pg_i32(const struct pg_unit *u, unsigned query, int row, int column)
{
	return (int32_t)pg_value_integer(u, query, row, column, 4);
}

int64_t pg_i64(const struct pg_unit *u, unsigned query, int row, int column)
{
	return (int64_t)pg_value_integer(u, query, row, column, 8);
}

bool pg_bool(const struct pg_unit *u, unsigned query, int row, int column)
{
	return pg_value_integer(u, query, row, column, 1) != 0;
}

const char *pg_text(const struct pg_unit *u, unsigned query, int row, int column)
{
	/* libpq ends every value with a NUL that it does not count. */
	return (const char *)pg_bytes(u, query, row, column).data;
}
