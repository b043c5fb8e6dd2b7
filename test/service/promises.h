/* What an answer promises, and what is kept of it for a repeated call.
 *
 *     wrote = promise_written("rx_change", &promise_of_change);
 *     promise_expect(&wrote);                          the answer stands for exactly this event
 *     ...
 *     promise_answer_kept("reply_load", mac, reply, &wrote);   the database has kept both
 */
#ifndef TEST_SERVICE_PROMISES_H
#define TEST_SERVICE_PROMISES_H

#include "test/service/stage.h"

enum { KEPT_COLUMNS = 5 };

/* Which parameters of a statement are its event. */
struct promise_params {
	unsigned at, event_id, leaf, leaf_hash;
};
extern const struct promise_params promise_of_upload, promise_of_change, promise_of_entry,
	promise_of_registry, promise_of_event, promise_of_use;

/* The event this statement wrote when it was submitted last; its hash is that of its leaf. */
struct promise promise_written(const char *statement, const struct promise_params *params);
/* The last call was answered with this promise; NULL: with none. */
void promise_expect(const struct promise *expected);

/* Script what reply_load, reply_replay or reply_put finds: an answer and its promise, or (NULL) one
 * that has none. */
void promise_answer_kept(const char *statement, const uint8_t mac[32], struct slice reply,
	const struct promise *promise);
/* Script that an event is written by itself. */
void promise_answer_event(void);

#endif
