/* The connections of one worker and the rules they share.
 *
 * Ownership: the set owns its connections; reception, tls and gate are borrowed and outlive it.
 * Threads: the loop's own, except the numbers.
 */
#ifndef NET_CONN_SET_H
#define NET_CONN_SET_H

#include "net/conn.h"

struct conn_options {
	int64_t handshake_ms;
	int64_t frame_ms;
	int64_t idle_ms;
	int64_t write_ms;
	int64_t linger_ms;
	size_t write_mark_len; /* above it no more frames are read */
	size_t write_len_max;  /* above it the connection is closed; at least one frame */
};

/* What TRUST.md asks for. */
extern const struct conn_options conn_options_default;

struct conn_metrics {
	struct metric_counter open;       /* now */
	struct metric_counter accepted;
	struct metric_counter handshakes; /* completed */
	struct metric_counter frames;     /* received */
	struct metric_counter paused;     /* times reading was stopped */
	struct metric_counter ends[CONN_END_NR];
};

struct conn_set {
	struct loop *loop;
	struct reception *reception;
	struct tls *tls;
	struct gate *gate;
	struct conn_options options;
	struct list conns;
	struct conn_metrics metrics;
	bool closing;
	struct loop_task closed_task;
	void (*closed)(void *arg);
	void *closed_arg;
};

void conn_set_init(struct conn_set *set, struct loop *loop, struct reception *reception,
	struct tls *tls, struct gate *gate, const struct conn_options *options);
/* End every connection once its answers are sent; then closed() comes, once, never from inside this
 * call.  Connections that arrive later are ended at once. */
void conn_set_close(struct conn_set *set, void (*closed)(void *arg), void *arg);
/* The connection's own: it is gone. */
void conn_set_left(struct conn_set *set);

#endif
