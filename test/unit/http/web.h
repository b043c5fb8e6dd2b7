/* An HTTP server that answers as a test says, in the test's own loop, on 127.0.0.1 or a unix
 * socket.
 *
 * Ownership: a question stays good until web_close(), also when its connection is gone; then what
 * is answered to it goes nowhere.  Threads: the loop's own.
 */
#ifndef TEST_UNIT_HTTP_WEB_H
#define TEST_UNIT_HTTP_WEB_H

#include "loop/loop.h"

enum { WEB_CONNECTIONS_MAX = 512, WEB_QUESTION_MAX = 128 * 1024 };

struct web;

/* A question, and the connection it came over. */
struct web_question {
	struct web *web;
	unsigned connection; /* counted from 1 */
	char path[256];
	char type[128];      /* its Content-Type */
	struct slice body;   /* with a NUL behind it; good until the next one of this connection */
	bool is_gone;        /* the peer or we have closed it */
	/* the server's own */
	struct loop_watch watch;
	int fd;
	size_t have, body_at;
	bool is_asked, is_last;
	char *in, *out;
	size_t out_len, out_at;
};

struct web {
	struct loop *loop;
	char url[64];        /* "http://127.0.0.1:4711" */
	char socket[108];    /* path; "" = TCP */
	/* Answers, keeps the question for later, or cuts it off. */
	void (*asked)(struct web *web, struct web_question *q);
	void *arg;
	unsigned connections; /* so far */
	unsigned questions;
	/* the server's own */
	struct loop_watch watch;
	int fd;
	struct web_question *all[WEB_CONNECTIONS_MAX];
};

/* `socket` NULL: a free port.  The test fails when it cannot be opened. */
struct web *web_open(struct loop *loop, const char *socket,
	void (*asked)(struct web *web, struct web_question *q), void *arg);
void web_close(struct web *web); /* NULL ok */

void web_answer(struct web_question *q, int status, struct slice body);
void web_answer_text(struct web_question *q, int status, const char *text);
/* A head that promises `promised` bytes, then these, and the end. */
void web_answer_half(struct web_question *q, size_t promised, struct slice body);
/* Bytes as they are, then the end. */
void web_answer_raw(struct web_question *q, const char *bytes);
void web_cut(struct web_question *q);

/* Run the loop until `is_over` says so; false when that takes longer than `ms`. */
bool web_run(struct loop *loop, bool (*is_over)(void *arg), void *arg, int64_t ms);
/* Run it for so long. */
void web_run_ms(struct loop *loop, int64_t ms);

#endif
