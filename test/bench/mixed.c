#include "test/bench/mixed.h"

#include <stdlib.h>
#include <string.h>

#include "test/bench/mixed_steps.h"
#include "test/bench/schedule.h"
#include "test/bench/timer.h"

enum { CALL_DEADLINE_MS = 30000 };

struct walk {
	struct mixed *mixed;
	struct walk *next; /* waiting for a line */
	struct course course;
	enum mixed_step step;
	ProtobufCMessage *request; /* of this step; the course's own when it was signed before */
	int64_t intended_ns;
	bool inside; /* meant to be sent while the window was open */
};

/* Walks whose institution has no line that can take one more call, in order. */
struct queue {
	struct walk *first, **end;
};

struct mixed {
	struct mixed_options options;
	struct mixed_result *result;
	struct schedule schedule;
	struct window window;
	struct event *tick; /* the next prescription is due */
	struct queue hospital, pharmacy;
	struct walk *walks;
	size_t under_way;
};

static struct queue *queue_of(struct mixed *m, enum mixed_step step)
{
	return mixed_steps[step].by_hospital ? &m->hospital : &m->pharmacy;
}

static struct lines *lines_of(const struct mixed *m, enum mixed_step step)
{
	const struct work *w = m->options.work;

	return mixed_steps[step].by_hospital ? w->hospital : w->pharmacy;
}

/* ---- calls ---- */

static void on_reply(rxc_async *async, ProtobufCMessage *reply, const rxc_error *error, void *user);

static bool walk_send(struct walk *walk)
{
	struct mixed *m = walk->mixed;
	const char *method = mixed_steps[walk->step].method;
	rxc_async *line = lines_next(lines_of(m, walk->step));
	rxc_error *error = NULL;

	if (line == NULL)
		return false;
	stop_on(rxc_async_call(line, method, walk->request, NULL, CALL_DEADLINE_MS, on_reply, walk,
			&error), error, method);
	return true;
}

/* Whoever waits longer goes first. */
static void walk_go(struct walk *walk)
{
	struct queue *queue = queue_of(walk->mixed, walk->step);

	if (queue->first == NULL && walk_send(walk))
		return;
	walk->next = NULL;
	*queue->end = walk;
	queue->end = &walk->next;
}

static void queue_send(struct queue *queue)
{
	while (queue->first != NULL && walk_send(queue->first)) {
		queue->first = queue->first->next;
		if (queue->first == NULL)
			queue->end = &queue->first;
	}
}

static void walk_take_step(struct walk *walk, enum mixed_step step, int64_t intended_ns)
{
	struct mixed *m = walk->mixed;

	walk->step = step;
	walk->intended_ns = intended_ns;
	walk->inside = window_is_open(&m->window);
	walk->request = mixed_steps[step].request(m->options.work, &walk->course);
	walk_go(walk);
}

static void walk_end(struct walk *walk)
{
	course_clear(&walk->course);
	walk->mixed->under_way--;
}

static void walk_failed(struct walk *walk, const rxc_error *error)
{
	if (walk->mixed->result->errors++ < MIXED_ERRORS_SHOWN)
		fprintf(stderr, "load: %s: %s\n", mixed_steps[walk->step].name,
			rxc_error_message(error));
	walk_end(walk);
}

static void walk_answered(struct walk *walk, ProtobufCMessage *reply)
{
	struct mixed *m = walk->mixed;
	int64_t now_ns = timer_now_ns();
	uint64_t us = (uint64_t)((now_ns - walk->intended_ns) / NS_PER_US);

	if (walk->inside) {
		histogram_record(&m->result->us, us);
		histogram_record(&m->result->step_us[walk->step], us);
	}
	if (window_is_open(&m->window))
		m->result->answered_inside++;
	mixed_steps[walk->step].take(&walk->course, reply);
	if (walk->step + 1 < MIXED_STEPS) {
		walk_take_step(walk, walk->step + 1, now_ns);
	} else {
		m->result->finished++;
		walk_end(walk);
	}
}

static void on_reply(rxc_async *async, ProtobufCMessage *reply, const rxc_error *error, void *user)
{
	struct walk *walk = user;
	struct queue *queue = queue_of(walk->mixed, walk->step); /* there is room for it now */

	(void)async;
	if (error != NULL)
		walk_failed(walk, error);
	else
		walk_answered(walk, reply);
	queue_send(queue);
}

/* ---- the clock ---- */

static bool is_begun(const struct mixed *m)
{
	return m->window.state == WINDOW_CLOSED || m->result->begun == m->options.count;
}

static void on_tick(evutil_socket_t fd, short what, void *user)
{
	struct mixed *m = user;
	struct mixed_result *r = m->result;
	size_t due = schedule_due(&m->schedule, timer_now_ns());

	(void)fd;
	(void)what;
	while (!is_begun(m) && r->begun < due) {
		m->under_way++;
		walk_take_step(&m->walks[r->begun], MIXED_CHECK,
			schedule_at_ns(&m->schedule, r->begun));
		r->begun++;
	}
	if (!is_begun(m))
		timer_set(m->tick, schedule_at_ns(&m->schedule, r->begun) - timer_now_ns());
	else
		window_close(&m->window);
}

/* ---- life ---- */

struct mixed *mixed_prepare(const struct mixed_options *options)
{
	struct mixed *m = calloc(1, sizeof(*m));

	stop_unless(options->count >= 1 && options->count <= MIXED_COUNT_MAX && options->per_s > 0,
		"the number of prescriptions and their rate");
	stop_unless(m != NULL, "memory");
	m->options = *options;
	m->hospital.end = &m->hospital.first;
	m->pharmacy.end = &m->pharmacy.first;
	m->walks = calloc(options->count, sizeof(*m->walks));
	m->tick = evtimer_new(options->work->base, on_tick, m);
	stop_unless(m->walks != NULL && m->tick != NULL, "memory");
	for (size_t i = 0; i < options->count; i++) {
		m->walks[i].mixed = m;
		course_prepare(options->work, i, &m->walks[i].course);
	}
	return m;
}

void mixed_run(struct mixed *m, struct mixed_result *ret)
{
	const struct work *w = m->options.work;

	memset(ret, 0, sizeof(*ret));
	m->result = ret;
	m->schedule = (struct schedule){timer_now_ns(), m->options.per_s};
	window_start(&m->window, w->base, &m->options.window);
	timer_set(m->tick, 0);
	while (!is_begun(m) || m->under_way > 0) {
		stop_unless(lines_alive(w->hospital) > 0 && lines_alive(w->pharmacy) > 0,
			"every connection is lost");
		event_base_loop(w->base, EVLOOP_ONCE);
	}
	ret->usage = m->window.usage;
	window_clear(&m->window);
}

void mixed_free(struct mixed *m)
{
	for (size_t i = 0; i < m->options.count; i++)
		course_clear(&m->walks[i].course); /* those that never began, too */
	event_free(m->tick);
	free(m->walks);
	free(m);
}

const char *mixed_step_name(enum mixed_step step)
{
	return mixed_steps[step].name;
}
