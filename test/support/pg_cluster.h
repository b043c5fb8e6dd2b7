/* A real PostgreSQL of a test's own: made in a temporary directory, reached over a unix socket
 * only, killed and started again as the test likes, gone with it.
 *
 * The programs are looked for in $RXCIRC_PG_BIN, then where Debian puts them.  As root they run as
 * the user postgres.  When the test program dies, the server is ended by the kernel.
 * Threads: one at a time; kill and restart may be called from another thread than start.
 */
#ifndef TEST_SUPPORT_PG_CLUSTER_H
#define TEST_SUPPORT_PG_CLUSTER_H

#include <stdbool.h>
#include <sys/types.h>

enum { PG_CLUSTER_SETTINGS = 16 };

struct pg_cluster {
	char dir[64];       /* holds data/, the socket and log */
	char bin[64];
	char conninfo[128]; /* as the superuser */
	const char *settings[PG_CLUSTER_SETTINGS + 1];
	bool is_made;
	pid_t postmaster;
};

/* Make and start one.  `settings` are "name=value", NULL-terminated or NULL, borrowed; without them
 * fsync is off.  Returns false, with the reason on standard error, when there is no PostgreSQL. */
bool pg_cluster_start(struct pg_cluster *c, const char *const *settings);
/* End the server in order and remove the directory. */
void pg_cluster_stop(struct pg_cluster *c);
/* SIGKILL the postmaster; its children find out by themselves. */
void pg_cluster_kill(struct pg_cluster *c);
/* End the server at once, as pg_ctl's mode immediate does. */
void pg_cluster_halt(struct pg_cluster *c);
/* Wait until it takes connections again after a backend was killed. */
void pg_cluster_await(struct pg_cluster *c);
/* Start a killed or halted one again; returns when it takes connections. */
void pg_cluster_restart(struct pg_cluster *c);

/* Run SQL as the superuser on a connection of its own; a failure ends the test program. */
void pg_cluster_run(const struct pg_cluster *c, const char *sql);
/* The first column of the first row as a number. */
long long pg_cluster_number(const struct pg_cluster *c, const char *sql);

#endif
