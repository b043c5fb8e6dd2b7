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

static struct side_door *door_open(void)
{
	struct side_door_options options = {
		.address = "127.0.0.1", .ready = on_ready, .metrics = on_metrics};
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

	snprintf(request, sizeof(request), "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", line);
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

static void anything_else_is_refused(void **state)
{
	struct side_door *d = door_open();
	char answer[4096];

	(void)state;
	ask(d, "GET /", answer, sizeof(answer));
	assert_non_null(strstr(answer, "HTTP/1.1 404"));
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
		TEST(anything_else_is_refused),
		TEST(a_port_in_use_is_said_plainly),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("side_door", tests, NULL, NULL);
}
