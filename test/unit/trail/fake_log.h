/* A log as the scripted database has it: leaves of the grove, told page by page. */
#ifndef TEST_UNIT_TRAIL_FAKE_LOG_H
#define TEST_UNIT_TRAIL_FAKE_LOG_H

#include "test/support/fake_pg.h"

/* The next answer to "how long is the log, and what is published". */
void log_says(uint64_t size, uint64_t published_size, struct slice note);
/* The next page: leaves [first, end). */
void log_tells(uint64_t first, uint64_t end);
/* The same, one of them with something else in the place of its hash or its bytes. */
enum log_lie {
	LIE_LEAF,          /* other bytes */
	LIE_HASH,
	LIE_SHORT_HASH,
	LIE_NO_LEAF,
	LIE_PLACE,         /* the next one's */
	LIE_LONG_LEAF,     /* longer than any */
};
void log_lies(uint64_t first, uint64_t end, uint64_t at, enum log_lie lie);

struct pg_lane *lane_open(const char *name);
/* Ends what is pending. */
void lane_close(struct pg_lane *lane);

#endif
