#include "app/registry_holder.h"

#include "base/ensure.h"

void registry_holder_init(struct registry_holder *h)
{
	h->newest = NULL;
	ensure(pthread_mutex_init(&h->lock, NULL) == 0);
}

void registry_holder_clear(struct registry_holder *h)
{
	registry_holder_put(h, NULL);
	(void)pthread_mutex_destroy(&h->lock); /* fails only while it is held */
}

void registry_holder_put(struct registry_holder *h, struct registry *registry)
{
	struct registry *previous;

	ensure(pthread_mutex_lock(&h->lock) == 0);
	previous = h->newest;
	h->newest = registry;
	ensure(pthread_mutex_unlock(&h->lock) == 0);
	registry_unref(previous); /* outside: freeing a large one takes a while */
}

struct registry *registry_holder_take(struct registry_holder *h)
{
	struct registry *newest;

	ensure(pthread_mutex_lock(&h->lock) == 0);
	newest = h->newest == NULL ? NULL : registry_ref(h->newest);
	ensure(pthread_mutex_unlock(&h->lock) == 0);
	return newest;
}
