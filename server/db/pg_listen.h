/* One connection that only listens for a NOTIFY channel; a hint, never the authority.
 *
 * Reconnects by itself with back-off; `notified` also comes after every (re)connection, because
 * something may have been missed.  Threads: the loop's own.
 */
#ifndef DB_PG_LISTEN_H
#define DB_PG_LISTEN_H

#include "loop/loop.h"

enum { PG_LISTEN_CHANNEL_MAX = 63 }; /* bytes, as PostgreSQL cuts names */

struct pg_listen;
/* ERR_CONFIG when the conninfo or the channel cannot be used; ERR_MEMORY. */
MUST_CHECK int pg_listen_open(struct pg_listen **ret, struct loop *loop, const char *conninfo,
	const char *channel, void (*notified)(void *arg), void *arg);
void pg_listen_close(struct pg_listen *l); /* no `notified` after it; NULL is fine */
bool pg_listen_is_up(const struct pg_listen *l);

#endif
