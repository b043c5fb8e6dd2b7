/* Make one entry of the trail: the leaf's bytes, their hash, and what the row is found by. */
#ifndef SERVICE_LEAF_H
#define SERVICE_LEAF_H

#include "domain/event.h"
#include "domain/identity.h"
#include "domain/prescription.h"
#include "request/request.h"
#include "rxcirc/v1/event.pb-c.h"

struct record_form; /* service/record_form.h */

struct leaf {
	Rxcirc__V1__EventKind kind;
	/* a change of one prescription: the row as it will be (version set, head_leaf still the old
	 * one) and the state before; both NULL otherwise */
	const struct prescription *rx;
	const struct life *before;         /* NULL for the first event */
	const struct life *after;
	const uint8_t *read_rx_id;         /* a read of one prescription, without a number */
	const uint8_t *person_key;         /* when no rx: the person, or NULL */
	const struct practitioner_key *signer; /* or NULL */
	struct slice sealed;               /* the stored ciphertext, or empty */
	const struct slice *disclosed;
	size_t disclosed_count;
	enum identity_mode identity;       /* presentations: how the person was identified; else 0 */
	const char *identity_device;       /* ways other than the e-voucher; else NULL */
	const char *identity_operator;
	const char *reason;                /* "" = none */
	const char *subject;
	const uint8_t *subject_sha256;
	const uint8_t *record_sha256;      /* a registry record's (service/record_form.h), or NULL */
	const struct record_form *records; /* or several records' */
	size_t record_count;
	const char *told;                  /* institution to be told of it (service/told.h), or NULL */
};

/* Fill *ret; what it points to lives in the arena or in `leaf`.  0 or ERR_MEMORY. */
MUST_CHECK int leaf_make(struct request *req, const struct leaf *leaf, struct event *ret);
/* Whether the platform made these bytes (field platform_mac); false of leaves of format 1, too. */
bool leaf_is_ours(const struct keyring *keys, struct slice leaf);

#endif
