/* LISTEN, and an occasional question whether anybody is still there: a connection that carries no
 * traffic of its own would otherwise look alive for as long as TCP believes in it.
 */
#include "db/pg_listen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "db/pg_link.h"

enum {
	PG_LISTEN_PROBE_MS = 2000,  /* between questions */
	PG_LISTEN_ANSWER_MS = 5000, /* for an answer */
};

struct pg_listen {
	struct pg_link link;
	struct loop *loop;
	struct pg_login login;
	char *channel;
	void (*notified)(void *arg);
	void *arg;
	bool is_up;      /* LISTEN was answered */
	bool is_asked;   /* an answer is to come */
	bool is_refused; /* ... and it was an error */
	struct loop_task tell;
	struct loop_grave grave;
};

static void pg_listen_lost(struct pg_listen *l, const char *reason)
{
	char by_libpq[PG_LINK_REASON_MAX];

	if (reason == NULL) {
		pg_link_reason(&l->link, by_libpq);
		reason = by_libpq;
	}
	l->is_up = false;
	pg_link_drop(&l->link, reason);
}

static void pg_listen_ask(struct pg_listen *l, const char *sql)
{
	l->is_asked = true;
	l->is_refused = false;
	pg_link_limit(&l->link, PG_LISTEN_ANSWER_MS);
	if (PQsendQuery(l->link.pg, sql) != 1 || pg_link_flush(&l->link) < 0)
		pg_listen_lost(l, NULL);
}

static void pg_listen_on_up(struct pg_link *link)
{
	struct pg_listen *l = container_of(link, struct pg_listen, link);
	char *channel = PQescapeIdentifier(link->pg, l->channel, strlen(l->channel));
	char sql[256];

	if (channel == NULL || snprintf(sql, sizeof(sql), "LISTEN %s", channel) >= (int)sizeof(sql)) {
		PQfreemem(channel);
		pg_listen_lost(l, NULL);
		return;
	}
	PQfreemem(channel);
	pg_listen_ask(l, sql);
}

static void pg_listen_answered(struct pg_listen *l)
{
	l->is_asked = false;
	if (l->is_refused) {
		pg_listen_lost(l, NULL);
		return;
	}
	pg_link_limit(&l->link, PG_LISTEN_PROBE_MS);
	if (l->is_up)
		return;
	l->is_up = true;
	pg_link_settled(&l->link);
	loop_defer(l->loop, &l->tell);
}

static void pg_listen_on_input(struct pg_link *link, bool alive)
{
	struct pg_listen *l = container_of(link, struct pg_listen, link);
	PGnotify *notify;
	PGresult *result;

	while (l->is_asked && !PQisBusy(link->pg)) {
		result = PQgetResult(link->pg);
		if (result == NULL) {
			pg_listen_answered(l);
			break;
		}
		if (PQresultStatus(result) == PGRES_FATAL_ERROR)
			l->is_refused = true;
		PQclear(result);
	}
	if (link->state != PG_LINK_UP)
		return;
	while ((notify = PQnotifies(link->pg)) != NULL) {
		PQfreemem(notify);
		if (l->is_up)
			loop_defer(l->loop, &l->tell);
	}
	if (!alive)
		pg_listen_lost(l, NULL);
}

static void pg_listen_on_flushed(struct pg_link *link)
{
	(void)link; /* the answer is what is waited for */
}

static void pg_listen_on_late(struct pg_link *link)
{
	struct pg_listen *l = container_of(link, struct pg_listen, link);

	if (l->is_asked)
		pg_listen_lost(l, "no answer in time");
	else
		pg_listen_ask(l, "SELECT 1");
}

static const struct pg_link_user pg_listen_user = {
	.up = pg_listen_on_up,
	.input = pg_listen_on_input,
	.flushed = pg_listen_on_flushed,
	.late = pg_listen_on_late,
};

static void pg_listen_on_tell(struct loop_task *task)
{
	struct pg_listen *l = container_of(task, struct pg_listen, tell);

	l->notified(l->arg);
}

static void pg_listen_free(struct pg_listen *l)
{
	pg_login_clear(&l->login);
	free(l->channel);
	free(l);
}

static void pg_listen_release(struct loop_grave *grave)
{
	pg_listen_free(container_of(grave, struct pg_listen, grave));
}

int pg_listen_open(struct pg_listen **ret, struct loop *loop, const char *conninfo,
	const char *channel, void (*notified)(void *arg), void *arg)
{
	struct pg_listen *l;
	int r;

	ensure(notified != NULL);
	if (strlen(channel) < 1 || strlen(channel) > PG_LISTEN_CHANNEL_MAX)
		return ERR_CONFIG;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return ERR_MEMORY;
	l->loop = loop;
	l->notified = notified;
	l->arg = arg;
	l->tell.run = pg_listen_on_tell;
	l->grave.release = pg_listen_release;
	l->channel = strdup(channel);
	r = l->channel == NULL ? ERR_MEMORY : pg_login_init(&l->login, conninfo, "listen", "");
	if (r == 0)
		r = pg_link_open(&l->link, loop, "listen", &l->login, &pg_listen_user);
	if (r != 0) {
		pg_listen_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void pg_listen_close(struct pg_listen *l)
{
	if (l == NULL)
		return;
	loop_defer_cancel(&l->tell);
	l->is_up = false;
	pg_link_close(&l->link);
	loop_bury(l->loop, &l->grave);
}

bool pg_listen_is_up(const struct pg_listen *l)
{
	return l->is_up;
}
