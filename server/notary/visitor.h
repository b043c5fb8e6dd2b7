/* One connection to a notary: a request is read, answered, the answer written, and again.
 *
 *     READING ---> WRITING ---> IDLE        to READING with the next first byte
 *        |            |
 *        +------------+-------> LEAVING     no more is sent; what still arrives is thrown away
 *
 * Each phase ends at a moment that is set when it begins, however busy the peer looks.
 *
 * Ownership: visitor_welcome() makes it and takes the descriptor; it ends itself, or
 * visitor_send_off() does.  left() is told exactly once, and the memory is gone a turn later.
 * Threads: loop thread only.
 */
#ifndef NOTARY_VISITOR_H
#define NOTARY_VISITOR_H

#include "loop/loop.h"
#include "notary/http.h"

struct visitor;

enum {
	VISITOR_READING_MS_MAX = 10 * 1000, /* from the first byte (or connection) to a whole request */
	VISITOR_WRITING_MS_MAX = 10 * 1000, /* for the peer to take an answer */
	VISITOR_IDLE_MS_MAX = 60 * 1000,    /* between two requests */
	VISITOR_LEAVING_MS_MAX = 1000,      /* for the peer to read the last answer */
};

struct visitor_host {
	struct loop *loop;
	/* Answer at once; `a` is an empty 200 to begin with. */
	void (*answer)(const struct http_request *request, struct http_answer *a, void *arg);
	void *arg;
	void (*left)(struct visitor_host *host, struct visitor *v);
	struct http_answer *scratch; /* one for all visitors */
	bool is_full; /* somebody may be waiting outside: every answer is a last one */
};

/* 0, or ERR_MEMORY: then the descriptor is closed.  `host` is borrowed until left(). */
MUST_CHECK int visitor_welcome(struct visitor **ret, struct visitor_host *host, int fd);
void visitor_send_off(struct visitor *v);
/* Between two requests, so that it may be sent off for another. */
bool visitor_is_idle(const struct visitor *v);

struct list *visitor_link(struct visitor *v); /* for the host's list */
struct visitor *visitor_of(struct list *link);

#endif
