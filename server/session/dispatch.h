/* Every method of the platform: who may call it, how large, how costly, and where it leads.
 *
 * One row per method of the .proto services.  Role, size and key are checked against the row BEFORE
 * the body is unpacked.  The table is constant.  Threads: any.
 */
#ifndef SESSION_DISPATCH_H
#define SESSION_DISPATCH_H

#include "service/services.h"

enum { DISPATCH_METHODS = 72 };

struct dispatch_row {
	const char *method;   /* full name, e.g. "rxcirc.v1.Pharmacy/PullPrescriptions" */
	unsigned roles;       /* CALLER_* that may call it */
	unsigned duties;      /* officers need one of these (DUTY_BIT()); 0 = none is needed */
	size_t body_len_max;
	bool mutating;        /* needs an idempotency key; others must not carry one */
	bool slow;            /* runs in the slow lane; few at a time per worker */
	unsigned cost;        /* shares of a turn: signatures it verifies at most, at least 1 */
	service_start start;
	bool polling; /* answers a client that asks again and again: has a budget per day */
	bool stream;  /* several answers, for long: of a pool of its own, beside the calls */
};

extern const struct dispatch_row dispatch_rows[DISPATCH_METHODS];

/* The row of a method, or NULL. */
const struct dispatch_row *dispatch_find(const char *method);
/* Its place in the table, for arrays kept per method. */
unsigned dispatch_index(const struct dispatch_row *row);

#endif
