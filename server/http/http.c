/* libcurl's multi interface driven by our loop: it says which sockets to watch and when to wake. */
#include "http/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"

struct http {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer timer;
	struct list exchanges; /* under way */
	struct list sockets;
	unsigned count;
};

struct http_exchange {
	struct list link;
	struct http *http;
	struct http_call *call;
	CURL *easy;
	struct curl_slist *headers;
	size_t len;
	bool is_too_long;
	char error[CURL_ERROR_SIZE];
	uint8_t reply[HTTP_REPLY_MAX];
};

struct http_socket {
	struct list link;
	struct http *http;
	struct loop_watch watch;
	struct loop_grave grave;
};

int http_process_start(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : ERR_SYSTEM;
}

/* ---- the end of an exchange ---------------------------------------------------------------- */

static void exchange_free(struct http_exchange *x)
{
	list_remove(&x->link);
	x->http->count--;
	if (x->easy != NULL) {
		(void)curl_multi_remove_handle(x->http->multi, x->easy); /* not there when it never was */
		curl_easy_cleanup(x->easy);
	}
	curl_slist_free_all(x->headers);
	free(x);
}

static const char *exchange_why(const struct http_exchange *x, CURLcode result)
{
	if (result == CURLE_OK)
		return "";
	if (x->is_too_long)
		return "the answer is too long";
	return x->error[0] != '\0' ? x->error : curl_easy_strerror(result);
}

static void exchange_end(struct http_exchange *x, CURLcode result)
{
	struct http_call *call = x->call;
	long status = 0;

	if (result == CURLE_OK)
		(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status); /* then it stays 0 */
	call->status = (int)status;
	call->reply = slice_of(x->reply, result == CURLE_OK ? x->len : 0);
	snprintf(call->why, sizeof(call->why), "%s", exchange_why(x, result));
	call->done(call);
	exchange_free(x);
}

/* What libcurl has finished meanwhile. */
static void http_collect(struct http *h)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(h->multi, &left)) != NULL) {
		struct http_exchange *x;

		if (message->msg != CURLMSG_DONE)
			continue;
		ensure(curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&x) == CURLE_OK);
		exchange_end(x, message->data.result);
	}
}

/* When a socket could not be watched libcurl gives up everything that is under way; each exchange
 * ends when it is looked at. */
static void http_act(struct http *h, curl_socket_t fd, int what)
{
	int running;
	CURLMcode r = curl_multi_socket_action(h->multi, fd, what, &running);

	if (r == CURLM_ABORTED_BY_CALLBACK)
		r = curl_multi_perform(h->multi, &running);
	ensure(r == CURLM_OK);
	http_collect(h);
}

/* ---- what libcurl wants of the loop -------------------------------------------------------- */

static void socket_is_ready(struct loop_watch *watch, int what)
{
	struct http_socket *s = container_of(watch, struct http_socket, watch);

	http_act(s->http, watch->fd, (what & LOOP_READ ? CURL_CSELECT_IN : 0) |
		(what & LOOP_WRITE ? CURL_CSELECT_OUT : 0));
}

static void socket_release(struct loop_grave *grave)
{
	free(container_of(grave, struct http_socket, grave));
}

static void socket_forget(struct http_socket *s)
{
	list_remove(&s->link);
	loop_watch_close(&s->watch);
	s->grave.release = socket_release;
	loop_bury(s->http->loop, &s->grave);
}

static struct http_socket *socket_new(struct http *h, curl_socket_t fd)
{
	struct http_socket *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->http = h;
	if (loop_watch_open(&s->watch, h->loop, fd, socket_is_ready) < 0) {
		free(s);
		return NULL;
	}
	list_append(&h->sockets, &s->link);
	ensure(curl_multi_assign(h->multi, fd, s) == CURLM_OK);
	return s;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct http *h = arg;
	struct http_socket *s = known;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s != NULL)
			socket_forget(s);
		return 0;
	}
	if (s == NULL && (s = socket_new(h, fd)) == NULL)
		return -1; /* every exchange fails */
	loop_watch_want(&s->watch, (what & CURL_POLL_IN ? LOOP_READ : 0) |
		(what & CURL_POLL_OUT ? LOOP_WRITE : 0));
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	if (ms < 0)
		loop_timer_cancel(&h->timer);
	else
		loop_timer_set(&h->timer, ms);
	return 0;
}

static void timer_fired(struct loop_timer *timer)
{
	http_act(container_of(timer, struct http, timer), CURL_SOCKET_TIMEOUT, 0);
}

/* ---- asking -------------------------------------------------------------------------------- */

static size_t on_reply(char *data, size_t one, size_t len, void *arg)
{
	struct http_exchange *x = arg;

	(void)one;
	if (len > sizeof(x->reply) - x->len) {
		x->is_too_long = true;
		return 0; /* ends the exchange */
	}
	memcpy(x->reply + x->len, data, len);
	x->len += len;
	return len;
}

#define SET(option, value) (curl_easy_setopt(x->easy, (option), (value)) == CURLE_OK)

static bool exchange_set(struct http_exchange *x)
{
	const struct http_call *call = x->call;
	char type[128];

	snprintf(type, sizeof(type), "Content-Type: %s", call->type);
	x->headers = curl_slist_append(NULL, type);
	/* No proxy, no redirection, no file: only who was configured is asked. */
	return x->headers != NULL && SET(CURLOPT_URL, call->url) &&
		SET(CURLOPT_PROTOCOLS_STR, "http,https") && SET(CURLOPT_PROXY, "") &&
		SET(CURLOPT_UNIX_SOCKET_PATH, call->socket) && SET(CURLOPT_HTTPHEADER, x->headers) &&
		SET(CURLOPT_POST, 1L) && SET(CURLOPT_POSTFIELDS, call->body.data) &&
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len) &&
		SET(CURLOPT_TIMEOUT_MS, (long)call->timeout_ms) && SET(CURLOPT_NOSIGNAL, 1L) &&
		SET(CURLOPT_ERRORBUFFER, x->error) && SET(CURLOPT_WRITEFUNCTION, on_reply) &&
		SET(CURLOPT_WRITEDATA, x) && SET(CURLOPT_PRIVATE, x);
}

int http_ask(struct http *h, struct http_call *call)
{
	struct http_exchange *x;

	if (h->count == HTTP_CALLS_MAX)
		return ERR_FULL;
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return ERR_MEMORY;
	x->http = h;
	x->call = call;
	list_append(&h->exchanges, &x->link);
	h->count++;
	x->easy = curl_easy_init();
	if (x->easy == NULL || !exchange_set(x) ||
		curl_multi_add_handle(h->multi, x->easy) != CURLM_OK) {
		exchange_free(x);
		return ERR_MEMORY;
	}
	return 0;
}

/* ---- life ---------------------------------------------------------------------------------- */

int http_open(struct http **ret, struct loop *loop)
{
	struct http *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return ERR_MEMORY;
	h->loop = loop;
	list_init(&h->exchanges);
	list_init(&h->sockets);
	h->multi = curl_multi_init();
	if (h->multi == NULL || loop_timer_open(&h->timer, loop, timer_fired) < 0 ||
		curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket) != CURLM_OK ||
		curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h) != CURLM_OK ||
		curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer) != CURLM_OK ||
		curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h) != CURLM_OK) {
		http_close(h);
		return ERR_MEMORY;
	}
	*ret = h;
	return 0;
}

void http_close(struct http *h)
{
	if (h == NULL)
		return;
	while (!list_is_empty(&h->exchanges))
		exchange_free(container_of(h->exchanges.next, struct http_exchange, link));
	if (h->multi != NULL)
		(void)curl_multi_cleanup(h->multi); /* closes what was kept open for later calls */
	while (!list_is_empty(&h->sockets))
		socket_forget(container_of(h->sockets.next, struct http_socket, link));
	loop_timer_close(&h->timer);
	free(h);
}
