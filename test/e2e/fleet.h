/* Evented clients that do not give up: each job is repeated with its own idempotency key, over
 * whatever connection works, until it has a final answer or its time is over.
 *
 * Ownership: a job's request is borrowed until done().  Threads: one.
 */
#ifndef TEST_E2E_FLEET_H
#define TEST_E2E_FLEET_H

#include <event2/event.h>
#include <rxcirc/rxcirc.h>

struct fleet;

/* Exactly once per job.  `reply` is the receiver's; `error` is borrowed, NULL with a reply. */
typedef void (*fleet_done)(void *user, ProtobufCMessage *reply, const rxc_error *error);

/* `connections` evented connections per node, all of one institution; ports[i] is node i. */
struct fleet *fleet_new(struct event_base *base, const char *client_conf, const uint16_t *ports,
	unsigned nodes, unsigned connections, unsigned seconds_max);
void fleet_free(struct fleet *fleet); /* every job must have ended */

/* Start a job at node `node` (or any, when -1); it stays there unless that node is out of reach. */
void fleet_call(struct fleet *fleet, int node, const char *method, const ProtobufCMessage *request,
	fleet_done done, void *user);
/* The same with a key of the caller's own. */
void fleet_call_keyed(struct fleet *fleet, int node, const char *method,
	const ProtobufCMessage *request, const uint8_t key[RXC_IDEMPOTENCY_KEY_LEN], fleet_done done,
	void *user);
/* Ends one connection, whatever is in flight on it; false when it was not up. */
bool fleet_cut(struct fleet *fleet, unsigned connection);
/* Inside done(): how often that job was sent. */
unsigned fleet_sends(const struct fleet *fleet);
/* How often a job was sent again. */
unsigned long fleet_repeats(const struct fleet *fleet);

#endif
