/* Who holds a certificate, and whether it may speak now: asked of the registry at every call, so
 * that a revocation or suspension is felt by sessions that are already open.  Threads: any.
 */
#ifndef SESSION_IDENTITY_H
#define SESSION_IDENTITY_H

#include "registry/registry.h"
#include "request/request.h"

/* STATUS_OK and *ret_caller, or CERTIFICATE_NOT_REGISTERED, CERTIFICATE_NOT_VALID (revoked, outside
 * its dates), INSTITUTION_NOT_ACTIVE. */
MUST_CHECK enum status_reason identity_of(const struct registry *registry,
	const uint8_t spki[SHA256_LEN], int64_t now_ms, struct caller *ret_caller);

#endif
