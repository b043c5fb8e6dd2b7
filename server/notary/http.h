/* HTTP/1.1 as far as a notary needs it: requests with a bounded body, answers of a known length.
 *
 * There is one way to read each byte, so that nobody in front of us reads them another way: lines
 * end in CR LF, bodies have a Content-Length, what is odd is refused and the connection ended.
 *
 * Ownership: a request borrows from the bytes it was read from.  Threads: any.
 * Source: RFC 9112, RFC 9110.
 */
#ifndef NOTARY_HTTP_H
#define NOTARY_HTTP_H

#include "proto/checkpoint.h"

enum {
	HTTP_HEAD_MAX = 8 * 1024,             /* bytes of a request's lines */
	HTTP_BODY_MAX = CHECKPOINT_QUESTION_MAX,
	HTTP_REQUEST_MAX = HTTP_HEAD_MAX + HTTP_BODY_MAX,
	HTTP_PATH_MAX = 200,                  /* bytes */
	HTTP_ANSWER_MAX = 256 * 1024,         /* bytes of a body: 32 logs in /metrics */
	HTTP_ANSWER_HEAD_MAX = 512,           /* bytes of an answer's lines */
};

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };

struct http_request {
	enum http_method method;
	char path[HTTP_PATH_MAX + 1];  /* as it came, without what follows a '?' */
	bool keep_alive;
	bool wants_continue;           /* waits for "100 Continue" before it sends the body */
	size_t head_len, body_len;
	struct slice body;             /* set by whoever has all of it */
};

enum { HTTP_PARTIAL = 1 };
/* The lines of a request at the front of `bytes`.  0, HTTP_PARTIAL when they are not whole, or
 * minus the status it is to be refused with. */
MUST_CHECK int http_head_read(struct http_request *ret, struct slice bytes);

struct http_answer {
	int status;
	const char *type;  /* Content-Type, static */
	const char *allow; /* methods, of a 405; NULL = none */
	size_t len;
	bool failed;       /* it did not fit: becomes a 500 */
	char text[HTTP_ANSWER_MAX];
};
/* An empty answer, of text. */
void http_answer_init(struct http_answer *a, int status);
void http_answer_say(struct http_answer *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A status and its one line. */
void http_answer_line(struct http_answer *a, int status, const char *line);
/* The lines before the body.  Returns their length. */
size_t http_answer_head(char out[HTTP_ANSWER_HEAD_MAX], const struct http_answer *a,
	bool keep_alive);

#endif
