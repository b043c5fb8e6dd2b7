/* The grant of a person's visit between commands: STATE/visit, mode 0600.
 *
 * The newest list replaces it; it serves for some minutes only, and only this channel.
 */
#ifndef CLI_VISIT_H
#define CLI_VISIT_H

#include "client-sdk/cli/institution.h"

enum { VISIT_GRANT_MAX = 256 };

struct visit {
	uint8_t grant[VISIT_GRANT_MAX];
	size_t len;
};

/* 0, or an exit code after saying why; so is below. */
CLI_CHECK int visit_save(const struct institution *channel, ProtobufCBinaryData grant);
CLI_CHECK int visit_load(const struct institution *channel, struct visit *ret);
ProtobufCBinaryData visit_grant(const struct visit *visit);
/* "RX-..." into 16 bytes. */
CLI_CHECK int visit_rx_id(const char *code, uint8_t rx_id[RXC_RX_ID_LEN]);

#endif
