#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"

struct listener {
	struct listener_options options;
	int fd;
	uint16_t port;
	struct loop_watch watch;
	struct loop_timer pause;
	struct listener_metrics metrics;
	_Atomic int64_t rate;      /* handshakes per second */
	int64_t tokens_us;         /* credit; one connection costs a second's share of it */
	int64_t refilled_us;
};

enum { US_PER_S = 1000 * 1000, REFUSALS_PER_TOKEN = 16 };

union listener_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t listener_parse(union listener_address *out, const struct listener_options *o)
{
	*out = (union listener_address){.v4 = {.sin_family = AF_INET, .sin_port = htons(o->port)}};
	if (inet_pton(AF_INET, o->address, &out->v4.sin_addr) == 1)
		return sizeof(out->v4);
	*out = (union listener_address){.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(o->port)}};
	if (inet_pton(AF_INET6, o->address, &out->v6.sin6_addr) == 1)
		return sizeof(out->v6);
	return 0;
}

static void listener_pause(struct listener *l, int64_t ms)
{
	loop_watch_want(&l->watch, 0);
	loop_timer_set(&l->pause, ms);
}

static void listener_on_pause_over(struct loop_timer *timer)
{
	struct listener *l = container_of(timer, struct listener, pause);

	loop_watch_want(&l->watch, LOOP_READ);
}

static int64_t listener_price_us(const struct listener *l)
{
	return US_PER_S / atomic_load_explicit(&l->rate, memory_order_relaxed);
}

/* One connection's share of the rate; false when there is none now.  At most a second's worth is
 * saved up. */
static bool listener_take_token(struct listener *l)
{
	int64_t price_us = listener_price_us(l), now_us = clock_mono_us();

	l->tokens_us += now_us - l->refilled_us;
	l->refilled_us = now_us;
	if (l->tokens_us > US_PER_S)
		l->tokens_us = US_PER_S;
	if (l->tokens_us < price_us) {
		metric_add(&l->metrics.pauses_rate, 1);
		listener_pause(l, (price_us - l->tokens_us) / 1000 + 1);
		return false;
	}
	l->tokens_us -= price_us;
	return true;
}

/* The peer may have left while it waited; only a lack of our own means is a reason to pause. */
static bool listener_accept_failed(struct listener *l, int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		log_warn("could not accept a connection: %s, pausing", strerror(error));
		metric_add(&l->metrics.pauses_descriptors, 1);
		listener_pause(l, LISTENER_PAUSE_MS);
		return false;
	case EAGAIN:
		return false;
	default:
		return true;
	}
}

/* False when this turn is over. */
static bool listener_accept(struct listener *l)
{
	union listener_address peer = {.v6 = {0}};
	socklen_t peer_len = sizeof(peer);
	struct gate_pass pass;
	int fd = accept4(l->fd, &peer.any, &peer_len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		l->tokens_us += listener_price_us(l);
		return listener_accept_failed(l, errno);
	}
	metric_add(&l->metrics.accepted, 1);
	if (gate_enter(l->options.gate, &peer.any, &pass) < 0) {
		(void)close(fd); /* the gate has counted it */
		/* Refusing costs little: an address at its limit spends nobody else's handshakes. */
		l->tokens_us += listener_price_us(l) - listener_price_us(l) / REFUSALS_PER_TOKEN;
		return true;
	}
	l->options.accepted(fd, &pass, l->options.arg);
	return true;
}

static void listener_on_ready(struct loop_watch *watch, int what)
{
	struct listener *l = container_of(watch, struct listener, watch);

	(void)what;
	for (unsigned i = 0; i < LISTENER_TURN_MAX; i++)
		if (!listener_take_token(l) || !listener_accept(l))
			return;
}

static int listener_bind(struct listener *l, char problem[LISTENER_PROBLEM_MAX])
{
	union listener_address at;
	socklen_t len = listener_parse(&at, &l->options);
	int on = 1;

	if (len == 0) {
		snprintf(problem, LISTENER_PROBLEM_MAX, "\"%s\" is not a numeric address",
			l->options.address);
		return ERR_CONFIG;
	}
	l->fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(l->fd, &at.any, len) < 0 || listen(l->fd, LISTENER_BACKLOG) < 0 ||
		getsockname(l->fd, &at.any, &len) < 0) {
		snprintf(problem, LISTENER_PROBLEM_MAX, "could not listen on %s port %u: %s",
			l->options.address, l->options.port, strerror(errno));
		return ERR_SYSTEM;
	}
	l->port = ntohs(at.any.sa_family == AF_INET ? at.v4.sin_port : at.v6.sin6_port);
	return 0;
}

int listener_open(struct listener **ret, struct loop *loop, const struct listener_options *options,
	char problem[LISTENER_PROBLEM_MAX])
{
	struct listener *l = calloc(1, sizeof(*l));
	int r;

	if (l == NULL) {
		snprintf(problem, LISTENER_PROBLEM_MAX, "could not listen: out of memory");
		return ERR_MEMORY;
	}
	l->options = *options;
	l->fd = -1;
	l->refilled_us = clock_mono_us();
	l->tokens_us = US_PER_S;
	listener_set_rate(l, options->handshakes_per_s_max);
	r = listener_bind(l, problem);
	if (r == 0 && (loop_watch_open(&l->watch, loop, l->fd, listener_on_ready) < 0 ||
			      loop_timer_open(&l->pause, loop, listener_on_pause_over) < 0)) {
		snprintf(problem, LISTENER_PROBLEM_MAX, "could not listen: out of memory");
		r = ERR_MEMORY;
	}
	if (r < 0) {
		listener_close(l);
		return r;
	}
	loop_watch_want(&l->watch, LOOP_READ);
	*ret = l;
	return 0;
}

void listener_close(struct listener *l)
{
	if (l == NULL)
		return;
	loop_timer_close(&l->pause);
	loop_watch_close(&l->watch);
	if (l->fd >= 0)
		(void)close(l->fd); /* a socket; there is nothing to save */
	free(l);
}

uint16_t listener_port(const struct listener *l)
{
	return l->port;
}

void listener_set_rate(struct listener *l, int64_t handshakes_per_s_max)
{
	ensure(handshakes_per_s_max >= 1 && handshakes_per_s_max <= LISTENER_RATE_MAX);
	atomic_store_explicit(&l->rate, handshakes_per_s_max, memory_order_relaxed);
}

const struct listener_metrics *listener_metrics(const struct listener *l)
{
	return &l->metrics;
}
