/* Questions to other processes over HTTP; the only includer of <curl/curl.h>.
 *
 * Ownership: a call and what it points to are borrowed from http_ask() until done(); its reply
 * until done() returns.  done() comes exactly once per call, never from inside http_ask(). Threads:
 * the loop's own; http_process_start() once per process, before there are threads.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "loop/loop.h"

enum {
	HTTP_REPLY_MAX = 64 * 1024, /* bytes; a longer one is no answer */
	HTTP_CALLS_MAX = 64,        /* at the same time; one counts until its done() has returned */
	HTTP_WHY_MAX = 256,
};

struct http;

struct http_call {
	const char *url;
	const char *socket;     /* path of a unix socket to connect to instead; NULL: what url says */
	const char *type;       /* Content-Type of the body */
	struct slice body;      /* POSTed */
	int64_t timeout_ms;
	void (*done)(struct http_call *call);

	/* the answer */
	int status;             /* HTTP's; 0: there was none, `why` says why not */
	struct slice reply;     /* empty when there was none */
	char why[HTTP_WHY_MAX];
};

/* 0 or ERR_SYSTEM. */
MUST_CHECK int http_process_start(void);

MUST_CHECK int http_open(struct http **ret, struct loop *loop);
/* Calls under way end without done(); not from inside one. */
void http_close(struct http *h); /* NULL ok */

/* 0, ERR_FULL or ERR_MEMORY: then done() does not come. */
MUST_CHECK int http_ask(struct http *h, struct http_call *call);

#endif
