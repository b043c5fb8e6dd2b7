/* What the sessions of one worker share: the registry of the moment, the calls in flight, numbers.
 *
 *     session_receive -> waiting -> (end of the turn) service -> session answers
 *
 * A call that passed its session's checks waits here until the end of the turn; then calls are
 * started, oldest first, until the turn's share of signature checks is used up, and the rest wait
 * for the next turn.  So a burst of uploads delays nobody's bytes, and what arrived together is
 * sent to the database together.
 *
 * Ownership: the reception owns the calls and one reference to the registry snapshot; sessions put
 * themselves on its list.
 * Threads: the loop's own, except the numbers and freshness_holds().
 */
#ifndef SESSION_RECEPTION_H
#define SESSION_RECEPTION_H

#include <stdatomic.h>

#include "base/metrics.h"
#include "loop/loop.h"
#include "registry/registry.h"
#include "session/admission.h"
#include "session/dispatch.h"
#include "session/envelope.h"

struct receipt_desk; /* session/receipt_desk.h */
struct session;

enum {
	RECEPTION_TURN_COST_MAX = 32, /* signature checks started in one turn, about 2 ms */
	RECEPTION_SLOW_MAX = 16,      /* calls of the slow lane in flight */
	RECEPTION_CALLS_MAX = 16384,  /* upper bound of the option below */
	RECEPTION_STREAMS_MAX = 16384, /* the same */
	BUSY_RETRY_AFTER_MS = 200,
	STALE_RETRY_AFTER_MS = 1000,
};

/* When the registry was last known to be the newest: written by who asks for it, read by all. */
struct freshness {
	_Atomic int64_t at_mono_ms; /* FRESHNESS_NEVER before the first time */
};
#define FRESHNESS_NEVER INT64_MIN

struct reception_options {
	struct loop *loop;
	const struct workshop *shop;         /* borrowed */
	struct admission *admission;         /* borrowed, shared by the workers */
	struct admission *polls;             /* the same, of polling methods per day */
	const struct freshness *freshness;   /* borrowed, shared by the workers */
	int64_t registry_stale_ms;           /* older than this: every call is REGISTRY_STALE */
	struct receipt_desk *desk;           /* borrowed; NULL: answers go without receipts */
	unsigned calls_max;                  /* in flight in this worker, 1 .. RECEPTION_CALLS_MAX */
	unsigned streams_max;                /* beside them, 1 .. RECEPTION_STREAMS_MAX */
};

/* One call: the request and what the session must remember about it. */
struct call {
	struct request request;
	struct session *session;
	const struct dispatch_row *row;
	struct list link; /* free, or in flight of its session */
	struct list wait; /* waiting to be started, or for its receipt */
	int64_t received_us;
	struct registry *registry; /* the reference request.registry borrows; NULL of a stream */
	bool stopped;              /* a stream that was not started yet: end it, with this reason */
	enum status_reason stop_reason;
	char traceparent[TRACEPARENT_LEN + 1];
	bool wants_proof;
	Rxcirc__V1__Receipt *receipt; /* in the request's arena; NULL = none */
	struct slice proof;           /* the same; empty = none */
};

/* Why BUDGET_EXCEEDED: which of them, and of which kind of caller (bit of enum caller_role). */
enum budget { BUDGET_CALLS, BUDGET_POLLS, BUDGETS };
enum { CALLER_ROLES = 6 };
static_assert(CALLER_APPLICANT == 1 << (CALLER_ROLES - 1), "every role has a counter");

enum { RECEPTION_CLASSES = RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_FATAL + 1 };

/* Numbers of one method; the last place is for calls whose method is not known. */
struct method_metrics {
	struct metric_counter ended[RECEPTION_CLASSES]; /* by retry class; 0 = succeeded */
	struct metric_histogram us; /* from the frame to the answer, calls that were started */
};

struct reception_metrics {
	struct method_metrics methods[DISPATCH_METHODS + 1];
	struct metric_counter answers[STATUS_NR]; /* by reason, connection-level ones included */
	struct metric_counter over_budget[BUDGETS][CALLER_ROLES]; /* refused for it */
	struct metric_counter calls;              /* in flight now */
	struct metric_counter streams;            /* running now, beside the calls */
	struct metric_counter waiting;            /* of these, not started yet */
	struct metric_counter sessions;           /* now */
	struct metric_counter unsent;             /* answers whose connection was gone */
};

struct reception {
	struct reception_options options;
	struct registry *registry; /* NULL until the first snapshot */
	bool draining;
	struct list sessions;
	struct list free_calls, free_streams;
	struct list waiting_calls;
	struct loop_task turn;
	struct call *calls, *streams;
	unsigned slow_calls;
	struct arena envelope;                /* of the frame being read */
	uint8_t frame[ENVELOPE_FRAME_MAX];    /* of the frame being written */
	struct reception_metrics metrics;
};

/* Options are copied.  NULL when memory is exhausted. */
struct reception *reception_new(const struct reception_options *options);
/* No session and no call may be left.  NULL ok. */
void reception_free(struct reception *r);

/* From now on requests start with this snapshot; takes over the caller's reference. */
void reception_set_registry(struct reception *r, struct registry *registry);
/* Whether what was loaded last is new enough to decide by. */
bool freshness_holds(const struct freshness *f, int64_t stale_ms);

/* Refuse new calls and tell every session; running calls finish. */
void reception_drain(struct reception *r);
/* No call is in flight and no stream is running. */
bool reception_is_idle(const struct reception *r);

/* The session's own: take a call, or a stream's, or NULL when calls_max or streams_max are in
 * flight; let it wait for its start; give it back. */
struct call *reception_take(struct reception *r, bool stream);
void reception_enqueue(struct reception *r, struct call *call);
void reception_return(struct reception *r, struct call *call);

#endif
