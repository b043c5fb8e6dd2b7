/* Accepts connections on one address and hands each to whoever it was told.
 *
 * A turn accepts at most LISTENER_TURN_MAX; connections above the gate's limits are closed at once;
 * when handshakes come faster than allowed, or descriptors run out, accepting pauses and newcomers
 * wait in the backlog.
 *
 * Ownership: gate and loop are borrowed.  Threads: the loop's own, except the numbers and
 * listener_set_rate().
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "loop/loop.h"
#include "net/gate.h"

struct listener;

enum {
	LISTENER_TURN_MAX = 64,
	LISTENER_BACKLOG = 1024,
	LISTENER_PAUSE_MS = 200, /* after descriptors ran out */
	LISTENER_PROBLEM_MAX = 200,
	LISTENER_RATE_MAX = 100 * 1000,
};

struct listener_options {
	const char *address;  /* numeric, IPv4 or IPv6 */
	uint16_t port;        /* 0 = any free one */
	int64_t handshakes_per_s_max; /* 1 .. LISTENER_RATE_MAX */
	struct gate *gate;
	/* A connection: the fd (non-blocking) and the pass are the receiver's. */
	void (*accepted)(int fd, const struct gate_pass *pass, void *arg);
	void *arg;
};

struct listener_metrics {
	struct metric_counter accepted;
	struct metric_counter pauses_descriptors; /* times descriptors or memory ran out */
	struct metric_counter pauses_rate;        /* times handshakes came too fast */
};

/* 0, or ERR_SYSTEM / ERR_CONFIG with one sentence. */
MUST_CHECK int listener_open(struct listener **ret, struct loop *loop,
	const struct listener_options *options, char problem[LISTENER_PROBLEM_MAX]);
void listener_close(struct listener *l); /* NULL ok */
uint16_t listener_port(const struct listener *l);
void listener_set_rate(struct listener *l, int64_t handshakes_per_s_max);
const struct listener_metrics *listener_metrics(const struct listener *l);

#endif
