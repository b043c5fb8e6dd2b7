/* The steward's periodic work: months of the trail made ahead, used e-voucher nonces forgotten.
 *
 * Harmless when several server nodes do it at once.  Threads: all of it in the loop it was
 * opened on.
 */
#ifndef SERVICE_HOUSEKEEPING_H
#define SERVICE_HOUSEKEEPING_H

#include "db/pg.h"

struct housekeeper;

/* `lane` is a write lane of the same loop.  The first round begins at once, then every
 * `interval_ms`. */
MUST_CHECK int housekeeper_open(struct housekeeper **ret, struct loop *loop, struct pg_lane *lane,
	int64_t interval_ms);
/* Before the lane is closed: nothing more is asked. */
void housekeeper_close(struct housekeeper *h);
/* After the lane is closed. */
void housekeeper_free(struct housekeeper *h);

#endif
