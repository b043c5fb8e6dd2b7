/* What operators and load balancers are told over HTTP. */
#include "net/side_door.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "peer.h"
#include "support/tap.h"

static atomic_bool is_ready;
static atomic_bool is_overfull;

static bool on_ready(char reason[SIDE_DOOR_REASON_MAX], void *arg)
{
	(void)arg;
	if (!is_ready)
		snprintf(reason, SIDE_DOOR_REASON_MAX, "the database could not be reached");
	return is_ready;
}

static void on_metrics(struct page *page, void *arg)
{
	(void)arg;
	page_print(page, "rxcirc_connections_open %d\n", 3);
	while (is_overfull && !page->failed)
		page_print(page, "%01000d", 1);
}

/* What the door was asked for. */
static char asked_path[64], asked_query[64];

static bool on_page(const char *path, const char *query, struct side_door_page *page, void *arg)
{
	(void)arg;
	snprintf(asked_path, sizeof(asked_path), "%s", path);
	snprintf(asked_query, sizeof(asked_query), "%s", query == NULL ? "-" : query);
	if (strncmp(path, "/public/", 8) != 0)
		return false;
	page->type = "text/html; charset=utf-8";
	page->max_age_s = 7;
	if (strcmp(path, "/public/bad") == 0)
		page->code = 400;
	else
		snprintf(page->etag, sizeof(page->etag), "\"v1\"");
	page_print(&page->body, "<p>%s</p>", path);
	while (is_overfull && !page->body.failed)
		page_print(&page->body, "%01000d", 1);
	return true;
}

static struct side_door *door_open(void)
{
	struct side_door_options options = {.address = "127.0.0.1", .ready = on_ready,
		.metrics = on_metrics, .pages = on_page};
	char problem[SIDE_DOOR_PROBLEM_MAX] = "";
	struct side_door *d = NULL;

	assert_int_equal(side_door_start(&d, &options, problem), 0);
	return d;
}

/* The whole answer to a request line. */
static void ask(struct side_door *d, const char *line, char *out, size_t cap)
{
	int fd = peer_dial(side_door_port(d));
	char request[512];
	size_t have = 0;
	ssize_t got;

	const char *more = strchr(line, '\n'); /* a header behind the request line */
	int len = more == NULL ? (int)strlen(line) : (int)(more - line);

	snprintf(request, sizeof(request), "%.*s HTTP/1.1\r\nHost: x\r\n%s%sConnection: close\r\n\r\n",
		len, line, more == NULL ? "" : more + 1, more == NULL ? "" : "\r\n");
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	while ((got = recv(fd, out + have, cap - have - 1, 0)) > 0)
		have += (size_t)got;
	out[have] = '\0';
	close(fd);
}

static void health_is_ok_while_the_process_lives(void **state)
{
	struct side_door *d = door_open();
	char answer[2048];

	(void)state;
	is_ready = false;
	ask(d, "GET /healthz", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 200"));
	assert_non_null(strstr(answer, "\r\n\r\nok\n"));
	side_door_stop(d);
}

static void readiness_says_why_not(void **state)
{
	struct side_door *d = door_open();
	char answer[2048];

	(void)state;
	is_ready = false;
	ask(d, "GET /readyz", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 503"));
	assert_non_null(strstr(answer, "\r\n\r\nthe database could not be reached\n"));
	is_ready = true;
	ask(d, "GET /readyz", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 200"));
	assert_non_null(strstr(answer, "\r\n\r\nready\n"));
	side_door_stop(d);
}

static void metrics_come_as_text_or_not_at_all(void **state)
{
	struct side_door *d = door_open();
	char answer[2048];

	(void)state;
	ask(d, "GET /metrics", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 200"));
	assert_non_null(strstr(answer, "text/plain; version=0.0.4"));
	assert_non_null(strstr(answer, "\r\n\r\nrxcirc_connections_open 3\n"));
	is_overfull = true;
	ask(d, "GET /metrics", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 500"));
	is_overfull = false;
	side_door_stop(d);
}

static void other_pages_are_its_owners(void **state)
{
	struct side_door *d = door_open();
	char answer[4096];

	(void)state;
	ask(d, "GET /public/a%20b?q=%3C&x", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 200"));
	assert_string_equal(asked_path, "/public/a b");
	assert_string_equal(asked_query, "q=%3C&x"); /* as it came */
	assert_non_null(strstr(answer, "ETag: \"v1\"\r\n"));
	assert_non_null(strstr(answer, "Cache-Control: public, max-age=7\r\n"));
	assert_non_null(strstr(answer, "Content-Security-Policy: default-src 'none'"));
	assert_non_null(strstr(answer, "\r\n\r\n<p>/public/a b</p>"));
	ask(d, "GET /public/bad", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 400"));
	assert_non_null(strstr(answer, "Cache-Control: no-store\r\n"));
	assert_string_equal(asked_query, "-");
	is_overfull = true;
	ask(d, "GET /public/large", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 500"));
	is_overfull = false;
	side_door_stop(d);
}

static void who_has_the_page_is_told_so(void **state)
{
	struct side_door *d = door_open();
	char answer[4096];

	(void)state;
	ask(d, "GET /public/x\nIf-None-Match: \"v1\"", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 304"));
	assert_null(strstr(answer, "<p>"));
	ask(d, "GET /public/x\nIf-None-Match: \"v0\"", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 200"));
	side_door_stop(d);
}

static void anything_else_is_refused(void **state)
{
	struct side_door *d = door_open();
	char answer[4096];

	(void)state;
	ask(d, "GET /", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 404"));
	ask(d, "GET /public%00/x", answer, sizeof(answer));
	assert_null(strstr(answer, "HTTP/1.1 200"));
	ask(d, "GET /healthz/../metrics", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 404"));
	ask(d, "POST /healthz", answer, sizeof(answer));
	assert_null(strstr(answer, "HTTP/1.1 200"));
	side_door_stop(d);
}

static void a_port_in_use_is_said_plainly(void **state)
{
	struct side_door *d = door_open(), *second = NULL;
	struct side_door_options options = {.address = "127.0.0.1", .port = side_door_port(d),
		.ready = on_ready, .metrics = on_metrics};
	char problem[SIDE_DOOR_PROBLEM_MAX] = "";

	(void)state;
	assert_int_equal(side_door_start(&second, &options, problem), ERR_SYSTEM);
	assert_non_null(strstr(problem, "could not listen for HTTP on 127.0.0.1 port"));
	assert_null(second);
	side_door_stop(d);
	side_door_stop(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(health_is_ok_while_the_process_lives),
		TEST(readiness_says_why_not),
		TEST(metrics_come_as_text_or_not_at_all),
		TEST(other_pages_are_its_owners),
		TEST(who_has_the_page_is_told_so),
		TEST(anything_else_is_refused),
		TEST(a_port_in_use_is_said_plainly),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("side_door", tests, NULL, NULL);
}
