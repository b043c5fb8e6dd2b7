/* One loop: send what is due, take what is answered, watch the window. */
#include "test/bench/stage.h"

#include <stdlib.h>
#include <string.h>

#include "test/bench/schedule.h"
#include "test/bench/stop.h"
#include "test/bench/timer.h"

enum { CALL_DEADLINE_MS = 30000 };

struct stage;

struct job {
	struct stage *stage;
	int64_t intended_ns;
	bool inside; /* sent while the window was open */
};

struct stage {
	const struct stage_options *options;
	struct stage_result *result;
	struct schedule schedule;
	struct job *jobs;
	struct window window;
	struct event *tick; /* open loop: the next call is due */
};

static void stage_send(struct stage *s);

static void count_error(struct stage *s, const rxc_error *error)
{
	if (s->result->errors++ < STAGE_ERRORS_SHOWN)
		fprintf(stderr, "load: %s: %s\n", s->options->method, rxc_error_message(error));
}

static uint64_t us_since(const struct job *j)
{
	return (uint64_t)((timer_now_ns() - j->intended_ns) / NS_PER_US);
}

/* BUSY is what an overloaded server should say, and it must say when to come again. */
static bool is_refusal(const struct stage *s, const rxc_error *error)
{
	const Rxcirc__V1__Status *status = rxc_error_status(error);

	return s->options->may_refuse && status != NULL && status->retry_after_ms > 0 &&
		strcmp(rxc_error_reason(error), "BUSY") == 0;
}

static void take_answer(struct stage *s, const struct job *j)
{
	if (j->inside)
		histogram_record(&s->result->us, us_since(j));
	if (window_is_open(&s->window))
		s->result->answered_inside++;
}

static void take_error(struct stage *s, const struct job *j, const rxc_error *error)
{
	if (!is_refusal(s, error)) {
		count_error(s, error);
		return;
	}
	s->result->refused++;
	if (j->inside)
		histogram_record(&s->result->refused_us, us_since(j));
}

static void on_reply(rxc_async *async, ProtobufCMessage *reply, const rxc_error *error, void *user)
{
	struct job *j = user;
	struct stage *s = j->stage;

	(void)async;
	s->result->answered++;
	if (error != NULL)
		take_error(s, j, error);
	else
		take_answer(s, j);
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
	s->jobs[i] = (struct job){s, intended_ns, window_is_open(&s->window)};
	stop_on(rxc_async_call(line, o->method, o->requests[i], NULL, CALL_DEADLINE_MS, on_reply,
			&s->jobs[i], &error), error, o->method);
	s->result->sent++;
	if (window_is_open(&s->window))
		s->result->sent_inside++;
	return true;
}

static void send_open(struct stage *s)
{
	struct stage_result *r = s->result;
	size_t due = schedule_due(&s->schedule, timer_now_ns());

	if (due > s->options->count)
		due = s->options->count;
	while (r->sent < due)
		if (!call_send(s, schedule_at_ns(&s->schedule, r->sent)))
			return; /* the next answer makes room */
	if (r->sent < s->options->count && !evtimer_pending(s->tick, NULL))
		timer_set(s->tick, schedule_at_ns(&s->schedule, r->sent) - timer_now_ns());
}

static void send_closed(struct stage *s)
{
	struct stage_result *r = s->result;

	while (r->sent < s->options->count && r->sent - r->answered < s->options->in_flight)
		if (!call_send(s, timer_now_ns()))
			return;
}

static void stage_send(struct stage *s)
{
	if (s->window.state == WINDOW_CLOSED)
		return;
	if (s->options->per_s > 0)
		send_open(s);
	else
		send_closed(s);
	if (s->result->sent == s->options->count)
		window_close(&s->window);
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
	bool all_sent = r->sent == s->options->count || s->window.state == WINDOW_CLOSED;

	return all_sent && r->answered == r->sent;
}

static void stage_start(struct stage *s)
{
	const struct stage_options *o = s->options;

	stop_unless(o->count >= 1 && o->count <= STAGE_CALLS_MAX, "the number of calls");
	s->jobs = calloc(o->count, sizeof(*s->jobs));
	s->tick = evtimer_new(o->base, on_tick, s);
	stop_unless(s->jobs != NULL && s->tick != NULL, "memory");
	s->schedule = (struct schedule){timer_now_ns(), o->per_s};
	window_start(&s->window, o->base, &o->window);
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
	ret->usage = s.window.usage;
	event_free(s.tick);
	window_clear(&s.window);
	free(s.jobs);
}
