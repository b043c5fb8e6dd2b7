#include "test/unit/http/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ensure.h"

/* ---- one connection ------------------------------------------------------------------------ */

static void question_end(struct web_question *q)
{
	if (q->is_gone)
		return;
	q->is_gone = true;
	loop_watch_close(&q->watch);
	ensure(close(q->fd) == 0);
}

/* The value of a header into `out`; false when it is not there. */
static bool header_get(const char *head, const char *name, char *out, size_t cap)
{
	size_t len = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
			line += len + 1;
			line += strspn(line, " ");
			snprintf(out, cap, "%.*s", (int)strcspn(line, "\r"), line);
			return true;
		}
	}
	return false;
}

/* Whether a whole question is there; then it is taken apart. */
static bool question_read(struct web_question *q)
{
	char *end = strstr(q->in, "\r\n\r\n"), length[32];
	size_t len;

	if (end == NULL)
		return false;
	*end = '\0';
	ensure(header_get(q->in, "Content-Length", length, sizeof(length)));
	ensure(header_get(q->in, "Content-Type", q->type, sizeof(q->type)));
	len = (size_t)strtoul(length, NULL, 10);
	ensure(strncmp(q->in, "POST ", 5) == 0);
	q->body_at = (size_t)(end - q->in) + 4;
	if (q->have < q->body_at + len) {
		*end = '\r';
		return false;
	}
	ensure(q->have == q->body_at + len); /* nobody asks before the answer is there */
	snprintf(q->path, sizeof(q->path), "%.*s", (int)strcspn(q->in + 5, " "), q->in + 5);
	q->body = slice_of(q->in + q->body_at, len);
	q->have = 0;
	q->is_asked = true;
	return true;
}

static void question_write(struct web_question *q)
{
	ssize_t n = send(q->fd, q->out + q->out_at, q->out_len - q->out_at, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN) {
		question_end(q);
		return;
	}
	q->out_at += n > 0 ? (size_t)n : 0;
	if (q->out_at < q->out_len) {
		loop_watch_want(&q->watch, LOOP_WRITE);
		return;
	}
	if (q->is_last)
		question_end(q);
	else
		loop_watch_want(&q->watch, LOOP_READ);
}

static void question_ready(struct loop_watch *watch, int what)
{
	struct web_question *q = container_of(watch, struct web_question, watch);
	ssize_t n;

	if ((what & LOOP_WRITE) != 0) {
		question_write(q);
		return;
	}
	n = recv(q->fd, q->in + q->have, WEB_QUESTION_MAX - q->have, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		question_end(q);
		return;
	}
	q->have += (size_t)n;
	ensure(q->have < WEB_QUESTION_MAX);
	q->in[q->have] = '\0';
	if (!question_read(q))
		return;
	q->web->questions++;
	q->web->asked(q->web, q);
}

/* ---- answers ------------------------------------------------------------------------------- */

static void question_put(struct web_question *q, const char *head, struct slice body, bool is_last)
{
	size_t head_len = strlen(head);

	if (q->is_gone)
		return;
	ensure(q->is_asked);
	q->is_asked = false;
	q->is_last = is_last;
	q->out = realloc(q->out, head_len + body.len + 1);
	ensure(q->out != NULL);
	memcpy(q->out, head, head_len);
	if (body.len > 0)
		memcpy(q->out + head_len, body.data, body.len);
	q->out_len = head_len + body.len;
	q->out_at = 0;
	question_write(q);
}

static void question_put_head(struct web_question *q, int status, size_t promised,
	struct slice body, bool is_last)
{
	char head[128];

	snprintf(head, sizeof(head), "HTTP/1.1 %d Said\r\nContent-Length: %zu\r\n\r\n", status,
		promised);
	question_put(q, head, body, is_last);
}

void web_answer(struct web_question *q, int status, struct slice body)
{
	question_put_head(q, status, body.len, body, false);
}

void web_answer_text(struct web_question *q, int status, const char *text)
{
	web_answer(q, status, slice_of_text(text));
}

void web_answer_half(struct web_question *q, size_t promised, struct slice body)
{
	question_put_head(q, 200, promised, body, true);
}

void web_answer_raw(struct web_question *q, const char *bytes)
{
	question_put(q, bytes, slice_of(NULL, 0), true);
}

void web_cut(struct web_question *q)
{
	question_end(q);
}

/* ---- the server ---------------------------------------------------------------------------- */

static void web_ready(struct loop_watch *watch, int what)
{
	struct web *web = container_of(watch, struct web, watch);
	int fd = accept4(web->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct web_question *q;

	(void)what;
	if (fd < 0)
		return; /* it has gone again */
	ensure(web->connections < WEB_CONNECTIONS_MAX);
	q = calloc(1, sizeof(*q));
	ensure(q != NULL);
	q->in = calloc(1, WEB_QUESTION_MAX + 1);
	ensure(q->in != NULL);
	q->web = web;
	q->fd = fd;
	web->all[web->connections++] = q;
	q->connection = web->connections;
	ensure(loop_watch_open(&q->watch, web->loop, fd, question_ready) == 0);
	loop_watch_want(&q->watch, LOOP_READ);
}

static int listen_tcp(struct web *web)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ensure(fd >= 0 && bind(fd, (struct sockaddr *)&in, len) == 0);
	ensure(getsockname(fd, (struct sockaddr *)&in, &len) == 0);
	snprintf(web->url, sizeof(web->url), "http://127.0.0.1:%u", ntohs(in.sin_port));
	return fd;
}

static int listen_unix(struct web *web, const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ensure(strlen(path) < sizeof(un.sun_path));
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	snprintf(web->socket, sizeof(web->socket), "%s", path);
	snprintf(web->url, sizeof(web->url), "http://here");
	ensure(fd >= 0 && bind(fd, (struct sockaddr *)&un, sizeof(un)) == 0);
	return fd;
}

struct web *web_open(struct loop *loop, const char *socket,
	void (*asked)(struct web *web, struct web_question *q), void *arg)
{
	struct web *web = calloc(1, sizeof(*web));

	ensure(web != NULL);
	web->loop = loop;
	web->asked = asked;
	web->arg = arg;
	web->fd = socket == NULL ? listen_tcp(web) : listen_unix(web, socket);
	ensure(listen(web->fd, WEB_CONNECTIONS_MAX) == 0);
	ensure(loop_watch_open(&web->watch, loop, web->fd, web_ready) == 0);
	loop_watch_want(&web->watch, LOOP_READ);
	return web;
}

void web_close(struct web *web)
{
	if (web == NULL)
		return;
	for (unsigned i = 0; i < web->connections; i++) {
		question_end(web->all[i]);
		free(web->all[i]->in);
		free(web->all[i]->out);
		free(web->all[i]);
	}
	loop_watch_close(&web->watch);
	ensure(close(web->fd) == 0);
	if (web->socket[0] != '\0')
		ensure(unlink(web->socket) == 0);
	free(web);
}

/* ---- time ---------------------------------------------------------------------------------- */

struct run {
	struct loop_timer timer;
	bool (*is_over)(void *arg);
	void *arg;
	int64_t until_ms;
};

static void run_look(struct loop_timer *timer)
{
	struct run *run = container_of(timer, struct run, timer);

	if (run->is_over(run->arg) || clock_mono_ms() >= run->until_ms)
		loop_stop(timer->loop);
	else
		loop_timer_set(timer, 1);
}

bool web_run(struct loop *loop, bool (*is_over)(void *arg), void *arg, int64_t ms)
{
	struct run run = {.is_over = is_over, .arg = arg, .until_ms = clock_mono_ms() + ms};

	ensure(loop_timer_open(&run.timer, loop, run_look) == 0);
	loop_timer_set(&run.timer, 0);
	loop_run(loop);
	loop_timer_close(&run.timer);
	return is_over(arg);
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

void web_run_ms(struct loop *loop, int64_t ms)
{
	(void)web_run(loop, never, NULL, ms);
}
