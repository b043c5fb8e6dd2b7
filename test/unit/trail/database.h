/* A database that has a log, over the scripted one: it answers what it is asked as PostgreSQL
 * would, unless it is told to lie or to be away.
 *
 * Events are the grove's leaves; each has its place's number as id.
 */
#ifndef TEST_UNIT_TRAIL_DATABASE_H
#define TEST_UNIT_TRAIL_DATABASE_H

#include "domain/event.h"
#include "proto/note.h"
#include "test/unit/trail/fake_log.h"

struct database {
	struct loop_timer timer;
	unsigned answered;       /* units so far */
	/* the log */
	uint64_t size;           /* places given out */
	uint64_t queued;         /* events that wait for theirs */
	uint64_t published_size;
	char note[NOTE_MAX];
	size_t note_len;
	/* how it behaves */
	int read_fails, sequence_fails, publish_fails, places_fail; /* 0, or what the unit ends with */
	bool holds;              /* nothing is answered */
	int64_t liar;            /* a place; -1 = none */
	enum log_lie lie;
	/* what it was asked */
	unsigned sequences, publishes, place_questions;
};

void database_open(struct database *d, struct loop *loop);
void database_close(struct database *d);

/* What another node did. */
void database_publish(struct database *d, uint64_t size, const char *note, size_t len);

void event_id_of(uint64_t place, uint8_t id[EVENT_ID_LEN]);

#endif
