/* The table of reasons, made from STATUS_REASONS. */
#include "proto/status.h"

static const struct status_row rows[STATUS_NR] = {
#define X(name, code, class, en, zh) \
	[STATUS_##name] = {#name, RPC_##code, \
		RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_##class, en, zh},
	STATUS_REASONS(X)
#undef X
};

const struct status_row *status_row_of(enum status_reason reason)
{
	return &rows[(unsigned)reason < STATUS_NR ? reason : STATUS_INTERNAL];
}
