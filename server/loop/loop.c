/* One turn of the loop, in this order:
 *
 *     wait and run events     watches, timers, and what other threads posted
 *     run deferred tasks      those armed before this moment; one armed by a task waits a turn
 *     release graves          those that were already there when the turn before ended
 *
 * So whoever is buried lies through the rest of this turn and the whole of the next one, and no
 * event or task that was already on its way when it was buried can meet freed memory.
 */
#include "loop/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/ensure.h"
#include "base/err.h"

struct loop {
	struct event_base *base;
	struct list tasks;
	struct list graves_new; /* buried since the last turn ended */
	struct list graves_old; /* buried before */
	_Atomic bool stopping;

	int wake_fd;
	struct loop_watch wake;
	pthread_mutex_t messages_mutex;
	struct list messages; /* guarded by messages_mutex */
};

/* Move everything from one list to the end of another. */
static void loop_list_move(struct list *to, struct list *from)
{
	struct list *link;

	while ((link = list_pop(from)) != NULL)
		list_append(to, link);
}

static void loop_wake(struct loop *loop)
{
	uint64_t one = 1;

	/* The only failure is a counter at its maximum, and then the loop is awake anyway. */
	while (write(loop->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void loop_receive(struct loop_watch *watch, int what)
{
	struct loop *loop = container_of(watch, struct loop, wake);
	struct list received, *link;
	uint64_t count;

	(void)what;
	/* Nothing to read is no failure: the messages below are what counts. */
	while (read(loop->wake_fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	list_init(&received);
	ensure(pthread_mutex_lock(&loop->messages_mutex) == 0);
	loop_list_move(&received, &loop->messages);
	ensure(pthread_mutex_unlock(&loop->messages_mutex) == 0);
	while ((link = list_pop(&received)) != NULL) {
		struct loop_message *message = container_of(link, struct loop_message, link);

		message->receive(message);
	}
}

static struct event_base *loop_base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config == NULL)
		return NULL;
	/* One thread owns the base.  A cached time would let a timer set after long work fire early. */
	if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0 &&
		event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	list_init(&loop->tasks);
	list_init(&loop->graves_new);
	list_init(&loop->graves_old);
	list_init(&loop->messages);
	ensure(pthread_mutex_init(&loop->messages_mutex, NULL) == 0);
	loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	loop->base = loop_base_new();
	if (loop->wake_fd < 0 || loop->base == NULL ||
		loop_watch_open(&loop->wake, loop, loop->wake_fd, loop_receive) != 0) {
		loop_free(loop);
		return NULL;
	}
	loop_watch_want(&loop->wake, LOOP_READ);
	return loop;
}

static void loop_release(struct list *graves)
{
	struct list *link;

	while ((link = list_pop(graves)) != NULL) {
		struct loop_grave *grave = container_of(link, struct loop_grave, link);

		grave->release(grave);
	}
}

void loop_free(struct loop *loop)
{
	struct list *link;

	if (loop == NULL)
		return;
	while ((link = list_pop(&loop->tasks)) != NULL)
		container_of(link, struct loop_task, link)->armed = false;
	loop_release(&loop->graves_old);
	loop_release(&loop->graves_new);
	loop_watch_close(&loop->wake);
	if (loop->base != NULL)
		event_base_free(loop->base);
	if (loop->wake_fd >= 0)
		(void)close(loop->wake_fd); /* an eventfd has nothing to lose */
	(void)pthread_mutex_destroy(&loop->messages_mutex);
	free(loop);
}

static void loop_turn_end(struct loop *loop)
{
	struct list tasks, graves, *link;

	list_init(&tasks);
	loop_list_move(&tasks, &loop->tasks);
	while ((link = list_pop(&tasks)) != NULL) {
		struct loop_task *task = container_of(link, struct loop_task, link);

		task->armed = false;
		task->run(task);
	}
	list_init(&graves);
	loop_list_move(&graves, &loop->graves_old);
	loop_list_move(&loop->graves_old, &loop->graves_new);
	loop_release(&graves);
}

static bool loop_has_pending(const struct loop *loop)
{
	return !list_is_empty(&loop->tasks) || !list_is_empty(&loop->graves_new) ||
		!list_is_empty(&loop->graves_old);
}

void loop_run(struct loop *loop)
{
	bool stopping;

	do {
		int flags = EVLOOP_ONCE;

		/* Read first: whatever was posted before the stop is received in this turn. */
		stopping = atomic_load(&loop->stopping);
		if (stopping || loop_has_pending(loop))
			flags |= EVLOOP_NONBLOCK;
		ensure(event_base_loop(loop->base, flags) == 0);
		loop_turn_end(loop);
	} while (!stopping);
	atomic_store(&loop->stopping, false);
}

void loop_stop(struct loop *loop)
{
	atomic_store(&loop->stopping, true);
	loop_wake(loop);
}

struct event_base *loop_event_base(struct loop *loop)
{
	return loop->base;
}

static void loop_watch_ready(evutil_socket_t fd, short events, void *arg)
{
	struct loop_watch *w = arg;
	int what = (events & EV_READ) != 0 ? LOOP_READ : 0;

	(void)fd;
	if ((events & EV_WRITE) != 0)
		what |= LOOP_WRITE;
	w->ready(w, what);
}

static short loop_watch_events(int what)
{
	return (short)(EV_PERSIST | ((what & LOOP_READ) != 0 ? EV_READ : 0) |
		((what & LOOP_WRITE) != 0 ? EV_WRITE : 0));
}

int loop_watch_open(struct loop_watch *w, struct loop *loop, int fd,
	void (*ready)(struct loop_watch *watch, int what))
{
	struct event *event;

	ensure(fd >= 0 && ready != NULL);
	event = event_new(loop->base, fd, loop_watch_events(0), loop_watch_ready, w);
	if (event == NULL)
		return ERR_MEMORY;
	*w = (struct loop_watch){.loop = loop, .event = event, .fd = fd, .ready = ready};
	return 0;
}

void loop_watch_want(struct loop_watch *w, int what)
{
	ensure(w->event != NULL && (what & ~(LOOP_READ | LOOP_WRITE)) == 0);
	if (what == w->wanted)
		return;
	ensure(event_del(w->event) == 0);
	w->wanted = what;
	if (what == 0)
		return;
	ensure(event_assign(w->event, w->loop->base, w->fd, loop_watch_events(what), loop_watch_ready,
		       w) == 0);
	/* epoll_ctl() fails for lack of memory or for a closed fd; neither can be waited out here. */
	ensure(event_add(w->event, NULL) == 0);
}

void loop_watch_close(struct loop_watch *w)
{
	if (w->event == NULL)
		return;
	event_free(w->event);
	w->event = NULL;
	w->wanted = 0;
}

static void loop_timer_fired(evutil_socket_t fd, short events, void *arg)
{
	struct loop_timer *t = arg;

	(void)fd;
	(void)events;
	t->fired(t);
}

int loop_timer_open(struct loop_timer *t, struct loop *loop,
	void (*fired)(struct loop_timer *timer))
{
	struct event *event = event_new(loop->base, -1, 0, loop_timer_fired, t);

	if (event == NULL)
		return ERR_MEMORY;
	*t = (struct loop_timer){.loop = loop, .event = event, .fired = fired};
	return 0;
}

void loop_timer_set(struct loop_timer *t, int64_t ms)
{
	struct timeval tv;

	ensure(t->event != NULL);
	if (ms < 0)
		ms = 0;
	if (ms > LOOP_TIMER_MS_MAX)
		ms = LOOP_TIMER_MS_MAX;
	tv = (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	ensure(event_add(t->event, &tv) == 0);
}

void loop_timer_cancel(struct loop_timer *t)
{
	ensure(t->event != NULL && event_del(t->event) == 0);
}

void loop_timer_close(struct loop_timer *t)
{
	if (t->event == NULL)
		return;
	event_free(t->event);
	t->event = NULL;
}

void loop_defer(struct loop *loop, struct loop_task *task)
{
	if (task->armed)
		return;
	ensure(task->run != NULL);
	task->armed = true;
	list_append(&loop->tasks, &task->link);
}

void loop_defer_cancel(struct loop_task *task)
{
	if (!task->armed)
		return;
	task->armed = false;
	list_remove(&task->link);
}

void loop_bury(struct loop *loop, struct loop_grave *grave)
{
	ensure(grave->release != NULL);
	list_append(&loop->graves_new, &grave->link);
}

void loop_post(struct loop *loop, struct loop_message *message)
{
	bool was_empty;

	ensure(message->receive != NULL);
	ensure(pthread_mutex_lock(&loop->messages_mutex) == 0);
	was_empty = list_is_empty(&loop->messages);
	list_append(&loop->messages, &message->link);
	ensure(pthread_mutex_unlock(&loop->messages_mutex) == 0);
	if (was_empty)
		loop_wake(loop);
}
