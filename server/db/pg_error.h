/* What an SQLSTATE means for the unit that got it and for the connection it came over. */
#ifndef DB_PG_ERROR_H
#define DB_PG_ERROR_H

enum pg_fault {
	PG_FAULT_OWN,        /* the statement's own: running it again gives the same answer */
	PG_FAULT_CONFLICT,   /* a concurrent change won: the same unit may pass a moment later */
	PG_FAULT_STALE_PLAN, /* the prepared statement is gone or outdated: needs a new connection */
	PG_FAULT_AWAY,       /* the server is going or has gone: needs a new connection */
};

enum { PG_SQLSTATE_LEN = 5 };

enum pg_fault pg_error_fault(const char *sqlstate);
/* The ERR_* of a unit that failed alone and is not tried again. */
int pg_error_status(const char *sqlstate);

#endif
