/* What a check finds, told one by one.
 *
 * Ownership: a finding is borrowed until the callback returns.  Threads: one at a time.
 */
#ifndef SDK_FINDING_H
#define SDK_FINDING_H

#include <rxcirc/rxcirc.h>

#include "client-sdk/src/error.h"

enum { FINDING_MESSAGE_MAX = 399 }; /* bytes; a longer sentence is cut */

struct rxc_finding {
	int verdict; /* RXC_FINDING_* */
	const char *kind;
	char message[FINDING_MESSAGE_MAX + 1];
	bool has_index;
	uint64_t index;
	const uint8_t *rx_id; /* RX_ID_LEN bytes, or NULL */
	uint64_t seq;
	uint64_t count;
	char reason[ERROR_REASON_MAX + 1];
};

/* Where findings go, and how many of them say that something does not hold. */
struct finding_desk {
	rxc_on_finding on_finding;
	void *user;
	uint64_t failed;
};

/* Tell one; `f` has everything but the sentence. */
void finding_tell(struct finding_desk *desk, struct rxc_finding *f, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
