/* A fixed number of evented connections of one institution to one server, all used in turn.
 *
 * They do not reconnect: a benchmark that loses its connection has found something.
 * Threads: that of the event base.
 */
#ifndef TEST_BENCH_LINES_H
#define TEST_BENCH_LINES_H

#include <event2/event.h>
#include <rxcirc/rxcirc.h>

enum { LINES_MAX = 64, LINE_IN_FLIGHT_MAX = 64 };

struct lines;

/* Connects `count` lines and returns when all are ready; stops the program when one is not. */
struct lines *lines_open(struct event_base *base, const char *client_conf, uint16_t port,
	unsigned count);
void lines_close(struct lines *lines);
/* One that can take a call now, or NULL. */
rxc_async *lines_next(struct lines *lines);
/* Lines that still live. */
unsigned lines_alive(const struct lines *lines);

#endif
