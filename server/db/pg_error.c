#include "db/pg_error.h"

#include <stdbool.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"

static const struct {
	const char *sqlstate; /* five characters, or the first two: a whole class */
	enum pg_fault fault;
	int status;
} pg_errors[] = {
	{"23505", PG_FAULT_OWN, ERR_DB_UNIQUE},
	{"23514", PG_FAULT_OWN, ERR_DB_CHECK},
	{"40001", PG_FAULT_CONFLICT, ERR_DB_CONFLICT},
	{"40P01", PG_FAULT_CONFLICT, ERR_DB_CONFLICT},
	{"55P03", PG_FAULT_CONFLICT, ERR_DB_CONFLICT},
	{"57014", PG_FAULT_OWN, ERR_TIMEOUT}, /* statement_timeout: rolled back, may pass later */
	{"0A000", PG_FAULT_STALE_PLAN, ERR_DB_REFUSED},
	{"26000", PG_FAULT_STALE_PLAN, ERR_DB_REFUSED},
	{"57P01", PG_FAULT_AWAY, ERR_DB_AWAY},
	{"57P02", PG_FAULT_AWAY, ERR_DB_AWAY},
	{"57P03", PG_FAULT_AWAY, ERR_DB_AWAY},
	{"57P05", PG_FAULT_AWAY, ERR_DB_AWAY}, /* idle_session_timeout */
	{"25P03", PG_FAULT_AWAY, ERR_DB_AWAY}, /* idle_in_transaction_session_timeout */
	{"25006", PG_FAULT_AWAY, ERR_DB_AWAY}, /* it became a standby */
	{"08", PG_FAULT_AWAY, ERR_DB_AWAY},
};

static bool pg_error_find(const char *sqlstate, size_t *ret_index)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(pg_errors); i++) {
		if (strncmp(sqlstate, pg_errors[i].sqlstate, strlen(pg_errors[i].sqlstate)) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

enum pg_fault pg_error_fault(const char *sqlstate)
{
	size_t i;

	return pg_error_find(sqlstate, &i) ? pg_errors[i].fault : PG_FAULT_OWN;
}

int pg_error_status(const char *sqlstate)
{
	size_t i;

	return pg_error_find(sqlstate, &i) ? pg_errors[i].status : ERR_DB_REFUSED;
}
