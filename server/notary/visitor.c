#include "notary/visitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ensure.h"
#include "base/err.h"

enum phase { READING, WRITING, IDLE, LEAVING, GONE };

static const int64_t phase_ms_max[] = {
	[READING] = VISITOR_READING_MS_MAX,
	[WRITING] = VISITOR_WRITING_MS_MAX,
	[IDLE] = VISITOR_IDLE_MS_MAX,
	[LEAVING] = VISITOR_LEAVING_MS_MAX,
};

struct visitor {
	struct list link;
	struct visitor_host *host;
	int fd;
	struct loop_watch watch;
	struct loop_timer deadline;
	struct loop_grave grave;
	enum phase phase;
	bool at_end;        /* the peer sends no more */
	bool leaves;        /* after what is to be sent */
	bool was_continued; /* told to send the body of this request */
	size_t in_len, out_len, out_sent;
	char in[HTTP_REQUEST_MAX];
	char out[HTTP_ANSWER_HEAD_MAX + HTTP_ANSWER_MAX];
};

static void visitor_enter(struct visitor *v, enum phase phase)
{
	if (v->phase != phase)
		loop_timer_set(&v->deadline, phase_ms_max[phase]);
	v->phase = phase;
	loop_watch_want(&v->watch, phase == WRITING ? LOOP_WRITE : LOOP_READ);
}

static void visitor_release(struct loop_grave *grave)
{
	free(container_of(grave, struct visitor, grave));
}

void visitor_send_off(struct visitor *v)
{
	if (v->phase == GONE)
		return;
	v->phase = GONE;
	loop_watch_close(&v->watch);
	loop_timer_close(&v->deadline);
	(void)close(v->fd); /* what the peer did not read, it did not read */
	loop_bury(v->host->loop, &v->grave);
	v->host->left(v->host, v);
}

static void visitor_on_deadline(struct loop_timer *timer)
{
	visitor_send_off(container_of(timer, struct visitor, deadline));
}

/* ---- in ------------------------------------------------------------------------------------ */

/* Take what has arrived; false when the connection is broken. */
static bool visitor_read(struct visitor *v)
{
	while (v->in_len < sizeof(v->in) && !v->at_end) {
		ssize_t n = recv(v->fd, v->in + v->in_len, sizeof(v->in) - v->in_len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK;
		v->at_end = n == 0;
		v->in_len += (size_t)n;
	}
	return true;
}

static void visitor_forget(struct visitor *v, size_t len)
{
	v->in_len -= len;
	memmove(v->in, v->in + len, v->in_len);
}

/* ---- out ----------------------------------------------------------------------------------- */

static void visitor_put(struct visitor *v, const void *bytes, size_t len)
{
	ensure(len <= sizeof(v->out) - v->out_len);
	memcpy(v->out + v->out_len, bytes, len);
	v->out_len += len;
}

static void visitor_put_answer(struct visitor *v, const struct http_answer *a, bool with_body)
{
	char head[HTTP_ANSWER_HEAD_MAX];

	visitor_put(v, head, http_answer_head(head, a, !v->leaves));
	if (with_body)
		visitor_put(v, a->text, a->len);
}

/* False while something is left to be sent; then the visitor waits, or is gone. */
static bool visitor_write(struct visitor *v)
{
	while (v->out_sent < v->out_len) {
		ssize_t n = send(v->fd, v->out + v->out_sent, v->out_len - v->out_sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			visitor_enter(v, WRITING);
		else if (n < 0)
			visitor_send_off(v);
		if (n < 0)
			return false;
		v->out_sent += (size_t)n;
	}
	v->out_len = v->out_sent = 0;
	return true;
}

/* ---- one request --------------------------------------------------------------------------- */

/* Wait for more of a request, or for its first byte. */
static void visitor_wait(struct visitor *v)
{
	if (v->at_end)
		visitor_send_off(v);
	else
		visitor_enter(v, v->in_len > 0 || v->phase == READING ? READING : IDLE);
}

static void visitor_refuse(struct visitor *v, int status)
{
	v->leaves = true;
	http_answer_line(v->host->scratch, status, NULL);
	visitor_put_answer(v, v->host->scratch, true);
}

static void visitor_answer(struct visitor *v, struct http_request *request)
{
	struct http_answer *a = v->host->scratch;

	request->body = slice_of(v->in + request->head_len, request->body_len);
	v->leaves = !request->keep_alive || v->host->is_full;
	http_answer_init(a, 200);
	v->host->answer(request, a, v->host->arg);
	if (a->failed)
		http_answer_line(a, 500, NULL);
	visitor_put_answer(v, a, request->method != HTTP_HEAD);
	visitor_forget(v, request->head_len + request->body_len);
	v->was_continued = false;
	v->phase = WRITING; /* whatever comes next begins a new time */
	loop_timer_set(&v->deadline, VISITOR_WRITING_MS_MAX);
}

/* True when there is something to be sent for it. */
static bool visitor_serve(struct visitor *v)
{
	struct http_request request;
	int r = v->in_len == 0 ? HTTP_PARTIAL : http_head_read(&request, slice_of(v->in, v->in_len));

	if (r < 0) {
		visitor_refuse(v, -r);
		return true;
	}
	if (r == HTTP_PARTIAL)
		return false;
	if (v->in_len - request.head_len >= request.body_len) {
		visitor_answer(v, &request);
		return true;
	}
	if (!request.wants_continue || v->was_continued)
		return false;
	v->was_continued = true;
	visitor_put(v, "HTTP/1.1 100 Continue\r\n\r\n", strlen("HTTP/1.1 100 Continue\r\n\r\n"));
	return true;
}

/* Everything is said.  A peer that is still sending would lose the answer if we closed at once. */
static void visitor_leave(struct visitor *v)
{
	if (shutdown(v->fd, SHUT_WR) < 0 || v->at_end) {
		visitor_send_off(v);
		return;
	}
	v->in_len = 0;
	visitor_enter(v, LEAVING);
}

static void visitor_go_on(struct visitor *v)
{
	for (;;) {
		if (!visitor_write(v))
			return;
		if (v->leaves) {
			visitor_leave(v);
			return;
		}
		if (!visitor_serve(v)) {
			visitor_wait(v);
			return;
		}
	}
}

static void visitor_on_ready(struct loop_watch *watch, int what)
{
	struct visitor *v = container_of(watch, struct visitor, watch);

	if ((what & LOOP_READ) != 0 && !visitor_read(v)) {
		visitor_send_off(v);
	} else if (v->phase == LEAVING) {
		v->in_len = 0;
		if (v->at_end)
			visitor_send_off(v);
	} else {
		visitor_go_on(v);
	}
}

int visitor_welcome(struct visitor **ret, struct visitor_host *host, int fd)
{
	struct visitor *v = calloc(1, sizeof(*v));

	if (v == NULL || loop_watch_open(&v->watch, host->loop, fd, visitor_on_ready) < 0 ||
		loop_timer_open(&v->deadline, host->loop, visitor_on_deadline) < 0) {
		if (v != NULL)
			loop_watch_close(&v->watch);
		free(v);
		(void)close(fd); /* nothing was read or sent */
		return ERR_MEMORY;
	}
	list_init(&v->link);
	v->host = host;
	v->fd = fd;
	v->grave.release = visitor_release;
	v->phase = IDLE;
	visitor_enter(v, READING);
	*ret = v;
	return 0;
}

bool visitor_is_idle(const struct visitor *v)
{
	return v->phase == IDLE;
}

struct list *visitor_link(struct visitor *v)
{
	return &v->link;
}

struct visitor *visitor_of(struct list *link)
{
	return container_of(link, struct visitor, link);
}
