/* Proofs for those who wait: where does the event stand, and is there a checkpoint of it already?
 *
 * Threads: the loop's own.
 */
#ifndef TRAIL_WISHES_H
#define TRAIL_WISHES_H

#include "base/arena.h"
#include "trail/trail.h"

struct wishes {
	struct pg_lane *lane;
	struct tree *tree;
	const char *directory;
	struct list waiting;        /* whose place is to be asked for */
	struct list asked;          /* who had none under the checkpoint; asked for at the next one */
	unsigned count;             /* of both */
	uint64_t size;              /* of the published checkpoint */
	struct merkle_hash root;
	uint8_t note[NOTE_MAX];
	size_t note_len;
	struct pg_unit unit;
	bool asking, closed;
	struct loop_timer timer;    /* runs while somebody waits, also when nothing is published */
	struct arena arena;
};

/* 0 or ERR_MEMORY. */
MUST_CHECK int wishes_open(struct wishes *w, struct loop *loop, struct pg_lane *lane,
	struct tree *tree, const char *directory);
void wishes_add(struct wishes *w, struct wish *wish);
/* A new checkpoint, and what it says. */
void wishes_publish(struct wishes *w, struct slice note, const struct checkpoint *checkpoint);
void wishes_close(struct wishes *w); /* all end without a proof */
void wishes_clear(struct wishes *w); /* no question is under way */

#endif
