#include "test/support/pg_cluster.h"

#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PG_CLUSTER_WAIT_MS = 60 * 1000, PG_CLUSTER_ARGS = 64 };

static _Noreturn void pg_cluster_fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "test cluster: %s: %s\n", what, why);
	exit(1);
}

static void pg_cluster_sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	(void)nanosleep(&t, NULL);
}

static bool pg_cluster_find(struct pg_cluster *c)
{
	static const char *const versions[] = {"15", "16", "17", "14"};
	const char *given = getenv("RXCIRC_PG_BIN");
	char path[128];
	size_t i;

	if (given != NULL) {
		(void)snprintf(c->bin, sizeof(c->bin), "%s", given);
		return true;
	}
	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		(void)snprintf(c->bin, sizeof(c->bin), "/usr/lib/postgresql/%s/bin", versions[i]);
		(void)snprintf(path, sizeof(path), "%s/postgres", c->bin);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* PostgreSQL refuses to run as root. */
static const struct passwd *pg_cluster_user(void)
{
	const struct passwd *user;

	if (getuid() != 0)
		return NULL;
	user = getpwnam("postgres");
	if (user == NULL)
		pg_cluster_fail("cannot run as root", "there is no user \"postgres\"");
	return user;
}

/* In the child: become who may run PostgreSQL, write into the log, run. */
static _Noreturn void pg_cluster_exec(const struct pg_cluster *c, const struct passwd *user,
	bool of_main_thread, const char *const *args)
{
	char path[160];
	int log;

	(void)snprintf(path, sizeof(path), "%s/log", c->dir);
	if (user != NULL && (initgroups(user->pw_name, user->pw_gid) != 0 ||
				    setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
		_exit(126);
	/* After setuid(), which takes it away.  It tells of the death of a thread, not of the process,
	 * so only what the main thread started is bound to it. */
	if (of_main_thread)
		(void)prctl(PR_SET_PDEATHSIG, SIGQUIT);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 ||
		chdir(c->dir) != 0)
		_exit(126);
	(void)snprintf(path, sizeof(path), "%s/%s", c->bin, args[0]);
	(void)execv(path, (char *const *)(uintptr_t)args);
	_exit(127);
}

static pid_t pg_cluster_spawn(const struct pg_cluster *c, const char *const *args)
{
	const struct passwd *user = pg_cluster_user();
	bool of_main_thread = gettid() == getpid();
	pid_t pid = fork();

	if (pid < 0)
		pg_cluster_fail("could not start a program", "fork");
	if (pid == 0)
		pg_cluster_exec(c, user, of_main_thread, args);
	return pid;
}

static void pg_cluster_initdb(struct pg_cluster *c)
{
	const char *const args[] = {"initdb", "-D", "data", "-U", "rxcirc", "-A", "trust", "-E", "UTF8",
		"--locale=C", "--data-checksums", "--no-sync", "--no-instructions", NULL};
	int status;
	pid_t pid = pg_cluster_spawn(c, args);

	if (waitpid(pid, &status, 0) != pid || status != 0)
		pg_cluster_fail("initdb failed, see its log in", c->dir);
	c->is_made = true;
}

/* True when it takes connections, false when the postmaster has ended. */
static bool pg_cluster_wait(struct pg_cluster *c)
{
	int waited_ms, status;

	for (waited_ms = 0; waited_ms < PG_CLUSTER_WAIT_MS; waited_ms += 20) {
		if (PQping(c->conninfo) == PQPING_OK)
			return true;
		if (waitpid(c->postmaster, &status, WNOHANG) == c->postmaster) {
			c->postmaster = 0;
			return false;
		}
		pg_cluster_sleep_ms(20);
	}
	pg_cluster_fail("the server does not come up, see its log in", c->dir);
}

void pg_cluster_await(struct pg_cluster *c)
{
	pg_cluster_sleep_ms(300); /* for the server to notice */
	if (!pg_cluster_wait(c))
		pg_cluster_fail("the server has ended, see its log in", c->dir);
}

void pg_cluster_restart(struct pg_cluster *c)
{
	const char *args[PG_CLUSTER_ARGS] = {"postgres", "-D", "data", "-c", "listen_addresses=",
		"-c", "log_checkpoints=off", "-c", "max_connections=40"};
	char socket_setting[128];
	int tries, n = 9, i;

	(void)snprintf(socket_setting, sizeof(socket_setting), "unix_socket_directories=%s", c->dir);
	args[n++] = "-c";
	args[n++] = socket_setting;
	for (i = 0; c->settings[i] != NULL; i++) {
		args[n++] = "-c";
		args[n++] = c->settings[i];
	}
	/* Children of a killed postmaster may hold its shared memory for a moment. */
	for (tries = 0; tries < 200; tries++) {
		c->postmaster = pg_cluster_spawn(c, args);
		if (pg_cluster_wait(c))
			return;
		pg_cluster_sleep_ms(50);
	}
	pg_cluster_fail("the server does not start, see its log in", c->dir);
}

bool pg_cluster_start(struct pg_cluster *c, const char *const *settings)
{
	static const char *const fast[] = {"fsync=off", NULL};
	const struct passwd *user = pg_cluster_user();
	int i;

	memset(c, 0, sizeof(*c));
	if (!pg_cluster_find(c)) {
		(void)fprintf(stderr, "test cluster: there is no PostgreSQL server here\n");
		return false;
	}
	if (settings == NULL)
		settings = fast;
	for (i = 0; settings[i] != NULL; i++) {
		if (i == PG_CLUSTER_SETTINGS)
			pg_cluster_fail("cannot start", "too many settings");
		c->settings[i] = settings[i];
	}
	(void)snprintf(c->dir, sizeof(c->dir), "/tmp/rxcirc-pg-XXXXXX");
	if (mkdtemp(c->dir) == NULL)
		pg_cluster_fail("could not make a directory", c->dir);
	if (user != NULL && chown(c->dir, user->pw_uid, user->pw_gid) != 0)
		pg_cluster_fail("could not give away", c->dir);
	(void)snprintf(c->conninfo, sizeof(c->conninfo), "host=%s user=rxcirc dbname=postgres", c->dir);
	pg_cluster_initdb(c);
	pg_cluster_restart(c);
	return true;
}

static void pg_cluster_end(struct pg_cluster *c, int sig)
{
	int status;

	if (c->postmaster == 0)
		return;
	(void)kill(c->postmaster, sig);
	if (waitpid(c->postmaster, &status, 0) != c->postmaster)
		pg_cluster_fail("could not wait for the server", "waitpid");
	c->postmaster = 0;
}

void pg_cluster_kill(struct pg_cluster *c)
{
	pg_cluster_end(c, SIGKILL);
}

void pg_cluster_halt(struct pg_cluster *c)
{
	pg_cluster_end(c, SIGQUIT);
}

static int pg_cluster_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void pg_cluster_stop(struct pg_cluster *c)
{
	pg_cluster_end(c, SIGINT);
	if (c->is_made && nftw(c->dir, pg_cluster_remove, 16, FTW_DEPTH | FTW_PHYS) != 0)
		(void)fprintf(stderr, "test cluster: could not remove \"%s\"\n", c->dir);
	c->is_made = false;
}

static PGresult *pg_cluster_exec_sql(const struct pg_cluster *c, const char *sql)
{
	PGconn *pg = PQconnectdb(c->conninfo);
	PGresult *result;

	if (PQstatus(pg) != CONNECTION_OK)
		pg_cluster_fail("could not connect", PQerrorMessage(pg));
	result = PQexec(pg, sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
		pg_cluster_fail(sql, PQerrorMessage(pg));
	PQfinish(pg);
	return result;
}

void pg_cluster_run(const struct pg_cluster *c, const char *sql)
{
	PQclear(pg_cluster_exec_sql(c, sql));
}

long long pg_cluster_number(const struct pg_cluster *c, const char *sql)
{
	PGresult *result = pg_cluster_exec_sql(c, sql);
	long long number;

	if (PQntuples(result) < 1 || PQgetisnull(result, 0, 0))
		pg_cluster_fail(sql, "there is no number");
	number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return number;
}
