/* The newest registry, for threads that are no worker: put by the steward, borrowed by the side
 * door.
 *
 * Ownership: the holder owns one reference; registry_holder_take() gives another, to be released
 * with registry_unref().  Threads: any.
 */
#ifndef APP_REGISTRY_HOLDER_H
#define APP_REGISTRY_HOLDER_H

#include <pthread.h>

#include "registry/registry.h"

struct registry_holder {
	pthread_mutex_t lock;
	struct registry *newest;
};

void registry_holder_init(struct registry_holder *h);
void registry_holder_clear(struct registry_holder *h);
/* Takes the reference over. */
void registry_holder_put(struct registry_holder *h, struct registry *registry);
/* NULL while there is none. */
struct registry *registry_holder_take(struct registry_holder *h);

#endif
