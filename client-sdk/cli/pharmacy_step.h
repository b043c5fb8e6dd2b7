/* What review, dispense and return share: the kept prescription, the pharmacist, the document. */
#ifndef CLI_PHARMACY_STEP_H
#define CLI_PHARMACY_STEP_H

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/practitioner.h"
#include "client-sdk/cli/rx_state.h"

struct pharmacy_step {
	const char *as, *by, *province, *key; /* options */
	struct args rest;
	struct institution pharmacy;
	struct rx_state rx;
	struct practitioner pharmacist;
};

/* After the options were parsed: open all three, of a prescription claimed here.  0 or an exit
 * code. */
CLI_CHECK int pharmacy_step_open(struct pharmacy_step *step);
/* The same without asking for a claim. */
CLI_CHECK int pharmacy_step_open_unclaimed(struct pharmacy_step *step);
/* Also after a failure.  Returns `code`. */
int pharmacy_step_close(struct pharmacy_step *step, int code);
/* The two digests of a document, in space that the digest points into. */
struct named_document {
	Rxcirc__V1__DocumentDigest digest;
	uint8_t document_sha256[32];
	uint8_t signature_sha256[32];
};
void named_document_fill(struct named_document *ret, const Rxcirc__V1__SignedDocument *document);

#endif
