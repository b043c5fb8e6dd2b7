/* A node's trail as a whole: database, signer and witnesses in one loop, and a clock that can be
 * put forward.
 */
#ifndef TEST_UNIT_TRAIL_STATION_H
#define TEST_UNIT_TRAIL_STATION_H

#include "test/unit/trail/council.h"
#include "test/unit/trail/database.h"
#include "trail/trail.h"

#define TWO_OF_THREE "group g 2 w0 w1 w2\nquorum g\n"

enum { STATION_WAIT_MS = 10 * 1000 };

struct station {
	char folder[GROVE_FOLDER_MAX];
	struct loop *loop;
	struct council council;
	struct database database;
	struct pg_lane *read, *write;
	struct trail *trail;
	bool publishes_without_quorum;
};

extern struct station station;
extern int64_t station_skew_ms; /* by which the clock goes before the system's */

/* Set-up and tear-down of a test; the trail is opened by station_start(). */
int station_set_up(void **state);
int station_tear_down(void **state);
void station_start(void);
void station_stop(void); /* the database stays; start again */
/* "<folder>/log" */
const char *station_log(void);

/* Run until it is so, or fail the test. */
void await_published(uint64_t size);
void await_trouble(enum trail_trouble trouble);
/* Run for some rounds; for a while, when there are none. */
void run_rounds(void);
void run_for_a_while(void);

/* The checkpoint in the files is the database's, is believed, and is of the grove's leaves. */
void assert_published(uint64_t size);
enum trail_trouble station_trouble(void);

#endif
