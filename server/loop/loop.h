/* One event loop per worker thread; the only includer of <event2/...> besides net/side_door.
 *
 * Ownership: watches, timers, tasks, graves and messages are embedded in their owner and borrowed
 * until they are cancelled, have run, or (graves) have freed their owner.
 * Threads: everything belongs to the loop's own thread, except loop_post() and loop_stop().
 * Callbacks never run inside the call that arms them.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "base/list.h"
#include "proto/bytes.h"

struct event;
struct event_base;
struct loop;

enum { LOOP_TIMER_MS_MAX = 24 * 60 * 60 * 1000 }; /* a longer time is cut to this */

/* NULL when the system refuses. */
struct loop *loop_new(void);
/* Releases the graves that are left.  Armed tasks do not run, posted messages are not received. */
void loop_free(struct loop *loop);
void loop_run(struct loop *loop); /* until loop_stop(); may be run again */
/* From any thread; messages posted before it are still received. */
void loop_stop(struct loop *loop);
/* For libevent's own HTTP server in net/side_door, and for nothing else. */
struct event_base *loop_event_base(struct loop *loop);

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

/* A file descriptor watched for reading or writing, level-triggered. */
struct loop_watch {
	struct loop *loop;
	struct event *event;
	int fd;
	int wanted;
	void (*ready)(struct loop_watch *watch, int what);
};
MUST_CHECK int loop_watch_open(struct loop_watch *w, struct loop *loop, int fd,
	void (*ready)(struct loop_watch *watch, int what));
/* Wait for these and only these from now on; 0 waits for nothing. */
void loop_watch_want(struct loop_watch *w, int what);
void loop_watch_close(struct loop_watch *w); /* idempotent; the fd stays open */

/* A one-shot timer.  It may fire a few milliseconds early: whoever cares compares the clock. */
struct loop_timer {
	struct loop *loop;
	struct event *event;
	void (*fired)(struct loop_timer *timer);
};
MUST_CHECK int loop_timer_open(struct loop_timer *t, struct loop *loop,
	void (*fired)(struct loop_timer *timer));
void loop_timer_set(struct loop_timer *t, int64_t ms); /* replaces what was set */
void loop_timer_cancel(struct loop_timer *t);
void loop_timer_close(struct loop_timer *t); /* idempotent */

/* Run once at the end of this turn, or of the next when already there; starts as {.run = f}. */
struct loop_task {
	struct list link;
	void (*run)(struct loop_task *task);
	bool armed;
};
void loop_defer(struct loop *loop, struct loop_task *task); /* idempotent while armed */
void loop_defer_cancel(struct loop_task *task);

/* The dead rest one turn: `release` runs at the end of the next one, when no event or task of this
 * turn can mention the owner any more.  The owner has closed its watches and timers itself. */
struct loop_grave {
	struct list link;
	void (*release)(struct loop_grave *grave);
};
void loop_bury(struct loop *loop, struct loop_grave *grave);

/* From any thread: run `receive` in the loop's thread.  The message is then the receiver's. */
struct loop_message {
	struct list link;
	void (*receive)(struct loop_message *message);
};
void loop_post(struct loop *loop, struct loop_message *message);

#endif
