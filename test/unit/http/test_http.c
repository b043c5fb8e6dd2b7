/* Questions over HTTP: whatever the other side does, each ends exactly once or not at all. */
#include "test/support/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "http/http.h"
#include "test/unit/http/web.h"

/* ---- what may be short --------------------------------------------------------------------- */

static int watches_until_failure = -1, handles_until_failure = -1;

int __real_loop_watch_open(struct loop_watch *w, struct loop *loop, int fd,
	void (*ready)(struct loop_watch *watch, int what));
int __wrap_loop_watch_open(struct loop_watch *w, struct loop *loop, int fd,
	void (*ready)(struct loop_watch *watch, int what));
void *__real_curl_easy_init(void);
void *__wrap_curl_easy_init(void);

static bool fails_now(int *countdown)
{
	return *countdown >= 0 && (*countdown)-- == 0;
}

int __wrap_loop_watch_open(struct loop_watch *w, struct loop *loop, int fd,
	void (*ready)(struct loop_watch *watch, int what))
{
	return fails_now(&watches_until_failure) ? ERR_MEMORY :
		__real_loop_watch_open(w, loop, fd, ready);
}

void *__wrap_curl_easy_init(void)
{
	return fails_now(&handles_until_failure) ? NULL : __real_curl_easy_init();
}

/* ---- the bench ----------------------------------------------------------------------------- */

enum { WAIT_MS = 5000, CALLS = HTTP_CALLS_MAX + 1 };

/* A call and what came of it. */
struct asked {
	struct http_call call;
	unsigned done;
	uint8_t reply[HTTP_REPLY_MAX];
	size_t len;
	unsigned again; /* times it is asked again from inside its done() */
};

static struct loop *loop;
static struct http *http;
static struct web *web;
static char folder[64], path[96], body_text[] = "question";
static struct asked asked[CALLS];
static bool is_asking;
/* what the server does with a question */
static void (*answer)(struct web_question *q);
static struct web_question *held[WEB_CONNECTIONS_MAX];
static unsigned held_count;

static void on_asked(struct web *w, struct web_question *q)
{
	(void)w;
	answer(q);
}

static void on_done(struct http_call *call)
{
	struct asked *a = container_of(call, struct asked, call);

	assert_false(is_asking);
	a->done++;
	a->len = call->reply.len;
	if (a->len > 0)
		memcpy(a->reply, call->reply.data, a->len);
	if (a->again > 0) {
		a->again--;
		assert_int_equal(http_ask(http, call), 0);
	}
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test-http-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/socket", folder);
	memset(asked, 0, sizeof(asked));
	held_count = 0;
	loop = loop_new();
	return loop != NULL && http_open(&http, loop) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	http_close(http);
	web_close(web);
	web = NULL;
	loop_free(loop);
	return rmdir(folder);
}

static void serve(const char *socket, void (*how)(struct web_question *q))
{
	answer = how;
	web = web_open(loop, socket, on_asked, NULL);
}

static int ask_at(unsigned i, const char *url, const char *socket, int64_t timeout_ms)
{
	int r;

	asked[i].call.url = url;
	asked[i].call.socket = socket;
	asked[i].call.type = "text/x-test";
	asked[i].call.body = slice_of_text(body_text);
	asked[i].call.timeout_ms = timeout_ms;
	asked[i].call.done = on_done;
	is_asking = true;
	r = http_ask(http, &asked[i].call);
	is_asking = false;
	return r;
}

static void ask(unsigned i)
{
	assert_int_equal(ask_at(i, web->url, web->socket[0] != '\0' ? web->socket : NULL, WAIT_MS), 0);
}

static bool is_done(void *arg)
{
	return ((const struct asked *)arg)->done > 0;
}

static void await(unsigned i)
{
	assert_true(web_run(loop, is_done, &asked[i], WAIT_MS));
	assert_int_equal(asked[i].done, 1);
}

static bool all_are_held(void *arg)
{
	return held_count >= *(const unsigned *)arg;
}

static void assert_answered(unsigned i, int status, const char *text)
{
	await(i);
	assert_int_equal(asked[i].call.status, status);
	assert_string_equal(asked[i].call.why, "");
	assert_int_equal(asked[i].len, strlen(text));
	assert_memory_equal(asked[i].reply, text, strlen(text));
}

static void assert_unanswered(unsigned i)
{
	await(i);
	assert_int_equal(asked[i].call.status, 0);
	assert_int_equal(asked[i].len, 0);
	assert_string_not_equal(asked[i].call.why, "");
}

/* ---- what the server does ------------------------------------------------------------------ */

static void say_yes(struct web_question *q)
{
	web_answer_text(q, 200, "yes");
}

static void hold(struct web_question *q)
{
	held[held_count++] = q;
}

static void say_connection(struct web_question *q)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", q->connection);
	web_answer_text(q, 200, text);
}

/* ---- answers ------------------------------------------------------------------------------- */

static void expect_question(struct web_question *q)
{
	assert_string_equal(q->path, "/a/b");
	assert_string_equal(q->type, "text/x-test");
	assert_int_equal(q->body.len, strlen(body_text));
	assert_memory_equal(q->body.data, body_text, q->body.len);
	web_answer_text(q, 200, "answer");
}

static void a_question_arrives_whole_and_its_answer_comes_back(void **state)
{
	char url[128];

	(void)state;
	serve(NULL, expect_question);
	snprintf(url, sizeof(url), "%s/a/b", web->url);
	assert_int_equal(ask_at(0, url, NULL, WAIT_MS), 0);
	assert_answered(0, 200, "answer");
}

static void a_unix_socket_is_asked_whatever_host_the_url_names(void **state)
{
	(void)state;
	serve(path, expect_question);
	assert_int_equal(ask_at(0, "http://nowhere.invalid/a/b", path, WAIT_MS), 0);
	assert_answered(0, 200, "answer");
}

static int status_said;

static void say_status(struct web_question *q)
{
	web_answer_text(q, status_said, "why");
}

static void every_status_is_an_answer(void **state)
{
	static const int all[] = {200, 400, 403, 404, 409, 422, 500, 503};

	(void)state;
	serve(NULL, say_status);
	for (unsigned i = 0; i < ARRAY_LEN(all); i++) {
		status_said = all[i];
		ask(i);
		assert_answered(i, all[i], "why");
	}
}

static void say_nothing_more(struct web_question *q)
{
	assert_int_equal(q->body.len, 0);
	web_answer_text(q, 200, "");
}

static void an_empty_question_and_an_empty_answer_are_fine(void **state)
{
	(void)state;
	serve(NULL, say_nothing_more);
	body_text[0] = '\0';
	ask(0);
	body_text[0] = 'q';
	assert_answered(0, 200, "");
}

static size_t answer_len;

static void say_much(struct web_question *q)
{
	static uint8_t bytes[HTTP_REPLY_MAX + 1];

	memset(bytes, 'x', sizeof(bytes));
	web_answer(q, 200, slice_of(bytes, answer_len));
}

static void the_longest_answer_is_taken_and_one_byte_more_is_none(void **state)
{
	(void)state;
	serve(NULL, say_much);
	answer_len = HTTP_REPLY_MAX;
	ask(0);
	await(0);
	assert_int_equal(asked[0].call.status, 200);
	assert_int_equal(asked[0].len, HTTP_REPLY_MAX);
	answer_len++;
	ask(1);
	assert_unanswered(1);
	assert_string_equal(asked[1].call.why, "the answer is too long");
}

static void say_chunks(struct web_question *q)
{
	web_answer_raw(q, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
}

static void an_answer_in_chunks_is_put_together(void **state)
{
	(void)state;
	serve(NULL, say_chunks);
	ask(0);
	assert_answered(0, 200, "abcdefg");
}

/* ---- no answer ----------------------------------------------------------------------------- */

static void a_refused_connection_is_no_answer(void **state)
{
	char url[64];

	(void)state;
	serve(NULL, say_yes);
	snprintf(url, sizeof(url), "%s", web->url);
	web_close(web);
	web = NULL;
	assert_int_equal(ask_at(0, url, NULL, WAIT_MS), 0);
	assert_int_equal(ask_at(1, "http://signer/", path, WAIT_MS), 0);
	assert_unanswered(0);
	assert_unanswered(1);
}

static void whoever_takes_too_long_has_not_answered(void **state)
{
	int64_t since_ms = clock_mono_ms();

	(void)state;
	serve(NULL, hold);
	assert_int_equal(ask_at(0, web->url, NULL, 60), 0);
	assert_unanswered(0);
	assert_in_range(clock_mono_ms() - since_ms, 50, 2000);
	web_answer_text(held[0], 200, "late"); /* to nobody */
	web_run_ms(loop, 20);
	assert_int_equal(asked[0].done, 1);
}

static void say_half(struct web_question *q)
{
	web_answer_half(q, 100, slice_of_text("only this"));
}

static void say_garbage(struct web_question *q)
{
	web_answer_raw(q, "\x16\x03\x01 this is not HTTP\r\n\r\n");
}

static void say_half_a_head(struct web_question *q)
{
	web_answer_raw(q, "HTTP/1.1 200 O");
}

static void half_an_answer_is_none(void **state)
{
	static void (*const ways[])(struct web_question *q) = {say_half, web_cut, say_garbage,
		say_half_a_head};

	(void)state;
	serve(NULL, say_yes);
	for (unsigned i = 0; i < ARRAY_LEN(ways); i++) {
		answer = ways[i];
		ask(i);
		assert_unanswered(i);
	}
}

static void say_elsewhere(struct web_question *q)
{
	web_answer_raw(q, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
}

static void nobody_else_is_asked_on_being_sent_elsewhere(void **state)
{
	(void)state;
	serve(NULL, say_elsewhere);
	ask(0);
	assert_answered(0, 302, "");
	assert_int_equal(web->questions, 1);
}

static void a_proxy_of_the_environment_is_not_asked(void **state)
{
	(void)state;
	serve(NULL, say_yes);
	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	ask(0);
	assert_answered(0, 200, "yes");
	assert_int_equal(unsetenv("http_proxy"), 0);
}

static void only_http_is_spoken(void **state)
{
	static const char *const urls[] = {"file:///etc/hostname", "ftp://127.0.0.1/", "gopher://x/",
		"", "http://", "://"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(urls); i++) {
		assert_int_equal(ask_at(i, urls[i], NULL, WAIT_MS), 0);
		assert_unanswered(i);
	}
}

/* ---- many ---------------------------------------------------------------------------------- */

static void ask_many(void)
{
	for (unsigned i = 0; i < HTTP_CALLS_MAX; i++)
		ask(i);
}

static void so_many_are_asked_at_once_and_one_more_is_refused(void **state)
{
	unsigned wanted = HTTP_CALLS_MAX;

	(void)state;
	serve(path, hold);
	ask_many();
	assert_int_equal(ask_at(HTTP_CALLS_MAX, web->url, path, WAIT_MS), ERR_FULL);
	assert_true(web_run(loop, all_are_held, &wanted, WAIT_MS));
	assert_int_equal(web->connections, HTTP_CALLS_MAX);
	web_answer_text(held[7], 200, "yes");
	assert_answered(7, 200, "yes");
	ask(HTTP_CALLS_MAX);
	wanted++;
	assert_true(web_run(loop, all_are_held, &wanted, WAIT_MS));
	for (unsigned i = 0; i < held_count; i++)
		if (i != 7)
			web_answer_text(held[i], 200, "yes");
	for (unsigned i = 0; i < CALLS; i++)
		assert_answered(i, 200, "yes");
}

static void closing_ends_what_is_under_way_in_silence(void **state)
{
	unsigned wanted = HTTP_CALLS_MAX;

	(void)state;
	serve(NULL, hold);
	ask_many(); /* and one that has not even been begun */
	http_close(http);
	assert_int_equal(http_open(&http, loop), 0);
	ask_many();
	assert_true(web_run(loop, all_are_held, &wanted, WAIT_MS));
	http_close(http);
	http = NULL;
	for (unsigned i = 0; i < held_count; i++)
		web_answer_text(held[i], 200, "late");
	web_run_ms(loop, 20);
	for (unsigned i = 0; i < HTTP_CALLS_MAX; i++)
		assert_int_equal(asked[i].done, 0);
}

static void closing_nothing_is_fine(void **state)
{
	(void)state;
	http_close(NULL);
}

static bool is_done_again(void *arg)
{
	return ((const struct asked *)arg)->done > 5;
}

static void a_call_may_be_asked_again_from_inside_its_end(void **state)
{
	(void)state;
	serve(NULL, say_yes);
	asked[0].again = 5;
	ask(0);
	assert_true(web_run(loop, is_done_again, &asked[0], WAIT_MS));
	assert_int_equal(asked[0].done, 6);
	assert_int_equal(asked[0].call.status, 200);
	assert_int_equal(web->questions, 6);
}

static void one_connection_serves_calls_one_after_the_other(void **state)
{
	(void)state;
	serve(NULL, say_connection);
	for (unsigned i = 0; i < 5; i++) {
		ask(i);
		assert_answered(i, 200, "1");
	}
	assert_int_equal(web->connections, 1);
}

static void a_connection_that_was_closed_meanwhile_is_made_anew(void **state)
{
	(void)state;
	serve(path, say_connection);
	ask(0);
	assert_answered(0, 200, "1");
	web_cut(web->all[0]);
	ask(1);
	assert_answered(1, 200, "2");
}

/* ---- short of memory ----------------------------------------------------------------------- */

static void a_call_that_cannot_be_begun_is_refused(void **state)
{
	(void)state;
	serve(NULL, say_yes);
	handles_until_failure = 0;
	assert_int_equal(ask_at(0, web->url, NULL, WAIT_MS), ERR_MEMORY);
	ask(1);
	assert_answered(1, 200, "yes");
	assert_int_equal(asked[0].done, 0);
}

static void a_socket_that_cannot_be_watched_ends_what_is_under_way_and_no_more(void **state)
{
	unsigned wanted = 2;

	(void)state;
	serve(NULL, hold);
	ask(0);
	ask(1);
	assert_true(web_run(loop, all_are_held, &wanted, WAIT_MS));
	watches_until_failure = 0;
	ask(2);
	for (unsigned i = 0; i < 3; i++)
		assert_unanswered(i);
	answer = say_yes;
	ask(3);
	assert_answered(3, 200, "yes");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_question_arrives_whole_and_its_answer_comes_back),
		CASE(a_unix_socket_is_asked_whatever_host_the_url_names),
		CASE(every_status_is_an_answer),
		CASE(an_empty_question_and_an_empty_answer_are_fine),
		CASE(the_longest_answer_is_taken_and_one_byte_more_is_none),
		CASE(an_answer_in_chunks_is_put_together),
		CASE(a_refused_connection_is_no_answer),
		CASE(whoever_takes_too_long_has_not_answered),
		CASE(half_an_answer_is_none),
		CASE(nobody_else_is_asked_on_being_sent_elsewhere),
		CASE(a_proxy_of_the_environment_is_not_asked),
		CASE(only_http_is_spoken),
		CASE(so_many_are_asked_at_once_and_one_more_is_refused),
		CASE(closing_ends_what_is_under_way_in_silence),
		CASE(closing_nothing_is_fine),
		CASE(a_call_may_be_asked_again_from_inside_its_end),
		CASE(one_connection_serves_calls_one_after_the_other),
		CASE(a_connection_that_was_closed_meanwhile_is_made_anew),
		CASE(a_call_that_cannot_be_begun_is_refused),
		CASE(a_socket_that_cannot_be_watched_ends_what_is_under_way_and_no_more),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (http_process_start() < 0)
		return 1;
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
