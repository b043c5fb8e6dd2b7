/* What is hard about connecting without ever blocking:
 *
 * - PQconnectPoll() may close its socket and open another (next host, TLS refused), even one with
 *   the same number.  So the watch is taken off before each poll and put on anew after it.
 * - libpq's own connect_timeout only works in its blocking calls.  The link's timer limits the
 *   whole attempt.
 * - A host name would be looked up inside PQconnectStartParams(), and that blocks: give addresses.
 * - When the kernel takes no more bytes, PostgreSQL may be waiting for us to read first.  So a link
 *   that waits to write always waits to read as well.
 */
#include "db/pg_link.h"

#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"

static void pg_link_connect(struct pg_link *link);

void pg_link_reason(const struct pg_link *link, char out[PG_LINK_REASON_MAX])
{
	const char *message = link->pg != NULL ? PQerrorMessage(link->pg) : "out of memory";
	size_t len = strnlen(message, PG_LINK_REASON_MAX - 1);
	size_t i;

	while (len > 0 && message[len - 1] == '\n')
		len--;
	for (i = 0; i < len; i++)
		out[i] = (char)(message[i] == '\n' || message[i] == '\t' ? ' ' : message[i]);
	out[len] = '\0';
}

static void pg_link_clear(struct pg_link *link)
{
	loop_watch_close(&link->watch);
	if (link->pg != NULL)
		PQfinish(link->pg);
	link->pg = NULL;
}

void pg_link_drop(struct pg_link *link, const char *reason)
{
	int64_t half_ms;

	ensure(link->state != PG_LINK_CLOSED);
	if (link->backoff_ms == 0) {
		link->backoff_ms = PG_BACKOFF_MS_MIN;
	} else {
		link->backoff_ms *= 2;
		if (link->backoff_ms > PG_BACKOFF_MS_MAX)
			link->backoff_ms = PG_BACKOFF_MS_MAX;
	}
	if (link->was_up)
		log_warn("lost the database connection \"%s\": %s, retrying", link->name, reason);
	else
		log_warn("could not connect \"%s\" to the database: %s, retrying", link->name, reason);
	link->was_up = false;
	pg_link_clear(link);
	link->state = PG_LINK_RESTING;
	/* Half of it is drawn by lot, so that the connections of all servers do not come at once. */
	half_ms = link->backoff_ms / 2;
	loop_timer_set(&link->timer, half_ms + arc4random_uniform((uint32_t)half_ms + 1));
}

static void pg_link_drop_by_libpq(struct pg_link *link)
{
	char reason[PG_LINK_REASON_MAX];

	pg_link_reason(link, reason);
	pg_link_drop(link, reason);
}

static void pg_link_on_notice(void *arg, const PGresult *notice)
{
	struct pg_link *link = arg;

	if (link->user->notice != NULL)
		link->user->notice(link, notice);
}

static void pg_link_on_ready(struct loop_watch *watch, int what);

static int pg_link_watch(struct pg_link *link, int what)
{
	int r = loop_watch_open(&link->watch, link->loop, PQsocket(link->pg), pg_link_on_ready);

	if (r == 0)
		loop_watch_want(&link->watch, what);
	return r;
}

static void pg_link_on_connected(struct pg_link *link)
{
	loop_timer_cancel(&link->timer);
	if (PQsetnonblocking(link->pg, 1) != 0 || pg_link_watch(link, LOOP_READ) != 0) {
		pg_link_drop_by_libpq(link);
		return;
	}
	link->state = PG_LINK_UP;
	link->user->up(link);
}

/* One step of connecting; libpq says what it waits for next. */
static void pg_link_poll(struct pg_link *link)
{
	PostgresPollingStatusType next;
	int r = 0;

	loop_watch_close(&link->watch);
	next = PQconnectPoll(link->pg);
	if (next == PGRES_POLLING_OK) {
		pg_link_on_connected(link);
		return;
	}
	if (next == PGRES_POLLING_READING)
		r = pg_link_watch(link, LOOP_READ);
	else if (next == PGRES_POLLING_WRITING)
		r = pg_link_watch(link, LOOP_WRITE);
	if (next == PGRES_POLLING_FAILED || r != 0)
		pg_link_drop_by_libpq(link);
}

static void pg_link_on_ready(struct loop_watch *watch, int what)
{
	struct pg_link *link = container_of(watch, struct pg_link, watch);
	bool alive;
	int r;

	if (link->state == PG_LINK_CONNECTING) {
		pg_link_poll(link);
		return;
	}
	ensure(link->state == PG_LINK_UP);
	alive = PQconsumeInput(link->pg) == 1;
	if (alive && (what & LOOP_WRITE) != 0) {
		r = pg_link_flush(link);
		if (r == 0)
			link->user->flushed(link);
		alive = r >= 0;
		if (link->state != PG_LINK_UP)
			return; /* `flushed` gave it up */
	}
	link->user->input(link, alive);
}

static void pg_link_connect(struct pg_link *link)
{
	link->state = PG_LINK_CONNECTING;
	link->pg = PQconnectStartParams(link->login->keywords, link->login->values, 0);
	if (link->pg == NULL || PQstatus(link->pg) == CONNECTION_BAD) {
		pg_link_drop_by_libpq(link);
		return;
	}
	(void)PQsetNoticeReceiver(link->pg, pg_link_on_notice, link); /* returns the old one */
	loop_timer_set(&link->timer, PG_CONNECT_MS_MAX);
	/* As if PQconnectPoll() had last said "writing". */
	if (pg_link_watch(link, LOOP_WRITE) != 0)
		pg_link_drop_by_libpq(link);
}

static void pg_link_on_timer(struct loop_timer *timer)
{
	struct pg_link *link = container_of(timer, struct pg_link, timer);

	switch (link->state) {
	case PG_LINK_RESTING:
		pg_link_connect(link);
		break;
	case PG_LINK_CONNECTING:
		pg_link_drop(link, "no answer in time");
		break;
	case PG_LINK_UP:
		link->user->late(link);
		break;
	case PG_LINK_CLOSED:
	default:
		ensure_never("the timer of a closed link");
	}
}

int pg_link_open(struct pg_link *link, struct loop *loop, const char *name,
	const struct pg_login *login, const struct pg_link_user *user)
{
	int r;

	memset(link, 0, sizeof(*link));
	link->loop = loop;
	link->name = name;
	link->login = login;
	link->user = user;
	link->state = PG_LINK_CLOSED;
	r = loop_timer_open(&link->timer, loop, pg_link_on_timer);
	if (r != 0)
		return r;
	link->state = PG_LINK_RESTING;
	loop_timer_set(&link->timer, 0);
	return 0;
}

void pg_link_close(struct pg_link *link)
{
	pg_link_clear(link);
	loop_timer_close(&link->timer);
	link->state = PG_LINK_CLOSED;
}

void pg_link_settled(struct pg_link *link)
{
	link->backoff_ms = 0;
	link->was_up = true;
}

int pg_link_flush(struct pg_link *link)
{
	int left = PQflush(link->pg);

	if (left < 0)
		return ERR_DB_AWAY;
	loop_watch_want(&link->watch, left > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
	return left > 0 ? 1 : 0;
}

void pg_link_limit(struct pg_link *link, int64_t ms)
{
	ensure(link->state == PG_LINK_UP);
	if (ms == 0)
		loop_timer_cancel(&link->timer);
	else
		loop_timer_set(&link->timer, ms);
}
