/* How many connections may be open, in all and from one address.
 *
 * IPv6 peers are counted by their /64 network, which is one customer's.  Shared by the thread that
 * accepts and the workers that close.
 * Threads: any.
 */
#ifndef NET_GATE_H
#define NET_GATE_H

#include <sys/socket.h>

#include "base/metrics.h"
#include "proto/bytes.h"

struct gate;

enum { GATE_CONNECTIONS_MAX = 1000 * 1000 };

struct gate_metrics {
	struct metric_counter refused_full;    /* connections turned away: too many in all */
	struct metric_counter refused_address; /* too many from one address */
};

/* NULL when memory is exhausted.  Both at least 1. */
struct gate *gate_new(int64_t connections_max, int64_t per_address_max);
void gate_free(struct gate *g); /* everybody has left; NULL ok */
/* New limits; who is inside stays. */
void gate_set(struct gate *g, int64_t connections_max, int64_t per_address_max);

/* Which counter a connection was entered under; kept by the connection until it leaves. */
struct gate_pass {
	uint8_t network[16];
};
/* 0 and *ret_pass, or ERR_FULL. */
MUST_CHECK int gate_enter(struct gate *g, const struct sockaddr *peer, struct gate_pass *ret_pass);
void gate_leave(struct gate *g, const struct gate_pass *pass);
int64_t gate_count(struct gate *g);
const struct gate_metrics *gate_metrics(const struct gate *g);

#endif
