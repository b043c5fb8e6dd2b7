/* One visitor with a real socket: questions in every piece, manners, noise. */
#include "test/unit/notary/open_house.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- one visitor --------------------------------------------------------------------------- */

static void a_visitor_may_ask_again(void **state)
{
	int fd;

	(void)state;
	house_open(house_socket());
	fd = visit();
	for (unsigned i = 0; i < 20; i++)
		assert_served(fd);
	close(fd);
	house_close();
}

static void peers_with_and_without_a_name_are_served(void **state)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX}, own = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	house_open(house_socket());
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", house_socket());
	snprintf(own.sun_path, sizeof(own.sun_path), "%s", folder_path(house_folder, "peer"));
	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_served(fd);
	close(fd);
	house_close();
}

static void questions_in_one_piece_are_answered_in_order(void **state)
{
	const char *heard, *second;
	int fd;

	(void)state;
	house_open(house_socket());
	fd = visit();
	say(fd, "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 3\r\n\r\nabc" GET_SMALL
		"POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 4\r\n\r\nabcd");
	heard = hear(fd, "2 4\n");
	second = strstr(heard, "2 3\n");
	assert_non_null(second);
	assert_non_null(strstr(second, "0 0\n"));
	close(fd);
	house_close();
}

static void a_question_byte_by_byte_is_answered(void **state)
{
	static const char question[] = "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 3\r\n\r\nabc";
	char byte[2] = "";
	int fd;

	(void)state;
	house_open(house_socket());
	fd = visit();
	for (const char *c = question; *c != '\0'; c++) {
		byte[0] = *c;
		say(fd, byte);
	}
	(void)hear(fd, "2 3\n");
	close(fd);
	house_close();
}

static void whoever_says_no_more_still_gets_the_answer(void **state)
{
	int fd;

	(void)state;
	house_open(house_socket());
	fd = visit();
	say(fd, GET_SMALL);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_non_null(strstr(hear(fd, NULL), "0 0\n"));
	close(fd);
	fd = visit();
	say(fd, "GET /sma");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_closed(fd);
	house_close();
}

static void whoever_wants_to_close_is_closed(void **state)
{
	int fd;

	(void)state;
	house_open(house_socket());
	fd = visit();
	say(fd, "GET / HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n");
	assert_non_null(strstr(hear(fd, NULL), "Connection: close\r\n"));
	close(fd);
	fd = visit();
	say(fd, "GET / HTTP/1.0\r\n\r\n");
	assert_non_null(strstr(hear(fd, NULL), "0 0\n"));
	close(fd);
	house_close();
}

static void a_head_has_no_body(void **state)
{
	int fd;

	(void)state;
	house_open(house_socket());
	fd = visit();
	say(fd, "HEAD / HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n");
	assert_string_equal(strstr(hear(fd, NULL), "\r\n\r\n"), "\r\n\r\n");
	close(fd);
	house_close();
}

static void whoever_waits_for_a_word_is_told_to_go_on(void **state)
{
	int fd;

	(void)state;
	house_open(house_socket());
	fd = visit();
	for (unsigned i = 0; i < 2; i++) {
		say(fd, "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
		assert_string_equal(hear(fd, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
		say(fd, "abc");
		(void)hear(fd, "2 3\n");
	}
	close(fd);
	house_close();
}

static void garbage_is_refused_and_ends_the_connection(void **state)
{
	int fd;

	(void)state;
	house_open(house_socket());
	fd = visit();
	say(fd, "garbage\r\n\r\n" GET_SMALL);
	assert_non_null(strstr(hear(fd, NULL), "HTTP/1.1 400 Bad Request\r\n"));
	close(fd);
	fd = visit();
	assert_served(fd);
	close(fd);
	house_close();
}

static void a_refusal_is_heard_after_the_whole_body_was_sent(void **state)
{
	static char body[1000 * 1000];
	size_t sent = 0;
	ssize_t n;
	int fd;

	(void)state;
	house_open("127.0.0.1:0");
	fd = visit_tcp();
	memset(body, 'b', sizeof(body));
	say(fd, "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 1000000\r\n\r\n");
	for (; sent < sizeof(body); sent += (size_t)n) {
		n = send(fd, body + sent, sizeof(body) - sent, MSG_NOSIGNAL);
		assert_true(n > 0); /* most programs would not read an answer after a failure */
	}
	assert_non_null(strstr(hear(fd, NULL), "HTTP/1.1 413 Content Too Large\r\n"));
	close(fd);
	house_close();
}

int main(void)
{
#define FRESH(fn) cmocka_unit_test_setup_teardown(fn, house_begin, house_end)
	static const struct CMUnitTest tests[] = {
		FRESH(a_visitor_may_ask_again),
		FRESH(peers_with_and_without_a_name_are_served),
		FRESH(questions_in_one_piece_are_answered_in_order),
		FRESH(a_question_byte_by_byte_is_answered),
		FRESH(whoever_says_no_more_still_gets_the_answer),
		FRESH(whoever_wants_to_close_is_closed),
		FRESH(a_head_has_no_body),
		FRESH(whoever_waits_for_a_word_is_told_to_go_on),
		FRESH(garbage_is_refused_and_ends_the_connection),
		FRESH(a_refusal_is_heard_after_the_whole_body_was_sent),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
