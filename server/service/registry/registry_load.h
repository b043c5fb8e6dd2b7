/* Keeps the registry snapshot true: asks for the version often, loads everything when it changed.
 *
 * Threads: all of it in the loop it was opened on (the steward's).  `loaded` gets one reference per
 * call and runs in that thread; handing it to the workers is the caller's job.
 */
#ifndef SERVICE_REGISTRY_LOAD_H
#define SERVICE_REGISTRY_LOAD_H

#include "db/pg.h"
#include "registry/registry.h"

struct registry_loader;

struct registry_loader_options {
	int64_t poll_ms;               /* how often the version is asked; a NOTIFY only hurries it */
	uint8_t founding_officer[32];  /* certificate pin of the officer who founds the registry */
	const char *founding_office;   /* office code it acts for */
	uint8_t authority_key[32];     /* registry authority: key statements must verify with it */
	/* A new snapshot, true as of `as_of_mono_ms`.  Not called again until the version changes. */
	void (*loaded)(struct registry *registry, int64_t as_of_mono_ms, void *arg);
	/* The version was asked at that moment and is still the loaded one. */
	void (*fresh)(int64_t as_of_mono_ms, void *arg);
	void *arg;
};

/* `lane` is a read lane of the same loop.  Options are copied. */
MUST_CHECK int registry_loader_open(struct registry_loader **ret, struct loop *loop,
	struct pg_lane *lane, const struct registry_loader_options *options);
/* A notification came: ask now. */
void registry_loader_hurry(struct registry_loader *l);
/* Before the lane is closed: nothing more is asked, and what is in flight is ignored. */
void registry_loader_close(struct registry_loader *l);
/* After the lane is closed. */
void registry_loader_free(struct registry_loader *l);

#endif
