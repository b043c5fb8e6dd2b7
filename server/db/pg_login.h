/* How to log in: a conninfo with our settings laid over it, as libpq wants it.
 *
 * Ownership: the login owns its texts; links borrow it.  Threads: one.
 */
#ifndef DB_PG_LOGIN_H
#define DB_PG_LOGIN_H

#include "proto/bytes.h"

enum {
	PG_LOGIN_WORDS = 64,        /* keywords at most */
	PG_LOGIN_OPTIONS_MAX = 1024, /* bytes of command line options for the backend */
	PG_LOGIN_NAME_MAX = 64,     /* bytes; PostgreSQL cuts application names there */
};

struct pg_login {
	void *parsed; /* PQconninfoOption[] */
	const char *keywords[PG_LOGIN_WORDS + 1];
	const char *values[PG_LOGIN_WORDS + 1];
	char options[PG_LOGIN_OPTIONS_MAX];
	char application[PG_LOGIN_NAME_MAX];
};

/* `settings` are "-c name=value" options behind those of the conninfo, so that they win.
 * Returns 0, ERR_CONFIG when the conninfo cannot be used, or ERR_MEMORY. */
MUST_CHECK int pg_login_init(struct pg_login *login, const char *conninfo, const char *name,
	const char *settings);
void pg_login_clear(struct pg_login *login);

#endif
