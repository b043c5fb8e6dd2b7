/* Where a notary is asked: one listening socket, TCP or unix, and a bounded number of visitors.
 *
 * The last place is freed again at once when anybody is between two requests; when nobody is, the
 * next visitor waits outside, and those inside leave with their answer or at a deadline.
 *
 * A unix socket appears under its name only when it listens, mode 0660.  It takes the place of one
 * that nobody listens on any more, of nothing else, and goes when the door closes.
 *
 * Ownership: options are copied, texts borrowed only while opening.  Threads: loop thread only.
 */
#ifndef NOTARY_DOOR_H
#define NOTARY_DOOR_H

#include "notary/visitor.h"

struct door;

enum {
	DOOR_VISITORS_MAX = 64,
	DOOR_BACKLOG = 64,        /* connections that wait outside */
	DOOR_TURN_MAX = 16,       /* connections accepted per loop turn */
	DOOR_PAUSE_MS = 100,      /* when the system has no descriptor left */
	DOOR_PROBLEM_MAX = 400,
};

struct door_options {
	const char *at; /* "/path", "address:port" or "[address]:port"; port 0 = any free one */
	/* As of struct visitor_host. */
	void (*answer)(const struct http_request *request, struct http_answer *a, void *arg);
	void *arg;
};

/* 0, or ERR_CONFIG / ERR_SYSTEM / ERR_MEMORY with one sentence. */
MUST_CHECK int door_open(struct door **ret, struct loop *loop, const struct door_options *options,
	char problem[DOOR_PROBLEM_MAX]);
void door_close(struct door *d); /* sends everybody off; NULL ok */
/* Where it is, with the real port. */
const char *door_at(const struct door *d);

#endif
