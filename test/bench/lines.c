#include "test/bench/lines.h"

#include <stdio.h>
#include <stdlib.h>

#include <rxcirc/adapters/libevent.h>

#include "test/bench/stop.h"

struct line {
	struct lines *lines;
	rxc_async *async; /* NULL once it has ended */
};

struct lines {
	unsigned count, alive, ready, turn;
	struct line line[LINES_MAX];
};

static void on_ready(rxc_async *async, void *user)
{
	struct line *l = user;

	(void)async;
	l->lines->ready++;
}

static void on_closed(rxc_async *async, const rxc_error *error, void *user)
{
	struct line *l = user;

	if (error != NULL)
		fprintf(stderr, "a connection ended: %s\n", rxc_error_message(error));
	l->async = NULL;
	l->lines->alive--;
	rxc_async_free(async);
}

struct lines *lines_open(struct event_base *base, const char *client_conf, uint16_t port,
	unsigned count)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	rxc_options *options = rxc_options_new();
	rxc_error *error = NULL;

	stop_unless(lines != NULL && options != NULL && count >= 1 && count <= LINES_MAX, "lines");
	stop_on(rxc_options_load(options, client_conf, &error), error, client_conf);
	stop_unless(rxc_options_set_server(options, "127.0.0.1", port) == 0, "the port");
	lines->count = lines->alive = count;
	for (unsigned i = 0; i < count; i++) {
		struct line *l = &lines->line[i];

		l->lines = lines;
		stop_on(rxc_async_new(options, on_ready, on_closed, l, &l->async, &error), error,
			"connect");
		stop_unless(rxc_libevent_attach(l->async, base) == 0, "memory");
	}
	rxc_options_free(options);
	while (lines->ready < count) {
		stop_unless(lines->alive == count, "could not connect");
		event_base_loop(base, EVLOOP_ONCE);
	}
	return lines;
}

void lines_close(struct lines *lines)
{
	if (lines == NULL)
		return;
	for (unsigned i = 0; i < lines->count; i++)
		if (lines->line[i].async != NULL)
			rxc_async_close(lines->line[i].async); /* on_closed() frees it */
	free(lines);
}

rxc_async *lines_next(struct lines *lines)
{
	for (unsigned i = 0; i < lines->count; i++) {
		rxc_async *async = lines->line[lines->turn].async;

		lines->turn = (lines->turn + 1) % lines->count;
		if (async != NULL && rxc_async_in_flight(async) < LINE_IN_FLIGHT_MAX)
			return async;
	}
	return NULL;
}

unsigned lines_alive(const struct lines *lines)
{
	return lines->alive;
}
