/* One hand-over of a kept prescription, and what came back of it so far.
 *
 * Read from the documents pulled and from our own, which are signed.
 * Ownership: rx_handed_load() fills it, rx_handed_clear() empties it also after a failure; the
 * documents stay the rx_state's.
 */
#ifndef CLI_RX_HANDED_H
#define CLI_RX_HANDED_H

#include "client-sdk/cli/rx_state.h"

enum { RX_HANDED_RETURNS_MAX = 64 };

struct rx_handed {
	const Rxcirc__V1__SignedDocument *document;
	Rxcirc__V1__DispenseRecord *record;
	Rxcirc__V1__ReturnRecord *returns[RX_HANDED_RETURNS_MAX]; /* of this hand-over */
	size_t returns_count;
	uint32_t returns_done; /* of the whole prescription, as far as is known here */
};

/* `fill_no` 0 is this pharmacy's newest.  0, or an exit code after saying why. */
CLI_CHECK int rx_handed_load(struct rx_handed *ret, const struct rx_state *rx,
	const char *pharmacy_code, uint32_t fill_no);
void rx_handed_clear(struct rx_handed *handed);

#endif
