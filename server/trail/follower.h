/* Reads the log as the database has it, and lets the tree grow by what is new.
 *
 * Nothing is believed: every leaf must be the bytes its hash says, places must follow each other,
 * and the log may never be shorter than what was read before.
 *
 * Threads: the loop's own.
 */
#ifndef TRAIL_FOLLOWER_H
#define TRAIL_FOLLOWER_H

#include "base/arena.h"
#include "db/pg.h"
#include "proto/note.h"
#include "trail/awaited.h"
#include "trail/tree.h"

enum {
	FOLLOWER_PAGE = 1024,      /* leaves asked for at once */
	FOLLOWER_TIMEOUT_MS = 20 * 1000,
	FOLLOWER_WHY_MAX = 300,
};

enum follower_outcome {
	FOLLOWER_DONE,     /* the tree has all of the log */
	FOLLOWER_AWAY,     /* the database could not be asked; later */
	FOLLOWER_DAMAGED,  /* the database's log is not what it was; `why` */
	FOLLOWER_FAILED,   /* a file could not be written; `why` */
};

struct follower_options {
	struct pg_lane *lane; /* read */
	struct tree *tree;
	struct awaited *awaited;
	void (*done)(enum follower_outcome outcome, void *arg);
	void *arg;
};

struct follower {
	struct follower_options options;
	struct pg_unit unit;
	uint64_t size;           /* of the log, as the database said last */
	uint64_t published_size;
	uint8_t note[NOTE_MAX];  /* the published checkpoint; note_len 0: none yet */
	size_t note_len;
	char why[FOLLOWER_WHY_MAX];
	struct arena arena;
};

void follower_init(struct follower *f, const struct follower_options *options);
void follower_clear(struct follower *f); /* no question is under way */
/* Ask, page after page; done() follows, never from inside. */
void follower_run(struct follower *f);

#endif
