/* The thread of the trail: a loop, two connections to the database, the log (trail/trail.h).
 *
 * It starts before the workers and stops after them: while there are calls their receipts have
 * somebody who sees them kept.  Threads: the main one.
 */
#ifndef APP_TRAIL_THREAD_H
#define APP_TRAIL_THREAD_H

#include "app/settings.h"
#include "proto/tlog_policy.h"

struct trail;
struct trail_thread;

/* 0, or an error with one sentence.  `settings` and `policy` outlive it; nothing reloadable is
 * read. */
MUST_CHECK int trail_thread_start(struct trail_thread **ret, const struct settings *settings,
	const struct policy *policy, char problem[CONFIG_PROBLEM_MAX]);
void trail_thread_stop(struct trail_thread *t);

/* From start to stop, for any thread. */
struct trail *trail_thread_trail(const struct trail_thread *t);

#endif
