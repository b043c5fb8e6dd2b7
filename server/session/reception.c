#include "session/reception.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "session/session.h"

/* Start what waits, until this turn's share is used up. */
static void reception_on_turn(struct loop_task *task)
{
	struct reception *r = container_of(task, struct reception, turn);
	unsigned cost = 0;

	while (cost < RECEPTION_TURN_COST_MAX) {
		struct list *link = list_pop(&r->waiting_calls);
		struct call *call;

		if (link == NULL)
			return;
		call = container_of(link, struct call, wait);
		metric_add(&r->metrics.waiting, (uint64_t)-1);
		cost += call->row->cost;
		session_start_call(call);
	}
	if (!list_is_empty(&r->waiting_calls))
		loop_defer(r->options.loop, &r->turn);
}

/* Make `count` calls ready, in a list of free ones. */
static struct call *reception_pool(unsigned count, struct list *free_list)
{
	struct call *calls = calloc(count, sizeof(*calls));

	list_init(free_list);
	for (unsigned i = 0; calls != NULL && i < count; i++) {
		request_init(&calls[i].request);
		list_init(&calls[i].wait);
		list_init(&calls[i].link);
		list_append(free_list, &calls[i].link);
	}
	return calls;
}

struct reception *reception_new(const struct reception_options *options)
{
	struct reception *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	ensure(options->calls_max >= 1 && options->calls_max <= RECEPTION_CALLS_MAX);
	ensure(options->streams_max >= 1 && options->streams_max <= RECEPTION_STREAMS_MAX);
	r->calls = reception_pool(options->calls_max, &r->free_calls);
	r->streams = reception_pool(options->streams_max, &r->free_streams);
	if (r->calls == NULL || r->streams == NULL) {
		free(r->calls);
		free(r->streams);
		free(r);
		return NULL;
	}
	r->options = *options;
	list_init(&r->sessions);
	list_init(&r->waiting_calls);
	list_init(&r->turn.link);
	r->turn.run = reception_on_turn;
	arena_init(&r->envelope);
	return r;
}

void reception_free(struct reception *r)
{
	if (r == NULL)
		return;
	ensure(list_is_empty(&r->sessions));
	ensure(reception_is_idle(r));
	loop_defer_cancel(&r->turn);
	registry_unref(r->registry);
	arena_reset(&r->envelope);
	free(r->calls);
	free(r->streams);
	free(r);
}

void reception_set_registry(struct reception *r, struct registry *registry)
{
	registry_unref(r->registry);
	r->registry = registry;
}

bool freshness_holds(const struct freshness *f, int64_t stale_ms)
{
	int64_t at = atomic_load_explicit(&f->at_mono_ms, memory_order_relaxed);

	return at != FRESHNESS_NEVER && clock_mono_ms() - at <= stale_ms;
}

void reception_drain(struct reception *r)
{
	if (r->draining)
		return;
	r->draining = true;
	for (struct list *l = r->sessions.next; l != &r->sessions; l = l->next)
		session_drain(session_of_link(l));
}

bool reception_is_idle(const struct reception *r)
{
	return metric_value(&r->metrics.calls) == 0 && metric_value(&r->metrics.streams) == 0;
}

static struct metric_counter *reception_gauge(struct reception *r, bool stream)
{
	return stream ? &r->metrics.streams : &r->metrics.calls;
}

struct call *reception_take(struct reception *r, bool stream)
{
	struct list *link = list_pop(stream ? &r->free_streams : &r->free_calls);

	if (link == NULL)
		return NULL;
	metric_add(reception_gauge(r, stream), 1);
	return container_of(link, struct call, link);
}

void reception_enqueue(struct reception *r, struct call *call)
{
	metric_add(&r->metrics.waiting, 1);
	list_append(&r->waiting_calls, &call->wait);
	loop_defer(r->options.loop, &r->turn);
}

/* The call used last is used next: its memory is warm. */
void reception_return(struct reception *r, struct call *call)
{
	bool stream = call->row->stream;

	ensure(metric_value(reception_gauge(r, stream)) > 0);
	metric_add(reception_gauge(r, stream), (uint64_t)-1);
	request_end(&call->request);
	registry_unref(call->registry);
	call->registry = NULL;
	call->session = NULL;
	call->stopped = false;
	call->receipt = NULL;
	call->proof = slice_of(NULL, 0);
	list_append(stream ? r->free_streams.next : r->free_calls.next, &call->link);
}
