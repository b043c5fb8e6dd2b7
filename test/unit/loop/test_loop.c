/* The order of a turn, and what may happen to watches, timers and posts within it. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "loop/loop.h"
#include "test/support/tap.h"

static struct loop *loop;
static char trace[256];

static void note(char c)
{
	size_t len = strlen(trace);

	assert_true(len + 1 < sizeof(trace));
	trace[len] = c;
	trace[len + 1] = '\0';
}

static int setup(void **state)
{
	(void)state;
	trace[0] = '\0';
	loop = loop_new();
	return loop != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

static void stop_on_timer(struct loop_timer *timer)
{
	note('t');
	loop_stop(timer->loop);
}

/* Run for so long. */
static void run_ms(int64_t ms)
{
	struct loop_timer timer;

	assert_int_equal(loop_timer_open(&timer, loop, stop_on_timer), 0);
	loop_timer_set(&timer, ms);
	loop_run(loop);
	loop_timer_close(&timer);
}

/* One turn. */
static void run_once(void)
{
	loop_stop(loop);
	loop_run(loop);
}

struct thing {
	struct loop_task task;
	struct loop_grave grave;
	char name;
	unsigned again; /* how often it defers itself once more */
};

static void thing_run(struct loop_task *task)
{
	struct thing *t = container_of(task, struct thing, task);

	note(t->name);
	if (t->again > 0) {
		t->again--;
		loop_defer(loop, task);
	}
}

static void thing_release(struct loop_grave *grave)
{
	struct thing *t = container_of(grave, struct thing, grave);

	note((char)(t->name - 'a' + 'A'));
	free(t);
}

static struct thing *thing_new(char name)
{
	struct thing *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->task.run = thing_run;
	t->grave.release = thing_release;
	t->name = name;
	return t;
}

static void task_runs_once_at_the_end_of_the_turn(void **state)
{
	struct thing *a = thing_new('a'), *b = thing_new('b');

	(void)state;
	loop_defer(loop, &a->task);
	loop_defer(loop, &b->task);
	loop_defer(loop, &a->task);
	assert_string_equal(trace, "");
	run_once();
	assert_string_equal(trace, "ab");
	run_once();
	assert_string_equal(trace, "ab");
	free(a);
	free(b);
}

static void task_deferred_by_a_task_waits_a_turn(void **state)
{
	struct thing *a = thing_new('a');

	(void)state;
	a->again = 2;
	loop_defer(loop, &a->task);
	run_once();
	assert_string_equal(trace, "a");
	run_once();
	assert_string_equal(trace, "aa");
	run_once();
	run_once();
	assert_string_equal(trace, "aaa");
	free(a);
}

static void cancelled_task_does_not_run(void **state)
{
	struct thing *a = thing_new('a'), *b = thing_new('b');

	(void)state;
	loop_defer(loop, &a->task);
	loop_defer(loop, &b->task);
	loop_defer_cancel(&a->task);
	loop_defer_cancel(&a->task);
	run_once();
	assert_string_equal(trace, "b");
	free(a);
	free(b);
}

static void bury_run(struct loop_task *task)
{
	struct thing *t = container_of(task, struct thing, task);

	note(t->name);
	loop_bury(loop, &t->grave);
}

/* Whoever is buried in one turn lies through the next. */
static void grave_is_released_a_turn_later(void **state)
{
	struct thing *a = thing_new('a'), *b = thing_new('b');

	(void)state;
	a->task.run = bury_run;
	loop_defer(loop, &a->task);
	loop_bury(loop, &b->grave);
	run_once();
	assert_string_equal(trace, "a");
	run_once();
	assert_true(strcmp(trace, "aBA") == 0 || strcmp(trace, "aAB") == 0);
	run_once();
	assert_int_equal(strlen(trace), 3);
}

static void loop_free_releases_what_is_buried(void **state)
{
	struct thing *a = thing_new('a'), *b = thing_new('b');

	(void)state;
	loop_bury(loop, &a->grave);
	run_once();
	loop_bury(loop, &b->grave);
	loop_free(loop);
	assert_string_equal(trace, "AB");
	loop = NULL;
}

/* Tasks and graves must not wait for an event that never comes. */
static void pending_work_does_not_wait_for_events(void **state)
{
	struct thing *a = thing_new('a');
	int64_t start_ms = clock_mono_ms();

	(void)state;
	a->again = 3;
	loop_defer(loop, &a->task);
	run_ms(100);
	assert_string_equal(trace, "aaaat");
	assert_true(clock_mono_ms() - start_ms >= 90);
	free(a);
}

static void timer_fires_once_and_can_be_moved_and_cancelled(void **state)
{
	struct loop_timer timer;
	int64_t start_ms = clock_mono_ms();

	(void)state;
	assert_int_equal(loop_timer_open(&timer, loop, stop_on_timer), 0);
	loop_timer_set(&timer, 60000);
	loop_timer_set(&timer, 30);
	loop_run(loop);
	assert_true(clock_mono_ms() - start_ms >= 20);
	assert_string_equal(trace, "t");
	loop_timer_set(&timer, 1);
	loop_timer_cancel(&timer);
	loop_timer_set(&timer, -5);
	loop_timer_set(&timer, INT64_MAX);
	loop_timer_cancel(&timer);
	run_ms(20);
	assert_string_equal(trace, "tt");
	loop_timer_close(&timer);
	loop_timer_close(&timer);
}

static struct loop_watch left, right;

static void read_one(struct loop_watch *watch, int what)
{
	char c = 0;

	assert_int_equal(what, LOOP_READ);
	assert_int_equal(read(watch->fd, &c, 1), 1);
	note(c);
	if (c == 'x')
		loop_watch_close(watch);
	if (c == 'q')
		loop_watch_want(watch, 0);
}

static void pair_open(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
}

static void pair_close(int fds[2])
{
	(void)close(fds[0]);
	(void)close(fds[1]);
}

/* Level-triggered: what is left unread is told again. */
static void watch_tells_until_everything_is_read(void **state)
{
	int fds[2];

	(void)state;
	pair_open(fds);
	assert_int_equal(loop_watch_open(&left, loop, fds[0], read_one), 0);
	assert_int_equal(write(fds[1], "abc", 3), 3);
	run_ms(5);
	assert_string_equal(trace, "t"); /* nothing is wanted yet */
	loop_watch_want(&left, LOOP_READ);
	assert_string_equal(trace, "t");
	run_ms(20);
	assert_string_equal(trace, "tabct");
	assert_int_equal(write(fds[1], "qd", 2), 2);
	run_ms(20);
	assert_string_equal(trace, "tabctqt");
	loop_watch_want(&left, LOOP_READ);
	run_ms(20);
	assert_string_equal(trace, "tabctqtdt");
	assert_int_equal(write(fds[1], "xe", 2), 2);
	run_ms(20);
	assert_string_equal(trace, "tabctqtdtxt");
	loop_watch_close(&left);
	pair_close(fds);
}

static void count_writable(struct loop_watch *watch, int what)
{
	assert_int_equal(what & LOOP_WRITE, LOOP_WRITE);
	note('w');
	loop_watch_want(watch, LOOP_READ);
}

static void watch_tells_when_it_can_write(void **state)
{
	int fds[2];

	(void)state;
	pair_open(fds);
	assert_int_equal(loop_watch_open(&left, loop, fds[0], count_writable), 0);
	loop_watch_want(&left, LOOP_READ | LOOP_WRITE);
	run_ms(20);
	assert_string_equal(trace, "wt");
	loop_watch_close(&left);
	pair_close(fds);
}

static void close_the_other(struct loop_watch *watch, int what)
{
	(void)what;
	note('c');
	loop_watch_close(watch == &left ? &right : &left);
	loop_watch_want(watch, 0);
}

/* Both are ready in the same turn; who comes first closes the other, which must stay silent. */
static void closed_watch_is_silent_in_the_same_turn(void **state)
{
	int fds[2];

	(void)state;
	pair_open(fds);
	assert_int_equal(loop_watch_open(&left, loop, fds[0], close_the_other), 0);
	assert_int_equal(loop_watch_open(&right, loop, fds[1], close_the_other), 0);
	loop_watch_want(&left, LOOP_WRITE);
	loop_watch_want(&right, LOOP_WRITE);
	run_ms(20);
	assert_string_equal(trace, "ct");
	loop_watch_close(&left);
	loop_watch_close(&right);
	pair_close(fds);
}

enum { POSTERS = 4, POSTS = 500 };

struct post {
	struct loop_message message;
	int poster, number;
};

static struct post posts[POSTERS][POSTS];
static int received[POSTERS];
static pthread_t loop_thread;

static void on_post(struct loop_message *message)
{
	struct post *post = container_of(message, struct post, message);

	assert_true(pthread_equal(pthread_self(), loop_thread));
	assert_int_equal(post->number, received[post->poster]); /* in order */
	received[post->poster]++;
}

static void *post_all(void *arg)
{
	int poster = *(int *)arg, i;

	for (i = 0; i < POSTS; i++) {
		posts[poster][i] = (struct post){{.receive = on_post}, poster, i};
		loop_post(loop, &posts[poster][i].message);
	}
	return NULL;
}

static void *stop_after_joining(void *arg)
{
	pthread_t *threads = arg;
	int i;

	for (i = 0; i < POSTERS; i++)
		(void)pthread_join(threads[i], NULL);
	loop_stop(loop);
	return NULL;
}

static void every_post_arrives_once_in_order_before_the_stop(void **state)
{
	pthread_t threads[POSTERS], stopper;
	int numbers[POSTERS], i;

	(void)state;
	loop_thread = pthread_self();
	for (i = 0; i < POSTERS; i++) {
		numbers[i] = i;
		received[i] = 0;
		assert_int_equal(pthread_create(&threads[i], NULL, post_all, &numbers[i]), 0);
	}
	assert_int_equal(pthread_create(&stopper, NULL, stop_after_joining, threads), 0);
	loop_run(loop);
	assert_int_equal(pthread_join(stopper, NULL), 0);
	for (i = 0; i < POSTERS; i++)
		assert_int_equal(received[i], POSTS);
}

#define LOOP_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LOOP_TEST(task_runs_once_at_the_end_of_the_turn),
		LOOP_TEST(task_deferred_by_a_task_waits_a_turn),
		LOOP_TEST(cancelled_task_does_not_run),
		LOOP_TEST(grave_is_released_a_turn_later),
		LOOP_TEST(loop_free_releases_what_is_buried),
		LOOP_TEST(pending_work_does_not_wait_for_events),
		LOOP_TEST(timer_fires_once_and_can_be_moved_and_cancelled),
		LOOP_TEST(watch_tells_until_everything_is_read),
		LOOP_TEST(watch_tells_when_it_can_write),
		LOOP_TEST(closed_watch_is_silent_in_the_same_turn),
		LOOP_TEST(every_post_arrives_once_in_order_before_the_stop),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
