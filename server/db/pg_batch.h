/* One pipeline on its way: which statement was handed to libpq, which answer comes next, and what
 * may be said for certain at any moment about what PostgreSQL has kept.
 *
 * Ownership: units are borrowed from the lane while the batch is in flight.  Threads: one.
 */
#ifndef DB_PG_BATCH_H
#define DB_PG_BATCH_H

#include <libpq-fe.h>

#include "db/pg.h"
#include "db/pg_error.h"

#define PG_STATEMENT_BEGIN "begin"
#define PG_STATEMENT_COMMIT "commit"
#define PG_STATEMENT_ROLLBACK "rollback"

enum {
	/* Parameters up to here travel together with their COMMIT; see pg_batch.c. */
	PG_COMMIT_HOLD_BYTES = 32 * 1024,
	PG_CONSTRAINT_MAX = 64, /* bytes, as PostgreSQL cuts names */
};

/* What the next answer belongs to. */
enum pg_batch_slot { PG_SLOT_BEGIN, PG_SLOT_QUERY, PG_SLOT_COMMIT, PG_SLOT_SYNC, PG_SLOT_END };

enum pg_verdict {
	PG_VERDICT_DONE,    /* committed, or read whole */
	PG_VERDICT_UNDONE,  /* certainly nothing of it is in the database */
	PG_VERDICT_UNKNOWN, /* COMMIT was handed over and no answer can be trusted */
};

struct pg_batch {
	struct pg_unit *units[PG_BATCH_UNITS];
	unsigned count;
	size_t bytes;
	bool is_write;

	enum pg_batch_slot slot;
	unsigned unit; /* of PG_SLOT_QUERY; units before it are read whole */
	unsigned query;
	bool is_answered;    /* the slot has its result, its end has not come */
	bool is_commit_sent; /* handed to libpq, which is all that can be known */
	bool is_committed;   /* COMMIT was answered with the tag COMMIT */
	bool is_doubtful;    /* ... but waiting for the standby had been cancelled */
	bool is_failed;      /* PostgreSQL itself refused a statement */
	unsigned culprit;    /* when failed: index of the unit, or count when it was none */
	unsigned culprit_query;
	char sqlstate[PG_SQLSTATE_LEN + 1];
	char constraint[PG_CONSTRAINT_MAX];
	int64_t sent_us;
};

void pg_batch_init(struct pg_batch *b, bool is_write);
void pg_batch_add(struct pg_batch *b, struct pg_unit *unit);
/* Hand everything to libpq; of a large write all but COMMIT and Sync.  ERR_DB_AWAY: the connection
 * is of no more use. */
MUST_CHECK int pg_batch_send(struct pg_batch *b, PGconn *pg);
bool pg_batch_is_held(const struct pg_batch *b);
MUST_CHECK int pg_batch_send_end(struct pg_batch *b, PGconn *pg); /* of one that is held */
/* Take the answers that are there.  ERR_DB_AWAY: the connection is of no more use. */
MUST_CHECK int pg_batch_receive(struct pg_batch *b, PGconn *pg);
void pg_batch_notice(struct pg_batch *b, const PGresult *notice);
static inline bool pg_batch_is_over(const struct pg_batch *b) { return b->slot == PG_SLOT_END; }
/* For the whole of a write; of a read, for the unit it stopped at and those behind it. */
enum pg_verdict pg_batch_verdict(const struct pg_batch *b);

#endif
