/* One connection: a non-blocking socket, TLS on it, and an engine that understands what it carries.
 *
 *     CONNECTING --> SHAKING --> OPEN --> CLOSED      (to CLOSED from anywhere)
 *
 * The owner waits for the socket and for link_deadline(), calls link_step(), then link_next() until
 * it says ENGINE_NOTHING, and waits again.  Nothing here waits or calls back.
 * A link that never opened tells RXC_ERR_CONNECT or RXC_ERR_TLS: nothing was sent.
 *
 * Ownership: link_free() closes the socket if link_hang_up() has not.
 * Threads: one at a time.
 */
#ifndef SDK_LINK_H
#define SDK_LINK_H

#include <sys/socket.h>

#include <openssl/ssl.h>

#include "client-sdk/src/engine.h"

enum {
	LINK_OPEN_MS_MAX = 5000,            /* connecting and handshake */
	LINK_WRITE_LEN_MAX = 16 * 1024,     /* bytes of one TLS record */
};

enum link_state {
	LINK_CONNECTING,
	LINK_SHAKING,
	LINK_OPEN,
	LINK_CLOSED,
};

struct link;

/* Start to connect.  It must be open `within_ms` (at most LINK_OPEN_MS_MAX) from now. */
MUST_CHECK int link_open(SSL_CTX *context, const struct sockaddr *address, socklen_t address_len,
	int64_t now_ms, int64_t within_ms, struct link **ret_link, struct rxc_error *err);
void link_free(struct link *l);

/* Do all input and output possible without waiting. */
void link_step(struct link *l, int64_t now_ms);
/* engine_next() of its engine. */
void link_next(struct link *l, int64_t now_ms, struct engine_event *ret_event);
struct engine *link_engine(struct link *l);

enum link_state link_state(const struct link *l);
/* Of a closed link. */
const struct rxc_error *link_why(const struct link *l);
int link_fd(const struct link *l); /* -1 after link_hang_up() */
bool link_wants_read(const struct link *l);
bool link_wants_write(const struct link *l);
/* When link_step() and link_next() must be called at the latest; ENGINE_NEVER if nothing waits. */
int64_t link_deadline(const struct link *l);

/* The connection is over, for `why`; calls in flight end by link_next(). */
void link_close(struct link *l, const struct rxc_error *why);
/* Say goodbye, as far as that goes without waiting, and close the socket. */
void link_hang_up(struct link *l);

#endif
