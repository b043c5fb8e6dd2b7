#include "test/bench/window.h"

#include <unistd.h>

#include "test/bench/proc.h"
#include "test/bench/timer.h"

static struct usage usage_now(const struct window_options *o)
{
	return (struct usage){timer_now_ns(), proc_cpu_us(o->server_pid),
		proc_family_cpu_us(o->postgres_pid), proc_cpu_us(getpid()), proc_machine_cpu_us()};
}

static void window_open(struct window *w)
{
	w->state = WINDOW_OPEN;
	w->usage = usage_now(&w->options);
	if (w->options.seconds > 0)
		timer_set(w->border, (int64_t)(w->options.seconds * NS_PER_S));
}

void window_close(struct window *w)
{
	struct usage now, *u = &w->usage;

	if (w->state != WINDOW_OPEN)
		return;
	w->state = WINDOW_CLOSED;
	now = usage_now(&w->options);
	*u = (struct usage){now.ns - u->ns, now.server_us - u->server_us,
		now.postgres_us - u->postgres_us, now.own_us - u->own_us,
		now.machine_us - u->machine_us};
}

static void on_border(evutil_socket_t fd, short what, void *user)
{
	struct window *w = user;

	(void)fd;
	(void)what;
	if (w->state == WINDOW_BEFORE)
		window_open(w);
	else
		window_close(w);
}

void window_start(struct window *w, struct event_base *base, const struct window_options *options)
{
	*w = (struct window){.options = *options, .border = evtimer_new(base, on_border, w)};
	stop_unless(w->border != NULL, "memory");
	if (options->warm_s > 0)
		timer_set(w->border, (int64_t)(options->warm_s * NS_PER_S));
	else
		window_open(w);
}

void window_clear(struct window *w)
{
	event_free(w->border);
}
