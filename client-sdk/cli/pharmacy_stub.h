/* A list without content, and its grants until they are used.
 *
 *     STATE/<code>.stub  the download grant
 */
#ifndef CLI_PHARMACY_STUB_H
#define CLI_PHARMACY_STUB_H

#include "client-sdk/cli/institution.h"

/* Show the stubs and keep their grants.  0 or an exit code. */
CLI_CHECK int stubs_tell(const struct institution *pharmacy,
	const Rxcirc__V1__PullPrescriptionsResponse *reply);

#endif
