/* Pipelined PostgreSQL: many units share one commit, and every unit is answered exactly once.
 *
 * Contract: pg_submit() never calls done() before it returns.  Every submitted unit gets done()
 * exactly once, also when the connection dies, the server restarts or the lane is closed.
 *
 * A unit is at most PG_UNIT_QUERIES prepared statements that succeed or fail together.  A lane is a
 * queue of units and a fixed number of connections.  A connection takes everything that waits (at
 * most PG_BATCH_UNITS), sorted by row key, and sends it as ONE pipeline:
 *
 *     write lane   BEGIN; unit; unit; ...; COMMIT; Sync
 *     read lane    unit; unit; ...; Sync
 *
 * While a batch is in flight the next one collects itself; no timer is needed.  Results are
 * provisional until COMMIT's tag says COMMIT and the Sync has come.  When a unit of a batch fails,
 * the whole batch is rolled back; that unit is run again alone, and its neighbours together, in
 * half the company each time it happens to them.  So one failing request never spoils the others.
 *
 * How a unit ends (status):
 *     0                    committed (write) or read whole (read)
 *     ERR_DB_UNIQUE        SQLSTATE 23505, alone
 *     ERR_DB_CONFLICT      40001, 40P01, 55P03, alone, after PG_UNIT_TRIES or its deadline
 *     ERR_DB_REFUSED       any other SQLSTATE, alone; sqlstate says which
 *     ERR_DB_AWAY          certainly not done: no connection until its deadline, PG_UNIT_TRIES
 *                          connections lost under it, or the lane was closed
 *     ERR_TIMEOUT          certainly not done: its deadline passed while it waited in the queue, or
 *                          statement_timeout ended it
 *     ERR_FULL             the queue was at its limit (reported through done(), too)
 *     ERR_OUTCOME_UNKNOWN  a write whose COMMIT was sent and whose answer did not come, or came
 *                          with the notice that waiting for synchronous replication was cancelled
 * A unit that was not sent, or certainly not committed, and any read go back to the queue when
 * their connection dies.  Nothing in flight is ever cancelled: its deadline counts in the queue.
 *
 * The connections of a read lane are read-only (default_transaction_read_only).
 *
 * Ownership: the unit and everything its parameters point to are borrowed until done(); the results
 * belong to the unit until pg_unit_clear().  SQL text belongs to the floor above.
 * Threads: the loop's own.
 */
#ifndef DB_PG_H
#define DB_PG_H

#include "base/list.h"
#include "base/metrics.h"
#include "loop/loop.h"
#include "proto/bytes.h"

enum {
	PG_UNIT_QUERIES = 4,
	PG_PARAMS_MAX = 48,
	PG_BATCH_UNITS = 128,
	PG_BATCH_BYTES = 1024 * 1024, /* parameters of one batch; a larger single unit goes alone */
	PG_QUEUE_UNITS = 4096,
	PG_UNIT_TRIES = 5,
	PG_LANE_CONNECTIONS = 16,
	PG_LANE_CLOSE_MS = 5000, /* for batches in flight when the lane is closed */
	PG_ROW_KEY_LEN = 16,
	PG_STATEMENTS_MAX = 192,
};

/* One prepared statement: the name is what pg_stat_statements and the logs show. */
struct pg_statement {
	const char *name;
	const char *sql;
	int params;
};

/* A parameter, binary format.  Types follow from the SQL ($1::bigint ...). */
struct pg_param {
	struct slice value; /* borrowed */
	bool is_null;
	uint8_t small[8]; /* room for integers and times; value points here */
};

struct pg_query {
	const struct pg_statement *statement;
	struct pg_param *params; /* statement->params of them, borrowed (a request's arena) */
	void *result;            /* PGresult *, read through pg_value.h */
};

struct pg_unit {
	struct pg_query queries[PG_UNIT_QUERIES];
	unsigned count;
	uint8_t row_key[PG_ROW_KEY_LEN]; /* order inside a batch: bucket, rx id */
	int64_t deadline_mono_ms; /* of clock_mono_ms(); 0 = none */
	void (*done)(struct pg_unit *unit);

	int status;
	char sqlstate[6];
	/* the lane's own */
	struct list link;
	uint64_t order;        /* of submission */
	size_t bytes;          /* of parameters */
	unsigned tries;        /* runs it did not survive through no neighbour's fault */
	unsigned company;      /* units its next batch has at most, itself included */
	int64_t rest_until_ms; /* after a conflict */
};

/* Start filling a unit: nothing in it, no row key, no deadline. */
void pg_unit_init(struct pg_unit *unit, void (*done)(struct pg_unit *unit));
/* Add a query; `params` is borrowed.  At most PG_UNIT_QUERIES. */
void pg_unit_add(struct pg_unit *unit, const struct pg_statement *statement,
	struct pg_param *params);
/* Free the results; keep nothing.  Before a unit is submitted again. */
void pg_unit_clear(struct pg_unit *unit);

enum pg_lane_kind { PG_LANE_READ, PG_LANE_WRITE };

struct pg_lane_options {
	const char *name; /* for logs and metrics */
	enum pg_lane_kind kind;
	const char *conninfo;                   /* libpq; addresses, not names */
	/* Prepared on every connection; NULL-terminated. */
	const struct pg_statement *const *statements;
	unsigned connections;                   /* 1 .. PG_LANE_CONNECTIONS */
	int64_t statement_timeout_ms;
	int64_t batch_timeout_ms;   /* a batch without answer for so long: close, outcome unknown */
	/* First thing on every new connection, e.g. durability and schema checks; each must return one
	 * row of one true boolean, else the connection is refused and the text logged. */
	const char *const *guards;  /* NULL-terminated SQL, borrowed; NULL = none */
};

struct pg_lane_metrics {
	struct metric_counter queue_units;    /* waiting now */
	struct metric_counter connections_up;
	struct metric_counter batches;
	struct metric_counter units;
	struct metric_counter reruns;         /* batches that were run again unit by unit */
	struct metric_counter lost;           /* connections lost */
	struct metric_counter unknown;        /* units that ended ERR_OUTCOME_UNKNOWN */
	struct metric_histogram batch_units;  /* size of batches */
	struct metric_histogram batch_us;     /* send to Sync */
};

struct pg_lane;
/* Connects in the background.  ERR_CONFIG when an option is out of range, or the conninfo cannot be
 * read; ERR_MEMORY. */
MUST_CHECK int pg_lane_open(struct pg_lane **ret_lane, struct loop *loop,
	const struct pg_lane_options *options); /* options are copied; the statements are borrowed */
/* Ends every unit (done() comes), closes the connections, then calls closed() once. */
void pg_lane_close(struct pg_lane *lane, void (*closed)(void *arg), void *arg);
void pg_submit(struct pg_lane *lane, struct pg_unit *unit);
bool pg_lane_is_up(const struct pg_lane *lane); /* at least one connection works */
size_t pg_lane_waiting(const struct pg_lane *lane);
const struct pg_lane_metrics *pg_lane_metrics(const struct pg_lane *lane);

#endif
