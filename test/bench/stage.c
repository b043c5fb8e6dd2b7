/* One loop: send what is due, take what is answered, watch the window. */
#include "test/bench/stage.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "test/bench/proc.h"
#include "test/bench/schedule.h"
#include "test/bench/stop.h"

enum { NS_PER_US = 1000, NS_PER_S = 1000 * 1000 * 1000, CALL_DEADLINE_MS = 30000 };

enum window { WINDOW_BEFORE, WINDOW_OPEN, WINDOW_CLOSED };

struct stage;

struct job {
	struct stage *stage;
	int64_t intended_ns;
	bool inside; /* sent while the window was open */
};

struct usage {
	int64_t at_ns, server_us, postgres_us, own_us, machine_us;
};

struct stage {
	const struct stage_options *options;
	struct stage_result *result;
	struct schedule schedule;
	struct job *jobs;
	enum window window;
	struct usage opened;
	struct event *tick;   /* open loop: the next call is due */
	struct event *border; /* of the window */
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void after_ns(struct event *event, int64_t ns)
{
	struct timeval tv;

	if (ns < 0)
		ns = 0;
	tv = (struct timeval){ns / NS_PER_S, ns % NS_PER_S / NS_PER_US};
	stop_unless(event_add(event, &tv) == 0, "a timer");
}

/* ---- the window ---- */

static struct usage usage_now(const struct stage *s)
{
	return (struct usage){now_ns(), proc_cpu_us(s->options->server_pid),
		proc_family_cpu_us(s->options->postgres_pid), proc_cpu_us(getpid()),
		proc_machine_cpu_us()};
}

static void window_open(struct stage *s)
{
	s->window = WINDOW_OPEN;
	s->opened = usage_now(s);
	if (s->options->seconds > 0)
		after_ns(s->border, (int64_t)(s->options->seconds * NS_PER_S));
}

static void window_close(struct stage *s)
{
	struct usage now = usage_now(s);
	struct stage_result *r = s->result;

	if (s->window != WINDOW_OPEN)
		return;
	s->window = WINDOW_CLOSED;
	r->seconds = (double)(now.at_ns - s->opened.at_ns) / NS_PER_S;
	r->server_cpu_us = now.server_us - s->opened.server_us;
	r->postgres_cpu_us = now.postgres_us - s->opened.postgres_us;
	r->own_cpu_us = now.own_us - s->opened.own_us;
	r->machine_cpu_us = now.machine_us - s->opened.machine_us;
}

static void on_border(evutil_socket_t fd, short what, void *user)
{
	struct stage *s = user;

	(void)fd;
	(void)what;
	if (s->window == WINDOW_BEFORE)
		window_open(s);
	else
		window_close(s);
}

/* ---- calls ---- */

static void stage_send(struct stage *s);

static void count_error(struct stage *s, const rxc_error *error)
{
	if (s->result->errors++ < STAGE_ERRORS_SHOWN)
		fprintf(stderr, "load: %s: %s\n", s->options->method, rxc_error_message(error));
}

static void on_reply(rxc_async *async, ProtobufCMessage *reply, const rxc_error *error, void *user)
{
	struct job *j = user;
	struct stage *s = j->stage;
	struct stage_result *r = s->result;

	(void)async;
	r->answered++;
	if (error != NULL)
		count_error(s, error);
	else if (j->inside)
		histogram_record(&r->us, (uint64_t)((now_ns() - j->intended_ns) / NS_PER_US));
	if (error == NULL && s->window == WINDOW_OPEN)
		r->answered_inside++;
	if (error == NULL && s->options->on_reply != NULL)
		s->options->on_reply(s->options->user, (size_t)(j - s->jobs), reply);
	else if (reply != NULL)
		protobuf_c_message_free_unpacked(reply, NULL);
	stage_send(s);
}

static bool call_send(struct stage *s, int64_t intended_ns)
{
	const struct stage_options *o = s->options;
	size_t i = s->result->sent;
	rxc_async *line = lines_next(o->lines);
	rxc_error *error = NULL;

	if (line == NULL)
		return false;
	s->jobs[i] = (struct job){s, intended_ns, s->window == WINDOW_OPEN};
	stop_on(rxc_async_call(line, o->method, o->requests[i], NULL, CALL_DEADLINE_MS, on_reply,
			&s->jobs[i], &error), error, o->method);
	s->result->sent++;
	return true;
}

static void send_open(struct stage *s)
{
	struct stage_result *r = s->result;
	size_t due = schedule_due(&s->schedule, now_ns());

	if (due > s->options->count)
		due = s->options->count;
	while (r->sent < due)
		if (!call_send(s, schedule_at_ns(&s->schedule, r->sent)))
			return; /* the next answer makes room */
	if (r->sent < s->options->count && !evtimer_pending(s->tick, NULL))
		after_ns(s->tick, schedule_at_ns(&s->schedule, r->sent) - now_ns());
}

static void send_closed(struct stage *s)
{
	struct stage_result *r = s->result;

	while (r->sent < s->options->count && r->sent - r->answered < s->options->in_flight)
		if (!call_send(s, now_ns()))
			return;
}

static void stage_send(struct stage *s)
{
	if (s->window == WINDOW_CLOSED)
		return;
	if (s->options->per_s > 0)
		send_open(s);
	else
		send_closed(s);
	if (s->result->sent == s->options->count)
		window_close(s);
}

static void on_tick(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	stage_send(user);
}

static bool stage_is_over(const struct stage *s)
{
	const struct stage_result *r = s->result;
	bool all_sent = r->sent == s->options->count || s->window == WINDOW_CLOSED;

	return all_sent && r->answered == r->sent;
}

static void stage_start(struct stage *s)
{
	const struct stage_options *o = s->options;

	stop_unless(o->count >= 1 && o->count <= STAGE_CALLS_MAX, "the number of calls");
	s->jobs = calloc(o->count, sizeof(*s->jobs));
	s->tick = evtimer_new(o->base, on_tick, s);
	s->border = evtimer_new(o->base, on_border, s);
	stop_unless(s->jobs != NULL && s->tick != NULL && s->border != NULL, "memory");
	s->schedule = (struct schedule){now_ns(), o->per_s};
	if (o->warm_s > 0)
		after_ns(s->border, (int64_t)(o->warm_s * NS_PER_S));
	else
		window_open(s);
	stage_send(s);
}

void stage_run(const struct stage_options *options, struct stage_result *ret)
{
	struct stage s = {.options = options, .result = ret};

	memset(ret, 0, sizeof(*ret));
	stage_start(&s);
	while (!stage_is_over(&s)) {
		stop_unless(lines_alive(options->lines) > 0, "every connection is lost");
		event_base_loop(options->base, EVLOOP_ONCE);
	}
	event_free(s.tick);
	event_free(s.border);
	free(s.jobs);
}
