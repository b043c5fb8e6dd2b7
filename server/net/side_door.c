#include "net/side_door.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/ensure.h"
#include "base/err.h"
#include "loop/loop.h"

struct side_door {
	struct side_door_options options;
	struct loop *loop;
	struct evhttp *http;
	uint16_t port;
	pthread_t thread;
};

static void side_door_send(struct evhttp_request *req, int code, const char *type, const char *text,
	size_t len)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	struct evbuffer *body = evhttp_request_get_output_buffer(req);

	if (evhttp_add_header(headers, "Content-Type", type) < 0 ||
		evhttp_add_header(headers, "Cache-Control", "no-store") < 0 ||
		evbuffer_add(body, text, len) < 0) {
		evhttp_send_error(req, HTTP_INTERNAL, NULL);
		return;
	}
	evhttp_send_reply(req, code, NULL, NULL);
}

static void side_door_on_health(struct evhttp_request *req, void *arg)
{
	(void)arg;
	side_door_send(req, HTTP_OK, "text/plain; charset=utf-8", "ok\n", strlen("ok\n"));
}

static void side_door_on_ready(struct evhttp_request *req, void *arg)
{
	struct side_door *d = arg;
	char reason[SIDE_DOOR_REASON_MAX] = "", line[SIDE_DOOR_REASON_MAX + 16];
	bool ready = d->options.ready(reason, d->options.arg);
	int len = snprintf(line, sizeof(line), "%s\n", ready ? "ready" : reason);

	ensure(len > 0 && (size_t)len < sizeof(line));
	side_door_send(req, ready ? HTTP_OK : HTTP_SERVUNAVAIL, "text/plain; charset=utf-8", line,
		(size_t)len);
}

static void side_door_on_metrics(struct evhttp_request *req, void *arg)
{
	struct side_door *d = arg;
	struct page page;

	page_init(&page);
	d->options.metrics(&page, d->options.arg);
	if (page.failed || page.text == NULL)
		evhttp_send_error(req, HTTP_INTERNAL, NULL);
	else
		side_door_send(req, HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", page.text,
			page.len);
	page_clear(&page);
}

/* Plain pages: nothing of theirs may run, load, or stand in somebody else's frame. */
static bool side_door_add_headers(struct evhttp_request *req, const struct side_door_page *page)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	char age[40] = "no-store";

	if (page->etag[0] != '\0')
		snprintf(age, sizeof(age), "public, max-age=%u", page->max_age_s);
	return evhttp_add_header(headers, "Content-Type", page->type) == 0 &&
		evhttp_add_header(headers, "Cache-Control", age) == 0 &&
		(page->etag[0] == '\0' || evhttp_add_header(headers, "ETag", page->etag) == 0) &&
		evhttp_add_header(headers, "X-Content-Type-Options", "nosniff") == 0 &&
		evhttp_add_header(headers, "Referrer-Policy", "no-referrer") == 0 &&
		evhttp_add_header(headers, "Content-Security-Policy",
			"default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
			" base-uri 'none'; frame-ancestors 'none'") == 0;
}

static void side_door_send_page(struct evhttp_request *req, const struct side_door_page *page)
{
	const char *known = evhttp_find_header(evhttp_request_get_input_headers(req),
		"If-None-Match");
	bool same = page->etag[0] != '\0' && known != NULL && strcmp(known, page->etag) == 0;

	if (page->body.failed || !side_door_add_headers(req, page) ||
		(!same && evbuffer_add(evhttp_request_get_output_buffer(req), page->body.text,
			page->body.len) < 0))
		evhttp_send_error(req, HTTP_INTERNAL, NULL);
	else
		evhttp_send_reply(req, same ? HTTP_NOTMODIFIED : page->code, NULL, NULL);
}

static void side_door_on_other(struct evhttp_request *req, void *arg)
{
	struct side_door *d = arg;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *raw = uri == NULL ? NULL : evhttp_uri_get_path(uri);
	size_t len = 0;
	char *path = raw == NULL ? NULL : evhttp_uridecode(raw, 0, &len);
	struct side_door_page page = {.code = HTTP_OK};

	page_init(&page.body);
	if (path == NULL || strlen(path) != len || d->options.pages == NULL ||
		!d->options.pages(path, evhttp_uri_get_query(uri), &page, d->options.arg))
		evhttp_send_error(req, HTTP_NOTFOUND, NULL);
	else
		side_door_send_page(req, &page);
	page_clear(&page.body);
	free(path);
}

static bool side_door_set_routes(struct side_door *d)
{
	evhttp_set_allowed_methods(d->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(d->http, SIDE_DOOR_HEADERS_MAX);
	evhttp_set_max_body_size(d->http, 0);
	evhttp_set_timeout(d->http, SIDE_DOOR_TIMEOUT_S);
	evhttp_set_gencb(d->http, side_door_on_other, d);
	return evhttp_set_cb(d->http, "/healthz", side_door_on_health, d) == 0 &&
		evhttp_set_cb(d->http, "/readyz", side_door_on_ready, d) == 0 &&
		evhttp_set_cb(d->http, "/metrics", side_door_on_metrics, d) == 0;
}

static int side_door_bind(struct side_door *d)
{
	struct evhttp_bound_socket *bound;
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);

	bound = evhttp_bind_socket_with_handle(d->http, d->options.address, d->options.port);
	if (bound == NULL ||
		getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&at, &len) < 0)
		return ERR_SYSTEM;
	d->port = ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port :
						   ((struct sockaddr_in *)&at)->sin_port);
	return 0;
}

static void *side_door_run(void *arg)
{
	struct side_door *d = arg;

	loop_run(d->loop);
	return NULL;
}

static void side_door_free(struct side_door *d)
{
	if (d->http != NULL)
		evhttp_free(d->http);
	loop_free(d->loop);
	free(d);
}

int side_door_start(struct side_door **ret, const struct side_door_options *options,
	char problem[SIDE_DOOR_PROBLEM_MAX])
{
	struct side_door *d = calloc(1, sizeof(*d));
	int r = ERR_MEMORY;

	if (d != NULL) {
		d->options = *options;
		d->loop = loop_new();
		if (d->loop != NULL)
			d->http = evhttp_new(loop_event_base(d->loop));
		if (d->http != NULL && side_door_set_routes(d))
			r = side_door_bind(d);
	}
	if (r == ERR_SYSTEM)
		snprintf(problem, SIDE_DOOR_PROBLEM_MAX, "could not listen for HTTP on %s port %u: %s",
			options->address, options->port, strerror(errno));
	else if (r < 0)
		snprintf(problem, SIDE_DOOR_PROBLEM_MAX, "could not open the HTTP side door: no memory");
	if (r == 0 && pthread_create(&d->thread, NULL, side_door_run, d) != 0) {
		snprintf(problem, SIDE_DOOR_PROBLEM_MAX, "could not start the HTTP side door's thread");
		r = ERR_SYSTEM;
	}
	if (r < 0) {
		if (d != NULL)
			side_door_free(d);
		return r;
	}
	*ret = d;
	return 0;
}

void side_door_stop(struct side_door *d)
{
	if (d == NULL)
		return;
	loop_stop(d->loop);
	ensure(pthread_join(d->thread, NULL) == 0);
	side_door_free(d);
}

uint16_t side_door_port(const struct side_door *d)
{
	return d->port;
}
