/* One connection: TLS, bytes in and out, deadlines, bounded buffers, an end in two phases.
 *
 *     HANDSHAKE ---> OPEN ---> FLUSHING ---> LINGERING ---> CLOSED
 *         |           |            |             |            ^
 *         +-----------+------------+-------------+------------+     (peer gone, deadline, fault)
 *
 *     HANDSHAKE  TLS; nothing of ours is read yet
 *     OPEN       frames go to the session, answers into the write queue
 *     FLUSHING   nothing is read any more; what is queued is still sent
 *     LINGERING  we have said goodbye; input is thrown away until the peer hangs up too, because
 *                closing a socket with unread input would destroy our last words on their way
 *     CLOSED     everything is given back; the struct rests a turn in its grave
 *
 * Deadlines are absolute and one timer serves them all:
 *
 *     handshake_ms   from accept to the end of the handshake
 *     frame_ms       from a frame's first byte to its last
 *     idle_ms        without a call in flight or a stream, without bytes on the way
 *     write_ms       without progress while answers wait to be sent; FLUSHING as a whole
 *     linger_ms      LINGERING as a whole
 *
 * Back-pressure: input is left in the socket while CALLS_IN_FLIGHT_MAX calls are in flight or
 * write_mark_len bytes wait to be sent.  A write queue that reaches write_len_max closes the
 * connection.
 *
 * Ownership: a connection owns its fd, session and buffers, and belongs to its set.
 * Threads: the loop's own.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "loop/loop.h"
#include "net/buffer.h"
#include "net/gate.h"
#include "net/tls.h"
#include "session/session.h"

struct conn_set;

enum conn_state { CONN_HANDSHAKE, CONN_OPEN, CONN_FLUSHING, CONN_LINGERING, CONN_CLOSED, CONN_NR };

/* Why a connection ended; one counter each.  X(name, words for the log and the metrics) */
#define CONN_ENDS(X) \
	X(PEER, "peer_left") \
	X(FAULT, "fault") \
	X(HANDSHAKE_REFUSED, "handshake_refused") \
	X(HANDSHAKE_TIMEOUT, "handshake_timeout") \
	X(FRAME_REFUSED, "frame_refused") \
	X(FRAME_TIMEOUT, "frame_timeout") \
	X(IDLE, "idle") \
	X(SLOW_READER, "slow_reader") \
	X(SENT_AWAY, "sent_away") \
	X(DRAINED, "drained")

enum conn_end {
#define X(name, word) CONN_END_##name,
	CONN_ENDS(X)
#undef X
	CONN_END_NR
};

enum {
	CONN_TURN_FRAMES = 64,            /* frames taken from one connection in one turn */
	CONN_TURN_LEN = 64 * 1024,        /* bytes read from one connection in one turn */
	CONN_LINGER_LEN_MAX = 1024 * 1024, /* bytes thrown away while lingering */
};

struct conn {
	struct list link; /* of the set */
	struct conn_set *set;
	enum conn_state state;
	enum conn_end end; /* why it is ending, from FLUSHING on */
	int fd;
	struct gate_pass pass;
	struct tls_link tls;
	struct loop_watch watch;
	struct loop_timer timer;
	struct loop_task work; /* send what was queued, read on, finish: at the end of the turn */
	struct loop_grave grave;
	struct session_wire wire;
	struct session *session; /* OPEN only */
	struct buffer in, out;
	size_t write_again_len;  /* bytes TLS wants to see again, 0 = none */
	size_t linger_len;
	bool paused;             /* input is left in the socket on purpose */
	bool more_input;         /* the turn's share was used up */
	bool overflow;           /* an answer did not fit into the write queue */
	bool finish;             /* the session has said its last word */
	bool wants_read;         /* TLS needs the socket readable, whatever we want */
	bool wants_write;        /* TLS needs it writable */
	int64_t timer_at_ms;     /* what the timer is set to; 0 = not set */
	int64_t phase_at_ms;     /* begin of HANDSHAKE, FLUSHING or LINGERING */
	int64_t frame_at_ms;     /* first byte of the frame being received; 0 = none */
	int64_t write_at_ms;     /* last progress of the write queue */
	int64_t active_at_ms;    /* last frame received or answer sent */
};

/* Takes over the fd and the pass in every case; on failure both are given back at once. */
MUST_CHECK int conn_open(struct conn_set *set, int fd, const struct gate_pass *pass);
/* Send what is queued, then end. */
void conn_finish(struct conn *c, enum conn_end end);
/* End now. */
void conn_close(struct conn *c, enum conn_end end);

/* conn_deadline.c: when this connection must be looked at, and what it means when that comes. */
void conn_deadline_arm(struct conn *c);
void conn_deadline_fired(struct loop_timer *timer);

/* The words of an end. */
const char *conn_end_word(enum conn_end end);

#endif
