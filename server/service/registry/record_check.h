/* Is a registry record fit to be written: codes, ranges, keys, and the authority's signature. */
#ifndef SERVICE_RECORD_CHECK_H
#define SERVICE_RECORD_CHECK_H

#include "request/request.h"
#include "rxcirc/v1/registry.pb-c.h"

enum {
	ITEM_NAME_MAX = 600,  /* bytes */
	ITEM_NOTE_MAX = 1500, /* bytes */
};

struct checked_record {
	const char *action;            /* word of parameter two-person, or NULL */
	const char *region;            /* whose parameter decides that */
	const char *person;            /* kind PERSON_BLOCK: e-voucher id; else NULL */
	/* records of kind KEY */
	const Rxcirc__V1__KeyStatement *statement;
	uint8_t key_id[KEY_ID_LEN];    /* kinds KEY and VOUCHER_KEY */
};

/* STATUS_OK, or a reason with every fault found. */
MUST_CHECK enum status_reason record_check(struct request *req,
	const Rxcirc__V1__RegistryRecord *record, struct checked_record *ret);

#endif
