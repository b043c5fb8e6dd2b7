/* The HTTP side door for operators and load balancers, plain and meant for loopback:
 *
 *     /healthz   200 "ok" while the process is alive
 *     /readyz    200 "ready", or 503 with the reason in one line
 *     /metrics   Prometheus text
 *     others     what the pages() of its owner answers, e.g. the public lists
 *
 * It has a thread of its own, so that it answers while the workers are busy.
 * Ownership: options are copied.
 * Threads: start and stop from one thread; ready(), metrics() and pages() are called in the door's.
 */
#ifndef NET_SIDE_DOOR_H
#define NET_SIDE_DOOR_H

#include "net/page.h"

struct side_door;

enum {
	SIDE_DOOR_HEADERS_MAX = 8 * 1024, /* bytes of a request */
	SIDE_DOOR_TIMEOUT_S = 5,
	SIDE_DOOR_REASON_MAX = 200,
	SIDE_DOOR_PROBLEM_MAX = 200,
	SIDE_DOOR_ETAG_MAX = 60,
};

/* A page for anybody.  The door owns it and sends 304 to who has that etag already. */
struct side_door_page {
	int code;               /* 200, 400, 404 or 503 */
	const char *type;       /* Content-Type, static */
	char etag[SIDE_DOOR_ETAG_MAX]; /* with its quotes; "" = not to be kept anywhere */
	unsigned max_age_s;     /* with an etag */
	struct page body;
};

struct side_door_options {
	const char *address;
	uint16_t port; /* 0 = any free one */
	/* Whether calls can be served; else why not. */
	bool (*ready)(char reason[SIDE_DOOR_REASON_MAX], void *arg);
	void (*metrics)(struct page *page, void *arg);
	/* Everything else; decoded path, query as it came or NULL.  False: there is no such page.
	 * NULL: there are no others. */
	bool (*pages)(const char *path, const char *query, struct side_door_page *page, void *arg);
	void *arg;
};

/* 0, or ERR_SYSTEM / ERR_MEMORY with one sentence. */
MUST_CHECK int side_door_start(struct side_door **ret, const struct side_door_options *options,
	char problem[SIDE_DOOR_PROBLEM_MAX]);
void side_door_stop(struct side_door *d); /* NULL ok */
uint16_t side_door_port(const struct side_door *d);

#endif
