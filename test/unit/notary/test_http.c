/* Requests as they should be, as they should not be, and answers. */
#include "test/unit/notary/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK "POST /add-checkpoint HTTP/1.1\r\n"
#define HOST "Host: w\r\n"
#define LENGTH "Content-Length: 5\r\n"

static int read_head(struct http_request *r, const char *text)
{
	return http_head_read(r, slice_of_text(text));
}

static void assert_status(int expected, const char *text)
{
	struct http_request r;
	int got = read_head(&r, text);

	if (got != -expected)
		fail_msg("%d instead of %d for:\n%s", -got, expected, text);
}

static struct http_request good(const char *text)
{
	struct http_request r;

	if (read_head(&r, text) != 0)
		fail_msg("refused:\n%s", text);
	return r;
}

static void a_question_is_read(void **state)
{
	struct http_request r = good(ASK HOST LENGTH "\r\nhello");

	(void)state;
	assert_int_equal(r.method, HTTP_POST);
	assert_string_equal(r.path, "/add-checkpoint");
	assert_int_equal(r.head_len, strlen(ASK HOST LENGTH "\r\n"));
	assert_int_equal(r.body_len, 5);
	assert_true(r.keep_alive);
	assert_false(r.wants_continue);
}

static void every_beginning_of_a_request_is_only_a_part(void **state)
{
	static const char whole[] = ASK HOST LENGTH "\r\n";
	struct http_request r;

	(void)state;
	for (size_t len = 0; len < strlen(whole); len++)
		assert_int_equal(http_head_read(&r, slice_of(whole, len)), HTTP_PARTIAL);
	assert_int_equal(http_head_read(&r, slice_of(whole, strlen(whole))), 0);
}

static void names_of_fields_have_no_case_and_values_no_outer_blanks(void **state)
{
	(void)state;
	assert_int_equal(good(ASK "hOST:w\r\ncontent-LENGTH: \t 5 \t\r\n\r\n").body_len, 5);
}

static void what_follows_a_question_mark_is_left_out(void **state)
{
	(void)state;
	assert_string_equal(good("GET /metrics?a=b HTTP/1.1\r\n" HOST "\r\n").path, "/metrics");
	assert_string_equal(good("GET /? HTTP/1.1\r\n" HOST "\r\n").path, "/");
}

static void other_methods_are_known_as_others(void **state)
{
	(void)state;
	assert_int_equal(good("GET / HTTP/1.1\r\n" HOST "\r\n").method, HTTP_GET);
	assert_int_equal(good("HEAD / HTTP/1.1\r\n" HOST "\r\n").method, HTTP_HEAD);
	assert_int_equal(good("DELETE / HTTP/1.1\r\n" HOST "\r\n").method, HTTP_OTHER);
	assert_int_equal(good("get / HTTP/1.1\r\n" HOST "\r\n").method, HTTP_OTHER);
}

static void a_connection_stays_open_as_the_version_and_the_peer_say(void **state)
{
	(void)state;
	assert_true(good("GET / HTTP/1.1\r\n" HOST "\r\n").keep_alive);
	assert_false(good("GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n").keep_alive);
	assert_false(good("GET / HTTP/1.1\r\n" HOST "Connection: x , CLOSE\r\n\r\n").keep_alive);
	assert_false(good("GET / HTTP/1.0\r\n\r\n").keep_alive);
	assert_true(good("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
	assert_false(good("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").keep_alive);
}

static void whoever_waits_for_a_word_gets_it_if_there_is_a_body(void **state)
{
	(void)state;
	assert_true(good(ASK HOST LENGTH "Expect: 100-Continue\r\n\r\n").wants_continue);
	assert_false(good("GET / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n").wants_continue);
	assert_false(good("POST / HTTP/1.0\r\n" LENGTH "Expect: 100-continue\r\n\r\n").wants_continue);
	assert_status(417, ASK HOST LENGTH "Expect: miracles\r\n\r\n");
}

static void a_length_is_one_decimal_number(void **state)
{
	(void)state;
	assert_status(411, ASK HOST "\r\n");
	assert_status(400, ASK HOST LENGTH LENGTH "\r\n");
	assert_status(400, ASK HOST "Content-Length:\r\n\r\n");
	assert_status(400, ASK HOST "Content-Length: +5\r\n\r\n");
	assert_status(400, ASK HOST "Content-Length: -5\r\n\r\n");
	assert_status(400, ASK HOST "Content-Length: 5,5\r\n\r\n");
	assert_status(400, ASK HOST "Content-Length: 0x5\r\n\r\n");
	assert_status(400, ASK HOST "Content-Length: 05\r\n\r\n");
	assert_status(400, ASK HOST "Content-Length: 18446744073709551621\r\n\r\n");
	assert_status(400, ASK HOST "Content-Length: 5 5\r\n\r\n");
}

static void a_body_at_the_limit_is_taken_and_a_byte_more_is_not(void **state)
{
	char text[200];

	(void)state;
	snprintf(text, sizeof(text), ASK HOST "Content-Length: %d\r\n\r\n", CHECKPOINT_QUESTION_MAX);
	assert_int_equal(good(text).body_len, CHECKPOINT_QUESTION_MAX);
	snprintf(text, sizeof(text), ASK HOST "Content-Length: %d\r\n\r\n",
		CHECKPOINT_QUESTION_MAX + 1);
	assert_status(413, text);
}

static void two_ways_to_read_a_body_are_one_too_many(void **state)
{
	(void)state;
	assert_status(411, ASK HOST "Transfer-Encoding: chunked\r\n\r\n");
	assert_status(400, ASK HOST LENGTH "Transfer-Encoding: chunked\r\n\r\n");
	assert_status(400, ASK HOST "Transfer-Encoding: chunked\r\n" LENGTH "\r\n");
	assert_status(411, "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: x\r\n\r\n");
}

static void a_request_names_one_host(void **state)
{
	(void)state;
	assert_status(400, "GET / HTTP/1.1\r\n\r\n");
	assert_status(400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n");
	assert_status(0, "GET / HTTP/1.0\r\n\r\n");
}

static void lines_that_can_be_read_in_two_ways_are_refused(void **state)
{
	(void)state;
	assert_status(400, "GET / HTTP/1.1\n" HOST "\r\n\r\n");
	assert_status(400, "GET / HTTP/1.1\r\nHost: w\n\r\n\r\n");
	assert_status(400, "GET / HTTP/1.1\r\nHost: w\rx\r\n\r\n");
	assert_status(400, "GET / HTTP/1.1\r\nHost : w\r\n\r\n");
	assert_status(400, "GET / HTTP/1.1\r\n Host: w\r\n\r\n");
	assert_status(400, "GET / HTTP/1.1\r\nHost: w\r\n more\r\n\r\n");
	assert_status(400, "GET / HTTP/1.1\r\nHost: w\r\n: x\r\n\r\n");
	assert_status(400, "GET / HTTP/1.1\r\nHost: w\r\nnothing\r\n\r\n");
	assert_status(400, "GET / HTTP/1.1\r\nHost: w\r\nA: \x01\r\n\r\n");
	assert_status(400, "GET / HTTP/1.1\r\nHost: w\r\nA: \x7f\r\n\r\n");
}

static void a_first_line_is_three_words_with_one_blank_between(void **state)
{
	(void)state;
	assert_status(400, "\r\n\r\n");
	assert_status(400, "GET\r\n\r\n");
	assert_status(400, "GET /\r\n\r\n");
	assert_status(400, "GET  / HTTP/1.1\r\n" HOST "\r\n");
	assert_status(505, "GET /  HTTP/1.1\r\n" HOST "\r\n");
	assert_status(505, "GET / HTTP/1.1 \r\n" HOST "\r\n");
	assert_status(505, "GET / HTTP/2.0\r\n" HOST "\r\n");
	assert_status(505, "GET / http/1.1\r\n" HOST "\r\n");
	assert_status(400, "GET x HTTP/1.1\r\n" HOST "\r\n");
	assert_status(400, "GET http://w/ HTTP/1.1\r\n" HOST "\r\n");
	assert_status(400, "G(T / HTTP/1.1\r\n" HOST "\r\n");
	assert_status(400, "GET /\x01 HTTP/1.1\r\n" HOST "\r\n");
	assert_status(400, "GET /\ta HTTP/1.1\r\n" HOST "\r\n");
	assert_status(400, " GET / HTTP/1.1\r\n" HOST "\r\n");
}

static void a_path_at_the_limit_is_taken_and_a_byte_more_is_not(void **state)
{
	char path[HTTP_PATH_MAX + 2], text[HTTP_PATH_MAX + 100];

	(void)state;
	memset(path, '/', sizeof(path));
	path[HTTP_PATH_MAX] = '\0';
	snprintf(text, sizeof(text), "GET %s?x HTTP/1.1\r\n" HOST "\r\n", path);
	assert_string_equal(good(text).path, path);
	path[HTTP_PATH_MAX] = '/';
	path[HTTP_PATH_MAX + 1] = '\0';
	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "\r\n", path);
	assert_status(414, text);
}

static void lines_at_the_limit_are_taken_and_a_byte_more_is_not(void **state)
{
	static char text[HTTP_HEAD_MAX + 100];
	static const char begin[] = "GET / HTTP/1.1\r\n" HOST "A: ";
	size_t fill = HTTP_HEAD_MAX - strlen(begin) - strlen("\r\n\r\n");
	struct http_request r;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, begin, strlen(begin));
	memcpy(text + strlen(begin) + fill, "\r\n\r\n", 5);
	assert_int_equal(good(text).head_len, HTTP_HEAD_MAX);
	memset(text + strlen(begin) + fill, 'a', 5);
	assert_int_equal(http_head_read(&r, slice_of(text, HTTP_HEAD_MAX - 1)), HTTP_PARTIAL);
	assert_int_equal(http_head_read(&r, slice_of(text, HTTP_HEAD_MAX)), -431);
	memcpy(text + strlen(begin) + fill + 1, "\r\n\r\n", 5);
	assert_status(431, text);
}

static void no_bytes_upset_the_reader(void **state)
{
	static const char seed[] = ASK HOST LENGTH "Expect: 100-continue\r\nConnection: close\r\n\r\n";
	struct http_request r;
	char *bytes;

	(void)state;
	for (size_t i = 0; i < strlen(seed); i++)
		for (unsigned c = 0; c < 256; c++) {
			bytes = malloc(strlen(seed)); /* its end is watched by the sanitizer */
			assert_non_null(bytes);
			memcpy(bytes, seed, strlen(seed));
			bytes[i] = (char)c;
			(void)!http_head_read(&r, slice_of(bytes, strlen(seed)));
			free(bytes);
		}
}

static void an_answer_has_its_lines(void **state)
{
	static struct http_answer a;
	char head[HTTP_ANSWER_HEAD_MAX + 1];

	(void)state;
	http_answer_line(&a, 409, "x");
	a.type = "text/x.tlog.size";
	head[http_answer_head(head, &a, true)] = '\0';
	assert_string_equal(head, "HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\n"
				  "Content-Length: 2\r\nCache-Control: no-store\r\n\r\n");
	http_answer_line(&a, 405, NULL);
	assert_string_equal(a.text, "Method Not Allowed\n");
	a.allow = "POST";
	head[http_answer_head(head, &a, false)] = '\0';
	assert_non_null(strstr(head, "\r\nAllow: POST\r\nConnection: close\r\n\r\n"));
}

static void an_answer_that_does_not_fit_has_failed(void **state)
{
	static struct http_answer a;

	(void)state;
	http_answer_init(&a, 200);
	for (unsigned i = 0; i < HTTP_ANSWER_MAX - 1; i++)
		http_answer_say(&a, "%c", 'a');
	assert_false(a.failed);
	http_answer_say(&a, "%c", 'a');
	assert_true(a.failed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_question_is_read),
		TEST(every_beginning_of_a_request_is_only_a_part),
		TEST(names_of_fields_have_no_case_and_values_no_outer_blanks),
		TEST(what_follows_a_question_mark_is_left_out),
		TEST(other_methods_are_known_as_others),
		TEST(a_connection_stays_open_as_the_version_and_the_peer_say),
		TEST(whoever_waits_for_a_word_gets_it_if_there_is_a_body),
		TEST(a_length_is_one_decimal_number),
		TEST(a_body_at_the_limit_is_taken_and_a_byte_more_is_not),
		TEST(two_ways_to_read_a_body_are_one_too_many),
		TEST(a_request_names_one_host),
		TEST(lines_that_can_be_read_in_two_ways_are_refused),
		TEST(a_first_line_is_three_words_with_one_blank_between),
		TEST(a_path_at_the_limit_is_taken_and_a_byte_more_is_not),
		TEST(lines_at_the_limit_are_taken_and_a_byte_more_is_not),
		TEST(no_bytes_upset_the_reader),
		TEST(an_answer_has_its_lines),
		TEST(an_answer_that_does_not_fit_has_failed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
