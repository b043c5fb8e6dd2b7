/* Every prepared statement of the server and the checks each connection must pass. */
#ifndef STORE_STATEMENTS_H
#define STORE_STATEMENTS_H

#include "db/pg.h"

/* NULL-terminated; prepared on every connection. */
extern const struct pg_statement *const store_statements[];
/* NULL-terminated guard queries: durability settings, schema version, role without DDL. */
extern const char *const store_guards[];
/* The same without the durability settings; only for insecure_durability = on. */
extern const char *const store_guards_insecure[];

#endif
