/* Stored prescriptions opened again: row checked, documents unsealed, key statements beside
 * them. */
#ifndef SERVICE_BUNDLE_H
#define SERVICE_BUNDLE_H

#include "crypto/seal.h"
#include "domain/prescription.h"
#include "request/request.h"
#include "rxcirc/v1/decision.pb-c.h"
#include "rxcirc/v1/state.pb-c.h"

struct bundle {
	struct prescription rx;
	struct prescription_line *lines;
	size_t line_count;
	bool shredded;       /* the data key is gone: no documents */
	struct data_key key; /* wiped when the request ends */
	Rxcirc__V1__SignedDocument *prescription, *hospital_review;
	/* what the upload was judged by; NULL in files that are older.  Stays in the house: it is no
	 * part of bundle_message(). */
	const Rxcirc__V1__DecisionFacts *decision;
	Rxcirc__V1__SignedDocument *later[LATER_DOCUMENTS_MAX];
	size_t later_count;
};

/* Read row `row` of query `query` and check its MAC.  0, ERR_MEMORY or ERR_DAMAGED. */
MUST_CHECK int bundle_read(struct request *req, unsigned query, int row, struct bundle *ret);
/* Open this prescription's documents among the rows of query `query`. */
MUST_CHECK int bundle_open_documents(struct request *req, unsigned query, struct bundle *b);
/* The whole as a message, with the signers' newest key statements.  NULL: no memory. */
MUST_CHECK Rxcirc__V1__PrescriptionBundle *bundle_message(struct request *req,
	const struct bundle *b);
/* The newest document of that kind, or NULL. */
const Rxcirc__V1__SignedDocument *bundle_newest(const struct bundle *b,
	Rxcirc__V1__DocumentKind kind);

/* Seal a serialized message for the place (rx, seq, kind).  {NULL, 0}: no memory. */
struct slice bundle_seal(struct request *req, const struct data_key *key, const uint8_t *rx_id,
	int64_t seq, Rxcirc__V1__DocumentKind kind, struct slice plain);
/* Whether the row's MAC is right: row, lines and head were written by the platform. */
bool bundle_row_is_sealed(const struct request *req, const struct prescription *rx,
	const struct prescription_line *lines, size_t count);
/* Put the row's MAC in place. */
void bundle_sign_row(struct request *req, struct prescription *rx,
	const struct prescription_line *lines, size_t count);

#endif
