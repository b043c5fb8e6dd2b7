/* One entry of the trail as it is stored: the leaf's bytes and what they are found by. */
#ifndef DOMAIN_EVENT_H
#define DOMAIN_EVENT_H

#include "proto/bytes.h"
#include "proto/limits.h"

struct event {
	uint16_t bucket;
	int64_t at_ms;
	uint8_t event_id[EVENT_ID_LEN];
	int16_t kind;                  /* EventKind of event.proto */
	const uint8_t *rx_id;          /* NULL when not about one prescription */
	int64_t rx_seq;
	const uint8_t *person_key;     /* NULL when not about one person */
	const char *institution_code;
	const char *practitioner_code; /* NULL when nobody signed */
	const char *region;            /* of the institution, for officers' scopes */
	const char *told;              /* institution to be told, or NULL; outside the leaf */
	const struct slice *disclosed; /* rx ids */
	size_t disclosed_count;
	struct slice leaf;
	uint8_t leaf_hash[SHA256_LEN];
};

/* What an answer promises: this event stands in the trail, and soon in a signed checkpoint. */
struct promise {
	int64_t at_ms;
	uint8_t event_id[EVENT_ID_LEN];
	uint8_t leaf_hash[SHA256_LEN];
};

/* Which events an officer asks for; exactly the set members bind. */
struct event_filter {
	const uint8_t *rx_id;
	const uint8_t *person_key;
	const char *institution_code;
	const char *practitioner_code;
	const char *region_prefix; /* scope: "" = whole province */
	int16_t kind;              /* EventKind; 0 = all */
	int64_t from_ms, until_ms;
	int64_t after_at_ms;       /* page: strictly after (at, event id) */
	uint8_t after_event_id[EVENT_ID_LEN];
	int32_t limit;
};

#endif
