/* Typed parameters in, typed columns out; the only place that knows PostgreSQL's binary forms.
 *
 * Columns are addressed by (query of the unit, row, column).  A column of another width than asked
 * for, or NULL where a value is asked for, is a bug in the SQL and stops the process (ensure).
 */
#ifndef DB_PG_VALUE_H
#define DB_PG_VALUE_H

#include "db/pg.h"

void pg_param_i16(struct pg_param *p, int16_t v);
void pg_param_i32(struct pg_param *p, int32_t v);
void pg_param_i64(struct pg_param *p, int64_t v);
void pg_param_bool(struct pg_param *p, bool v);
void pg_param_bytes(struct pg_param *p, struct slice v); /* bytea; borrowed */
void pg_param_text(struct pg_param *p, const char *v);   /* text; borrowed; NULL = SQL NULL */
void pg_param_time(struct pg_param *p, int64_t at_ms);   /* timestamptz */
void pg_param_null(struct pg_param *p);

/* Arrays are written into `out`, which must outlive the unit.  Elements are never NULL. */
size_t pg_array_len_i64(size_t count);
void pg_param_array_i64(struct pg_param *p, struct writer *out, const int64_t *v, size_t count);
void pg_param_array_i16(struct pg_param *p, struct writer *out, const int16_t *v, size_t count);
void pg_param_array_time(struct pg_param *p, struct writer *out, const int64_t *at_ms,
	size_t count); /* timestamptz */
void pg_param_array_text(struct pg_param *p, struct writer *out, const struct slice *v,
	size_t count);
void pg_param_array_bytes(struct pg_param *p, struct writer *out, const struct slice *v,
	size_t count);
void pg_param_array_bool(struct pg_param *p, struct writer *out, const bool *v, size_t count);
/* Room an array of `count` elements with `bytes` bytes in all needs at most. */
size_t pg_array_room(size_t count, size_t bytes);

int pg_rows(const struct pg_unit *u, unsigned query);
int64_t pg_affected(const struct pg_unit *u, unsigned query); /* of INSERT, UPDATE, DELETE */
bool pg_is_null(const struct pg_unit *u, unsigned query, int row, int column);
int16_t pg_i16(const struct pg_unit *u, unsigned query, int row, int column);
int32_t pg_i32(const struct pg_unit *u, unsigned query, int row, int column);
int64_t pg_i64(const struct pg_unit *u, unsigned query, int row, int column);
bool pg_bool(const struct pg_unit *u, unsigned query, int row, int column);
int64_t pg_time(const struct pg_unit *u, unsigned query, int row, int column); /* ms since 1970 */
struct slice pg_bytes(const struct pg_unit *u, unsigned query, int row, int column);
/* NUL-terminated; borrowed until pg_unit_clear(). */
const char *pg_text(const struct pg_unit *u, unsigned query, int row, int column);

/* Iterate a one-dimensional array column of text, bytea or int8; false at the end. */
struct pg_array {
	struct reader in;
	uint32_t left;
};
void pg_array_open(struct pg_array *a, const struct pg_unit *u, unsigned query, int row,
	int column);
bool pg_array_next(struct pg_array *a, struct slice *ret_element);
bool pg_array_next_i64(struct pg_array *a, int64_t *ret_element);

#endif
