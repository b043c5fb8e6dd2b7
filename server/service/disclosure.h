/* A person's prescriptions opened for an answer: as many as it holds.
 *
 * One that does not pass its integrity check is left out, named and logged; the others come.  So a
 * damaged row fails closed without keeping a person from all other prescriptions.
 */
#ifndef SERVICE_DISCLOSURE_H
#define SERVICE_DISCLOSURE_H

#include "request/request.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/bundle.h"

enum disclosure_form {
	DISCLOSURE_WHOLE,
	DISCLOSURE_WITH_GRANT, /* for a pharmacy: each with a pull grant, recognised regions only */
	DISCLOSURE_STUBS,      /* the same without content, each with a download grant */
};

struct disclosure {
	/* set before */
	enum disclosure_form form;
	Rxcirc__V1__KnownPrescription *const *known; /* of these only what changed */
	size_t known_count;
	const uint8_t *nonce; /* VOUCHER_NONCE_LEN, of the presentation; with stubs */

	/* what came out of it */
	Rxcirc__V1__PrescriptionBundle *bundles[PULL_PRESCRIPTIONS_MAX];
	Rxcirc__V1__PrescriptionStub *stubs[PULL_PRESCRIPTIONS_MAX];
	struct slice disclosed[PULL_PRESCRIPTIONS_MAX]; /* rx ids of either */
	size_t count;
	ProtobufCBinaryData damaged[PULL_PRESCRIPTIONS_MAX + 1]; /* rx ids */
	size_t damaged_count;
	bool more;            /* there are further rows */
	int64_t last_ms;      /* of the last row that was looked at: issue time and id */
	uint8_t last_rx_id[RX_ID_LEN];
};

/* Open the rows of query 0 with the documents of query 1, PULL_PRESCRIPTIONS_MAX + 1 rows at most.
 * 0 or ERR_*. */
MUST_CHECK int disclose(struct request *req, struct disclosure *d);
/* Add a pull grant for the caller.  0 or ERR_MEMORY. */
MUST_CHECK int disclose_pull_grant(struct request *req, const uint8_t *rx_id,
	Rxcirc__V1__PrescriptionBundle *m);

#endif
