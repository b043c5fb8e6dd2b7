/* A published log for the services that export it: events in files of their own folder, and a
 * checkpoint with a signature.
 *
 *     logbook_add(leaf);  logbook_fill(700);  logbook_publish();
 *     logbook_answer("trail_by_time", places, 3);      the rows of those events
 */
#ifndef TEST_SERVICE_LOGBOOK_H
#define TEST_SERVICE_LOGBOOK_H

#include "proto/merkle.h"
#include "test/service/stage.h"

enum { LOGBOOK_MAX = 1400, LOGBOOK_FOLDER_MAX = 64, LOGBOOK_NOWHERE = LOGBOOK_MAX };

struct logbook {
	char folder[LOGBOOK_FOLDER_MAX];
	uint64_t size;                           /* leaves in the files */
	struct slice leaves[LOGBOOK_MAX];
	struct merkle_hash hashes[LOGBOOK_MAX];
	int64_t at_ms[LOGBOOK_MAX];
	uint8_t event_ids[LOGBOOK_MAX][EVENT_ID_LEN];
};
extern struct logbook logbook;

/* An empty folder, lent to the stage; and its end. */
void logbook_open(void);
void logbook_close(void);
/* The next leaf; its place.  The bytes are kept. */
uint64_t logbook_add(struct slice leaf);
/* Events of HOSPITAL, until there are so many. */
void logbook_fill(uint64_t size);
/* An event of this institution. */
uint64_t logbook_add_of(const char *institution_code);
/* The checkpoint of all there is, or of a smaller log. */
void logbook_publish(void);
void logbook_publish_of(uint64_t size);
/* The root of the first `size` leaves. */
struct merkle_hash logbook_root(uint64_t size);
/* Change one byte of a file; make it so long. */
void logbook_flip(const char *file, size_t at);
void logbook_cut(const char *file, size_t len);

/* Rows of a trail statement: these places in this order; LOGBOOK_NOWHERE = an event without one. */
void logbook_answer(const char *statement, const uint64_t *places, unsigned count);

#endif
