/* The prescription statements' text.  Every table names its bucket, also inside subqueries. */
#ifndef STORE_PRESCRIPTION_SQL_H
#define STORE_PRESCRIPTION_SQL_H

#include "db/pg.h"

extern const struct pg_statement prescription_put_sql;
extern const struct pg_statement prescription_load_sql;
extern const struct pg_statement prescriptions_open_sql;
extern const struct pg_statement prescriptions_all_sql;
extern const struct pg_statement documents_load_sql;
extern const struct pg_statement documents_open_sql;
extern const struct pg_statement documents_all_sql;
extern const struct pg_statement reply_load_sql;
extern const struct pg_statement reply_replay_sql;
extern const struct pg_statement reply_put_sql;

#endif
