/* One connection to PostgreSQL that comes back by itself: connect, watch the socket, back off.
 *
 * A link knows nothing of queries.  Its user is told when it is up, when bytes have come, when a
 * time limit has passed; the user says pg_link_drop() when the connection is of no more use.
 *
 * Ownership: embedded in its user; `login` and `user` are borrowed until pg_link_close().
 * Threads: the loop's own.  No callback runs inside pg_link_open(), _drop() or _close().
 */
#ifndef DB_PG_LINK_H
#define DB_PG_LINK_H

#include <libpq-fe.h>

#include "db/pg_login.h"
#include "loop/loop.h"

enum {
	PG_CONNECT_MS_MAX = 5000, /* from the first packet to "ready for query" */
	PG_BACKOFF_MS_MIN = 50,
	PG_BACKOFF_MS_MAX = 2000,
	PG_LINK_REASON_MAX = 256, /* bytes of a reason in the log */
};

struct pg_link;

struct pg_link_user {
	void (*up)(struct pg_link *link); /* non-blocking, nothing sent yet */
	/* Bytes were read, or alive = false: what has been read is still there, nothing follows. */
	void (*input)(struct pg_link *link, bool alive);
	/* Everything handed to libpq has gone to the kernel, after it could not at once. */
	void (*flushed)(struct pg_link *link);
	void (*late)(struct pg_link *link); /* the time of pg_link_limit() has passed */
	void (*notice)(struct pg_link *link, const PGresult *notice);
};

enum pg_link_state { PG_LINK_RESTING, PG_LINK_CONNECTING, PG_LINK_UP, PG_LINK_CLOSED };

struct pg_link {
	struct loop *loop;
	const struct pg_login *login;
	const struct pg_link_user *user;
	const char *name; /* for the log, borrowed */
	enum pg_link_state state;
	PGconn *pg;
	struct loop_watch watch;
	struct loop_timer timer;
	int64_t backoff_ms;
	bool was_up; /* for the log: lost, or still away */
};

MUST_CHECK int pg_link_open(struct pg_link *link, struct loop *loop, const char *name,
	const struct pg_login *login, const struct pg_link_user *user);
void pg_link_close(struct pg_link *link); /* idempotent */
/* The connection works as it should: the next loss is followed by a short rest again. */
void pg_link_settled(struct pg_link *link);
/* Give the connection up, say why in the log, rest, connect again. */
void pg_link_drop(struct pg_link *link, const char *reason);
/* Give bytes to the kernel.  Returns 0 when all are gone, 1 when `flushed` will be called, or
 * ERR_DB_AWAY; then the user drops the link. */
MUST_CHECK int pg_link_flush(struct pg_link *link);
/* Call `late` after so much time; replaces what was set.  0 takes the limit away. */
void pg_link_limit(struct pg_link *link, int64_t ms);
/* libpq's last message on one line. */
void pg_link_reason(const struct pg_link *link, char out[PG_LINK_REASON_MAX]);

#endif
