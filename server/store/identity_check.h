/* Real-name checks that hospitals reported (TJ2-23a). */
#ifndef STORE_IDENTITY_CHECK_H
#define STORE_IDENTITY_CHECK_H

#include "base/arena.h"
#include "store/entry.h"

extern const struct pg_statement identity_check_put_sql;

struct stored_identity_check {
	const uint8_t *person_key;
	const uint8_t *serial_mac; /* SHA256_LEN */
	const uint8_t *order_mac;  /* SHA256_LEN; NULL = no payment named */
	int16_t mode;
	const char *channel;
	bool passed;
	int64_t checked_at_ms;
};
/* It does not fit when the same serial was reported with other content.  0 or ERR_MEMORY. */
MUST_CHECK int store_identity_check_put(struct pg_unit *unit, struct arena *arena,
	const struct stored_identity_check *check, const struct entry_write *w);

#endif
