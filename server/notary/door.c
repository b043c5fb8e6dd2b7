#include "notary/door.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"

enum { AT_MAX = 200 };

struct door {
	struct loop *loop;
	int fd;
	char at[AT_MAX + 1];
	bool is_unix;
	dev_t device; /* of the socket's file, once it stands under its name */
	ino_t inode;
	struct loop_watch watch;
	struct loop_timer pause;
	bool is_paused;
	struct list visitors;
	unsigned count;
	struct visitor_host host;
	struct http_answer scratch;
};

static int problem_at(const struct door *d, char problem[DOOR_PROBLEM_MAX], int err,
	const char *reason)
{
	snprintf(problem, DOOR_PROBLEM_MAX, "could not listen on \"%s\": %s", d->at, reason);
	return err;
}

/* ---- a unix socket ------------------------------------------------------------------------- */

static bool unix_address(struct sockaddr_un *ret, const char *path, const char *ending)
{
	int len;

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	len = snprintf(ret->sun_path, sizeof(ret->sun_path), "%s%s", path, ending);
	return len > 0 && (size_t)len < sizeof(ret->sun_path);
}

/* Only a socket nobody answers at may be replaced. */
static int unix_check_place(const struct door *d, char problem[DOOR_PROBLEM_MAX])
{
	struct sockaddr_un address;
	struct stat st;
	int fd, r;

	if (lstat(d->at, &st) < 0)
		return errno == ENOENT ? 0 : problem_at(d, problem, ERR_SYSTEM, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return problem_at(d, problem, ERR_CONFIG, "there is something that is no socket");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ensure(unix_address(&address, d->at, ""));
	if (fd < 0)
		return problem_at(d, problem, ERR_SYSTEM, strerror(errno));
	r = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
	(void)close(fd); /* it was only a knock */
	if (r != ECONNREFUSED)
		return problem_at(d, problem, ERR_SYSTEM, "another process listens there");
	return 0;
}

/* Listen under another name first: there is no moment with a socket that refuses. */
static bool unix_bind(struct door *d, const struct sockaddr_un *address)
{
	mode_t before;
	bool ok;

	if (unlink(address->sun_path) < 0 && errno != ENOENT)
		return false;
	before = umask(0117);
	ok = bind(d->fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
	(void)umask(before);
	return ok && listen(d->fd, DOOR_BACKLOG) == 0;
}

static int unix_open(struct door *d, char problem[DOOR_PROBLEM_MAX])
{
	struct sockaddr_un address;
	struct stat st;
	int r;

	if (!unix_address(&address, d->at, ".new"))
		return problem_at(d, problem, ERR_CONFIG, "the path is too long for a socket");
	r = unix_check_place(d, problem);
	if (r < 0)
		return r;
	d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd < 0 || !unix_bind(d, &address) || rename(address.sun_path, d->at) < 0 ||
		lstat(d->at, &st) < 0)
		return problem_at(d, problem, ERR_SYSTEM, strerror(errno));
	d->device = st.st_dev;
	d->inode = st.st_ino;
	return 0;
}

/* Unless another one stands there by now. */
static void unix_remove(const struct door *d)
{
	struct stat st;

	if (d->inode == 0 || lstat(d->at, &st) < 0 || st.st_dev != d->device ||
		st.st_ino != d->inode)
		return;
	if (unlink(d->at) < 0)
		log_warn("could not remove the socket \"%s\": %s", d->at, strerror(errno));
}

/* ---- a TCP socket -------------------------------------------------------------------------- */

/* "address:port" into two texts; an IPv6 address stands in brackets. */
static bool tcp_split(const char *at, char host[AT_MAX + 1], const char **ret_port)
{
	const char *colon = strrchr(at, ':');
	size_t len;

	if (colon == NULL || colon == at || colon[1] == '\0')
		return false;
	len = (size_t)(colon - at);
	if (at[0] == '[' && len > 2 && at[len - 1] == ']') {
		at++;
		len -= 2;
	} else if (memchr(at, ':', len) != NULL) {
		return false;
	}
	memcpy(host, at, len);
	host[len] = '\0';
	*ret_port = colon + 1;
	return true;
}

/* The port may have been ours to choose. */
static bool tcp_name(struct door *d)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);

	if (getsockname(d->fd, (struct sockaddr *)&at, &len) < 0 ||
		getnameinfo((const struct sockaddr *)&at, len, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return false;
	snprintf(d->at, sizeof(d->at), at.ss_family == AF_INET6 ? "[%.100s]:%.10s" : "%.100s:%.10s",
		host, port);
	return true;
}

static int tcp_open(struct door *d, char problem[DOOR_PROBLEM_MAX])
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM};
	char host[AT_MAX + 1];
	struct addrinfo *found;
	const char *port;
	bool ok;
	int on = 1;

	if (!tcp_split(d->at, host, &port) || getaddrinfo(host, port, &hints, &found) != 0)
		return problem_at(d, problem, ERR_CONFIG, "it is not \"address:port\" in numbers");
	d->fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ok = d->fd >= 0 && setsockopt(d->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
		bind(d->fd, found->ai_addr, found->ai_addrlen) == 0 &&
		listen(d->fd, DOOR_BACKLOG) == 0 && tcp_name(d);
	if (!ok)
		(void)problem_at(d, problem, ERR_SYSTEM, strerror(errno));
	freeaddrinfo(found);
	return ok ? 0 : ERR_SYSTEM;
}

/* ---- visitors ------------------------------------------------------------------------------ */

static void door_wait(struct door *d)
{
	d->host.is_full = d->count == DOOR_VISITORS_MAX;
	loop_watch_want(&d->watch, d->is_paused || d->host.is_full ? 0 : LOOP_READ);
}

static void door_on_pause_over(struct loop_timer *timer)
{
	struct door *d = container_of(timer, struct door, pause);

	d->is_paused = false;
	door_wait(d);
}

static void door_on_left(struct visitor_host *host, struct visitor *v)
{
	struct door *d = container_of(host, struct door, host);

	list_remove(visitor_link(v));
	d->count--;
	door_wait(d);
}

static void door_send_off_idle(struct door *d)
{
	for (struct list *l = d->visitors.next; l != &d->visitors; l = l->next)
		if (visitor_is_idle(visitor_of(l))) {
			visitor_send_off(visitor_of(l));
			return;
		}
}

/* The peer may have left while it waited; only a lack of our own means is a reason to pause. */
static bool door_accept_failed(struct door *d, int error)
{
	if (error == EAGAIN)
		return false;
	if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
		return true;
	log_warn("could not accept a connection: %s, pausing", strerror(error));
	d->is_paused = true;
	loop_timer_set(&d->pause, DOOR_PAUSE_MS);
	return false;
}

/* False when this turn is over. */
static bool door_accept(struct door *d)
{
	int fd = accept4(d->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct visitor *v;

	if (fd < 0)
		return door_accept_failed(d, errno);
	if (visitor_welcome(&v, &d->host, fd) < 0)
		return door_accept_failed(d, ENOMEM);
	list_append(&d->visitors, visitor_link(v));
	d->count++;
	if (d->count == DOOR_VISITORS_MAX)
		door_send_off_idle(d);
	return d->count < DOOR_VISITORS_MAX;
}

static void door_on_ready(struct loop_watch *watch, int what)
{
	struct door *d = container_of(watch, struct door, watch);

	(void)what;
	for (unsigned i = 0; i < DOOR_TURN_MAX; i++)
		if (!door_accept(d))
			break;
	door_wait(d);
}

/* ---- open and close ------------------------------------------------------------------------ */

static int door_start(struct door *d, const struct door_options *options,
	char problem[DOOR_PROBLEM_MAX])
{
	int r;

	if (strlen(options->at) > AT_MAX)
		return problem_at(d, problem, ERR_CONFIG, "the address is too long");
	snprintf(d->at, sizeof(d->at), "%s", options->at);
	d->is_unix = options->at[0] == '/';
	d->host = (struct visitor_host){.loop = d->loop, .answer = options->answer,
		.left = door_on_left, .arg = options->arg, .scratch = &d->scratch};
	r = d->is_unix ? unix_open(d, problem) : tcp_open(d, problem);
	if (r < 0)
		return r;
	if (loop_watch_open(&d->watch, d->loop, d->fd, door_on_ready) < 0 ||
		loop_timer_open(&d->pause, d->loop, door_on_pause_over) < 0)
		return problem_at(d, problem, ERR_MEMORY, "out of memory");
	door_wait(d);
	return 0;
}

int door_open(struct door **ret, struct loop *loop, const struct door_options *options,
	char problem[DOOR_PROBLEM_MAX])
{
	struct door *d = calloc(1, sizeof(*d));
	int r;

	if (d == NULL) {
		snprintf(problem, DOOR_PROBLEM_MAX, "could not open a door: out of memory");
		return ERR_MEMORY;
	}
	d->loop = loop;
	d->fd = -1;
	list_init(&d->visitors);
	r = door_start(d, options, problem);
	if (r < 0) {
		door_close(d);
		return r;
	}
	*ret = d;
	return 0;
}

void door_close(struct door *d)
{
	struct list *link;

	if (d == NULL)
		return;
	if (d->is_unix)
		unix_remove(d);
	while ((link = d->visitors.next) != &d->visitors)
		visitor_send_off(visitor_of(link));
	loop_watch_close(&d->watch);
	loop_timer_close(&d->pause);
	if (d->fd >= 0)
		(void)close(d->fd); /* whoever waited outside is told by it */
	free(d);
}

const char *door_at(const struct door *d)
{
	return d->at;
}
