/* The part of a run that is measured, and what was used meanwhile.
 *
 * It opens after a while, so that neither an empty nor a filling pipeline is counted, and closes
 * after some seconds, or when its owner says so: from then on the load falls.
 * Threads: that of the event base.
 */
#ifndef TEST_BENCH_WINDOW_H
#define TEST_BENCH_WINDOW_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum window_state { WINDOW_BEFORE, WINDOW_OPEN, WINDOW_CLOSED };

struct window_options {
	double warm_s, seconds; /* 0 = at once; until window_close() */
	/* Whose CPU time is told; 0 = nobody's. */
	pid_t server_pid, postgres_pid;
};

struct usage {
	int64_t ns; /* by the clock; the others are CPU time */
	int64_t server_us, postgres_us, own_us, machine_us;
};

struct window {
	struct window_options options;
	enum window_state state;
	struct usage usage; /* once it is closed: inside it */
	struct event *border;
};

void window_start(struct window *w, struct event_base *base, const struct window_options *options);
void window_close(struct window *w); /* nothing, unless it is open */
void window_clear(struct window *w);
static inline bool window_is_open(const struct window *w) { return w->state == WINDOW_OPEN; }

#endif
