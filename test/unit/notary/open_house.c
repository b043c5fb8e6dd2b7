#include "test/unit/notary/open_house.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { HEARD_MAX = 1000, LARGE = HTTP_ANSWER_MAX - 1 };

char house_folder[FOLDER_MAX];
struct door *house_door;
static struct loop *loop;
static pthread_t thread;

/* ---- a door that is open in a thread ------------------------------------------------------- */

static void on_answer(const struct http_request *request, struct http_answer *a, void *arg)
{
	assert_ptr_equal(arg, house_folder);
	if (strcmp(request->path, "/large") == 0)
		http_answer_say(a, "%0*d", LARGE, 0);
	else
		http_answer_say(a, "%d %zu\n", (int)request->method, request->body.len);
}

int house_try(const char *at, char problem[DOOR_PROBLEM_MAX])
{
	const struct door_options options = {.at = at, .answer = on_answer, .arg = house_folder};

	return door_open(&house_door, loop, &options, problem);
}

static void *run(void *arg)
{
	(void)arg;
	loop_run(loop);
	return NULL;
}

void house_open(const char *at)
{
	char problem[DOOR_PROBLEM_MAX] = "";

	if (house_try(at, problem) < 0)
		fail_msg("%s", problem);
	assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
}

void house_close(void)
{
	loop_stop(loop);
	assert_int_equal(pthread_join(thread, NULL), 0);
	door_close(house_door);
}

const char *house_socket(void)
{
	return folder_path(house_folder, "socket");
}

int house_begin(void **state)
{
	(void)state;
	folder_make(house_folder);
	loop = loop_new();
	return loop == NULL ? -1 : 0;
}

int house_end(void **state)
{
	(void)state;
	loop_free(loop);
	folder_remove(house_folder);
	return 0;
}

/* ---- visitors ------------------------------------------------------------------------------ */

int visit(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", house_socket());
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

bool is_readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms) == 1;
}

const char *hear(int fd, const char *until)
{
	static char text[HEARD_MAX];
	size_t len = 0;
	ssize_t n = 1;

	text[0] = '\0';
	while (n > 0 && (until == NULL || strstr(text, until) == NULL)) {
		if (!is_readable(fd, SOON_MS))
			fail_msg("nothing more after:\n%s", text);
		n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
		if (n > 0)
			len += (size_t)n;
		text[len] = '\0';
	}
	return text;
}

void assert_served(int fd)
{
	say(fd, GET_SMALL);
	assert_non_null(strstr(hear(fd, "0 0\n"), "HTTP/1.1 200 OK\r\n"));
}

void assert_closed(int fd)
{
	char byte;

	assert_true(is_readable(fd, SOON_MS));
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
}

unsigned house_port(void)
{
	const char *colon = strrchr(door_at(house_door), ':');

	assert_non_null(colon);
	return (unsigned)strtoul(colon + 1, NULL, 10);
}

int visit_tcp(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)house_port()),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 4096;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}
