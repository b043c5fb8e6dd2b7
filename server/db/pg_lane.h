/* The inside of a lane, for the files that share it: pg_lane.c queues, pg_conn.c sends, pg_settle.c
 * decides what becomes of the units of a batch that has ended.
 */
#ifndef DB_PG_LANE_H
#define DB_PG_LANE_H

#include "db/pg.h"
#include "db/pg_conn.h"
#include "db/pg_login.h"

struct pg_lane {
	struct loop *loop;
	struct pg_lane_options options; /* conninfo is not kept: see login */
	char *name;
	struct pg_login login;
	struct pg_conn *conns; /* options.connections of them */
	unsigned up;

	struct list waiting;  /* in the order they will be sent */
	struct list resting;  /* after a conflict, until their time has come */
	struct list finished; /* done() will be called this turn */
	size_t waiting_count; /* waiting and resting */
	uint64_t order;

	struct loop_task turn;
	struct loop_timer timer;
	int64_t wake_ms; /* when the timer is set for; INT64_MAX: it is not */

	bool is_closing;
	void (*closed)(void *arg);
	void *closed_arg;
	struct loop_grave grave;
	struct pg_lane_metrics metrics;
};

/* Something has changed: dispatch and deliver at the end of this turn. */
void pg_lane_kick(struct pg_lane *lane);
/* The unit has ended; done() follows this turn. */
void pg_lane_finish(struct pg_lane *lane, struct pg_unit *unit, int status);
/* Back to the front of the queue; ends it when the lane is closing. */
void pg_lane_requeue(struct pg_lane *lane, struct pg_unit *unit);
/* Back to the queue after a while. */
void pg_lane_rest(struct pg_lane *lane, struct pg_unit *unit, int64_t ms);

/* Say for each unit of a batch that is over, or whose connection is lost, what becomes of it. */
void pg_settle(struct pg_lane *lane, const struct pg_batch *batch);

#endif
