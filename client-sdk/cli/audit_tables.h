/* What the tables say, asked for page by page and held against the fold.
 *
 * Errors: 0, or an exit code after saying why.
 */
#ifndef CLI_AUDIT_TABLES_H
#define CLI_AUDIT_TABLES_H

#include "client-sdk/cli/audit_fold.h"
#include "client-sdk/cli/progress.h"

enum { AUDIT_EVENTS_AT_ONCE = 4096, AUDIT_STATES_AT_ONCE = 256 };

struct audit_tables {
	rxc_client *client;   /* borrowed */
	const char *purpose;  /* borrowed; recorded by the platform */
	struct audit_fold *fold;
	struct progress *progress;
	int64_t detached_ms;  /* events before may be gone from the tables */
	int64_t unplaced_ms;  /* events without a place are looked for from here; -1 = not known yet */
	uint64_t events, states, records; /* compared */
	uint64_t log_size, queued;        /* as the tables said last */

	/* leaves that wait to be compared, all together */
	uint64_t first;
	unsigned count;
	struct merkle_hash hashes[AUDIT_EVENTS_AT_ONCE];
	int64_t at_ms[AUDIT_EVENTS_AT_ONCE];
};

/* One more leaf to be compared; asks when enough are there.  They come without a gap, or with
 * audit_tables_flush() before it. */
CLI_CHECK int audit_tables_event(struct audit_tables *t, uint64_t index,
	const struct merkle_hash *hash, int64_t at_ms);
CLI_CHECK int audit_tables_flush(struct audit_tables *t);
/* After everything else: what was written since the last leaf and never came into the log, of which
 * `size` leaves were read; and how long the log is by now. */
CLI_CHECK int audit_tables_unplaced(struct audit_tables *t, uint64_t size);
/* All prescriptions, or only those the fold knows. */
CLI_CHECK int audit_tables_states(struct audit_tables *t, bool all);
CLI_CHECK int audit_tables_records(struct audit_tables *t);

#endif
