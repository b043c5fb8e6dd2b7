/* The steward: one thread that keeps the registry true for all workers, and does the periodic work.
 *
 * Ownership: the workers are borrowed; stop the steward before them.  Threads: the main one.
 */
#ifndef APP_STEWARD_H
#define APP_STEWARD_H

#include "app/worker.h"

struct registry_holder; /* app/registry_holder.h */
struct steward;

struct steward_options {
	const struct settings *settings; /* outlives the steward; nothing reloadable is read */
	struct worker *const *workers;
	unsigned workers_count;
	struct freshness *freshness; /* written by the steward */
	struct registry_holder *holder; /* gets every registry, too */
};

MUST_CHECK int steward_start(struct steward **ret, const struct steward_options *options,
	char problem[CONFIG_PROBLEM_MAX]);
void steward_stop(struct steward *s);

/* Registries handed out so far; any thread, until steward_stop(). */
uint64_t steward_registries(const struct steward *s);

#endif
