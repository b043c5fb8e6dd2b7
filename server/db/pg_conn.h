/* One connection of a lane: prepares the statements, then carries one batch at a time.
 *
 * Ownership: embedded in its lane.  Threads: the loop's own.
 */
#ifndef DB_PG_CONN_H
#define DB_PG_CONN_H

#include "db/pg_batch.h"
#include "db/pg_link.h"

struct pg_lane;

/*   DOWN --> PREPARING --> IDLE --> SENDING --> WAITING --> IDLE
 *                            |                   ^   |
 *                            +--- small batch ---+   +--> ROLLING_BACK --> IDLE
 *
 * All of them wait for the socket, but IDLE, which waits for the lane; while SENDING, COMMIT is
 * held back.  A lost connection leads to DOWN; what was SENDING or WAITING is settled first. */
enum pg_conn_state {
	PG_CONN_DOWN,
	PG_CONN_PREPARING,
	PG_CONN_IDLE,
	PG_CONN_SENDING,
	PG_CONN_WAITING,
	PG_CONN_ROLLING_BACK,
};

enum {
	PG_PREPARE_MS_MAX = 10 * 1000, /* for guards and PREPAREs */
	PG_CONN_NAME_MAX = 64,         /* bytes */
};

struct pg_conn {
	struct pg_link link;
	struct pg_lane *lane;
	char name[PG_CONN_NAME_MAX];
	enum pg_conn_state state;
	unsigned answers;  /* of PREPARING and ROLLING_BACK: statements answered so far */
	bool is_answered;  /* the next of them has its result, its end has not come */
	bool is_refused;   /* a guard or a PREPARE failed */
	struct pg_batch batch; /* of SENDING and WAITING; filled while IDLE */
};

MUST_CHECK int pg_conn_open(struct pg_conn *c, struct pg_lane *lane, unsigned index);
/* A batch in flight is settled as far as it got; idempotent. */
void pg_conn_close(struct pg_conn *c);
/* Send the batch, which the lane has filled while the connection was idle. */
void pg_conn_send(struct pg_conn *c);
static inline bool pg_conn_is_busy(const struct pg_conn *c)
{
	return c->state == PG_CONN_SENDING || c->state == PG_CONN_WAITING;
}

#endif
