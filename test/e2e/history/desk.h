/* Where the documents of the histories are written and signed, each by whoever it takes. */
#ifndef TEST_E2E_HISTORY_DESK_H
#define TEST_E2E_HISTORY_DESK_H

#include "test/e2e/history/model.h"
#include "test/e2e/papers.h"

#define PHARMACY_DISTANT "P14020200133"

struct desk {
	struct papers papers;
	rxc_key *pharmacists[ACTORS];
};

/* One prescription as its documents name it. */
struct desk_case {
	const Rxcirc__V1__UploadPrescriptionRequest *upload;
	uint8_t rx_id[RXC_RX_ID_LEN];
};

/* Stops the program when a key is missing. */
void desk_open(struct desk *d, const char *province);
void desk_close(struct desk *d);
const char *desk_code(enum actor actor);

/* The request of an act.  `rests_on`: of a hand-over the review, of a return the hand-over's
 * record; else NULL.  *ret_document: the document in it, borrowed, NULL when it has none. */
ProtobufCMessage *desk_request(const struct desk *d, const struct desk_case *rx,
	const struct act *act, ProtobufCBinaryData grant, const Rxcirc__V1__SignedDocument *rests_on,
	const Rxcirc__V1__SignedDocument **ret_document);
/* What is called with it. */
const char *desk_method(enum act_kind kind);

#endif
