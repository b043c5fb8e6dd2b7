/* The door with real sockets: what stands at its place, and how many get in. */
#include "test/unit/notary/open_house.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

/* ---- the place ----------------------------------------------------------------------------- */

static void assert_refused(const char *at, int expected, const char *word)
{
	char problem[DOOR_PROBLEM_MAX] = "";

	assert_int_equal(house_try(at, problem), expected);
	if (strstr(problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", problem, word);
}

static void a_socket_is_for_owner_and_group_and_goes_with_the_door(void **state)
{
	struct stat st;

	(void)state;
	house_open(house_socket());
	assert_string_equal(door_at(house_door), house_socket());
	assert_int_equal(lstat(house_socket(), &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(access(folder_path(house_folder, "socket.new"), F_OK), -1);
	house_close();
	assert_int_equal(access(house_socket(), F_OK), -1);
}

static void a_socket_nobody_listens_on_is_replaced(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", house_socket());
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	file_put(folder_path(house_folder, "socket.new"), "", 0, 0600);
	house_open(house_socket());
	fd = visit();
	assert_served(fd);
	close(fd);
	house_close();
}

static void a_socket_somebody_listens_on_is_not(void **state)
{
	struct door *first;
	int fd;

	(void)state;
	house_open(house_socket());
	first = house_door;
	assert_refused(house_socket(), ERR_SYSTEM, "another process listens");
	house_door = first;
	fd = visit();
	assert_served(fd);
	close(fd);
	house_close();
}

static void what_is_no_socket_is_left_alone(void **state)
{
	char text[10];

	(void)state;
	file_put(house_socket(), "mine", 4, 0600);
	assert_refused(house_socket(), ERR_CONFIG, "no socket");
	(void)file_get(house_socket(), text, sizeof(text));
	assert_string_equal(text, "mine");
	assert_refused(house_folder, ERR_CONFIG, "no socket");
	assert_refused(folder_path(house_folder, "no/socket"), ERR_SYSTEM, "No such file");
}

static void another_ones_socket_stays_when_the_door_closes(void **state)
{
	(void)state;
	house_open(house_socket());
	file_put(house_socket(), "theirs", 6, 0600);
	house_close();
	assert_int_equal(access(house_socket(), F_OK), 0);
}

static void the_longest_path_is_taken_and_a_byte_more_is_not(void **state)
{
	size_t longest = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 - strlen(".new");
	char path[200];

	(void)state;
	snprintf(path, sizeof(path), "%s/%0*d", house_folder,
		(int)(longest - strlen(house_folder) - 1), 0);
	assert_int_equal(strlen(path), longest);
	house_open(path);
	house_close();
	snprintf(path, sizeof(path), "%s/%0*d", house_folder,
		(int)(longest - strlen(house_folder)), 0);
	assert_refused(path, ERR_CONFIG, "too long");
}

static void port_0_is_any_free_one(void **state)
{
	int fd;

	(void)state;
	house_open("127.0.0.1:0");
	assert_int_equal(strncmp(door_at(house_door), "127.0.0.1:", 10), 0);
	assert_true(house_port() > 0);
	fd = visit_tcp();
	assert_served(fd);
	close(fd);
	house_close();
}

static void an_address_is_numbers_with_a_port(void **state)
{
	static const char *const wrong[] = {"localhost:80", "127.0.0.1", "127.0.0.1:", ":80",
		"127.0.0.1:http", "127.0.0.1:65536x", "::1:80", "[::1]", "[]:80", "", "socket"};

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_refused(wrong[i], ERR_CONFIG, "in numbers");
}

static void a_port_in_use_is_refused(void **state)
{
	struct door *first;
	char at[40];

	(void)state;
	house_open("127.0.0.1:0");
	first = house_door;
	snprintf(at, sizeof(at), "127.0.0.1:%u", house_port());
	assert_refused(at, ERR_SYSTEM, "in use");
	house_door = first;
	house_close();
}

/* ---- many visitors ------------------------------------------------------------------------- */

static void an_idle_visitor_makes_room_for_the_next(void **state)
{
	int fds[DOOR_VISITORS_MAX], last;

	(void)state;
	house_open(house_socket());
	for (unsigned i = 0; i < DOOR_VISITORS_MAX; i++) {
		fds[i] = visit();
		assert_served(fds[i]);
	}
	last = visit();
	assert_served(last);
	assert_closed(fds[0]);
	close(last);
	for (unsigned i = 1; i < DOOR_VISITORS_MAX; i++)
		close(fds[i]);
	house_close();
}

static void no_more_visitors_get_in_than_there_are_places(void **state)
{
	int fds[DOOR_VISITORS_MAX], outside;

	(void)state;
	house_open(house_socket());
	for (unsigned i = 0; i < DOOR_VISITORS_MAX; i++) {
		fds[i] = visit();
		say(fds[i], "GET /sma");
	}
	outside = visit();
	say(outside, GET_SMALL);
	assert_false(is_readable(outside, 300));
	say(fds[7], "ll HTTP/1.1\r\nHost: d\r\n\r\n");
	/* Its answer is its last, for somebody waits outside. */
	assert_non_null(strstr(hear(fds[7], NULL), "Connection: close\r\n"));
	close(fds[7]);
	assert_non_null(strstr(hear(outside, "0 0\n"), "HTTP/1.1 200 OK\r\n"));
	close(outside);
	for (unsigned i = 0; i < DOOR_VISITORS_MAX; i++)
		if (i != 7)
			close(fds[i]);
	house_close();
}

static int64_t now_ms(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Whether the peer has closed: what it sent before is thrown away. */
static bool has_closed(int fd)
{
	char bytes[4096];
	ssize_t n;

	do {
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	} while (n > 0);
	return n == 0 || (errno != EAGAIN && errno != EINTR);
}

static void whoever_takes_too_long_is_sent_off(void **state)
{
	int silent, dripping, deaf, fd, open_ones = 2;
	int64_t start, took;

	(void)state;
	house_open("127.0.0.1:0");
	start = now_ms();
	silent = visit_tcp();
	dripping = visit_tcp();
	deaf = visit_tcp();
	for (unsigned i = 0; i < 200; i++)
		say(deaf, GET_LARGE);
	while (open_ones > 0) {
		assert_true(now_ms() - start < VISITOR_READING_MS_MAX + SOON_MS);
		usleep(100 * 1000);
		if (dripping >= 0 && (send(dripping, "G", 1, MSG_NOSIGNAL) < 0 || has_closed(dripping))) {
			close(dripping);
			dripping = -1;
			open_ones--;
		}
		if (silent >= 0 && has_closed(silent)) {
			close(silent);
			silent = -1;
			open_ones--;
		}
	}
	took = now_ms() - start;
	assert_in_range((uintmax_t)took, VISITOR_READING_MS_MAX - 500,
		VISITOR_READING_MS_MAX + SOON_MS);
	/* What was on its way is still read; then there is nothing more of the 200 answers. */
	while (!has_closed(deaf)) {
		assert_true(now_ms() - start < VISITOR_WRITING_MS_MAX + 2 * SOON_MS);
		usleep(20 * 1000);
	}
	close(deaf);
	fd = visit_tcp();
	assert_served(fd);
	close(fd);
	house_close();
}

int main(void)
{
#define FRESH(fn) cmocka_unit_test_setup_teardown(fn, house_begin, house_end)
	static const struct CMUnitTest tests[] = {
		FRESH(a_socket_is_for_owner_and_group_and_goes_with_the_door),
		FRESH(a_socket_nobody_listens_on_is_replaced),
		FRESH(a_socket_somebody_listens_on_is_not),
		FRESH(what_is_no_socket_is_left_alone),
		FRESH(another_ones_socket_stays_when_the_door_closes),
		FRESH(the_longest_path_is_taken_and_a_byte_more_is_not),
		FRESH(port_0_is_any_free_one),
		FRESH(an_address_is_numbers_with_a_port),
		FRESH(a_port_in_use_is_refused),
		FRESH(an_idle_visitor_makes_room_for_the_next),
		FRESH(no_more_visitors_get_in_than_there_are_places),
		FRESH(whoever_takes_too_long_is_sent_off),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
