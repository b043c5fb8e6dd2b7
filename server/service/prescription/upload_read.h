/* The two documents of an upload, read and judged: the same for the dry run and the real thing. */
#ifndef SERVICE_UPLOAD_READ_H
#define SERVICE_UPLOAD_READ_H

#include "rules/upload.h"
#include "service/paper.h"

struct upload_papers {
	struct paper prescription;    /* body: Rxcirc__V1__Prescription */
	struct paper hospital_review; /* body NULL when a dry run came without */
};

/* Signatures, keys, signers and the reference of the review to the prescription.  With `dry` a
 * document without signature is read as it is. */
MUST_CHECK enum status_reason upload_read_papers(struct request *req,
	const Rxcirc__V1__SignedDocument *prescription,
	const Rxcirc__V1__SignedDocument *hospital_review, bool dry, struct upload_papers *ret);
/* Form, then facts for the rules (service/facts.h judges them).  STATUS_OK, FIELD_INVALID with
 * every fault, or BUSY. */
MUST_CHECK enum status_reason upload_gather(struct request *req,
	const struct upload_papers *papers, struct upload_facts *ret);

#endif
