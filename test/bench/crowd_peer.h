/* One peer of a crowd: it connects, does what its kind does, and notices when it is closed.
 *
 * Ownership: the crowd's; fd and link are the peer's own.  Threads: one.
 */
#ifndef TEST_BENCH_CROWD_PEER_H
#define TEST_BENCH_CROWD_PEER_H

#include <sys/epoll.h>

#include "test/bench/crowd.h"

enum peer_state { PEER_AWAY, PEER_CONNECTING, PEER_SHAKING, PEER_UP };

struct peer {
	enum peer_state state;
	bool asked; /* and not answered yet */
	int fd;
	uint64_t call_id; /* of the last call */
	SSL *ssl;         /* NULL without a handshake */
	uint8_t *in;      /* of an answer, until it is whole */
	size_t in_len, in_cap;
};

/* What all peers share. */
struct peer_ground {
	enum crowd_kind kind;
	int epoll;
	SSL_CTX *context;
	uint16_t port;
	unsigned calls;
	size_t hello_len;
	uint8_t hello[CROWD_HELLO_LEN_MAX];
};

enum peer_news {
	PEER_NOTHING,
	PEER_IS_UP,
	PEER_IS_CLOSED, /* by the server; peer_close() is left */
	PEER_ANSWERED,  /* with OK */
	PEER_ANSWERED_BADLY,
};

/* Begin to connect from this address (IPv4, host byte order); its events carry `number`. */
MUST_CHECK enum peer_news peer_open(struct peer *p, const struct peer_ground *ground,
	uint32_t address, uint32_t number);
MUST_CHECK enum peer_news peer_event(struct peer *p, const struct peer_ground *ground,
	uint32_t events, uint32_t number);
/* An idle one calls; a deaf one calls once more. */
MUST_CHECK enum peer_news peer_ask(struct peer *p);
MUST_CHECK enum peer_news peer_pulse(struct peer *p);
void peer_close(struct peer *p);

#endif
