/* Lines that reconnect, jobs that repeat. */
#include "test/e2e/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include <rxcirc/adapters/libevent.h>

enum { REPEAT_MS = 50, CALL_DEADLINE_MS = 5000, IN_FLIGHT_MAX = 60 };

struct line {
	struct fleet *fleet;
	rxc_options *options;
	rxc_async *async; /* NULL while it waits to connect again */
	struct event *again;
	bool ready;
};

struct job {
	struct fleet *fleet;
	struct job *next; /* waiting to be sent */
	int node;
	const char *method;
	const ProtobufCMessage *request;
	uint8_t key[RXC_IDEMPOTENCY_KEY_LEN];
	bool with_key;
	unsigned sends;
	time_t until;
	fleet_done done;
	void *user;
	struct event *again;
};

struct fleet {
	struct event_base *base;
	struct line *lines;
	unsigned nodes, connections, seconds_max, turn;
	struct job *waiting, **waiting_end;
	size_t jobs;
	unsigned long repeats;
	unsigned ended_sends; /* of the job whose done() runs */
	struct event *pump;
	bool ending;
};

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void after_ms(struct event *event, unsigned ms)
{
	struct timeval tv = {ms / 1000, (ms % 1000) * 1000};

	need(event_add(event, &tv) == 0, "event_add");
}

static void pump(struct fleet *f)
{
	after_ms(f->pump, 0);
}

static void on_ready(rxc_async *async, void *user)
{
	struct line *l = user;

	(void)async;
	l->ready = true;
	pump(l->fleet);
}

static void on_closed(rxc_async *async, const rxc_error *error, void *user)
{
	struct line *l = user;

	(void)error;
	l->ready = false;
	l->async = NULL;
	if (l->fleet->ending) /* it is being freed already */
		return;
	rxc_async_free(async);
	after_ms(l->again, REPEAT_MS);
}

static void line_connect(evutil_socket_t fd, short what, void *user)
{
	struct line *l = user;
	rxc_error *error = NULL;

	(void)fd;
	(void)what;
	if (rxc_async_new(l->options, on_ready, on_closed, l, &l->async, &error) < 0) {
		rxc_error_free(error);
		l->async = NULL;
		after_ms(l->again, REPEAT_MS);
		return;
	}
	need(rxc_libevent_attach(l->async, l->fleet->base) == 0, "attach");
}

static void job_end(struct job *j, ProtobufCMessage *reply, const rxc_error *error)
{
	j->fleet->jobs--;
	j->fleet->ended_sends = j->sends;
	event_free(j->again);
	j->done(j->user, reply, error);
	free(j);
}

static void job_wait(struct job *j)
{
	j->next = NULL;
	*j->fleet->waiting_end = j;
	j->fleet->waiting_end = &j->next;
	pump(j->fleet);
}

static void on_again(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	job_wait(user);
}

static void on_reply(rxc_async *async, ProtobufCMessage *reply, const rxc_error *error, void *user)
{
	struct job *j = user;
	struct fleet *f = j->fleet;

	(void)async;
	if (error != NULL && rxc_error_is_retryable(error) && time(NULL) < j->until) {
		f->repeats++;
		after_ms(j->again, REPEAT_MS);
		return;
	}
	job_end(j, reply, error);
	pump(f);
}

/* A connection that can take one more call: of the job's node if that one works at all. */
static struct line *line_for(struct fleet *f, int node)
{
	bool node_works = false;

	for (unsigned i = 0; i < f->connections && node >= 0; i++)
		node_works = node_works || f->lines[(unsigned)node * f->connections + i].ready;
	for (unsigned i = 0; i < f->nodes * f->connections; i++) {
		unsigned at = (f->turn + i) % (f->nodes * f->connections);
		struct line *l = &f->lines[at];

		if (!l->ready || rxc_async_in_flight(l->async) >= IN_FLIGHT_MAX)
			continue;
		if (node_works && at / f->connections != (unsigned)node)
			continue;
		f->turn = at + 1;
		return l;
	}
	return NULL;
}

static bool job_send(struct job *j)
{
	struct line *l = line_for(j->fleet, j->node);
	rxc_error *error = NULL;

	if (l == NULL)
		return false;
	if (rxc_async_call(l->async, j->method, j->request, j->with_key ? j->key : NULL,
			CALL_DEADLINE_MS, on_reply, j, &error) == 0) {
		j->sends++;
		return true;
	}
	fprintf(stderr, "call: %s\n", rxc_error_message(error));
	rxc_error_free(error);
	return false;
}

static void on_pump(evutil_socket_t fd, short what, void *user)
{
	struct fleet *f = user;

	(void)fd;
	(void)what;
	while (f->waiting != NULL) {
		struct job *j = f->waiting;

		if (!job_send(j)) {
			after_ms(f->pump, REPEAT_MS);
			return;
		}
		f->waiting = j->next;
		if (f->waiting == NULL)
			f->waiting_end = &f->waiting;
	}
}

struct fleet *fleet_new(struct event_base *base, const char *client_conf, const uint16_t *ports,
	unsigned nodes, unsigned connections, unsigned seconds_max)
{
	struct fleet *f = calloc(1, sizeof(*f));

	need(f != NULL, "memory");
	f->base = base;
	f->nodes = nodes;
	f->connections = connections;
	f->seconds_max = seconds_max;
	f->waiting_end = &f->waiting;
	f->pump = evtimer_new(base, on_pump, f);
	f->lines = calloc(nodes * connections, sizeof(*f->lines));
	need(f->pump != NULL && f->lines != NULL, "memory");
	for (unsigned i = 0; i < nodes * connections; i++) {
		struct line *l = &f->lines[i];
		rxc_error *error = NULL;

		l->fleet = f;
		l->options = rxc_options_new();
		need(rxc_options_load(l->options, client_conf, &error) == 0, client_conf);
		need(rxc_options_set_server(l->options, "127.0.0.1", ports[i / connections]) == 0, "port");
		l->again = evtimer_new(base, line_connect, l);
		after_ms(l->again, 0);
	}
	return f;
}

void fleet_free(struct fleet *f)
{
	need(f->jobs == 0, "a job has not ended");
	f->ending = true;
	for (unsigned i = 0; i < f->nodes * f->connections; i++) {
		rxc_async_free(f->lines[i].async);
		event_free(f->lines[i].again);
		rxc_options_free(f->lines[i].options);
	}
	event_free(f->pump);
	free(f->lines);
	free(f);
}

void fleet_call(struct fleet *f, int node, const char *method, const ProtobufCMessage *request,
	fleet_done done, void *user)
{
	uint8_t key[RXC_IDEMPOTENCY_KEY_LEN];

	rxc_idempotency_key_new(key);
	fleet_call_keyed(f, node, method, request, key, done, user);
}

void fleet_call_keyed(struct fleet *f, int node, const char *method,
	const ProtobufCMessage *request, const uint8_t key[RXC_IDEMPOTENCY_KEY_LEN], fleet_done done,
	void *user)
{
	struct job *j = calloc(1, sizeof(*j));

	need(j != NULL, "memory");
	*j = (struct job){.fleet = f, .node = node, .method = method, .request = request,
		.until = time(NULL) + f->seconds_max, .done = done, .user = user};
	memcpy(j->key, key, sizeof(j->key));
	j->with_key = strcmp(method, "rxcirc.v1.Hospital/GetPrescription") != 0;
	j->again = evtimer_new(f->base, on_again, j);
	need(j->again != NULL, "memory");
	f->jobs++;
	job_wait(j);
}

bool fleet_cut(struct fleet *f, unsigned connection)
{
	struct line *l = &f->lines[connection % (f->nodes * f->connections)];

	if (!l->ready)
		return false;
	rxc_async_close(l->async);
	return true;
}

unsigned fleet_sends(const struct fleet *f)
{
	return f->ended_sends;
}

unsigned long fleet_repeats(const struct fleet *f)
{
	return f->repeats;
}
