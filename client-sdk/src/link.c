#include "client-sdk/src/link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client-sdk/src/tls.h"

struct link {
	int fd;
	SSL *tls;
	struct engine *engine;
	enum link_state state;
	int64_t open_by_ms;
	bool shaking_wants_write;
	bool reading_wants_write;
	size_t write_len; /* of a write to be repeated, or 0 */
	bool tls_is_sound; /* no error so far, so a goodbye can be said */
};

static int socket_open(const struct sockaddr *address, socklen_t address_len, int *ret_fd,
	struct rxc_error *err)
{
	int on = 1;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_set(err, RXC_ERR_CONNECT, "", "could not open a socket: %s",
			strerror(errno));
	/* Without it calls are slower, not wrong. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, address, address_len) < 0 && errno != EINPROGRESS) {
		error_set(err, RXC_ERR_CONNECT, "", "could not connect: %s", strerror(errno));
		(void)close(fd); /* nothing was sent */
		return err->code;
	}
	*ret_fd = fd;
	return 0;
}

int link_open(SSL_CTX *context, const struct sockaddr *address, socklen_t address_len,
	int64_t now_ms, int64_t within_ms, struct link **ret_link, struct rxc_error *err)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return error_set_memory(err);
	l->fd = -1;
	l->open_by_ms = now_ms + (within_ms < LINK_OPEN_MS_MAX ? within_ms : LINK_OPEN_MS_MAX);
	l->engine = engine_new();
	if (!l->engine)
		error_set_memory(err);
	if (!l->engine || socket_open(address, address_len, &l->fd, err) < 0 ||
		tls_session_new(context, l->fd, &l->tls, err) < 0) {
		link_free(l);
		return err->code;
	}
	*ret_link = l;
	return 0;
}

void link_hang_up(struct link *l)
{
	if (l->tls && l->tls_is_sound)
		tls_goodbye(l->tls);
	SSL_free(l->tls);
	l->tls = NULL;
	if (l->fd >= 0)
		(void)close(l->fd); /* everything that mattered was answered */
	l->fd = -1;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	link_hang_up(l);
	engine_free(l->engine);
	free(l);
}

void link_close(struct link *l, const struct rxc_error *why)
{
	l->state = LINK_CLOSED;
	engine_end(l->engine, why);
}

/* End the link and release `why`. */
static void link_fail(struct link *l, struct rxc_error *why)
{
	link_close(l, why);
	error_clear(why);
}

/* ---- before it is open ---- */

static void connect_step(struct link *l)
{
	struct pollfd pfd = {.fd = l->fd, .events = POLLOUT};
	struct rxc_error err = {0};
	int failure = 0;
	socklen_t len = sizeof(failure);

	if (poll(&pfd, 1, 0) <= 0)
		return;
	if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &failure, &len) < 0)
		failure = errno;
	if (failure) {
		error_set(&err, RXC_ERR_CONNECT, "", "could not connect: %s", strerror(failure));
		link_fail(l, &err);
		return;
	}
	l->state = LINK_SHAKING;
}

static void shake_step(struct link *l)
{
	struct rxc_error err = {0};

	switch (tls_handshake(l->tls, &err)) {
	case TLS_DONE:
		l->state = LINK_OPEN;
		l->tls_is_sound = true;
		break;
	case TLS_WANT_READ:
		l->shaking_wants_write = false;
		break;
	case TLS_WANT_WRITE:
		l->shaking_wants_write = true;
		break;
	case TLS_FAILED:
		/* The peer went away before anything was sent: as if it had not been there. */
		if (err.code == RXC_ERR_CLOSED)
			error_set(&err, RXC_ERR_CONNECT, "",
				"the connection ended during the TLS handshake");
		link_fail(l, &err);
		break;
	}
}

static void open_by_check(struct link *l, int64_t now_ms)
{
	struct rxc_error err = {0};

	if (now_ms < l->open_by_ms)
		return;
	error_set(&err, RXC_ERR_CONNECT, "", "%s in time", l->state == LINK_CONNECTING ?
		"the server could not be reached" : "the TLS handshake was not completed");
	link_fail(l, &err);
}

/* ---- while it is open ---- */

static void read_failed(struct link *l, struct rxc_error *err)
{
	l->tls_is_sound = false;
	if (err->code == RXC_ERR_CLOSED && engine_is_mid_frame(l->engine))
		error_set(err, RXC_ERR_CLOSED, "",
			"the server closed the connection in the middle of a frame");
	link_fail(l, err);
}

/* Returns false when there is nothing more to read now, or the engine has a whole frame to tell. */
static bool read_once(struct link *l)
{
	struct rxc_error err = {0};
	size_t room;
	size_t len;
	uint8_t *at = engine_room(l->engine, &room);

	if (room == 0)
		return false;
	switch (tls_read(l->tls, at, room, &len, &err)) {
	case TLS_DONE:
		engine_received(l->engine, len);
		return true;
	case TLS_WANT_WRITE:
		l->reading_wants_write = true;
		return false;
	case TLS_FAILED:
		read_failed(l, &err);
		return false;
	case TLS_WANT_READ:
	default:
		return false;
	}
}

static void read_step(struct link *l)
{
	l->reading_wants_write = false;
	while (read_once(l))
		;
}

static void write_step(struct link *l)
{
	struct slice out = engine_output(l->engine);
	struct rxc_error err = {0};
	size_t sent;

	while (l->state == LINK_OPEN && out.len > 0) {
		if (l->write_len == 0)
			l->write_len = out.len < LINK_WRITE_LEN_MAX ? out.len : LINK_WRITE_LEN_MAX;
		switch (tls_write(l->tls, out.data, l->write_len, &sent, &err)) {
		case TLS_DONE:
			engine_sent(l->engine, sent);
			l->write_len = 0;
			break;
		case TLS_WANT_READ: /* reading goes on anyway */
		case TLS_WANT_WRITE:
			return;
		case TLS_FAILED:
			l->tls_is_sound = false;
			link_fail(l, &err);
			return;
		}
		out = engine_output(l->engine);
	}
}

/* The engine may have ended by itself: the peer broke the protocol, or memory is short. */
static void follow_engine(struct link *l)
{
	if (engine_why(l->engine))
		l->state = LINK_CLOSED;
}

void link_step(struct link *l, int64_t now_ms)
{
	if (l->state == LINK_CONNECTING)
		connect_step(l);
	if (l->state == LINK_SHAKING)
		shake_step(l);
	if (l->state == LINK_CONNECTING || l->state == LINK_SHAKING)
		open_by_check(l, now_ms);
	/* Reading comes first: why the server closed is lost once a write has failed. */
	if (l->state == LINK_OPEN)
		read_step(l);
	if (l->state == LINK_OPEN)
		write_step(l);
	follow_engine(l);
}

/* A stopping server has nothing more to say once the last call is answered. */
static void drained_check(struct link *l)
{
	struct rxc_error err = {0};

	if (l->state == LINK_CLOSED || !engine_is_draining(l->engine) ||
		engine_in_flight(l->engine) > 0)
		return;
	error_set(&err, RXC_ERR_CLOSED, "DRAINING", "the server is being stopped");
	link_fail(l, &err);
}

void link_next(struct link *l, int64_t now_ms, struct engine_event *ret_event)
{
	for (;;) {
		engine_next(l->engine, now_ms, ret_event);
		follow_engine(l);
		if (ret_event->kind != ENGINE_NOTHING)
			return;
		drained_check(l);
		if (l->state != LINK_OPEN || SSL_pending(l->tls) == 0)
			return;
		/* Reading stopped at a whole frame.  What TLS has decrypted already must be taken
		 * now: the socket will not tell of it. */
		read_step(l);
	}
}

struct engine *link_engine(struct link *l)
{
	return l->engine;
}

enum link_state link_state(const struct link *l)
{
	return l->state;
}

const struct rxc_error *link_why(const struct link *l)
{
	return engine_why(l->engine);
}

int link_fd(const struct link *l)
{
	return l->fd;
}

bool link_wants_read(const struct link *l)
{
	return l->state == LINK_OPEN || (l->state == LINK_SHAKING && !l->shaking_wants_write);
}

bool link_wants_write(const struct link *l)
{
	switch (l->state) {
	case LINK_CONNECTING:
		return true;
	case LINK_SHAKING:
		return l->shaking_wants_write;
	case LINK_OPEN:
		return l->reading_wants_write || engine_output(l->engine).len > 0;
	case LINK_CLOSED:
	default:
		return false;
	}
}

int64_t link_deadline(const struct link *l)
{
	int64_t deadline = engine_deadline(l->engine);
	bool opening = l->state == LINK_CONNECTING || l->state == LINK_SHAKING;

	return opening && l->open_by_ms < deadline ? l->open_by_ms : deadline;
}
