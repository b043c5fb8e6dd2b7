/* A D001 file on its way to the platform: read, checked, signed by both practitioners.
 *
 * Ownership: rx_file_load() fills it, rx_file_clear() empties it also after a failure.
 */
#ifndef CLI_RX_FILE_H
#define CLI_RX_FILE_H

#include "client-sdk/cli/d001.h"
#include "client-sdk/cli/practitioner.h"

struct rx_file {
	struct d001_record *record; /* heap, large */
	struct findings findings;
	Rxcirc__V1__SignedDocument *prescription;
	Rxcirc__V1__SignedDocument *review;
};

struct rx_signers {
	const char *province; /* where PROVINCE/practitioners/<code>.key lie */
	const char *physician_key, *pharmacist_key; /* files; NULL = from the province folder */
};

/* Read and check; what departs from the layout stands in the findings.  0 or an exit code. */
CLI_CHECK int rx_file_load(struct rx_file *ret, const char *path, int64_t now_ms);
/* Only when no finding refuses.  0 or an exit code. */
CLI_CHECK int rx_file_sign(struct rx_file *file, const struct rx_signers *signers);
/* Pack without signatures, for a dry run without keys. */
CLI_CHECK int rx_file_leave_unsigned(struct rx_file *file);
/* Take the signatures away again, to sign anew. */
void rx_file_unsign(struct rx_file *file);
void rx_file_clear(struct rx_file *file);

#endif
